/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The warden as a process: what it does for the engine, what it refuses, and
 * what ends it. The program itself runs, in a network namespace of the test.
 */
#include "daemon/warden.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/warden_client.h"
#include "daemon/spawn.h"
#include "tests/nft/world.h"

#define SOMEBODY 54321u
#define PATIENCE 30000 /* ms until something that should come is missed */

/* What was answered to the last request. */
struct answer {
	struct reply done;
	int dones;
	size_t n_kept, n_refused, n_elements;
	bool kept[LAYOUT_JAILS_MOST];
	struct reply_refused refused[REPLY_REFUSED_MOST];
	struct reply_element elements[8]; /* the first */
};

static struct answer answer;
static struct world world;
static struct warden_client *client;

static void take(const struct reply *r, void *context)
{
	(void)context;
	switch (r->type) {
	case REPLY_DONE:
		answer.done = *r;
		answer.dones++;
		break;
	case REPLY_KEPT:
		answer.n_kept = r->n;
		memcpy(answer.kept, r->kept, r->n * sizeof(*r->kept));
		break;
	case REPLY_REFUSED:
		answer.n_refused = r->n;
		memcpy(answer.refused, r->refused, r->n * sizeof(*r->refused));
		break;
	case REPLY_ELEMENTS:
		for (size_t i = 0; i < r->n; i++)
			if (answer.n_elements + i < 8)
				answer.elements[answer.n_elements + i] =
					r->elements[i];
		answer.n_elements += r->n;
		break;
	case REPLY_CHANGED:
		fail_msg("no answer to a request");
	}
}

/* Waits for all that was sent; the answers are in answer. */
static void wait_for_answers(void)
{
	assert_int_equal(warden_client_wait(client, PATIENCE), 0);
}

static void ask(const struct request *r)
{
	memset(&answer, 0, sizeof(answer));
	assert_int_equal(warden_client_send(client, r, take, NULL), 0);
	wait_for_answers();
	assert_int_equal(answer.dones, 1);
}

static void ban(uint32_t jail, const char *prefix, uint32_t seconds)
{
	struct request_entry e = {.prefix = world_prefix(prefix),
		.seconds = seconds,
		.refresh = true};
	struct request r = {
		.type = REQUEST_BAN, .jail = jail, .n = 1, .entries = &e};

	ask(&r);
}

static void apply_layout(const struct layout *layout)
{
	memset(&answer, 0, sizeof(answer));
	assert_int_equal(warden_client_layout(client, layout, take, NULL), 0);
	wait_for_answers();
	assert_int_equal(answer.dones, 1);
	assert_int_equal(answer.done.result, 0);
}

static void two_jails(void)
{
	struct layout_jail jails[] = {
		world_jail("a", "25"), world_jail("b", "143,993")};
	struct layout layout = {.jails = jails, .n = 2};

	apply_layout(&layout);
}

static void start(void)
{
	assert_int_equal(
		warden_client_spawn(&client, SOMEBODY, SOMEBODY, true), 0);
	wait_for_answers();
}

static int setup(void **state)
{
	(void)state;
	world_new(&world);
	start();
	two_jails();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	/* A test that failed may have left it stopped. */
	if (client)
		kill(warden_client_pid(client), SIGCONT);
	warden_client_free(&client);
	world_free(&world);
	return 0;
}

/* Expects the warden to end by itself with this status. */
static void ends_with(int wanted)
{
	struct pollfd p = {.fd = warden_client_fd(client), .events = POLLIN};
	int status, rc;

	while ((rc = warden_client_process(client)) == 0)
		assert_int_equal(poll(&p, 1, PATIENCE), 1);
	assert_int_equal(rc, -EPIPE);
	status = warden_client_free(&client);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), wanted);
}

static bool listed(const char *what, const char *text)
{
	char *list = world_list(what);
	bool found = strstr(list, text);

	free(list);
	return found;
}

static void it_has_one_right_and_its_sockets(void **state)
{
	char path[64], line[512];
	int caps = 0, fds = 0;
	struct dirent *d;
	FILE *f;
	DIR *dir;

	(void)state;
	snprintf(path, sizeof(path), "/proc/%d/status",
		warden_client_pid(client));
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		caps += strcmp(line, "CapEff:\t0000000000001000\n") == 0;
		caps += strcmp(line, "CapPrm:\t0000000000001000\n") == 0;
		caps += strcmp(line, "CapBnd:\t0000000000000000\n") == 0;
		caps += strcmp(line, "CapInh:\t0000000000000000\n") == 0;
		caps += strcmp(line, "NoNewPrivs:\t1\n") == 0;
		caps += strcmp(line, "Groups:\t \n") == 0;
		caps += strncmp(line, "Uid:\t54321\t54321\t54321\t", 23) == 0;
		caps += strncmp(line, "Gid:\t54321\t54321\t54321\t", 23) == 0;
	}
	fclose(f);
	assert_int_equal(caps, 8);
	snprintf(path, sizeof(path), "/proc/%d/fd", warden_client_pid(client));
	dir = opendir(path);
	assert_non_null(dir);
	while ((d = readdir(dir)))
		fds += d->d_name[0] != '.';
	closedir(dir);
	/* The three that a program has, the pair, and netlink's: two of
	 * nf_tables, one of connections, one of their tracking if any. */
	assert_in_range(fds, 7, 8);
}

static void bans_and_what_the_kernel_has(void **state)
{
	struct request_entry gone[] = {{.prefix = world_prefix("192.0.2.1")},
		{.prefix = world_prefix("192.0.2.99")}};
	struct request dump = {.type = REQUEST_DUMP, .jail = 0};
	struct request count = {.type = REQUEST_COUNT, .jail = REQUEST_ALL};
	struct request unban = {
		.type = REQUEST_UNBAN, .jail = 0, .n = 2, .entries = gone};
	struct request flush = {.type = REQUEST_FLUSH, .jail = REQUEST_ALL};

	(void)state;
	ban(0, "192.0.2.1", 600);
	assert_int_equal(answer.done.result, 0);
	assert_int_equal(answer.done.values[0], 1);
	assert_true(listed("set inet mailban ban4-a",
		"elements = { 192.0.2.1 counter timeout 10m }"));
	ban(0, "2001:db8::/48", 0);
	ban(1, "2001:db8::1", 3600);
	ask(&dump);
	assert_int_equal(answer.n_elements, 2);
	assert_int_equal(answer.done.values[0], 2);
	assert_int_equal(answer.elements[0].timeout, 600000);
	assert_true(answer.elements[0].remaining > 570000);
	assert_int_equal(answer.elements[1].prefix.len, 48);
	assert_int_equal(answer.elements[1].timeout, 0);
	/* Again, with another time. */
	ban(0, "192.0.2.1", 60);
	ask(&dump);
	assert_int_equal(answer.n_elements, 2);
	assert_int_equal(answer.elements[0].timeout, 60000);
	assert_true(answer.elements[0].remaining <= 60000);
	ask(&count);
	assert_int_equal(answer.done.values[0], 3);
	ask(&unban);
	assert_int_equal(answer.done.result, 0);
	ask(&dump);
	assert_int_equal(answer.n_elements, 1);
	ask(&flush);
	ask(&count);
	assert_int_equal(answer.done.values[0], 0);
	dump.jail = 2;
	ask(&dump);
	assert_int_equal(answer.done.result, -ENOENT);
}

static void refused(const char *prefix, int error)
{
	ban(0, prefix, 600);
	assert_int_equal(answer.done.result, error);
	assert_int_equal(answer.done.values[0], 0);
	assert_int_equal(answer.n_refused, 1);
	assert_int_equal(answer.refused[0].index, 0);
	assert_int_equal(answer.refused[0].error, error);
	assert_non_null(strstr(answer.done.text, prefix));
}

static void it_has_rules_of_its_own(void **state)
{
	const struct prefix allow[] = {
		world_prefix("203.0.113.0/28"), world_prefix("2001:db8:1::5")};
	struct request count = {.type = REQUEST_COUNT, .jail = REQUEST_ALL};
	struct request_entry mixed[] = {
		{.prefix = world_prefix("192.0.2.1"), .seconds = 600},
		{.prefix = world_prefix("203.0.113.9"), .seconds = 600},
		{.prefix = world_prefix("192.0.2.2"), .seconds = 600}};
	struct request r = {
		.type = REQUEST_BAN, .jail = 1, .n = 3, .entries = mixed};

	(void)state;
	assert_int_equal(warden_client_allow(client, allow, 2, take, NULL), 0);
	wait_for_answers();
	assert_true(listed("set inet mailban allow4", "203.0.113.0/28"));
	assert_true(listed("set inet mailban allow6", "2001:db8:1::5"));
	refused("203.0.113.9", -EPERM);
	refused("203.0.112.0/20", -EPERM);
	refused("203.0.113.8/29", -EPERM);
	refused("2001:db8:1::5", -EPERM);
	refused("127.0.0.1", -EADDRNOTAVAIL);
	refused("::1", -EADDRNOTAVAIL);
	refused("0.0.0.0", -EADDRNOTAVAIL);
	refused("224.0.0.1", -EADDRNOTAVAIL);
	refused("255.255.255.255", -EADDRNOTAVAIL);
	refused("ff02::1", -EADDRNOTAVAIL);
	refused("10.0.0.0/7", -ERANGE);
	refused("2000::/15", -ERANGE);
	ask(&count);
	assert_int_equal(answer.done.values[0], 0);
	/* The others of one request get in. */
	ask(&r);
	assert_int_equal(answer.done.result, -EPERM);
	assert_int_equal(answer.done.values[0], 2);
	assert_int_equal(answer.n_refused, 1);
	assert_int_equal(answer.refused[0].index, 1);
	ask(&count);
	assert_int_equal(answer.done.values[0], 2);
	/* A jail that there is not. */
	ban(2, "192.0.2.3", 600);
	assert_int_equal(answer.done.result, -ENOENT);
	/* The list is replaced, not added to. */
	assert_int_equal(
		warden_client_allow(client, allow + 1, 1, take, NULL), 0);
	wait_for_answers();
	ban(0, "203.0.113.9", 600);
	assert_int_equal(answer.done.result, 0);
	assert_false(listed("set inet mailban allow4", "203.0.113.0/28"));
}

/* The one set is full, the other jail goes on. */
static void a_full_set_is_told(void **state)
{
	struct layout_jail jails[] = {
		world_jail("a", "25"), world_jail("b", "143,993")};
	struct layout layout = {.jails = jails, .n = 2};

	(void)state;
	jails[0].elements = 2;
	apply_layout(&layout);
	ban(0, "192.0.2.1", 600);
	ban(0, "192.0.2.2", 600);
	ban(0, "192.0.2.3", 600);
	assert_int_equal(answer.done.result, -ENFILE);
	assert_string_equal(answer.done.text,
		"192.0.2.3: the set is full: lift bans, or have shorter ones");
	ban(1, "192.0.2.3", 600);
	assert_int_equal(answer.done.result, 0);
}

static void garbage_ends_it_alone(void **state)
{
	struct request stats = {.type = REQUEST_STATS};

	(void)state;
	ban(0, "192.0.2.1", 600);
	assert_int_equal(
		send(warden_client_fd(client), "\x04garbage", 8, 0), 8);
	memset(&answer, 0, sizeof(answer));
	/* Whoever still waits is told. */
	(void)warden_client_send(client, &stats, take, NULL);
	ends_with(WARDEN_VIOLATION);
	assert_true(answer.dones <= 1);
	assert_int_equal(answer.done.result, answer.dones ? -EPIPE : 0);
	assert_true(listed("set inet mailban ban4-a", "192.0.2.1"));
	/* The next one finds all in place. */
	start();
	two_jails();
	assert_true(answer.kept[0] && answer.kept[1]);
	assert_true(listed("set inet mailban ban4-a", "192.0.2.1"));
}

static void too_long_a_message_ends_it(void **state)
{
	char *large = calloc(1, 100000);

	(void)state;
	assert_int_equal(
		send(warden_client_fd(client), large, 100000, 0), 100000);
	free(large);
	ends_with(WARDEN_VIOLATION);
	start();
}

static void twin_jails_end_it(void **state)
{
	struct layout_jail jails[] = {
		world_jail("a", "25"), world_jail("a", "26")};
	struct layout layout = {.jails = jails, .n = 2};

	(void)state;
	assert_int_equal(warden_client_layout(client, &layout, take, NULL), 0);
	ends_with(WARDEN_VIOLATION);
	start();
}

static void a_part_without_a_first_ends_it(void **state)
{
	struct request r = {.type = REQUEST_ALLOW, .part = REQUEST_LAST};

	(void)state;
	assert_int_equal(warden_client_send(client, &r, take, NULL), 0);
	ends_with(WARDEN_VIOLATION);
	start();
}

static void its_end_leaves_the_sets(void **state)
{
	int status;

	(void)state;
	ban(0, "192.0.2.1", 600);
	/* What was sent is still done, though nobody hears the answers; the
	 * questions between keep the bans from going in as one. */
	memset(&answer, 0, sizeof(answer));
	for (int i = 0; i < 100; i++) {
		struct request_entry e = {
			.prefix = world_prefix("192.0.2.100")};
		struct request r = {.type = REQUEST_BAN, .n = 1, .entries = &e};
		struct request question = {.type = REQUEST_STATS};

		e.prefix.net.ip[15] = (uint8_t)(100 + i);
		assert_int_equal(warden_client_send(client, &r, NULL, NULL), 0);
		assert_int_equal(
			warden_client_send(client, &question, NULL, NULL), 0);
	}
	status = warden_client_free(&client);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), WARDEN_END);
	assert_true(listed("set inet mailban ban4-a", "192.0.2.1 "));
	assert_true(listed("set inet mailban ban4-a", "192.0.2.199"));
	start();
}

static void quit(bool flush)
{
	struct request r = {.type = REQUEST_QUIT, .flush = flush};

	ban(0, "192.0.2.1", 600);
	memset(&answer, 0, sizeof(answer));
	assert_int_equal(warden_client_send(client, &r, take, NULL), 0);
	ends_with(WARDEN_END);
	assert_int_equal(answer.dones, 1);
	assert_int_equal(answer.done.result, 0);
	assert_int_equal(listed("tables", "table inet mailban\n"), !flush);
	start();
}

static void told_to_quit(void **state)
{
	(void)state;
	quit(false);
	two_jails();
	quit(true);
}

static void signals_are_the_engines(void **state)
{
	pid_t pid = warden_client_pid(client);

	(void)state;
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(kill(pid, SIGINT), 0);
	assert_int_equal(kill(pid, SIGHUP), 0);
	ban(0, "192.0.2.1", 600);
	assert_int_equal(answer.done.result, 0);
}

/* n addresses of 10/8 from number first on. */
static void fill(struct request_entry *e, size_t n, uint32_t first)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t v = first + (uint32_t)i;
		uint8_t ip[4] = {
			10, (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
		struct addr a = addr_from_bytes(ip, 4);

		e[i] = (struct request_entry){
			.prefix = prefix_of(&a), .seconds = 600};
	}
}

/* What waits while the warden is busy goes into few transactions. */
static void a_burst_goes_in_together(void **state)
{
	const size_t each = 20, requests = 1000;
	struct request_entry e[20];
	struct request r = {
		.type = REQUEST_BAN, .jail = 1, .n = each, .entries = e};
	struct request stats = {.type = REQUEST_STATS};
	struct request count = {.type = REQUEST_COUNT, .jail = 1};
	uint64_t before;

	(void)state;
	ask(&stats);
	before = answer.done.values[STATS_TRANSACTIONS];
	memset(&answer, 0, sizeof(answer));
	assert_int_equal(kill(warden_client_pid(client), SIGSTOP), 0);
	for (size_t i = 0; i < requests; i++) {
		fill(e, each, (uint32_t)(i * each));
		assert_int_equal(warden_client_send(client, &r, take, NULL), 0);
	}
	/* One that must keep its place behind them. */
	assert_int_equal(warden_client_send(client, &count, take, NULL), 0);
	assert_int_equal(kill(warden_client_pid(client), SIGCONT), 0);
	wait_for_answers();
	assert_int_equal(answer.dones, requests + 1);
	assert_int_equal(answer.done.values[0], each * requests);
	ask(&stats);
	assert_true(answer.done.values[STATS_ELEMENTS] >= each * requests);
	/* Many requests share one; how many depends on the socket's queue. */
	assert_true(
		answer.done.values[STATS_TRANSACTIONS] - before < requests / 4);
}

static void the_queue_has_an_end(void **state)
{
	struct request_entry *e = calloc(REQUEST_ENTRIES_MOST, sizeof(*e));
	struct request r = {
		.type = REQUEST_BAN, .n = REQUEST_ENTRIES_MOST, .entries = e};
	int sent = 0, rc;

	(void)state;
	fill(e, REQUEST_ENTRIES_MOST, 0);
	memset(&answer, 0, sizeof(answer));
	assert_int_equal(kill(warden_client_pid(client), SIGSTOP), 0);
	while ((rc = warden_client_send(client, &r, take, NULL)) == 0)
		sent++;
	assert_int_equal(rc, -ENOBUFS);
	assert_int_equal(warden_client_pending(client), sent);
	assert_true((size_t)sent * REQUEST_ENTRIES_MOST * 22 >
		    WARDEN_CLIENT_QUEUE_MOST - REQUEST_MOST);
	/* The socket's own buffer takes a little more. */
	assert_true((size_t)sent * REQUEST_ENTRIES_MOST * 22 <
		    WARDEN_CLIENT_QUEUE_MOST + (8 << 20));
	assert_true(warden_client_wait(client, 20) == -ETIMEDOUT);
	assert_int_equal(kill(warden_client_pid(client), SIGCONT), 0);
	wait_for_answers();
	assert_int_equal(answer.dones, sent);
	/* And goes on afterwards. */
	ban(0, "192.0.2.1", 600);
	assert_int_equal(answer.done.result, 0);
	free(e);
}

static void a_table_that_is_gone_is_made_anew(void **state)
{
	const struct prefix allow = world_prefix("203.0.113.0/28");
	struct request count = {.type = REQUEST_COUNT, .jail = REQUEST_ALL};

	(void)state;
	assert_int_equal(warden_client_allow(client, &allow, 1, take, NULL), 0);
	wait_for_answers();
	ban(0, "192.0.2.1", 600);
	assert_int_equal(answer.done.values[1], 0);
	world_nft("flush ruleset");
	ban(0, "192.0.2.2", 600);
	assert_int_equal(answer.done.result, 0);
	assert_int_equal(answer.done.values[1], 1);
	ask(&count);
	assert_int_equal(answer.done.values[0], 1);
	assert_true(listed("set inet mailban allow4", "203.0.113.0/28"));
	assert_true(listed("chain inet mailban input", "@ban4-a"));
}

static void long_lists_come_in_parts(void **state)
{
	struct layout layout = {.n = 230};
	struct prefix *allow = calloc(6000, sizeof(*allow));

	(void)state;
	layout.jails = calloc(layout.n, sizeof(*layout.jails));
	for (size_t i = 0; i < layout.n; i++) {
		layout.jails[i] = world_jail("x", "25");
		snprintf(layout.jails[i].name, 16, "jail%u", (unsigned int)i);
	}
	apply_layout(&layout);
	assert_int_equal(answer.n_kept, 230);
	apply_layout(&layout);
	for (size_t i = 0; i < layout.n; i++)
		assert_true(answer.kept[i]);
	ban(229, "192.0.2.1", 600);
	assert_true(listed("set inet mailban ban4-jail229", "192.0.2.1"));
	for (uint32_t i = 0; i < 6000; i++) {
		uint8_t ip[4] = {172, 16, (uint8_t)(i >> 7), (uint8_t)(i << 1)};
		struct addr a = addr_from_bytes(ip, 4);

		allow[i] = prefix_of(&a);
	}
	memset(&answer, 0, sizeof(answer));
	assert_int_equal(
		warden_client_allow(client, allow, 6000, take, NULL), 0);
	wait_for_answers();
	assert_int_equal(answer.dones, 1);
	assert_int_equal(answer.done.values[0], 6000);
	refused("172.16.0.0", -EPERM);
	refused("172.16.46.222", -EPERM);
	/* None at all is a list too. */
	assert_int_equal(warden_client_allow(client, NULL, 0, take, NULL), 0);
	wait_for_answers();
	ban(229, "172.16.0.0", 600);
	assert_int_equal(answer.done.result, 0);
	layout.n = 0;
	apply_layout(&layout);
	free(allow);
	free(layout.jails);
}

static int changes;

static void count_change(void *context)
{
	(void)context;
	changes++;
}

/* Processes what the warden says until it has told so many changes. */
static void wait_for_changes(int wanted)
{
	struct pollfd p = {.fd = warden_client_fd(client), .events = POLLIN};

	while (changes < wanted) {
		assert_int_equal(poll(&p, 1, PATIENCE), 1);
		assert_int_equal(warden_client_process(client), 0);
	}
}

/*
 * What others do is told once each, whatever of ours stands around it; what
 * is ours, or changes nothing, never is: the last of others' shows it, as
 * changes are told in order.
 */
static void others_changes_are_told(void **state)
{
	struct request_entry e = {
		.prefix = world_prefix("192.0.2.1"), .seconds = 600};
	struct request again = {.type = REQUEST_BAN, .n = 1, .entries = &e};
	struct request stats = {.type = REQUEST_STATS};

	(void)state;
	changes = 0;
	warden_client_on_changed(client, count_change, NULL);
	ban(0, "192.0.2.1", 600);
	for (int i = 0; i < 20; i++)
		ask(&again);
	world_nft("add table inet other");
	wait_for_changes(1);
	world_nft("delete element inet mailban ban4-a { 192.0.2.1 }");
	/* Ours at once behind it, before it was looked for. */
	ask(&again);
	wait_for_changes(2);
	ask(&again);
	ask(&stats);
	world_nft("delete table inet other");
	wait_for_changes(3);
	ask(&stats);
	assert_int_equal(changes, 3);
	warden_client_on_changed(client, NULL, NULL);
}

/* Starts the program by hand; returns its exit status. */
static int started_by_hand(
	const char *uid, const char *gid, const void *message, size_t n)
{
	char path[64] = "build/mailban-warden";
	int pair[2], status;
	pid_t pid;

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	if (n > 0)
		assert_int_equal(send(pair[0], message, n, 0), n);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		snprintf(path, sizeof(path), "/proc/%d/exe",
			warden_client_pid(client));
		dup2(null, 2);
		close(null);
		if (message)
			dup2(pair[1], 3);
		else
			dup2(2, 3);
		execl(path, "mailban-warden", uid, gid, SPAWN_CONFINED,
			(char *)NULL);
		_exit(127);
	}
	close(pair[1]);
	if (n == 0)
		close(pair[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (n > 0)
		close(pair[0]);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void started_wrongly(void **state)
{
	uint8_t buf[REQUEST_MOST];
	struct request r = {.type = REQUEST_STATS};
	int n = request_encode(&r, buf);

	(void)state;
	assert_int_equal(started_by_hand("0", "x", "", 0), WARDEN_USAGE);
	assert_int_equal(started_by_hand("-1", "0", "", 0), WARDEN_USAGE);
	assert_int_equal(started_by_hand("0", NULL, "", 0), WARDEN_USAGE);
	assert_int_equal(
		started_by_hand("4294967295", "0", "", 0), WARDEN_USAGE);
	assert_int_equal(started_by_hand("0", "0", NULL, 0), WARDEN_USAGE);
	assert_int_equal(started_by_hand("54321", "54321", "", 0), WARDEN_END);
	/* Not greeted first. */
	assert_int_equal(started_by_hand("54321", "54321", buf, (size_t)n),
		WARDEN_VIOLATION);
}

/* What it inherits by somebody's oversight it closes, being started. */
static void inherited_descriptors_are_closed(void **state)
{
	struct pollfd p = {.events = POLLIN};
	int ends[2], pair[2], status;
	char path[64];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	snprintf(path, sizeof(path), "/proc/%d/exe", warden_client_pid(client));
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], 50);
		dup2(pair[1], 3);
		execl(path, "mailban-warden", "54321", "54321", SPAWN_CONFINED,
			(char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	close(pair[1]);
	/* The pipe's end is told while the warden lives. */
	p.fd = ends[0];
	assert_int_equal(poll(&p, 1, PATIENCE), 1);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	close(pair[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), WARDEN_END);
	close(ends[0]);
}

/* The client looks for the program beside its own. */
static void link_program(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 32);

	assert_true(n > 0);
	path[n] = '\0';
	strcpy(strrchr(path, '/'), "/mailban-warden");
	if (symlink("../../mailban-warden", path) < 0)
		assert_int_equal(errno, EEXIST);
}

#define WARDEN_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WARDEN_TEST(it_has_one_right_and_its_sockets),
		WARDEN_TEST(bans_and_what_the_kernel_has),
		WARDEN_TEST(it_has_rules_of_its_own),
		WARDEN_TEST(a_full_set_is_told),
		WARDEN_TEST(garbage_ends_it_alone),
		WARDEN_TEST(too_long_a_message_ends_it),
		WARDEN_TEST(twin_jails_end_it),
		WARDEN_TEST(a_part_without_a_first_ends_it),
		WARDEN_TEST(its_end_leaves_the_sets),
		WARDEN_TEST(told_to_quit),
		WARDEN_TEST(signals_are_the_engines),
		WARDEN_TEST(a_burst_goes_in_together),
		WARDEN_TEST(the_queue_has_an_end),
		WARDEN_TEST(a_table_that_is_gone_is_made_anew),
		WARDEN_TEST(long_lists_come_in_parts),
		WARDEN_TEST(others_changes_are_told),
		WARDEN_TEST(started_wrongly),
		WARDEN_TEST(inherited_descriptors_are_closed),
	};

	link_program();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
