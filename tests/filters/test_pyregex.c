/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "filters/groups.h"
#include "filters/pyregex.h"
#include "filters/regex.h"

static void rewritten_to(const char *from, const char *to)
{
	const char *why = NULL;
	char *out = pyregex_translate(from, false, &why);

	if (!out || strcmp(out, to) != 0)
		print_error("%s: got %s, want %s\n", from, out ? out : why, to);
	assert_non_null(out);
	assert_string_equal(out, to);
	free(out);
}

static void rewrites(void **state)
{
	(void)state;
	rewritten_to("a{,3}", "a{0,3}");
	rewritten_to("x{2,3}y", "x{2,3}y");
	rewritten_to("end\\Z", "end\\z");
	rewritten_to("(?iu)abc", "(?i)abc");
	rewritten_to("(?:a|b)", "(?:a|b)");
	rewritten_to("(?!no)", "(?!no)");
	rewritten_to("[[a]", "[\\[a]");
	rewritten_to("[]a]", "[]a]");
	rewritten_to("[\\w-]", "[\\w-]");
	rewritten_to("[\\w-]+x", "[\\w-]+x");
	rewritten_to("[^]\\]]", "[^]\\]]");
	rewritten_to("<F-USER>\\S+</F-USER>", "(?P<user>\\S+)");
	rewritten_to("<F-ID>x</F-ID>", "(?P<fid>x)");
	rewritten_to("<F-ID/>", "(?P<fid>\\S+)");
	rewritten_to("a\\v[\\v]", "a\\x0b[\\x0b]");
	rewritten_to("<cmd>", "<cmd>");
	rewritten_to("a<SKIPLINES>b<SKIPLINES>c",
		"a\\n(?P<skiplines0>(?:(?:.*\\n)*?))b"
		"\\n(?P<skiplines1>(?:(?:.*\\n)*?))c");
	rewritten_to("\\<HOST>", "\\<HOST>");
	rewritten_to("(?i)(?s)a(?i:b)", "(?i)(?s)a(?i:b)");
	rewritten_to("x((?i)a)(?:(?s)b)", "x(?i:a)(?s:b)");
	rewritten_to("a(?#[ no * )b", "ab");
	rewritten_to("(?P<x>a)(?(x)b|c)(?P=x)", "(?P<x>a)(?(<x>)b|c)(?P=x)");
	rewritten_to("(?P<x>a)(?(1)b|c)", "(?P<x>a)(?(1)b|c)");
	rewritten_to("(a)(?(12)b|c)", "(a)(?(12)b|c)");
	rewritten_to("<F-PORT>x</F-PORT>", "(?P<fport>x)");
	rewritten_to("<F-PORT/>", "(?P<fport>\\w+)");
	rewritten_to("<F-IDS>x</F-IDS>", "(?P<ids>x)");
	rewritten_to("a{,}", "a{0,}");
	rewritten_to("a{ 1}b{}c{d}", "a\\{ 1}b\\{}c\\{d}");
	rewritten_to("a*?b++c{2}?", "a*?b++c{2}?");
	rewritten_to("(?x)a # **", "(?x)a # **");
	rewritten_to("<F-user>", "<F-user>");
}

static void refusals(void **state)
{
	static const char *const bad[] = {
		"a\\u0041",
		"\\N{DASH}",
		"(?a)x",
		"(?u)x",
		"x\\",
		"[abc",
		"\\p{L}",
		"\\Q.\\E",
		"\\h",
		"[\\H]",
		"(?R)x",
		"(?1)x",
		"(?&x)",
		"(?<x>a)",
		"(?|a|b)",
		"(*NO_JIT)x",
		"x(*SKIP)y",
		"(?C1)x",
		"(?J)x",
		"(?^:x)",
		"x(?i)y",
		"(?P>x)",
		"(?P=x)(?P<x>y)",
		"(?(DEFINE x)y)",
		"x{2}{3}",
		"x**",
		"^*",
		"*x",
		"x|+",
		"<F-USER>*</F-USER>",
		"<F-ID/>**",
		"\\x{41}",
		"\\12",
		"[\\d-z]",
		"[\\w-a]",
		"[x\\s-\\n]",
		"[a-\\d]",
		"[\\Z]",
		"(?#x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const char *why = NULL;

		assert_null(pyregex_translate(bad[i], false, &why));
		assert_non_null(why);
	}
}

/* What <HOST> takes out of a text, between two bars; NULL for no match. */
static const char *host_of(const char *subject, bool names)
{
	static char got[100];
	const char *why = NULL;
	char *text = pyregex_translate("^\\|<HOST>\\|$", names, &why);
	char wrong[256];
	struct regex *regex = regex_new(text, wrong, sizeof(wrong));
	const char *out = NULL;

	assert_non_null(regex);
	if (regex_search(regex, subject, strlen(subject), true) ==
		REGEX_MATCH) {
		struct groups groups;
		struct regex_span span;

		groups_find(regex, &groups);
		span = groups_get(&groups, regex, OF_HOST);
		memcpy(got, span.text, span.n);
		got[span.n] = '\0';
		out = got;
	}
	regex_free(&regex);
	free(text);
	return out;
}

static void hosts(void **state)
{
	static const struct {
		const char *text, *host;
	} addresses[] = {
		{"192.0.2.1", "192.0.2.1"},
		{"2001:db8::1", "2001:db8::1"},
		{"::1", "::1"},
		{"::", "::"},
		{"2001:db8::", "2001:db8::"},
		{"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
		{"fe80::a:b", "fe80::a:b"},
		{"[2001:db8::1]", "2001:db8::1"},
		{"[192.0.2.1]", "192.0.2.1"},
		{"::ffff:192.0.2.1", "192.0.2.1"},
		{"64:ff9b::192.0.2.1", "64:ff9b::192.0.2.1"},
	};
	char subject[120];

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		sprintf(subject, "|%s|", addresses[i].text);
		assert_non_null(host_of(subject, false));
		assert_string_equal(host_of(subject, false), addresses[i].host);
	}
	assert_null(host_of("|mail.example.org|", false));
	assert_string_equal(
		host_of("|mail.example.org|", true), "mail.example.org");
	assert_null(host_of("|a b|", true));
}

/* As fail2ban 1.0.2 and 1.1.0 have shown them. */
static void shown(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{"^a <F-USER>\\S+</F-USER>", "^a (?P<user>\\S+)"},
		{"<F-ID/> <F-PORT/>", "(?P<fid>\\S+) (?P<fport>\\w+)"},
		{"x<CIDR>", "x(?P<cidr>\\d+)"},
		{"<IP6>", "(?P<ip6>SIX)"},
		{"<DNS>", "(?P<dns>[\\w\\-.^_]*\\w)"},
		{"(?:(?i)ab) ((?s)c)", "(?i:ab) (?s:c)"},
		{"\\((?:d) <unknown> \\Z {,3}", "\\((?:d) <unknown> \\Z {,3}"},
		{"a<SKIPLINES>b", "a\\n(?P<skiplines0>(?:(?:.*\\n)*?))b"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text = pyregex_show(cases[i].from, true, "SIX");

		assert_string_equal(text, cases[i].to);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rewrites),
		cmocka_unit_test(refusals),
		cmocka_unit_test(hosts),
		cmocka_unit_test(shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
