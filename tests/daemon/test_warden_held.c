/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is in a ban set with the time that he is to have, as the time goes. */
#include "daemon/warden_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "nft/dump.h"
#include "tests/nft/world.h"

#define SETS                                                             \
	"table inet mailban { set ban4-j { type ipv4_addr; size 65535; " \
	"flags timeout; counter; elements = { 192.0.2.1 timeout 10m, "   \
	"192.0.2.2 }; }; }\n"

static struct world world;
static struct warden *w;

static int setup(void **state)
{
	(void)state;
	world_new(&world);
	world_nft(SETS);
	w = calloc(1, sizeof(*w));
	assert_non_null(w);
	w->layout.jails = calloc(1, sizeof(*w->layout.jails));
	assert_non_null(w->layout.jails);
	w->layout.jails[0] = world_jail("j", "25");
	w->layout.n = 1;
	clock_hold(0, 100 * CLOCK_SECOND);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	warden_held_forget(w);
	dump_asked_close(&w->asked);
	free(w->layout.jails);
	free(w);
	clock_release();
	world_free(&world);
	return 0;
}

static bool has(const char *who, uint64_t timeout)
{
	struct element e = {.prefix = world_prefix(who), .timeout = timeout};

	assert_true(warden_held_knows(w, 0, &e.prefix));
	return warden_held_has(w, 0, &e);
}

/* Two seconds more or less may be the clocks'. */
static void the_time_that_is_left(void **state)
{
	(void)state;
	assert_true(has("192.0.2.1", 600000));
	assert_true(has("192.0.2.1", 598500));
	assert_false(has("192.0.2.1", 597000));
	assert_false(has("192.0.2.1", 603000));
	assert_false(has("192.0.2.1", 0));
	assert_false(has("192.0.2.3", 600000));
	assert_true(has("192.0.2.2", 0));
	assert_false(has("192.0.2.2", 600000));
	/* What was read then is older now. */
	clock_hold(0, 100 * CLOCK_SECOND + 1900 * CLOCK_MILLISECOND);
	assert_true(has("192.0.2.1", 598100));
	assert_true(has("192.0.2.1", 597000));
	assert_false(has("192.0.2.1", 601000));
	assert_true(has("192.0.2.2", 0));
}

static void what_is_old_is_not_believed(void **state)
{
	(void)state;
	assert_true(has("192.0.2.1", 600000));
	assert_int_equal(warden_held_due(w), 2001);
	clock_hold(0, 102 * CLOCK_SECOND);
	assert_int_equal(warden_held_due(w), -1);
	assert_null(w->held);
}

#define HELD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HELD_TEST(the_time_that_is_left),
		HELD_TEST(what_is_old_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
