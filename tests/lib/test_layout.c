/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which jails may reach the kernel, and that ports are joined right.
 */
#include "lib/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void names(void **state)
{
	char name[LAYOUT_NAME_MOST + 2];

	(void)state;
	assert_true(layout_name_valid("postfix-sasl"));
	assert_true(layout_name_valid("A_b.9"));
	assert_false(layout_name_valid(""));
	assert_false(layout_name_valid("a b"));
	assert_false(layout_name_valid("a/b"));
	assert_false(layout_name_valid("a\n"));
	assert_false(layout_name_valid("\xc3\xa4"));
	memset(name, 'x', sizeof(name));
	name[LAYOUT_NAME_MOST + 1] = '\0';
	assert_false(layout_name_valid(name));
	name[LAYOUT_NAME_MOST] = '\0';
	assert_true(layout_name_valid(name));
}

static struct layout_jail jail(void)
{
	return (struct layout_jail){.name = "j",
		.n_protocols = 1,
		.protocols = {6},
		.n_ports = 1,
		.ports = {{25, 25}},
		.elements = 10};
}

static void jails(void **state)
{
	struct layout_jail j = jail();

	(void)state;
	assert_true(layout_jail_valid(&j));
	j.elements = 0;
	assert_false(layout_jail_valid(&j));
	j.elements = LAYOUT_ELEMENTS_MOST + 1;
	assert_false(layout_jail_valid(&j));
	j = jail();
	j.ports[0].last = 24;
	assert_false(layout_jail_valid(&j));
	j = jail();
	j.protocols[0] = 1; /* ICMP has no ports */
	assert_false(layout_jail_valid(&j));
	j.n_ports = 0;
	assert_true(layout_jail_valid(&j));
	j = jail();
	j.n_protocols = 0;
	assert_false(layout_jail_valid(&j));
	j.n_ports = 0;
	assert_true(layout_jail_valid(&j));
	j = jail();
	j.n_protocols = 2;
	j.protocols[1] = 6;
	assert_false(layout_jail_valid(&j));
	j.protocols[1] = 17;
	assert_true(layout_jail_valid(&j));
	j.n_protocols = LAYOUT_PROTOCOLS_MOST + 1;
	assert_false(layout_jail_valid(&j));
}

static void twins(void **state)
{
	struct layout_jail two[] = {jail(), jail()};
	struct layout layout = {.jails = two, .n = 2};

	(void)state;
	assert_true(layout_has_twins(&layout));
	strcpy(two[1].name, "J");
	assert_false(layout_has_twins(&layout));
}

static void ports(void **state)
{
	struct layout_jail j = jail();
	const struct layout_port given[] = {{993, 995}, {25, 25}, {26, 30},
		{28, 29}, {110, 110}, {994, 1000}, {65535, 65535}};
	const struct layout_port joined[] = {
		{25, 30}, {110, 110}, {993, 1000}, {65535, 65535}};
	const struct layout_port halves[] = {{30000, 65535}, {0, 29999}};

	(void)state;
	memcpy(j.ports, given, sizeof(given));
	j.n_ports = 7;
	layout_ports_join(&j);
	assert_int_equal(j.n_ports, 4);
	assert_memory_equal(j.ports, joined, sizeof(joined));
	memcpy(j.ports, halves, sizeof(halves));
	j.n_ports = 2;
	layout_ports_join(&j);
	assert_int_equal(j.n_ports, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(jails),
		cmocka_unit_test(twins),
		cmocka_unit_test(ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
