/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mailban status and mailban accounts show of accounts. */
#include "daemon/alarms.h"
#include "daemon/outbound_parts.h"

#include <string.h>

#include "lib/clock.h"

#define HOUR (3600 * CLOCK_SECOND)
#define TOLD_MOST 100

void outbound_tell_alarms(const struct outbound *o, json_t *list)
{
	int64_t now = clock_mono(), wall = clock_wall();
	struct words words;

	for (size_t i = 0; o && i < OUTBOUND_ALARMS; i++) {
		const struct outbound_alarm *alarm = &o->alarms[i];

		if (!alarm->account)
			continue;
		outbound_words(&words, alarm, LEVEL_STILL, now, wall);
		json_array_append_new(list,
			alarms_tell_one(&alarm->alarm, &words, now, wall));
	}
}

static json_t *alarms_of(
	const struct outbound *o, const struct outbound_account *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < OUTBOUND_ALARMS; i++)
		if (o->alarms[i].account == a)
			json_array_append_new(list,
				json_string(
					judge_name(o->alarms[i].alarm.kind)));
	return list;
}

static json_t *addresses_of(const struct outbound_account *a)
{
	json_t *list = json_array();
	char text[ADDR_TEXT];

	for (uint8_t i = 0; i < a->addresses_n; i++)
		json_array_append_new(
			list, json_string(addr_format(&a->addresses[i], text)));
	return list;
}

static json_t *ids_of(const struct outbound_account *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < OUTBOUND_IDS; i++) {
		const char *id = a->ids[(a->ids_at + i) % OUTBOUND_IDS];

		if (*id)
			json_array_append_new(list, json_string(id));
	}
	return list;
}

static json_t *account_tell(
	const struct outbound *o, const struct outbound_account *a)
{
	const struct habit *h = &a->habit;
	char name[OUTBOUND_NAME + 1];

	return json_pack("{s:s,s:I,s:I,s:I,s:i,s:I,s:I,s:o,s:o,s:o}", "name",
		outbound_name(a, name), "last", (json_int_t)h->hour * 3600,
		"recipients", (json_int_t)h->recipients, "returned",
		(json_int_t)h->returned, "networks", (int)h->networks_n,
		"usual", (json_int_t)h->usual, "limit",
		(json_int_t)habit_limit(h), "alarms", alarms_of(o, a),
		"addresses", addresses_of(a), "queue_ids", ids_of(a));
}

/* Those that are an alarm first, then by what they sent. */
static bool is_more(
	const struct outbound_account *x, const struct outbound_account *y)
{
	if ((x->alarms > 0) != (y->alarms > 0))
		return x->alarms > 0;
	return x->habit.recipients > y->habit.recipients;
}

static json_t *most_of(struct outbound *o)
{
	const struct outbound_account *rows[TOLD_MOST];
	json_t *list = json_array();
	size_t n = 0;

	for (uint32_t i = 0; i < o->n; i++) {
		const struct outbound_account *a = &o->accounts[i];
		size_t at = n;

		if (!a->n)
			continue;
		while (at > 0 && is_more(a, rows[at - 1]))
			at--;
		if (at == TOLD_MOST)
			continue;
		n += n < TOLD_MOST;
		memmove(rows + at + 1, rows + at, (n - at - 1) * sizeof(*rows));
		rows[at] = a;
	}
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, account_tell(o, rows[i]));
	return list;
}

/* The ids of an account's messages. */
struct open {
	struct outbound *outbound;
	const struct outbound_account *account;
	json_t *ids;
};

static void add_open(void *ctx, struct span id, struct message *m)
{
	struct open *open = ctx;

	if (outbound_owner(open->outbound, m) == open->account)
		json_array_append_new(open->ids, json_stringn(id.at, id.n));
}

static json_t *one(struct outbound *o, const char *name)
{
	struct open open = {.outbound = o, .ids = json_array()};
	char lower[OUTBOUND_NAME];
	json_t *told, *list = json_array();
	size_t n = strlen(name);

	for (size_t i = 0; i < n && i < sizeof(lower); i++)
		lower[i] = byte_lower(name[i]);
	open.account = n <= sizeof(lower) ? outbound_find(o, lower, n) : NULL;
	if (!open.account) {
		json_decref(open.ids);
		return list;
	}
	messages_each(o->messages, add_open, &open);
	told = account_tell(o, open.account);
	json_object_set_new(told, "open", open.ids);
	json_array_append_new(list, told);
	return list;
}

json_t *outbound_tell(struct outbound *o, const char *name)
{
	int64_t hour = clock_wall() / HOUR;
	json_int_t known = 0;

	if (!o)
		return json_pack("{s:i,s:i,s:[]}", "known", 0, "forgotten", 0,
			"accounts");
	for (uint32_t i = 0; i < o->n; i++) {
		known += o->accounts[i].n > 0;
		if (o->accounts[i].n)
			habit_turn(&o->accounts[i].habit, hour);
	}
	return json_pack("{s:I,s:I,s:o}", "known", known, "forgotten",
		(json_int_t)o->forgotten, "accounts",
		name ? one(o, name) : most_of(o));
}
