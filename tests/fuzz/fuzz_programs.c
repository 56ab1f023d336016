/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as what other programs print: Postfix' own, which have senders and
 * reasons of strangers in them, and mail servers that are asked. What comes of
 * them is within its bounds, printable, and the same however it was cut.
 */
#include <string.h>

#include "alarms/postconf.h"
#include "alarms/postqueue.h"
#include "alarms/probe_answer.h"
#include "alarms/services.h"
#include "daemon/listing.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

/* A line of an answer, in each kind of talk and at each step. */
static void check_answer(const char *line)
{
	for (int kind = 0; kind < PROBE_KINDS; kind++)
		for (int step = PROBE_BANNER; step < PROBE_DONE; step++) {
			struct probe_answer answer = {.line = line};

			if (!probe_answer_read(&answer, kind, step))
				continue;
			if (probe_kind_is_smtp(kind)) {
				must(answer.code >= 200 && answer.code < 600);
				probe_answer_offers_tls(&answer);
			}
		}
}

static void check_message(const char *line, size_t n)
{
	const char *address, *reason, *domain;
	struct postqueue_message m;

	if (!postqueue_read(&m, line, n))
		return;
	must(m.came >= 0);
	for (size_t i = 0; postqueue_recipient(&m, i, &address, &reason); i++) {
		must(i < n);
		domain = postqueue_domain(address);
		must(!domain || strstr(address, domain));
	}
	postqueue_domain(m.sender);
	postqueue_free(&m);
}

/* By portions of so many bytes. */
static size_t list(const char *text, size_t n, size_t portion, uint8_t *out)
{
	struct listing *listing = listing_new();
	size_t written;

	for (size_t at = 0; at < n; at += portion)
		listing_take(listing, text + at,
			n - at < portion ? n - at : portion);
	written = listing_encode(listing, out, LISTING_BYTES);
	listing_free(&listing);
	return written;
}

static void check_listing(const char *text, size_t n)
{
	static uint8_t whole[LISTING_BYTES], parts[LISTING_BYTES];
	struct listing_summary summary;
	size_t written = list(text, n, n + 1, whole);
	char said[400];

	must(written > 0 && written == list(text, n, 7, parts));
	must(memcmp(whole, parts, written) == 0);
	must(listing_decode(whole, written, &summary));
	for (int part = 0; part < LISTING_PARTS; part++)
		for (int k = 0; k < LISTING_LISTS; k++) {
			listing_text(&summary, part, k, said, sizeof(said));
			for (const char *s = said; *s; s++)
				must(*s >= ' ' && *s < 0x7f);
		}
}

static void check_services(const char *text, size_t n)
{
	static uint8_t bytes[SERVICES_BYTES];
	static struct services services, again;
	size_t written;
	int error;

	memset(&services, 0, sizeof(services));
	services_limits(&services, text, n, 100);
	must(services.n <= SERVICES_MOST);
	again = services;
	written = services_encode(&services, 0, bytes, sizeof(bytes));
	must(written > 0);
	must(services_decode(bytes, written, &again, &error) && error == 0);
}

static void check_postconf(const char *text, size_t n)
{
	struct postconf conf = {0};
	struct disk disk = {0};
	char said[600];

	postconf_take(&conf, text, n);
	must(memchr(conf.queue_directory, 0, POSTCONF_PATH));
	must(memchr(conf.multi_instance_directories, 0, POSTCONF_TEXT));
	for (size_t i = 0; postconf_fault(&conf, &disk, i, said, sizeof(said));
		i++)
		must(memchr(said, 0, sizeof(said)));
}

/* At the very end of its memory, so that a byte too far is seen. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = malloc(n + 1), *bare = malloc(n ? n : 1);

	memcpy(text, data, n);
	memcpy(bare, data, n);
	text[n] = '\0';
	check_answer(text);
	check_message(bare, n);
	/* Its tables are large: nothing but an object is worth them. */
	if (memchr(bare, '{', n))
		check_listing(bare, n);
	check_services(bare, n);
	check_postconf(bare, n);
	free(text);
	free(bare);
	return 0;
}
