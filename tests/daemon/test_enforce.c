/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue to the warden: what is told late is told in order all the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/config.h"
#include "daemon/enforce.h"
#include "daemon/request.h"
#include "lib/clock.h"

#define JAILS 2

struct world {
	struct jail jails[JAILS];
	struct config_jail items[JAILS];
	struct config config;
	struct warden_client *client;
	struct enforce *enforce;
	int warden; /* the other end, which nobody reads but the test */
	struct request_room room;
	uint8_t in[REQUEST_MOST + 1];
};

static void on_lost(void *ctx)
{
	(void)ctx;
}

/* One is, as if banned again meanwhile: 10.0.0.7. */
static bool is_wanted(void *ctx, size_t jail, const struct prefix *who)
{
	(void)ctx;
	assert_true(jail < JAILS);
	return who->net.ip[15] == 7;
}

static int make(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	assert_int_equal(warden_client_new(&w->client, fds[0], 0), 0);
	w->warden = fds[1];
	for (int i = 0; i < JAILS; i++) {
		w->jails[i].name = i ? "second" : "first";
		w->jails[i].ports_all = true;
		prefixset_init(&w->jails[i].ignoreip);
		w->items[i].jail = &w->jails[i];
	}
	w->config.items = w->items;
	w->config.n = JAILS;
	w->enforce = enforce_new(w->client,
		&(struct enforce_user){.lost = on_lost, .wants = is_wanted});
	assert_int_equal(enforce_layout(w->enforce, &w->config), 0);
	*state = w;
	return 0;
}

static void answer(struct world *w, uint32_t id)
{
	uint8_t out[REQUEST_MOST];
	struct reply done = {.type = REPLY_DONE, .id = id};
	int n = reply_encode(&done, out);

	assert_true(n > 0);
	assert_int_equal(send(w->warden, out, (size_t)n, MSG_NOSIGNAL), n);
}

/* The next request, answered; false if there is none. */
static bool take(struct world *w, struct request *r)
{
	ssize_t n = recv(w->warden, w->in, sizeof(w->in), MSG_DONTWAIT);

	if (n < 0)
		return false;
	assert_true(request_decode(r, &w->room, w->in, (size_t)n));
	answer(w, r->id);
	return true;
}

static int unmake(void **state)
{
	struct world *w = *state;
	struct request r;

	while (take(w, &r) || enforce_waits(w->enforce)) {
		warden_client_process(w->client);
		enforce_flush(w->enforce);
	}
	warden_client_process(w->client);
	enforce_free(&w->enforce);
	warden_client_free(&w->client);
	close(w->warden);
	for (int i = 0; i < JAILS; i++)
		prefixset_deinit(&w->jails[i].ignoreip);
	free(w);
	return 0;
}

static struct ban nth(uint32_t i, uint16_t jail)
{
	uint8_t ip[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
	struct addr a = addr_from_bytes(ip, 4);

	return (struct ban){
		.who = prefix_of(&a), .jail = jail, .end = BAN_FOREVER};
}

/* Gives bans until the queue takes no more; how many. */
static uint32_t stuff(struct world *w)
{
	uint32_t n = 0;
	struct ban ban;

	do {
		for (uint32_t i = 0; i < REQUEST_ENTRIES_MOST; i++) {
			ban = nth(n++, 0);
			enforce_ban(w->enforce, &ban);
		}
		enforce_flush(w->enforce);
		assert_true(n < 10000000);
	} while (!enforce_waits(w->enforce));
	return n;
}

static void test_order_is_kept(void **state)
{
	struct world *w = *state;
	struct request r;
	struct ban ban, marked;
	int orders = 0;
	bool banned = false;

	stuff(w);
	/* It is gathered behind a full batch, and lifted after a flush. */
	for (uint32_t i = 0; i < 100; i++) {
		ban = nth(1 << 20 | i, 0);
		enforce_ban(w->enforce, &ban);
	}
	marked = ban;
	enforce_flush(w->enforce);
	enforce_unban(w->enforce, &marked);
	enforce_flush(w->enforce);
	enforce_ban(w->enforce, &marked);
	enforce_unban(w->enforce, &marked);
	while (take(w, &r) || enforce_waits(w->enforce)) {
		for (size_t i = 0; r.type == REQUEST_BAN && i < r.n; i++)
			if (addr_equal(&r.entries[i].prefix.net,
				    &marked.who.net)) {
				orders++;
				banned = true;
			}
		for (size_t i = 0; r.type == REQUEST_UNBAN && i < r.n; i++)
			if (addr_equal(&r.entries[i].prefix.net,
				    &marked.who.net)) {
				orders++;
				assert_true(banned);
				banned = false;
			}
		r.type = 0;
		warden_client_process(w->client);
		enforce_flush(w->enforce);
	}
	assert_int_equal(orders, 4);
	assert_false(banned);
}

static void test_no_other_jails_while_orders_wait(void **state)
{
	struct world *w = *state;
	struct config fewer = {.items = w->items + 1, .n = 1};

	stuff(w);
	assert_int_equal(enforce_layout(w->enforce, &fewer), -EBUSY);
	/* What waits is told as it was meant. */
	enforce_flush(w->enforce);
	assert_true(enforce_waits(w->enforce));
}

/* Says that the kernel has no memory for any of them. */
static void refuse(struct world *w, const struct request *r)
{
	struct reply_refused entries[8];
	struct reply refused = {.type = REPLY_REFUSED,
		.id = r->id,
		.n = r->n,
		.refused = entries};
	uint8_t out[REQUEST_MOST];
	int n;

	for (size_t i = 0; i < r->n; i++)
		entries[i] = (struct reply_refused){(uint32_t)i, -ENOMEM};
	n = reply_encode(&refused, out);
	assert_true(n > 0);
	assert_int_equal(send(w->warden, out, (size_t)n, MSG_NOSIGNAL), n);
}

/* Until there is one of this type; what comes before is answered. */
static void take_until(
	struct world *w, struct request *r, enum request_type type)
{
	do {
		ssize_t n = recv(w->warden, w->in, sizeof(w->in), MSG_DONTWAIT);

		assert_true(n > 0);
		assert_true(request_decode(r, &w->room, w->in, (size_t)n));
		if (r->type != type)
			answer(w, r->id);
	} while (r->type != type);
	warden_client_process(w->client);
}

static void test_what_is_not_lifted_is_lifted_later(void **state)
{
	struct world *w = *state;
	struct request r;
	struct ban ban;

	for (uint32_t i = 6; i < 9; i++) {
		ban = nth(i, 1);
		enforce_unban(w->enforce, &ban);
	}
	enforce_flush(w->enforce);
	take_until(w, &r, REQUEST_UNBAN);
	assert_int_equal(r.n, 3);
	refuse(w, &r);
	answer(w, r.id);
	warden_client_process(w->client);
	enforce_look_again(w->enforce);
	assert_false(take(w, &r) && r.type == REQUEST_UNBAN);
	clock_hold(clock_wall(), clock_mono() + 2 * CLOCK_SECOND);
	enforce_look_again(w->enforce);
	take_until(w, &r, REQUEST_UNBAN);
	/* Not who is banned again. */
	assert_int_equal(r.n, 2);
	assert_int_equal(r.jail, 1);
	assert_int_equal(r.entries[0].prefix.net.ip[15], 6);
	assert_int_equal(r.entries[1].prefix.net.ip[15], 8);
	answer(w, r.id);
	/* And once. */
	clock_hold(clock_wall(), clock_mono() + 1000 * CLOCK_SECOND);
	enforce_look_again(w->enforce);
	while (take(w, &r))
		assert_int_not_equal(r.type, REQUEST_UNBAN);
}

/* At a start the kernel is at work while bans are still read. */
static void test_kept_bans_go_by_groups(void **state)
{
	struct world *w = *state;
	struct request r;
	struct ban ban;
	uint32_t n = 0;

	while (take(w, &r))
		;
	do {
		ban = nth(n, n % JAILS);
		n++;
		enforce_restore(w->enforce, &ban);
		assert_true(n < 10000);
	} while (recv(w->warden, w->in, 1, MSG_DONTWAIT | MSG_PEEK) < 0);
	assert_in_range(n, 500, REQUEST_ENTRIES_MOST);
	assert_false(enforce_waits(w->enforce));
	for (uint32_t i = 0, jail = 0; i < n; i += (uint32_t)r.n, jail++) {
		assert_true(take(w, &r));
		assert_int_equal(r.type, REQUEST_BAN);
		assert_int_equal(r.jail, jail);
		assert_false(r.entries[0].refresh);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_order_is_kept, make, unmake),
		cmocka_unit_test_setup_teardown(
			test_no_other_jails_while_orders_wait, make, unmake),
		cmocka_unit_test_setup_teardown(
			test_what_is_not_lifted_is_lifted_later, make, unmake),
		cmocka_unit_test_setup_teardown(
			test_kept_bans_go_by_groups, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
