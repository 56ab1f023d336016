/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "filters/literals.h"
#include "filters/regex.h"
#include "filters/sieve.h"
#include "tests/filters/hostile.h"

static void finds(const char *regex, const char *joined)
{
	struct literals l;
	char got[1024] = "";

	literals_find(regex, &l);
	for (size_t i = 0; i < l.n; i++) {
		strcat(got, i ? "," : "");
		strncat(got, l.items[i].text, l.items[i].n);
	}
	assert_string_equal(got, joined);
}

static void table(void **state)
{
	(void)state;
	finds("abcdef", "abcdef");
	finds("abc.*defgh", "defgh");
	finds("abcd?ef", "abc");
	finds("x(?:one|two)y", "xone,xtwo");
	finds("ab(?:c|de?)", "abc,abd");
	finds("ab(?:c|d?e)", "ab");
	finds("ab(?:c|d)?", "ab");
	finds("ab(?:c|(?!x)d)", "ab");
	finds("ab(?:c|\\bd)", "ab");
	finds("ab(?:cd|e)+f", "abcd,abe");
	finds("(?:one|t?)longer text", "longer text");
	finds("(?:aaaaaaaa|b*)", "");
	finds("a\\.b\\[c", "a.b[c");
	finds("(?i)abcdef", "");
	finds("(?=lookahead)ab", "ab");
	finds("(?P<user>name)", "name");
	finds("(?:abcdef)?xy", "xy");
	finds("(?:abcdef){0,2}xy", "xy");
	finds("(?:abcdef)+xy", "abcdef");
	finds("[abcdef]gh", "gh");
	finds("[]x]gh", "gh");
	finds("ab+cd", "ab");
	finds("a|bcdef", "a,bcdef");
	finds("(?(x)abc|def)ghi", "");
	finds("caf\xc3\xa9?end", "caf");
	finds("abc\\d+defg", "defg");
	finds("\\x41bcdef", "");
	/* A brace that is no quantifier is a letter. */
	finds("abc{x}defgh", "abc{x}defgh");
}

/* Of a text that is longer than there is room for, a piece as long as may be.
 */
static void long_texts(void **state)
{
	char regex[700], want[LITERAL_TEXT + 1];
	struct literals l;

	(void)state;
	for (size_t n = 250; n < sizeof(regex) - 1; n++) {
		for (size_t i = 0; i < n; i++)
			regex[i] = (char)('a' + i % 23);
		regex[n] = '\0';
		literals_find(regex, &l);
		assert_int_equal(l.n, 1);
		assert_int_equal(l.items[0].n, LITERAL_TEXT);
		memcpy(want, l.items[0].text, l.items[0].n);
		want[l.items[0].n] = '\0';
		assert_non_null(strstr(regex, want));
	}
}

static uint64_t seed = 20261121;

static unsigned int roll(unsigned int sides)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned int)(seed % sides);
}

/* A random regex of few letters, so that random texts match it now and then. */
static void make_regex(char *out, int depth)
{
	int parts = 1 + (int)roll(4);

	for (int i = 0; i < parts; i++) {
		unsigned int what = roll(depth > 2 ? 6 : 9);

		if (what < 4)
			sprintf(out + strlen(out), "%c", 'a' + (char)roll(3));
		else if (what == 4)
			strcat(out, "[ab]");
		else if (what == 5)
			strcat(out, ".");
		else {
			static const char *const open[] = {
				"(?:", "(", "(?P<x>", "(?>", "(?=", "(?!"};
			unsigned int kind = roll(depth ? 2 : 6);

			strcat(out, open[kind]);
			make_regex(out, depth + 1);
			if (roll(2)) {
				strcat(out, "|");
				make_regex(out, depth + 1);
			}
			strcat(out, ")");
			if (kind >= 4)
				continue;
		}
		static const char *const times[] = {
			"", "", "", "?", "*", "+", "{0,2}", "{1,2}", "*?"};

		strcat(out, times[roll(9)]);
	}
}

/* Whatever matches holds one of the literals: the sieve loses nothing. */
static void never_loses(void **state)
{
	int matched = 0;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		char regex_text[4096] = "", why[256], text[40];
		struct literals l;
		struct regex *regex;

		make_regex(regex_text, 0);
		regex = regex_new(regex_text, why, sizeof(why));
		if (!regex)
			continue;
		literals_find(regex_text, &l);
		for (int k = 0; k < 60; k++) {
			size_t n = roll(12);
			bool found = l.n == 0;

			for (size_t c = 0; c < n; c++)
				text[c] = (char)('a' + roll(3));
			text[n] = '\0';
			if (regex_search(regex, text, n, true) != REGEX_MATCH)
				continue;
			matched++;
			for (size_t c = 0; c < l.n; c++)
				found |= memmem(text, n, l.items[c].text,
						 l.items[c].n) != NULL;
			if (!found)
				print_error("/%s/ matches '%s'\n", regex_text,
					text);
			assert_true(found);
		}
		regex_free(&regex);
	}
	assert_true(matched > 10000);
}

/* Texts that often meet; words of ordinary lines in some, which the sieve looks
 * for last of all. */
static void make_text(char *out, size_t n, bool words)
{
	size_t at = 0;

	while (at < n) {
		const char *word = words && roll(8) == 0 ? "from=<"
				   : roll(2)		 ? "a"
							 : "b";

		while (*word && at < n)
			out[at++] = *word++;
	}
}

/* The sieve says of each member what memmem says: in short texts and in such as
 * it looks through in several portions. */
static void sieve_is_exact(void **state)
{
	(void)state;
	for (int round = 0; round < 400; round++) {
		size_t members = 1 + roll(130);
		struct literals *l = calloc(members, sizeof(*l));
		struct sieve *sieve = sieve_new(members);
		bool words = round % 2;
		uint64_t hits[3];

		for (size_t m = 0; m < members; m++) {
			l[m].n = 1 + roll(3);
			for (size_t i = 0; i < l[m].n; i++) {
				struct literal *is = &l[m].items[i];

				is->n = words ? 9 + roll(6) : 4 + roll(8);
				make_text(is->text, is->n, words);
			}
			sieve_add(sieve, m, &l[m]);
		}
		sieve_seal(sieve);
		for (int k = 0; k < 20; k++) {
			char text[2000];
			size_t n = roll(k < 15 ? 60 : sizeof(text));

			make_text(text, n, words);
			if (!sieve_scan(sieve, text, n, hits))
				memset(hits, 0, sizeof(hits));
			for (size_t m = 0; m < members; m++) {
				bool want = false;

				for (size_t i = 0; i < l[m].n; i++)
					want |= memmem(text, n,
							l[m].items[i].text,
							l[m].items[i].n) !=
						NULL;
				assert_int_equal(
					hits[m / 64] >> (m % 64) & 1, want);
			}
		}
		sieve_free(&sieve);
		free(l);
	}
}

/* Whose literals are too many is asked always, and so are all after him. */
static void sieve_is_bounded(void **state)
{
	const size_t members = SIEVE_LITERALS_MOST / 64 + 2;
	struct sieve *sieve = sieve_new(members);
	struct literals l = {.n = 64};
	uint64_t hits[SIEVE_WORDS(SIEVE_LITERALS_MOST)];

	(void)state;
	for (size_t m = 0; m < members; m++) {
		for (size_t i = 0; i < l.n; i++)
			l.items[i].n = (size_t)snprintf(l.items[i].text,
				LITERAL_TEXT, "m%zu-%zu-end", m, i);
		sieve_add(sieve, m, &l);
	}
	sieve_seal(sieve);
	assert_true(sieve_scan(sieve, "at m7-3-end of", 14, hits));
	for (size_t m = 0; m < members; m++)
		assert_int_equal(hits[m / 64] >> m % 64 & 1,
			m == 7 || m >= SIEVE_LITERALS_MOST / 64);
	sieve_free(&sieve);
}

/* The shortest text says how far apart the sieve looks, at each line that a
 * mail host has: a word of four letters would have it look at each byte. */
static void ours_are_long(void **state)
{
	struct filter *filters[HOSTILE_FILTERS];

	(void)state;
	hostile_load("build/share", filters);
	for (size_t i = 0; i < HOSTILE_FILTERS; i++) {
		const char *name = hostile_filters[i];
		bool usual = strcmp(name, "dovecot") == 0 ||
			     strcmp(name, "postfix") == 0 ||
			     strcmp(name, "postfix[mode=auth]") == 0;

		for (size_t k = 0; usual && k < filter_regexes(filters[i]); k++)
			if (literals_shortest(filter_literals(filters[i], k)) <
				9)
				fail_msg("%s: %s", name,
					filter_regex_text(filters[i], k));
		filter_free(&filters[i]);
	}
}

/* Nor may a text be made of what many of them share: "Invalid " begins dozens,
 * and 64 kB of it had all of these compared at each place. */
static void ours_are_apart(void **state)
{
	struct filter *filters[HOSTILE_FILTERS];
	struct sieve *sieve = sieve_new(1);

	(void)state;
	hostile_load("build/share", filters);
	for (size_t i = 0; i < HOSTILE_FILTERS; i++) {
		for (size_t k = 0; k < filter_regexes(filters[i]); k++)
			sieve_add(sieve, 0, filter_literals(filters[i], k));
		filter_free(&filters[i]);
	}
	sieve_seal(sieve);
	assert_in_range(sieve_crowd(sieve), 1, 12);
	sieve_free(&sieve);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(long_texts),
		cmocka_unit_test(never_loses),
		cmocka_unit_test(ours_are_long),
		cmocka_unit_test(ours_are_apart),
		cmocka_unit_test(sieve_is_exact),
		cmocka_unit_test(sieve_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
