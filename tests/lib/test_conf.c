/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files laid over each other, and %(...)s. */
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

#include "lib/conf.h"

struct tree {
	char dir[64];
	struct arena *arena;
	struct conf *conf;
	struct err err;
};

static void put(struct tree *t, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	for (const char *s = name; (s = strchr(s, '/')) != NULL; s++) {
		snprintf(path, sizeof(path), "%s/%.*s", t->dir, (int)(s - name),
			name);
		mkdir(path, 0700);
	}
	snprintf(path, sizeof(path), "%s/%s", t->dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));

	snprintf(t->dir, sizeof(t->dir), "/tmp/test_conf.XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	t->arena = arena_new();
	t->conf = conf_new(t->arena);
	err_init(&t->err);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct tree *t = *state;
	char command[128];

	err_deinit(&t->err);
	arena_free(&t->arena);
	snprintf(command, sizeof(command), "rm -r %s", t->dir);
	assert_int_equal(system(command), 0);
	free(t);
	return 0;
}

static void is(
	struct tree *t, const char *section, const char *key, const char *want)
{
	const struct conf_value *v = conf_find(t->conf, section, key);
	char *got;

	if (!v)
		fail_msg("[%s] %s is not there", section, key);
	got = conf_expand(t->conf, section, v, &t->err);
	if (!got || strcmp(got, want) != 0)
		fail_msg("[%s] %s is '%s': %s", section, key, got ? got : "",
			t->err.n ? t->err.items[0].text : "");
	free(got);
}

/* Expanding fails, with this text behind file:line. */
static void fails(struct tree *t, const char *key, const char *want)
{
	size_t before = t->err.n;
	char *got = conf_expand(
		t->conf, "a", conf_find(t->conf, "a", key), &t->err);

	assert_null(got);
	assert_int_equal(t->err.n, before + 1);
	if (!strstr(t->err.items[before].text, want))
		fail_msg("%s", t->err.items[before].text);
}

/* Only the names of the files in it are a pattern. */
static void test_folder_is_no_pattern(void **state)
{
	struct tree *t = *state;
	char dir[128];

	put(t, "a[b]*?/jail.conf", "[a]\nk = 1\n");
	put(t, "a[b]*?/jail.d/x.conf", "[a]\nk = 2 %(known/k)s\n");
	put(t, "a\\[/jail.local", "[a]\nk = 3 %(known/k)s\n");
	put(t, "ab/jail.conf", "[a]\nk = 4\n");
	snprintf(dir, sizeof(dir), "%s/a[b]*?", t->dir);
	assert_int_equal(
		conf_read_tree(t->conf, dir, "jail", NULL, &t->err), 2);
	snprintf(dir, sizeof(dir), "%s/a\\[", t->dir);
	assert_int_equal(
		conf_read_tree(t->conf, dir, "jail", NULL, &t->err), 1);
	assert_int_equal(t->err.n, 0);
	is(t, "a", "k", "3 2 1");
}

static void test_order(void **state)
{
	struct tree *t = *state;
	const struct conf_value *v;

	put(t, "jail.conf", "[DEFAULT]\nd = 1\n[a]\nk = conf\n[b]\nx = 1\n");
	put(t, "jail.d/20.conf", "[a]\nk = d20 %(known/k)s\n");
	put(t, "jail.d/10.conf", "[a]\nk = d10 %(known/k)s\n[c]\n");
	put(t, "jail.d/readme.txt", "not read");
	put(t, "jail.local", "[a]\n\nk = local %(known/k)s\n");
	put(t, "jail.d/x.local", "[b]\nx = 2\nd = 2\n");
	assert_int_equal(
		conf_read_tree(t->conf, t->dir, "jail", NULL, &t->err), 5);
	assert_int_equal(t->err.n, 0);
	is(t, "a", "k", "local d20 d10 conf");
	is(t, "b", "x", "2");
	is(t, "a", "d", "1");
	is(t, "b", "d", "2");
	is(t, "c", "d", "1");
	v = conf_find(t->conf, "a", "k");
	assert_int_equal(v->line, 3);
	assert_non_null(strstr(v->file, "/jail.local"));
	assert_non_null(strstr(v->known->file, "/jail.d/20.conf"));
	assert_null(conf_find(t->conf, "a", "nosuch"));
	assert_null(conf_find_own(t->conf, "a", "d"));
	assert_int_equal(conf_sections(t->conf), 3);
	assert_string_equal(conf_section(t->conf, 0), "a");
	assert_string_equal(conf_section(t->conf, 1), "b");
	assert_string_equal(conf_section(t->conf, 2), "c");
	assert_null(conf_section(t->conf, 3));
	assert_true(conf_has_section(t->conf, "c"));
	assert_false(conf_has_section(t->conf, "C"));
	assert_int_equal(conf_keys(t->conf, "b"), 2);
	assert_int_equal(conf_keys(t->conf, "c"), 0);
	assert_string_equal(conf_key(t->conf, "b", 1), "d");
	assert_null(conf_key(t->conf, "b", 2));
}

static void test_includes(void **state)
{
	struct tree *t = *state;
	char path[128], other[128];

	put(t, "f/main.conf",
		"[INCLUDES]\nbefore = one.conf\n  sub/two.conf\n"
		"  shared.conf\nafter = three.conf\n none.local\n"
		"[a]\nk = main %(known/k)s\nl = main\n");
	put(t, "f/one.conf", "[a]\nk = one\nj = one\n");
	put(t, "f/one.local", "[a]\nj = onelocal\n");
	put(t, "f/sub/two.conf",
		"[INCLUDES]\nbefore = deep.conf\n[a]\nk = two %(known/k)s\n");
	put(t, "f/sub/deep.conf", "[a]\nz = deep\n");
	put(t, "f/three.conf", "[a]\nl = three\n");
	put(t, "shared/shared.conf", "[a]\ns = shared\n");
	put(t, "shared/one.conf", "[a]\nk = wrong\n");
	snprintf(path, sizeof(path), "%s/f/main.conf", t->dir);
	snprintf(other, sizeof(other), "%s/shared", t->dir);
	assert_int_equal(conf_read(t->conf, path, other, &t->err), 0);
	if (t->err.n)
		fail_msg("%s", t->err.items[0].text);
	is(t, "a", "k", "main two one");
	is(t, "a", "j", "onelocal");
	is(t, "a", "z", "deep");
	is(t, "a", "l", "three");
	is(t, "a", "s", "shared");
	assert_false(conf_has_section(t->conf, "nosuch"));
	assert_int_equal(conf_sections(t->conf), 1);
}

static void test_bad_includes(void **state)
{
	struct tree *t = *state;
	char path[128];

	put(t, "a.conf", "[INCLUDES]\nbefore = gone.conf\n[a]\nk = 1\n");
	put(t, "b.conf", "[INCLUDES]\nafter = b.conf\n[b]\nk = 1\n");
	snprintf(path, sizeof(path), "%s/a.conf", t->dir);
	assert_int_equal(conf_read(t->conf, path, NULL, &t->err), 0);
	assert_int_equal(t->err.faults, 0);
	assert_int_equal(t->err.items[0].kind, ERR_WARNING);
	assert_non_null(strstr(t->err.items[0].text, "a.conf:2: includes "));
	assert_non_null(
		strstr(t->err.items[0].text, "gone.conf, which is not there"));
	is(t, "a", "k", "1");
	snprintf(path, sizeof(path), "%s/b.conf", t->dir);
	assert_int_equal(conf_read(t->conf, path, NULL, &t->err), 0);
	assert_non_null(strstr(t->err.items[1].text, "b.conf:2: "));
	assert_non_null(strstr(t->err.items[1].text, "which includes it"));
	is(t, "b", "k", "1");
	snprintf(path, sizeof(path), "%s/c.conf", t->dir);
	assert_int_equal(conf_read(t->conf, path, NULL, &t->err), -ENOENT);
	assert_int_equal(t->err.faults, 0);
	put(t, "d.conf", "[INCLUDES]\nbefore =\n  a.conf b.conf\n");
	snprintf(path, sizeof(path), "%s/d.conf", t->dir);
	assert_int_equal(conf_read(t->conf, path, NULL, &t->err), 0);
	assert_non_null(strstr(t->err.items[2].text,
		"d.conf:3: includes 'a.conf b.conf', which is not there"));
	put(t, "e.conf", "[INCLUDES]\nbefore = ./e.conf\n");
	snprintf(path, sizeof(path), "%s/e.conf", t->dir);
	assert_int_equal(conf_read(t->conf, path, NULL, &t->err), 0);
	assert_int_equal(t->err.faults, 1);
	assert_non_null(strstr(t->err.items[3].text, "more than 10 deep"));
}

/* As fail2ban: any file's .local, and names may have blanks. */
static void test_include_names(void **state)
{
	struct tree *t = *state;
	char path[128];

	put(t, "a.conf",
		"[INCLUDES]\nbefore = of it.conf\n  x.inc\n  ./s.d/noend\n");
	put(t, "of it.conf", "[a]\nk = 1\n");
	put(t, "of it.local", "[a]\nl = 2\n");
	put(t, "x.local", "[a]\nm = 3\n");
	put(t, "s.d/noend", "[a]\nn = 4\n");
	put(t, "s.d/noend.local", "[a]\no = 5\n");
	snprintf(path, sizeof(path), "%s/a.conf", t->dir);
	assert_int_equal(conf_read(t->conf, path, NULL, &t->err), 0);
	assert_int_equal(t->err.n, 0);
	is(t, "a", "k", "1");
	is(t, "a", "l", "2");
	is(t, "a", "m", "3");
	is(t, "a", "n", "4");
	is(t, "a", "o", "5");
}

/* No file is too large, and yet all together are. */
static void test_files_that_add_up(void **state)
{
	struct tree *t = *state;
	char *text = malloc(7u << 20), name[32];

	memset(text, '#', (7u << 20) - 1);
	text[(7u << 20) - 1] = '\0';
	for (int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "x.d/%d.conf", i);
		put(t, name, text);
	}
	free(text);
	assert_int_equal(
		conf_read_tree(t->conf, t->dir, "x", NULL, &t->err), 5);
	assert_int_equal(t->err.n, 1);
	assert_non_null(strstr(t->err.items[0].text,
		"x.d/4.conf: with this file the configuration has more than"));
}

/* What is asked of each of many keys looks through none of the others. */
static void test_many(void **state)
{
	struct tree *t = *state;
	char key[32];

	for (int i = 0; i < 40000; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		conf_set(t->conf, i % 2 ? "a" : "DEFAULT", key, "%(b/r%(K1)s",
			"f", i);
	}
	for (int i = 0; i < 40000; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		assert_int_equal(conf_find(t->conf, "a", key)->line, i);
		assert_int_equal(conf_refers(t->conf, key), i == 1);
	}
	conf_set(t->conf, "b", "x", "%(k2)s", "f", 1);
	assert_true(conf_refers(t->conf, "k2"));
}

/* Each value is within its limits, as are the first of them. */
static void test_values_that_add_up(void **state)
{
	struct tree *t = *state;
	char *text = malloc(1000001), *out;
	int n = 0;

	memset(text, 'x', 1000000);
	text[1000000] = '\0';
	conf_set(t->conf, "a", "k", text, "f", 1);
	free(text);
	while ((out = conf_expand(
			t->conf, "a", conf_find(t->conf, "a", "k"), &t->err))) {
		free(out);
		assert_true(++n < 1000);
	}
	assert_int_equal(n, 268);
	assert_non_null(strstr(t->err.items[0].text, "f:1: what all values"));
}

/* Each file includes the next one forty times: 40^9 in all. */
static void test_includes_that_grow(void **state)
{
	struct tree *t = *state;
	char text[1024], name[32], path[128];

	for (int level = 0; level < 10; level++) {
		size_t at = (size_t)sprintf(text, "[INCLUDES]\nbefore =");

		for (int i = 0; i < 40; i++)
			at += (size_t)sprintf(
				text + at, "\n %d.conf", level + 1);
		strcpy(text + at, "\n");
		snprintf(name, sizeof(name), "%d.conf", level);
		put(t, name, text);
	}
	put(t, "10.conf", "[a]\nk = 1\n");
	snprintf(path, sizeof(path), "%s/0.conf", t->dir);
	assert_int_equal(conf_read(t->conf, path, NULL, &t->err), 0);
	assert_int_equal(t->err.faults, 1);
	assert_non_null(strstr(t->err.items[0].text, "the file number 1001"));
}

static void test_interpolation(void **state)
{
	struct tree *t = *state;

	put(t, "t.conf",
		"[DEFAULT]\nx = dx\nn = %(__name__)s\nw = %(x)s!\nq = dq\n"
		"[a]\nx = ax\nname = %(__name__)s-%(n)s\n"
		"pct = 100%% %%d %%(x)s\nlone = 100% %d %(x\n"
		"from_b = %(b/x)s %(b/y)s %(b/w)s\n"
		"def = %(default/x)s %(DEFAULT/x)s\n"
		"up = %(X)s\nrows = %(list)s end\nlist =\n  one\n  two\n"
		"known0 = %(known/x)s\nq = %(known/q)s aq\n"
		"[b]\nx = bx\ny = %(z)s\n");
	put(t, "t.local",
		"[a]\nz = az\nx = %(known/x)s2\nother = %(known/x)s\n"
		"[DEFAULT]\nw = %(known/w)s+\n");
	conf_read_tree(t->conf, t->dir, "t", NULL, &t->err);
	assert_int_equal(t->err.n, 0);
	is(t, "a", "x", "ax2");
	is(t, "a", "other", "ax");
	is(t, "a", "known0", "ax");
	is(t, "a", "w", "ax2!+");
	is(t, "b", "w", "bx!+");
	is(t, "a", "name", "a-a");
	is(t, "a", "pct", "100% %d %(x)s");
	is(t, "a", "lone", "100% %d %(x");
	/* what a section lends is put in with the borrower's own values */
	is(t, "a", "from_b", "bx az ax2!+");
	is(t, "a", "def", "dx dx");
	is(t, "a", "up", "ax2");
	is(t, "a", "rows", "\none\ntwo end");
	is(t, "a", "q", "dq aq");
}

static void test_faults(void **state)
{
	struct tree *t = *state;

	put(t, "t.conf",
		"[a]\nnone = 1 %(nosuch)s\nnosec = %(nosec/k)s\n"
		"self = %(self)s\nx = %(y)s\ny = %(x)s\n"
		"k0 = %(k1)s\nk1 = %(k2)s\nk2 = %(k3)s\nk3 = %(k4)s\n"
		"k4 = %(k5)s\nk5 = %(k6)s\nk6 = %(k7)s\nk7 = %(k8)s\n"
		"k8 = %(k9)s\nk9 = %(k10)s\nk10 = %(k11)s\nk11 = x\n"
		"b0 = 0123456789\n");
	conf_read_tree(t->conf, t->dir, "t", NULL, &t->err);
	fails(t, "none",
		"t.conf:2: none: %(nosuch)s has no value; set nosuch or write "
		"%% for a percent sign");
	fails(t, "nosec", "t.conf:3: nosec: %(nosec/k)s has no value");
	fails(t, "self", "t.conf:4: self: %(...)s refers to itself");
	fails(t, "x", "%(...)s refers to itself, or more than 10 deep");
	fails(t, "k0", "more than 10 deep");
	is(t, "a", "k2", "x");
}

/* Ten values of ten references each: 10^9 bytes, were there no limit. */
static void test_growth(void **state)
{
	struct tree *t = *state;
	char key[16], text[200];

	conf_set(t->conf, "a", "k0", "0123456789", "f", 1);
	for (int i = 1; i < 9; i++) {
		char *at = text;

		snprintf(key, sizeof(key), "k%d", i);
		for (int j = 0; j < 10; j++)
			at += sprintf(at, "%%(k%d)s", i - 1);
		conf_set(t->conf, "a", key, text, "f", i + 1);
	}
	fails(t, "k8",
		"f:9: is longer than 1048576 bytes, with what %(...)s "
		"puts in");
	conf_set(t->conf, "a", "k0", "", "f", 1);
	fails(t, "k8", "f:9: leads to more than 300000 %(...)s");
	conf_set(t->conf, "a", "k0", "0123456789", "f", 1);
	{
		char *most = conf_expand(
			t->conf, "a", conf_find(t->conf, "a", "k4"), &t->err);

		assert_non_null(most);
		assert_int_equal(strlen(most), 100000);
		free(most);
	}
}

static void test_set(void **state)
{
	struct tree *t = *state;

	conf_set(t->conf, "a", "k", "one", "f", 1);
	conf_set(t->conf, "a", "k", "%(known/k)s two", "g", 7);
	is(t, "a", "k", "one two");
	assert_int_equal(conf_find(t->conf, "a", "k")->rows, 1);
	assert_int_equal(conf_find(t->conf, "a", "k")->lines[0], 7);
}

static void test_conditions(void **state)
{
	struct tree *t = *state;

	put(t, "t.conf", "[Init]\nk = 4\n[Init?family=inet6]\nk = 6\n");
	conf_read_tree(t->conf, t->dir, "t", NULL, &t->err);
	assert_int_equal(conf_sections(t->conf), 1);
	is(t, "Init", "k", "4");
	is(t, "Init", "k?family=inet6", "6");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_order),
		TEST(test_includes),
		TEST(test_bad_includes),
		TEST(test_include_names),
		TEST(test_files_that_add_up),
		TEST(test_many),
		TEST(test_values_that_add_up),
		TEST(test_includes_that_grow),
		TEST(test_interpolation),
		TEST(test_faults),
		TEST(test_growth),
		TEST(test_set),
		TEST(test_conditions),
		TEST(test_folder_is_no_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
