/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban report without a log: the hours that the daemon has counted are put
 * into a ledger, and shown as any other. What was not kept by the hour is left
 * out, and that it is so is said, never shown as none.
 */
#include "cli/report/live.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/report/page.h"
#include "cli/text.h"
#include "lib/clock.h"
#include "sources/replay.h"

/* Before the day that is told, for who compares. */
#define BEFORE (8 * 86400)
#define ROWS 20

static int ask_attackers(
	struct report_live *live, const struct options *options, int ago)
{
	live->day = ago ? "yesterday" : "today";
	return client_ask(options,
		json_pack("{s:s, s:i, s:i}", "command", "attackers", "ago", ago,
			"most", ROWS),
		&live->attackers);
}

/* Who attacked is not looked for here: that is in the lists of a daemon. */
static int ask_left(struct report_live *live, const struct options *options,
	const struct report_options *o, int64_t since)
{
	int rc = history_left(o->statedir, since, &live->history);

	if (rc)
		text_complain("no answer at %s: is mailband running? "
			      "(systemctl status mailban) A log can be named "
			      "too: mailban report %s",
			options->socket, replay_usual());
	else
		text_complain("no answer at %s: this is what mailband left in "
			      "%s",
			options->socket, o->statedir);
	live->left = true;
	return rc;
}

int report_live_ask(struct report_live *live, const struct options *options,
	const struct report_options *o)
{
	int64_t since = o->ledger.since / CLOCK_SECOND;
	int64_t until = o->ledger.until;
	int rc;

	*live = (struct report_live){.day = NULL};
	if (o->mail && since > BEFORE)
		since -= BEFORE;
	if (!client_is_there(options))
		return ask_left(live, options, o, since);
	rc = history_ask(options, since, &live->history);
	if (rc)
		return rc;
	/* Days are all that is known of who attacked. */
	if (o->day)
		rc = ask_attackers(live, options, *o->day == 'y');
	else if (!since && (!until || until > clock_wall()))
		rc = ask_attackers(live, options, 0);
	if (rc)
		report_live_free(live);
	return rc;
}

void report_live_free(struct report_live *live)
{
	history_free(&live->history);
	json_decref(live->attackers);
	live->attackers = NULL;
}

void report_live_fill(const struct report_live *live,
	const struct report_options *o, struct ledger *ledger)
{
	for (size_t i = 0; i < live->history.n; i++) {
		const struct history_hour *h = &live->history.hours[i];
		int64_t begin = h->number * 3600 * CLOCK_SECOND;

		if (begin >= o->ledger.since &&
			(!o->ledger.until || begin < o->ledger.until))
			ledger_add_hour(ledger, h->number, &h->sums);
	}
}

static void attackers_text(
	const struct report_live *live, const char *kind, FILE *to)
{
	const json_t *of = json_object_get(live->attackers, kind);
	const json_t *rows = json_object_get(of, "rows"), *row;
	char title[64];
	size_t i;

	snprintf(title, sizeof(title), "Failures by %s, %s", kind, live->day);
	if (!json_array_size(rows)) {
		fprintf(to, "\n%s: none\n", title);
		return;
	}
	page_title(to, title);
	json_array_foreach (rows, i, row) {
		char *shown = client_text(row, "name");

		fputc(' ', to);
		page_count(to, (uint64_t)json_integer_value(
				       json_object_get(row, "failures")));
		fprintf(to, "  %s%s\n", shown,
			json_is_true(json_object_get(row, "new")) ? "  (new)"
								  : "");
		free(shown);
	}
}

void report_live_text(const struct report_live *live, FILE *to)
{
	char since[TEXT_TIME];

	if (live->attackers) {
		attackers_text(live, "network", to);
		attackers_text(live, "account", to);
	}
	if (live->left)
		fputs("\nmailband does not run: this is what it left.\n", to);
	fprintf(to,
		"\nCounted by mailband since %s, by whole hours.\n"
		"Who sent to whom, why mail was refused, deferred or returned, "
		"and how long it\ntook stand in the logs alone: mailban report "
		"%s\n",
		text_moment(live->history.since, since), replay_usual());
}
