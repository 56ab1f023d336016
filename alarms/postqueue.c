/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `postqueue -j` says of a message. Anybody may read that, but whoever
 * sends mail writes a part of it: the words are handed on as they are, and who
 * takes them makes them harmless. Never more than a line at a time.
 */
#include "alarms/postqueue.h"

#include <jansson.h>
#include <string.h>

static const char *text_of(const json_t *of, const char *key)
{
	return json_string_value(json_object_get(of, key));
}

bool postqueue_read(struct postqueue_message *m, const char *line, size_t n)
{
	json_t *json = json_loadb(line, n, 0, NULL);
	const char *queue = text_of(json, "queue_name");

	if (!queue) {
		json_decref(json);
		return false;
	}
	*m = (struct postqueue_message){
		.hold = strcmp(queue, "hold") == 0,
		.came = json_integer_value(
			json_object_get(json, "arrival_time")),
		.sender = text_of(json, "sender"),
		.json = json,
	};
	return true;
}

void postqueue_free(struct postqueue_message *m)
{
	json_decref(m->json);
}

bool postqueue_recipient(const struct postqueue_message *m, size_t i,
	const char **address, const char **reason)
{
	const json_t *all = json_object_get(m->json, "recipients");
	const json_t *recipient = json_array_get(all, i);

	*address = text_of(recipient, "address");
	*reason = text_of(recipient, "delay_reason");
	return i < json_array_size(all);
}

const char *postqueue_domain(const char *address)
{
	const char *at = address ? strrchr(address, '@') : NULL;

	return at ? at + 1 : NULL;
}
