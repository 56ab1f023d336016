/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jails/escalate.h"
#include "jails/formula.h"
#include "lib/arena.h"

static const double multipliers[] = {1, 2, 4, 8, 16, 32, 64};

static void test_bantime(void **state)
{
	static const struct {
		const char *name;
		struct escalate e;
		const char *formula;
		int64_t bantime;
		int64_t want[6]; /* after 0, 1, 2, 3, 8, 1000 bans */
	} cases[] = {
		{"off", {.factor = 1}, NULL, 600,
			{600, 600, 600, 600, 600, 600}},
		{"default", {.increment = true, .factor = 1}, NULL, 600,
			{600, 1200, 2400, 4800, 153600, 629145600}},
		{"factor", {.increment = true, .factor = 1.5}, NULL, 600,
			{600, 1800, 3600, 7200, 230400, 943718400}},
		{"never shorter", {.increment = true, .factor = 0.01}, NULL,
			600, {600, 600, 600, 600, 1536, 6291456}},
		{"maxtime", {.increment = true, .factor = 1, .maxtime = 5000},
			NULL, 600, {600, 1200, 2400, 4800, 5000, 5000}},
		{"multipliers",
			{.increment = true,
				.factor = 1,
				.multipliers = multipliers,
				.multipliers_n = 7},
			NULL, 600, {600, 1200, 2400, 4800, 38400, 38400}},
		{"multipliers before the formula",
			{.increment = true,
				.factor = 2,
				.multipliers = multipliers,
				.multipliers_n = 1},
			"1", 600, {600, 1200, 1200, 1200, 1200, 1200}},
		{"formula", {.increment = true, .factor = 1},
			"ban.Time * (ban.Count + 1) * banFactor", 600,
			{600, 1200, 1800, 2400, 5400, 600600}},
		{"no value", {.increment = true, .factor = 1},
			"ban.Time / (ban.Count - 2)", 600,
			{600, 600, 600, 600, 600, 600}},
		{"beyond numbers", {.increment = true, .factor = 1},
			"ban.Time * 10.0 ** (ban.Count * 100)", 600,
			{600, ESCALATE_MOST, ESCALATE_MOST, ESCALATE_MOST, 600,
				600}},
		{"for ever", {.increment = true, .factor = 1}, NULL, -1,
			{-1, -1, -1, -1, -1, -1}},
	};
	static const uint32_t before[] = {0, 1, 2, 3, 8, 1000};
	struct arena *arena = arena_new();
	uint64_t random = 1;
	char why[FORMULA_WHY];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct escalate e = cases[i].e;

		if (cases[i].formula) {
			e.formula = formula_parse(arena, cases[i].formula, why);
			assert_non_null(e.formula);
		}
		for (size_t b = 0; b < 6; b++) {
			int64_t got = escalate_bantime(
				&e, cases[i].bantime, before[b], &random);

			if (got != cases[i].want[b])
				fail_msg("%s, %u before: %lld", cases[i].name,
					before[b], (long long)got);
		}
	}
	assert_int_equal(random, 1);
	arena_free(&arena);
}

static void test_rndtime(void **state)
{
	struct escalate e;
	uint64_t random = 1, again = 1;
	int64_t sum = 0;

	(void)state;
	escalate_init(&e);
	e.increment = true;
	e.rndtime = 1000;
	e.maxtime = 2000;
	for (int i = 0; i < 1000; i++) {
		int64_t got = escalate_bantime(&e, 600, 5, &random);

		assert_in_range(got, 2000, 2999);
		assert_int_equal(got, escalate_bantime(&e, 600, 5, &again));
		sum += got;
	}
	assert_in_range(sum / 1000, 2450, 2550);
	/* the first ban is never touched */
	assert_int_equal(escalate_bantime(&e, 600, 0, &random), 600);
}

static void test_weight(void **state)
{
	static const uint32_t want[] = {1, 2, 3, 5, 9, 17, 20, 20};
	struct escalate e;

	(void)state;
	escalate_init(&e);
	assert_int_equal(escalate_weight(&e, 5, 20), 1);
	e.increment = true;
	for (uint32_t before = 0; before < 8; before++)
		assert_int_equal(escalate_weight(&e, before, 20), want[before]);
	assert_int_equal(escalate_weight(&e, UINT32_MAX, 5), 5);
	assert_int_equal(escalate_weight(&e, 1, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bantime),
		cmocka_unit_test(test_rndtime),
		cmocka_unit_test(test_weight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
