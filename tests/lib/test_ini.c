/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ini dialect; values are what fail2ban 1.0.2 reads from the same text. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/ini.h"

/* All entries and faults as one text: "a.k=v;" with newlines as '|'. */
static const char *parse(const char *text, size_t n)
{
	static char said[8192];
	struct arena *arena = arena_new();
	struct err err;
	struct ini ini;
	size_t at = 0;

	err_init(&err);
	ini_parse(&ini, arena, "f", text, n, &err);
	said[0] = '\0';
	for (size_t i = 0; i < ini.n; i++) {
		const struct ini_entry *e = &ini.entries[i];
		int rows = 1;

		for (const char *c = e->text; *c; c++)
			rows += *c == '\n';
		assert_int_equal(rows, e->rows);
		if (e->key)
			at += (size_t)snprintf(said + at, sizeof(said) - at,
				"%s.%s=%s;", e->section, e->key, e->text);
		else
			at += (size_t)snprintf(said + at, sizeof(said) - at,
				"[%s]", e->section);
	}
	for (size_t i = 0; i < err.n; i++)
		at += (size_t)snprintf(
			said + at, sizeof(said) - at, "!%s", err.items[i].text);
	for (char *c = said; *c; c++)
		if (*c == '\n')
			*c = '|';
	err_deinit(&err);
	arena_free(&arena);
	return said;
}

static void test_dialect(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"", ""},
		{"\n\n# only\n; comments\n", ""},
		{"[a]\nk = v\nK2: w\nk3=\n", "[a]a.k=v;a.k2=w;a.k3=;"},
		/* the first of the two delimiters counts */
		{"[a]\nk = x:y=z\nj : a = b\n", "[a]a.k=x:y=z;a.j=a = b;"},
		{"[a]\nk j = 1\n", "[a]a.k j=1;"},
		/* continued by a deeper indent, blank lines kept inside */
		{"[a]\nk = one\n  two\n\n  three\n\nj = 1\n",
			"[a]a.k=one|two||three;a.j=1;"},
		{"[a]\nk =\n  first\n  second\n\n\n", "[a]a.k=|first|second;"},
		{"[a]\n  k = 1\n  j = 2\n    more\n  l = 3\nm = 4\n",
			"[a]a.k=1;a.j=2|more;a.l=3;a.m=4;"},
		{"[a]\nk = 1\n\tx\n", "[a]a.k=1|x;"},
		{"[a]\nk = x\n  [b]\n", "[a]a.k=x|[b];"},
		/* comment lines vanish, also within a value */
		{"[a]\nk = 1\n# c\n  2\n  ; c\n  3\n", "[a]a.k=1|2|3;"},
		/* ';' after white space ends a line, '#' does not */
		{"[a]\nk = a ; c\nj = a;b\nl = a #b\nm = ;x\nn = a\t;c\n",
			"[a]a.k=a;a.j=a;b;a.l=a #b;a.m=;a.n=a;"},
		{"[a] ; c\nk = 1\n", "[a]a.k=1;"},
		{"[a]b]\nk = 1\n[c] x\nk = 2\n", "[a]b]a]b.k=1;[c]c.k=2;"},
		{"[a]\r\nk = 1\r\n  2\r\n", "[a]a.k=1|2;"},
		{"\xef\xbb\xbf[a]\nk = 1", "[a]a.k=1;"},
		{"[a]\n[b]\n", "[a][b]"},
		{"[DEFAULT]\nk=1\n[a]\n[DEFAULT]\nj=2\n",
			"[DEFAULT]DEFAULT.k=1;[a][DEFAULT]DEFAULT.j=2;"},
		/* faults, and reading goes on */
		{"k = 1\n[a]\nj = 2\n",
			"[a]a.j=2;!f:1: a key stands before the first "
			"[section]"},
		{"[a]\nnothing\nj = 2\n",
			"[a]a.j=2;!f:2: neither [section] nor key = value: "
			"'nothing'"},
		{"[a]\n= 1\n",
			"[a]!f:2: neither [section] nor key = value: '= 1'"},
		{"[]\n[b\n",
			"!f:1: a section is written [name], this is "
			"not!f:2: a section is written [name], this is not"},
		{"[a]\nk = 1\nj = 2\nK = 3\n",
			"[a]a.k=1;a.j=2;a.k=3;!f:4: k: set already in this "
			"section, at line 2"},
		{"[a]\nk = 1\n[b]\n[a]\nk = 2\n",
			"[a]a.k=1;[b][a]a.k=2;!f:4: [a] is there already, at "
			"line 1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *got = parse(cases[i].text, strlen(cases[i].text));

		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s\ngives %s\nand not %s", cases[i].text, got,
				cases[i].want);
	}
	assert_string_equal(parse("[a]\nk=\0\n", 8),
		"!f: holds NUL bytes: no text, or one in UTF-16; save it as "
		"UTF-8");
}

static void test_lines(void **state)
{
	static const char text[] = "# c\n[a]\n\nk = one\n\n# c\n  two\n; c\n"
				   "  three\nj = 1\n";
	struct arena *arena = arena_new();
	struct ini ini;

	(void)state;
	ini_parse(&ini, arena, "f", text, strlen(text), NULL);
	assert_int_equal(ini.n, 3);
	assert_null(ini.entries[0].key);
	assert_int_equal(ini.entries[0].lines[0], 2);
	assert_string_equal(ini.entries[1].text, "one\n\ntwo\nthree");
	assert_int_equal(ini.entries[1].rows, 4);
	assert_int_equal(ini.entries[1].lines[0], 4);
	assert_int_equal(ini.entries[1].lines[1], 5);
	assert_int_equal(ini.entries[1].lines[2], 7);
	assert_int_equal(ini.entries[1].lines[3], 9);
	assert_int_equal(ini.entries[2].lines[0], 10);
	arena_free(&arena);
}

/* A regex of 100,000 bytes is one value; inih would cut it at 200. */
static void test_long_line(void **state)
{
	struct arena *arena = arena_new();
	char *text = malloc(100100);
	struct ini ini;

	(void)state;
	strcpy(text, "[a]\nk = ");
	memset(text + 8, 'x', 100000);
	text[100008] = '\0';
	ini_parse(&ini, arena, "f", text, strlen(text), NULL);
	assert_int_equal(ini.n, 2);
	assert_int_equal(strlen(ini.entries[1].text), 100000);
	free(text);
	arena_free(&arena);
}

static void test_limits(void **state)
{
	struct arena *arena = arena_new();
	char *text = malloc(500000), *at = text;
	struct err err;
	struct ini ini;

	(void)state;
	err_init(&err);
	for (int i = 0; i < INI_SECTIONS_MOST + 10; i++)
		at += sprintf(at, "[s%d]\n", i);
	ini_parse(&ini, arena, "f", text, (size_t)(at - text), &err);
	assert_int_equal(err.n, 1);
	assert_string_equal(err.items[0].text,
		"f:5001: more than 5000 sections; what "
		"follows is not read");
	assert_int_equal(ini.n, INI_SECTIONS_MOST);
	err_deinit(&err);
	at = text + sprintf(text, "[a]\n");
	for (int i = 0; i < INI_KEYS_MOST + 10; i++)
		at += sprintf(at, "k%d=\n", i);
	ini_parse(&ini, arena, "f", text, (size_t)(at - text), &err);
	assert_int_equal(err.n, 1);
	assert_string_equal(err.items[0].text,
		"f:5002: more than 5000 keys in a section; "
		"what follows is not read");
	err_deinit(&err);
	at = text;
	for (int i = 0; i < INI_ENTRIES_MOST; i++)
		at += i % 100 ? sprintf(at, "%d=\n", i)
			      : sprintf(at, "[%d]\n", i);
	ini_parse(&ini, arena, "f", text, (size_t)(at - text), &err);
	assert_int_equal(err.n, 0);
	at += sprintf(at, "a=\nb=\n[b]\n[b]\n");
	ini_parse(&ini, arena, "f", text, (size_t)(at - text), &err);
	assert_int_equal(err.n, 1);
	assert_string_equal(err.items[0].text,
		"f:50001: more than 50000 sections and "
		"keys; what follows is not read");
	err_deinit(&err);
	free(text);
	arena_free(&arena);
}

static void test_files(void **state)
{
	char path[] = "/tmp/test_ini.XXXXXX";
	struct arena *arena = arena_new();
	int fd = mkstemp(path);
	struct ini ini;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "[a]\nk=1\n", 8), 8);
	assert_int_equal(ini_read(&ini, arena, path, NULL), 0);
	assert_int_equal(ini.n, 2);
	assert_int_equal(ftruncate(fd, INI_FILE_MOST + 1), 0);
	assert_int_equal(ini_read(&ini, arena, path, NULL), -EFBIG);
	close(fd);
	unlink(path);
	assert_int_equal(ini_read(&ini, arena, path, NULL), -ENOENT);
	assert_int_equal(ini_read(&ini, arena, "/tmp", NULL), -EISDIR);
	assert_int_equal(ini_read(&ini, arena, "/dev/zero", NULL), -ENOTSUP);
	assert_int_equal(ini_read(&ini, arena, "/dev/null", NULL), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(ini_read(&ini, arena, path, NULL), -ENOTSUP);
	unlink(path);
	assert_int_equal(symlink(path, path), 0);
	assert_int_equal(ini_read(&ini, arena, path, NULL), -ELOOP);
	unlink(path);
	assert_string_equal(
		ini_why(-EISDIR), "it is a directory, where a file should be");
	arena_free(&arena);
}

/* No text may lead the reader astray (ASan watches). */
static void test_random(void **state)
{
	static const char letters[] = "[]=:;# \t\nakK%\r\\";
	unsigned int random = 5;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t n = (size_t)rand_r(&random) % 60;
		char *text = malloc(n ? n : 1);

		for (size_t b = 0; b < n; b++)
			text[b] = letters[(size_t)rand_r(&random) %
					  (sizeof(letters) - 1)];
		parse(text, n);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialect),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
