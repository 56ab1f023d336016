/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/address.h"

static char room[256];

static struct span text(const char *s)
{
	return (struct span){s, strlen(s)};
}

static void is(struct span s, const char *want)
{
	char copy[256];

	snprintf(copy, sizeof(copy), "%.*s", (int)s.n, s.at);
	assert_string_equal(copy, want);
}

static void test_addresses(void **state)
{
	(void)state;
	is(address_lower_domain(text("Bob@Example.COM"), room),
		"Bob@example.com");
	is(address_lower(text("Bob@Example.COM"), room), "bob@example.com");
	is(address_domain(text("a@b@c")), "b@c");
	is(address_domain(text("root")), "root");
	is(address_from_uucp(text("a!b!host!user@site"), room),
		"site!a!b!user@host");
	is(address_from_uucp(text("host!user@site.org"), room),
		"host!user@site.org");
}

static void test_verp(void **state)
{
	(void)state;
	is(address_without_verp(text("list-return-36-a=b@l.org"), 1, room),
		"list-return-ID-a=b@l.org");
	is(address_without_verp(text("list-return-36-a=b@l.org"), 2, room),
		"list-return-ID@l.org");
	is(address_without_verp(text("alice@example.org"), 2, room),
		"alice@example.org");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_verp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
