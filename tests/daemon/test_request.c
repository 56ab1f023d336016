/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests and replies there and back, and everything that is not exactly one
 * refused: cut short, too long, out of range, random.
 */
#include "daemon/request.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct request_room room;
static struct reply_room reply_room;
static uint8_t buf[REQUEST_MOST], again[REQUEST_MOST];

static struct prefix prefix(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, strlen(text), &p));
	return p;
}

/* Of each type one, with lists of several. */
static const struct layout_jail jails[] = {
	{.name = "dovecot",
		.n_protocols = 2,
		.protocols = {6, 17},
		.n_ports = 2,
		.ports = {{110, 110}, {143, 145}},
		.disconnect = true,
		.elements = 1000},
	{.name = "all", .elements = 1},
};
static struct request_entry entries[3];
static const struct request requests[] = {
	{.type = REQUEST_HELLO, .version = 7},
	{.type = REQUEST_LAYOUT,
		.part = REQUEST_FIRST | REQUEST_LAST,
		.n = 2,
		.jails = jails},
	{.type = REQUEST_ALLOW, .part = 0, .n = 1, .entries = &entries[2]},
	{.type = REQUEST_BAN, .jail = 1023, .n = 3, .entries = entries},
	{.type = REQUEST_UNBAN, .jail = 0, .n = 1, .entries = &entries[2]},
	{.type = REQUEST_FLUSH, .jail = REQUEST_ALL},
	{.type = REQUEST_DUMP, .jail = 5},
	{.type = REQUEST_COUNT, .jail = REQUEST_ALL},
	{.type = REQUEST_STATS},
	{.type = REQUEST_QUIT, .flush = true},
};
#define REQUESTS (sizeof(requests) / sizeof(*requests))

static int fill_entries(void **state)
{
	(void)state;
	entries[0] = (struct request_entry){
		prefix("192.0.2.1"), REQUEST_SECONDS_MOST, true};
	entries[1] = (struct request_entry){prefix("2001:db8::/33"), 0, false};
	entries[2] = (struct request_entry){prefix("10.0.0.0/8"), 0, false};
	return 0;
}

static void there_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < REQUESTS; i++) {
		struct request r = requests[i], back;
		int n, m;

		r.id = 0x12345678;
		n = request_encode(&r, buf);
		assert_true(n > 0);
		assert_true(request_decode(&back, &room, buf, (size_t)n));
		assert_int_equal(back.type, r.type);
		assert_int_equal(back.id, r.id);
		assert_int_equal(back.version, r.version);
		assert_int_equal(back.part, r.part);
		assert_int_equal(back.jail, r.jail);
		assert_int_equal(back.flush, r.flush);
		assert_int_equal(back.n, r.n);
		m = request_encode(&back, again);
		assert_int_equal(n, m);
		assert_memory_equal(buf, again, (size_t)n);
	}
	assert_string_equal(room.jails[0].name, "dovecot");
	assert_int_equal(room.jails[0].ports[1].last, 145);
	assert_true(room.jails[0].disconnect);
	assert_false(room.jails[1].disconnect);
}

static void cut_or_lengthened_is_refused(void **state)
{
	struct request back;

	(void)state;
	for (size_t i = 0; i < REQUESTS; i++) {
		int n = request_encode(&requests[i], buf);

		for (int cut = 0; cut < n; cut++) {
			/* In memory of its own, for the sanitizer's eyes. */
			uint8_t *copy = malloc((size_t)cut + 1);

			memcpy(copy, buf, (size_t)cut);
			assert_false(request_decode(
				&back, &room, copy, (size_t)cut));
			free(copy);
		}
		buf[n] = 0;
		assert_false(request_decode(&back, &room, buf, (size_t)n + 1));
	}
}

static bool decodes(const struct request *r)
{
	struct request back;
	int n = request_encode(r, buf);

	assert_true(n > 0);
	return request_decode(&back, &room, buf, (size_t)n);
}

static void out_of_range_is_refused(void **state)
{
	struct request_entry e = entries[0];
	struct request ban = {.type = REQUEST_BAN, .n = 1, .entries = &e};
	struct layout_jail j = jails[0];
	struct request layout = {.type = REQUEST_LAYOUT, .n = 1, .jails = &j};
	struct request r;

	(void)state;
	assert_true(decodes(&ban));
	e.seconds++;
	assert_false(decodes(&ban));
	e = entries[0];
	ban.jail = LAYOUT_JAILS_MOST;
	assert_false(decodes(&ban));
	ban.jail = REQUEST_ALL;
	assert_false(decodes(&ban));
	ban.jail = 0;
	e.prefix.len = 129;
	assert_false(decodes(&ban));
	e.prefix.len = 120; /* host bits */
	assert_false(decodes(&ban));
	/* An unban has no time, an allow list neither. */
	r = (struct request){.type = REQUEST_UNBAN, .n = 1, .entries = &e};
	e = entries[2];
	assert_true(decodes(&r));
	e.seconds = 1;
	assert_false(decodes(&r));
	e.seconds = 0;
	e.refresh = true;
	assert_false(decodes(&r));
	r.type = REQUEST_ALLOW;
	assert_false(decodes(&r));
	e.refresh = false;
	r.part = 4;
	assert_false(decodes(&r));
	assert_true(decodes(&layout));
	strcpy(j.name, "do vecot");
	assert_false(decodes(&layout));
	strcpy(j.name, "");
	assert_false(decodes(&layout));
	j = jails[0];
	j.ports[1].first = 111; /* not joined */
	assert_false(decodes(&layout));
	j.ports[1].first = 50; /* not in order */
	j.ports[1].last = 51;
	assert_false(decodes(&layout));
	j = jails[0];
	j.protocols[0] = 1;
	assert_false(decodes(&layout));
	j = jails[0];
	j.elements = 0;
	assert_false(decodes(&layout));
	r = (struct request){.type = REQUEST_DUMP, .jail = REQUEST_ALL};
	assert_false(decodes(&r));
	r = (struct request){.type = REQUEST_QUIT, .flush = true};
	(void)request_encode(&r, buf);
	buf[5] = 2;
	assert_false(request_decode(&r, &room, buf, 6));
}

static void too_many_do_not_fit(void **state)
{
	struct request_entry *many =
		calloc(REQUEST_ENTRIES_MOST + 1, sizeof(*many));
	struct layout_jail *wide =
		calloc(REQUEST_JAILS_MOST + 1, sizeof(*wide));
	struct request r = {.type = REQUEST_BAN,
		.n = REQUEST_ENTRIES_MOST,
		.entries = many};
	struct request l = {
		.type = REQUEST_LAYOUT, .n = REQUEST_JAILS_MOST, .jails = wide};

	(void)state;
	for (size_t i = 0; i <= REQUEST_ENTRIES_MOST; i++)
		many[i].prefix = prefix("192.0.2.1");
	assert_true(decodes(&r));
	r.n++;
	assert_int_equal(request_encode(&r, buf), -EMSGSIZE);
	/* Jails as large as they come. */
	for (size_t i = 0; i <= REQUEST_JAILS_MOST; i++) {
		wide[i] = jails[0];
		memset(wide[i].name, 'x', LAYOUT_NAME_MOST);
		wide[i].name[LAYOUT_NAME_MOST] = '\0';
		wide[i].n_protocols = 5;
		memcpy(wide[i].protocols, "\x06\x11\x21\x84\x88", 5);
		wide[i].n_ports = LAYOUT_PORTS_MOST;
		for (uint16_t p = 0; p < LAYOUT_PORTS_MOST; p++)
			wide[i].ports[p].first = wide[i].ports[p].last =
				(uint16_t)(p * 2 + 1);
	}
	assert_true(decodes(&l));
	l.n++;
	assert_int_equal(request_encode(&l, buf), -EMSGSIZE);
	free(many);
	free(wide);
}

/* Fixed seeds, so that what fails once fails again. */
static uint32_t next(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(*seed >> 33);
}

static void random_bytes_are_refused(void **state)
{
	uint64_t seed = 20251121;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		size_t n = next(&seed) % 64;
		uint8_t bytes[64];
		struct request r;
		struct reply reply;
		int m;

		for (size_t i = 0; i < n; i++)
			bytes[i] = (uint8_t)next(&seed);
		if (n > 0 && round % 2)
			bytes[0] %= 12;
		/* What does decode must be what its encoder writes. */
		if (request_decode(&r, &room, bytes, n)) {
			m = request_encode(&r, again);
			assert_int_equal(m, n);
			assert_memory_equal(bytes, again, n);
		}
		if (reply_decode(&reply, &reply_room, bytes, n)) {
			m = reply_encode(&reply, again);
			assert_int_equal(m, n);
			assert_memory_equal(bytes, again, n);
		}
	}
}

/* A true request with some bytes changed: refused, or another true one. */
static void changed_bytes_never_slip_through(void **state)
{
	uint64_t seed = 42;
	int refused = 0;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		int n = request_encode(&requests[next(&seed) % REQUESTS], buf);
		struct request r;
		int m;

		for (uint32_t k = next(&seed) % 3 + 1; k > 0; k--)
			buf[next(&seed) % (uint32_t)n] = (uint8_t)next(&seed);
		if (!request_decode(&r, &room, buf, (size_t)n)) {
			refused++;
			continue;
		}
		m = request_encode(&r, again);
		assert_int_equal(m, n);
		assert_memory_equal(buf, again, (size_t)n);
	}
	assert_true(refused > 50000);
}

static void longer_than_a_message(void **state)
{
	uint8_t *large = calloc(1, 1 << 20);
	struct request r;

	(void)state;
	for (uint8_t type = 0; type < 16; type++) {
		large[0] = type;
		assert_false(request_decode(&r, &room, large, 1 << 20));
		assert_false(
			request_decode(&r, &room, large, REQUEST_MOST + 1));
		assert_false(request_decode(&r, &room, large, REQUEST_MOST));
	}
	free(large);
}

static void replies_there_and_back(void **state)
{
	static const bool kept[] = {true, false, true};
	static const struct reply_refused refused[] = {{3, -1}, {7, -17}};
	struct reply_element element = {.prefix = prefix("2001:db8::/64"),
		.timeout = 600000,
		.remaining = 599000,
		.packets = 4,
		.bytes = 240};
	struct reply replies[] = {
		{.type = REPLY_DONE,
			.result = -EPERM,
			.values = {1, 2, 3, UINT64_MAX},
			.text = "192.0.2.1: in the allow list"},
		{.type = REPLY_KEPT, .n = 3, .kept = kept},
		{.type = REPLY_REFUSED, .n = 2, .refused = refused},
		{.type = REPLY_ELEMENTS, .n = 1, .elements = &element},
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct reply back;
		int n, m;

		replies[i].id = 77;
		n = reply_encode(&replies[i], buf);
		assert_true(n > 0);
		assert_true(reply_decode(&back, &reply_room, buf, (size_t)n));
		assert_int_equal(back.id, 77);
		assert_int_equal(back.result, replies[i].result);
		assert_int_equal(back.n, replies[i].n);
		m = reply_encode(&back, again);
		assert_int_equal(n, m);
		assert_memory_equal(buf, again, (size_t)n);
		for (int cut = 0; cut < n; cut++)
			assert_false(reply_decode(
				&back, &reply_room, buf, (size_t)cut));
		assert_false(
			reply_decode(&back, &reply_room, buf, (size_t)n + 1));
	}
	assert_int_equal(reply_room.elements[0].bytes, 240);
	assert_int_equal(reply_room.refused[1].error, -17);
	assert_false(reply_room.kept[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(cut_or_lengthened_is_refused),
		cmocka_unit_test(out_of_range_is_refused),
		cmocka_unit_test(too_many_do_not_fit),
		cmocka_unit_test(random_bytes_are_refused),
		cmocka_unit_test(changed_bytes_never_slip_through),
		cmocka_unit_test(longer_than_a_message),
		cmocka_unit_test(replies_there_and_back),
	};

	return cmocka_run_group_tests(tests, fill_entries, NULL);
}
