/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What there are alarms of: each with its name, its thresholds without a
 * configuration, and how it is judged: so many of how many samples, when it
 * ends, whether what is low is bad. Nothing else is a matter of taste.
 */
#include <math.h>

#include "alarms/judge_parts.h"
#include "lib/clock.h"

#define MINUTE (60 * CLOCK_SECOND)
#define HOUR_SECONDS 3600.0
#define DAY_SECONDS (24 * HOUR_SECONDS)

const struct judge_rules judge_default = {
	.pairs = {[ALARM_DISK] = {5, 2},
		[ALARM_INODES] = {10, 3},
		[ALARM_FULL_IN] = {DAY_SECONDS, 4 * HOUR_SECONDS},
		[ALARM_READ_ONLY] = {INFINITY, 0},
		[ALARM_INCOMING] = {100, 1000},
		[ALARM_ACTIVE] = {4000, 16000},
		[ALARM_DEFERRED] = {200, 2000},
		[ALARM_CORRUPT] = {0, INFINITY},
		[ALARM_MAILDROP] = {300, 1800},
		[ALARM_OLDEST] = {4 * HOUR_SECONDS, 2 * DAY_SECONDS},
		[ALARM_OLDEST_DEFERRED] = {6 * DAY_SECONDS, INFINITY},
		[ALARM_INCOMING_GROWTH] = {200, 2000},
		[ALARM_ACTIVE_GROWTH] = {2000, 8000},
		[ALARM_DEFERRED_GROWTH] = {500, 5000},
		[ALARM_HOLD_GROWTH] = {20, INFINITY},
		[ALARM_PROCESSES] = {80, 99},
		[ALARM_MEMORY] = {10, 5},
		[ALARM_IO] = {50, 80},
		[ALARM_GAUGE] = {180, 600},
		[ALARM_PROBE] = {0, 1},
		[ALARM_NO_SPACE] = {INFINITY, 0},
		[ALARM_DISK_FAULT] = {INFINITY, 0},
		[ALARM_LIMIT] = {INFINITY, 0},
		[ALARM_THROTTLED] = {0, 5},
		[ALARM_CRASHED] = {0, 4},
		[ALARM_FATAL] = {2, 20},
		[ALARM_CONFIG] = {4, 50},
		[ALARM_DOWN] = {INFINITY, 120},
		[ALARM_UNKNOWN] = {20, INFINITY},
		[ALARM_SILENT] = {HOUR_SECONDS, INFINITY},
		[ALARM_VANISHED] = {20, INFINITY},
		[ALARM_RECIPIENTS] = {200, 1000},
		[ALARM_RETURNED] = {25, 50},
		[ALARM_NETWORKS] = {10, 25},
		[ALARM_LOGIN] = {4, 15}},
	.repeat = 24 * 60 * MINUTE,
	.interval = MINUTE,
};

static const struct kind {
	const char *name;
	struct level_rule rule;
} kinds[ALARM_KINDS] = {
	[ALARM_DISK] = {"disk_free",
		{.n = 1, .of = 1, .good = 5, .clear = 1.25, .below = true}},
	[ALARM_INODES] = {"inodes_free", {.n = 1,
						 .of = 1,
						 .good = 5,
						 .clear = 1,
						 .add = 2,
						 .below = true}},
	[ALARM_FULL_IN] = {"time_to_full",
		{.n = 3, .of = 5, .good = 5, .clear = 2, .below = true}},
	[ALARM_READ_ONLY] = {"read_only",
		{.n = 1, .of = 1, .good = 10, .clear = 1}},
	[ALARM_INCOMING] = {"incoming",
		{.n = 5, .of = 5, .good = 2, .clear = 0.5}},
	[ALARM_ACTIVE] = {"active", {.n = 3, .of = 5, .good = 2, .clear = 0.5}},
	[ALARM_DEFERRED] = {"deferred",
		{.n = 3, .of = 5, .good = 2, .clear = 0.7}},
	[ALARM_CORRUPT] = {"corrupt", {.n = 1, .of = 1, .good = 1, .clear = 1}},
	[ALARM_MAILDROP] = {"maildrop",
		{.n = 2, .of = 3, .good = 1, .clear = 1}},
	[ALARM_OLDEST] = {"oldest", {.n = 2, .of = 3, .good = 1, .clear = 1}},
	[ALARM_OLDEST_DEFERRED] = {"oldest_deferred",
		{.n = 2, .of = 3, .good = 1, .clear = 1}},
	[ALARM_INCOMING_GROWTH] = {"incoming_growth",
		{.n = 3, .of = 5, .good = 2, .clear = 0.5}},
	[ALARM_ACTIVE_GROWTH] = {"active_growth",
		{.n = 3, .of = 5, .good = 2, .clear = 0.5}},
	[ALARM_DEFERRED_GROWTH] = {"deferred_growth",
		{.n = 3, .of = 5, .good = 2, .clear = 0.5}},
	[ALARM_HOLD_GROWTH] = {"hold_growth",
		{.n = 2, .of = 3, .good = 2, .clear = 0.5}},
	[ALARM_PROCESSES] = {"processes",
		{.n = 3, .of = 5, .good = 2, .clear = 0.9}},
	[ALARM_MEMORY] = {"memory", {.n = 5, .of = 5, .good = 2, .clear = 0.5}},
	[ALARM_IO] = {"io", {.n = 5, .of = 5, .good = 2, .clear = 0.5}},
	[ALARM_GAUGE] = {"gauge", {.n = 1, .of = 1, .good = 1, .clear = 1}},
	[ALARM_PROBE] = {"probe", {.n = 2, .of = 2, .good = 1, .clear = 1}},
	/* Of the last minutes: it ends when there was none in them. */
	[ALARM_NO_SPACE] = {"no_space", {.n = 1, .of = 1, .good = 1}},
	[ALARM_DISK_FAULT] = {"disk_fault", {.n = 1, .of = 1, .good = 1}},
	[ALARM_LIMIT] = {"process_limit", {.n = 1, .of = 1, .good = 1}},
	[ALARM_THROTTLED] = {"throttled", {.n = 1, .of = 1, .good = 1}},
	[ALARM_CRASHED] = {"crashed", {.n = 1, .of = 1, .good = 1}},
	[ALARM_FATAL] = {"fatal", {.n = 1, .of = 1, .good = 1}},
	[ALARM_CONFIG] = {"mail_config", {.n = 1, .of = 1, .good = 1}},
	[ALARM_DOWN] = {"mail_down", {.n = 1, .of = 1, .good = 1}},
	[ALARM_UNKNOWN] = {"unknown_lines",
		{.n = 2, .of = 3, .good = 2, .clear = 0.7}},
	[ALARM_SILENT] = {"silent", {.n = 1, .of = 1, .good = 1, .clear = 1}},
	[ALARM_VANISHED] = {"vanished",
		{.n = 1, .of = 1, .good = 1, .clear = 1}},
	[ALARM_RECIPIENTS] = {"recipients",
		{.n = 1, .of = 1, .good = 15, .clear = 1}},
	[ALARM_RETURNED] = {"returned",
		{.n = 1, .of = 1, .good = 15, .clear = 1}},
	[ALARM_NETWORKS] = {"networks",
		{.n = 1, .of = 1, .good = 15, .clear = 1}},
	[ALARM_LOGIN] = {"guessed_login",
		{.n = 1, .of = 1, .good = 1, .clear = 1}},
};

const char *judge_name(enum alarm_kind kind)
{
	return kinds[kind].name;
}

const struct level_rule *judge_rule(enum alarm_kind kind)
{
	return &kinds[kind].rule;
}
