/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "jails/attempts.h"
#include "jails/keytable.h"
#include "lib/hash.h"

#define T0 INT64_C(1763719200)

static const struct hash_seed seed = {7, 8};

/* A line: who tells of which connection, user and sum; "" is none, session "-"
 * is one without a name, NULL says nothing. */
struct told {
	const char *witness, *session, *user;
	uint32_t attempts;
};

static uint32_t tell_from(struct attempts *a, uint32_t host, int64_t seconds,
	const struct told *told)
{
	uint8_t ip[4] = {
		10, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host};
	struct addr who = addr_from_bytes(ip, 4);
	struct failure f = {.who = prefix_of(&who), .attempts = told->attempts};
	struct attempt attempt;

	if (told->witness && *told->witness) {
		f.witness = told->witness;
		f.witness_len = strlen(told->witness);
	}
	if (told->user && *told->user) {
		f.user = told->user;
		f.user_len = strlen(told->user);
	}
	f.nameless = told->session && strcmp(told->session, "-") == 0;
	if (told->session && !f.nameless) {
		f.session = told->session;
		f.session_len = strlen(told->session);
	}
	attempts_read(a, &f, keytable_hash(&seed, &who, sizeof(who)), &attempt);
	return attempts_count(a, &attempt, T0 + seconds);
}

static uint32_t tell(struct attempts *a, int64_t seconds, struct told told)
{
	return tell_from(a, 1, seconds, &told);
}

#define AUTH(session)                    \
	(struct told)                    \
	{                                \
		"pam", session, "bob", 0 \
	}
#define LOGIN(session, n)                 \
	(struct told)                     \
	{                                 \
		"login", session, NULL, n \
	}
#define SASL                         \
	(struct told)                \
	{                            \
		"SASL", "-", NULL, 0 \
	}

static struct attempts *start(void **state)
{
	struct attempts *a = attempts_new(100, &seed);

	(void)state;
	assert_non_null(a);
	return a;
}

static void test_a_sum_counts_what_was_not_seen(void **state)
{
	struct attempts *a = start(state);

	assert_int_equal(tell(a, 0, AUTH("S1")), 1);
	assert_int_equal(tell(a, 3, AUTH("S1")), 1);
	assert_int_equal(tell(a, 9, LOGIN("S1", 5)), 3);
	assert_int_equal(tell(a, 9, LOGIN("S1", 5)), 0);
	assert_int_equal(tell(a, 10, AUTH("S2")), 1);
	assert_int_equal(tell(a, 11, LOGIN("S2", 1)), 0);
	assert_int_equal(tell(a, 12, LOGIN("S3", 2)), 2);
	/* The auth process's line may come late. */
	assert_int_equal(tell(a, 12, AUTH("S3")), 0);
	assert_int_equal(tell(a, 12, AUTH("S3")), 0);
	assert_int_equal(tell(a, 12, AUTH("S3")), 1);
	attempts_free(&a);
}

static void test_each_passdb_is_a_witness(void **state)
{
	struct attempts *a = start(state);

	for (int i = 0; i < 20; i++) {
		struct told sql = {"sql", "S1", "bob", 0};

		assert_int_equal(tell(a, i, sql), 1);
		assert_int_equal(tell(a, i, AUTH("S1")), 0);
	}
	assert_int_equal(tell(a, 30, LOGIN("S1", 20)), 0);
	/* Another user went to the other passdb alone: another attempt. */
	assert_int_equal(tell(a, 31, (struct told){"sql", "S2", "al", 0}), 1);
	assert_int_equal(tell(a, 31, AUTH("S2")), 1);
	assert_int_equal(tell(a, 32, LOGIN("S2", 2)), 0);
	attempts_free(&a);
}

static void test_what_has_no_witness_stands_for_itself(void **state)
{
	struct attempts *a = start(state);
	const struct told plain = {NULL, NULL, NULL, 0};
	const struct told malformed = {NULL, "S1", "bob", 0};

	for (int i = 0; i < 50; i++)
		assert_int_equal(tell(a, i, plain), 1);
	assert_int_equal(tell(a, 60, malformed), 1);
	assert_int_equal(tell(a, 60, malformed), 1);
	attempts_free(&a);
	a = start(state);
	assert_int_equal(tell(a, 60, malformed), 1);
	assert_int_equal(tell(a, 61, AUTH("S1")), 0);
	assert_int_equal(tell(a, 61, LOGIN("S1", 2)), 1);
	attempts_free(&a);
	/* The auth process's lines may come behind the login process's. */
	a = start(state);
	assert_int_equal(tell(a, 60, malformed), 1);
	assert_int_equal(tell(a, 61, LOGIN("S1", 3)), 2);
	assert_int_equal(tell(a, 61, malformed), 0);
	assert_int_equal(tell(a, 61, AUTH("S1")), 0);
	assert_int_equal(tell(a, 61, malformed), 0);
	assert_int_equal(tell(a, 61, malformed), 1);
	/* But only of its own connection. */
	assert_int_equal(tell(a, 62, LOGIN("S2", 1)), 1);
	assert_int_equal(tell(a, 62, (struct told){NULL, "S3", "bob", 0}), 1);
	attempts_free(&a);
}

static void test_a_sum_of_no_connection_is_taken_as_it_is(void **state)
{
	struct attempts *a = start(state);

	assert_int_equal(tell(a, 0, AUTH("S1")), 1);
	assert_int_equal(tell(a, 1, LOGIN("-", 3)), 3);
	assert_int_equal(tell(a, 1, LOGIN("-", 3)), 3);
	assert_int_equal(tell(a, 2, LOGIN("S1", 1)), 0);
	attempts_free(&a);
}

static void test_postfix(void **state)
{
	struct attempts *a = start(state);

	/* In either order, and with others in between. */
	assert_int_equal(tell(a, 0, AUTH("-")), 1);
	assert_int_equal(tell(a, 2, SASL), 0);
	assert_int_equal(tell(a, 3, SASL), 1);
	assert_int_equal(tell(a, 3, AUTH("-")), 0);
	assert_int_equal(tell(a, 4, AUTH("-")), 1);
	assert_int_equal(tell(a, 4, AUTH("S1")), 1);
	assert_int_equal(tell(a, 5, SASL), 0);
	/* The other one was by IMAP, of which Postfix says nothing. */
	assert_int_equal(tell(a, 6, SASL), 1);
	assert_int_equal(tell(a, 7, LOGIN("S1", 1)), 0);
	attempts_free(&a);
}

static void test_pam_knows_no_connection(void **state)
{
	struct attempts *a = start(state);
	const struct told unix_module = {"pam_unix", NULL, NULL, 0};

	assert_int_equal(tell(a, 0, unix_module), 1);
	assert_int_equal(tell(a, 2, AUTH("S1")), 0);
	assert_int_equal(tell(a, 5, LOGIN("S1", 1)), 0);
	assert_int_equal(tell(a, 6, unix_module), 1);
	assert_int_equal(tell(a, 7, LOGIN("S2", 1)), 0);
	assert_int_equal(tell(a, 8, unix_module), 1);
	assert_int_equal(tell(a, 9, SASL), 0);
	assert_int_equal(tell(a, 9, SASL), 1);
	attempts_free(&a);
}

/* The first line that names a user says whose attempt it was. */
static void test_a_user_that_a_later_line_names(void **state)
{
	struct attempts *a = start(state);

	assert_int_equal(
		tell(a, 0, (struct told){"pam_unix", NULL, NULL, 0}), 1);
	assert_int_equal(tell(a, 1, (struct told){"sql", "S1", "bob", 0}), 0);
	assert_int_equal(tell(a, 2, (struct told){"pam", "S1", "al", 0}), 1);
	assert_int_equal(tell(a, 3, AUTH("S1")), 0);
	attempts_free(&a);
}

/* A line that comes late makes none of those before it old. */
static void test_a_line_that_comes_late(void **state)
{
	struct attempts *a = start(state);

	assert_int_equal(tell(a, ATTEMPT_NAMED, AUTH("S1")), 1);
	assert_int_equal(tell(a, 0, AUTH("S1")), 1);
	assert_int_equal(tell(a, 2 * ATTEMPT_NAMED, LOGIN("S1", 2)), 0);
	attempts_free(&a);
}

static void test_it_is_of_the_moment(void **state)
{
	struct attempts *a = start(state);

	assert_int_equal(tell(a, 0, AUTH("-")), 1);
	assert_int_equal(tell(a, ATTEMPT_NAMELESS + 1, SASL), 1);
	assert_int_equal(tell(a, 1000, AUTH("S1")), 1);
	assert_int_equal(tell(a, 1000 + ATTEMPT_NAMED, LOGIN("S1", 1)), 0);
	assert_int_equal(tell(a, 2001 + 2 * ATTEMPT_NAMED, LOGIN("S1", 1)), 1);
	attempts_free(&a);
}

/* So many connections of one address at a time are told apart, however fast
 * they come and go: which second it is says nothing of their order. */
static void test_connections_side_by_side(void **state)
{
	struct attempts *a = start(state);
	char names[100][16];

	for (int i = 0; i < 100; i++)
		snprintf(names[i], sizeof(names[i]), "S%d", i);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(tell(a, 0, AUTH(names[i])), 1);
		if (i >= ATTEMPT_OPEN - 1)
			assert_int_equal(
				tell(a, 0,
					LOGIN(names[i - ATTEMPT_OPEN + 1], 1)),
				0);
	}
	for (int i = 100 - ATTEMPT_OPEN + 1; i < 100; i++)
		assert_int_equal(tell(a, 0, LOGIN(names[i], 1)), 0);
	attempts_free(&a);
	/* One that stays is not pushed out by many that end. */
	a = start(state);
	assert_int_equal(tell(a, 0, AUTH("long")), 1);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(tell(a, i, AUTH(names[i])), 1);
		assert_int_equal(tell(a, i, LOGIN(names[i], 1)), 0);
	}
	assert_int_equal(tell(a, 99, LOGIN("long", 1)), 0);
	attempts_free(&a);
	/* Nor is one of which the auth process has yet to tell, by others of
	 * which nothing was summed up. */
	a = start(state);
	for (int i = 0; i < 100; i++)
		assert_int_equal(tell(a, i, LOGIN(names[i], 0)), 1);
	assert_int_equal(tell(a, 100, LOGIN("late", 1)), 1);
	for (int i = 0; i < ATTEMPT_OPEN - 1; i++) {
		char name[16];

		snprintf(name, sizeof(name), "T%d", i);
		assert_int_equal(tell(a, 100, LOGIN(name, 0)), 1);
	}
	assert_int_equal(tell(a, 100, AUTH("late")), 0);
	attempts_free(&a);
}

/* Another address owes nothing and lends nothing. */
static void test_each_address_for_itself(void **state)
{
	struct attempts *a = start(state);
	const struct told auth = AUTH("S1"), login = LOGIN("S1", 1);

	for (uint32_t host = 0; host < 50; host++)
		assert_int_equal(tell_from(a, host, 0, &auth), 1);
	assert_int_equal(tell_from(a, 77, 0, &login), 1);
	for (uint32_t host = 0; host < 50; host++)
		assert_int_equal(tell_from(a, host, 1, &login), 0);
	attempts_free(&a);
}

static void test_a_flood_forgets_and_then_counts_again(void **state)
{
	struct attempts *a = start(state);
	const struct told auth = AUTH("S1"), login = LOGIN("S1", 1);
	uint32_t again = 0;

	for (uint32_t host = 0; host < 1000; host++) {
		assert_int_equal(
			tell_from(a, host, (int64_t)host / 10, &auth), 1);
		assert_true(attempts_size(a) <= 100);
	}
	assert_int_equal(attempts_evictions(a), 900);
	for (uint32_t host = 0; host < 1000; host++)
		again += tell_from(a, host, 100, &login);
	assert_true(again >= 900);
	assert_int_equal(attempts_expire(a, T0 + 100 + ATTEMPT_NAMED, 1000), 0);
	assert_int_equal(
		attempts_expire(a, T0 + 101 + ATTEMPT_NAMED, 1000), 100);
	assert_int_equal(attempts_size(a), 0);
	attempts_free(&a);
}

static uint32_t next(uint64_t *random)
{
	*random = *random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(*random >> 33);
}

/*
 * Whatever a client sends, in whatever order: no fewer attempts are counted
 * than any witness alone tells of, and than the connections' sums.
 */
static void test_no_attempt_can_be_made_to_vanish(void **state)
{
	static const char *const witnesses[] = {
		"sql", "pam", "SASL", "pam_unix", "x", ""};
	static const char *const users[] = {"", "a", "b", "c"};
	uint64_t random = 42;

	for (int round = 0; round < 500; round++) {
		struct attempts *a = start(state);
		uint32_t by[6] = {0}, sums[4] = {0}, counted = 0, sum = 0;

		for (int i = 0; i < 60; i++) {
			static const char names[4][3] = {
				"S0", "S1", "S2", "S3"};
			uint32_t w = next(&random) % 7, s = next(&random) % 6;
			int64_t at = (int64_t)(next(&random) % 30) + i * 10;
			struct told told = {.user = users[next(&random) % 4],
				.session = s < 4   ? names[s]
					   : s < 5 ? "-"
						   : NULL};

			if (w < 6) {
				told.witness = witnesses[w];
				by[w]++;
			} else if (s < 4) {
				told.witness = "login";
				told.attempts = sums[s] + next(&random) % 5;
				if (told.attempts == 0)
					continue;
				sums[s] = told.attempts;
			} else {
				continue;
			}
			counted += tell(a, at, told);
		}
		for (int s = 0; s < 4; s++)
			sum += sums[s];
		assert_true(counted >= sum);
		for (int w = 0; w < 6; w++)
			assert_true(counted >= by[w]);
		attempts_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_sum_counts_what_was_not_seen),
		cmocka_unit_test(test_each_passdb_is_a_witness),
		cmocka_unit_test(test_what_has_no_witness_stands_for_itself),
		cmocka_unit_test(test_a_sum_of_no_connection_is_taken_as_it_is),
		cmocka_unit_test(test_postfix),
		cmocka_unit_test(test_pam_knows_no_connection),
		cmocka_unit_test(test_a_user_that_a_later_line_names),
		cmocka_unit_test(test_a_line_that_comes_late),
		cmocka_unit_test(test_it_is_of_the_moment),
		cmocka_unit_test(test_connections_side_by_side),
		cmocka_unit_test(test_each_address_for_itself),
		cmocka_unit_test(test_a_flood_forgets_and_then_counts_again),
		cmocka_unit_test(test_no_attempt_can_be_made_to_vanish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
