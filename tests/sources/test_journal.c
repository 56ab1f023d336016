/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal, by a real systemd-journald: its entries as lines, and the
 * place kept through rotation, vacuuming, restarts and a flush to disk. Each
 * entry has to come once and in order.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/line.h"
#include "sources/journal.h"
#include "tests/sources/journald.h"

static struct journal *journal;
/* The messages that came, each with a blank behind. */
static char came[1 << 20];
static size_t came_n;
static struct line last;
static char last_body[SOURCE_LINE_MOST + 1024];

static const char *const test_fields[] = {"SYSLOG_IDENTIFIER=test"};
static const struct journal_match test_match = {test_fields, 1};

static void collect(void *ctx, const struct line *line)
{
	(void)ctx;
	last = *line;
	assert_true(line->body_len < sizeof(last_body));
	memcpy(last_body, line->body, line->body_len);
	last_body[line->body_len] = '\0';
	if (came_n + line->message_len + 2 < sizeof(came)) {
		memcpy(came + came_n, line->message, line->message_len);
		came_n += line->message_len;
		came[came_n++] = ' ';
		came[came_n] = '\0';
	}
}

static void came_clear(void)
{
	came[came_n = 0] = '\0';
}

static void read_all(void)
{
	for (int quiet = 0; quiet < 2;) {
		int n = journal_read(journal, collect, NULL, 100);

		assert_true(n >= 0);
		quiet = n ? 0 : quiet + 1;
	}
}

/* Looks again and again, until that has come and nothing else. */
static void await(const char *want)
{
	const struct timespec moment = {.tv_nsec = 1000000};
	int64_t end = clock_mono() + 60 * CLOCK_SECOND;

	for (;;) {
		journal_tick(journal);
		read_all();
		if (came_n >= strlen(want) || clock_mono() > end)
			break;
		nanosleep(&moment, NULL);
	}
	assert_string_equal(came, want);
	came_clear();
}

/* Messages from-to as "N ", sent or expected. */
static void send_numbers(unsigned from, unsigned to)
{
	for (unsigned i = from; i <= to; i++) {
		char message[32];

		snprintf(message, sizeof(message), "MESSAGE=%u", i);
		journald_send("SYSLOG_IDENTIFIER=test", message, NULL);
	}
	journald_sync();
}

static const char *numbers(unsigned from, unsigned to)
{
	static char text[1 << 16];
	size_t n = 0;

	text[0] = '\0';
	for (unsigned i = from; i <= to; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%u ", i);
	return text;
}

static void open_at(const char *cursor)
{
	assert_int_equal(journal_new(&journal, NULL, cursor, 0), 0);
	assert_int_equal(journal_set_matches(journal, &test_match, 1), 0);
}

static const char *stop(void)
{
	static char cursor[JOURNAL_CURSOR];

	journal_cursor(journal, cursor);
	journal_free(&journal);
	return cursor;
}

static int setup(void **state)
{
	(void)state;
	journald_clear();
	mkdir("/var/log/journal", 0755);
	journald_start("persistent");
	journald_ctl("--flush", NULL);
	came_clear();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	journal_free(&journal);
	journald_stop();
	return 0;
}

static void test_line(void **state)
{
	char host[256], want[1024], field[64];
	int64_t now = clock_wall();

	(void)state;
	gethostname(host, sizeof(host));
	assert_int_equal(journal_new(&journal, NULL, NULL, now), 0);
	assert_int_equal(journal_set_matches(journal, &test_match, 1), 0);
	journald_send("SYSLOG_IDENTIFIER=test", "SYSLOG_PID=77",
		"MESSAGE=imap-login: Login: rip=192.0.2.1", NULL);
	await("imap-login: Login: rip=192.0.2.1 ");
	snprintf(want, sizeof(want),
		"%s test[77]: imap-login: Login: rip=192.0.2.1", host);
	assert_string_equal(last_body, want);
	assert_true(last.journal);
	assert_false(last.cut_short);
	assert_int_equal(last.tag_len, 4);
	assert_int_equal(last.host_len, strlen(host));
	assert_true(last.time >= now && last.time <= clock_wall());
	/* By syslog(3); the pid is journald's own word where none is said. */
	journald_syslog("<22>test: by syslog");
	await("by syslog ");
	snprintf(want, sizeof(want), "%s test[%d]: by syslog", host,
		(int)getpid());
	assert_string_equal(last_body, want);
	/* No field of an entry that is not being handed on any more. */
	assert_true(journal_field(journal, "NO_SUCH", field, 64) == NULL);
}

/* What a client's NUL makes a line of its own is none, and what stood before it
 * is not the whole of its line. */
static void test_a_line_that_goes_on(void **state)
{
	(void)state;
	open_at(NULL);
	journald_stream("one\ntwo\0Failed password\0again\nthree\n", 36);
	journald_sync();
	await("one two three ");
	assert_false(last.cut_short);
	assert_int_equal(journal_stats(journal)->cut, 1);
	journald_stream("four\0five\0", 10);
	journald_sync();
	await("four ");
	assert_true(last.cut_short);
	assert_int_equal(journal_stats(journal)->cut, 2);
	journald_stream("six\n", 4);
	journald_sync();
	await("six ");
	assert_false(last.cut_short);
}

static void test_hostile_message(void **state)
{
	char *big = malloc(200000);

	(void)state;
	open_at(NULL);
	journald_send_bytes("one\nNov 21 10:00:00 mx sshd[1]: two", 35);
	await("one Nov 21 10:00:00 mx sshd[1]: two ");
	journald_send_bytes("\xff\xfe\0x", 4);
	journald_sync();
	read_all();
	assert_int_equal(came_n, 5);
	assert_memory_equal(came, "\xff\xfe\0x ", 5);
	came_clear();
	/* Longer than the cap, in a compressed object and not. */
	memset(big, 'x', 200000);
	journald_send_bytes(big, 100000);
	for (int i = 0; i < 200000; i++)
		big[i] = (char)('a' + (i % 4099 * (i % 257) + i * 31) % 23);
	journald_send_bytes(big, 150000);
	journald_send("SYSLOG_IDENTIFIER=test", "MESSAGE=after", NULL);
	journald_sync();
	read_all();
	assert_int_equal(journal_stats(journal)->cut, 2);
	assert_true(came_n > 2 * (SOURCE_LINE_MOST - 64) &&
		    came_n <= 2 * SOURCE_LINE_MOST + 10);
	assert_memory_equal(came + came_n - 7, " after ", 7);
	assert_false(last.cut_short);
	/* An identifier is no way to a second line either. */
	came_clear();
	journald_send("SYSLOG_IDENTIFIER=test", "SYSLOG_PID=1]: x", "MESSAGE=y",
		NULL);
	await("y ");
	assert_int_equal(last.message_len, 1);
	free(big);
}

static void test_cursor(void **state)
{
	const char *cursor;

	(void)state;
	open_at(NULL);
	send_numbers(1, 5);
	await(numbers(1, 5));
	cursor = stop();
	assert_true(cursor[0]);
	open_at(cursor);
	await("");
	send_numbers(6, 7);
	await(numbers(6, 7));
	cursor = stop();
	send_numbers(8, 20);
	open_at(cursor);
	await(numbers(8, 20));
	stop();
	/* A damaged one: from the time that is given. */
	open_at("no cursor");
	await(numbers(1, 20));
}

/* In portions, with a stop after each. */
static void test_portions(void **state)
{
	(void)state;
	open_at(NULL);
	send_numbers(1, 50);
	for (int i = 0; i < 10; i++) {
		const char *cursor;

		assert_int_equal(journal_read(journal, collect, NULL, 5), 5);
		cursor = stop();
		open_at(cursor);
	}
	await(numbers(1, 50));
}

static void test_rotated(void **state)
{
	const char *cursor;

	(void)state;
	open_at(NULL);
	for (unsigned i = 0; i < 5; i++) {
		send_numbers(i * 20 + 1, i * 20 + 10);
		if (i % 2)
			await(numbers(i * 20 + 1, i * 20 + 10));
		journald_ctl("--rotate", NULL);
		send_numbers(i * 20 + 11, i * 20 + 20);
		if (i % 2)
			await(numbers(i * 20 + 11, i * 20 + 20));
		else
			await(numbers(i * 20 + 1, i * 20 + 20));
	}
	cursor = stop();
	send_numbers(101, 105);
	journald_ctl("--rotate", NULL);
	journald_ctl("--rotate", NULL);
	send_numbers(106, 110);
	open_at(cursor);
	await(numbers(101, 110));
}

/* What the cursor names is gone, and what was before it too. */
static void test_vacuumed_while_down(void **state)
{
	const char *cursor;

	(void)state;
	open_at(NULL);
	send_numbers(1, 10);
	await(numbers(1, 10));
	cursor = stop();
	send_numbers(11, 12);
	journald_ctl("--rotate", NULL);
	send_numbers(13, 20);
	journald_ctl("--rotate", NULL);
	send_numbers(21, 30);
	assert_int_equal(journald_remove_archived(0), 2);
	open_at(cursor);
	await(numbers(13, 30));
	assert_int_equal(journal_stats(journal)->entries, 18);
	cursor = stop();
	journald_ctl("--rotate", "--vacuum-files=1", NULL);
	send_numbers(31, 32);
	open_at(cursor);
	await(numbers(31, 32));
}

/* Only the file with the cursor is gone: what is older stays read. */
static void test_hole(void **state)
{
	const char *cursor;

	(void)state;
	open_at(NULL);
	send_numbers(1, 10);
	journald_ctl("--rotate", NULL);
	send_numbers(11, 15);
	await(numbers(1, 15));
	cursor = stop();
	send_numbers(16, 20);
	journald_ctl("--rotate", NULL);
	send_numbers(21, 30);
	assert_int_equal(journald_remove_archived(1), 2);
	open_at(cursor);
	await(numbers(21, 30));
}

static void test_vacuumed_while_reading(void **state)
{
	char before[JOURNAL_CURSOR];
	const char *cursor;

	(void)state;
	open_at(NULL);
	send_numbers(1, 10);
	assert_int_equal(journal_read(journal, collect, NULL, 5), 5);
	came_clear();
	journald_ctl("--rotate", NULL);
	send_numbers(11, 20);
	journald_ctl("--rotate", NULL);
	send_numbers(21, 30);
	/* A file that is open stays readable until it is looked after. */
	journald_remove_archived(0);
	read_all();
	assert_non_null(strstr(came, numbers(11, 30)));
	assert_null(strstr(came, " 5 "));
	came_clear();
	send_numbers(31, 40);
	await(numbers(31, 40));
	cursor = stop();
	send_numbers(41, 42);
	open_at(cursor);
	await(numbers(41, 42));
	/* All files read from go before the place is asked for. */
	journal_cursor(journal, before);
	send_numbers(43, 44);
	await(numbers(43, 44));
	journald_ctl("--rotate", NULL);
	while (journald_remove_archived(0))
		continue;
	read_all();
	cursor = stop();
	assert_string_not_equal(cursor, before);
	send_numbers(45, 46);
	open_at(cursor);
	await(numbers(45, 46));
}

static void test_restarted(void **state)
{
	(void)state;
	open_at(NULL);
	for (unsigned i = 0; i < 4; i++) {
		send_numbers(i * 10 + 1, i * 10 + 10);
		if (i % 2)
			await(numbers(i * 10 - 9, i * 10 + 10));
		journald_stop();
		journald_start("persistent");
		journald_ctl("--flush", NULL);
	}
}

/* First nothing, then in memory, then on disk. */
static void test_flushed(void **state)
{
	const char *cursor;

	(void)state;
	journald_stop();
	journald_clear();
	open_at(NULL);
	read_all();
	journald_start("persistent");
	send_numbers(1, 10);
	await(numbers(1, 10));
	send_numbers(11, 12);
	mkdir("/var/log/journal", 0755);
	journald_ctl("--flush", NULL);
	send_numbers(13, 20);
	await(numbers(11, 20));
	cursor = stop();
	send_numbers(21, 25);
	open_at(cursor);
	await(numbers(21, 25));
}

/* The place was kept while all was in memory. */
static void test_flushed_while_down(void **state)
{
	const char *cursor;

	(void)state;
	journald_stop();
	journald_clear();
	journald_start("persistent");
	send_numbers(1, 10);
	open_at(NULL);
	await(numbers(1, 10));
	cursor = stop();
	send_numbers(11, 15);
	mkdir("/var/log/journal", 0755);
	journald_ctl("--flush", NULL);
	send_numbers(16, 20);
	open_at(cursor);
	await(numbers(11, 20));
}

static void test_matches(void **state)
{
	static const char *const a[] = {"SYSLOG_IDENTIFIER=a", "KIND=x"};
	static const char *const b[] = {"SYSLOG_IDENTIFIER=b"};
	static const char *const c[] = {
		"SYSLOG_IDENTIFIER=a", "SYSLOG_IDENTIFIER=b", "KIND=y"};
	const struct journal_match two[] = {{a, 2}, {b, 1}}, same = {c, 3};

	(void)state;
	assert_int_equal(journal_new(&journal, NULL, NULL, 0), 0);
	assert_int_equal(journal_set_matches(journal, two, 2), 0);
	journald_send("SYSLOG_IDENTIFIER=a", "KIND=x", "MESSAGE=ax", NULL);
	journald_send("SYSLOG_IDENTIFIER=a", "KIND=y", "MESSAGE=ay", NULL);
	journald_send("SYSLOG_IDENTIFIER=b", "KIND=y", "MESSAGE=by", NULL);
	journald_send("SYSLOG_IDENTIFIER=c", "KIND=y", "MESSAGE=cy", NULL);
	journald_sync();
	await("ax by ");
	/* Others from here on; what was passed by stays so. */
	assert_int_equal(journal_set_matches(journal, &same, 1), 0);
	await("");
	journald_send("SYSLOG_IDENTIFIER=a", "KIND=y", "MESSAGE=ay2", NULL);
	journald_send("SYSLOG_IDENTIFIER=b", "KIND=y", "MESSAGE=by2", NULL);
	journald_send("SYSLOG_IDENTIFIER=b", "KIND=x", "MESSAGE=bx2", NULL);
	journald_sync();
	await("ay2 by2 ");
}

static unsigned fits_a, fits_same, fits_trusted;

/* The same field twice in a group is one or the other (journalctl(1)). */
static void on_fit(void *ctx, const struct line *line)
{
	static const char *const a[] = {"SYSLOG_IDENTIFIER=a", "KIND=x"};
	static const char *const c[] = {
		"SYSLOG_IDENTIFIER=a", "SYSLOG_IDENTIFIER=b", "KIND=y"};
	static const char *const t[] = {"_UID=0", "_TRANSPORT=journal"};
	const struct journal_match one = {a, 2}, same = {c, 3},
				   trusted = {t, 2};

	(void)line;
	(void)ctx;
	fits_a += journal_fits(journal, &one);
	fits_same += journal_fits(journal, &same);
	fits_trusted += journal_fits(journal, &trusted);
}

static void test_fits(void **state)
{
	const char *const kinds[] = {"KIND=x", "KIND=y", "KIND=yy"};
	const char *const names[] = {"SYSLOG_IDENTIFIER=a",
		"SYSLOG_IDENTIFIER=b", "SYSLOG_IDENTIFIER=c"};

	(void)state;
	assert_int_equal(journal_new(&journal, NULL, NULL, clock_wall()), 0);
	for (size_t i = 0; i < 9; i++)
		journald_send(names[i / 3], kinds[i % 3], "MESSAGE=x", "_UID=0",
			NULL);
	journald_sync();
	assert_int_equal(journal_set_matches(journal,
				 &(struct journal_match){
					 (const char *const[]){"MESSAGE=x"}, 1},
				 1),
		0);
	assert_int_equal(journal_read(journal, on_fit, NULL, 100), 9);
	assert_int_equal(fits_a, 1);
	assert_int_equal(fits_same, 2);
	assert_int_equal(fits_trusted, 9);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_line),
		TEST(test_a_line_that_goes_on),
		TEST(test_hostile_message),
		TEST(test_cursor),
		TEST(test_portions),
		TEST(test_rotated),
		TEST(test_vacuumed_while_down),
		TEST(test_hole),
		TEST(test_vacuumed_while_reading),
		TEST(test_restarted),
		TEST(test_flushed),
		TEST(test_flushed_while_down),
		TEST(test_matches),
		TEST(test_fits),
	};

	journald_leave_host();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
