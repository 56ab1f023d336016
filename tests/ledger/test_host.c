/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/host.h"

static char room[256];

static struct span text(const char *s)
{
	return (struct span){s, strlen(s)};
}

static void is(struct span s, const char *want)
{
	assert_true(span_same(s, text(want)));
}

/* Each as the installed pflogsumm has it. */
static void test_hosts(void **state)
{
	static const char *const cases[][2] = {
		{"mail.example.org[192.0.2.1]", "example.org"},
		{"A.B.Example.Co.UK[192.0.2.1]", "example.co.uk"},
		{"unknown[192.0.2.1]", "192.0.2.1"},
		{"unknown[2001:db8::1]", "2001:db8::1"},
		{"[192.0.2.1]:2525", "192.0.2.1"},
		{"Host.de[192.0.2.1]", "Host.de"},
		{"mail.Example.info[192.0.2.1]", "mail.Example.info"},
		{"none", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		is(host_domain(text(cases[i][0]), true, room), cases[i][1]);
		is(host_domain(text(cases[i][0]), false, room), cases[i][1]);
	}
	/* Where the two differ. */
	is(host_domain(text("x[2001:db8::1] ehlo=1 quit=1"), true, room), "");
	is(host_domain(text("x[2001:db8::1] ehlo=1 quit=1"), false, room), "x");
}

static int order(const char *a, const char *b)
{
	int forth = host_compare(text(a), text(b));

	char x[2 * 64], y[2 * 64];
	struct span p = host_ordered(text(a), x), q = host_ordered(text(b), y);
	int order = memcmp(p.at, q.at, p.n < q.n ? p.n : q.n);

	order = order ? order : (int)p.n - (int)q.n;
	assert_int_equal(forth, -host_compare(text(b), text(a)));
	assert_int_equal((order > 0) - (order < 0), forth);
	return forth;
}

static void test_order(void **state)
{
	(void)state;
	assert_int_equal(order("192.0.2.9", "192.0.2.10"), -1);
	assert_int_equal(order("b@a.org", "a@b.org"), -1);
	assert_int_equal(order("a.b", "A.B"), 0);
	assert_int_equal(order("x y", "x z"), 0);
	assert_int_equal(order("", "x"), -1);
	assert_int_equal(order("999.0.0.1", "97.0.0.1"), 1);
	assert_int_equal(order("97.0.0.1", "a"), 1);
	assert_int_equal(order("97.0.0.1", "\x60"), 1);
	assert_int_equal(order("\xff", "255.0.0.1"), -1);
	assert_int_equal(order("a.b", "b"), 1);
	assert_int_equal(order(".b", "b"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
