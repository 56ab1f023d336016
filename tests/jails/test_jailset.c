/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jails/ignore.h"
#include "jails/jail.h"
#include "jails/jailset.h"

static struct prefix prefix(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, strlen(text), &p));
	return p;
}

static bool ignores(const struct jail *jail, const char *text)
{
	struct prefix p = prefix(text);

	return ignore_has(jail, NULL, &p);
}

static bool add(struct jail *jail, const char *text)
{
	struct prefix p = prefix(text);

	return jailset_ignore(jail, NULL, &p);
}

static bool drop(struct jail *jail, const char *text)
{
	struct prefix p = prefix(text);

	return jailset_no_longer_ignore(jail, NULL, &p);
}

static bool is_changed(const struct jail *jail, const char *key)
{
	const char *name;
	bool changed;

	for (unsigned int i = 0; (name = jailset_key(jail, i, &changed)); i++)
		if (strcmp(name, key) == 0)
			return changed;
	fail();
	return false;
}

static void test_numbers(void **state)
{
	static const struct {
		const char *key;
		int64_t value;
		bool good;
	} cases[] = {
		{"bantime", 5, true},
		{"bantime", -1, true},
		{"bantime", -7, false},
		{"bantime", 0, false},
		{"findtime", 1, true},
		{"findtime", 0, false},
		{"findtime", -1, false},
		{"maxretry", 1, true},
		{"maxretry", JAIL_MAXRETRY_MOST, true},
		{"maxretry", JAIL_MAXRETRY_MOST + INT64_C(1), false},
		{"maxretry", (INT64_C(1) << 32) + 3, false},
		{"maxretry", 0, false},
		{"maxretry", -1, false},
		{"maxmatches", 0, true},
		{"maxmatches", -1, false},
		{"ignoreself", 1, true},
		{"ignoreself", 2, false},
		{"usedns", 1, false},
		{"ignoreip", 1, false},
		{"port", 1, false},
		{"", 1, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct jail jail = {.maxretry = 3, .maxmatches = 3};
		const char *why;

		assert_int_equal(jailset_number(&jail, cases[i].key,
					 cases[i].value, &why),
			cases[i].good);
		assert_int_equal(!why, cases[i].good);
		assert_int_equal(jail.changed != 0, cases[i].good);
		if (cases[i].good)
			assert_true(is_changed(&jail, cases[i].key));
	}
}

/* A network and an address in it are two words: either goes alone. */
static void test_words_overlap(void **state)
{
	struct jail jail = {.name = "x"};

	(void)state;
	assert_true(add(&jail, "192.0.2.1"));
	assert_true(add(&jail, "192.0.2.0/24"));
	assert_true(add(&jail, "192.0.2.1"));
	assert_true(add(&jail, "192.0.2.0/24"));
	assert_int_equal(jail.ignored_n, 2);
	assert_true(drop(&jail, "192.0.2.0/24"));
	assert_false(drop(&jail, "192.0.2.0/24"));
	assert_true(ignores(&jail, "192.0.2.1"));
	assert_false(ignores(&jail, "192.0.2.2"));
	assert_true(add(&jail, "192.0.2.0/24"));
	assert_true(drop(&jail, "192.0.2.1"));
	assert_true(ignores(&jail, "192.0.2.1"));
	assert_true(drop(&jail, "192.0.2.0/24"));
	assert_false(ignores(&jail, "192.0.2.1"));
	assert_int_equal(jail.ignored_n, 0);
	ignore_deinit(&jail);
}

static void test_names(void **state)
{
	struct prefix a = prefix("192.0.2.1"), b = prefix("2001:db8::1");
	struct jail jail = {.name = "x"};

	(void)state;
	assert_true(jailset_ignore(&jail, "mx.example", NULL));
	assert_true(jailset_ignore(&jail, "mx.example", &a));
	assert_true(jailset_ignore(&jail, "mx.example", &b));
	assert_true(add(&jail, "192.0.2.1"));
	assert_int_equal(jail.ignored_n, 2);
	assert_true(ignores(&jail, "2001:db8::1"));
	assert_false(jailset_no_longer_ignore(&jail, "other.example", NULL));
	assert_true(jailset_no_longer_ignore(&jail, "mx.example", NULL));
	assert_false(ignores(&jail, "2001:db8::1"));
	assert_true(ignores(&jail, "192.0.2.1"));
	ignore_deinit(&jail);
}

/* What was not set by hand is the new file's. */
static void test_keep(void **state)
{
	struct jail from = {.maxretry = 3, .findtime = 600, .bantime = 600};
	struct jail to = {.maxretry = 7, .findtime = 70, .bantime = 70};
	const char *why;

	(void)state;
	assert_true(jailset_number(&from, "maxretry", 5, &why));
	assert_true(jailset_usedns(&from, "No"));
	assert_false(jailset_usedns(&from, "never"));
	assert_true(add(&from, "192.0.2.1"));
	assert_true(add(&to, "192.0.2.2"));
	jailset_keep(&to, &from);
	assert_int_equal(to.maxretry, 5);
	assert_int_equal(to.findtime, 70);
	assert_int_equal(to.bantime, 70);
	assert_int_equal(to.usedns, JAIL_DNS_NO);
	assert_true(ignores(&to, "192.0.2.1"));
	assert_false(ignores(&to, "192.0.2.2"));
	assert_true(is_changed(&to, "maxretry"));
	assert_false(is_changed(&to, "findtime"));
	ignore_deinit(&from);
	assert_true(ignores(&to, "192.0.2.1"));
	ignore_deinit(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_words_overlap),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_keep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
