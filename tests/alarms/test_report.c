/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The messages between engine and gauge process: whole, or not taken. */
#include "alarms/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct report_watch watch, watch_again;
static struct report report, again;

static void test_most_of_all(void **state)
{
	uint8_t bytes[REPORT_WATCH_BYTES];
	size_t n;

	(void)state;
	watch.disks_n = REPORT_DISKS;
	watch.spools_n = REPORT_SPOOLS;
	for (int i = 0; i < REPORT_DISKS; i++)
		snprintf(watch.disks[i], REPORT_PATH, "/%0*d", REPORT_PATH - 2,
			i);
	for (int i = 0; i < REPORT_SPOOLS; i++)
		snprintf(watch.spools[i], REPORT_PATH, "/%0*d", REPORT_PATH - 2,
			i);
	n = report_watch_encode(&watch, bytes, sizeof(bytes));
	assert_true(n > 0);
	assert_true(report_watch_decode(bytes, n, &watch_again));
	assert_memory_equal(&watch, &watch_again, sizeof(watch));
	for (size_t cut = 0; cut < n; cut++)
		assert_false(report_watch_decode(bytes, cut, &watch_again));
	strcpy(watch.disks[3], "relative");
	assert_int_equal(report_watch_encode(&watch, bytes, sizeof(bytes)), 0);
}

static size_t most(uint8_t *bytes)
{
	memset(&report, 0, sizeof(report));
	report.disks_n = REPORT_DISKS;
	report.spools_n = REPORT_SPOOLS;
	report.took = 12345;
	for (int i = 0; i < REPORT_DISKS; i++)
		report.disks[i] = (struct report_disk){.error = i,
			.disk = {.device = 1,
				.bytes = 9,
				.bytes_free = 8,
				.inodes = 7,
				.inodes_free = 6,
				.read_only = i % 2}};
	for (int i = 0; i < REPORT_SPOOLS; i++)
		for (int q = 0; q < QUEUES; q++)
			report.spools[i].queues[q].queue =
				(struct queue){.files = 5,
					.ready = 4,
					.looked = 3,
					.bytes = 2,
					.oldest = 1,
					.cut = q % 2};
	return report_encode(&report, bytes, REPORT_BYTES);
}

static void test_report(void **state)
{
	uint8_t bytes[REPORT_BYTES];
	size_t n = most(bytes);

	(void)state;
	assert_true(n > 0);
	assert_true(report_decode(bytes, n, &again));
	assert_memory_equal(&report, &again, sizeof(report));
	for (size_t cut = 0; cut < n; cut++)
		assert_false(report_decode(bytes, cut, &again));
}

/* Numbers that cannot be are not believed of whoever sends them. */
static void test_impossible(void **state)
{
	uint8_t bytes[REPORT_BYTES];
	size_t n;

	(void)state;
	most(bytes);
	report.disks[2].disk.bytes_free = 10;
	n = report_encode(&report, bytes, sizeof(bytes));
	assert_false(report_decode(bytes, n, &again));
	most(bytes);
	report.spools[1].queues[2].queue.ready = 6;
	n = report_encode(&report, bytes, sizeof(bytes));
	assert_false(report_decode(bytes, n, &again));
	most(bytes);
	report.spools[1].queues[2].queue.oldest = -1;
	n = report_encode(&report, bytes, sizeof(bytes));
	assert_false(report_decode(bytes, n, &again));
	bytes[0] = REPORT_DISKS + 1;
	assert_false(report_decode(bytes, n, &again));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_most_of_all),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_impossible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
