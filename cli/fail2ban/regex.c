/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban under the name of fail2ban-regex: that program's operands, options,
 * texts and exit statuses (1.0.2), with our regular expressions and dates. It
 * only reads and tells; to a terminal it never hands on a log's control bytes.
 */
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/fail2ban/fail2ban.h"
#include "cli/fail2ban/pytext.h"
#include "cli/fail2ban/regexrun.h"
#include "cli/text.h"
#include "lib/clock.h"
#include "lib/datadir.h"

#define FAIL2BAN_CONFIG "/etc/fail2ban"
#define JOURNAL "systemd-journal"

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

static int run_all(struct regexrun *r, int argc, char **argv)
{
	int64_t start;
	bool ok;

	r->journal = !strncmp(argv[0], JOURNAL, strlen(JOURNAL));
	regexrun_tell(r, "\nRunning tests\n=============\n\n");
	if (!regexfilter_settings(r) || !regexfilter_fail(r, argv[1]) ||
		(argc == 3 && !regexfilter_ignore(r, argv[2])))
		return FAIL2BAN_NO;
	if (!pytext_knows(r->encoding)) {
		text_complain("unknown encoding: %s", r->encoding);
		return 1;
	}
	start = clock_mono();
	ok = regexrun_log(r, argv[0]);
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

static int operands_run(struct regexrun *r, int argc, char **argv)
{
	bool safe = isatty(STDOUT_FILENO), both = false;
	char *text = NULL;
	size_t room;
	int rc;

	if (r->report.missed.none && r->report.missed.all)
		both = true;
	if (both || (r->report.ignored.none && r->report.ignored.all) ||
		argc < 2 || argc > 3) {
		regexoptions_help(r);
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
	struct regexrun r = {.program = argv[0]};
	int at, rc;

	options_init(&options);
	/* A host that has moved has ours; one that has not yet, theirs. */
	r.config = access(options.config, F_OK) == 0 ? options.config
						     : FAIL2BAN_CONFIG;
	r.datadir = datadir_find(dir, sizeof(dir));
	r.encoding = encoding_of_locale();
	regextest_init(&r.test);
	r.test.all = r.test.resolve = true;
	regexreport_init(&r.report, &r.test);
	rc = regexoptions_parse(&r, argc, argv, &at);
	if (rc < 0)
		rc = operands_run(&r, argc - at, argv + at);
	regexreport_deinit(&r.report);
	regextest_deinit(&r.test);
	free(r.line);
	free(r.filter_match);
	return rc;
}
