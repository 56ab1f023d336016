/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a message between the engine and the gauge process or the
 * runner: refused, or what the encoder makes of it again is the same to the
 * byte.
 */
#include <string.h>

#include "alarms/report.h"
#include "daemon/runner.h"
#include "tests/fuzz/fuzz.h"

static uint8_t
	again[REPORT_BYTES > RUNNER_MESSAGE ? REPORT_BYTES : RUNNER_MESSAGE];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void check_watch(const uint8_t *data, size_t n)
{
	static struct report_watch watch;

	if (!report_watch_decode(data, n, &watch))
		return;
	must(watch.disks_n <= REPORT_DISKS && watch.spools_n <= REPORT_SPOOLS);
	must(report_watch_encode(&watch, again, sizeof(again)) == n);
	must(memcmp(again, data, n) == 0);
}

static void check_report(const uint8_t *data, size_t n)
{
	static struct report report;

	if (!report_decode(data, n, &report))
		return;
	must(report.disks_n <= REPORT_DISKS &&
		report.spools_n <= REPORT_SPOOLS);
	must(report_encode(&report, again, sizeof(again)) == n);
	must(memcmp(again, data, n) == 0);
}

static void check_runner(const uint8_t *data, size_t n)
{
	static struct runner_request q;

	if (n > RUNNER_MESSAGE || !runner_request_decode(data, n, &q))
		return;
	must(q.task >= RUNNER_POSTCONF);
	must(!q.directory[0] || q.directory[0] == '/');
	must(memchr(q.text, 0, sizeof(q.text)));
	must(runner_request_encode(&q, again, sizeof(again)) == n);
	must(memcmp(again, data, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	check_watch(data, n);
	check_report(data, n);
	check_runner(data, n);
	return 0;
}
