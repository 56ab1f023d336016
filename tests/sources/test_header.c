/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header cut: dates, hosts, tags, and bytes that are none of these. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/line.h"
#include "lib/linehead.h"
#include "sources/header.h"

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define LORD_HOWE "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"

/* 2026-11-21 10:00:00 UTC */
#define NOW INT64_C(1795255200)

static struct header_clock hc;

static void set_zone(const char *zone, int64_t now)
{
	setenv("TZ", zone, 1);
	tzset();
	hc = (struct header_clock){0};
	clock_hold(now * CLOCK_SECOND, 0);
}

static struct line cut(const char *text)
{
	struct line l;

	header_cut(text, strlen(text), &hc, &l);
	return l;
}

#define assert_part(l, part, want)                                 \
	do {                                                       \
		assert_int_equal((l).part##_len, strlen(want));    \
		assert_memory_equal((l).part, want, strlen(want)); \
	} while (0)

/* What the lines before were like must not tell in how one is cut. */
static void assert_cut_alone(const struct line *l)
{
	struct header_clock fresh = {0};
	struct line alone;

	header_cut(l->text, l->text_len, &fresh, &alone);
	assert_int_equal(l->time, alone.time);
	assert_ptr_equal(l->body, alone.body);
	assert_ptr_equal(l->host, alone.host);
	assert_int_equal(l->host_len, alone.host_len);
	assert_ptr_equal(l->tag, alone.tag);
	assert_int_equal(l->tag_len, alone.tag_len);
	assert_ptr_equal(l->message, alone.message);
	assert_int_equal(l->head, alone.head);
}

static const struct {
	const char *text, *body, *host, *tag, *message;
	int64_t time;
} cases[] = {
	{"Nov 21 10:00:00 mx postfix/smtpd[123]: warning: x",
		" mx postfix/smtpd[123]: warning: x", "mx", "postfix/smtpd",
		"warning: x", NOW *CLOCK_SECOND},
	{"Nov 21 10:00:00 mx.ex.org postfix/submission/smtpd[1]: a: b",
		" mx.ex.org postfix/submission/smtpd[1]: a: b", "mx.ex.org",
		"postfix/submission/smtpd", "a: b", NOW *CLOCK_SECOND},
	{"Nov 21 10:00:00 mx dovecot: imap-login: Login: user=<a>",
		" mx dovecot: imap-login: Login: user=<a>", "mx", "dovecot",
		"imap-login: Login: user=<a>", NOW *CLOCK_SECOND},
	{"Nov  1 09:59:59 mx sshd-session[7]: x", " mx sshd-session[7]: x",
		"mx", "sshd-session", "x",
		(NOW - 20 * 86400 - 1) * CLOCK_SECOND},
	{"Nov 1 09:59:59 mx sshd[7]: x", " mx sshd[7]: x", "mx", "sshd", "x",
		(NOW - 20 * 86400 - 1) * CLOCK_SECOND},
	{"Nov 21 10:00:00 imap-login: Info: Login: user=<a b>",
		" imap-login: Info: Login: user=<a b>", "", "imap-login",
		"Info: Login: user=<a b>", NOW *CLOCK_SECOND},
	{"Nov 21 10:00:00 postfix/smtpd[1]: x", " postfix/smtpd[1]: x", "",
		"postfix/smtpd", "x", NOW *CLOCK_SECOND},
	{"Nov 21 10:00:00.25 2001:db8::1 dovecot: x", " 2001:db8::1 dovecot: x",
		"2001:db8::1", "dovecot", "x", NOW *CLOCK_SECOND + 250000},
	{"<22>Nov 21 10:00:00 mx dovecot: x", " mx dovecot: x", "mx", "dovecot",
		"x", NOW *CLOCK_SECOND},
	{"2026-11-21T10:00:00.123456+01:00 mx dovecot: x", " mx dovecot: x",
		"mx", "dovecot", "x", (NOW - 3600) * CLOCK_SECOND + 123456},
	{"2026-11-21T10:00:00.5-0530 mx dovecot[9]: x", " mx dovecot[9]: x",
		"mx", "dovecot", "x", (NOW + 19800) * CLOCK_SECOND + 500000},
	{"2026-11-21T10:00:00Z mx a: x", " mx a: x", "mx", "a", "x",
		NOW *CLOCK_SECOND},
	{"2026-11-21 10:00:00,123 auth: Info: x", " auth: Info: x", "", "auth",
		"Info: x", NOW *CLOCK_SECOND + 123000},
	{"2026-11-21 11:00:00.5 +01:00 mx a: x", " mx a: x", "mx", "a", "x",
		NOW *CLOCK_SECOND + 500000},
	{"2026-11-21 10:00:00 UTC mx a: x", " mx a: x", "mx", "a", "x",
		NOW *CLOCK_SECOND},
	{"2026-11-21 10:00:00 UTCX a: x", " UTCX a: x", "UTCX", "a", "x",
		NOW *CLOCK_SECOND},
	{"2026-11-21 10:00:00,123456789 a: x", " a: x", "", "a", "x",
		NOW *CLOCK_SECOND + 123456},
	{"<22>2026-11-21T10:00:00+00:00 mx a: x", " mx a: x", "mx", "a", "x",
		NOW *CLOCK_SECOND},
	{"2024-02-29T00:00:00Z a: x", " a: x", "", "a", "x",
		INT64_C(1709164800) * CLOCK_SECOND},
	{"2000-03-01T00:00:00Z a: x", " a: x", "", "a", "x",
		INT64_C(951868800) * CLOCK_SECOND},
	/* Less than a header. */
	{"Nov 21 10:00:00", "", "", "", "", NOW *CLOCK_SECOND},
	{"Nov 21 10:00:00 ", " ", "", "", "", NOW *CLOCK_SECOND},
	{"Nov 21 10:00:00 mx", " mx", "", "mx", "", NOW *CLOCK_SECOND},
	{"Nov 21 10:00:00 mx ", " mx ", "mx", "", "", NOW *CLOCK_SECOND},
	{"Nov 21 10:00:00 mx a", " mx a", "mx", "a", "", NOW *CLOCK_SECOND},
	{"Nov 21 10:00:00 mx a:", " mx a:", "mx", "a", "", NOW *CLOCK_SECOND},
	{"Nov 21 10:00:00 mx a[", " mx a[", "mx", "a", "", NOW *CLOCK_SECOND},
	{"Nov 21 10:00:00 mx a[1", " mx a[1", "mx", "a", "", NOW *CLOCK_SECOND},
	{"Nov 21 10:00:00 mx a::b:: c", " mx a::b:: c", "mx", "a::b:", "c",
		NOW *CLOCK_SECOND},
	{"Nov 21 10:00:00 mx a:[ c", " mx a:[ c", "mx", "a:", "c",
		NOW *CLOCK_SECOND},
	{"Nov 21 10:00:00 mx a[1]b: c", " mx a[1]b: c", "mx", "a", "c",
		NOW *CLOCK_SECOND},
	{"Nov 21 10:00:00 mx a b", " mx a b", "mx", "a", "b",
		NOW *CLOCK_SECOND},
	{"Nov 21 10:00:00: mx a: b", ": mx a: b", "", "", ": mx a: b",
		NOW *CLOCK_SECOND},
	/* A user name that reads like a host and a tag is neither. */
	{"Nov 21 10:00:00 auth(a postfix/smtpd[1]: warning: b",
		" auth(a postfix/smtpd[1]: warning: b", "", "auth(a",
		"postfix/smtpd[1]: warning: b", NOW *CLOCK_SECOND},
	{"Nov 21 10:00:00 auth(a,2001:db8::1,sasl:plain)<x>: ldap: y",
		" auth(a,2001:db8::1,sasl:plain)<x>: ldap: y", "",
		"auth(a,2001:db8::1,sasl:plain)<x>", "ldap: y",
		NOW *CLOCK_SECOND},
	{"Nov 21 10:00:00 auth: sql(a mx sshd[1]: b",
		" auth: sql(a mx sshd[1]: b", "", "auth", "sql(a mx sshd[1]: b",
		NOW *CLOCK_SECOND},
};

static const char *const dateless[] = {
	"",
	" ",
	"<",
	"<22>",
	"<2222>Nov 21 10:00:00 mx a: x",
	"warning: x",
	" Nov 21 10:00:00 mx a: x",
	"nov 21 10:00:00 mx a: x",
	"Nov 32 10:00:00 mx a: x",
	"Nov 31 10:00:00 mx a: x",
	"Nov  0 10:00:00 mx a: x",
	"Nov 21 24:00:00 mx a: x",
	"Nov 21 10:60:00 mx a: x",
	"Nov 21 10:00:61 mx a: x",
	"Nov 21 10:00:0",
	"Nov 21 10:00:",
	"Nov 21 10:00:00x mx a: x",
	"Nov 21 10-00:00 mx a: x",
	"Nov 211 0:00:00 mx a: x",
	"2026-02-29T10:00:00Z mx a: x",
	"2026-13-01T10:00:00Z mx a: x",
	"2026-00-01T10:00:00Z mx a: x",
	"2026-11-21x10:00:00Z mx a: x",
	"2026-11-21T10:00:0",
	"2026-11-21T10:00:00Zulu a: x",
	"0000-11-21T10:00:00Z a: x",
	"192.0.2.1 - - [21/Nov/2026:10:00:00 +0000] x",
};

static void test_parts(void **state)
{
	(void)state;
	set_zone("UTC0", NOW + 60);
	/* Twice: the second time from what is remembered. */
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		size_t k = i / 2;
		struct line l = cut(cases[k].text);

		assert_part(l, text, cases[k].text);
		assert_part(l, body, cases[k].body);
		assert_part(l, host, cases[k].host);
		assert_part(l, tag, cases[k].tag);
		assert_part(l, message, cases[k].message);
		assert_int_equal(l.time, cases[k].time);
		assert_false(l.journal);
		assert_false(l.cut_short);
	}
}

static void test_dateless(void **state)
{
	(void)state;
	set_zone("UTC0", NOW);
	for (size_t i = 0; i < sizeof(dateless) / sizeof(*dateless); i++) {
		struct line l;

		/* With a minute remembered, which must not be borrowed. */
		cut("Nov 21 10:00:00 mx a: x");
		cut("2026-11-21T10:00:00Z mx a: x");
		l = cut(dateless[i]);
		assert_ptr_equal(l.body, l.text);
		assert_ptr_equal(l.message, l.text);
		assert_part(l, body, dateless[i]);
		assert_part(l, message, dateless[i]);
		assert_int_equal(l.tag_len, 0);
		assert_int_equal(l.host_len, 0);
		assert_int_equal(l.time, 0);
	}
}

static int64_t cut_seconds_of(const char *text)
{
	return cut(text).time / CLOCK_SECOND;
}

static void test_year(void **state)
{
	(void)state;
	/* 2027-01-01 00:10 UTC */
	set_zone("UTC0", INT64_C(1798762200));
	assert_int_equal(cut_seconds_of("Dec 31 23:59:59 mx a: x"), 1798761599);
	assert_int_equal(cut_seconds_of("Jan  1 00:09:59 mx a: x"), 1798762199);
	/* A day ahead is a clock that is off, more is the year before. */
	assert_int_equal(cut_seconds_of("Jan  2 00:10:00 mx a: x"), 1798848600);
	assert_int_equal(cut_seconds_of("Jan  2 00:11:00 mx a: x"),
		1798848660 - 365 * 86400);
	assert_int_equal(
		cut_seconds_of("Feb 29 00:00:00 mx a: x"), INT64_C(1709164800));
	/* 2026-12-31 23:50 UTC: the next year is minutes ahead. */
	set_zone("UTC0", INT64_C(1798761000));
	assert_int_equal(cut_seconds_of("Jan  1 00:00:30 mx a: x"), 1798761630);
}

/* Every quarter of an hour of two years, in zones that change. */
static void test_zones(void **state)
{
	static const char *const zones[] = {
		"UTC0", BERLIN, LORD_HOWE, "EST5EDT,M3.2.0,M11.1.0"};

	(void)state;
	for (size_t z = 0; z < sizeof(zones) / sizeof(*zones); z++) {
		set_zone(zones[z], NOW);
		for (int64_t t = NOW - 364 * 86400; t < NOW; t += 887) {
			time_t tt = (time_t)t;
			char text[64], iso[64];
			struct tm tm;

			localtime_r(&tt, &tm);
			strftime(text, sizeof(text), "%b %e %H:%M:%S mx a: b",
				&tm);
			strftime(iso, sizeof(iso), "%Y-%m-%dT%H:%M:%S a: b",
				&tm);
			/* As if read as it is written. */
			clock_hold((t + 1) * CLOCK_SECOND, 0);
			assert_int_equal(cut_seconds_of(text), t);
			assert_int_equal(cut_seconds_of(iso), t);
		}
	}
}

/* What a line says of its zone is believed, wherever the host is. */
static void test_zone_of_its_own(void **state)
{
	static const char *const texts[] = {"2026-11-21T10:00:00Z mx a: x",
		"2026-11-21T10:00:00z mx a: x", "2026-11-21 10:00:00 UTC a: x",
		"2026-11-21 10:00:00.5 GMT a: x",
		"2026-11-21 10:00:00,5 +0000 a: x",
		"2026-11-21T10:00:00-00:00 mx a: x",
		"2026-11-21T11:30:00+01:30 mx a: x",
		"2026-11-21T08:30:00-0130 mx a: x"};

	(void)state;
	set_zone(LORD_HOWE, NOW);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(cut_seconds_of(texts[i]), NOW);
}

/* 2026-10-25 02:30 comes twice in Berlin; 2026-03-29 02:30 never. */
static void test_clock_change(void **state)
{
	int64_t first = INT64_C(1792888200);

	(void)state;
	set_zone(BERLIN, first + 2);
	assert_int_equal(cut_seconds_of("Oct 25 02:30:00 mx a: x"), first);
	clock_hold((first + 3602) * CLOCK_SECOND, 0);
	assert_int_equal(
		cut_seconds_of("Oct 25 02:30:00 mx a: x"), first + 3600);
	assert_int_equal(
		cut_seconds_of("2026-10-25 02:30:00 a: x"), first + 3600);
	assert_int_equal(
		cut_seconds_of("2026-03-29 02:30:00 a: x"), 1774747800);
}

/*
 * Every beginning of every case, and what is left of it with bytes changed,
 * ends where an unreadable page begins.
 */
static void test_bounds(void **state)
{
	size_t page = 4096;
	uint32_t seed = 1;
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(mprotect(map + page, page, PROT_NONE), 0);
	set_zone("UTC0", NOW);
	for (size_t round = 0; round < 2000; round++) {
		const char *text =
			cases[round % (sizeof(cases) / sizeof(*cases))].text;
		size_t length = strlen(text);

		for (size_t n = 0; n <= length; n++) {
			char *at = map + page - n;
			struct line l;

			memcpy(at, text, n);
			seed = seed * 1664525 + 1013904223;
			if (n && round >= 100)
				at[(seed >> 8) % n] = (char)(seed >> 24);
			header_cut(at, n, &hc, &l);
			assert_cut_alone(&l);
			assert_true(
				l.body >= at && l.body + l.body_len == at + n);
			assert_true(l.message >= l.body &&
				    l.message + l.message_len == at + n);
			assert_true(
				l.tag >= l.body && l.tag + l.tag_len <= at + n);
			assert_true(l.host >= l.body &&
				    l.host + l.host_len <= at + n);
		}
	}
	munmap(map, 2 * page);
}

static void test_again(void **state)
{
	static const char *const lines[] = {
		"Nov 21 10:00:00 mx postfix/smtpd[123]: a",
		"Nov 21 10:00:59 mx dovecot: b: c d e f g",
		"Nov 21 10:00:60 mx dovecot: b: c d e f g",
		"Nov 21 10:00:61 mx dovecot: b: c d e f g",
		"Nov 21 10:00:0a mx dovecot: b: c d e f g",
		"Nov 21 10:00:/0 mx dovecot: b: c d e f g",
		"Nov 21 10:00:00 mx  dovecot: two blanks",
		"Nov 21 10:00:00 mx",
		"Nov 21 10:00:00 mx ",
		"Nov 21 10:00:00 my dovecot: another host",
		"Nov 21 10:01:00 mx dovecot: another minute",
		"Nov 21 10:01:00.5 mx dovecot: a fraction",
		"2026-11-21T10:00:00.123456+01:00 mx dovecot: auth: x",
		"2026-11-21T10:00:01.000001+01:00 mx dovecot: auth: x",
		"2026-11-21T10:00:01.00000a+01:00 mx dovecot: auth: x",
		"2026-11-21T10:00:01.000001+02:00 mx dovecot: auth: x",
		"2026-11-21T10:01:01.000001+01:00 mx dovecot: auth: x",
		"2026-11-21T10:00:01Z mx dovecot: auth: x",
		"2026-11-21T10:00:01 mx dovecot: auth: no zone",
		"2026-11-21T10:00:59 mx dovecot: auth: no zone",
		"2026-11-21 10:00:59,123 +0100 mx dovecot: auth: x",
		"2026-11-21 10:00:58,124 +0100 mx dovecot: auth: x",
		"\xb0ov 21 10:00:0\xb1 mx dovecot: high bits",
	};
	const size_t n = sizeof(lines) / sizeof(*lines);

	(void)state;
	set_zone(BERLIN, NOW);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			struct line l;

			cut(lines[i]);
			l = cut(lines[k]);
			assert_cut_alone(&l);
		}
}

/* Behind a beginning that is too long to remember none is known, and nothing in
 * front of the next line is looked at. */
static void test_forgotten(void **state)
{
	static const char usual[] = "Nov 21 10:00:00 mx dovecot: b: c d e f g";
	size_t page = 4096;
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct line l;

	(void)state;
	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(mprotect(map, page, PROT_NONE), 0);
	set_zone("UTC0", NOW);
	cut(usual);
	cut("Nov 21 10:00:00 a-host.of.so-many.labels.that.it.fills.more.than."
	    "four.blocks.example.org dovecot: b");
	memcpy(map + page, usual, sizeof(usual));
	l = cut(map + page);
	assert_cut_alone(&l);
	munmap(map, 2 * page);
}

/* A line with that head, a pid for its "@". */
static struct line cut_head(
	char *text, const char *head, char pid, const char *message)
{
	strcpy(text, "Nov 21 10:00:00 ");
	strcat(text, head);
	strcat(text, message);
	for (char *at = text; *at; at++)
		if (*at == '@')
			*at = pid;
	return cut(text);
}

/* Lines with one number have one head, whichever way they were cut. */
static void test_heads(void **state)
{
	static const char *const heads[] = {"mx postfix/smtpd[12@]: ",
		"mx postfix/smtpd[@]:  ", "mx postfix/smtp[@]: ",
		"mx postfix/smtpd[@] : ", "mx postfix/smtpd[x@]: ",
		"mx postfix/smtpd[@0000000]: ", "mx postfix/smtpd[@00000000]: ",
		"mx postfix/smtpd@: ", "my postfix/smtpd[@]: ",
		"mx postfix/smtpd: ", "mx dovecot: ", "mx dovecot:\t"};
	/* Some differ by their pid only, or by a blank that the message has. */
	static const int of[] = {0, 0, 1, 2, 3, 0, 0, 4, 5, 6, 7, 8};
	static const char *const messages[] = {"", "a", "a longer message"};
	const int n = sizeof(heads) / sizeof(*heads);
	uint16_t numbers[9] = {0};

	(void)state;
	set_zone(BERLIN, NOW);
	for (int i = 0; i < n * 6; i++) {
		char text[200];
		struct line l = cut_head(
			text, heads[i / 6], i % 2 ? '3' : '7', messages[i % 3]);
		struct linehead h;

		assert_int_equal(l.head != 0, linehead_cut(&l, &h));
		/* The digit is none of a pid's. */
		if (!l.head || of[i / 6] == 3 || of[i / 6] == 4)
			continue;
		if (!numbers[of[i / 6]])
			numbers[of[i / 6]] = l.head;
		assert_int_equal(l.head, numbers[of[i / 6]]);
	}
	for (int i = 0; i < 9; i++)
		for (int k = 0; k < i; k++)
			assert_true(!numbers[i] || numbers[i] != numbers[k]);
	assert_true(numbers[0] && numbers[1] && numbers[5] && numbers[7]);
}

/* Programs that were there before, and others that look alike. */
static void test_programs(void **state)
{
	static const char *const heads[] = {"mx postfix/smtpd[123]: ",
		"mx postfix/smtpd[4711]: ", "mx postfix/smtpd[12345678]: ",
		"mx postfix/smtpd[123456789]: ", "mx postfix/smtpd[]: ",
		"mx postfix/smtpd[12x]: ", "mx postfix/smtpd[12]:x ",
		"mx postfix/smtpd[12] ", "mx postfix/smtpd: ",
		"mx postfix/smtp[12]: ", "mx postfix/smtps/smtpd[12]: ",
		"mx postfix/submission/smtpd[12]: ",
		"mx postfix/submission/smtpx[12]: ", "mx dovecot: 12 ",
		"my postfix/smtpd[123]: ", "mx dovecot: ", "mx dovecot:",
		"mx dovecot[12]: ", "mx sshd[7]: ",
		"mx postfix/a-service-of-a-longer-name[7]: "};
	const int n = sizeof(heads) / sizeof(*heads);

	(void)state;
	set_zone(BERLIN, NOW);
	for (int i = 0; i < n * n; i++) {
		char text[200], again[200], other[200];
		struct line l;

		cut_head(text, heads[i / n], '1',
			"the first of two that agree, and long");
		l = cut_head(again, heads[i / n], '1',
			"the second, as it was, with more to say");
		assert_cut_alone(&l);
		l = cut_head(other, heads[i % n], '1',
			"imap-login: who it is and what else");
		assert_cut_alone(&l);
		/* However little there is behind it. */
		for (size_t short_by = 0; short_by < 55; short_by++) {
			header_cut(other, l.text_len - short_by, &hc, &l);
			assert_cut_alone(&l);
			l.text_len += short_by;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* While there are numbers. */
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_dateless),
		cmocka_unit_test(test_year),
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_zone_of_its_own),
		cmocka_unit_test(test_clock_change),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
