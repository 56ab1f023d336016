/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a message between the engine and the warden: refused, or what
 * the encoder makes of it again is the same to the byte.
 */
#include <string.h>

#include "daemon/request.h"
#include "tests/fuzz/fuzz.h"

static struct request_room room;
static struct reply_room reply_room;
static uint8_t again[REQUEST_MOST];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void check_request(const uint8_t *data, size_t n)
{
	struct request r;

	if (!request_decode(&r, &room, data, n))
		return;
	must(n <= REQUEST_MOST);
	must(request_encode(&r, again) == (int)n);
	must(memcmp(again, data, n) == 0);
	must(strcmp(request_name(r.type), "unknown") != 0);
	for (size_t i = 0; r.type == REQUEST_LAYOUT && i < r.n; i++)
		must(layout_jail_valid(&r.jails[i]));
	if (r.type == REQUEST_BAN)
		for (size_t i = 0; i < r.n; i++)
			must(r.entries[i].seconds <= REQUEST_SECONDS_MOST);
}

static void check_reply(const uint8_t *data, size_t n)
{
	struct reply r;

	if (!reply_decode(&r, &reply_room, data, n))
		return;
	must(reply_encode(&r, again) == (int)n);
	must(memcmp(again, data, n) == 0);
	must(memchr(r.text, 0, sizeof(r.text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	check_request(data, n);
	check_reply(data, n);
	return 0;
}
