/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operands of a request: a jail and addresses. Whoever may change things
 * sends them, and they are still read as a stranger's.
 */
#include "daemon/asked.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/control.h"

size_t asked_jail(
	const struct config *config, const json_t *request, json_t **error)
{
	const json_t *value = json_object_get(request, "jail");
	const char *name = json_string_value(value);

	*error = NULL;
	if (!value || json_is_null(value))
		return ASKED_ALL;
	for (size_t i = 0; name && i < config->n; i++)
		if (strcmp(config->items[i].jail->name, name) == 0)
			return i;
	*error = control_error(2,
		"there is no jail '%s'; 'mailban status' names those that are "
		"enabled",
		name ? name : "?");
	return ASKED_ALL;
}

struct prefix *asked_prefixes(const json_t *request, size_t *n, json_t **error)
{
	const json_t *list = json_object_get(request, "addresses");
	struct prefix *out = calloc(json_array_size(list) + 1, sizeof(*out));
	size_t i;
	json_t *item;

	if (!out)
		abort();
	*n = json_array_size(list);
	*error = NULL;
	json_array_foreach (list, i, item) {
		const char *text = json_string_value(item);

		if (text && prefix_parse(text, strlen(text), &out[i]))
			continue;
		*error = control_error(2,
			"'%s' is no address and no prefix such as 192.0.2.0/24",
			text ? text : "?");
		break;
	}
	if (!*error && *n == 0)
		*error = control_error(2, "no address was given");
	if (!*error)
		return out;
	free(out);
	return NULL;
}
