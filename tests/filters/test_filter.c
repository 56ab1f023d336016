/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "filters/filter.h"
#include "lib/clock.h"
#include "sources/header.h"
#include "tests/filters/confdir.h"

static enum filter_verdict judge(struct filter *filter, const char *text,
	size_t n, char who[PREFIX_TEXT])
{
	struct header_clock clock = {0};
	struct filter_subject subject;
	struct failure failure;
	struct line line;
	enum filter_verdict v;

	header_cut(text, n, &clock, &line);
	filter_subject(&line, &subject);
	v = filter_match(filter, &subject, NULL, &failure);
	if (v == FILTER_MATCH)
		prefix_format(&failure.who, who);
	return v;
}

static void matches(struct filter *filter, const char *text, const char *want)
{
	char who[PREFIX_TEXT];

	assert_int_equal(judge(filter, text, strlen(text), who), FILTER_MATCH);
	assert_string_equal(who, want);
}

static void misses(struct filter *filter, const char *text)
{
	char who[PREFIX_TEXT];

	assert_int_equal(judge(filter, text, strlen(text), who), FILTER_MISS);
}

struct said {
	const char *text;
	enum filter_verdict verdict;
};

static void judges(struct filter *filter, const struct said *lines, size_t n)
{
	char who[PREFIX_TEXT];

	for (size_t i = 0; i < n; i++)
		assert_int_equal(judge(filter, lines[i].text,
					 strlen(lines[i].text), who),
			lines[i].verdict);
}

/* Of a line that nobody believes, as a local user's in the journal. */
static void holds_of_a_stranger(struct filter *filter, const char *text)
{
	struct header_clock clock = {0};
	struct filter_subject subject;
	struct failure failure;
	struct line line;

	header_cut(text, strlen(text), &clock, &line);
	line.stranger = true;
	filter_subject(&line, &subject);
	assert_int_equal(
		filter_match(filter, &subject, NULL, &failure), FILTER_HELD);
}

/* What stands behind a line with a client's newlines may be the client's. */
static void what_spills_over_is_no_failure(void **state)
{
	static const struct said lines[] = {
		{"Nov 21 10:00:00 mx x: bad from 192.0.2.1", FILTER_MATCH},
		{"Nov 21 10:00:00 mx x: token a", FILTER_HELD},
		{"Nov 21 10:00:00 mx x: bad from 192.0.2.1", FILTER_HELD},
		{"Nov 21 10:00:01 mx x: bad from 192.0.2.1", FILTER_HELD},
		/* Nobody wrote that but the program. */
		{"Nov 21 10:00:01 mx x: worse from 192.0.2.1", FILTER_MATCH},
		{"Nov 21 10:00:02 mx x: bad from 192.0.2.1", FILTER_MATCH},
		{"Nov 21 10:00:01 mx x: bad from 192.0.2.1", FILTER_HELD},
		{"Nov 21 09:59:58 mx x: bad from 192.0.2.1", FILTER_MATCH},
		/* Who had it said gets away with nothing. */
		{"Nov 21 10:00:10 mx x: token 192.0.2.1 b", FILTER_MATCH},
		{"Nov 21 10:00:10 mx x: bad from 192.0.2.2", FILTER_HELD},
		{"Nov 21 10:00:10 mx x: bad from 192.0.2.1", FILTER_MATCH},
		/* But that one may not have said it. */
		{"Nov 21 10:00:11 mx x: token 192.0.2.2 b", FILTER_HELD},
		{"Nov 21 10:00:11 mx x: bad from 192.0.2.2", FILTER_HELD},
		{"Nov 21 10:00:12 mx x: bad from 192.0.2.1", FILTER_HELD},
		{"Nov 21 10:00:12 mx x: bad from 192.0.2.2", FILTER_MATCH},
		{"Nov 21 10:00:13 mx x: bad from 192.0.2.2", FILTER_MATCH},
		/* What begins as another's needs one who is known. */
		{"Nov 21 10:00:20 mx x: token a", FILTER_HELD},
		{"Nov 21 10:00:20 mx x: other 192.0.2.1", FILTER_MATCH},
		{"Nov 21 10:00:30 mx x: token 192.0.2.1 b", FILTER_MATCH},
		{"Nov 21 10:00:30 mx x: other 192.0.2.2", FILTER_HELD},
		{"Nov 21 10:00:30 mx x: other 192.0.2.1", FILTER_MATCH},
		/* Nobody hides behind another's who has long been silent, */
		{"Nov 21 10:00:31 mx x: token 192.0.2.2 b", FILTER_HELD},
		{"Nov 21 10:00:32 mx x: bad from 192.0.2.1", FILTER_HELD},
		{"Nov 21 10:00:32 mx x: other 192.0.2.1", FILTER_HELD},
		{"Nov 21 10:00:32 mx x: token 192.0.2.2 b", FILTER_MATCH},
		{"Nov 21 10:00:32 mx x: bad from 192.0.2.1", FILTER_HELD},
		{"Nov 21 10:00:33 mx x: bad from 192.0.2.2", FILTER_MATCH},
		/* nor behind such as he makes up. */
		{"Nov 21 10:00:33 mx x: token 192.0.2.3 b", FILTER_HELD},
		{"Nov 21 10:00:33 mx x: token 192.0.2.4 b", FILTER_HELD},
		{"Nov 21 10:00:33 mx x: bad from 192.0.2.2", FILTER_MATCH},
		{"Nov 21 10:00:33 mx x: token 192.0.2.2 b", FILTER_MATCH},
		{"Nov 21 10:00:34 mx x: bad from 192.0.2.2", FILTER_MATCH},
		/* Of two who went on none is believed. */
		{"Nov 21 10:00:34 mx x: token 192.0.2.3 b", FILTER_HELD},
		{"Nov 21 10:00:34 mx x: token 192.0.2.4 b", FILTER_HELD},
		{"Nov 21 10:00:35 mx x: bad from 192.0.2.4", FILTER_HELD},
		{"Nov 21 10:00:35 mx x: token 192.0.2.4 b", FILTER_HELD},
		{"Nov 21 10:00:36 mx x: token 192.0.2.4 b", FILTER_MATCH},
	};
	struct err err;
	struct filter *filter;

	(void)state;
	confdir_put("a.conf",
		"[Definition]\n"
		"failregex = ^ \\S+ x: <F-SPILLABLE>bad</F-SPILLABLE> from "
		"<ADDR>$\n"
		"            ^ \\S+ x: worse from <ADDR>$\n"
		"            ^ \\S+ x: <F-RENAMED>other</F-RENAMED> <ADDR>$\n"
		"            ^ \\S+ x: <F-SPILL>token</F-SPILL> "
		"<F-NOFAIL>.</F-NOFAIL>$\n"
		"            ^ \\S+ x: <F-SPILL>token</F-SPILL>"
		"<F-SPILLABLE> </F-SPILLABLE><ADDR> b$\n");
	filter = confdir_load("a", &err);
	assert_non_null(filter);
	assert_true(filter_warns(filter));
	judges(filter, lines, sizeof(lines) / sizeof(*lines));
	/* Nobody makes others' lines doubtful whom nobody believes. */
	holds_of_a_stranger(filter, "Nov 21 11:00:00 mx x: token a");
	matches(filter, "Nov 21 11:00:00 mx x: bad from 192.0.2.1",
		"192.0.2.1");
	filter_free(&filter);
	err_deinit(&err);
}

/* What the server could not do is nobody's failure, once for each time. */
static void a_fault_of_the_server_excuses(void **state)
{
	static const struct said lines[] = {
		{"Nov 21 10:00:00 mx x: fault 192.0.2.1", FILTER_HELD},
		{"Nov 21 10:00:02 mx x: bad from 192.0.2.2", FILTER_MATCH},
		/* What is said of somebody for certain. */
		{"Nov 21 10:00:02 mx x: worse from 192.0.2.1", FILTER_MATCH},
		{"Nov 21 10:00:02 mx x: bad from 192.0.2.1", FILTER_HELD},
		{"Nov 21 10:00:02 mx x: bad from 192.0.2.1", FILTER_MATCH},
		{"Nov 21 10:00:03 mx x: down", FILTER_HELD},
		{"Nov 21 10:00:05 mx x: bad from 192.0.2.2", FILTER_HELD},
		{"Nov 21 10:00:05 mx x: bad from 192.0.2.2", FILTER_MATCH},
	};
	struct err err;
	struct filter *filter;

	(void)state;
	confdir_put("a.conf",
		"[Definition]\n"
		"failregex = ^ \\S+ x: <F-EXCUSABLE>bad</F-EXCUSABLE> from "
		"<ADDR>$\n"
		"            ^ \\S+ x: worse from <ADDR>$\n"
		"            ^ \\S+ x: <F-FAULT>fault</F-FAULT> <ADDR>$\n"
		"            ^ \\S+ x: <F-FAULT>down</F-FAULT>"
		"<F-NOFAIL></F-NOFAIL>$\n");
	filter = confdir_load("a", &err);
	assert_non_null(filter);
	assert_true(filter_warns(filter));
	assert_false(filter_keeps_state(filter));
	judges(filter, lines, sizeof(lines) / sizeof(*lines));
	/* Nobody is excused by those whom nobody believes. */
	holds_of_a_stranger(filter, "Nov 21 11:00:00 mx x: down");
	matches(filter, "Nov 21 11:00:00 mx x: bad from 192.0.2.1",
		"192.0.2.1");
	filter_free(&filter);
	err_deinit(&err);
}

/* Where a line was cut it does not end. */
static void where_a_line_was_cut_it_does_not_end(void **state)
{
	static const char text[] = "x from 192.0.2.1";
	struct line line = {.text = text, .body = text};
	struct filter_subject subject;
	struct failure failure;
	struct filter *filter;
	struct err err;

	(void)state;
	line.text_len = line.body_len = strlen(text);
	confdir_put("a.conf", "[Definition]\nfailregex = from <ADDR>$\n");
	filter = confdir_load("a", &err);
	assert_non_null(filter);
	filter_subject(&line, &subject);
	assert_int_equal(
		filter_match(filter, &subject, NULL, &failure), FILTER_MATCH);
	line.cut_short = true;
	assert_int_equal(
		filter_match(filter, &subject, NULL, &failure), FILTER_MISS);
	filter_free(&filter);
	err_deinit(&err);
}

/* An entry of the journal may have one; "." takes none, as in Python, and "$"
 * may stand before the last. */
static void a_newline_is_no_character_of_a_line(void **state)
{
	static const struct {
		const char *text;
		enum filter_verdict verdict;
	} bodies[] = {
		{"bad user a b from 192.0.2.1", FILTER_MATCH},
		{"bad user a\nb from 192.0.2.1", FILTER_MISS},
		{"bad user a sixteen bytes behind each other\n from 192.0.2.1",
			FILTER_MISS},
		{"bad user a b from 192.0.2.1\n", FILTER_MATCH},
		{"bad user \xc3\xa4\nb from 192.0.2.1", FILTER_MISS},
		{"bad user \xc3\xa4 b from 192.0.2.1", FILTER_MATCH},
	};
	struct filter_subject subject;
	struct failure failure;
	struct filter *filter;
	struct err err;

	(void)state;
	confdir_put("a.conf",
		"[Definition]\nfailregex = ^bad user .+ from <ADDR>$\n");
	filter = confdir_load("a", &err);
	assert_non_null(filter);
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		struct line line = {.text = bodies[i].text,
			.text_len = strlen(bodies[i].text),
			.body = bodies[i].text,
			.body_len = strlen(bodies[i].text),
			.journal = true};

		filter_subject(&line, &subject);
		assert_int_equal(filter_match(filter, &subject, NULL, &failure),
			bodies[i].verdict);
	}
	filter_free(&filter);
	err_deinit(&err);
}

/* Nothing was said yet that could speak against it. */
static void any_line_may_begin(void **state)
{
	struct filter *filter;
	struct err err;

	(void)state;
	confdir_put("a.conf", "[Definition]\nfailregex = ^x <ADDR>$\n");
	filter = confdir_load("a", &err);
	assert_non_null(filter);
	assert_true(filter_may_follow(filter, "", 0));
	assert_true(filter_may_follow(filter, "x", 1));
	assert_false(filter_may_follow(filter, "y", 1));
	/* Where blanks may begin, U+2028 is one. */
	assert_true(filter_may_follow(filter, "\xe2\x80\xa8y", 4));
	filter_free(&filter);
	err_deinit(&err);
}

static void names(struct filter *filter, const char *text)
{
	char who[PREFIX_TEXT];

	assert_int_equal(judge(filter, text, strlen(text), who), FILTER_NAMED);
}

/* The filter and the line that the admin of the README already has. */
static void an_admins_filter(void **state)
{
	struct filter *filter;
	struct err err;

	(void)state;
	confdir_put("a.conf",
		"[Definition]\n"
		"failregex = (?: pop3-login|imap-login): .*(?:Authentication "
		"failure|Aborted login \\(auth failed|Aborted login \\(tried "
		"to use disabled|Disconnected \\(auth failed).*rip=(?P<host>"
		"\\S*),.*\n"
		"ignoreregex =\n");
	filter = confdir_load("a", &err);
	assert_non_null(filter);
	matches(filter,
		"Nov 21 10:00:00 mx dovecot: imap-login: Aborted login (auth "
		"failed, 2 attempts): user=<>, method=PLAIN, rip=10.20.30.40, "
		"lip=1.2.3.4, TLS",
		"10.20.30.40");
	matches(filter,
		"Nov 21 10:00:00 mx dovecot: imap-login: Aborted login (auth "
		"failed, 2 attempts): user=<>, rip=2001:DB8::1, lip=::1, TLS",
		"2001:db8::1");
	misses(filter,
		"Nov 21 10:00:00 mx dovecot: imap-login: Login: user=<x>, "
		"rip=10.20.30.40, lip=1.2.3.4, TLS");
	/* Not one whole address: a name, and no ban. */
	names(filter,
		"Nov 21 10:00:00 mx dovecot: imap-login: Aborted login (auth "
		"failed, 2 attempts): rip=10.20.30.40x, lip=1.2.3.4, TLS");
	filter_free(&filter);
	err_deinit(&err);
}

static void modes_tags_and_includes(void **state)
{
	struct filter *filter;
	struct err err;

	(void)state;
	confdir_put("common.conf",
		"[DEFAULT]\n_daemon = \\S+\n"
		"[lt_file]\n__prefix = \\s\\S+ <_daemon>\\[\\d+\\]:\\s\n"
		"[lt_journal]\n__prefix = \\S+ <_daemon>:\\s\n"
		"[DEFAULT]\n__prefix = <lt_<logtype>/__prefix>\n");
	confdir_put("b.conf",
		"[INCLUDES]\nbefore = common.conf\n"
		"[Definition]\n_daemon = prog\n"
		"prefregex = ^%(__prefix)s<F-CONTENT>.+</F-CONTENT>$\n"
		"re-normal = ^bad <HOST>$\n"
		"re-more = <re-normal>\n      ^worse <HOST>$\n"
		"failregex = <re-<mode>>\n"
		"ignoreregex = bad 192\\.0\\.2\\.9$\n"
		"[Init]\nmode = normal\n");
	filter = confdir_load("b", &err);
	assert_non_null(filter);
	assert_int_equal(filter_regexes(filter), 1);
	matches(filter, "Nov 21 10:00:00 mx prog[12]: bad 192.0.2.1",
		"192.0.2.1");
	misses(filter, "Nov 21 10:00:00 mx prog[12]: worse 192.0.2.1");
	misses(filter, "Nov 21 10:00:00 mx other[12]: bad 192.0.2.1");
	assert_int_equal(
		judge(filter, "Nov 21 10:00:00 mx prog[1]: bad 192.0.2.9", 41,
			(char[PREFIX_TEXT]){0}),
		FILTER_IGNORED);
	filter_free(&filter);
	err_deinit(&err);

	confdir_put("a.local", "[Definition]\n");
	filter = confdir_load("b[mode=more]", &err);
	assert_non_null(filter);
	assert_int_equal(filter_regexes(filter), 2);
	matches(filter, "Nov 21 10:00:00 mx prog[12]: worse 2001:db8::7",
		"2001:db8::7");
	filter_free(&filter);
	err_deinit(&err);
}

static void a_local_adds(void **state)
{
	struct filter *filter;
	struct err err;

	(void)state;
	confdir_put("a.conf", "[Definition]\nfailregex = ^ one <HOST>$\n");
	confdir_put("a.local", "[Definition]\nfailregex = %(known/failregex)s\n"
			       "    ^ two <HOST>$\n");
	filter = confdir_load("a", &err);
	assert_non_null(filter);
	assert_int_equal(filter_regexes(filter), 2);
	filter_free(&filter);
	err_deinit(&err);
	confdir_put("a.local", "");
}

/* No byte that a client sends can hide the rest of a line. */
static void bytes_of_any_kind(void **state)
{
	static const char line[] = "Nov 21 10:00:00 mx p: "
				   "user=<\xff\0\xc0\xaf\xed\xa0\x80> failed "
				   "from 192.0.2.1";
	struct filter *filter;
	char who[PREFIX_TEXT];
	struct err err;

	(void)state;
	confdir_put("a.conf",
		"[Definition]\nfailregex = p: user=<[^>]*> failed from "
		"<HOST>$\n");
	filter = confdir_load("a", &err);
	assert_non_null(filter);
	assert_int_equal(
		judge(filter, line, sizeof(line) - 1, who), FILTER_MATCH);
	assert_string_equal(who, "192.0.2.1");
	filter_free(&filter);
	err_deinit(&err);
}

/* A pattern that backtracks without end costs a bounded time, and is told. */
static void backtracking_is_bounded(void **state)
{
	char line[4000] = "Nov 21 10:00:00 mx p: ";
	struct filter *filter;
	struct err err;
	int64_t before;

	(void)state;
	confdir_put("a.conf",
		"[Definition]\nfailregex = p: (?:a+)+(?:a+)+b <HOST>$\n");
	filter = confdir_load("a", &err);
	assert_non_null(filter);
	memset(line + strlen(line), 'a', 3000);
	strcat(line, "b 192.0.2.1 x");
	before = clock_mono();
	misses(filter, line);
	assert_true(clock_mono() - before < 2 * CLOCK_SECOND);
	assert_true(filter_counts(filter)->limits > 0);
	filter_free(&filter);
	err_deinit(&err);
}

static void faulty(const char *text, const char *spec, const char *want)
{
	struct filter *filter;
	struct err err;
	bool said = false;

	confdir_put("bad.conf", text);
	filter = confdir_load(spec, &err);
	for (size_t i = 0; i < err.n; i++)
		said |= strstr(err.items[i].text, want) != NULL;
	if (!said)
		print_error("wanted '%s', got '%s'\n", want,
			err.n ? err.items[0].text : "nothing");
	assert_true(said);
	assert_null(filter);
	err_deinit(&err);
}

/* Only what the header's cut may date otherwise must see lines whole. */
static void whose_dates_are_usual(void **state)
{
	static const struct {
		const char *text;
		bool all;
	} rows[] = {
		{"[Definition]\nfailregex = x <HOST>\n", false},
		{"[Definition]\nfailregex = x <HOST>\n"
		 "datepattern = {^LN-BEG}\n",
			false},
		{"[Definition]\nfailregex = x <HOST>\n"
		 "datepattern = %%Y-%%m-%%d\n",
			true},
		{"[Definition]\nfailregex = x <HOST>\nmaxlines = 2\n", true},
	};
	struct filter *filter;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		confdir_put("bad.conf", rows[i].text);
		filter = confdir_load("bad", &err);
		assert_non_null(filter);
		assert_int_equal(filter_wants_all(filter), rows[i].all);
		/* A date of 1970 is one, too. */
		matches(filter, "1970-01-01T00:00:00Z x 192.0.2.1",
			"192.0.2.1");
		filter_free(&filter);
		err_deinit(&err);
	}
}

/* Many rows with one head, which is tags of tags. */
static void a_tag_in_many_rows(void **state)
{
	char *text = NULL;
	size_t room = 0;
	FILE *f = open_memstream(&text, &room);
	struct filter *filter;
	struct err err;

	(void)state;
	assert_non_null(f);
	fprintf(f, "[Definition]\nlt = file\nhead-file = <daemon>:\n"
		   "daemon = prog\nfailregex = ^ never <HOST>\n");
	for (int i = 0; i < 2000; i++)
		fprintf(f, "  ^ <head-<lt>> row %d from <HOST>$\n", i);
	assert_int_equal(fclose(f), 0);
	confdir_put("many.conf", text);
	free(text);
	filter = confdir_load("many", &err);
	if (!filter)
		fail_msg("%s", err.items[0].text);
	assert_int_equal(filter_regexes(filter), 2001);
	matches(filter, "Nov 21 10:00:00 prog: row 1999 from 192.0.2.1",
		"192.0.2.1");
	filter_free(&filter);
	err_deinit(&err);
}

/* A jail for bans by hand has a filter that finds nothing. */
static void an_empty_failregex(void **state)
{
	struct filter *filter;
	struct err err;

	(void)state;
	confdir_put("empty.conf", "[Definition]\nfailregex =\nignoreregex =\n");
	filter = confdir_load("empty", &err);
	assert_non_null(filter);
	assert_int_equal(filter_regexes(filter), 0);
	misses(filter, "Nov 21 10:00:00 mx dovecot: rip=192.0.2.1");
	filter_free(&filter);
	err_deinit(&err);
}

/* The one thing that is said of a filter; NULL: nothing is. */
static void told(const char *text, bool loads, const char *what)
{
	struct filter *filter;
	struct err err;

	confdir_put("bad.conf", text);
	filter = confdir_load("bad[mode=x]", &err);
	assert_int_equal(filter != NULL, loads);
	assert_int_equal(err.n, what ? 1 : 0);
	if (what && !strstr(err.items[0].text, what))
		fail_msg("%s", err.items[0].text);
	filter_free(&filter);
	err_deinit(&err);
}

static void misspelt(void **state)
{
	(void)state;
	told("# it\n[definition]\nfailregex = ^a <HOST>\n", false,
		"bad.conf:2: [definition]: no section of a filter; is "
		"[Definition] meant? there is no failregex");
	told("[Defintion]\nfailregex = ^a <HOST>\n", false,
		"bad.conf:1: [Defintion]: no section of a filter; is "
		"[Definition] meant?");
	told("[Definition]\n\nfailregx = ^a <HOST>\n", false,
		"bad.conf:3: failregx: no key of a filter, and nothing refers "
		"to it; is failregex meant? there is none");
	told("[init]\nmaxlines = 2\n[Definition]\nfailregex = ^a <HOST>\n",
		true, "bad.conf:1: [init]: no section of a filter; is [Init]");
	told("[Definition]\nfailregex = ^a <HOST>\nignoreregx = b\n", true,
		"bad.conf:3: ignoreregx: no key of a filter, and nothing "
		"refers to it; is ignoreregex meant?");
}

/* What something refers to is meant as it is, and what is like nothing. */
static void spelt(void **state)
{
	(void)state;
	told("[Definition]\nfailregex = ^%(failregx)s <HOST>\nfailregx = a\n",
		true, NULL);
	told("[Definition]\nfailregex = ^<failregx> <HOST>\nfailregx = a\n",
		true, NULL);
	told("[Definition]\nfailregex = ^<failreg<mode>> <HOST>\n"
	     "failregx = a\n",
		true, NULL);
	told("[Definition]\nfailregex = ^<Int/a> <HOST>\n[Int]\na = b\n", true,
		NULL);
	told("[Definition]\nfailregex = ^%(Int/a)s <HOST>\n[Int]\na = b\n",
		true, NULL);
	told("[Definition]\nfailregex = ^a <HOST>\nmine = b\n_maxline = 1\n"
	     "[Thread]\nname = x\n",
		true, NULL);
}

/* Whose jail is for bans by hand; docker-mailserver writes the second. */
static void no_failregex(void **state)
{
	(void)state;
	told("[Definition]\nfailregex =\n", true, NULL);
	told("[Definition]\n", true, NULL);
	told("[Definition]\nignoreregex = x\n", true,
		"jail.local:7: filter: 'bad' has no failregex, so that its "
		"jail is for bans by hand");
}

static void faults(void **state)
{
	(void)state;
	faulty("[Definition]\nfailregex = ^ok <HOST>\n  ^broken( <HOST>\n",
		"bad",
		"bad.conf:3: failregex: missing closing "
		"parenthesis, at the end: ");
	faulty("[Definition]\nfailregex = ^no address$\n", "bad",
		"bad.conf:2: failregex: names no address");
	faulty("[Definition]\nfailregex = ^a <HOST>\nmaxlines = two\n", "bad",
		"bad.conf:3: maxlines: 'two' is no number of lines from 1");
	faulty("[Definition]\nfailregex = ^a <HOST>\nmaxlines = 0\n", "bad",
		"bad.conf:3: maxlines: '0' is no number of lines from 1");
	faulty("[Definition]\nprefregex = ^a <F-CONTENT>.+</F-CONTENT>$\n"
	       "  ^b .*$\nfailregex = ^x <HOST>\n",
		"bad",
		"bad.conf:3: prefregex: it is one expression, and this is a "
		"second row");
	faulty("[INCLUDES]\nbefore = common.conf\n", "bad",
		"jail.local:7: filter: 'bad' has no failregex");
	faulty("[Definition]\nfailregex = ^a <HOST>\nusedns = maybe\n", "bad",
		"bad.conf:3: usedns: 'maybe' is none of yes, warn, no and raw");
	faulty("[Definition]\nfailregex = ^%(missing)s <HOST>\n", "bad",
		"bad.conf:2: failregex: %(missing)s has no value");
	faulty("[Definition]\nx = <y>\ny = <x>\nfailregex = ^<x> <HOST>\n",
		"bad",
		"refers to itself, or to more than a megabyte; give it a "
		"value that leads to no <");
	faulty("[Definition]\nx = <y><y>\ny = <x>\nfailregex = ^<x> <HOST>\n",
		"bad", "bad.conf:4: the tag <");
	faulty("", "nosuch",
		"jail.local:7: filter: there is no filter 'nosuch'");
	faulty("", "bad[mode", "is not of the form name[option=value");
	faulty("[Definition]\nfailregex = ^a\\u0041 <HOST>\n", "bad",
		"bad.conf:2: failregex: \\u escapes");
	faulty("what is this\n", "bad", "bad.conf:1: neither [section]");
}

static bool is_shipped(const char *text, const char *confdir)
{
	struct arena *arena = arena_new();
	struct filter_spec spec = {.journal = false};
	struct filterfile file;
	struct err err;

	err_init(&err);
	assert_true(filter_spec_parse(&spec, text, arena, &err));
	assert_true(filterfile_read(
		&file, &spec, confdir, "build/share", arena, &err));
	err_deinit(&err);
	arena_free(&arena);
	return file.shipped;
}

/* Only what was tested as it is needs no measure. */
static void what_an_admin_wrote_is_measured(void **state)
{
	struct filter *filter;
	const char *confdir;
	struct arena *arena = arena_new();

	(void)state;
	confdir_put("dovecot.local", "");
	filter = confdir_filter("failregex = ^a <HOST>$\n");
	assert_false(filter_file(filter)->shipped);
	/* Where confdir.c has its files. */
	confdir = arena_copy(arena, filter_file(filter)->failregex[0].file,
		(size_t)(strstr(filter_file(filter)->failregex[0].file,
				 "/filter.d/") -
			 filter_file(filter)->failregex[0].file));
	assert_true(is_shipped("dovecot", NULL));
	assert_true(is_shipped("postfix[mode=more]", confdir));
	assert_false(is_shipped("dovecot", confdir));
	assert_false(is_shipped("postfix[mode=more, _daemon=\"(a+)+\"]", NULL));
	filter_free(&filter);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_line_may_begin),
		cmocka_unit_test(an_admins_filter),
		cmocka_unit_test(what_spills_over_is_no_failure),
		cmocka_unit_test(a_fault_of_the_server_excuses),
		cmocka_unit_test(where_a_line_was_cut_it_does_not_end),
		cmocka_unit_test(modes_tags_and_includes),
		cmocka_unit_test(a_local_adds),
		cmocka_unit_test(bytes_of_any_kind),
		cmocka_unit_test(backtracking_is_bounded),
		cmocka_unit_test(whose_dates_are_usual),
		cmocka_unit_test(an_empty_failregex),
		cmocka_unit_test(a_tag_in_many_rows),
		cmocka_unit_test(misspelt),
		cmocka_unit_test(spelt),
		cmocka_unit_test(a_newline_is_no_character_of_a_line),
		cmocka_unit_test(no_failregex),
		cmocka_unit_test(what_an_admin_wrote_is_measured),
		cmocka_unit_test(faults),
	};

	return cmocka_run_group_tests(tests, confdir_make, confdir_remove);
}
