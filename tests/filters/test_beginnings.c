/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "filters/content.h"
#include "filters/dispatch.h"
#include "filters/queueid.h"
#include "sources/header.h"
#include "tests/filters/confdir.h"

static size_t starts_of(const char *regex, const char *head, size_t *starts)
{
	struct content *c = content_new(regex);
	size_t n;

	assert_non_null(c);
	n = content_starts(c, head, strlen(head), starts);
	content_free(&c);
	return n;
}

static void where_a_content_may_begin(void **state)
{
	static const char regex[] =
		"^\\s*(?:[^x]\\S*\\s+)?x: (?:w: )?(?P<content>.+)$";
	size_t starts[CONTENT_STARTS];

	(void)state;
	assert_int_equal(starts_of(regex, "h x: abc", starts), 1);
	assert_int_equal(starts[0], 5);
	/* With it and, if nothing follows, without. */
	assert_int_equal(starts_of(regex, "h x: w: abc", starts), 2);
	assert_int_equal(starts[0], 8);
	assert_int_equal(starts[1], 5);
	assert_int_equal(starts_of(regex, "h y: abc", starts), 0);
	/* What follows has a say in it. */
	assert_int_equal(starts_of(regex, "h x: w:", starts), CONTENT_UNKNOWN);
	assert_int_equal(starts_of(regex, "h x:", starts), CONTENT_UNKNOWN);
	assert_int_equal(starts_of(regex, "", starts), CONTENT_UNKNOWN);
	assert_int_equal(
		starts_of(regex, "h\xc2\xa0x: a", starts), CONTENT_UNKNOWN);
}

static void of_others_nothing_is_said(void **state)
{
	static const char *const regexes[] = {"^x", "x(?P<content>.+)",
		"^\xc2\xa0(?P<content>.+)", "^x(?P<content>.+)|y",
		"^(?:x(?P<content>.))+$", "^x(?P<content>.)+$",
		"^(?:(?P<content>a)|b)", "^(?P<content>a)(?P>content)",
		"(?x)^a (?P<content>b)", "^[[:alpha:]]+(?P<content>b)",
		"^\\Q(\\E(?P<content>b)", "^x\\(?P<content>b)",
		"^(?P<content>a)?b", "^(?P<content>a)(?P<alt_content_1>b)"};

	(void)state;
	for (size_t i = 0; i < sizeof(regexes) / sizeof(*regexes); i++)
		assert_null(content_new(regexes[i]));
}

static void on_found(void *ctx, size_t filter, enum filter_verdict v,
	const struct failure *failure)
{
	(void)filter;
	(void)failure;
	*(unsigned int *)ctx += v == FILTER_MATCH;
}

/* How many failures there are in so many lines of a program like it. */
static unsigned int times_of(
	struct dispatch *d, const char *program, const char *message, int n)
{
	struct header_clock clock = {0};
	unsigned int found = 0;
	char text[200];
	struct line line;

	snprintf(text, sizeof(text), "Nov 21 10:00:00 mx1 %s[12]: %s", program,
		message);
	for (int i = 0; i < n; i++) {
		header_cut(text, strlen(text), &clock, &line);
		dispatch_line(d, &line, on_found, &found);
	}
	return found;
}

static unsigned int times(struct dispatch *d, const char *message, int n)
{
	return times_of(d, "prog", message, n);
}

static unsigned int times_queued(struct dispatch *d, const char *message, int n)
{
	return times_of(d, "postfix/cleanup", message, n);
}

/* A filter looks through what is unknown, and soon through no more. */
static void what_nobody_wants_is_known_soon(void **state)
{
	struct filter *filter =
		confdir_filter("prefregex = ^\\s*(?:\\S+ )?prog\\[\\d+\\]: "
			       "(?:warning: )?<F-CONTENT>.+</F-CONTENT>$\n"
			       "failregex = ^bad login from <ADDR>$\n"
			       "            ^[a-z]+: refused <ADDR>$\n");
	struct dispatch *d = dispatch_new(&filter, 1);
	uint64_t scanned;

	(void)state;
	assert_int_equal(times(d, "connect from some.host.example", 100), 0);
	assert_int_equal(times(d, "warning: this is nothing at all", 100), 0);
	scanned = dispatch_counts(d)->scanned;
	assert_true(scanned > 0 && scanned < 100);
	assert_int_equal(times(d, "connect from some.host.example", 10), 0);
	assert_int_equal(times(d, "connect from [192.0.2.1] again", 10), 0);
	assert_int_equal(times(d, "warning: this is nothing at all", 10), 0);
	assert_int_equal(dispatch_counts(d)->scanned, scanned);
	/* Those that begin as long in the same way are no such lines. */
	assert_int_equal(times(d, "connect: refused 192.0.2.1", 10), 10);
	assert_int_equal(times(d, "warning: bad login from 192.0.2.1", 10), 10);
	assert_int_equal(times(d, "warning: this: refused 192.0.2.1", 10), 10);
	assert_int_equal(times(d, "bad login from 192.0.2.1", 10), 10);
	dispatch_free(&d);
	filter_free(&filter);
}

/* One that wants any beginning is asked about each line. */
static void who_wants_all_gets_all(void **state)
{
	struct filter *filter = confdir_filter("failregex = refused <ADDR>$\n");
	struct dispatch *d = dispatch_new(&filter, 1);

	(void)state;
	assert_int_equal(times(d, "connect from some.host.example", 500), 0);
	assert_int_equal(dispatch_counts(d)->scanned, 500);
	assert_int_equal(
		times(d, "connect from some.host.example refused 192.0.2.1", 9),
		9);
	dispatch_free(&d);
	filter_free(&filter);
}

static void what_a_queue_id_is(void **state)
{
	static const struct {
		size_t n;
		const char *message;
	} is[] = {{12, "4A1F09BCDE: client=x[192.0.2.1]"},
		{17, "4dFYk51Z7jz9sN2: client=x[192.0.2.1]"},
		{18, "4dFYk51Z7jz9sN2x: client=x[192.0.2.1]"},
		{0, "4dFYk51Z7jz9sN2xy: client=x[192.0.2.1]"},
		{8, "A1B2CD: client=x[192.0.2.1]"},
		{0, "A1B2C: client=x[192.0.2.1]"},
		{0, "NOQUEUE: reject: RCPT from x[192.0.2.1]"},
		{0, "4A1F09BCDE:client=x[192.0.2.1]"},
		{0, "4A1F09BCDE client=x[192.0.2.1]"},
		{0, "4A1F.9BCDE: client=x[192.0.2.1]"},
		{0, "4A1F\351xBCDE: client=x[192.0.2.1]"},
		{0, "warning: x2: client=x[192.0.2.1]"},
		{0, "192.0.2.1: client=x[192.0.2.1]"}};

	(void)state;
#ifdef __SSE2__
	for (size_t i = 0; i < sizeof(is) / sizeof(*is); i++)
		assert_int_equal(queueid_cut(is[i].message), is[i].n);
#else
	for (size_t i = 0; i < sizeof(is) / sizeof(*is); i++)
		assert_int_equal(queueid_cut(is[i].message), 0);
#endif
	for (int c = 1; c < 256; c++) {
		char message[] = "0?00000000: client=x";

		message[1] = (char)c;
		if (c != ':' && !isalnum(c))
			assert_int_equal(queueid_cut(message), 0);
	}
}

/* Behind it; and what no filter wants there it may well want elsewhere. */
static void of_a_queue_id_nobody_asks(void **state)
{
	struct filter *filter = confdir_filter(
		"prefregex = ^\\s*(?:\\S+ )?postfix/cleanup\\[\\d+\\]: "
		"<F-CONTENT>.+</F-CONTENT>$\n"
		"failregex = ^\\w+: reject: <ADDR>$\n"
		"            ^[0-9A-F]+: from the <ADDR> was refused$\n"
		"            ^\\d+: with the <ADDR> was refused$\n"
		"            ^client=from <ADDR>$\n"
		"            ^\\w{4,8}: client=<ADDR> was refused$\n");
	struct dispatch *d = dispatch_new(&filter, 1);
	uint64_t scanned;

	(void)state;
	assert_int_equal(
		times_queued(d, "4A1F09BCDE: client=some.host.example", 200),
		0);
	scanned = dispatch_counts(d)->scanned;
	assert_true(scanned < 200);
	assert_int_equal(
		times_queued(d, "9B1F09BCDA: client=other.host.example", 10),
		0);
	assert_int_equal(
		times_queued(d, "9zyF09BxDA: client=other.host.example", 10),
		0);
	assert_int_equal(dispatch_counts(d)->scanned, scanned);
	/* Others of that id. */
	assert_int_equal(
		times_queued(d, "9zyF09BxDA: reject: 192.0.2.1", 10), 10);
	/* Only with some ids, whichever was seen. */
	assert_int_equal(
		times_queued(d, "4zyF09BCDE: from the some.other.example", 200),
		0);
	assert_int_equal(
		times_queued(
			d, "4A1F09BCDE: from the 192.0.2.1 was refused", 9),
		9);
	assert_int_equal(
		times_queued(d, "4A1F09BCDE: with the some.other.example", 200),
		0);
	assert_int_equal(
		times_queued(
			d, "4711471147: with the 192.0.2.1 was refused", 9),
		9);
	/* Without one, and with one of another length. */
	assert_int_equal(
		times_queued(d, "client=from 2001:db8::192.0.2.1", 9), 9);
	assert_int_equal(
		times_queued(d, "4A1F09BC: client=192.0.2.1 was refused", 9),
		9);
	dispatch_free(&d);
	filter_free(&filter);
}

/* What looks like one is of other programs a word of their own. */
static void only_postfix_has_queue_ids(void **state)
{
	struct filter *filter = confdir_filter(
		"prefregex = ^\\s*(?:\\S+ )?prog\\[\\d+\\]: "
		"<F-CONTENT>.+</F-CONTENT>$\n"
		"failregex = ^worker\\d: failed login from <ADDR>$\n"
		"            ^401005: failed login from <ADDR>$\n");
	struct dispatch *d = dispatch_new(&filter, 1);

	(void)state;
	assert_int_equal(times(d, "reader2: failed to find a mailbox", 200), 0);
	assert_int_equal(
		times(d, "worker1: failed login from 192.0.2.1", 9), 9);
	assert_int_equal(times(d, "401001: failed to find a mailbox", 200), 0);
	assert_int_equal(times(d, "401005: failed login from 192.0.2.1", 9), 9);
	dispatch_free(&d);
	filter_free(&filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_queue_id_is),
		cmocka_unit_test(of_a_queue_id_nobody_asks),
		cmocka_unit_test(only_postfix_has_queue_ids),
		cmocka_unit_test(where_a_content_may_begin),
		cmocka_unit_test(of_others_nothing_is_said),
		cmocka_unit_test(what_nobody_wants_is_known_soon),
		cmocka_unit_test(who_wants_all_gets_all),
	};

	return cmocka_run_group_tests(tests, confdir_make, confdir_remove);
}
