/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban under the name of fail2ban-regex: that program's operands, options,
 * texts and exit statuses (1.0.2), with our regular expressions and dates. It
 * only reads and tells; to a terminal it never hands on a log's control bytes.
 */
#include <errno.h>
#include <getopt.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/fail2ban.h"
#include "cli/pytext.h"
#include "cli/regexout.h"
#include "cli/regexreport.h"
#include "cli/regextest.h"
#include "cli/text.h"
#include "lib/clock.h"
#include "lib/datadir.h"
#include "lib/line.h"
#include "sources/replay.h"

#define FAIL2BAN_CONFIG "/etc/fail2ban"
#define NAME_PATTERN_MOST 6
#define MULTILINE_SHOWN 5

struct run {
	const char *program, *config, *datadir;
	const char *datepattern, *timezone, *encoding, *out;
	struct regextest test;
	struct regexreport report;
	bool maxlines_set;
	const char *usedns;
	long maxlines;
	bool held; /* a line waits to be known as not the last */
	char *line;
	size_t line_n;
	char zone[32];
	FILE *to;
};

/* Where all is printed: straight, or kept to be made safe for a terminal. */
__attribute__((format(printf, 2, 3))) static void say(
	struct run *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(r->to, format, args);
	va_end(args);
}

/* What -o leaves out. */
#define tell(r, ...) ((r)->out ? (void)0 : say(r, __VA_ARGS__))

static void usage_print(const struct run *r, FILE *to)
{
	fprintf(to, "Usage: %s [OPTIONS] <LOG> <REGEX> [IGNOREREGEX]\n",
		r->program);
}

enum {
	LONG_TIMEZONE = 256,
	LONG_USEDNS,
	LONG_VERSION,
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
	{"verbosity", required_argument, NULL, LONG_VERBOSITY},
	{"no-check-all", no_argument, NULL, LONG_NO_CHECK_ALL},
	{"out", required_argument, NULL, 'o'},
	{"print-no-missed", no_argument, NULL, LONG_NO_MISSED},
	{"print-no-ignored", no_argument, NULL, LONG_NO_IGNORED},
	{"print-all-matched", no_argument, NULL, LONG_ALL_MATCHED},
	{"print-all-missed", no_argument, NULL, LONG_ALL_MISSED},
	{"print-all-ignored", no_argument, NULL, LONG_ALL_IGNORED},
	{"log-traceback", no_argument, NULL, 't'},
	{"full-traceback", no_argument, NULL, LONG_NOTHING},
	{NULL, 0, NULL, 0},
};

static void help_tell(const struct run *r)
{
	usage_print(r, stdout);
	printf("\nmailban " MAILBAN_VERSION
	       ", answering as fail2ban-regex %s does; see mailban(1)\n\n",
		fail2ban_version());
	puts("LOG is a file, or a line of a log as it is.\n"
	     "REGEX is a failregex, a filter (sshd[mode=aggressive]) or a "
	     "filter's file.\n"
	     "IGNOREREGEX is an ignoreregex.\n\n"
	     "Options:\n"
	     "    -c, --config DIR         where filter.d is\n"
	     "    -d, --datepattern TEXT   the dates of the log\n"
	     "    --timezone, --TZ ZONE    of dates that tell none\n"
	     "    -e, --encoding NAME      of the file\n"
	     "    -r, --raw                leave names and ids as they are\n"
	     "    --usedns yes|warn|no|raw whether <HOST> may be a name\n"
	     "    -L, --maxlines N         lines that a regex may span\n"
	     "    -v, --verbose            say more; twice: still more\n"
	     "    --verbosity N            the same by number\n"
	     "    --no-check-all           stop at the first failregex\n"
	     "    -o, --out FORMAT         print failures alone: id, ip, msg, "
	     "row,\n"
	     "                             a group's name, or '<ip> <time>'\n"
	     "    --print-no-missed, --print-no-ignored, --print-all-matched,\n"
	     "    --print-all-missed, --print-all-ignored\n"
	     "                             which lines are shown\n"
	     "    -l, --log-level LEVEL, -t, --log-traceback, "
	     "--full-traceback,\n"
	     "    -m, --journalmatch TEXT  are taken and change nothing\n"
	     "    -h, --help               this\n"
	     "    --version, -V            the version (-V: the number "
	     "alone)");
}

/* A misused option, as fail2ban-regex tells it. */
__attribute__((format(printf, 2, 3))) static int misused(
	const struct run *r, const char *format, ...)
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

static int number_misused(const struct run *r, const char *option)
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

/* Takes one option; -1 to go on, else the exit status. */
static int option_take(struct run *r, int letter, char **argv)
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
	case 'l':
	case 'm':
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
		help_tell(r);
		return 0;
	case ':':
		if (strncmp(argv[optind - 1], "--", 2) != 0)
			return misused(
				r, "-%c option requires 1 argument", optopt);
		return misused(
			r, "%s option requires 1 argument", argv[optind - 1]);
	default:
		if (optopt && optopt < 256)
			return misused(r, "no such option: -%c", optopt);
		return misused(r, "no such option: %.*s",
			(int)strcspn(argv[optind - 1], "="), argv[optind - 1]);
	}
	return -1;
}

/* What Python takes for a locale's encoding. */
static const char *encoding_of_locale(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *value = NULL;

	for (size_t i = 0; i < 3 && (!value || !*value); i++)
		value = getenv(names[i]);
	if (!value || !*value || !strcmp(value, "C") || !strcmp(value, "POSIX"))
		return "utf-8";
	if (!setlocale(LC_CTYPE, value))
		return "utf-8";
	value = nl_langinfo(CODESET);
	setlocale(LC_CTYPE, "C.UTF-8");
	return value;
}

/* A filter's options as Python shows a dict, those of its file before. */
static void options_tell(struct run *r, const char *title,
	const struct filter_spec *spec, const struct filterfile *file)
{
	json_t *dict = json_object();

	if (file)
		json_object_set_new(dict, "logtype",
			json_string(file->journal ? "journal" : "file"));
	if (file && file->datepattern)
		json_object_set_new(
			dict, "datepattern", json_string(file->datepattern));
	for (size_t i = 0; i < spec->options_n; i++)
		json_object_set_new(dict, spec->options[i].key,
			json_string(spec->options[i].value));
	say(r, "%s : ", title);
	pytext_repr(r->to, dict);
	say(r, "\n");
	json_decref(dict);
}

static bool dates_set(struct run *r, const char *pattern)
{
	uint64_t hits;
	const char *row;
	char why[256], *name;

	dates_free(&r->test.dates);
	r->test.dates = dates_new(pattern, why, sizeof(why));
	if (!r->test.dates) {
		say(r,
			"ERROR: Failed to set datepattern '%s' (may be an "
			"invalid format or unescaped percent char): %s\n",
			pattern, why);
		return false;
	}
	row = dates_template(r->test.dates, 0, &hits);
	if (row && dates_template(r->test.dates, 2, &hits))
		row = NULL;
	name = row ? regexreport_date(row) : strdup("Default Detectors");
	tell(r, "Use      datepattern : %s : %s\n", pattern, name);
	free(name);
	return true;
}

static bool maxlines_set(struct run *r, long n)
{
	if (r->maxlines_set)
		return true;
	if (n <= 0) {
		say(r, "ERROR: maxlines must be integer greater than zero\n");
		return false;
	}
	r->maxlines_set = true;
	r->test.maxlines = (size_t)n;
	tell(r, "Use         maxlines : %ld\n", n);
	return true;
}

static bool regex_added(struct run *r, char *why)
{
	if (why)
		say(r, "ERROR: %s\n", why);
	free(why);
	return !why;
}

static bool rows_add(struct run *r, const struct filterfile *file)
{
	if (file->maxlines_set && !maxlines_set(r, file->maxlines))
		return false;
	if (file->prefregex.text &&
		!regex_added(r, regextest_pref(&r->test, file->prefregex.text)))
		return false;
	if (file->datepattern && !r->datepattern &&
		!dates_set(r, file->datepattern))
		return false;
	for (size_t i = 0; i < file->failregex_n; i++)
		if (!regex_added(r,
			    regextest_fail(&r->test, file->failregex[i].text)))
			return false;
	for (size_t i = 0; i < file->ignoreregex_n; i++)
		if (!regex_added(r, regextest_ignore(&r->test,
					    file->ignoreregex[i].text)))
			return false;
	return true;
}

static bool is_file(const char *path)
{
	struct stat s;

	return stat(path, &s) == 0 && S_ISREG(s.st_mode);
}

/* Could the text be a filter's name, with options? */
static bool looks_like_name(const char *text)
{
	size_t n = strcspn(text, "[");

	for (size_t i = 0; i < n; i++)
		if (!strchr("/_-.", text[i]) &&
			!((unsigned char)text[i] >= 0x80) &&
			!(text[i] >= '0' && text[i] <= '9') &&
			!((text[i] | 32) >= 'a' && (text[i] | 32) <= 'z'))
			return false;
	return n > 0 && (!text[n] || text[strlen(text) - 1] == ']');
}

/* A filter's file in dir, by the name that was given; NULL if none. */
static char *find_in(struct arena *arena, const char *dir, const char *name)
{
	static const char *const ends[] = {"", ".conf", ".local"};
	size_t n = strlen(name);
	const char *tail =
		n > NAME_PATTERN_MOST ? name + n - NAME_PATTERN_MOST : name;
	size_t most = strchr(tail, '.') ? 1 : 3;
	const char *slash = strrchr(dir, '/');
	bool here = !strcmp(slash ? slash + 1 : dir, "filter.d");

	for (size_t i = 0; i < most; i++) {
		char *path = strchr(name, '/')
				     ? arena_print(arena, "%s%s", name, ends[i])
				     : arena_print(arena, "%s/%s%s%s", dir,
					       here ? "" : "filter.d/", name,
					       ends[i]);

		if (is_file(path))
			return path;
	}
	return NULL;
}

static bool errors_tell(struct run *r, const struct err *err, const char *value)
{
	for (size_t i = 0; i < err->n; i++)
		if (err->items[i].kind == ERR_FAULT)
			say(r, "Wrong config file: %s\n", err->items[i].text);
	if (err->faults)
		say(r, "ERROR: failed to load filter %s\n", value);
	return !err->faults;
}

/* Reads the filter that stands in the file at path. */
static bool filter_read(struct run *r, const char *value,
	struct filter_spec *spec, char *path, struct arena *arena)
{
	const char *basedir = strstr(path, "/filter.d/") ? path : NULL;
	char *slash = strrchr(path, '/'), *dot;
	struct filterfile file;
	struct err err;
	bool ok;

	err_init(&err);
	if (basedir && strchr(basedir, '/') &&
		!memcmp(slash - strlen("/filter.d"), "/filter.d", 9)) {
		spec->name = arena_string(arena, slash + 1);
		dot = strrchr(spec->name, '.');
		if (dot)
			*dot = '\0';
		slash[-(ptrdiff_t)strlen("/filter.d")] = '\0';
		tell(r, "Use %11s filter file : %s, basedir: %s\n", "failregex",
			spec->name, path);
		basedir = path;
	} else {
		tell(r, "Use %11s file : %s\n", "failregex", spec->name);
		spec->name = strchr(path, '/')
				     ? path
				     : arena_print(arena, "./%s", path);
		basedir = r->config;
	}
	if (spec->options_n && !r->out)
		options_tell(r, "Use   filter options", spec, NULL);
	ok = filterfile_read(&file, spec, basedir, r->datadir, arena, &err);
	errors_tell(r, &err, value);
	if (ok && r->report.verbose > 1 && !r->out)
		options_tell(r, "Real  filter options", spec, &file);
	err_deinit(&err);
	return ok && rows_add(r, &file);
}

static bool failregex_read(struct run *r, const char *value)
{
	struct arena *arena = arena_new();
	struct filter_spec spec = {0};
	char *path = NULL, *shown;
	bool ok = false;
	struct err err;

	err_init(&err);
	if (looks_like_name(value)) {
		if (!filter_spec_parse(&spec, value, arena, &err)) {
			say(r,
				"ERROR: Wrong filter name or options: %s\n"
				"       while parsing: %s\n",
				err.items[0].text, value);
			goto end;
		}
		path = find_in(arena, r->config, spec.name);
		if (!path && r->datadir)
			path = find_in(arena, r->datadir, spec.name);
	}
	if (path) {
		ok = filter_read(r, value, &spec, path, arena);
	} else {
		shown = pytext_short(value);
		tell(r, "Use %11s line : %s\n", "failregex", shown);
		free(shown);
		ok = regex_added(r, regextest_fail(&r->test, value));
	}
end:
	err_deinit(&err);
	arena_free(&arena);
	return ok;
}

static bool ignoreregex_read(struct run *r, const char *value)
{
	char *shown = pytext_short(value);

	tell(r, "Use %11s line : %s\n", "ignoreregex", shown);
	free(shown);
	return regex_added(r, regextest_ignore(&r->test, value));
}

static void line_run(struct run *r, const char *text, size_t n)
{
	const json_t *hit;
	json_t *found, *kept;
	size_t i;

	while (n > 0 && strchr("\r\n", text[n - 1]) && text[n - 1])
		n--;
	if (!n || *text == '#')
		return;
	if (!r->out) {
		regexreport_line(&r->report, text, n);
		return;
	}
	found = regextest_line(&r->test, text, n);
	kept = json_array();
	json_array_foreach (found, i, hit) {
		const json_t *nofail =
			json_object_get(json_object_get(hit, "fail"), "nofail");

		if (!json_string_length(nofail))
			json_array_append(kept, (json_t *)hit);
	}
	regexout_print(r->to, r->out, kept);
	json_decref(kept);
	json_decref(found);
}

static void held_run(struct run *r)
{
	char *text;
	size_t n;

	if (!r->held)
		return;
	n = pytext_decode(r->line, r->line_n, r->encoding, &text);
	line_run(r, text, n);
	free(text);
	r->held = false;
}

static void on_line(void *ctx, const struct line *line)
{
	struct run *r = ctx;

	held_run(r);
	r->line = realloc(r->line, line->text_len + 1);
	if (!r->line)
		abort();
	memcpy(r->line, line->text, line->text_len);
	r->line_n = line->text_len;
	r->held = true;
}

/* Whether a file's last line has its newline: else it is not complete. */
static bool ends_whole(const char *path)
{
	FILE *file = fopen(path, "re");
	bool whole = true;

	if (file && fseek(file, -1, SEEK_END) == 0)
		whole = getc(file) == '\n';
	if (file)
		fclose(file);
	return whole;
}

static bool file_run(struct run *r, const char *path)
{
	char why[256];

	if (access(path, R_OK) != 0) {
		say(r, "[Errno %d] %s: '%s'\n", errno, strerror(errno), path);
		return false;
	}
	tell(r, "Use         log file : %s\n", path);
	tell(r, "Use         encoding : %s\n\n", r->encoding);
	if (replay_read(path, on_line, r, why, sizeof(why))) {
		say(r, "%s: %s\n", path, why);
		return false;
	}
	if (ends_whole(path))
		held_run(r);
	return true;
}

/* The operand is itself what a log has. */
static bool text_run(struct run *r, const char *text)
{
	size_t lines = 1, i = 0;
	char *copy, *rest, *line, *shown;

	for (const char *s = text; *s; s++)
		lines += *s == '\n';
	if (lines == 1 && r->test.maxlines <= 1) {
		shown = pytext_short(text);
		tell(r, "Use      single line : %s\n\n", shown);
		free(shown);
		line_run(r, text, strlen(text));
		return true;
	}
	tell(r, "Use      multi line : %zu line(s)\n", lines);
	copy = rest = strdup(text);
	while ((line = strsep(&rest, "\n")) && i <= MULTILINE_SHOWN) {
		shown = pytext_short(line);
		if (i == MULTILINE_SHOWN)
			tell(r, "| ...\n");
		else
			tell(r, "| %2zu: %s\n", i + 1, shown);
		free(shown);
		i++;
	}
	free(copy);
	tell(r, "`-\n\n");
	copy = rest = strdup(text);
	while ((line = strsep(&rest, "\n")))
		line_run(r, line, strlen(line));
	free(copy);
	return true;
}

/* "UTC+0200", "+02:00", "CET" as TZ has it, where the sign is the other way. */
static bool timezone_set(struct run *r, const char *zone)
{
	static const struct {
		const char *name;
		int hours;
	} names[] = {{"UTC", 0}, {"GMT", 0}, {"Z", 0}, {"CET", 1}, {"CEST", 2},
		{"MSK", 3}, {"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5},
		{"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};
	size_t n = strcspn(zone, "+-"), len = strlen(zone + n);
	int minutes = 0;
	bool known = n == 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i].name) == n &&
			!strncmp(names[i].name, zone, n)) {
			minutes = names[i].hours * 60;
			known = true;
		}
	if (len) {
		int h, m = 0;

		if (sscanf(zone + n + 1, "%2d%*[:]%2d", &h, &m) < 2 &&
			sscanf(zone + n + 1, "%2d%2d", &h, &m) < 1)
			return false;
		minutes += (zone[n] == '-' ? -1 : 1) * (h * 60 + m);
	}
	if (!known || len > 6)
		return false;
	snprintf(r->zone, sizeof(r->zone), "XXX%s%d:%02d",
		minutes > 0 ? "-" : "+", abs(minutes) / 60, abs(minutes) % 60);
	r->test.zone = r->zone;
	return true;
}

/* What stands on the command line beside the operands; false if told why. */
static bool settings_set(struct run *r)
{
	if (r->usedns) {
		r->test.names = strcmp(r->usedns, "no") != 0 &&
				(!strcmp(r->usedns, "yes") ||
					!strcmp(r->usedns, "warn") ||
					!strcmp(r->usedns, "raw"));
		r->test.resolve =
			r->test.names && strcmp(r->usedns, "raw") != 0;
		r->test.raw |= !strcmp(r->usedns, "raw");
	}
	if (r->maxlines) {
		r->report.shown_most = r->maxlines;
		if (!maxlines_set(r, r->maxlines))
			return false;
	}
	if (r->timezone && !timezone_set(r, r->timezone)) {
		say(r, "ERROR: Unknown or unsupported time zone: '%s'\n",
			r->timezone);
		return false;
	}
	if (r->datepattern)
		return dates_set(r, r->datepattern);
	r->test.dates = dates_new(NULL, NULL, 0);
	return true;
}

static int run_all(struct run *r, int argc, char **argv)
{
	int64_t start;
	bool ok;

	tell(r, "\nRunning tests\n=============\n\n");
	if (!settings_set(r) || !failregex_read(r, argv[1]) ||
		(argc == 3 && !ignoreregex_read(r, argv[2])))
		return FAIL2BAN_NO;
	if (!pytext_knows(r->encoding)) {
		text_complain("unknown encoding: %s", r->encoding);
		return 1;
	}
	start = clock_mono();
	ok = is_file(argv[0]) ? file_run(r, argv[0]) : text_run(r, argv[0]);
	r->report.seconds =
		(double)(clock_mono() - start) / (double)CLOCK_SECOND;
	if (!ok)
		return FAIL2BAN_NO;
	if (!r->out)
		regexreport_print(&r->report, r->to);
	return FAIL2BAN_YES;
}

/* A terminal gets no control bytes but newlines and tabs. */
static void print_safely(const char *text)
{
	char *copy = strdup(text), *rest = copy, *part, *escaped;

	if (!copy)
		abort();
	while ((part = strsep(&rest, "\n"))) {
		for (char *tab; (tab = strchr(part, '\t')); part = tab + 1) {
			*tab = '\0';
			escaped = text_escape(part);
			printf("%s\t", escaped);
			free(escaped);
		}
		escaped = text_escape(part);
		printf("%s%s", escaped, rest ? "\n" : "");
		free(escaped);
	}
	free(copy);
}

static int operands_run(struct run *r, int argc, char **argv)
{
	bool safe = isatty(STDOUT_FILENO), both = false;
	char *text = NULL;
	size_t room;
	int rc;

	if (r->report.missed.none && r->report.missed.all)
		both = true;
	if (both || (r->report.ignored.none && r->report.ignored.all) ||
		argc < 2 || argc > 3) {
		help_tell(r);
		fflush(stdout);
		if (both)
			fputs("\nERROR: --print-no-missed and "
			      "--print-all-missed are mutually exclusive.",
				stderr);
		if (r->report.ignored.none && r->report.ignored.all)
			fputs("\nERROR: --print-no-ignored and "
			      "--print-all-ignored are mutually exclusive.",
				stderr);
		if (argc < 2 || argc > 3)
			fputs("\nERROR: provide both <LOG> and <REGEX>.",
				stderr);
		fputs("\n", stderr);
		return FAIL2BAN_NO;
	}
	r->to = safe ? open_memstream(&text, &room) : stdout;
	if (!r->to)
		abort();
	rc = run_all(r, argc, argv);
	if (safe) {
		if (fclose(r->to))
			abort();
		print_safely(text);
		free(text);
	}
	return rc;
}

int fail2ban_regex_run(int argc, char **argv)
{
	char dir[PATH_MAX];
	struct options options;
	struct run r = {.program = argv[0]};
	int letter, rc = -1;

	options_init(&options);
	/* A host that has moved has ours; one that has not yet, theirs. */
	r.config = access(options.config, F_OK) == 0 ? options.config
						     : FAIL2BAN_CONFIG;
	r.datadir = datadir_find(dir, sizeof(dir));
	r.encoding = encoding_of_locale();
	regextest_init(&r.test);
	r.test.all = r.test.resolve = true;
	regexreport_init(&r.report, &r.test);
	opterr = 0;
	optind = 0;
	while (rc < 0 && (letter = getopt_long(argc, argv,
				  ":c:d:e:rL:m:l:vVo:th", longs, NULL)) != -1)
		rc = option_take(&r, letter, argv);
	if (r.out) {
		r.test.all = false;
		r.test.waits = true;
	}
	if (rc < 0)
		rc = operands_run(&r, argc - optind, argv + optind);
	regexreport_deinit(&r.report);
	regextest_deinit(&r.test);
	free(r.line);
	return rc;
}
