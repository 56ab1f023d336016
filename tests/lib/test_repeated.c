/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rsyslog wraps around a message that came again, and what it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/repeated.h"
#include "sources/header.h"

static struct repeated out;

static struct line line_of(const char *text, size_t n)
{
	struct header_clock clock = {0};
	struct line line;

	header_cut(text, n, &clock, &line);
	return line;
}

/* How many times the line came; 0: it is as it is. */
static uint32_t times(const char *text)
{
	/* Nothing stands behind it. */
	char *copy = strndup(text, strlen(text));
	struct line line = line_of(copy, strlen(text));
	uint32_t n = repeated_cut(&line, &out) ? out.times : 0;

	free(copy);
	return n;
}

#define HEAD "Nov 21 10:00:00 mx dovecot: "

#define assert_part(part, want)                                         \
	do {                                                            \
		assert_int_equal(out.line.part##_len, strlen(want));    \
		assert_memory_equal(out.line.part, want, strlen(want)); \
	} while (0)

/* It is the line that stood there, but for what it points into. */
static void assert_is(const char *text)
{
	struct line want = line_of(text, strlen(text));

	assert_int_equal(out.line.text_len, want.text_len);
	assert_memory_equal(out.line.text, text, want.text_len);
	assert_int_equal(out.line.body - out.line.text, want.body - want.text);
	assert_int_equal(out.line.body_len, want.body_len);
	assert_int_equal(out.line.host - out.line.text, want.host - want.text);
	assert_int_equal(out.line.host_len, want.host_len);
	assert_int_equal(out.line.tag - out.line.text, want.tag - want.text);
	assert_int_equal(out.line.tag_len, want.tag_len);
	assert_int_equal(
		out.line.message - out.line.text, want.message - want.text);
	assert_int_equal(out.line.message_len, want.message_len);
	assert_int_equal(out.line.time, want.time);
	assert_int_equal(out.line.head, want.head);
	assert_false(out.line.cut_short);
}

static void what_rsyslog_writes(void **state)
{
	(void)state;
	assert_int_equal(
		times(HEAD "message repeated 5 times: [ imap-login: bad]"), 5);
	assert_is(HEAD "imap-login: bad");
	/* Of a message without a blank in front, as by RFC 5424. */
	assert_int_equal(
		times(HEAD "message repeated 2 times: [imap-login: bad]"), 2);
	assert_is(HEAD "imap-login: bad");
	assert_int_equal(times("2026-11-21T10:00:00.123456+01:00 mx "
			       "postfix/smtpd[4711]: message repeated 12 "
			       "times: [ warning: x[y]]"),
		12);
	assert_is("2026-11-21T10:00:00.123456+01:00 mx postfix/smtpd[4711]: "
		  "warning: x[y]");
	/* A template may leave the blank in front of it. */
	assert_int_equal(
		times(HEAD " message repeated 3 times: [ imap-login: bad]"), 3);
	assert_is(HEAD "imap-login: bad");
	assert_int_equal(times(HEAD "message repeated 3 times: []"), 3);
	assert_part(message, "");
	/* Once it is taken off, whatever stands within. */
	assert_int_equal(times(HEAD "message repeated 3 times: [ message "
				    "repeated 4 times: [ x]]"),
		3);
	assert_part(message, "message repeated 4 times: [ x]");
}

static void how_many(void **state)
{
	(void)state;
	assert_int_equal(times(HEAD "message repeated 1 times: [ x]"), 1);
	assert_int_equal(times(HEAD "message repeated 999 times: [ x]"), 999);
	assert_int_equal(times(HEAD "message repeated 1000 times: [ x]"), 1000);
	assert_int_equal(times(HEAD "message repeated 1001 times: [ x]"), 1000);
	assert_int_equal(
		times(HEAD "message repeated 2147483647 times: [ x]"), 1000);
	assert_int_equal(
		times(HEAD "message repeated 9999999999 times: [ x]"), 1000);
}

static void what_it_does_not_write(void **state)
{
	static const char *const texts[] = {
		HEAD "message repeated 0 times: [ x]",
		HEAD "message repeated 00 times: [ x]",
		HEAD "message repeated 05 times: [ x]",
		HEAD "message repeated -5 times: [ x]",
		HEAD "message repeated +5 times: [ x]",
		HEAD "message repeated  5 times: [ x]",
		HEAD "message repeated 0x5 times: [ x]",
		HEAD "message repeated times: [ x]",
		HEAD "message repeated 10000000000 times: [ x]",
		HEAD "message repeated 99999999999999999999999 times: [ x]",
		HEAD "message repeated 5 times: [ x",
		HEAD "message repeated 5 times: [ x] ",
		HEAD "message repeated 5 times: [ x].",
		HEAD "message repeated 5 times: [",
		HEAD "message repeated 5 times: ",
		HEAD "message repeated 5 times: ]",
		HEAD "message repeated 5 times:[ x]",
		HEAD "message repeated 5]",
		HEAD "message repeated ]",
		HEAD "message ]",
		HEAD "message",
		HEAD " message]",
		HEAD "Message repeated 5 times: [ x]",
		HEAD "  message repeated 5 times: [ x]",
		HEAD "last message repeated 5 times",
		HEAD "x message repeated 5 times: [ x]",
		/* No program says so. */
		"message repeated 5 times: [ x]",
		"message repeated 5 times: [ Nov 21 10:00:00 mx dovecot: x]",
		"Nov 21 10:00:00 message repeated 5 times: [ x]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (times(texts[i]))
			fail_msg("%s: %u times", texts[i], out.times);
}

/* n bytes of a message between the brackets. */
static uint32_t times_of(size_t n, bool cut_short)
{
	static char text[4096];
	struct line line;
	size_t at;

	strcpy(text, HEAD "message repeated 5 times: [ ");
	at = strlen(text);
	memset(text + at, 'x', n - 1);
	text[at + n - 1] = ']';
	line = line_of(text, at + n);
	line.cut_short = cut_short;
	return repeated_cut(&line, &out) ? out.times : 0;
}

/* It cuts at 800 bytes: such a text may have gone on. */
static void what_may_lack_its_end(void **state)
{
	(void)state;
	assert_int_equal(times_of(799, false), 5);
	assert_false(out.line.cut_short);
	assert_int_equal(out.line.message_len, 798);
	assert_int_equal(times_of(800, false), 5);
	assert_true(out.line.cut_short);
	assert_int_equal(out.line.message_len, 799);
	assert_int_equal(times_of(801, false), 0);
	assert_int_equal(times_of(3000, false), 0);
	/* The bracket that a cut line ends with is any. */
	assert_int_equal(times_of(100, true), 0);
}

static void a_head_of_any_length(void **state)
{
	static const char end[] = ": message repeated 5 times: [ x]";
	static char text[2 * REPEATED_HEAD];

	(void)state;
	for (size_t n = 16; n < REPEATED_HEAD + 100; n++) {
		size_t at = strlen("Nov 21 10:00:00 mx ");
		uint32_t want = n + 2 <= REPEATED_HEAD ? 5 : 0;

		strcpy(text, "Nov 21 10:00:00 mx ");
		if (n <= at)
			continue;
		memset(text + at, 'p', n - at);
		strcpy(text + n, end);
		assert_int_equal(times(text), want);
		if (want)
			assert_int_equal(out.line.message_len, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_rsyslog_writes),
		cmocka_unit_test(how_many),
		cmocka_unit_test(what_it_does_not_write),
		cmocka_unit_test(what_may_lack_its_end),
		cmocka_unit_test(a_head_of_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
