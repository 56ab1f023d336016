/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban check queue: how many messages wait, as check_mailq counts and says
 * it, and how long. Counts files where it may look into the queue, else asks
 * postqueue(1), as anybody may.
 */
#include "alarms/queue.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cli/check/check.h"
#include "cli/text.h"
#include "lib/clock.h"

#define HOUR 3600

/* Messages from where on it is a warning, or critical; a ready message of
 * maildrop and incoming is one that nobody has fetched. */
static const struct level {
	uint32_t warning, critical;
} levels[QUEUES] = {
	[QUEUE_MAILDROP] = {0, 0},
	[QUEUE_INCOMING] = {100, 1000},
	[QUEUE_ACTIVE] = {4000, 16000},
	[QUEUE_DEFERRED] = {200, 2000},
	[QUEUE_HOLD] = {0, 0},
	[QUEUE_CORRUPT] = {0, 0},
};

/* Seconds that the oldest may have been there. */
#define AGE_WARNING (4 * HOUR)
#define AGE_CRITICAL (48 * HOUR)
#define MAILDROP_WARNING (5 * 60)
#define MAILDROP_CRITICAL (30 * 60)

static enum verdict_state level_of(
	int64_t value, int64_t warning, int64_t critical)
{
	return value > critical	 ? VERDICT_CRITICAL
	       : value > warning ? VERDICT_WARNING
				 : VERDICT_OK;
}

static void judge_age(const char *what, int64_t oldest, int64_t warning,
	int64_t critical, struct verdict *verdict)
{
	int64_t age = oldest ? clock_wall() / CLOCK_SECOND - oldest : 0;
	enum verdict_state state = level_of(age, warning, critical);
	char text[TEXT_TIME];

	if (state != VERDICT_OK)
		verdict_find(verdict, state, "the oldest message%s waits %s",
			what, text_duration(age, text));
}

/* As check_mailq has it, to the letter, if it was given numbers. */
static void judge_sum(const struct check_options *options, uint64_t sum,
	struct verdict *verdict)
{
	bool told = options->what && options->has_warning;
	char ranges[64] = ";;0";

	if (told)
		snprintf(ranges, sizeof(ranges), "%" PRId64 ";%" PRId64 ";0",
			options->warning, options->critical);
	if (!sum)
		verdict_find(verdict, VERDICT_OK,
			"postfix mailq reports queue is empty");
	else if (!told)
		verdict_find(verdict, VERDICT_OK, "postfix mailq (%" PRIu64 ")",
			sum);
	else if (sum >= (uint64_t)options->critical)
		verdict_find(verdict, VERDICT_CRITICAL,
			"postfix mailq is %" PRIu64 " (threshold c = %" PRId64
			")",
			sum, options->critical);
	else if (sum >= (uint64_t)options->warning)
		verdict_find(verdict, VERDICT_WARNING,
			"postfix mailq is %" PRIu64 " (threshold w = %" PRId64
			")",
			sum, options->warning);
	else
		verdict_find(verdict, VERDICT_OK,
			"postfix mailq (%" PRIu64 ") is below threshold "
			"(%" PRId64 "/%" PRId64 ")",
			sum, options->warning, options->critical);
	verdict_figure(verdict, "unsent", (int64_t)sum, "", ranges);
}

/* What no thresholds were given for. */
static void judge_queues(const struct queue queues[QUEUES],
	const struct check_options *options, struct verdict *verdict)
{
	bool told = options->what && options->has_warning;

	for (int i = 0; i < QUEUES && !told; i++) {
		const struct level *level = &levels[i];
		enum verdict_state state = level_of(
			queues[i].ready, level->warning, level->critical);

		if (level->critical && state != VERDICT_OK)
			verdict_find(verdict, state,
				"%" PRIu32 " messages in %s", queues[i].ready,
				queue_text((enum queue_name)i));
	}
	if (queues[QUEUE_CORRUPT].files)
		verdict_find(verdict, VERDICT_WARNING,
			"%" PRIu32 " damaged messages in corrupt",
			queues[QUEUE_CORRUPT].files);
}

static int64_t older(int64_t a, int64_t b)
{
	return !a ? b : !b ? a : a < b ? a : b;
}

/* Files; 0, or -errno of the first queue that cannot be looked at. */
static int count(const char *directory, struct queue queues[QUEUES])
{
	for (int i = 0; i < QUEUES; i++) {
		int r = queue_count(
			directory, (enum queue_name)i, NULL, &queues[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

/* daemon: it judges where no thresholds were given; or NULL. */
static void judge_files(const struct check_options *options,
	const struct queue queues[QUEUES], const struct check_daemon *daemon,
	struct verdict *verdict)
{
	uint64_t sum = 0;

	for (int i = 0; i < QUEUES; i++)
		if (i != QUEUE_CORRUPT)
			sum += queues[i].files;
	judge_sum(options, sum, verdict);
	if (daemon)
		check_daemon_alarms(daemon, false, verdict);
	else
		judge_queues(queues, options, verdict);
	for (int i = 0; i < QUEUES; i++)
		verdict_figure(verdict, queue_text((enum queue_name)i),
			queues[i].files, "", ";;0");
	if (daemon || (options->what && options->has_warning))
		return;
	judge_age("",
		older(older(queues[QUEUE_INCOMING].oldest,
			      queues[QUEUE_ACTIVE].oldest),
			queues[QUEUE_DEFERRED].oldest),
		AGE_WARNING, AGE_CRITICAL, verdict);
	judge_age(" of maildrop", queues[QUEUE_MAILDROP].oldest,
		MAILDROP_WARNING, MAILDROP_CRITICAL, verdict);
}

static void judge_domain(const struct check_options *options,
	const struct check_listed *listed, struct verdict *verdict)
{
	char ranges[64];

	if (listed->of_domain >= (uint64_t)options->domain_critical)
		verdict_find(verdict, VERDICT_CRITICAL,
			"%" PRIu64 " messages in queue of %s (threshold C = "
			"%" PRId64 ")",
			listed->of_domain, listed->domain,
			options->domain_critical);
	else if (listed->of_domain >= (uint64_t)options->domain_warning)
		verdict_find(verdict, VERDICT_WARNING,
			"%" PRIu64 " messages in queue of %s (threshold W = "
			"%" PRId64 ")",
			listed->of_domain, listed->domain,
			options->domain_warning);
	snprintf(ranges, sizeof(ranges), "%" PRId64 ";%" PRId64 ";0",
		options->domain_warning, options->domain_critical);
	verdict_figure(verdict, "of_one_domain", (int64_t)listed->of_domain, "",
		ranges);
}

static void tell_list(const struct check_options *options, bool counted,
	struct verdict *verdict)
{
	struct check_listed listed;

	if (!check_queue_list(options, &listed, verdict))
		return;
	if (!counted) {
		judge_sum(options, listed.messages, verdict);
		if (!options->what || !options->has_warning)
			judge_age("", listed.oldest, AGE_WARNING, AGE_CRITICAL,
				verdict);
	}
	if (options->domain_warning)
		judge_domain(options, &listed, verdict);
}

void check_queue(const struct check_options *options, struct verdict *verdict)
{
	bool told = options->what && options->has_warning;
	struct queue queues[QUEUES] = {0};
	struct postconf postfix;
	struct check_daemon daemon;
	int r;

	/* It knows its own instances, and one that is named may be another. */
	if (!options->configdir && check_daemon_ask(options, &daemon) &&
		daemon.has_queues) {
		judge_files(
			options, daemon.queues, told ? NULL : &daemon, verdict);
		for (size_t i = 0; i < daemon.lists_n; i++)
			verdict_more(verdict, "%s", daemon.lists[i]);
		if (options->domain_warning)
			tell_list(options, true, verdict);
		return;
	}
	if (!check_postfix_ask(options, &postfix, verdict))
		return;
	r = count(postfix.queue_directory, queues);
	if (r < 0 && r != -EACCES && r != -EPERM) {
		verdict_find(verdict, VERDICT_UNKNOWN, "%s: %s",
			postfix.queue_directory, strerror(-r));
		return;
	}
	if (r == 0)
		judge_files(options, queues, NULL, verdict);
	if (r < 0 || options->domain_warning)
		tell_list(options, r == 0, verdict);
}
