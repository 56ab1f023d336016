/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban check bans: does the ban engine work, by its own word and by the
 * kernel's. Without an answer nothing is known, and that is said.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/check/check.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/text.h"

/* What the daemon says of a log that does not exist. */
#define MISSING "is not there; waiting for it"

/* The names of what stands out, from a list; "" if nothing does. */
static void names_of(
	const json_t *list, const char *key, char *names, size_t room)
{
	const json_t *item;
	size_t i, n = 0;

	*names = '\0';
	json_array_foreach (list, i, item) {
		const json_t *value = json_object_get(item, key);
		const char *name =
			json_string_value(json_object_get(item, "name"));

		if (!name || !value || json_is_false(value) ||
			json_is_null(value))
			continue;
		n += (size_t)snprintf(
			names + n, room - n, "%s%s", n ? " " : "", name);
		if (n >= room)
			return;
	}
}

/* A log that is not there is none on most hosts, where the journal has it all;
 * one that cannot be read, or no log at all, is a fault. */
static void judge_sources(const json_t *sources, struct verdict *verdict)
{
	const json_t *source;
	size_t i, read = 0;

	json_array_foreach (sources, i, source) {
		const char *trouble =
			json_string_value(json_object_get(source, "trouble"));
		const char *name =
			json_string_value(json_object_get(source, "name"));

		if (!trouble)
			read++;
		else if (strcmp(trouble, MISSING) != 0)
			verdict_find(verdict, VERDICT_WARNING, "%s %s",
				name ? name : "a log", trouble);
	}
	if (json_array_size(sources) && !read)
		verdict_find(verdict, VERDICT_WARNING, "no log is read");
}

static void judge_engine(const json_t *status, struct verdict *verdict)
{
	const json_t *jails = json_object_get(status, "jails");
	char names[128];

	names_of(jails, "differs", names, sizeof(names));
	if (*names)
		verdict_find(verdict, VERDICT_CRITICAL,
			"the kernel does not hold the bans of %s", names);
	judge_sources(json_object_get(status, "sources"), verdict);
	if (json_is_true(json_object_get(status, "dry_run")))
		verdict_find(
			verdict, VERDICT_WARNING, "mailband only decides (-n)");
	if (!json_array_size(jails))
		verdict_find(verdict, VERDICT_WARNING, "no jail is on");
}

static void judge_number(const struct check_options *options, int64_t banned,
	struct verdict *verdict)
{
	char ranges[64] = "", w[24] = "", c[24] = "";
	bool counts = options->what != NULL;

	if (counts && options->has_warning)
		snprintf(w, sizeof(w), "%" PRId64, options->warning);
	if (counts && options->has_critical)
		snprintf(c, sizeof(c), "%" PRId64, options->critical);
	if (counts && options->has_critical && banned >= options->critical)
		verdict_find(verdict, VERDICT_CRITICAL,
			"%" PRId64 " bans (threshold c = %s)", banned, c);
	else if (counts && options->has_warning && banned >= options->warning)
		verdict_find(verdict, VERDICT_WARNING,
			"%" PRId64 " bans (threshold w = %s)", banned, w);
	snprintf(ranges, sizeof(ranges), "%s;%s;0", w, c);
	verdict_figure(verdict, "banned", banned, "", ranges);
}

void check_bans(const struct check_options *options, struct verdict *verdict)
{
	struct options ask = {
		.socket = options->socket, .wait = options->timeout};
	char why[VERDICT_TEXT];
	json_t *status = NULL;
	const json_t *jails;
	int64_t banned;
	int rc;

	text_complain_into(why, sizeof(why));
	rc = client_ask(&ask, json_pack("{s:s}", "command", "status"), &status);
	text_complain_into(NULL, 0);
	jails = json_object_get(status, "jails");
	if (rc || !json_is_array(jails)) {
		verdict_find(verdict, VERDICT_UNKNOWN, "bans: %s",
			rc ? why : "the answer is not understood");
		json_decref(status);
		return;
	}
	banned = client_sum(jails, "banned");
	judge_engine(status, verdict);
	verdict_find(verdict, VERDICT_OK, "%" PRId64 " ban%s in %zu jail%s",
		banned, banned == 1 ? "" : "s", json_array_size(jails),
		json_array_size(jails) == 1 ? "" : "s");
	judge_number(options, banned, verdict);
	verdict_figure(
		verdict, "failing", client_sum(jails, "failed"), "", ";;0");
	verdict_figure(
		verdict, "lines", client_number(status, "lines"), "c", ";;0");
	verdict_figure(
		verdict, "errors", client_number(status, "errors"), "c", ";;0");
	json_decref(status);
}
