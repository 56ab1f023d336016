/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose a journal is: what others could put in its place is nobody's word. */
#include "daemon/foreign.h"

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

#include "jails/jail.h"

#define NOBODY 65534

static char dir[64];
static struct foreign *foreign;

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void make(const char *name)
{
	FILE *f;

	if (!strchr(name, '.')) {
		assert_int_equal(mkdir(path_of(name), 0755), 0);
		return;
	}
	f = fopen(path_of(name), "we");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(chmod(path_of(name), 0640), 0);
}

static void set_mode(const char *name, mode_t mode)
{
	assert_int_equal(chmod(path_of(name), mode), 0);
}

static void give(const char *name, uid_t to)
{
	assert_int_equal(chown(path_of(name), to, 0), 0);
}

static void open_dir(const char *name)
{
	const struct jail_journal from = {
		.name = "journal[x]", .path = path_of(name)};

	foreign_free(&foreign);
	foreign = foreign_new(&from);
}

static void open_files(const char *pattern)
{
	const char *files[] = {path_of(pattern), NULL};
	const struct jail_journal from = {.name = "journal[x]", .files = files};

	foreign_free(&foreign);
	foreign = foreign_new(&from);
}

static bool is_roots(void)
{
	foreign_look(foreign);
	assert_non_null(foreign_place(foreign));
	return !foreign_stranger(foreign);
}

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_foreign.XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0755), 0);
	make("a");
	make("a/b");
	make("a/b/c");
	make("a/b/c/system.journal");
	return 0;
}

static int teardown(void **state)
{
	char command[96];

	(void)state;
	foreign_free(&foreign);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
	return 0;
}

/* Each of these in turn, and all is well again. */
static void others_have_a_hand_in(const char *const names[])
{
	for (; *names; names++) {
		struct stat st;

		assert_true(is_roots());
		assert_int_equal(stat(path_of(*names), &st), 0);
		set_mode(*names, (st.st_mode & 07777) | S_IWOTH);
		assert_false(is_roots());
		assert_string_equal(foreign_stranger(foreign), path_of(*names));
		set_mode(*names, (st.st_mode & 07777) | S_IWGRP);
		assert_false(is_roots());
		set_mode(*names, st.st_mode & 07777);
		assert_true(is_roots());
		give(*names, NOBODY);
		assert_false(is_roots());
		assert_string_equal(foreign_stranger(foreign), path_of(*names));
		give(*names, 0);
	}
	assert_true(is_roots());
}

static void a_directory_and_all_above_it(void **state)
{
	(void)state;
	open_dir("a/b");
	others_have_a_hand_in((const char *[]){
		"a", "a/b", "a/b/c", "a/b/c/system.journal", NULL});
}

static void files_and_all_above_them(void **state)
{
	(void)state;
	open_files("a/b/*/*.journal");
	others_have_a_hand_in((const char *[]){
		"a", "a/b", "a/b/c", "a/b/c/system.journal", NULL});
}

/* As in /tmp, where these tests are: only there, and not where it lies. */
static void nobody_moves_what_is_roots_there(void **state)
{
	(void)state;
	open_dir("a/b");
	set_mode("a", 01777);
	assert_true(is_roots());
	set_mode("a/b", 01777);
	assert_false(is_roots());
}

/* Others may write where the link is, and not where it leads. */
static void what_is_opened_is_what_was_looked_at(void **state)
{
	char link[128];

	(void)state;
	make("d");
	set_mode("d", 0777);
	strcpy(link, path_of("d/l"));
	assert_int_equal(symlink(path_of("a/b"), link), 0);
	open_dir("d/l");
	assert_true(is_roots());
	assert_string_equal(foreign_place(foreign)->dir, path_of("a/b"));
	assert_false(foreign_look(foreign));
	make("d/e");
	give("d/e", NOBODY);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink(path_of("d/e"), link), 0);
	assert_true(foreign_look(foreign));
	assert_non_null(foreign_stranger(foreign));
	assert_string_equal(foreign_place(foreign)->dir, path_of("d/e"));
}

static void make_link(const char *to, const char *name)
{
	unlink(path_of(name));
	assert_int_equal(symlink(to, path_of(name)), 0);
}

/* libsystemd follows it, at another time. */
static void a_link_within_is_judged_by_its_way(void **state)
{
	char real[128];

	(void)state;
	make("d");
	make("d/e");
	make("d/e/user.journal");
	open_dir("a/b");
	strcpy(real, path_of("d/e/user.journal"));
	make_link(real, "a/b/l.journal");
	others_have_a_hand_in((const char *[]){"d", "d/e", NULL});
	give("d/e/user.journal", NOBODY);
	assert_false(is_roots());
	give("d/e/user.journal", 0);
	make_link("../../d/e/user.journal", "a/b/l.journal");
	assert_true(is_roots());
	/* Through a place where others put links. */
	make("o");
	give("o", NOBODY);
	make_link(real, "o/l.journal");
	make_link("../../o/l.journal", "a/b/l.journal");
	assert_false(is_roots());
	assert_string_equal(
		foreign_stranger(foreign) + strlen(dir), "/a/b/../../o");
	make_link("../../d/e", "o/d.d");
	make_link("../../o/d.d/user.journal", "a/b/l.journal");
	assert_false(is_roots());
	/* To where nothing is yet, and round and round. */
	make_link("nothing.journal", "a/b/l.journal");
	assert_false(is_roots());
	make_link("l.journal", "a/b/l.journal");
	assert_false(is_roots());
	assert_int_equal(unlink(path_of("a/b/l.journal")), 0);
	assert_true(is_roots());
}

static void more_files_than_are_opened_are_told(void **state)
{
	char name[32];

	(void)state;
	for (int i = 0; i < 999; i++) {
		snprintf(name, sizeof(name), "a/b/c/%d.journal", i);
		make(name);
	}
	open_files("a/b/c/*.journal");
	assert_true(is_roots());
	assert_false(foreign_is_cut(foreign));
	make("a/b/c/more.journal");
	foreign_look(foreign);
	assert_true(foreign_is_cut(foreign));
	assert_false(foreign_look(foreign));
	assert_int_equal(unlink(path_of("a/b/c/1.journal")), 0);
	assert_true(foreign_look(foreign));
	assert_false(foreign_is_cut(foreign));
}

/* So many paths that not all are looked at, and none of them a file. */
static void a_pattern_behind_a_cut_one_has_its_files(void **state)
{
	char many[128], one[128], name[32];
	const char *files[] = {many, one, NULL};
	const struct jail_journal from = {.name = "journal[x]", .files = files};

	(void)state;
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "a/d%d", i);
		make_link(".", name);
	}
	strcpy(many, path_of("a/d*/d*/d*/d*/*0"));
	strcpy(one, path_of("a/b/c/system.journal"));
	foreign_free(&foreign);
	foreign = foreign_new(&from);
	foreign_look(foreign);
	assert_true(foreign_is_cut(foreign));
	assert_non_null(foreign_place(foreign));
	assert_string_equal(foreign_place(foreign)->files[0], one);
}

/* Other hosts' lie in /var/log/journal/remote, and say who is root there. */
static void flags_are_of_this_hosts_journals(void **state)
{
	struct jail_journal from = {
		.name = "journal[x]", .flagged = true, .flags = 32};

	(void)state;
	foreign_free(&foreign);
	foreign = foreign_new(&from);
	foreign_look(foreign);
	assert_int_equal(foreign_place(foreign)->flags, 32 | 1);
	open_dir("a/b");
	foreign_look(foreign);
	assert_int_equal(foreign_place(foreign)->flags, 0);
}

/* It may have the number of the one that is gone. */
static void another_of_the_same_name(void **state)
{
	struct stat before, after;

	(void)state;
	make("j");
	make("j/e");
	open_dir("j/e");
	assert_true(is_roots());
	assert_false(foreign_look(foreign));
	for (int i = 0; i < 20; i++) {
		assert_int_equal(stat(path_of("j/e"), &before), 0);
		assert_int_equal(rmdir(path_of("j/e")), 0);
		make("j/e");
		assert_int_equal(stat(path_of("j/e"), &after), 0);
		assert_true(foreign_look(foreign));
		if (before.st_ino == after.st_ino)
			return;
	}
	print_message("no number came twice here\n");
}

#define FOREIGN_TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOREIGN_TEST(a_directory_and_all_above_it),
		FOREIGN_TEST(files_and_all_above_them),
		FOREIGN_TEST(nobody_moves_what_is_roots_there),
		FOREIGN_TEST(what_is_opened_is_what_was_looked_at),
		FOREIGN_TEST(another_of_the_same_name),
		FOREIGN_TEST(a_link_within_is_judged_by_its_way),
		FOREIGN_TEST(more_files_than_are_opened_are_told),
		FOREIGN_TEST(a_pattern_behind_a_cut_one_has_its_files),
		FOREIGN_TEST(flags_are_of_this_hosts_journals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
