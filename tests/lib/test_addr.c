/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "lib/addr.h"

static void test_addresses(void **state)
{
	/* Text as written, and as it is written back; NULL: refused. */
	static const struct {
		const char *text, *back;
	} cases[] = {
		{"192.0.2.1", "192.0.2.1"},
		{"0.0.0.0", "0.0.0.0"},
		{"255.255.255.255", "255.255.255.255"},
		{"[192.0.2.1]", "192.0.2.1"},
		{"::ffff:192.0.2.1", "192.0.2.1"},
		{"[::FFFF:c000:201]", "192.0.2.1"},
		{"2001:db8::1", "2001:db8::1"},
		{"[2001:DB8:0:0:0:0:0:1]", "2001:db8::1"},
		{"::", "::"},
		{"::1", "::1"},
		{"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
		{"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
		{"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
		{"", NULL},
		{"1", NULL},
		{"1.2.3", NULL},
		{"1.2.3.4.5", NULL},
		{"1.2.3.", NULL},
		{".1.2.3", NULL},
		{"1.2.3.256", NULL},
		{"1.2.3.0004", NULL},
		{"1.2.3.04", NULL},
		{"01.2.3.4", NULL},
		{"0x1.2.3.4", NULL},
		{"1.2.3.4 ", NULL},
		{" 1.2.3.4", NULL},
		{"1.2.3.4/32", NULL},
		{"1.2.3.4:25", NULL},
		{"+1.2.3.4", NULL},
		{"1.2.3.-4", NULL},
		{"[1.2.3.4", NULL},
		{"1.2.3.4]", NULL},
		{"[[1.2.3.4]]", NULL},
		{"[]", NULL},
		{":", NULL},
		{":::", NULL},
		{"1::2::3", NULL},
		{"1:2:3:4:5:6:7", NULL},
		{"1:2:3:4:5:6:7:8:9", NULL},
		{"12345::", NULL},
		{"fe80::1%eth0", NULL},
		{"::g", NULL},
		{"::1.2.3", NULL},
		{"localhost", NULL},
		{"192.0.2.1\n", NULL},
		{"1111:2222:3333:4444:5555:6666:255.255.255.2555", NULL},
	};
	struct addr before, a;
	char buf[ADDR_TEXT];

	(void)state;
	memset(&before, 0x5a, sizeof(before));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool taken;

		a = before;
		taken = addr_parse(cases[i].text, strlen(cases[i].text), &a);
		if (taken != (cases[i].back != NULL))
			fail_msg("'%s': %d", cases[i].text, taken);
		if (!taken)
			assert_memory_equal(&a, &before, sizeof(a));
		else
			assert_string_equal(
				addr_format(&a, buf), cases[i].back);
	}
	/* The length counts, not a NUL. */
	assert_true(addr_parse("192.0.2.123", 10, &a));
	assert_string_equal(addr_format(&a, buf), "192.0.2.12");
	assert_false(addr_parse("192.0.2.1\0", 10, &a));
	assert_false(addr_parse("2001:db8::1\0x", 13, &a));
}

/* inet_pton takes the same texts, and no other, for four numbers. */
static void test_against_libc(void **state)
{
	static const char chars[] = "0123456789.....1/: x\xb1";
	uint32_t seed = 1, taken = 0;

	(void)state;
	for (int round = 0; round < 400000; round++) {
		char text[20];
		uint8_t want[4];
		struct addr a;
		size_t n = 0;
		bool is;

		/* Most are nearly one. */
		for (int part = 0; part < 4; part++) {
			seed = seed * 1664525 + 1013904223;
			n += (size_t)sprintf(text + n, "%s%u", part ? "." : "",
				(seed >> 8) % (seed >> 30 ? 256 : 1000));
		}
		seed = seed * 1664525 + 1013904223;
		if (seed >> 31)
			text[(seed >> 16) % n] =
				chars[(seed >> 8) % (sizeof(chars) - 1)];
		if ((seed >> 29 & 3) == 3)
			n = (seed >> 12) % n;
		text[n] = '\0';
		is = inet_pton(AF_INET, text, want) == 1;
		assert_int_equal(addr_parse(text, n, &a), is);
		if (is)
			assert_memory_equal(a.ip + 12, want, 4);
		taken += is;
	}
	assert_true(taken > 40000 && taken < 360000);
}

static void test_prefixes(void **state)
{
	static const struct {
		const char *text, *back;
		uint8_t len;
	} cases[] = {
		{"192.0.2.1", "192.0.2.1", 128},
		{"192.0.2.1/32", "192.0.2.1", 128},
		{"192.0.2.77/24", "192.0.2.0/24", 120},
		{"192.0.2.255/25", "192.0.2.128/25", 121},
		{"10.255.255.255/9", "10.128.0.0/9", 105},
		{"1.2.3.4/0", "0.0.0.0/0", 96},
		{"2001:db8::1", "2001:db8::1", 128},
		{"2001:db8::1/128", "2001:db8::1", 128},
		{"2001:db8:ffff::/33", "2001:db8:8000::/33", 33},
		{"[2001:db8::]/32", "2001:db8::/32", 32},
		{"::/0", "::/0", 0},
		{"::ffff:192.0.2.0/120", "192.0.2.0/24", 120},
		{"::ffff:0:0/96", "0.0.0.0/0", 96},
		{"1.2.3.4/33", NULL, 0},
		{"1.2.3.4/", NULL, 0},
		{"1.2.3.4/-1", NULL, 0},
		{"1.2.3.4/ 8", NULL, 0},
		{"1.2.3.4/8/8", NULL, 0},
		{"1.2.3.4/0008", NULL, 0},
		{"1.2.3.4/255.0.0.0", NULL, 0},
		{"::1/129", NULL, 0},
		{"/8", NULL, 0},
		{"1.2.3/24", NULL, 0},
	};
	char buf[PREFIX_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct prefix p, again;
		bool taken =
			prefix_parse(cases[i].text, strlen(cases[i].text), &p);

		if (taken != (cases[i].back != NULL))
			fail_msg("'%s': %d", cases[i].text, taken);
		if (!taken)
			continue;
		assert_int_equal(p.len, cases[i].len);
		assert_string_equal(prefix_format(&p, buf), cases[i].back);
		assert_true(prefix_parse(buf, strlen(buf), &again));
		assert_int_equal(again.len, p.len);
		assert_true(addr_equal(&again.net, &p.net));
	}
}

static struct prefix prefix(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, strlen(text), &p));
	return p;
}

static void test_relations(void **state)
{
	static const struct {
		const char *a, *b;
		bool contains, overlaps; /* a contains b's address */
	} cases[] = {
		{"192.0.2.0/24", "192.0.2.255", true, true},
		{"192.0.2.0/24", "192.0.3.0", false, false},
		{"192.0.2.128/25", "192.0.2.127", false, false},
		{"192.0.2.1", "192.0.2.1", true, true},
		{"192.0.2.1", "192.0.2.0/24", false, true},
		{"0.0.0.0/0", "255.1.2.3", true, true},
		{"0.0.0.0/0", "2001:db8::1", false, false},
		{"::/0", "192.0.2.1", true, true},
		{"2001:db8::/32", "2001:db8:ffff::1", true, true},
		{"2001:db8::/33", "2001:db8:8000::", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct prefix a = prefix(cases[i].a), b = prefix(cases[i].b);

		if (prefix_contains(&a, &b.net) != cases[i].contains ||
			prefix_overlaps(&a, &b) != cases[i].overlaps ||
			prefix_overlaps(&b, &a) != cases[i].overlaps)
			fail_msg("%s and %s", cases[i].a, cases[i].b);
	}
}

static void test_bytes(void **state)
{
	struct prefix p4 = prefix("192.0.2.1"), p6 = prefix("2001:db8::1");
	struct addr a;
	size_t n;

	(void)state;
	assert_memory_equal(addr_bytes(&p4.net, &n), "\xc0\x00\x02\x01", 4);
	assert_int_equal(n, 4);
	a = addr_from_bytes(addr_bytes(&p4.net, &n), 4);
	assert_true(addr_equal(&a, &p4.net));
	assert_true(addr_is_v4(&a));
	addr_bytes(&p6.net, &n);
	assert_int_equal(n, 16);
	a = addr_from_bytes(addr_bytes(&p6.net, &n), 16);
	assert_true(addr_equal(&a, &p6.net));
	assert_false(addr_is_v4(&a));
	assert_true(addr_compare(&p4.net, &p6.net) < 0);
	assert_true(prefix_is_host(&p4));
	p4.len = 127;
	assert_false(prefix_is_host(&p4));
}

static void test_sockaddr(void **state)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = 25};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = 25};
	struct sockaddr other = {.sa_family = AF_UNIX};
	char text[ADDR_TEXT];
	struct addr a;

	(void)state;
	inet_pton(AF_INET, "192.0.2.1", &v4.sin_addr);
	inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr);
	assert_true(addr_from_sockaddr((const struct sockaddr *)&v4, &a));
	assert_string_equal(addr_format(&a, text), "192.0.2.1");
	assert_false(addr_from_sockaddr(&other, &a));
	assert_false(addr_from_sockaddr(NULL, &a));
	assert_string_equal(addr_format(&a, text), "192.0.2.1");
	assert_true(addr_from_sockaddr((const struct sockaddr *)&v6, &a));
	assert_string_equal(addr_format(&a, text), "2001:db8::1");
}

static void test_special(void **state)
{
	static const struct {
		const char *text;
		bool special;
	} cases[] = {
		{"0.0.0.0", true},
		{"0.1.2.3", true},
		{"127.0.0.1", true},
		{"127.255.255.255", true},
		{"224.0.0.1", true},
		{"255.255.255.255", true},
		{"::", true},
		{"::1", true},
		{"ff02::1", true},
		{"::ffff:127.0.0.1", true},
		{"10.0.0.1", false},
		{"192.168.1.1", false},
		{"126.255.255.255", false},
		{"128.0.0.0", false},
		{"223.255.255.255", false},
		{"2001:db8::1", false},
		{"fe80::1", false},
		{"::2:0", false},
		{"fd00::1", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct prefix p = prefix(cases[i].text);

		if (addr_is_special(&p.net) != cases[i].special)
			fail_msg("%s", cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_against_libc),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_relations),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_sockaddr),
		cmocka_unit_test(test_special),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
