/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mixed changes in one transaction: refreshed times, twins, what the kernel
 * refuses, and that the rest gets in all the same.
 */
#include "nft/change.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include "nft/dump.h"
#include "nft/table.h"
#include "tests/nft/world.h"

#define MINUTE UINT64_C(60000)

struct scene {
	struct world w;
	struct layout_jail jails[2];
	struct layout layout;
	struct change c;
};

static void scene_new(struct scene *s)
{
	s->jails[0] = world_jail("a", "25");
	s->jails[1] = world_jail("b", "143");
	s->jails[1].elements = 3;
	s->layout = (struct layout){.jails = s->jails, .n = 2};
	world_new(&s->w);
	assert_int_equal(
		table_apply(s->w.nft, &s->w.batch, &s->layout, NULL, NULL), 0);
	assert_int_equal(change_init(&s->c, 20000), 0);
}

static void scene_free(struct scene *s)
{
	change_deinit(&s->c);
	world_free(&s->w);
}

static void put(struct scene *s, uint32_t jail, const char *prefix,
	uint64_t timeout, bool refresh)
{
	struct change_entry e = {.jail = jail,
		.element.prefix = world_prefix(prefix),
		.element.timeout = timeout,
		.refresh = refresh};

	change_put(&s->c, &e);
}

static int commit(struct scene *s, enum change_verb verb)
{
	return change_commit(&s->c, verb, s->w.nft, &s->w.batch, &s->layout);
}

static void add(struct scene *s, uint32_t jail, const char *prefix,
	uint64_t timeout, bool refresh)
{
	change_clear(&s->c);
	put(s, jail, prefix, timeout, refresh);
	assert_int_equal(commit(s, CHANGE_ADD), 0);
	assert_int_equal(s->c.entries[0].error, 0);
}

struct found {
	struct prefix wanted;
	struct dump_element e;
	int n, all;
};

static int find(const struct dump_element *e, void *context)
{
	struct found *f = context;

	f->all++;
	if (e->prefix.len == f->wanted.len &&
		addr_equal(&e->prefix.net, &f->wanted.net)) {
		f->e = *e;
		f->n++;
	}
	return 0;
}

/* The element of this prefix; its n is 0 when it is not there. */
static struct found found(struct scene *s, uint32_t jail, const char *prefix)
{
	struct found f = {.wanted = world_prefix(prefix)};
	enum set_kind kind = set_kind_of(&f.wanted);
	char name[SET_NAME];

	set_name(name, kind, s->jails[jail].name);
	assert_int_equal(dump_set(s->w.nft, kind, name, find, &f), 0);
	return f;
}

static void remaining_is(struct scene *s, const char *prefix, uint64_t timeout)
{
	struct found f = found(s, 0, prefix);

	assert_int_equal(f.n, 1);
	assert_int_equal(f.e.timeout, timeout);
	assert_true(f.e.remaining <= timeout);
	assert_true(f.e.remaining + 30000 > timeout);
}

static void each_goes_to_its_set(void **state)
{
	struct scene s;

	(void)state;
	scene_new(&s);
	put(&s, 0, "192.0.2.1", MINUTE, false);
	put(&s, 1, "192.0.2.1", MINUTE, false);
	put(&s, 0, "2001:db8::1", MINUTE, true);
	put(&s, 0, "198.51.100.0/24", MINUTE, false);
	put(&s, 1, "192.0.2.2", MINUTE, true);
	put(&s, 0, "2001:db8::/64", MINUTE, true);
	put(&s, 0, "192.0.2.3", MINUTE, false);
	assert_int_equal(commit(&s, CHANGE_ADD), 0);
	assert_int_equal(s.c.transactions, 1);
	assert_int_equal(found(&s, 0, "192.0.2.1").all, 2);
	assert_int_equal(found(&s, 0, "192.0.2.3").n, 1);
	assert_int_equal(found(&s, 1, "192.0.2.1").n, 1);
	assert_int_equal(found(&s, 1, "192.0.2.2").n, 1);
	assert_int_equal(found(&s, 1, "192.0.2.2").all, 2);
	assert_int_equal(found(&s, 0, "2001:db8::1").n, 1);
	assert_int_equal(found(&s, 0, "198.51.100.0/24").n, 1);
	assert_int_equal(found(&s, 0, "2001:db8::/64").n, 1);
	scene_free(&s);
}

/* Up, down, to for ever and back: of a host and of a prefix. */
static void refresh_sets_the_time(void **state)
{
	static const char *const where[] = {"192.0.2.1", "2001:db8::1",
		"198.51.100.0/24", "2001:db8::/64", "128.0.0.0/1"};
	struct scene s;

	(void)state;
	scene_new(&s);
	for (size_t i = 0; i < sizeof(where) / sizeof(*where) - 1; i++) {
		add(&s, 0, where[i], 10 * MINUTE, true);
		remaining_is(&s, where[i], 10 * MINUTE);
		add(&s, 0, where[i], 60 * MINUTE, true);
		remaining_is(&s, where[i], 60 * MINUTE);
		add(&s, 0, where[i], MINUTE, true);
		remaining_is(&s, where[i], MINUTE);
		add(&s, 0, where[i], 0, true);
		remaining_is(&s, where[i], 0);
		add(&s, 0, where[i], 5 * MINUTE, true);
		remaining_is(&s, where[i], 5 * MINUTE);
	}
	scene_free(&s);
	/* One that reaches to the end of the space. */
	scene_new(&s);
	add(&s, 0, where[4], 10 * MINUTE, true);
	add(&s, 0, where[4], 60 * MINUTE, true);
	remaining_is(&s, where[4], 60 * MINUTE);
	scene_free(&s);
}

/* Kernels from 6.12 on would refresh by the last of these alone. */
static void refresh_is_add_delete_add(void **state)
{
	const uint16_t wanted[] = {
		NFT_MSG_NEWSETELEM, NFT_MSG_DELSETELEM, NFT_MSG_NEWSETELEM};
	struct scene s;

	(void)state;
	scene_new(&s);
	/* One message does where it is not there. */
	add(&s, 0, "192.0.2.1", MINUTE, true);
	assert_int_equal(s.w.batch.count, 1);
	add(&s, 0, "192.0.2.1", 2 * MINUTE, true);
	assert_int_equal(s.w.batch.count, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct nlmsghdr *m =
			(const struct nlmsghdr *)(s.w.batch.bytes +
						  s.w.batch.messages[i].at);

		assert_int_equal(m->nlmsg_type & 0xff, wanted[i]);
	}
	/* And where nothing is to be refreshed. */
	add(&s, 0, "192.0.2.2", MINUTE, false);
	assert_int_equal(s.w.batch.count, 1);
	scene_free(&s);
}

static void of_twins_the_last_counts(void **state)
{
	struct scene s;

	(void)state;
	scene_new(&s);
	add(&s, 0, "192.0.2.1", MINUTE, false);
	change_clear(&s.c);
	put(&s, 0, "192.0.2.1", 2 * MINUTE, true);
	put(&s, 0, "192.0.2.2", 7 * MINUTE, true);
	put(&s, 0, "192.0.2.1", 3 * MINUTE, false);
	put(&s, 0, "192.0.2.1", 4 * MINUTE, false);
	put(&s, 0, "198.51.100.0/24", MINUTE, true);
	put(&s, 0, "198.51.100.0/24", 9 * MINUTE, true);
	s.c.transactions = 0;
	assert_int_equal(commit(&s, CHANGE_ADD), 0);
	assert_int_equal(s.c.transactions, 2);
	for (size_t i = 0; i < s.c.n; i++)
		assert_int_equal(s.c.entries[i].error, 0);
	remaining_is(&s, "192.0.2.1", 4 * MINUTE);
	remaining_is(&s, "192.0.2.2", 7 * MINUTE);
	remaining_is(&s, "198.51.100.0/24", 9 * MINUTE);
	scene_free(&s);
}

static void one_refused_does_not_stop_the_others(void **state)
{
	struct scene s;

	(void)state;
	scene_new(&s);
	add(&s, 0, "10.1.0.0/16", MINUTE, false);
	change_clear(&s.c);
	put(&s, 0, "192.0.2.1", MINUTE, false);
	put(&s, 0, "10.0.0.0/8", MINUTE, false);
	put(&s, 0, "10.1.2.0/24", MINUTE, false);
	put(&s, 0, "11.0.0.0/8", MINUTE, false);
	put(&s, 0, "192.0.2.2", MINUTE, true);
	put(&s, 0, "10.0.0.0/8", MINUTE, true);
	assert_int_equal(commit(&s, CHANGE_ADD), 0);
	assert_int_equal(s.c.entries[0].error, 0);
	assert_true(s.c.entries[1].error < 0);
	assert_true(s.c.entries[2].error < 0);
	assert_int_equal(s.c.entries[3].error, 0);
	assert_int_equal(s.c.entries[4].error, 0);
	assert_true(s.c.entries[5].error < 0);
	assert_int_equal(found(&s, 0, "11.0.0.0/8").n, 1);
	assert_int_equal(found(&s, 0, "11.0.0.0/8").all, 2);
	assert_int_equal(found(&s, 0, "192.0.2.1").all, 2);
	scene_free(&s);
}

static void a_full_set_takes_what_fits(void **state)
{
	char text[ADDR_TEXT];
	struct scene s;
	int refused = 0;

	(void)state;
	scene_new(&s);
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "10.0.%d.%d", i / 250, i % 250);
		put(&s, 1, text, MINUTE, false);
	}
	put(&s, 0, "192.0.2.1", MINUTE, false);
	assert_int_equal(commit(&s, CHANGE_ADD), 0);
	for (int i = 0; i < 1000; i++)
		refused += s.c.entries[i].error == -ENFILE;
	assert_int_equal(refused, 997);
	assert_int_equal(s.c.entries[1000].error, 0);
	assert_int_equal(found(&s, 1, "10.0.0.0").all, 3);
	assert_int_equal(found(&s, 0, "192.0.2.1").n, 1);
	/* It must not take a try for each. */
	assert_true(s.c.retries <= 2);
	scene_free(&s);
}

static void what_is_not_there_is_removed_too(void **state)
{
	char text[ADDR_TEXT];
	struct scene s;

	(void)state;
	scene_new(&s);
	add(&s, 0, "10.0.0.7", 0, false);
	add(&s, 0, "10.0.0.200", 0, false);
	add(&s, 0, "198.51.100.0/24", MINUTE, false);
	add(&s, 0, "198.51.101.0/24", MINUTE, false);
	change_clear(&s.c);
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "10.0.0.%d", i);
		put(&s, 0, text, 0, false);
	}
	put(&s, 0, "198.51.100.0/24", 0, false);
	put(&s, 0, "203.0.113.0/24", 0, false);
	put(&s, 0, "198.51.100.0/24", 0, false);
	/* Not there, but a part of what is. */
	put(&s, 0, "198.51.101.0/25", 0, false);
	assert_int_equal(commit(&s, CHANGE_REMOVE), 0);
	for (size_t i = 0; i < 103; i++)
		assert_int_equal(s.c.entries[i].error, 0);
	assert_true(s.c.entries[103].error < 0);
	assert_int_equal(found(&s, 0, "10.0.0.200").all, 1);
	assert_int_equal(found(&s, 0, "198.51.101.0/24").all, 1);
	assert_true(s.c.retries <= 2);
	scene_free(&s);
}

static void a_missing_set_is_told(void **state)
{
	struct scene s;

	(void)state;
	scene_new(&s);
	world_nft("delete table inet mailban");
	put(&s, 0, "192.0.2.1", MINUTE, true);
	put(&s, 1, "192.0.2.2", MINUTE, false);
	assert_int_equal(commit(&s, CHANGE_ADD), -ENOENT);
	assert_int_equal(commit(&s, CHANGE_REMOVE), -ENOENT);
	/* Made anew, the same change can be committed once more. */
	assert_int_equal(
		table_apply(s.w.nft, &s.w.batch, &s.layout, NULL, NULL), 0);
	assert_int_equal(commit(&s, CHANGE_ADD), 0);
	assert_int_equal(found(&s, 0, "192.0.2.1").n, 1);
	assert_int_equal(found(&s, 1, "192.0.2.2").n, 1);
	scene_free(&s);
}

static void what_was_refused_before_is_left_out(void **state)
{
	struct change_entry e = {
		.element.prefix = world_prefix("192.0.2.1"), .error = -EPERM};
	struct scene s;

	(void)state;
	scene_new(&s);
	change_put(&s.c, &e);
	put(&s, 0, "192.0.2.2", 0, false);
	assert_int_equal(commit(&s, CHANGE_ADD), 0);
	assert_int_equal(s.c.entries[0].error, -EPERM);
	assert_int_equal(found(&s, 0, "192.0.2.1").n, 0);
	assert_int_equal(found(&s, 0, "192.0.2.2").n, 1);
	/* Nothing at all to be done. */
	change_clear(&s.c);
	change_put(&s.c, &e);
	assert_int_equal(commit(&s, CHANGE_ADD), 0);
	scene_free(&s);
}

/* The largest there can be: all of IPv6, all refreshed. */
static void as_many_as_there_may_be(void **state)
{
	struct scene s;

	(void)state;
	scene_new(&s);
	for (uint32_t i = 0; i < 18700; i++) {
		struct change_entry e = {
			.element.prefix = world_prefix("2001:db8::1"),
			.element.timeout = MINUTE,
			.refresh = true};

		e.element.prefix.net.ip[8] = (uint8_t)(i >> 8);
		e.element.prefix.net.ip[9] = (uint8_t)i;
		change_put(&s.c, &e);
	}
	assert_int_equal(commit(&s, CHANGE_ADD), 0);
	assert_int_equal(commit(&s, CHANGE_ADD), 0);
	/* The second is told that they are there, and goes again. */
	assert_int_equal(s.c.transactions, 3);
	assert_int_equal(found(&s, 0, "2001:db8::1").all, 18700);
	scene_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_goes_to_its_set),
		cmocka_unit_test(refresh_sets_the_time),
		cmocka_unit_test(refresh_is_add_delete_add),
		cmocka_unit_test(of_twins_the_last_counts),
		cmocka_unit_test(one_refused_does_not_stop_the_others),
		cmocka_unit_test(a_full_set_takes_what_fits),
		cmocka_unit_test(what_is_not_there_is_removed_too),
		cmocka_unit_test(a_missing_set_is_told),
		cmocka_unit_test(what_was_refused_before_is_left_out),
		cmocka_unit_test(as_many_as_there_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
