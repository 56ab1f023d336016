/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transactions: answered at once, matched to the message at fault, tied to a
 * generation, and never sent by half.
 */
#include "nft/socket.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>

#include "nft/element.h"
#include "nft/genid.h"
#include "nft/set.h"
#include "tests/nft/world.h"

#define TABLE "add table inet mailban\n"

/* A table, and a batch that makes the set "one" there. */
static void begin_with_one(struct world *w)
{
	world_new(w);
	world_nft(TABLE);
	batch_begin(&w->batch, 0);
	set_put_new(&w->batch, SET_BAN4, "one", 10);
}

static void an_empty_one_is_not_sent(void **state)
{
	uint32_t before, after;
	struct world w;

	(void)state;
	world_new(&w);
	assert_int_equal(genid_read(w.nft, &before), 0);
	batch_begin(&w.batch, 0);
	assert_int_equal(nft_socket_commit(w.nft, &w.batch, NULL), 0);
	assert_int_equal(genid_read(w.nft, &after), 0);
	assert_int_equal(before, after);
	world_free(&w);
}

static void generation_grows_by_one(void **state)
{
	uint32_t before, after;
	struct world w;

	(void)state;
	world_new(&w);
	world_nft(TABLE);
	assert_int_equal(genid_read(w.nft, &before), 0);
	batch_begin(&w.batch, before);
	set_put_new(&w.batch, SET_BAN4, "ban4-j", 10);
	set_put_new(&w.batch, SET_NET6, "net6-j", 10);
	assert_int_equal(nft_socket_commit(w.nft, &w.batch, NULL), 0);
	assert_int_equal(genid_read(w.nft, &after), 0);
	assert_int_equal(after, before + 1);
	/* Another's change in between. */
	world_nft("add table inet other");
	batch_begin(&w.batch, after);
	set_put_delete(&w.batch, "ban4-j");
	assert_int_equal(nft_socket_commit(w.nft, &w.batch, NULL), -ERESTART);
	assert_int_equal(genid_read(w.nft, &after), 0);
	batch_begin(&w.batch, after);
	set_put_delete(&w.batch, "ban4-j");
	assert_int_equal(nft_socket_commit(w.nft, &w.batch, NULL), 0);
	world_free(&w);
}

/* Its answer was lost, say. */
static void the_same_is_sent_again(void **state)
{
	struct world w;

	(void)state;
	begin_with_one(&w);
	assert_int_equal(nft_socket_commit(w.nft, &w.batch, NULL), 0);
	world_nft("add table inet other");
	assert_int_equal(nft_socket_commit(w.nft, &w.batch, NULL), 0);
	world_free(&w);
}

static void the_message_at_fault_is_told(void **state)
{
	struct nft_fault fault;
	uint32_t tag = 9;
	struct world w;

	(void)state;
	begin_with_one(&w);
	set_put_delete(&w.batch, "two");
	set_put_delete(&w.batch, "three");
	assert_int_equal(nft_socket_commit(w.nft, &w.batch, &fault), -ENOENT);
	assert_ptr_equal(batch_message_by_seq(&w.batch, fault.seq, &tag),
		w.batch.bytes + w.batch.messages[1].at);
	assert_int_equal(tag, 0);
	/* Nothing of it took place. */
	batch_begin(&w.batch, 0);
	set_put_delete(&w.batch, "one");
	assert_int_equal(nft_socket_commit(w.nft, &w.batch, &fault), -ENOENT);
	world_free(&w);
}

/* So many errors that they would not fit in a receive buffer of the usual
 * size: the first is told, and the socket is of use afterwards. */
static void very_many_errors(void **state)
{
	struct nft_fault fault;
	uint32_t generation;
	struct world w;

	(void)state;
	begin_with_one(&w);
	for (int i = 0; i < 5000; i++)
		set_put_delete(&w.batch, "missing");
	assert_int_equal(nft_socket_commit(w.nft, &w.batch, &fault), -ENOENT);
	assert_int_equal(fault.seq, w.batch.seq + 1);
	assert_int_equal(genid_read(w.nft, &generation), 0);
	batch_begin(&w.batch, 0);
	set_put_new(&w.batch, SET_BAN4, "one", 10);
	assert_int_equal(nft_socket_commit(w.nft, &w.batch, &fault), 0);
	world_free(&w);
}

static void half_a_batch_is_never_sent(void **state)
{
	struct element e = {.prefix = world_prefix("192.0.2.1")};
	uint32_t before, after;
	struct world w;

	(void)state;
	world_new(&w);
	world_nft(TABLE);
	assert_int_equal(genid_read(w.nft, &before), 0);
	batch_begin(&w.batch, 0);
	set_put_new(&w.batch, SET_BAN4, "one", 10);
	while (!w.batch.error)
		element_put_add(&w.batch, SET_BAN4, "one", &e, 1, 0);
	assert_int_equal(nft_socket_commit(w.nft, &w.batch, NULL), -EMSGSIZE);
	assert_int_equal(genid_read(w.nft, &after), 0);
	assert_int_equal(before, after);
	/* And the next one is as good as new. */
	batch_begin(&w.batch, 0);
	set_put_new(&w.batch, SET_BAN4, "one", 10);
	assert_int_equal(nft_socket_commit(w.nft, &w.batch, NULL), 0);
	world_free(&w);
}

static int refuse(const struct nlmsghdr *m, void *context)
{
	(void)m;
	++*(int *)context;
	return -ECANCELED;
}

static void a_dump_broken_off_leaves_nothing_behind(void **state)
{
	_Alignas(8) uint8_t buf[NFT_QUESTION];
	struct nlmsghdr *m;
	uint32_t generation;
	struct world w;
	int calls = 0;

	(void)state;
	world_new(&w);
	world_nft(TABLE "add set inet mailban a { type ipv4_addr; }\n"
			"add set inet mailban b { type ipv4_addr; }\n");
	m = nft_socket_question(buf, NFT_MSG_GETSET, NLM_F_DUMP);
	assert_int_equal(nft_socket_ask(w.nft, m, refuse, &calls), -ECANCELED);
	assert_int_equal(calls, 1);
	assert_int_equal(genid_read(w.nft, &generation), 0);
	assert_true(generation > 0);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_one_is_not_sent),
		cmocka_unit_test(generation_grows_by_one),
		cmocka_unit_test(the_same_is_sent_again),
		cmocka_unit_test(the_message_at_fault_is_told),
		cmocka_unit_test(very_many_errors),
		cmocka_unit_test(half_a_batch_is_never_sent),
		cmocka_unit_test(a_dump_broken_off_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
