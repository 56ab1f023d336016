/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of `mailban report`: pflogsumm's, as it stands in twenty
 * years of crontabs, and what is ours. How words are read is Perl's
 * Getopt::Long: any unique beginning of a name does, with one dash or two.
 */
#include "cli/report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "cli/command.h"
#include "cli/report/mail.h"
#include "cli/text.h"

enum kind { FLAG, NUMBER, NUMBER_OR_NOT, TEXT };

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

static const struct row {
	const char *name;
	enum kind kind;
	enum what what;
	const char *value, *about; /* about: NULL = another has it */
} rows[] = {
	{"compat", FLAG, COMPAT, NULL,
		"byte for byte pflogsumm 1.1.5, its errors with it"},
	{"attacks", FLAG, ATTACKS, NULL,
		"who tried which accounts, and who came in"},
	{"json", FLAG, JSON, NULL, "an object, for programs"},
	{"html", FLAG, HTML, NULL, "a page with charts"},
	{"d", TEXT, DAY, "today|yesterday", "that day only"},
	{"since", TEXT, SINCE, "TIME", "lines from TIME on"},
	{"until", TEXT, UNTIL, "TIME", "lines before TIME"},
	{"detail", NUMBER, DETAIL, "N",
		"that many rows in each list that has no number of its own"},
	{"h", NUMBER, HOSTS, "N", "rows of hosts and domains"},
	{"u", NUMBER, USERS, "N", "rows of senders and recipients"},
	{"bounce-detail", NUMBER, BOUNCE_DETAIL, "N", "rows of each bounce"},
	{"deferral-detail", NUMBER, DEFERRAL_DETAIL, "N",
		"rows of each deferral"},
	{"reject-detail", NUMBER, REJECT_DETAIL, "N", "rows of each reject"},
	{"smtp-detail", NUMBER, SMTP_DETAIL, "N", "rows of each failure"},
	{"smtpd-warning-detail", NUMBER, WARNING_DETAIL, "N",
		"rows of each warning"},
	{"e", FLAG, EACH, NULL, "each message, with its recipients"},
	{"i", FLAG, IGNORE_CASE, NULL, NULL},
	{"ignore-case", FLAG, IGNORE_CASE, NULL,
		"addresses in lower case as a whole (-i)"},
	{"iso-date-time", FLAG, ISO, NULL, "2026-11-21 and 10:00"},
	{"m", FLAG, UUCP, NULL, NULL},
	{"uucp-mung", FLAG, UUCP, NULL, "host!user as user@host (-m)"},
	{"mail", TEXT, MAIL, "ADDRESS",
		"send it, with what changed, as text and a page"},
	{"mailq", FLAG, MAILQ, NULL, "what mailq(1) says, at the end"},
	{"no-bounce-detail", FLAG, NO_BOUNCES, NULL, NULL},
	{"no-deferral-detail", FLAG, NO_DEFERRALS, NULL, NULL},
	{"no-reject-detail", FLAG, NO_REJECTS, NULL, NULL},
	{"no-smtpd-warnings", FLAG, NO_WARNINGS, NULL, NULL},
	{"no-no-msg-size", FLAG, NO_UNSIZED, NULL,
		"no list of messages without size"},
	{"problems-first", FLAG, PROBLEMS_FIRST, NULL,
		"problems before the traffic"},
	{"q", FLAG, QUIET, NULL, "nothing of what is empty"},
	{"rej-add-from", FLAG, REJ_ADD_FROM, NULL,
		"the sender beside a refused recipient"},
	{"smtpd-stats", FLAG, SMTPD_STATS, NULL, "connections to smtpd(8)"},
	{"statedir", TEXT, STATEDIR, "STATEDIR",
		"where mailband left the counters, if it does not run"},
	{"syslog-name", TEXT, SYSLOG_NAME, "NAME",
		"Postfix logs under this name too"},
	{"verbose-msg-detail", FLAG, VERBOSE, NULL, "reasons in full"},
	{"verp-mung", NUMBER_OR_NOT, VERP, "[N]",
		"one row for a list's bounce addresses"},
	{"zero-fill", FLAG, ZERO_FILL, NULL, "days without mail too"},
	{"help", FLAG, HELP, NULL, "say this"},
	{"version", FLAG, VERSION, NULL, "say which version this is"},
};

#define ROWS (sizeof(rows) / sizeof(*rows))

#define NAME_ROOM 32

/* As people write it: "-h", "--detail". */
static const char *dashed(const struct row *row, char room[NAME_ROOM])
{
	snprintf(room, NAME_ROOM, "%s%s", row->name[1] ? "--" : "-", row->name);
	return room;
}

void report_options_help(FILE *to)
{
	fputs("usage: mailban report [OPTION...] [LOG...]\n"
	      "what the mail did, from logs\n\n",
		to);
	for (size_t i = 0; i < ROWS; i++) {
		char left[40], room[NAME_ROOM];

		if (!rows[i].about)
			continue;
		snprintf(left, sizeof(left), "%s%s%s", dashed(&rows[i], room),
			rows[i].value ? " " : "",
			rows[i].value ? rows[i].value : "");
		fprintf(to, "  %-25s %s\n", left, rows[i].about);
	}
	fputs("\nLOG is a path, also of a gzip'd file, or - for standard "
	      "input, or journal, or\ncounters: what mailband has counted. "
	      "Without one a pipe or a file is read, and on\na terminal the "
	      "counters are shown. mailban-report(1) says more.\n",
		to);
}

/* The row that name is a beginning of; NULL when told why there is none. */
static const struct row *row_find(const char *name)
{
	const struct row *found = NULL;
	size_t n = strlen(name), many = 0;

	for (size_t i = 0; i < ROWS; i++) {
		if (strcasecmp(rows[i].name, name) == 0)
			return &rows[i];
		if (n && strncasecmp(rows[i].name, name, n) == 0) {
			found = &rows[i];
			many++;
		}
	}
	if (many == 1)
		return found;
	text_complain(many ? "report: --%s is ambiguous"
			   : "report: there is no option --%s",
		name);
	return NULL;
}

/* A whole number as Getopt::Long knows it. */
static bool number_parse(const char *text, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	return end != text && !*end && !errno && !byte_is_space(*text);
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

static bool take(struct report_options *o, const struct row *row,
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

	switch (row->what) {
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
	case ATTACKS:
		o->attacks = true;
		break;
	case COMPAT:
		l->compat = true;
		break;
	case DAY:
		return take_day(o, text);
	case EACH:
		l->per_message = true;
		break;
	case HELP:
		o->help = true;
		break;
	case HTML:
		o->html = true;
		break;
	case IGNORE_CASE:
		l->ignore_case = true;
		break;
	case ISO:
		o->iso = true;
		break;
	case JSON:
		o->json = true;
		break;
	case MAIL:
		if (!mail_address_valid(text)) {
			text_complain(
				"report: --mail: '%s' is no address", text);
			return false;
		}
		o->mail = text;
		break;
	case MAILQ:
		o->mailq = true;
		break;
	case NO_BOUNCES:
		o->without[REPORT_BOUNCES] = true;
		break;
	case NO_DEFERRALS:
		o->without[REPORT_DEFERRALS] = true;
		break;
	case NO_REJECTS:
		o->without[REPORT_REJECTS] = true;
		break;
	case NO_WARNINGS:
		o->without[REPORT_WARNINGS] = l->no_smtpd_warnings = true;
		break;
	case NO_UNSIZED:
		l->no_unsized = true;
		break;
	case PROBLEMS_FIRST:
		o->problems_first = true;
		break;
	case QUIET:
		o->quiet = true;
		break;
	case REJ_ADD_FROM:
		l->with_sender = true;
		break;
	case SINCE:
		return take_time(row->name, text, &l->since);
	case SMTPD_STATS:
		l->connections = true;
		break;
	case STATEDIR:
		o->statedir = text;
		break;
	case SYSLOG_NAME:
		l->name = (struct span){text, strlen(text)};
		break;
	case UNTIL:
		return take_time(row->name, text, &l->until);
	case UUCP:
		l->uucp = true;
		break;
	case VERBOSE:
		l->verbose = true;
		break;
	case VERP:
		l->verp = true;
		l->verp_level = (int)(number > 2 ? 2 : number);
		break;
	case VERSION:
		o->version = true;
		break;
	case ZERO_FILL:
		l->zero_fill = true;
		break;
	}
	return true;
}

/* The words that are still to be read. */
struct words {
	char **at;
	int left;
};

/* The value of an option: behind '=' in its word, or the next word. */
static bool take_value(struct report_options *o, const struct row *row,
	const char *value, struct words *words)
{
	int64_t number = 0;
	bool here = value != NULL;
	char room[NAME_ROOM];

	if (row->kind == FLAG) {
		if (value) {
			text_complain(
				"report: %s takes no value", dashed(row, room));
			return false;
		}
		return take(o, row, NULL, 0);
	}
	if (value && !*value)
		here = (value = NULL);
	else if (!value && words->left)
		value = *words->at;
	if (row->kind == NUMBER_OR_NOT) {
		bool good = value && number_parse(value, &number);

		if (here && !good) {
			text_complain("report: %s: '%s' is no number",
				dashed(row, room), value);
			return false;
		}
		if (good && !here)
			words->at++, words->left--;
		return take(o, row, NULL, good ? number : 0);
	}
	if (!value) {
		text_complain("report: %s needs a value", dashed(row, room));
		return false;
	}
	if (!here)
		words->at++, words->left--;
	if (row->kind == NUMBER && !number_parse(value, &number)) {
		text_complain("report: %s: '%s' is no number",
			dashed(row, room), value);
		return false;
	}
	return take(o, row, value, number);
}

static bool word_is_option(const char *word)
{
	return word[0] == '-' && word[1] && strcmp(word, "--") != 0;
}

static bool take_option(
	struct report_options *o, const char *word, struct words *words)
{
	char name[64], *equals;
	const struct row *row;
	const char *value;

	value = strchr(word, '=');
	word += word[1] == '-' ? 2 : 1;
	snprintf(name, sizeof(name), "%s", word);
	equals = strchr(name, '=');
	if (equals)
		*equals = '\0';
	for (char *p = name; *p; p++)
		if (*p == '_')
			*p = '-';
	row = row_find(name);
	return row && take_value(o, row, value ? value + 1 : NULL, words);
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
		else if (all || !word_is_option(word))
			o->logs[o->n_logs++] = word;
		else if (!take_option(o, word, &words))
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
