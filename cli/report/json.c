/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report for programs: all that was counted, as one object. Names are
 * text: bytes that are no UTF-8 stand as \xNN, as in tables.
 */
#include "cli/report/report.h"

#include <stdlib.h>

#include <jansson.h>

#include "cli/jsonout.h"
#include "cli/report/live.h"
#include "cli/text.h"
#include "lib/clock.h"

static json_t *name_json(struct span name)
{
	char *escaped = text_escape_bytes(name.at, name.n);
	json_t *out;

	out = json_string(escaped);
	free(escaped);
	return out;
}

static json_t *integer(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static void set(json_t *to, const char *key, uint64_t value)
{
	json_object_set_new(to, key, integer(value));
}

static json_t *total_json(const struct counter *t)
{
	json_t *out = json_object();

	set(out, "lines", t->lines);
	set(out, "mail_lines", t->mail);
	set(out, "undated_lines", t->undated);
	set(out, "cut_lines", t->cut);
	set(out, "unknown_lines", t->unknown);
	set(out, "received", t->received);
	set(out, "delivered", t->delivered);
	set(out, "forwarded", t->forwarded);
	set(out, "deferred", t->deferred);
	set(out, "deferrals", t->deferrals);
	set(out, "bounced", t->bounced);
	set(out, "expired", t->expired);
	set(out, "rejected", t->rejected);
	set(out, "reject_warnings", t->reject_warnings);
	set(out, "held", t->held);
	set(out, "discarded", t->discarded);
	set(out, "bytes_received", t->bytes_received);
	set(out, "bytes_delivered", t->bytes_delivered);
	set(out, "saved", t->saved);
	set(out, "logins", t->logins);
	set(out, "attacks", t->attacks);
	set(out, "bans", t->bans);
	return out;
}

static void traffic_set(json_t *to, const struct traffic *traffic)
{
	static const char *const names[TRAFFIC_COLUMNS] = {
		"received", "delivered", "deferred", "bounced", "rejected"};

	for (int i = 0; i < TRAFFIC_COLUMNS; i++)
		set(to, names[i], traffic->n[i]);
}

static json_t *hours_json(const struct ledger *l)
{
	json_t *out = json_array();

	for (int hour = 0; hour < 24; hour++) {
		json_t *row = json_object();

		set(row, "hour", (uint64_t)hour);
		traffic_set(row, &l->hours[hour]);
		json_array_append_new(out, row);
	}
	return out;
}

static json_t *days_json(const struct ledger *l)
{
	uint32_t *order = tally_sorted(l->days, report_by_day);
	json_t *out = json_array();

	for (uint32_t i = 0; i < tally_size(l->days); i++) {
		const struct day *day = tally_value(l->days, order[i]);
		char date[32];
		json_t *row;

		if (!day->filled)
			continue;
		row = json_object();
		snprintf(date, sizeof(date), "%04d-%02d-%02d", day->year,
			day->month + 1, day->day);
		json_object_set_new(row, "date", json_string(date));
		traffic_set(row, &day->traffic);
		json_array_append_new(out, row);
	}
	free(order);
	return out;
}

static json_t *hourly_json(const struct ledger *l)
{
	uint32_t *order = tally_sorted(l->hourly, report_by_hourly);
	json_t *out = json_array();

	for (uint32_t i = 0; i < tally_size(l->hourly); i++) {
		const struct hourly *hour = tally_value(l->hourly, order[i]);
		json_t *row = json_object();

		set(row, "time", (uint64_t)hour->hour * 3600);
		traffic_set(row, &hour->traffic);
		set(row, "queue", hour->queue);
		set(row, "logins", hour->logins);
		set(row, "attacks", hour->attacks);
		set(row, "bans", hour->bans);
		json_array_append_new(out, row);
	}
	free(order);
	return out;
}

static json_t *parties_json(const struct tally *t, int64_t left)
{
	uint32_t *order = tally_sorted(t, report_by_count);
	json_t *out = json_array();

	for (uint32_t i = 0; left && i < tally_size(t); i++) {
		const struct party *party = tally_value(t, order[i]);
		json_t *row;

		if (!party->count)
			break;
		row = json_object();
		json_object_set_new(
			row, "name", name_json(tally_name(t, order[i])));
		set(row, "messages", party->count);
		set(row, "bytes", party->size);
		json_array_append_new(out, row);
		left--;
	}
	free(order);
	return out;
}

static json_t *targets_json(const struct tally *t, int64_t left)
{
	uint32_t *order = tally_sorted(t, report_by_count);
	json_t *out = json_array();

	for (uint32_t i = 0; left && i < tally_size(t); i++, left--) {
		const struct target *target = tally_value(t, order[i]);
		double n = (double)target->party.count;
		json_t *row = json_object();

		json_object_set_new(
			row, "name", name_json(tally_name(t, order[i])));
		set(row, "messages", target->party.count);
		set(row, "bytes", target->party.size);
		set(row, "deferrals", target->deferrals);
		json_object_set_new(row, "delay_mean",
			json_real(n > 0 ? target->delays / n : 0));
		json_object_set_new(
			row, "delay_most", json_real(target->delay_most));
		json_array_append_new(out, row);
	}
	free(order);
	return out;
}

/* what, why and who under names of their own; NULL leaves one out. */
static json_t *causes_json(const struct causes *causes, const char *what,
	const char *why, const char *who)
{
	json_t *out = json_array();
	uint32_t n;
	struct cause *all = causes_sorted(causes, &n);

	for (uint32_t i = 0; i < n; i++) {
		json_t *row = json_object();

		if (what)
			json_object_set_new(row, what, name_json(all[i].what));
		if (why)
			json_object_set_new(row, why, name_json(all[i].why));
		json_object_set_new(row, who, name_json(all[i].who));
		set(row, "count", all[i].count);
		json_array_append_new(out, row);
	}
	free(all);
	return out;
}

static json_t *delays_json(const struct ledger *l)
{
	static const char *const parts[DELAYS] = {
		"before", "queue", "connect", "send"};
	json_t *out = json_object(), *classes = json_array();

	for (int i = 0; i < DELAY_CLASSES; i++)
		json_array_append_new(classes, integer(l->delay_classes[i]));
	json_object_set_new(out, "classes", classes);
	for (int i = 0; i < DELAYS; i++)
		json_object_set_new(out, parts[i],
			json_real(l->with_parts ? l->delay_parts[i] /
							  (double)l->with_parts
						: 0));
	return out;
}

static json_t *faults_json(const char *const *faults)
{
	json_t *out = json_array();

	for (; *faults; faults++)
		json_array_append_new(out, json_string(*faults));
	return out;
}

/* What the daemon has beside the hours. */
static void live_json(json_t *out, const struct report_live *live)
{
	json_object_set_new(out, "source", json_string("counters"));
	json_object_set_new(out, "running", json_boolean(!live->left));
	set(out, "since", (uint64_t)live->history.since);
	if (live->attackers)
		json_object_set(out, "attackers", live->attackers);
}

static void print_json(json_t *out, FILE *to)
{
	jsonout_write(out, JSON_INDENT(1), to);
	json_decref(out);
}

void report_json(const struct ledger *l, const struct report_options *o,
	const char *const *faults, FILE *to)
{
	static const char *const refused[RECORD_ACTIONS] = {
		[RECORD_REJECT] = "rejects",
		[RECORD_REJECT_WARNING] = "reject_warnings",
		[RECORD_HOLD] = "holds",
		[RECORD_DISCARD] = "discards",
	};
	json_t *out = json_object();

	set(out, "first", (uint64_t)(l->first / CLOCK_SECOND));
	set(out, "last", (uint64_t)(l->last / CLOCK_SECOND));
	json_object_set_new(out, "faults", faults_json(faults));
	json_object_set_new(out, "total", total_json(&l->total));
	json_object_set_new(out, "days", days_json(l));
	json_object_set_new(out, "hours", hours_json(l));
	json_object_set_new(out, "hourly", hourly_json(l));
	if (o->live) {
		live_json(out, o->live);
		return print_json(out, to);
	}
	json_object_set_new(out, "delays", delays_json(l));
	json_object_set_new(out, "recipient_domains",
		targets_json(l->recipient_domains, o->lists[REPORT_HOSTS]));
	json_object_set_new(out, "sender_domains",
		parties_json(l->sender_domains, o->lists[REPORT_HOSTS]));
	json_object_set_new(out, "senders",
		parties_json(l->senders, o->lists[REPORT_USERS]));
	json_object_set_new(out, "recipients",
		parties_json(l->recipients, o->lists[REPORT_USERS]));
	json_object_set_new(out, "deferrals",
		causes_json(l->deferrals, NULL, "program", "reason"));
	json_object_set_new(out, "bounces",
		causes_json(l->bounces, NULL, "relay", "reason"));
	for (int i = 0; i < RECORD_ACTIONS; i++)
		json_object_set_new(out, refused[i],
			causes_json(l->refused[i], "command", "reason", "who"));
	json_object_set_new(out, "failures",
		causes_json(l->failures, NULL, "reason", "host"));
	json_object_set_new(out, "warnings",
		causes_json(l->warnings, NULL, "program", "text"));
	json_object_set_new(
		out, "fatals", causes_json(l->fatals, NULL, "program", "text"));
	json_object_set_new(
		out, "panics", causes_json(l->panics, NULL, "program", "text"));
	json_object_set_new(
		out, "master", causes_json(l->masters, NULL, NULL, "text"));
	json_object_set_new(out, "attacks",
		causes_json(l->attacks, "network", "account", "address"));
	json_object_set_new(out, "bans",
		causes_json(l->bans, "network", "jail", "address"));
	json_object_set_new(
		out, "unknown", causes_json(l->unknown, NULL, NULL, "program"));
	print_json(out, to);
}
