/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "filters/groups.h"

/* What the groups of a regex say in a text: "" if nothing. */
static const char *said(const char *regex_text, enum group what, const char *in)
{
	static char out[100];
	struct regex_span span;
	struct groups groups;
	struct regex *regex;
	char why[256];

	regex = regex_new(regex_text, why, sizeof(why));
	assert_non_null(regex);
	groups_find(regex, &groups);
	assert_int_equal(
		regex_search(regex, in, strlen(in), true), REGEX_MATCH);
	span = groups_get(&groups, regex, what);
	snprintf(out, sizeof(out), "%.*s", (int)span.n,
		span.text ? span.text : "");
	regex_free(&regex);
	return out;
}

/* The group's own name first, whichever stands first; then the others. */
static void the_first_that_says_something(void **state)
{
	static const char regex[] = "^(?P<alt_user>\\w*) (?P<alt_user_12>\\w*)"
				    " (?P<user>\\w*)$";

	(void)state;
	assert_string_equal(said(regex, OF_USER, "a b c"), "c");
	assert_string_equal(said(regex, OF_USER, "a b "), "a");
	assert_string_equal(said(regex, OF_USER, " b "), "b");
	assert_string_equal(said(regex, OF_USER, "  "), "");
	assert_string_equal(said(regex, OF_SESSION, "a b c"), "");
	assert_string_equal(
		said("(?P<fid>\\w*) (?P<alt_id>\\w*)", OF_ID, " b"), "b");
}

static void a_name_is_a_whole_one(void **state)
{
	static const char *const others[] = {"alt_users", "alt_user_",
		"alt_user_x", "alt_user_1x", "alt_use", "alt_", "users", "alt",
		"xalt_user", "alt_fid"};
	char regex[64];

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		snprintf(regex, sizeof(regex), "(?P<%s>.)", others[i]);
		assert_string_equal(said(regex, OF_USER, "x"), "");
		assert_string_equal(said(regex, OF_ID, "x"), "");
	}
}

/* Of more than there is room for, none of those is another's. */
static void so_many_and_no_more(void **state)
{
	char regex[1000] = "(?P<nofail>y)?";

	(void)state;
	for (int i = 1; i <= GROUP_ALTERNATIVES + 2; i++)
		snprintf(regex + strlen(regex), 40, "(?P<alt_user_%d>x)?", i);
	assert_string_equal(said(regex, OF_USER, "y"), "");
	assert_string_equal(said(regex, OF_USER, "yx"), "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_that_says_something),
		cmocka_unit_test(a_name_is_a_whole_one),
		cmocka_unit_test(so_many_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
