/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of `mailban report`: pflogsumm's, as they stand in twenty years
 * of crontabs, and what is ours; what each means, and which go together.
 */
#include "cli/report/report.h"

#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include "cli/command.h"
#include "cli/report/mail.h"
#include "cli/report/words.h"
#include "cli/text.h"

enum what {
	ATTACKS,
	BOUNCE_DETAIL,
	COMPAT,
	DAY,
	DEFERRAL_DETAIL,
	DETAIL,
	EACH,
	HELP,
	HOSTS,
	HTML,
	IGNORE_CASE,
	ISO,
	JSON,
	MAIL,
	MAILQ,
	NO_BOUNCES,
	NO_DEFERRALS,
	NO_REJECTS,
	NO_WARNINGS,
	NO_UNSIZED,
	PROBLEMS_FIRST,
	QUIET,
	REJ_ADD_FROM,
	REJECT_DETAIL,
	SINCE,
	SMTP_DETAIL,
	SMTPD_STATS,
	STATEDIR,
	WARNING_DETAIL,
	SYSLOG_NAME,
	UNTIL,
	USERS,
	UUCP,
	VERBOSE,
	VERP,
	VERSION,
	ZERO_FILL,
};

static const struct word rows[] = {
	{"compat", WORD_FLAG, COMPAT, NULL,
		"byte for byte pflogsumm 1.1.5, its errors with it"},
	{"attacks", WORD_FLAG, ATTACKS, NULL,
		"who tried which accounts, and who came in"},
	{"json", WORD_FLAG, JSON, NULL, "an object, for programs"},
	{"html", WORD_FLAG, HTML, NULL, "a page with charts"},
	{"d", WORD_TEXT, DAY, "today|yesterday", "that day only"},
	{"since", WORD_TEXT, SINCE, "TIME", "lines from TIME on"},
	{"until", WORD_TEXT, UNTIL, "TIME", "lines before TIME"},
	{"detail", WORD_NUMBER, DETAIL, "N",
		"that many rows in each list that has no number of its own"},
	{"h", WORD_NUMBER, HOSTS, "N", "rows of hosts and domains"},
	{"u", WORD_NUMBER, USERS, "N", "rows of senders and recipients"},
	{"bounce-detail", WORD_NUMBER, BOUNCE_DETAIL, "N",
		"rows of each bounce"},
	{"deferral-detail", WORD_NUMBER, DEFERRAL_DETAIL, "N",
		"rows of each deferral"},
	{"reject-detail", WORD_NUMBER, REJECT_DETAIL, "N",
		"rows of each reject"},
	{"smtp-detail", WORD_NUMBER, SMTP_DETAIL, "N", "rows of each failure"},
	{"smtpd-warning-detail", WORD_NUMBER, WARNING_DETAIL, "N",
		"rows of each warning"},
	{"e", WORD_FLAG, EACH, NULL, "each message, with its recipients"},
	{"i", WORD_FLAG, IGNORE_CASE, NULL, NULL},
	{"ignore-case", WORD_FLAG, IGNORE_CASE, NULL,
		"addresses in lower case as a whole (-i)"},
	{"iso-date-time", WORD_FLAG, ISO, NULL, "2026-11-21 and 10:00"},
	{"m", WORD_FLAG, UUCP, NULL, NULL},
	{"uucp-mung", WORD_FLAG, UUCP, NULL, "host!user as user@host (-m)"},
	{"mail", WORD_TEXT, MAIL, "ADDRESS",
		"send it, with what changed, as text and a page"},
	{"mailq", WORD_FLAG, MAILQ, NULL, "what mailq(1) says, at the end"},
	{"no-bounce-detail", WORD_FLAG, NO_BOUNCES, NULL, NULL},
	{"no-deferral-detail", WORD_FLAG, NO_DEFERRALS, NULL, NULL},
	{"no-reject-detail", WORD_FLAG, NO_REJECTS, NULL, NULL},
	{"no-smtpd-warnings", WORD_FLAG, NO_WARNINGS, NULL, NULL},
	{"no-no-msg-size", WORD_FLAG, NO_UNSIZED, NULL,
		"no list of messages without size"},
	{"problems-first", WORD_FLAG, PROBLEMS_FIRST, NULL,
		"problems before the traffic"},
	{"q", WORD_FLAG, QUIET, NULL, "nothing of what is empty"},
	{"rej-add-from", WORD_FLAG, REJ_ADD_FROM, NULL,
		"the sender beside a refused recipient"},
	{"smtpd-stats", WORD_FLAG, SMTPD_STATS, NULL,
		"connections to smtpd(8)"},
	{"statedir", WORD_TEXT, STATEDIR, "STATEDIR",
		"where mailband left the counters, if it does not run"},
	{"syslog-name", WORD_TEXT, SYSLOG_NAME, "NAME",
		"Postfix logs under this name too"},
	{"verbose-msg-detail", WORD_FLAG, VERBOSE, NULL, "reasons in full"},
	{"verp-mung", WORD_NUMBER_OR_NOT, VERP, "[N]",
		"one row for a list's bounce addresses"},
	{"zero-fill", WORD_FLAG, ZERO_FILL, NULL, "days without mail too"},
	{"help", WORD_FLAG, HELP, NULL, "say this"},
	{"version", WORD_FLAG, VERSION, NULL, "say which version this is"},
};

#define ROWS (sizeof(rows) / sizeof(*rows))

void report_options_help(FILE *to)
{
	fputs("usage: mailban report [OPTION...] [LOG...]\n"
	      "what the mail did, from logs\n\n",
		to);
	words_help(rows, ROWS, to);
	fputs("\nLOG is a path, also of a gzip'd file, or - for standard "
	      "input, or journal, or\ncounters: what mailband has counted. "
	      "Without one a pipe or a file is read, and on\na terminal the "
	      "counters are shown. mailban-report(1) says more.\n",
		to);
}

static bool take_time(const char *name, const char *value, int64_t *out)
{
	if (report_time(value, out))
		return true;
	text_complain("report: --%s: '%s' is no time (2026-11-21, "
		      "\"2026-11-21 10:00\", today, yesterday, 6h, 7d)",
		name, value);
	return false;
}

static bool take_day(struct report_options *o, const char *value)
{
	int ago = strcmp(value, "yesterday") == 0;
	struct tm tm;

	if (!ago && strcmp(value, "today") != 0) {
		text_complain("report: -d: '%s' is neither today nor yesterday",
			value);
		return false;
	}
	o->day = value;
	o->ledger.until = report_midnight(ago - 1, &tm);
	o->ledger.since = report_midnight(ago, &tm);
	strftime(o->date, sizeof(o->date), "%b %e", &tm);
	strftime(o->prefixes[0], sizeof(o->prefixes[0]), "%b %e ", &tm);
	strftime(o->prefixes[1], sizeof(o->prefixes[1]), "%Y-%m-%dT", &tm);
	return true;
}

/* Those that are only switched on: which member that is. */
static const struct {
	enum what what;
	size_t member;
} flags[] = {
	{ATTACKS, offsetof(struct report_options, attacks)},
	{COMPAT, offsetof(struct report_options, ledger.compat)},
	{EACH, offsetof(struct report_options, ledger.per_message)},
	{HELP, offsetof(struct report_options, help)},
	{HTML, offsetof(struct report_options, html)},
	{IGNORE_CASE, offsetof(struct report_options, ledger.ignore_case)},
	{ISO, offsetof(struct report_options, iso)},
	{JSON, offsetof(struct report_options, json)},
	{MAILQ, offsetof(struct report_options, mailq)},
	{NO_BOUNCES, offsetof(struct report_options, without[REPORT_BOUNCES])},
	{NO_DEFERRALS,
		offsetof(struct report_options, without[REPORT_DEFERRALS])},
	{NO_REJECTS, offsetof(struct report_options, without[REPORT_REJECTS])},
	{NO_UNSIZED, offsetof(struct report_options, ledger.no_unsized)},
	{PROBLEMS_FIRST, offsetof(struct report_options, problems_first)},
	{QUIET, offsetof(struct report_options, quiet)},
	{REJ_ADD_FROM, offsetof(struct report_options, ledger.with_sender)},
	{SMTPD_STATS, offsetof(struct report_options, ledger.connections)},
	{UUCP, offsetof(struct report_options, ledger.uucp)},
	{VERBOSE, offsetof(struct report_options, ledger.verbose)},
	{VERSION, offsetof(struct report_options, version)},
	{ZERO_FILL, offsetof(struct report_options, ledger.zero_fill)},
};

static bool take_flag(struct report_options *o, enum what what)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (flags[i].what == what) {
			*(bool *)((char *)o + flags[i].member) = true;
			return true;
		}
	return false;
}

static bool take(struct report_options *o, const struct word *row,
	const char *text, int64_t number)
{
	static const enum report_list lists[] = {
		[BOUNCE_DETAIL] = REPORT_BOUNCES,
		[DEFERRAL_DETAIL] = REPORT_DEFERRALS,
		[HOSTS] = REPORT_HOSTS,
		[REJECT_DETAIL] = REPORT_REJECTS,
		[SMTP_DETAIL] = REPORT_FAILURES,
		[WARNING_DETAIL] = REPORT_WARNINGS,
		[USERS] = REPORT_USERS,
	};
	struct ledger_options *l = &o->ledger;

	if (take_flag(o, (enum what)row->what))
		return true;
	switch ((enum what)row->what) {
	case BOUNCE_DETAIL:
	case DEFERRAL_DETAIL:
	case HOSTS:
	case REJECT_DETAIL:
	case SMTP_DETAIL:
	case WARNING_DETAIL:
	case USERS:
		o->lists[lists[row->what]] = number;
		break;
	case DETAIL:
		o->detail = number;
		o->has_detail = true;
		break;
	case DAY:
		return take_day(o, text);
	case MAIL:
		if (!mail_address_valid(text)) {
			text_complain(
				"report: --mail: '%s' is no address", text);
			return false;
		}
		o->mail = text;
		break;
	case NO_WARNINGS:
		o->without[REPORT_WARNINGS] = l->no_smtpd_warnings = true;
		break;
	case SINCE:
		return take_time(row->name, text, &l->since);
	case STATEDIR:
		o->statedir = text;
		break;
	case SYSLOG_NAME:
		l->name = (struct span){text, strlen(text)};
		break;
	case UNTIL:
		return take_time(row->name, text, &l->until);
	case VERP:
		l->verp = true;
		l->verp_level = (int)(number > 2 ? 2 : number);
		break;
	default: /* a flag */
		break;
	}
	return true;
}

/* --detail is for the lists that nothing was said of. */
static void lists_settle(struct report_options *o)
{
	static const char *const old[REPORT_LISTS] = {
		[REPORT_BOUNCES] = "no_bounce_detail",
		[REPORT_DEFERRALS] = "no_deferral_detail",
		[REPORT_REJECTS] = "no_reject_detail",
		[REPORT_WARNINGS] = "no_smtpd_warnings",
	};
	struct ledger_options *l = &o->ledger;

	for (int i = 0; i < REPORT_LISTS; i++) {
		if (o->without[i]) {
			text_complain("report: %s is old, a detail of 0 says "
				      "the same",
				old[i]);
			o->lists[i] = 0;
		}
		if (o->has_detail && o->lists[i] == -1)
			o->lists[i] = o->detail;
	}
	l->no_bounces = o->lists[REPORT_BOUNCES] == 0;
	l->no_deferrals = o->lists[REPORT_DEFERRALS] == 0;
	l->no_rejects = o->lists[REPORT_REJECTS] == 0;
	l->no_failures = o->lists[REPORT_FAILURES] == 0;
	for (int i = 0; l->compat && o->day && i < 2; i++)
		l->date[i] =
			(struct span){o->prefixes[i], strlen(o->prefixes[i])};
}

int report_options_parse(struct report_options *o, int argc, char **argv)
{
	struct words words = {argv, argc};
	const struct word *row;
	struct word_value value;
	bool all = false;

	*o = (struct report_options){
		.logs = argv, .statedir = "/var/lib/mailban"};
	for (int i = 0; i < REPORT_LISTS; i++)
		o->lists[i] = -1;
	while (words.left) {
		char *word = *words.at++;

		words.left--;
		if (!all && strcmp(word, "--") == 0)
			all = true;
		else if (all || !words_is_option(word))
			o->logs[o->n_logs++] = word;
		else if (!(row = words_option(
				   rows, ROWS, word, &words, &value)) ||
			 !take(o, row, value.text, value.number))
			return EXIT_FAULT;
	}
	if (o->html && (o->json || o->ledger.compat)) {
		text_complain("report: --html goes with neither --json nor "
			      "--compat");
		return EXIT_FAULT;
	}
	if (o->attacks && (o->html || o->ledger.compat)) {
		text_complain("report: --attacks goes with neither --html nor "
			      "--compat");
		return EXIT_FAULT;
	}
	if (o->mail && (o->html || o->json || o->attacks || o->ledger.compat)) {
		text_complain("report: --mail goes with none of --html, "
			      "--json, --attacks, --compat");
		return EXIT_FAULT;
	}
	/* What a timer in the night is for. */
	if (o->mail && !o->ledger.since && !o->ledger.until)
		take_day(o, "yesterday");
	lists_settle(o);
	/* What will not be shown need not be kept. */
	o->ledger.plain = !o->html && !o->json && !o->mail;
	o->ledger.totals = o->attacks;
	return EXIT_YES;
}
