/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jails/formula.h"
#include "lib/arena.h"

/* The formulas of fail2ban's jail.conf. */
#define DOUBLING \
	"ban.Time * (1<<(ban.Count if ban.Count<20 else 20)) * banFactor"
#define AGGRESSIVE    \
	"ban.Time * " \
	"math.exp(float(ban.Count+1)*banFactor)/math.exp(1*banFactor)"

static void test_values(void **state)
{
	/* Values as Python 3.11 gives them. */
	static const struct {
		const char *text;
		int64_t count;
		double factor, value;
	} cases[] = {
		{DOUBLING, 0, 1, 600},
		{DOUBLING, 1, 1, 1200},
		{DOUBLING, 5, 1.5, 28800},
		{DOUBLING, 20, 1, 629145600},
		{DOUBLING, 1000000, 1, 629145600},
		{AGGRESSIVE, 1, 2.0 / 2.885385, 1200.0014649367868},
		{AGGRESSIVE, 3, 1, 12051.322153912601},
		{"2.0 / 2.885385", 0, 1, 0.6931484013398559},
		{"1", 0, 1, 1},
		{"1 + 2 * 3", 0, 1, 7},
		{"(1 + 2) * 3", 0, 1, 9},
		{"7 // 2", 0, 1, 3},
		{"-7 // 2", 0, 1, -4},
		{"-7 % 3", 0, 1, 2},
		{"7 % -3", 0, 1, -2},
		{"7.5 % 2", 0, 1, 1.5},
		{"7.5 // 2", 0, 1, 3},
		{"7 / 2", 0, 1, 3.5},
		{"2 ** 10", 0, 1, 1024},
		{"-2 ** 2", 0, 1, -4},
		{"2 ** 3 ** 2", 0, 1, 512},
		{"2 ** -1", 0, 1, 0.5},
		{"1 << 3 << 2", 0, 1, 32},
		{"1024 >> 3", 0, 1, 128},
		{"10 - 3 - 2", 0, 1, 5},
		{"1 << 4 + 1", 0, 1, 32},
		{"5 & 3 | 8 ^ 1", 0, 1, 9},
		{"min(3, 1, 2) + max(4, 9)", 0, 1, 10},
		{"int(3.9) + int(-3.9)", 0, 1, 0},
		{"round(2.5) + abs(-4)", 0, 1, 6},
		{"math.sqrt(16) + math.pow(2, 3)", 0, 1, 12},
		{"math.log(8, 2)", 0, 1, 3},
		{"math.floor(2.7) + math.ceil(2.1)", 0, 1, 5},
		{"1 if ban.Count > 2 else 2 if ban.Count > 1 else 3", 2, 1, 2},
		{"ban.Count > 2 and 5 or 7", 3, 1, 5},
		{"ban.Count > 2 and 5 or 7", 1, 1, 7},
		{"not ban.Count", 0, 1, 1},
		{"not 1 == 2", 0, 1, 1},
		{"1 <= 1", 0, 1, 1},
		{"3 != 3", 0, 1, 0},
		{"True + True", 0, 1, 2},
		{"1/0 if False else 4", 0, 1, 4},
		{"1.5e2", 0, 1, 150},
		{"ban.Time*2**ban.Count", 3, 1, 4800},
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct formula_ban ban = {
			.time = 600,
			.count = cases[i].count,
			.factor = cases[i].factor,
		};
		char why[FORMULA_WHY] = "";
		struct formula *f = formula_parse(arena, cases[i].text, why);
		double value = NAN;

		if (!f)
			fail_msg("'%s' is refused: %s", cases[i].text, why);
		if (!formula_eval(f, &ban, &value) ||
			fabs(value - cases[i].value) >
				1e-9 * fabs(cases[i].value))
			fail_msg("'%s' gives %.17g", cases[i].text, value);
	}
	arena_free(&arena);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "column 1: a value is missing at the end"},
		{"1 +", "column 4: a value is missing at the end"},
		{"(1", "column 3: expected ')'"},
		{"1)", "column 2: ')' is more than one expression"},
		{"1 2", "column 3: '2' is more than one expression"},
		{"ban.Tme * 2", "column 1: 'ban.Tme' is not known here; known "
				"are ban.Time, ban.Count and banFactor"},
		{"1 if 2", "column 7: expected 'else'"},
		{"min(1)", "column 7: min takes at least 2 arguments"},
		{"int(1, 2)", "column 7: too many arguments of int"},
		{"int 5", "column 5: int takes arguments in parentheses"},
		{"0x10", "column 1: this is no number"},
		{"1 < 2 < 3", "column 8: compare two at a time, join with and"},
		{"$", "column 1: '$' does not belong here"},
		{"__import__('os')",
			"column 1: '__import__' is not known here; known are "
			"ban.Time, ban.Count and banFactor"},
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char why[FORMULA_WHY] = "";

		assert_null(formula_parse(arena, cases[i].text, why));
		assert_string_equal(why, cases[i].why);
	}
	arena_free(&arena);
}

/* Text that would overflow a naive reader, numbers that would trap. */
static void test_bounds(void **state)
{
	static const char *const none[] = {"1/0", "1//0", "1 % 0", "1.0 % 0",
		"1 << -1", "1.5 << 1", "math.log(0)", "math.sqrt(-1)",
		"math.exp(100000)", "10 ** 400", "1 << 100000000", "1.5 & 1",
		"0 ** -1"};
	static const char *const large[] = {"1 << 62", "1 << 63", "1 << 64",
		"1 << 1000", "9223372036854775807 * 9223372036854775807",
		"(1 << 62) * 2 - 1 + (1 << 62) * 2",
		"(0 - (1 << 62) * 2) // -1", "abs(-(1<<62)*2)",
		"int(10.0 ** 300)", "ban.Time * (1 << ban.Count)"};
	struct formula_ban ban = {600, 50, 1};
	struct arena *arena = arena_new();
	char why[FORMULA_WHY], *text;
	struct formula *f;
	double value = -77;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		f = formula_parse(arena, none[i], why);
		assert_non_null(f);
		if (formula_eval(f, &ban, &value))
			fail_msg("'%s' gives %g", none[i], value);
		assert_true(value == -77);
	}
	for (size_t i = 0; i < sizeof(large) / sizeof(*large); i++) {
		f = formula_parse(arena, large[i], why);
		assert_non_null(f);
		value = 0;
		if (!formula_eval(f, &ban, &value) || value < 1e15)
			fail_msg("'%s' gives %g", large[i], value);
	}
	text = arena_alloc(arena, 200001);
	for (const char *c = "(-+"; *c; c++) {
		memset(text, *c, 200000);
		assert_null(formula_parse(arena, text, why));
		assert_non_null(strstr(why, "nested deeper than 40"));
	}
	for (int i = 0; i < 200000; i += 4)
		memcpy(text + i, "not ", 4);
	assert_null(formula_parse(arena, text, why));
	for (int i = 0; i < 200000; i += 2)
		memcpy(text + i, i == 199998 ? "1 " : "1+", 2);
	assert_null(formula_parse(arena, text, why));
	assert_non_null(strstr(why, "more than 500 parts"));
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
