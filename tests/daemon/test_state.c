/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state store over restarts, and with a disk that fails it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/state.h"
#include "lib/clock.h"

#define T0 INT64_C(1763719200)

struct world {
	char dir[64], path[96];
	struct state *store;
};

static int make(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	strcpy(w->dir, "/tmp/test_state.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->path, sizeof(w->path), "%s/state.db", w->dir);
	clock_hold(T0 * CLOCK_SECOND, 0);
	*state = w;
	return 0;
}

static int unmake(void **state)
{
	struct world *w = *state;
	struct dirent *entry;
	char path[400];
	DIR *dir;

	state_close(&w->store);
	chmod(w->dir, 0700);
	dir = opendir(w->dir);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", w->dir, entry->d_name);
		unlink(path);
	}
	closedir(dir);
	rmdir(w->dir);
	clock_release();
	free(w);
	return 0;
}

static void reopen(struct world *w)
{
	state_close(&w->store);
	w->store = state_open(w->dir);
}

static struct prefix at(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, strlen(text), &p));
	return p;
}

static struct prefix nth(uint32_t i)
{
	uint8_t ip[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
	struct addr a = addr_from_bytes(ip, 4);

	return prefix_of(&a);
}

static void put(struct world *w, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct prefix who = nth(i);

		state_put_ban(w->store, "a", &who, T0, T0 + 600, 1);
	}
	state_commit(w->store);
}

static void count_ban(void *ctx, const char *jail, const struct prefix *who,
	int64_t start, int64_t end, uint32_t count)
{
	unsigned int *n = ctx;

	(void)jail;
	(void)who;
	(void)start;
	(void)end;
	(void)count;
	(*n)++;
}

static unsigned int bans(struct world *w)
{
	unsigned int n = 0;

	state_each_ban(w->store, count_ban, &n);
	return n;
}

/* How many files that were moved aside there are. */
static int moved(struct world *w)
{
	DIR *dir = opendir(w->dir);
	struct dirent *entry;
	int n = 0;

	while ((entry = readdir(dir)))
		n += strncmp(entry->d_name, "state.db.damaged-", 17) == 0 &&
		     !strstr(entry->d_name, "-wal") &&
		     !strstr(entry->d_name, "-shm");
	closedir(dir);
	return n;
}

static void write_at(const char *path, off_t place, const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, n, place), n);
	close(fd);
}

static void same_ban(void *ctx, const char *jail, const struct prefix *who,
	int64_t start, int64_t end, uint32_t count)
{
	char text[PREFIX_TEXT];

	assert_string_equal(jail, "b");
	assert_string_equal(prefix_format(who, text), "2001:db8::/64");
	assert_true(start == T0 && end == 0 && count == UINT32_MAX);
	(*(int *)ctx)++;
}

static void test_what_is_kept(void **state)
{
	struct world *w = *state;
	struct prefix a = at("192.0.2.1"), b = at("2001:db8::/64");
	char place[16];
	int seen = 0;

	reopen(w);
	state_put_ban(w->store, "a", &a, T0, T0 + 600, 1);
	state_put_ban(w->store, "b", &b, T0, 5, 7);
	state_put_ban(w->store, "b", &b, T0, 0, UINT32_MAX);
	state_drop_ban(w->store, "a", &a);
	state_put_position(w->store, "/x", "1234", 4);
	reopen(w);
	state_each_ban(w->store, same_ban, &seen);
	assert_int_equal(seen, 1);
	assert_int_equal(
		state_get_position(w->store, "/x", place, sizeof(place)), 4);
	assert_memory_equal(place, "1234", 4);
	memset(place, 7, sizeof(place));
	assert_int_equal(state_get_position(w->store, "/x", place, 3), 4);
	assert_int_equal(place[0], 7);
	assert_int_equal(state_get_position(w->store, "/y", place, 3), 0);
}

static void test_without_a_store(void **state)
{
	struct prefix a = at("192.0.2.1");
	unsigned int n = 0;
	char place[4];

	(void)state;
	state_put_ban(NULL, "a", &a, T0, T0, 1);
	state_put_failures(NULL, "a", &a.net, T0, "x", 1);
	state_each_ban(NULL, count_ban, &n);
	state_prune(NULL, T0, T0, T0);
	state_commit(NULL);
	assert_int_equal(state_get_position(NULL, "x", place, 4), 0);
}

static void test_prune(void **state)
{
	struct world *w = *state;
	struct prefix a = at("192.0.2.1"), b = at("192.0.2.2");

	reopen(w);
	state_put_ban(w->store, "a", &a, T0, T0 + 10, 1);
	state_put_ban(w->store, "a", &b, T0, 0, 1);
	state_prune(w->store, T0 + 11, 0, 0);
	assert_int_equal(bans(w), 1);
}

/* Every file that is none of ours is put away, whole, for another. */
static void test_a_file_that_is_not_ours(void **state)
{
	struct world *w = *state;
	static char junk[20000];
	sqlite3 *db;

	memset(junk, 0x5a, sizeof(junk));
	write_at(w->path, 0, junk, sizeof(junk));
	reopen(w);
	put(w, 3);
	reopen(w);
	assert_int_equal(bans(w), 3);
	assert_int_equal(moved(w), 1);
	state_close(&w->store);
	unlink(w->path);
	clock_hold((T0 + 1) * CLOCK_SECOND, 0);
	/* Somebody else's database. */
	assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
	sqlite3_exec(db, "CREATE TABLE ban (x)", NULL, NULL, NULL);
	sqlite3_close(db);
	reopen(w);
	put(w, 4);
	assert_int_equal(bans(w), 4);
	assert_int_equal(moved(w), 2);
}

/* The beginning is whole, so that it opens; what is behind is not. */
static void test_damage_that_shows_later(void **state)
{
	struct world *w = *state;
	static char junk[4096];
	struct stat st;

	reopen(w);
	put(w, 5000);
	state_close(&w->store);
	assert_int_equal(stat(w->path, &st), 0);
	assert_true(st.st_size > 20 * 4096);
	memset(junk, 0xa5, sizeof(junk));
	for (off_t page = 1; page < st.st_size / 4096; page++)
		write_at(w->path, page * 4096, junk, sizeof(junk));
	reopen(w);
	assert_non_null(w->store);
	assert_true(bans(w) < 5000);
	put(w, 7);
	reopen(w);
	assert_int_equal(bans(w), 7);
	assert_int_equal(moved(w), 1);
}

static void test_cut_off(void **state)
{
	struct world *w = *state;

	for (off_t size = 0; size <= 8192; size += 512) {
		clock_hold((T0 + size) * CLOCK_SECOND, 0);
		reopen(w);
		put(w, 500);
		state_close(&w->store);
		assert_int_equal(truncate(w->path, size), 0);
		reopen(w);
		assert_non_null(w->store);
		bans(w);
		put(w, 3);
		reopen(w);
		assert_true(bans(w) >= 3);
		state_close(&w->store);
		unlink(w->path);
	}
}

static void test_rows_of_others(void **state)
{
	struct world *w = *state;
	static const char rows[] =
		"INSERT INTO ban VALUES ('a', x'00', 128, 1, 0, 1);"
		"INSERT INTO ban VALUES ('c', zeroblob(16), 500, 1, 0, 1);"
		"INSERT INTO ban VALUES ('d', zeroblob(16), -1, 1, 0, 1);"
		"INSERT INTO ban VALUES ('e',"
		" x'20010db8000000000000000000000001', 64, 1, 0, 1);"
		"INSERT INTO ban VALUES ('f',"
		" x'00000000000000000000ffffc0000201', 120, 1, 0, 1);"
		"INSERT INTO ban VALUES ('good',"
		" x'00000000000000000000ffffc0000200', 120, 1, 0, 1);"
		"INSERT INTO failures VALUES ('a', 'x', NULL, 1);"
		"INSERT INTO offender VALUES ('a', 7, 7, 7, 7);";
	sqlite3 *db;

	reopen(w);
	state_close(&w->store);
	assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, rows, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	reopen(w);
	assert_int_equal(bans(w), 1);
}

static void test_locked_by_another(void **state)
{
	struct world *w = *state;
	struct state *second;

	reopen(w);
	put(w, 1);
	second = state_open(w->dir);
	assert_null(second);
	/* It was left where it is. */
	assert_int_equal(moved(w), 0);
	put(w, 2);
	reopen(w);
	assert_int_equal(bans(w), 2);
}

static void test_no_directory(void **state)
{
	struct world *w = *state;
	char path[96];

	snprintf(path, sizeof(path), "%s/none", w->dir);
	assert_null(state_open(path));
}

/* Nothing can be written for a while; then what comes is kept again. */
static void test_a_full_disk(void **state)
{
	struct world *w = *state;
	struct rlimit old, none;

	reopen(w);
	put(w, 10);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	none = old;
	none.rlim_cur = 100;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	put(w, 20);
	put(w, 30);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	/* It is not tried again at once. */
	put(w, 31);
	assert_int_equal(bans(w), 10);
	clock_hold((T0 + 11) * CLOCK_SECOND, 11 * CLOCK_SECOND);
	put(w, 40);
	reopen(w);
	assert_int_equal(bans(w), 40);
	assert_int_equal(moved(w), 0);
}

static int quiet(void **state)
{
	(void)state;
	return freopen("/dev/null", "w", stderr) ? 0 : -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_kept),
		TEST(test_without_a_store),
		TEST(test_prune),
		TEST(test_a_file_that_is_not_ours),
		TEST(test_damage_that_shows_later),
		TEST(test_cut_off),
		TEST(test_rows_of_others),
		TEST(test_locked_by_another),
		TEST(test_no_directory),
		TEST(test_a_full_disk),
	};

	return cmocka_run_group_tests(tests, quiet, NULL);
}
