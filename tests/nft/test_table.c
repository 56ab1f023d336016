/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table that we make beside the one that nft makes, what stays of it when
 * it is made again, and what it then does to packets.
 */
#include "nft/table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "nft/dump.h"
#include "nft/element.h"
#include "nft/set.h"
#include "tests/nft/world.h"

#define HEAD                                                \
	"table inet mailban {\n"                            \
	" set allow4 { type ipv4_addr; flags interval; }\n" \
	" set allow6 { type ipv6_addr; flags interval; }\n"
#define SETS(j, size)                                                          \
	" set ban4-" j " { type ipv4_addr; size " size                         \
	"; flags timeout; counter; }\n"                                        \
	" set ban6-" j " { type ipv6_addr; size " size                         \
	"; flags timeout; counter; }\n"                                        \
	" set net4-" j " { type ipv4_addr; size 131072;"                       \
	" flags interval, timeout; counter; }\n"                               \
	" set net6-" j " { type ipv6_addr; size 131072;"                       \
	" flags interval, timeout; counter; }\n"                               \
	" set rush4-" j " { type ipv4_addr; size " size "; flags timeout; }\n" \
	" set rush6-" j " { type ipv6_addr; size " size "; flags timeout; }\n"
#define PORTS(j, ports)                                        \
	" set port-" j " { type inet_service; flags interval;" \
	" elements = { " ports " } }\n"
#define CHAIN                                                             \
	" chain input {\n"                                                \
	"  type filter hook input priority filter - 10; policy accept;\n" \
	"  ip saddr @allow4 return\n  ip6 saddr @allow6 return\n"
#define RULES(j, match)                                    \
	"  ip saddr @ban4-" j " " match " counter drop\n"  \
	"  ip6 saddr @ban6-" j " " match " counter drop\n" \
	"  ip saddr @net4-" j " " match " counter drop\n"  \
	"  ip6 saddr @net6-" j " " match " counter drop\n" \
	"  ip saddr @rush4-" j " " match " counter drop\n" \
	"  ip6 saddr @rush6-" j " " match " counter drop\n"
#define TAIL " }\n}\n"

static void apply(
	struct world *w, struct layout_jail *jails, size_t n, bool *kept)
{
	struct layout layout = {.jails = jails, .n = n};

	assert_int_equal(
		table_apply(w->nft, &w->batch, &layout, kept, NULL), 0);
}

/* nft lists sets in the order they were made; ours are made by name. */
static char *sorted(char *text)
{
	char *lines[4096], *out = calloc(1, strlen(text) + 2);
	size_t n = 0;

	assert_non_null(out);
	for (char *s = strstr(text, "\tset "); s; s = strstr(s + 1, "\n\tset "))
		lines[n++] = s + (*s == '\n');
	for (size_t i = 0; i < n; i++) {
		size_t least = i;

		for (size_t j = i + 1; j < n; j++)
			if (strcmp(lines[j], lines[least]) < 0)
				least = j;
		char *swap = lines[i];

		lines[i] = lines[least];
		lines[least] = swap;
		strncat(out, lines[i],
			(size_t)(strstr(lines[i], "\n\t}\n") + 4 - lines[i]));
	}
	strcat(out, strstr(text, "\tchain"));
	free(text);
	return out;
}

static void same_as(struct world *w, const char *script)
{
	char *ours = sorted(world_list("table inet mailban")), *theirs;

	world_free(w);
	world_new(w);
	world_nft(script);
	theirs = sorted(world_list("table inet mailban"));
	assert_string_equal(ours, theirs);
	free(ours);
	free(theirs);
}

static void no_jails(void **state)
{
	struct world w;

	(void)state;
	world_new(&w);
	apply(&w, NULL, 0, NULL);
	same_as(&w, HEAD CHAIN TAIL);
	world_free(&w);
}

/* clang-format off */
static const char eight_jails[] =
	HEAD
	SETS("postfix.sasl", "1048576")
	SETS("dovecot", "500")
	SETS("range", "1048576")
	SETS("every_port", "1048576")
	SETS("both", "1048576")
	SETS("icmp", "1048576")
	SETS("anything", "1048576")
	SETS("low-end", "1048576")
	PORTS("dovecot", "110, 143-145, 993, 995")
	PORTS("both", "53, 5060-5061, 65000-65535")
	PORTS("low-end", "0-10, 25")
	CHAIN
	RULES("postfix.sasl", "tcp dport 25")
	RULES("dovecot", "tcp dport @port-dovecot")
	RULES("range", "tcp dport 1000-2000")
	RULES("every_port", "meta l4proto tcp")
	RULES("both", "meta l4proto { tcp, udp } "
		"th dport @port-both")
	RULES("icmp", "meta l4proto icmp")
	RULES("anything", "")
	RULES("low-end", "tcp dport @port-low-end")
	TAIL;
/* clang-format on */

static void jails_as_nft_makes_them(void **state)
{
	struct layout_jail jails[] = {
		world_jail("postfix.sasl", "25"),
		world_jail("dovecot", "110,143-145,993,995"),
		world_jail("range", "1000-2000"),
		world_jail("every_port", ""),
		world_jail("both", "53,5060-5061,65000-65535"),
		world_jail("icmp", ""),
		world_jail("anything", ""),
		world_jail("low-end", "0-10,25"),
	};
	struct world w;

	(void)state;
	jails[1].elements = 500;
	jails[4].protocols[jails[4].n_protocols++] = 17;
	jails[5].protocols[0] = 1;
	jails[6].n_protocols = 0;
	world_new(&w);
	apply(&w, jails, 8, NULL);
	same_as(&w, eight_jails);
	world_free(&w);
}

static void add(struct world *w, enum set_kind kind, const char *jail,
	const char *prefix, uint64_t timeout)
{
	struct element e = {.prefix = world_prefix(prefix), .timeout = timeout};
	char name[SET_NAME];

	batch_begin(&w->batch, 0);
	element_put_add(&w->batch, kind, set_name(name, kind, jail), &e, 1, 0);
	assert_int_equal(nft_socket_commit(w->nft, &w->batch, NULL), 0);
}

static int count(const struct dump_element *e, void *context)
{
	(void)e;
	++*(int *)context;
	return 0;
}

static int elements(struct world *w, enum set_kind kind, const char *jail)
{
	char name[SET_NAME];
	int n = 0, rc;

	rc = dump_set(w->nft, kind, set_name(name, kind, jail), count, &n);
	return rc < 0 ? rc : n;
}

static void elements_outlive_a_second_layout(void **state)
{
	struct layout_jail jails[] = {world_jail("a", "25"),
		world_jail("b", "143"), world_jail("c", "110")};
	struct layout_jail later[] = {
		world_jail("b", "143,993"), world_jail("d", "")};
	bool kept[3] = {true, true, true};
	struct world w;

	(void)state;
	world_new(&w);
	apply(&w, jails, 3, kept);
	assert_false(kept[0] || kept[1] || kept[2]);
	for (const char *j = "a\0b\0c\0"; *j; j += 2) {
		add(&w, SET_BAN4, j, "192.0.2.1", 600000);
		add(&w, SET_BAN6, j, "2001:db8::1", 0);
		add(&w, SET_NET4, j, "198.51.100.0/24", 600000);
		add(&w, SET_NET6, j, "2001:db8::/32", 600000);
	}
	add(&w, SET_ALLOW4, "", "203.0.113.0/24", 0);
	/* As after a restart: another socket, the same layout. */
	nft_socket_close(&w.nft);
	assert_int_equal(nft_socket_open(&w.nft), 0);
	apply(&w, jails, 3, kept);
	assert_true(kept[0] && kept[1] && kept[2]);
	assert_int_equal(elements(&w, SET_BAN4, "c"), 1);
	apply(&w, later, 2, kept);
	assert_true(kept[0]);
	assert_false(kept[1]);
	assert_int_equal(elements(&w, SET_BAN4, "a"), -ENOENT);
	assert_int_equal(elements(&w, SET_NET6, "c"), -ENOENT);
	assert_int_equal(elements(&w, SET_BAN4, "b"), 1);
	assert_int_equal(elements(&w, SET_BAN6, "b"), 1);
	assert_int_equal(elements(&w, SET_NET4, "b"), 1);
	assert_int_equal(elements(&w, SET_NET6, "b"), 1);
	assert_int_equal(elements(&w, SET_BAN4, "d"), 0);
	assert_int_equal(elements(&w, SET_ALLOW4, ""), 1);
	world_nft("flush set inet mailban allow4\n"
		  "flush set inet mailban ban4-b\n"
		  "flush set inet mailban ban6-b\n"
		  "flush set inet mailban net4-b\n"
		  "flush set inet mailban net6-b\n");
	same_as(&w, HEAD SETS("b", "1048576") SETS("d", "1048576") PORTS("b",
			    "143, 993") CHAIN RULES("b", "tcp dport @port-b")
			    RULES("d", "meta l4proto tcp") TAIL);
	world_free(&w);
}

static void ports_change_with_the_layout(void **state)
{
	struct layout_jail jail = world_jail("a", "25,110,143-145");
	struct world w;
	bool kept;

	(void)state;
	world_new(&w);
	apply(&w, &jail, 1, NULL);
	jail = world_jail("a", "110,995");
	apply(&w, &jail, 1, &kept);
	assert_true(kept);
	same_as(&w, HEAD SETS("a", "1048576") PORTS("a", "110, 995")
			    CHAIN RULES("a", "tcp dport @port-a") TAIL);
	/* To one port: the set of them goes. */
	world_free(&w);
	world_new(&w);
	apply(&w, &jail, 1, NULL);
	jail = world_jail("a", "25");
	apply(&w, &jail, 1, &kept);
	assert_true(kept);
	same_as(&w, HEAD SETS("a", "1048576") CHAIN RULES("a", "tcp dport 25")
			    TAIL);
	world_free(&w);
}

static void what_is_not_as_wanted_is_made_anew(void **state)
{
	struct layout_jail jail = world_jail("a", "25");
	bool kept;
	struct world w;

	(void)state;
	world_new(&w);
	world_nft("table inet mailban {\n"
		  " set ban4-a { type ipv4_addr; flags timeout; size 1048576; "
		  "counter; elements = { 192.0.2.1 } }\n"
		  " set ban6-a { type ipv6_addr; flags timeout; size 1048576; "
		  "}\n"
		  " set net4-a { type ipv4_addr; }\n"
		  " set stranger { type inet_service; }\n"
		  " chain input { type filter hook input priority 5;\n"
		  "  ip saddr @net4-a drop\n tcp dport @stranger accept\n }\n"
		  "}\n");
	apply(&w, &jail, 1, &kept);
	assert_false(kept);
	assert_int_equal(elements(&w, SET_BAN4, "a"), 1);
	world_nft("flush set inet mailban ban4-a");
	same_as(&w, HEAD SETS("a", "1048576") CHAIN RULES("a", "tcp dport 25")
			    TAIL);
	/* Another size is another set. */
	world_free(&w);
	world_new(&w);
	apply(&w, &jail, 1, NULL);
	jail.elements = 4000;
	apply(&w, &jail, 1, &kept);
	assert_false(kept);
	apply(&w, &jail, 1, &kept);
	assert_true(kept);
	same_as(&w,
		HEAD SETS("a", "4000") CHAIN RULES("a", "tcp dport 25") TAIL);
	world_free(&w);
}

static void a_failure_changes_nothing(void **state)
{
	struct layout_jail jails[] = {
		world_jail("a", "25"), world_jail("b", "25")};
	struct table_news news;
	struct layout layout = {.jails = jails, .n = 2};
	char *before, *after;
	struct world w;

	(void)state;
	world_new(&w);
	apply(&w, jails, 1, NULL);
	/* A foreign chain holds a set that is not as it shall be. */
	world_nft("add set inet mailban ban4-b { type ipv4_addr; }\n"
		  "add chain inet mailban foreign\n"
		  "add rule inet mailban foreign ip saddr @ban4-b drop\n");
	before = world_list("table inet mailban");
	assert_int_equal(
		table_apply(w.nft, &w.batch, &layout, NULL, &news), -EBUSY);
	assert_string_equal(news.in_use, "");
	after = world_list("table inet mailban");
	assert_string_equal(before, after);
	free(before);
	free(after);
	world_free(&w);
}

/* Whatever others do in our table, the other jails are laid out. */
static void what_others_use_is_emptied_and_left(void **state)
{
	struct layout_jail jails[] = {
		world_jail("a", "25"), world_jail("b", "25")};
	struct layout layout = {.jails = jails + 1, .n = 1};
	struct table_news news;
	struct world w;
	char *text;

	(void)state;
	world_new(&w);
	apply(&w, jails, 1, NULL);
	world_nft("add set inet mailban held { type ipv4_addr; }\n"
		  "add element inet mailban held { 192.0.2.1 }\n"
		  "add element inet mailban ban4-a { 192.0.2.2 }\n"
		  "add chain inet mailban foreign\n"
		  "add rule inet mailban foreign ip saddr @held drop\n"
		  "add rule inet mailban foreign ip saddr @ban4-a drop\n");
	assert_int_equal(table_apply(w.nft, &w.batch, &layout, NULL, &news), 0);
	assert_true(strcmp(news.in_use, "held") == 0 ||
		    strcmp(news.in_use, "ban4-a") == 0);
	text = world_list("table inet mailban");
	assert_non_null(strstr(text, "set ban4-b {"));
	assert_non_null(strstr(text, "set ban4-a {"));
	assert_null(strstr(text, "set ban6-a {"));
	assert_null(strstr(text, "192.0.2."));
	free(text);
	world_nft("delete chain inet mailban foreign\n");
	assert_int_equal(table_apply(w.nft, &w.batch, &layout, NULL, &news), 0);
	assert_string_equal(news.in_use, "");
	text = world_list("table inet mailban");
	assert_null(strstr(text, "ban4-a"));
	free(text);
	world_free(&w);
}

static void as_many_jails_as_there_may_be(void **state)
{
	struct layout layout = {.n = LAYOUT_JAILS_MOST};
	struct world w;
	bool *kept = calloc(layout.n, sizeof(*kept));

	(void)state;
	layout.jails = calloc(layout.n, sizeof(*layout.jails));
	assert_non_null(layout.jails);
	assert_non_null(kept);
	for (size_t i = 0; i < layout.n; i++) {
		layout.jails[i] = world_jail("x", "25,110,143,465-587,993-995");
		/* Names as long as may be. */
		snprintf(layout.jails[i].name, LAYOUT_NAME_MOST + 1, "%064u",
			(unsigned int)i);
	}
	world_new(&w);
	assert_int_equal(table_apply(w.nft, &w.batch, &layout, kept, NULL), 0);
	assert_int_equal(table_apply(w.nft, &w.batch, &layout, kept, NULL), 0);
	for (size_t i = 0; i < layout.n; i++)
		assert_true(kept[i]);
	world_free(&w);
	free(layout.jails);
	free(kept);
}

static void removed(void **state)
{
	struct layout_jail jail = world_jail("a", "25");
	struct world w;
	char *list;

	(void)state;
	world_new(&w);
	world_nft("add table inet mine\n");
	assert_int_equal(table_remove(w.nft, &w.batch), 0);
	apply(&w, &jail, 1, NULL);
	add(&w, SET_BAN4, "a", "192.0.2.1", 0);
	assert_int_equal(table_remove(w.nft, &w.batch), 0);
	list = world_list("tables");
	assert_string_equal(list, "table inet mine\n");
	free(list);
	world_free(&w);
}

/* Packets: from an address of lo to another, by UDP, which on loopback is
 * there as soon as it is sent. */
static int bound(const char *address, uint16_t port)
{
	bool v6 = strchr(address, ':');
	struct sockaddr_in6 a6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in a4 = {
		.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	inet_pton(AF_INET6, address, &a6.sin6_addr);
	inet_pton(AF_INET, address, &a4.sin_addr);
	if (v6)
		assert_int_equal(
			bind(fd, (struct sockaddr *)&a6, sizeof(a6)), 0);
	else
		assert_int_equal(
			bind(fd, (struct sockaddr *)&a4, sizeof(a4)), 0);
	return fd;
}

/* The loopback delivers at once, but on a busy machine a moment later. */
static bool comes_within(
	int ms, const char *from, const char *to, uint16_t port)
{
	struct sockaddr_storage a;
	socklen_t size = sizeof(a);
	int out = bound(from, 0), in = bound(to, port);
	struct pollfd p = {.fd = in, .events = POLLIN};
	int got;

	assert_int_equal(getsockname(in, (struct sockaddr *)&a, &size), 0);
	assert_int_equal(
		sendto(out, "x", 1, 0, (struct sockaddr *)&a, size), 1);
	got = poll(&p, 1, ms);
	assert_true(got >= 0);
	close(out);
	close(in);
	return got;
}

static bool arrives(const char *from, const char *to, uint16_t port)
{
	return comes_within(60000, from, to, port);
}

/* A new address of IPv6 loses what comes before its route is wholly there. */
static bool is_reachable(const char *from, const char *to, uint16_t port)
{
	for (int tries = 0; tries < 200; tries++)
		if (comes_within(50, from, to, port))
			return true;
	return false;
}

static bool is_dropped(const char *from, const char *to, uint16_t port)
{
	return !comes_within(100, from, to, port);
}

static int first_counter(const struct dump_element *e, void *context)
{
	*(uint64_t *)context = e->packets;
	return 0;
}

static void packets(void **state)
{
	struct layout_jail jail = world_jail("a", "25,143-145");
	uint64_t dropped = 0;
	struct world w;

	(void)state;
	world_new(&w);
	assert_int_equal(system("ip addr add 192.0.2.1/32 dev lo && "
				"ip addr add 192.0.2.2/32 dev lo && "
				"ip addr add 198.51.100.7/32 dev lo && "
				"ip addr add 2001:db8::1/128 dev lo nodad && "
				"ip addr add 2001:db8::2/128 dev lo nodad && "
				"ip addr add 2001:db8:1::7/128 dev lo nodad"),
		0);
	jail.protocols[jail.n_protocols++] = 17;
	apply(&w, &jail, 1, NULL);
	assert_true(is_reachable("192.0.2.2", "192.0.2.1", 25));
	assert_true(is_reachable("198.51.100.7", "192.0.2.1", 25));
	assert_true(is_reachable("2001:db8::2", "2001:db8::1", 144));
	assert_true(is_reachable("2001:db8:1::7", "2001:db8::1", 25));
	add(&w, SET_BAN4, "a", "192.0.2.2", 600000);
	add(&w, SET_BAN6, "a", "2001:db8::2", 0);
	add(&w, SET_NET4, "a", "198.51.100.0/24", 600000);
	add(&w, SET_NET6, "a", "2001:db8:1::/48", 600000);
	assert_true(is_dropped("192.0.2.2", "192.0.2.1", 25));
	assert_true(is_dropped("192.0.2.2", "192.0.2.1", 145));
	assert_true(arrives("192.0.2.2", "192.0.2.1", 146));
	assert_true(arrives("192.0.2.2", "192.0.2.1", 24));
	assert_true(is_dropped("2001:db8::2", "2001:db8::1", 144));
	assert_true(arrives("2001:db8::2", "2001:db8::1", 142));
	assert_true(is_dropped("198.51.100.7", "192.0.2.1", 25));
	assert_true(is_dropped("2001:db8:1::7", "2001:db8::1", 25));
	assert_true(arrives("192.0.2.1", "192.0.2.1", 25));
	assert_int_equal(
		dump_set(w.nft, SET_BAN4, "ban4-a", first_counter, &dropped),
		0);
	assert_int_equal(dropped, 4);
	add(&w, SET_ALLOW4, "", "192.0.2.0/24", 0);
	add(&w, SET_ALLOW6, "", "2001:db8:1::7/128", 0);
	assert_true(arrives("192.0.2.2", "192.0.2.1", 25));
	assert_true(arrives("2001:db8:1::7", "2001:db8::1", 25));
	assert_true(is_dropped("2001:db8::2", "2001:db8::1", 25));
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_jails),
		cmocka_unit_test(jails_as_nft_makes_them),
		cmocka_unit_test(elements_outlive_a_second_layout),
		cmocka_unit_test(ports_change_with_the_layout),
		cmocka_unit_test(what_is_not_as_wanted_is_made_anew),
		cmocka_unit_test(a_failure_changes_nothing),
		cmocka_unit_test(what_others_use_is_emptied_and_left),
		cmocka_unit_test(as_many_jails_as_there_may_be),
		cmocka_unit_test(removed),
		cmocka_unit_test(packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
