/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What postqueue(1) lists, and what strangers may have put into it. */
#include "daemon/listing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct listing *listing;
static struct listing_summary summary;

static int setup(void **state)
{
	(void)state;
	listing = listing_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	listing_free(&listing);
	return 0;
}

static void say(const char *text)
{
	listing_take(listing, text, strlen(text));
}

static void say_message(const char *queue, const char *sender,
	const char *address, const char *reason)
{
	char text[8192];

	snprintf(text, sizeof(text),
		"{\"queue_name\": \"%s\", \"queue_id\": \"4F1C2A3\", "
		"\"arrival_time\": 1700000000, \"message_size\": 300, "
		"\"forced_expire\": false, \"sender\": \"%s\", \"recipients\": "
		"[{\"address\": \"%s\", \"delay_reason\": \"%s\"}]}\n",
		queue, sender, address, reason);
	say(text);
}

/* The summary of what was said, over to another process and back. */
static void done(void)
{
	uint8_t bytes[LISTING_BYTES];
	size_t n = listing_encode(listing, bytes, sizeof(bytes));

	assert_true(n > 0);
	assert_true(listing_decode(bytes, n, &summary));
	assert_false(listing_decode(bytes, n - 1, &summary));
	assert_true(listing_decode(bytes, n, &summary));
}

static const char *text_of(enum listing_part part, enum listing_list list)
{
	static char text[512];

	return listing_text(&summary, part, list, text, sizeof(text));
}

static void test_who_fills_it(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		say_message("deferred", "a@b.example", "x@c.example",
			"connect to mx.c.example[192.0.2.1]:25: Connection "
			"timed out");
	say_message("active", "d@b.example", "x@e.example",
		"host mx[192.0.2.7] said: 450 4.2.0 <x@e.example>: Recipient "
		"address rejected: Greylisted for 299 seconds (in reply to "
		"RCPT TO command)");
	say_message("deferred", "d@b.example", "y@e.example",
		"host mx[192.0.2.7] said: 450 4.2.0 <y@e.example>: Recipient "
		"address rejected: Greylisted for 17 seconds (in reply to "
		"RCPT TO command)");
	say_message("hold", "spam@f.example", "x@g.example", "");
	done();
	assert_int_equal(summary.parts[LISTING_MOVING].messages, 5);
	assert_string_equal(text_of(LISTING_MOVING, LISTING_SENDERS),
		"<a@b.example> 3, <d@b.example> 2");
	assert_string_equal(text_of(LISTING_MOVING, LISTING_DOMAINS),
		"<c.example> 3, <e.example> 2");
	assert_string_equal(text_of(LISTING_MOVING, LISTING_REASONS),
		"<Connection timed out> 3, "
		"<450 4.2.0 : Recipient address rejected: Greylisted for # "
		"seconds> 2");
	assert_string_equal(
		text_of(LISTING_HOLD, LISTING_SENDERS), "<spam@f.example> 1");
	assert_string_equal(text_of(LISTING_HOLD, LISTING_REASONS), "");
}

/* However it is cut on the way. */
static void test_pieces(void **state)
{
	static const char text[] =
		"{\"queue_name\": \"active\", \"sender\": \"a@b\", "
		"\"recipients\": [{\"address\": \"c@d\"}]}\n";

	(void)state;
	for (size_t cut = 0; cut < sizeof(text) - 1; cut++) {
		listing_take(listing, text, cut);
		listing_take(listing, text + cut, sizeof(text) - 1 - cut);
	}
	done();
	assert_int_equal(
		summary.parts[LISTING_MOVING].messages, sizeof(text) - 1);
	assert_int_equal(
		summary.parts[LISTING_MOVING].lists[LISTING_SENDERS][0].n,
		sizeof(text) - 1);
}

static void test_what_is_no_message(void **state)
{
	static const char *const lines[] = {"", "x", "{}", "[]", "7", "null",
		"{\"queue_name\": 7, \"sender\": 8}",
		"{\"queue_name\":", "\"queue_name\"", "\xff\xfe",
		"{\"queue_name\": \"active\", \"sender\": [], \"recipients\": "
		"{}}",
		"{\"queue_name\": \"active\", \"sender\": \"\\u0000\", "
		"\"recipients\": [7, null, {\"address\": 1}]}",
		"postqueue: fatal: Queue report unavailable"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		say(lines[i]);
		say("\n");
	}
	done();
	assert_true(summary.parts[LISTING_MOVING].messages <= 2);
	assert_string_equal(text_of(LISTING_MOVING, LISTING_SENDERS), "");
	assert_string_equal(text_of(LISTING_MOVING, LISTING_DOMAINS), "");
}

/* Deeper than anybody writes, and longer. */
static void test_deep_and_long(void **state)
{
	static char text[3 << 20];

	(void)state;
	memset(text, '[', sizeof(text) - 1);
	listing_take(listing, text, 100000);
	say("\n");
	listing_take(listing, text, sizeof(text) - 1);
	say("\n");
	say_message("active", "a@b", "c@d", "x");
	done();
	assert_int_equal(summary.parts[LISTING_MOVING].messages, 1);
}

static void test_names_are_harmless(void **state)
{
	(void)state;
	say_message("active", "<a@b> 999, \\n\\u001b[31mx|y\\\\",
		"x@\\u00e9.example", "\\\"\\u202e");
	done();
	assert_string_equal(text_of(LISTING_MOVING, LISTING_SENDERS),
		"<?a@b? 999, ?"
		"?[31mx?y?> 1");
	assert_string_equal(text_of(LISTING_MOVING, LISTING_DOMAINS),
		"<?"
		"?.example> 1");
	assert_string_equal(text_of(LISTING_MOVING, LISTING_REASONS), "<?"
								      "?"
								      "?"
								      "?> 1");
}

static void test_a_summary_with_other_bytes_is_none(void **state)
{
	uint8_t bytes[LISTING_BYTES];
	size_t n;

	(void)state;
	say_message("active", "harmless", "c@d", "x");
	n = listing_encode(listing, bytes, sizeof(bytes));
	for (size_t i = 0; i < n; i++)
		if (memcmp(bytes + i, "harmless", 8) == 0)
			bytes[i] = '\n';
	assert_false(listing_decode(bytes, n, &summary));
}

/* Who is most of it is found among any number of others. */
static void test_many_names(void **state)
{
	char name[32];

	(void)state;
	for (int i = 0; i < 30000; i++) {
		snprintf(name, sizeof(name), "s%d@spam.example", i);
		say_message("deferred", i % 10 ? name : "boss@spam.example",
			"a@b.example", "x");
	}
	done();
	assert_int_equal(summary.parts[LISTING_MOVING].messages, 30000);
	assert_string_equal(
		summary.parts[LISTING_MOVING].lists[LISTING_SENDERS][0].name,
		"boss@spam.example");
	assert_int_equal(
		summary.parts[LISTING_MOVING].lists[LISTING_DOMAINS][0].n,
		30000);
}

static void test_little_room(void **state)
{
	char text[24];

	(void)state;
	say_message("active", "first@b.example", "c@d", "x");
	say_message("active", "first@b.example", "c@d", "x");
	say_message("active", "second@b.example", "c@d", "x");
	done();
	assert_string_equal(listing_text(&summary, LISTING_MOVING,
				    LISTING_SENDERS, text, sizeof(text)),
		"<first@b.example> 2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_who_fills_it),
		TEST(test_pieces),
		TEST(test_what_is_no_message),
		TEST(test_deep_and_long),
		TEST(test_names_are_harmless),
		TEST(test_a_summary_with_other_bytes_is_none),
		TEST(test_many_names),
		TEST(test_little_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
