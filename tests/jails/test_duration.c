/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jails/duration.h"

static void test_durations(void **state)
{
	/* What fail2ban 1.0.2's str2seconds makes of the same text. */
	static const struct {
		const char *text;
		int64_t seconds;
	} cases[] = {
		{"600", 600},
		{"0", 0},
		{"-1", -1},
		{"10m", 600},
		{"10 m", 600},
		{"1h 30m", 5400},
		{"1d12h", 129600},
		{"1d 12h", 129600},
		{"1d12h30m15s", 131415},
		{"1w", 604800},
		{"1mo", 2629800},
		{"1y", 31557600},
		{"1y6mo", 47336400},
		{"2 weeks", 1209600},
		{"1 month", 2629800},
		{"3 hours 5 minutes 10 seconds", 11110},
		{"1H", 3600},
		{"1.5h", 5400},
		{"0.5m", 30},
		{"60*60*24", 86400},
		{"1h - 10m", 3000},
		{"1h+10m", 4200},
		{"10m/2", 300},
		{"(1h + 30m) / 2", 2700},
		{"5 * (1m)", 300},
		{"1 2", 3},
		{"1h 30", 3630},
		{"10mm2", 602},
		{"1week2days", 777600},
		{"2*10m 5s", 1205},
		{"-1h30m", -1800},
		{"  10m  ", 600},
		{"-10m", -600},
		{"2**3", 8},
		{"2**3m", 480},
		{"2 ** 3 ** 2", 512},
		{"-2**2", -4},
		{"2**-1 * 10", 5},
		{"(1+1)**2 h", 14400},
		{"7//2", 3},
		{"-7//2", -4},
		{"7%4", 3},
		{"-7 % 4", 1},
		{"7 % -4", -1},
		{"6/2h", 10800},
		{"1d/2h", 155520000},
		{"2*3m", 360},
		{"2h*3", 21600},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int64_t seconds = -77;

		if (!duration_parse(cases[i].text, &seconds))
			fail_msg("'%s' is refused", cases[i].text);
		if (seconds != cases[i].seconds)
			fail_msg("'%s' is %lld", cases[i].text,
				(long long)seconds);
	}
}

static void test_what_is_none(void **state)
{
	static const char *const bad[] = {"", " ", "10x", "m", "ten", "10m,",
		"--", "1..5", ".", "(1h", "1h)", "1/0", "(1)(2)", "1h (2)",
		"1e3", "0x10", "10 minutesminutes", "99999999999999999999",
		"2***3", "2* *3", "7///2", "7/ /2", "2**", "7//0", "7%0",
		"9**9**9", "__import__('os')", "1;2", "10m#", "*5", "5*",
		"((((((((((((((((((((((((1))))))))))))))))))))))))"};
	char deep[100001];
	int64_t seconds = -77;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (duration_parse(bad[i], &seconds))
			fail_msg("'%s' is taken as %lld", bad[i],
				(long long)seconds);
	memset(deep, '(', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	assert_false(duration_parse(deep, &seconds));
	memset(deep, '-', sizeof(deep) - 1);
	assert_false(duration_parse(deep, &seconds));
	for (size_t i = 0; i + 3 < sizeof(deep); i += 3)
		memcpy(deep + i, "1**", 3);
	assert_false(duration_parse(deep, &seconds));
	assert_int_equal(seconds, -77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
