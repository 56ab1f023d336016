/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Elements put in and taken out as nft would, told again by a dump, and the
 * one at fault found by the kernel's answer.
 */
#include "nft/element.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nft/dump.h"
#include "nft/table.h"
#include "tests/nft/world.h"

#define MINUTE UINT64_C(60000)

/* A table with one jail "j", as ours and as nft's. */
static void new_table(struct world *w)
{
	struct layout_jail jail = world_jail("j", "25");
	struct layout layout = {.jails = &jail, .n = 1};

	world_new(w);
	assert_int_equal(
		table_apply(w->nft, &w->batch, &layout, NULL, NULL), 0);
}

#define SETS                                                                \
	"add table inet mailban\n"                                          \
	"add set inet mailban ban4-j { type ipv4_addr; size 1048576;"       \
	" flags timeout; counter; }\n"                                      \
	"add set inet mailban ban6-j { type ipv6_addr; size 1048576;"       \
	" flags timeout; counter; }\n"                                      \
	"add set inet mailban net4-j { type ipv4_addr; size 131072;"        \
	" flags interval, timeout; counter; }\n"                            \
	"add set inet mailban net6-j { type ipv6_addr; size 131072;"        \
	" flags interval, timeout; counter; }\n"                            \
	"add set inet mailban rush4-j { type ipv4_addr; size 1048576;"      \
	" flags timeout; }\n"                                               \
	"add set inet mailban rush6-j { type ipv6_addr; size 1048576;"      \
	" flags timeout; }\n"                                               \
	"add set inet mailban allow4 { type ipv4_addr; flags interval; }\n" \
	"add set inet mailban allow6 { type ipv6_addr; flags interval; }\n"

static const struct {
	enum set_kind kind;
	const char *name;
} sets[] = {
	{SET_BAN4, "ban4-j"},
	{SET_BAN6, "ban6-j"},
	{SET_NET4, "net4-j"},
	{SET_NET6, "net6-j"},
	{SET_ALLOW4, "allow4"},
	{SET_ALLOW6, "allow6"},
};

static const char *name_of(enum set_kind kind)
{
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		if (sets[i].kind == kind)
			return sets[i].name;
	fail();
	return NULL;
}

static struct element element(const char *prefix, uint64_t timeout)
{
	return (struct element){
		.prefix = world_prefix(prefix), .timeout = timeout};
}

static int add(struct world *w, enum set_kind kind, const char *prefix,
	uint64_t timeout)
{
	struct element e = element(prefix, timeout);

	batch_begin(&w->batch, 0);
	element_put_add(&w->batch, kind, name_of(kind), &e, 1, 0);
	return nft_socket_commit(w->nft, &w->batch, NULL);
}

static int delete (struct world *w, enum set_kind kind, const char *prefix)
{
	struct element e = element(prefix, 0);

	batch_begin(&w->batch, 0);
	element_put_delete(&w->batch, kind, name_of(kind), &e, 1, 0);
	return nft_socket_commit(w->nft, &w->batch, NULL);
}

/* What a dump tells. */
struct told {
	struct dump_element *e;
	size_t n, room;
};

static int take(const struct dump_element *e, void *context)
{
	struct told *t = context;

	if (t->n == t->room) {
		t->room = t->room ? t->room * 2 : 64;
		t->e = reallocarray(t->e, t->room, sizeof(*t->e));
		assert_non_null(t->e);
	}
	t->e[t->n++] = *e;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct dump_element *x = a, *y = b;

	return addr_compare(&x->prefix.net, &y->prefix.net);
}

static struct told dump(struct world *w, enum set_kind kind)
{
	struct told t = {0};

	assert_int_equal(dump_set(w->nft, kind, name_of(kind), take, &t), 0);
	if (t.n > 0)
		qsort(t.e, t.n, sizeof(*t.e), compare);
	return t;
}

static void told_is(
	const struct dump_element *e, const char *prefix, uint64_t timeout)
{
	char text[PREFIX_TEXT];

	assert_string_equal(prefix_format(&e->prefix, text), prefix);
	assert_int_equal(e->timeout, timeout);
	if (timeout == 0) {
		assert_int_equal(e->remaining, 0);
	} else {
		assert_true(e->remaining <= timeout);
		assert_true(e->remaining + 30000 > timeout);
	}
	assert_int_equal(e->packets, 0);
	assert_int_equal(e->bytes, 0);
}

static void hosts_as_nft_adds_them(void **state)
{
	struct told t;
	struct world w;

	(void)state;
	new_table(&w);
	assert_int_equal(add(&w, SET_BAN4, "192.0.2.1", 10 * MINUTE), 0);
	assert_int_equal(add(&w, SET_BAN4, "192.0.2.2", 0), 0);
	assert_int_equal(add(&w, SET_BAN4, "192.0.2.3", 1500), 0);
	t = dump(&w, SET_BAN4);
	assert_int_equal(t.n, 3);
	told_is(&t.e[0], "192.0.2.1", 10 * MINUTE);
	told_is(&t.e[1], "192.0.2.2", 0);
	free(t.e);
	assert_int_equal(delete (&w, SET_BAN4, "192.0.2.3"), 0);
	world_same_as(&w, "set inet mailban ban4-j",
		SETS "add element inet mailban ban4-j"
		     " { 192.0.2.1 timeout 10m, 192.0.2.2 }\n");
	world_free(&w);
	new_table(&w);
	assert_int_equal(add(&w, SET_BAN6, "2001:db8::1", 60 * MINUTE), 0);
	assert_int_equal(add(&w, SET_BAN6, "fe80::2", 0), 0);
	t = dump(&w, SET_BAN6);
	assert_int_equal(t.n, 2);
	told_is(&t.e[0], "2001:db8::1", 60 * MINUTE);
	told_is(&t.e[1], "fe80::2", 0);
	free(t.e);
	world_same_as(&w, "set inet mailban ban6-j",
		SETS "add element inet mailban ban6-j"
		     " { 2001:db8::1 timeout 1h, fe80::2 }\n");
	world_free(&w);
}

static int count_some(const struct dump_element *e, void *context)
{
	assert_int_equal(e->prefix.len, 128);
	++*(size_t *)context;
	return 0;
}

/* What is left of a time that began elsewhere; and who is there, up to most? */
static void a_host_with_the_rest_of_its_time(void **state)
{
	struct element e = element("192.0.2.1", 10 * MINUTE);
	struct mnl_socket *asked = NULL;
	size_t n = 0;
	struct told t;
	struct world w;

	(void)state;
	new_table(&w);
	assert_int_equal(
		dump_some(&asked, SET_BAN4, "ban4-j", 0, count_some, &n), 0);
	e.remaining = 4 * MINUTE;
	batch_begin(&w.batch, 0);
	element_put_add(&w.batch, SET_BAN4, "ban4-j", &e, 1, 0);
	assert_int_equal(nft_socket_commit(w.nft, &w.batch, NULL), 0);
	t = dump(&w, SET_BAN4);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.e[0].timeout, 10 * MINUTE);
	assert_in_range(t.e[0].remaining, 3 * MINUTE, 4 * MINUTE);
	free(t.e);
	assert_int_equal(
		dump_some(&asked, SET_BAN4, "ban4-j", 0, count_some, &n),
		-EFBIG);
	assert_int_equal(n, 0);
	assert_int_equal(
		dump_some(&asked, SET_BAN4, "ban4-j", 1, count_some, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(
		dump_some(&asked, SET_BAN6, "ban6-j", 0, count_some, &n), 0);
	assert_true(
		dump_some(&asked, SET_BAN4, "ban4-k", 9, count_some, &n) < 0);
	dump_asked_close(&asked);
	world_free(&w);
}

/* Neighbours, both ends of the space, and all of it. */
static void prefixes_as_nft_adds_them(void **state)
{
	static const char *const v4[] = {"0.0.0.0/8", "10.0.0.0/8",
		"11.0.0.0/8", "192.0.2.0/31", "192.0.2.2/32", "255.0.0.0/8"};
	static const char *const v6[] = {"::/16", "2001:db8::/33",
		"2001:db8:8000::/33", "2001:db9::/128", "8000::/1"};
	struct told t;
	struct world w;

	(void)state;
	new_table(&w);
	for (size_t i = 0; i < sizeof(v4) / sizeof(*v4); i++)
		assert_int_equal(add(&w, SET_NET4, v4[i], (i + 1) * MINUTE), 0);
	assert_int_equal(add(&w, SET_NET4, "128.0.0.0/9", 0), 0);
	t = dump(&w, SET_NET4);
	assert_int_equal(t.n, 7);
	told_is(&t.e[1], "10.0.0.0/8", 2 * MINUTE);
	told_is(&t.e[3], "128.0.0.0/9", 0);
	told_is(&t.e[5], "192.0.2.2", 5 * MINUTE);
	told_is(&t.e[6], "255.0.0.0/8", 6 * MINUTE);
	free(t.e);
	world_same_as(&w, "set inet mailban net4-j",
		SETS "add element inet mailban net4-j { "
		     "0.0.0.0/8 timeout 1m, 10.0.0.0/8 timeout 2m, "
		     "11.0.0.0/8 timeout 3m, 192.0.2.0/31 timeout 4m, "
		     "192.0.2.2 timeout 5m, 255.0.0.0/8 timeout 6m, "
		     "128.0.0.0/9 }\n");
	world_free(&w);
	new_table(&w);
	for (size_t i = 0; i < sizeof(v6) / sizeof(*v6); i++)
		assert_int_equal(add(&w, SET_NET6, v6[i], (i + 1) * MINUTE), 0);
	t = dump(&w, SET_NET6);
	assert_int_equal(t.n, 5);
	told_is(&t.e[0], "::/16", MINUTE);
	told_is(&t.e[2], "2001:db8:8000::/33", 3 * MINUTE);
	told_is(&t.e[4], "8000::/1", 5 * MINUTE);
	free(t.e);
	world_same_as(&w, "set inet mailban net6-j",
		SETS "add element inet mailban net6-j { "
		     "::/16 timeout 1m, 2001:db8::/33 timeout 2m, "
		     "2001:db8:8000::/33 timeout 3m, "
		     "2001:db9:: timeout 4m, 8000::/1 timeout 5m }\n");
	world_free(&w);
}

static void the_whole_space(void **state)
{
	struct told t;
	struct world w;

	(void)state;
	new_table(&w);
	assert_int_equal(add(&w, SET_ALLOW4, "0.0.0.0/0", 0), 0);
	assert_int_equal(add(&w, SET_ALLOW6, "::/0", 0), 0);
	t = dump(&w, SET_ALLOW4);
	assert_int_equal(t.n, 1);
	told_is(&t.e[0], "0.0.0.0/0", 0);
	free(t.e);
	t = dump(&w, SET_ALLOW6);
	assert_int_equal(t.n, 1);
	told_is(&t.e[0], "::/0", 0);
	free(t.e);
	assert_int_equal(delete (&w, SET_ALLOW4, "0.0.0.0/0"), 0);
	world_same_as(&w, "sets table inet mailban",
		"add table inet mailban\n"
		"add set inet mailban allow4 { type ipv4_addr;"
		" flags interval; }\n"
		"add set inet mailban allow6 { type ipv6_addr;"
		" flags interval; elements = { ::/0 } }\n"
		"add set inet mailban ban4-j { type ipv4_addr; size 1048576;"
		" flags timeout; counter; }\n"
		"add set inet mailban ban6-j { type ipv6_addr; size 1048576;"
		" flags timeout; counter; }\n"
		"add set inet mailban net4-j { type ipv4_addr; size 131072;"
		" flags interval, timeout; counter; }\n"
		"add set inet mailban net6-j { type ipv6_addr; size 131072;"
		" flags interval, timeout; counter; }\n"
		"add set inet mailban rush4-j { type ipv4_addr; size 1048576;"
		" flags timeout; }\n"
		"add set inet mailban rush6-j { type ipv6_addr; size 1048576;"
		" flags timeout; }\n");
	world_free(&w);
}

/* A range that somebody put in by hand is no prefix. */
static void foreign_ranges_are_told_as_prefixes(void **state)
{
	struct told t;
	struct world w;

	(void)state;
	new_table(&w);
	world_nft("add element inet mailban net4-j"
		  " { 10.0.0.1-10.0.0.6 timeout 1h }\n"
		  "add element inet mailban net6-j { 2001:db8::8-2001:db8::f,"
		  " fffe::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff }\n");
	t = dump(&w, SET_NET4);
	assert_int_equal(t.n, 4);
	told_is(&t.e[0], "10.0.0.1", 60 * MINUTE);
	told_is(&t.e[1], "10.0.0.2/31", 60 * MINUTE);
	told_is(&t.e[2], "10.0.0.4/31", 60 * MINUTE);
	told_is(&t.e[3], "10.0.0.6", 60 * MINUTE);
	free(t.e);
	t = dump(&w, SET_NET6);
	assert_int_equal(t.n, 2);
	told_is(&t.e[0], "2001:db8::8/125", 0);
	told_is(&t.e[1], "fffe::/15", 0);
	free(t.e);
	world_free(&w);
}

static void flushed(void **state)
{
	struct told t;
	struct world w;

	(void)state;
	new_table(&w);
	assert_int_equal(add(&w, SET_BAN4, "192.0.2.1", 0), 0);
	assert_int_equal(add(&w, SET_NET4, "192.0.2.0/24", MINUTE), 0);
	batch_begin(&w.batch, 0);
	set_put_flush(&w.batch, "ban4-j");
	set_put_flush(&w.batch, "net4-j");
	set_put_flush(&w.batch, "ban6-j");
	assert_int_equal(nft_socket_commit(w.nft, &w.batch, NULL), 0);
	t = dump(&w, SET_BAN4);
	assert_int_equal(t.n, 0);
	t = dump(&w, SET_NET4);
	assert_int_equal(t.n, 0);
	assert_int_equal(
		dump_set(w.nft, SET_BAN4, "ban4-nobody", take, &t), -ENOENT);
	world_free(&w);
}

static struct element *many(size_t n, bool v6, uint64_t timeout)
{
	struct element *e = calloc(n, sizeof(*e));

	assert_non_null(e);
	for (size_t i = 0; i < n; i++) {
		uint8_t v4[4] = {
			10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
		uint8_t ip6[16] = {
			0x20, 0x01, 0x0d, 0xb8, [12] = 10, v4[1], v4[2], v4[3]};
		struct addr a =
			v6 ? addr_from_bytes(ip6, 16) : addr_from_bytes(v4, 4);

		e[i].prefix = prefix_of(&a);
		e[i].timeout = timeout;
	}
	return e;
}

static bool is_all(const struct told *t, const struct element *e, size_t n)
{
	for (size_t i = 0; i < n && t->n == n; i++)
		if (!addr_equal(&t->e[i].prefix.net, &e[i].prefix.net))
			return false;
	return t->n == n;
}

/*
 * True once a dump gives exactly these. While the kernel is still growing its
 * hash table, one may give an element twice and another not at all.
 */
static bool holds_all(
	struct world *w, enum set_kind kind, const struct element *e, size_t n)
{
	bool all = false;

	for (int tries = 0; tries < 100 && !all; tries++) {
		struct told t = dump(w, kind);

		all = is_all(&t, e, n);
		free(t.e);
	}
	return all;
}

/* Far more than a message holds, and all are in. */
static void twenty_thousand(void **state)
{
	const size_t n = 20000;
	struct world w;

	(void)state;
	new_table(&w);
	for (int v6 = 0; v6 <= 1; v6++) {
		enum set_kind kind = v6 ? SET_BAN6 : SET_BAN4;
		struct element *e = many(n, v6, 10 * MINUTE);
		struct told t;

		for (size_t at = 0; at < n; at += ELEMENT_BATCH_MOST) {
			size_t left = n - at;

			batch_begin(&w.batch, 0);
			element_put_add(&w.batch, kind, name_of(kind), e + at,
				left < ELEMENT_BATCH_MOST ? left
							  : ELEMENT_BATCH_MOST,
				0);
			assert_true(w.batch.count > 1);
			assert_int_equal(
				nft_socket_commit(w.nft, &w.batch, NULL), 0);
		}
		assert_true(holds_all(&w, kind, e, n));
		batch_begin(&w.batch, 0);
		element_put_delete(
			&w.batch, kind, name_of(kind), e + 1, n - 1, 0);
		assert_int_equal(nft_socket_commit(w.nft, &w.batch, NULL), 0);
		t = dump(&w, kind);
		assert_int_equal(t.n, 1);
		free(t.e);
		free(e);
	}
	world_free(&w);
}

/* No list of a message comes near the 64 kB that wrap. */
static void lists_stay_short(void **state)
{
	struct element *e = many(16000, true, MINUTE);
	struct batch b;

	(void)state;
	assert_int_equal(batch_init(&b), 0);
	batch_begin(&b, 0);
	element_put_add(&b, SET_BAN6, "ban6-j", e, 16000, 0);
	assert_int_equal(b.error, 0);
	assert_true(b.count >= 16000 * 40 / 65535);
	for (size_t i = 0; i < b.count; i++) {
		size_t end = i + 1 < b.count ? b.messages[i + 1].at : b.n;

		assert_true(end - b.messages[i].at < 60000);
	}
	batch_deinit(&b);
	free(e);
}

static void the_missing_one_is_named(void **state)
{
	struct element *e = many(5000, false, MINUTE);
	struct nft_fault fault;
	uint32_t tag = 0;
	struct told t;
	struct world w;

	(void)state;
	new_table(&w);
	batch_begin(&w.batch, 0);
	element_put_add(&w.batch, SET_BAN4, "ban4-j", e, 4321, 0);
	element_put_add(&w.batch, SET_BAN4, "ban4-j", e + 4322, 5000 - 4322, 0);
	assert_int_equal(nft_socket_commit(w.nft, &w.batch, NULL), 0);
	batch_begin(&w.batch, 0);
	element_put_delete(&w.batch, SET_BAN4, "ban4-j", e, 5000, 100);
	assert_int_equal(nft_socket_commit(w.nft, &w.batch, &fault), -ENOENT);
	assert_true(element_of_fault(&w.batch, &fault, &tag));
	assert_int_equal(tag, 100 + 4321);
	t = dump(&w, SET_BAN4);
	assert_int_equal(t.n, 4999);
	free(t.e);
	/* That the set is missing is no element's fault. */
	batch_begin(&w.batch, 0);
	element_put_delete(&w.batch, SET_BAN4, "ban4-nobody", e, 10, 0);
	assert_int_equal(nft_socket_commit(w.nft, &w.batch, &fault), -ENOENT);
	assert_false(element_of_fault(&w.batch, &fault, &tag));
	free(e);
	world_free(&w);
}

static void the_overlapping_prefix_is_named(void **state)
{
	struct element e[] = {element("10.0.0.0/16", MINUTE),
		element("255.0.0.0/8", MINUTE), element("10.2.0.0/16", MINUTE),
		element("10.0.0.0/12", MINUTE), element("10.9.0.0/16", MINUTE)};
	struct nft_fault fault;
	uint32_t tag = 0;
	struct told t;
	struct world w;

	(void)state;
	new_table(&w);
	assert_int_equal(add(&w, SET_NET4, "10.1.0.0/16", MINUTE), 0);
	batch_begin(&w.batch, 0);
	element_put_add(&w.batch, SET_NET4, "net4-j", e, 5, 0);
	assert_true(nft_socket_commit(w.nft, &w.batch, &fault) < 0);
	assert_true(element_of_fault(&w.batch, &fault, &tag));
	assert_int_equal(tag, 3);
	t = dump(&w, SET_NET4);
	assert_int_equal(t.n, 1);
	free(t.e);
	/* Once more the same prefix is no fault. */
	assert_int_equal(add(&w, SET_NET4, "10.1.0.0/16", 5 * MINUTE), 0);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_as_nft_adds_them),
		cmocka_unit_test(a_host_with_the_rest_of_its_time),
		cmocka_unit_test(prefixes_as_nft_adds_them),
		cmocka_unit_test(the_whole_space),
		cmocka_unit_test(foreign_ranges_are_told_as_prefixes),
		cmocka_unit_test(flushed),
		cmocka_unit_test(twenty_thousand),
		cmocka_unit_test(lists_stay_short),
		cmocka_unit_test(the_missing_one_is_named),
		cmocka_unit_test(the_overlapping_prefix_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
