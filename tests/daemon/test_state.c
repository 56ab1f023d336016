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

static void put_ban(struct world *w, const char *jail, const struct prefix *who,
	int64_t end, uint32_t count)
{
	const struct state_ban ban = {.jail = jail,
		.who = *who,
		.start = T0,
		.end = end,
		.count = count,
		.reason = "by hand"};

	state_put_ban(w->store, &ban);
}

static void put(struct world *w, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct prefix who = nth(i);

		put_ban(w, "a", &who, T0 + 600, 1);
	}
	state_commit(w->store);
}

static void count_ban(void *ctx, const struct state_ban *ban)
{
	unsigned int *n = ctx;

	(void)ban;
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

static int number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s;
	int n = -1;

	sqlite3_prepare_v2(db, sql, -1, &s, NULL);
	if (sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return n;
}

static void same_ban(void *ctx, const struct state_ban *ban)
{
	char text[PREFIX_TEXT];

	assert_string_equal(ban->jail, "b");
	assert_string_equal(prefix_format(&ban->who, text), "2001:db8::/64");
	assert_true(ban->start == T0 && ban->end == 0);
	assert_true(ban->count == UINT32_MAX);
	assert_string_equal(ban->reason, "by hand");
	(*(int *)ctx)++;
}

static void test_what_is_kept(void **state)
{
	struct world *w = *state;
	struct prefix a = at("192.0.2.1"), b = at("2001:db8::/64");
	char place[16];
	int seen = 0;

	reopen(w);
	put_ban(w, "a", &a, T0 + 600, 1);
	put_ban(w, "b", &b, 5, 7);
	put_ban(w, "b", &b, 0, UINT32_MAX);
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
	state_put_ban(NULL, &(struct state_ban){.jail = "a", .who = a});
	state_count(NULL, "lines", 1);
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
	put_ban(w, "a", &a, T0 + 10, 1);
	put_ban(w, "a", &b, 0, 1);
	state_prune(w->store, T0 + 11, 0, 0);
	state_commit(w->store);
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
	/* Nothing goes into the new one before all that is known has. */
	put(w, 6);
	assert_int_equal(bans(w), 0);
	assert_true(state_is_behind(w->store));
	put(w, 7);
	assert_false(state_is_behind(w->store));
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
		"INSERT INTO ban VALUES ('a', x'00', 128, 1, 0, 1, NULL);"
		"INSERT INTO ban VALUES ('c', zeroblob(16), 500, 1, 0, 1, NULL);"
		"INSERT INTO ban VALUES ('d', zeroblob(16), -1, 1, 0, 1, NULL);"
		"INSERT INTO ban VALUES ('e',"
		" x'20010db8000000000000000000000001', 64, 1, 0, 1, NULL);"
		"INSERT INTO ban VALUES ('f',"
		" x'00000000000000000000ffffc0000201', 120, 1, 0, 1, NULL);"
		"INSERT INTO ban VALUES ('good',"
		" x'00000000000000000000ffffc0000200', 120, 1, 0, 1, NULL);"
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
	w->store = state_open(path);
	assert_non_null(w->store);
	assert_true(state_was_cut_off(w->store));
	put(w, 2);
	assert_int_equal(bans(w), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	clock_hold((T0 + 3) * CLOCK_SECOND, 3 * CLOCK_SECOND);
	state_commit(w->store);
	assert_int_equal(bans(w), 2);
	assert_true(state_is_behind(w->store));
	state_close(&w->store);
	snprintf(path, sizeof(path), "%s/none/state.db", w->dir);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/none", w->dir);
	rmdir(path);
}

/* Nothing can be written for a while; then what comes is kept again. */
static void test_a_full_disk(void **state)
{
	struct world *w = *state;
	struct rlimit old, none;

	reopen(w);
	put(w, 10);
	assert_int_equal(bans(w), 10);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	none = old;
	none.rlim_cur = 100;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	put(w, 20);
	assert_int_equal(bans(w), 10);
	put(w, 30);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	/* It is not tried again at once. */
	put(w, 31);
	assert_int_equal(bans(w), 10);
	clock_hold((T0 + 3) * CLOCK_SECOND, 3 * CLOCK_SECOND);
	state_commit(w->store);
	assert_int_equal(bans(w), 31);
	/* All of it waited. */
	assert_false(state_is_behind(w->store));
	put(w, 40);
	reopen(w);
	assert_int_equal(bans(w), 40);
	assert_false(state_was_cut_off(w->store));
	assert_int_equal(moved(w), 0);
}

/* It is full for so long that not all of it can wait. */
static void test_full_for_long(void **state)
{
	struct world *w = *state;
	static const char place[1000];
	struct rlimit old, none;

	reopen(w);
	put(w, 10);
	assert_int_equal(bans(w), 10);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	none = old;
	none.rlim_cur = 100;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	put(w, 11);
	assert_int_equal(bans(w), 10);
	for (int i = 0; i < 20000; i++) {
		state_put_position(w->store, "/x", place, sizeof(place));
		state_commit(w->store);
	}
	put(w, 20);
	assert_false(state_is_behind(w->store));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	clock_hold((T0 + 3) * CLOCK_SECOND, 3 * CLOCK_SECOND);
	state_commit(w->store);
	bans(w);
	assert_true(state_is_behind(w->store));
	put(w, 5);
	reopen(w);
	assert_int_equal(bans(w), 5);
}

/* Another ban, an offender, a failure: what version 2 kept of them. */
static void test_an_older_version(void **state)
{
	struct world *w = *state;
	static const char version2[] =
		"PRAGMA journal_mode=WAL; PRAGMA application_id=1835167281;"
		"PRAGMA user_version=2;"
		"CREATE TABLE ban (jail TEXT, net BLOB, len INTEGER,"
		" start INTEGER, end INTEGER, count INTEGER,"
		" PRIMARY KEY (jail, net, len)) WITHOUT ROWID;"
		"CREATE TABLE offender (jail TEXT, net BLOB, len INTEGER,"
		" count INTEGER, last INTEGER,"
		" PRIMARY KEY (jail, net, len)) WITHOUT ROWID;"
		"CREATE TABLE failures (jail TEXT, ip BLOB, times BLOB,"
		" last INTEGER, PRIMARY KEY (jail, ip)) WITHOUT ROWID;"
		"CREATE TABLE position (source TEXT PRIMARY KEY, place BLOB)"
		" WITHOUT ROWID;"
		"INSERT INTO ban VALUES ('a',"
		" x'00000000000000000000ffffc0000200', 120, 1, 0, 1);"
		"INSERT INTO position VALUES ('/x', 'here');";
	char place[8];
	sqlite3 *db;

	assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db, version2, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	for (int i = 0; i < 2; i++) {
		reopen(w);
		assert_int_equal(moved(w), 0);
		assert_int_equal(bans(w), 1);
		assert_int_equal(
			state_get_position(w->store, "/x", place, 8), 4);
		assert_true(state_was_cut_off(w->store) == (i == 0));
	}
	state_close(&w->store);
	/* It can shrink, as a new one can. */
	assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
	assert_int_equal(number(db, "PRAGMA auto_vacuum"), 2);
	assert_int_equal(number(db, "PRAGMA user_version"), 5);
	/* The one between had no counts of the mail. */
	sqlite3_exec(db,
		"DROP TABLE mail; DROP TABLE message; DROP TABLE attacker;"
		"DROP TABLE account;"
		"PRAGMA user_version=3",
		NULL, NULL, NULL);
	sqlite3_close(db);
	reopen(w);
	assert_int_equal(moved(w), 0);
	assert_int_equal(bans(w), 1);
	state_close(&w->store);
	/* And a version that is still to come is none of ours. */
	assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
	assert_int_equal(number(db, "PRAGMA user_version"), 5);
	sqlite3_exec(db, "PRAGMA user_version=6", NULL, NULL, NULL);
	sqlite3_close(db);
	reopen(w);
	assert_int_equal(moved(w), 1);
	assert_int_equal(bans(w), 0);
}

/* What the closed store has of the lines of an hour: 0 is the first one. */
static int lines_of(struct world *w, int hour)
{
	char sql[128];
	sqlite3 *db;
	int n;

	snprintf(sql, sizeof(sql),
		"SELECT sum(value) FROM hourly"
		" WHERE name = 'lines' AND hour = %d",
		(int)(T0 / 3600) + hour);
	assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
	n = number(db, sql);
	sqlite3_close(db);
	return n;
}

/* Each hour's sum goes on where the last run left it. */
static void test_counts(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 4; i++) {
		reopen(w);
		clock_hold((T0 + i / 2 * 3600) * CLOCK_SECOND, 0);
		state_count(w->store, "lines", 5);
		state_commit(w->store);
		state_count(w->store, "lines", 2);
		state_count(w->store, "bans a", 1);
	}
	state_commit(w->store);
	state_close(&w->store);
	assert_int_equal(lines_of(w, 0), 14);
	assert_int_equal(lines_of(w, 1), 14);
	assert_int_equal(lines_of(w, 2), 0);
	reopen(w);
	clock_hold((T0 + 91 * INT64_C(86400)) * CLOCK_SECOND, 0);
	state_prune(w->store, 0, 0, 0);
	state_commit(w->store);
	state_close(&w->store);
	assert_int_equal(lines_of(w, 0) + lines_of(w, 1), 0);
}

static off_t size_of(struct world *w)
{
	struct stat st;

	assert_int_equal(stat(w->path, &st), 0);
	return st.st_size;
}

static void count_addr(void *ctx, const char *jail, const struct addr *who,
	const void *bytes, size_t n)
{
	unsigned int *count = ctx;

	(void)jail;
	(void)who;
	(void)bytes;
	(void)n;
	(*count)++;
}

static void count_offender(void *ctx, const char *jail,
	const struct prefix *who, uint32_t count, int64_t last)
{
	unsigned int *n = ctx;

	(void)jail;
	(void)who;
	(void)count;
	(void)last;
	(*n)++;
}

/* First failures go, the oldest first, then offenders; never a ban. */
static void test_a_cap(void **state)
{
	struct world *w = *state;
	unsigned int failures = 0, offenders = 0;

	reopen(w);
	put(w, 3000);
	for (uint32_t i = 0; i < 60000; i++) {
		struct prefix who = nth(i);

		state_put_failures(w->store, "a", &who.net, T0 + i,
			"0123456789abcdef", 16);
		if (i < 2000)
			state_put_offender(w->store, "a", &who, 1, T0 + i);
	}
	state_commit(w->store);
	state_each_failures(w->store, count_addr, &failures);
	assert_int_equal(failures, 60000);
	reopen(w);
	assert_true(size_of(w) > 1 << 20);
	state_limit(w->store, 1 << 20);
	put(w, 3001);
	failures = 0;
	state_each_failures(w->store, count_addr, &failures);
	state_each_offender(w->store, count_offender, &offenders);
	assert_in_range(failures, 1000, 30000);
	assert_int_equal(offenders, 2000);
	assert_true(size_of(w) <= 1 << 20);
	/* So small that only the bans are left, and stay. */
	state_limit(w->store, 1 << 16);
	put(w, 3002);
	failures = offenders = 0;
	state_each_failures(w->store, count_addr, &failures);
	state_each_offender(w->store, count_offender, &offenders);
	assert_int_equal(failures + offenders, 0);
	assert_int_equal(bans(w), 3002);
	assert_true(size_of(w) < 1 << 19);
}

static int quiet(void **state)
{
	(void)state;
	return freopen("/dev/null", "w", stderr) ? 0 : -1;
}

/* A disk takes its time for a sync: before the first commit nothing is
 * written. */
static void test_a_start_waits_for_no_disk(void **state)
{
	struct world *w = *state;
	char log[128];
	struct stat st;

	reopen(w);
	reopen(w);
	snprintf(log, sizeof(log), "%s-wal", w->path);
	assert_true(stat(log, &st) < 0 || st.st_size == 0);
	state_commit(w->store);
	bans(w);
	assert_int_equal(stat(log, &st), 0);
	assert_true(st.st_size > 0);
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
		TEST(test_full_for_long),
		TEST(test_an_older_version),
		TEST(test_counts),
		TEST(test_a_cap),
		TEST(test_a_start_waits_for_no_disk),
	};

	return cmocka_run_group_tests(tests, quiet, NULL);
}
