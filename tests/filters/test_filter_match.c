/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a match says beside that it is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <time.h>

#include "lib/clock.h"
#include "sources/header.h"
#include "tests/filters/confdir.h"

/* The verdict on a line of this text; what failure points to is in it. */
static enum filter_verdict ask(
	struct filter *filter, const char *text, struct failure *failure)
{
	struct header_clock clock = {0};
	struct filter_subject subject;
	struct line line;

	header_cut(text, strlen(text), &clock, &line);
	filter_subject(&line, &subject);
	*failure = (struct failure){.attempts = 99};
	return filter_match(filter, &subject, NULL, failure);
}

static void is_text(const char *text, size_t n, const char *want)
{
	if (!want) {
		assert_null(text);
		return;
	}
	assert_non_null(text);
	assert_int_equal(n, strlen(want));
	assert_memory_equal(text, want, n);
}

/* Which attempts of which connection, and who tells of them. */
static void what_tells_of_attempts(void **state)
{
	static const struct {
		const char *text;
		const char *session, *user, *witness;
		uint32_t attempts;
		bool nameless;
	} rows[] = {
		{"p: 192.0.2.1 by pam user bob after 12 of s1", "s1", "bob",
			"pam", 12, false},
		{"p: 192.0.2.1 by pam user bob after 7", NULL, "bob", "pam", 7,
			true},
		{"p: 192.0.2.1 by sql user eve of s2", "s2", "eve", "sql", 0,
			false},
		{"p: 192.0.2.1", NULL, NULL, NULL, 0, true},
		{"p: 192.0.2.1 after 7x", NULL, NULL, NULL, 7, true},
		{"p: 192.0.2.1 after /:", NULL, NULL, NULL, 0, true},
		/* Nobody makes it more than there can be. */
		{"p: 192.0.2.1 after 1000000", NULL, NULL, NULL, 1000000, true},
		{"p: 192.0.2.1 after 1000001", NULL, NULL, NULL, 1000000, true},
		{"p: 192.0.2.1 after 99999999999999999999", NULL, NULL, NULL,
			1000000, true},
	};
	struct filter *filter = confdir_filter(
		"failregex = p: <ADDR>(?: by <F-WITNESS>\\w+</F-WITNESS>)?"
		"(?: user <F-USER>\\w+</F-USER>)?"
		"(?: after <F-ATTEMPTS>\\S+</F-ATTEMPTS>)?"
		"(?: of <F-SESSION>\\w+</F-SESSION>)?$\n");
	struct failure f;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(ask(filter, rows[i].text, &f), FILTER_MATCH);
		assert_int_equal(f.attempts, rows[i].attempts);
		is_text(f.session, f.session_len, rows[i].session);
		is_text(f.user, f.user_len, rows[i].user);
		is_text(f.witness, f.witness_len, rows[i].witness);
		assert_int_equal(f.nameless, rows[i].nameless);
	}
	filter_free(&filter);
	/* Where none could be named, none is missing. */
	filter = confdir_filter("failregex = p: <ADDR>\n");
	assert_int_equal(ask(filter, rows[0].text, &f), FILTER_MATCH);
	assert_false(f.nameless);
	filter_free(&filter);
}

static void whom_it_names(void **state)
{
	static const struct {
		const char *text, *who, *name;
		bool is_host;
	} rows[] = {
		{"host 192.0.2.1", "192.0.2.1", NULL, false},
		{"host mx.example.org", NULL, "mx.example.org", true},
		{"net 192.0.2.0/24", "192.0.2.0/24", NULL, false},
		{"net 2001:db8::/32", "2001:db8::/32", NULL, false},
		{"net 192.0.2.7", "192.0.2.7", NULL, false},
		/* The whole of it is no network, so nobody is named. */
		{"net 192.0.2.0/33", NULL, "192.0.2.0", true},
		/* An id that is an address comes first. */
		{"id 192.0.2.8 of 192.0.2.9", "192.0.2.8", NULL, false},
		{"id bob of 192.0.2.9", "192.0.2.9", NULL, false},
		{"id bob", NULL, "bob", false},
	};
	struct filter *filter =
		confdir_filter("usedns = yes\n"
			       "failregex = host <HOST>$\n"
			       "            net <SUBNET>$\n"
			       "            id <F-ID/>(?: of <ADDR>)?$\n");
	char text[PREFIX_TEXT];
	struct failure f;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		enum filter_verdict v = ask(filter, rows[i].text, &f);

		is_text(f.name, f.name_len, rows[i].name);
		if (rows[i].name) {
			assert_int_equal(v, FILTER_NAMED);
			assert_int_equal(f.is_host, rows[i].is_host);
			continue;
		}
		assert_int_equal(v, FILTER_MATCH);
		assert_string_equal(prefix_format(&f.who, text), rows[i].who);
	}
	assert_int_equal(filter_counts(filter)->named, 3);
	assert_int_equal(filter_counts(filter)->matched, 6);
	filter_free(&filter);
}

/* What a failregex does not name its prefregex may have named. */
static void what_both_name(void **state)
{
	struct filter *filter =
		confdir_filter("prefregex = ^ ?<F-USER>\\w+</F-USER> <ADDR> "
			       "<F-CONTENT>.+</F-CONTENT>$\n"
			       "failregex = ^bad$\n"
			       "            ^bad <F-USER>\\w*</F-USER>$\n"
			       "            ^for <ADDR>$\n");
	char text[PREFIX_TEXT];
	struct failure f;

	(void)state;
	assert_int_equal(ask(filter, "bob 192.0.2.1 bad", &f), FILTER_MATCH);
	is_text(f.user, f.user_len, "bob");
	assert_int_equal(
		ask(filter, "bob 192.0.2.1 bad eve", &f), FILTER_MATCH);
	is_text(f.user, f.user_len, "eve");
	assert_int_equal(f.regex, 1);
	/* It named nobody. */
	assert_int_equal(ask(filter, "bob 192.0.2.1 bad ", &f), FILTER_MATCH);
	is_text(f.user, f.user_len, "bob");
	assert_int_equal(
		ask(filter, "bob 192.0.2.1 for 192.0.2.2", &f), FILTER_MATCH);
	assert_string_equal(prefix_format(&f.who, text), "192.0.2.2");
	filter_free(&filter);
}

/* Seconds of the failure's time, whose text has another date in it too. */
static int64_t time_in(const char *datepattern, const char *text)
{
	struct filter *filter;
	struct failure f;
	char rows[200];

	snprintf(rows, sizeof(rows), "datepattern = %s\nfailregex = <ADDR>$\n",
		datepattern);
	filter = confdir_filter(rows);
	assert_int_equal(ask(filter, text, &f), FILTER_MATCH);
	filter_free(&filter);
	return f.time / CLOCK_SECOND;
}

/* An admin's own pattern is believed, whatever the line begins with. */
static void which_date(void **state)
{
	static const char dated[] =
		"2026-11-21T10:00:00Z mx [2026/11/20 09:00:00] 192.0.2.1";

	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	clock_hold(INT64_C(1795255200) * CLOCK_SECOND, 0);
	assert_int_equal(
		time_in("\\[%%Y/%%m/%%d %%H:%%M:%%S\\]", dated), 1795165200);
	assert_int_equal(time_in("{DEFAULT}", dated), 1795255200);
	assert_int_equal(time_in("{^LN-BEG}", dated), 1795255200);
	/* One that is found late is cut out of what the failregex see. */
	assert_int_equal(
		time_in("{DEFAULT}", "mx [2026/11/20 09:00:00] 192.0.2.1"),
		1795165200);
	clock_release();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_tells_of_attempts),
		cmocka_unit_test(whom_it_names),
		cmocka_unit_test(what_both_name),
		cmocka_unit_test(which_date),
	};

	return cmocka_run_group_tests(tests, confdir_make, confdir_remove);
}
