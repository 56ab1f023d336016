/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of fail2ban-regex, and what it says to one that is misused.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fail2ban/fail2ban.h"
#include "cli/fail2ban/regexrun.h"
#include "cli/text.h"
#include "jails/fail2ban.h"

static void usage_print(const struct regexrun *r, FILE *to)
{
	fprintf(to, "Usage: %s [OPTIONS] <LOG> <REGEX> [IGNOREREGEX]\n",
		r->program);
}

enum {
	LONG_TIMEZONE = 256,
	LONG_USEDNS,
	LONG_VERSION,
	LONG_VERBOSE_DATE,
	LONG_VERBOSITY,
	LONG_NO_CHECK_ALL,
	LONG_NO_MISSED,
	LONG_NO_IGNORED,
	LONG_ALL_MATCHED,
	LONG_ALL_MISSED,
	LONG_ALL_IGNORED,
	LONG_NOTHING,
};

static const struct option longs[] = {
	{"version", no_argument, NULL, LONG_VERSION},
	{"help", no_argument, NULL, 'h'},
	{"config", required_argument, NULL, 'c'},
	{"datepattern", required_argument, NULL, 'd'},
	{"timezone", required_argument, NULL, LONG_TIMEZONE},
	{"TZ", required_argument, NULL, LONG_TIMEZONE},
	{"encoding", required_argument, NULL, 'e'},
	{"raw", no_argument, NULL, 'r'},
	{"usedns", required_argument, NULL, LONG_USEDNS},
	{"maxlines", required_argument, NULL, 'L'},
	{"journalmatch", required_argument, NULL, 'm'},
	{"log-level", required_argument, NULL, 'l'},
	{"verbose", no_argument, NULL, 'v'},
	{"verbose-date", no_argument, NULL, LONG_VERBOSE_DATE},
	{"VD", no_argument, NULL, LONG_VERBOSE_DATE},
	{"verbosity", required_argument, NULL, LONG_VERBOSITY},
	{"no-check-all", no_argument, NULL, LONG_NO_CHECK_ALL},
	{"out", required_argument, NULL, 'o'},
	{"print-no-missed", no_argument, NULL, LONG_NO_MISSED},
	{"print-no-ignored", no_argument, NULL, LONG_NO_IGNORED},
	{"print-all-matched", no_argument, NULL, LONG_ALL_MATCHED},
	{"print-all-missed", no_argument, NULL, LONG_ALL_MISSED},
	{"print-all-ignored", no_argument, NULL, LONG_ALL_IGNORED},
	{"debuggex", no_argument, NULL, 'D'},
	{"log-traceback", no_argument, NULL, 't'},
	{"full-traceback", no_argument, NULL, LONG_NOTHING},
	{NULL, 0, NULL, 0},
};

void regexoptions_help(const struct regexrun *r)
{
	usage_print(r, stdout);
	printf("\nmailban " MAILBAN_VERSION
	       ", answering as fail2ban-regex %s does; see mailban(1)\n\n",
		fail2ban_version());
	puts("LOG is a file, systemd-journal, or a line of a log as it is.\n"
	     "REGEX is a failregex, a filter (sshd[mode=aggressive]) or a "
	     "filter's file.\n"
	     "IGNOREREGEX is an ignoreregex.\n\n"
	     "Options:\n"
	     "    -c, --config DIR         where filter.d is\n"
	     "    -d, --datepattern TEXT   the dates of the log\n"
	     "    --timezone, --TZ ZONE    of dates that tell none\n"
	     "    -e, --encoding NAME      of the file\n"
	     "    -m, --journalmatch TEXT  of the journal, in place of the "
	     "filter's\n"
	     "    -r, --raw                leave names and ids as they are\n"
	     "    --usedns yes|warn|no|raw whether <HOST> may be a name\n"
	     "    -L, --maxlines N         lines that a regex may span\n"
	     "    -v, --verbose            say more; twice: still more\n"
	     "    --verbosity N            the same by number\n"
	     "    --verbose-date, --VD     what the date templates are\n"
	     "    --no-check-all           stop at the first failregex\n"
	     "    -o, --out FORMAT         print failures alone: id, ip, msg, "
	     "row,\n"
	     "                             a group's name, or '<ip> <time>'\n"
	     "    --print-no-missed, --print-no-ignored, --print-all-matched,\n"
	     "    --print-all-missed, --print-all-ignored\n"
	     "                             which lines are shown\n"
	     "    -D, --debuggex           lines as addresses of debuggex.com\n"
	     "    -l, --log-level LEVEL, -t, --log-traceback, "
	     "--full-traceback,\n"
	     "                             are taken and change nothing\n"
	     "    -h, --help               this\n"
	     "    --version, -V            the version (-V: the number "
	     "alone)");
}

/* A misused option, as fail2ban-regex tells it. */
__attribute__((format(printf, 2, 3))) static int misused(
	const struct regexrun *r, const char *format, ...)
{
	const char *slash = strrchr(r->program, '/');
	va_list args;
	char *text;

	va_start(args, format);
	text = text_format(format, args);
	va_end(args);
	usage_print(r, stderr);
	fprintf(stderr, "\n%s: error: %s\n", slash ? slash + 1 : r->program,
		text);
	free(text);
	return 2;
}

static int number_misused(const struct regexrun *r, const char *option)
{
	return misused(
		r, "option %s: invalid integer value: '%s'", option, optarg);
}

static bool number_read(const char *text, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(text, &end, 10);
	return end != text && !*end && !errno;
}

static int by_name(const void *a, const void *b)
{
	const struct option *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* A word that cannot be taken: the start of several options, one without its
 * value or with one that it does not take, or nothing known. */
static int word_misused(const struct regexrun *r, const char *word)
{
	const struct option *like[sizeof(longs) / sizeof(*longs)];
	size_t n = strcspn(word, "=") - 2, found = 0, room;
	char *list;
	FILE *to;
	int rc;

	for (size_t i = 0; longs[i].name; i++)
		if (!strncmp(longs[i].name, word + 2, n))
			like[found++] = &longs[i];
	if (!found)
		return misused(r, "no such option: --%.*s", (int)n, word + 2);
	qsort(like, found, sizeof(*like), by_name);
	if (found == 1 || strlen(like[0]->name) == n)
		return misused(r, "--%s option %s", like[0]->name,
			like[0]->has_arg == no_argument
				? "does not take a value"
				: "requires 1 argument");
	to = open_memstream(&list, &room);
	if (!to)
		abort();
	for (size_t i = 0; i < found; i++)
		fprintf(to, "%s--%s", i ? ", " : "", like[i]->name);
	if (fclose(to))
		abort();
	rc = misused(
		r, "ambiguous option: --%.*s (%s?)", (int)n, word + 2, list);
	free(list);
	return rc;
}

/* Takes one option; -1 to go on, else the exit status. */
static int option_take(struct regexrun *r, int letter, char **argv)
{
	long v;

	switch (letter) {
	case 'c':
		r->config = optarg;
		break;
	case 'd':
		r->datepattern = optarg;
		break;
	case 'e':
		r->encoding = optarg;
		break;
	case 'r':
		r->test.raw = true;
		break;
	case 'L':
		if (!number_read(optarg, &r->maxlines))
			return number_misused(r, "-L");
		break;
	case 'o':
		r->out = optarg;
		break;
	case 'v':
		r->report.verbose++;
		break;
	case LONG_VERBOSE_DATE:
		r->report.verbose_date = true;
		break;
	case LONG_VERBOSITY:
		if (!number_read(optarg, &v))
			return number_misused(r, "--verbosity");
		r->report.verbose = (int)v;
		break;
	case LONG_TIMEZONE:
		r->timezone = optarg;
		break;
	case LONG_USEDNS:
		r->usedns = optarg;
		break;
	case LONG_NO_CHECK_ALL:
		r->test.all = false;
		break;
	case LONG_NO_MISSED:
		r->report.missed.none = true;
		break;
	case LONG_NO_IGNORED:
		r->report.ignored.none = true;
		break;
	case LONG_ALL_MATCHED:
		r->report.matched.all = true;
		break;
	case LONG_ALL_MISSED:
		r->report.missed.all = true;
		break;
	case LONG_ALL_IGNORED:
		r->report.ignored.all = true;
		break;
	case 'D':
		r->debuggex = true;
		break;
	case 'm':
		r->journalmatch = optarg;
		break;
	case 'l':
	case 't':
	case LONG_NOTHING:
		break;
	case 'V':
		puts(fail2ban_version());
		return 0;
	case LONG_VERSION:
		printf("fail2ban-regex %s\n", fail2ban_version());
		return 0;
	case 'h':
		regexoptions_help(r);
		return 0;
	case ':':
		if (!strncmp(argv[optind - 1], "--", 2))
			return word_misused(r, argv[optind - 1]);
		return misused(r, "-%c option requires 1 argument", optopt);
	default:
		if (!strncmp(argv[optind - 1], "--", 2))
			return word_misused(r, argv[optind - 1]);
		return misused(r, "no such option: -%c", optopt);
	}
	return -1;
}

int regexoptions_parse(struct regexrun *r, int argc, char **argv, int *operands)
{
	int letter, rc = -1;

	opterr = 0;
	optind = 0;
	while (rc < 0 && (letter = getopt_long(argc, argv,
				  ":c:d:De:rL:m:l:vVo:th", longs, NULL)) != -1)
		rc = option_take(r, letter, argv);
	if (r->out) {
		r->test.all = false;
		r->test.waits = true;
	}
	if (r->debuggex) {
		r->report.debuggex = r->encoding;
		r->report.debuggex_names =
			!r->usedns || strcmp(r->usedns, "no") != 0;
	}
	*operands = optind;
	return rc;
}
