/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wardenloop N: how many bans a second our own way takes, from the engine's
 * request over the warden's checks into the kernel: beside rawloop, which is
 * what the kernel can take at all. Needs mailban-warden in its own directory.
 * In a network namespace of its own; prints bans a second, one line for each
 * of five rounds.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/warden_client.h"

#define ROUNDS 5
#define NOBODY 65534
#define WAIT 60000 /* milliseconds */

static struct request_entry entries[REQUEST_ENTRIES_MOST];
static size_t refused;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "wardenloop: %s\n", what);
	exit(1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void on_reply(const struct reply *reply, void *context)
{
	(void)context;
	if (reply->type == REPLY_REFUSED)
		refused += reply->n;
	if (reply->type == REPLY_DONE && reply->result < 0)
		die(reply->text[0] ? reply->text : "refused");
}

static void send_now(struct warden_client *client, const struct request *r)
{
	if (warden_client_send(client, r, on_reply, NULL) < 0 &&
		(warden_client_wait(client, WAIT) < 0 ||
			warden_client_send(client, r, on_reply, NULL) < 0))
		die("cannot send");
}

static void ban_all(struct warden_client *client, uint32_t count)
{
	struct request r = {.type = REQUEST_BAN, .entries = entries};
	uint32_t i, v;
	uint8_t ip[4];

	for (i = 0; i < count; i++) {
		v = 0x0a000001u + i;
		ip[0] = (uint8_t)(v >> 24);
		ip[1] = (uint8_t)(v >> 16);
		ip[2] = (uint8_t)(v >> 8);
		ip[3] = (uint8_t)v;
		entries[r.n++] = (struct request_entry){
			.prefix = {addr_from_bytes(ip, 4), 128},
			.seconds = 3600};
		if (r.n == REQUEST_ENTRIES_MOST || i + 1 == count) {
			send_now(client, &r);
			r.n = 0;
		}
	}
	if (warden_client_wait(client, WAIT) < 0)
		die("no answer");
}

int main(int argc, char **argv)
{
	struct layout_jail jail = {
		.name = "bench", .elements = LAYOUT_ELEMENTS_MOST};
	const struct layout layout = {&jail, 1};
	const struct request flush = {
		.type = REQUEST_FLUSH, .jail = REQUEST_ALL};
	uint32_t n = argc == 2 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
	struct warden_client *client;
	double start;
	int i;

	if (n == 0 || n > LAYOUT_ELEMENTS_MOST) {
		fputs("usage: wardenloop N\n", stderr);
		return 2;
	}
	if (unshare(CLONE_NEWNET) < 0)
		die("cannot have a network namespace");
	if (warden_client_spawn(&client, NOBODY, NOBODY, true) < 0 ||
		warden_client_layout(client, &layout, on_reply, NULL) < 0 ||
		warden_client_wait(client, WAIT) < 0)
		die("the warden does not start");
	for (i = 0; i < ROUNDS; i++) {
		start = now();
		ban_all(client, n);
		printf("%.0f\n", n / (now() - start));
		send_now(client, &flush);
		if (warden_client_wait(client, WAIT) < 0)
			die("no answer");
	}
	if (refused)
		die("some were refused");
	return warden_client_free(&client) ? 1 : 0;
}
