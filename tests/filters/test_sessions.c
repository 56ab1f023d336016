/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of one connection: the address of one, the failure of another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "filters/sessions.h"
#include "lib/clock.h"

#define START (INT64_C(1795255200) * CLOCK_SECOND)

enum { NOFAIL = 1, GAINED = 2, FORGET = 4 };

/* Tells one line; the address that it fails with in text, or "". */
static const char *tell(struct sessions *sessions, int second, const char *id,
	const char *address, const char *user, int flags)
{
	static char text[PREFIX_TEXT];
	struct session_line line = {
		.id = id,
		.id_len = strlen(id),
		.user = user,
		.user_len = user ? strlen(user) : 0,
		.nofail = flags & NOFAIL,
		.gained = flags & GAINED,
		.forget = flags & FORGET,
		.time = START + second * CLOCK_SECOND,
	};
	struct session_answer answer;

	if (address) {
		assert_true(prefix_parse(address, strlen(address), &line.who));
		line.has_who = true;
	}
	sessions_tell(sessions, &line, &answer);
	return answer.failure ? prefix_format(&answer.who, text) : "";
}

static void an_earlier_address(void **state)
{
	struct sessions *s = sessions_new();

	(void)state;
	assert_string_equal(tell(s, 0, "a", "192.0.2.1", NULL, NOFAIL), "");
	assert_string_equal(tell(s, 1, "a", NULL, "root", 0), "192.0.2.1");
	/* Another connection knows nothing of it. */
	assert_string_equal(tell(s, 2, "b", NULL, "root", 0), "");
	assert_string_equal(tell(s, 3, "b", "192.0.2.2", NULL, 0), "192.0.2.2");
	/* When it is forgotten or old, it is gone. */
	assert_string_equal(tell(s, 4, "a", NULL, NULL, FORGET | NOFAIL), "");
	assert_string_equal(tell(s, 5, "a", NULL, "root", 0), "");
	assert_string_equal(
		tell(s, 3 + SESSION_SECONDS + 1, "b", NULL, "x", 0), "");
	sessions_free(&s);
}

static void getting_in(void **state)
{
	struct sessions *s = sessions_new();

	(void)state;
	/* One user who mistyped before the address was known. */
	assert_string_equal(tell(s, 0, "a", NULL, "me", 0), "");
	assert_string_equal(tell(s, 1, "a", "192.0.2.1", "me", GAINED), "");
	/* Several users were tried: getting in with one excuses nothing. */
	assert_string_equal(tell(s, 2, "b", NULL, "root", 0), "");
	assert_string_equal(
		tell(s, 3, "b", "192.0.2.2", "me", GAINED), "192.0.2.2");
	/* A failure that waited counts at the end. */
	assert_string_equal(tell(s, 4, "c", NULL, "root", 0), "");
	assert_string_equal(tell(s, 5, "c", "192.0.2.3", NULL, NOFAIL | FORGET),
		"192.0.2.3");
	sessions_free(&s);
}

/* What waited for its address counts once. */
static void counted_once(void **state)
{
	struct sessions *s = sessions_new();

	(void)state;
	assert_string_equal(tell(s, 0, "a", NULL, "root", 0), "");
	assert_string_equal(
		tell(s, 1, "a", "192.0.2.1", NULL, NOFAIL), "192.0.2.1");
	assert_string_equal(tell(s, 2, "a", NULL, NULL, NOFAIL), "");
	/* Two users are two, if they differ in a letter, whichever. */
	assert_string_equal(tell(s, 3, "b", "192.0.2.2", "rob", NOFAIL), "");
	assert_string_equal(tell(s, 4, "b", NULL, "bob", NOFAIL), "192.0.2.2");
	assert_string_equal(tell(s, 5, "c", "192.0.2.3", "bob", NOFAIL), "");
	assert_string_equal(tell(s, 6, "c", NULL, "bob", NOFAIL), "");
	assert_string_equal(tell(s, 7, "c", NULL, "boc", NOFAIL), "192.0.2.3");
	sessions_free(&s);
}

static void it_does_not_grow(void **state)
{
	struct sessions *s = sessions_new();
	char id[SESSION_ID + 20];

	(void)state;
	for (int i = 0; i < SESSIONS_MOST + 1; i++) {
		snprintf(id, sizeof(id), "%d", i);
		tell(s, i / 64, id, "192.0.2.1", NULL, NOFAIL);
	}
	assert_string_equal(tell(s, 101, "0", NULL, NULL, 0), "");
	assert_string_equal(tell(s, 101, "100", NULL, NULL, 0), "192.0.2.1");
	/* Too long an id joins nothing, and does no harm. */
	memset(id, 'x', sizeof(id));
	id[sizeof(id) - 1] = '\0';
	assert_string_equal(tell(s, 102, id, "192.0.2.1", NULL, NOFAIL), "");
	assert_string_equal(tell(s, 103, id, NULL, NULL, 0), "");
	assert_string_equal(
		tell(s, 104, id, "192.0.2.4", NULL, 0), "192.0.2.4");
	sessions_free(&s);
}

/* Who holds many connections open, and waits, guesses for himself. */
static void waiting_hides_nobody(void **state)
{
	static const char first[] = "00000000deadbeef",
			  pid[] = "mx sshd[1234567]";
	struct sessions *s = sessions_new();
	char id[SESSION_ID];

	(void)state;
	tell(s, 0, first, "192.0.2.1", NULL, NOFAIL);
	tell(s, 0, pid, "192.0.2.2", NULL, NOFAIL);
	for (int i = 1; i < 1000; i++) {
		snprintf(id, sizeof(id), "%016x", i);
		tell(s, i, id, "192.0.2.1", NULL, NOFAIL);
	}
	assert_string_equal(tell(s, 80000, first, NULL, "x", 0), "192.0.2.1");
	assert_string_equal(tell(s, 80000, first, NULL, "y", 0), "192.0.2.1");
	/* By then another's connection has the number. */
	assert_string_equal(tell(s, 80000, pid, NULL, "x", 0), "");
	/* As long as something is told, it is the same. */
	tell(s, 80000, "d", "192.0.2.3", NULL, NOFAIL);
	tell(s, 80200, "d", NULL, NULL, NOFAIL);
	assert_string_equal(tell(s, 80400, "d", NULL, "x", 0), "192.0.2.3");
	sessions_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_earlier_address),
		cmocka_unit_test(getting_in),
		cmocka_unit_test(counted_once),
		cmocka_unit_test(it_does_not_grow),
		cmocka_unit_test(waiting_hides_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
