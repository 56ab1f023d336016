/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as what was kept over a restart and as what the helpers counted:
 * somebody else may have written the file. Refused, or what is made of it again
 * is the same.
 */
#include <string.h>

#include "alarms/judge.h"
#include "alarms/services.h"
#include "daemon/listing.h"
#include "sources/rotation.h"
#include "tests/fuzz/fuzz.h"

static uint8_t bytes[JUDGE_KEPT], again[JUDGE_KEPT];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_hold("UTC");
	return 0;
}

static void on_news(void *ctx, const struct alarm *alarm, enum level_news news)
{
	(void)ctx;
	(void)alarm;
	(void)news;
}

/* One that learnt what these bytes say, and what it keeps; 0 if nothing. */
static size_t keep_again(const uint8_t *from, size_t n, uint8_t *to)
{
	static const struct judge_rules rules;
	struct judge *judge = judge_new(&rules, on_news, NULL);
	size_t kept = 0;

	if (judge_recall(judge, from, n, FUZZ_NOW, FUZZ_NOW)) {
		kept = judge_keep(judge, FUZZ_NOW, FUZZ_NOW, to, JUDGE_KEPT);
		must(kept > 0);
	}
	judge_free(&judge);
	return kept;
}

/* What it keeps it knows again. At first ages become the most that there is. */
static void check_judge(const uint8_t *data, size_t n)
{
	size_t first = keep_again(data, n, bytes), second;

	if (first == 0)
		return;
	second = keep_again(bytes, first, again);
	must(second > 0);
	must(keep_again(again, second, bytes) == second);
	must(memcmp(bytes, again, second) == 0);
}

static void check_position(const uint8_t *data, size_t n)
{
	static struct file_positions p, other;
	static char text[FILE_POSITION_TEXT], second[FILE_POSITION_TEXT];
	char *in = malloc(n + 1);

	memcpy(in, data, n);
	in[n] = '\0';
	if (file_positions_parse(in, &p) == 0) {
		must(p.n <= FILE_PARTS && p.n_done <= FILE_DONE);
		must(file_positions_format(&p, text, sizeof(text)) == 0);
		must(file_positions_parse(text, &other) == 0);
		must(file_positions_format(&other, second, sizeof(second)) ==
			0);
		must(strcmp(text, second) == 0);
	} else {
		must(p.n == 0 && p.n_done == 0);
	}
	free(in);
}

static void check_helpers(const uint8_t *data, size_t n)
{
	static struct services services;
	struct listing_summary summary;
	char said[300];
	int error;

	if (listing_decode(data, n, &summary))
		listing_text(&summary, LISTING_MOVING, LISTING_SENDERS, said,
			sizeof(said));
	memset(&services, 0, sizeof(services));
	if (services_decode(data, n, &services, &error)) {
		must(services.n <= SERVICES_MOST);
		services_fullest(&services);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	check_judge(data, n);
	check_position(data, n);
	check_helpers(data, n);
	return 0;
}
