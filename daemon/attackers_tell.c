/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who attacked on a day, for mailban top and the report: how many, how often,
 * who of them is new, and the most eager by name.
 */
#include <string.h>

#include "daemon/attackers_parts.h"
#include "lib/clock.h"

#define TOLD_MOST 100

static const char *const kind_names[ATTACKERS_KINDS] = {
	"address", "network", "account"};

/* What one kind did on a day and before. */
struct summary {
	uint64_t names[ATTACKERS_DAYS], failures[ATTACKERS_DAYS];
	json_int_t new_names;
	const struct attacker *rows[TOLD_MOST]; /* the most first */
	size_t n;
};

static bool is_new(const struct attacker *who, int ago)
{
	for (size_t i = (size_t)ago + 1; i < ATTACKERS_DAYS; i++)
		if (who->counts[i])
			return false;
	return true;
}

static void rank(
	struct summary *s, const struct attacker *who, int ago, size_t most)
{
	size_t at = s->n < most ? s->n : most;

	while (at > 0 && s->rows[at - 1]->counts[ago] < who->counts[ago])
		at--;
	if (at == most)
		return;
	s->n += s->n < most;
	memmove(s->rows + at + 1, s->rows + at,
		(s->n - at - 1) * sizeof(struct attacker *));
	s->rows[at] = who;
}

static void look_at(
	struct summary *s, const struct attacker *who, int ago, size_t most)
{
	for (size_t i = (size_t)ago; i < ATTACKERS_DAYS; i++) {
		s->names[i] += who->counts[i] > 0;
		s->failures[i] += who->counts[i];
	}
	if (!who->counts[ago])
		return;
	s->new_names += is_new(who, ago);
	rank(s, who, ago, most);
}

/* Whatever bytes an account has, JSON is UTF-8. */
static json_t *name_json(enum attackers_kind kind, const struct attacker *who)
{
	char text[PREFIX_TEXT > ATTACKERS_NAME ? PREFIX_TEXT : ATTACKERS_NAME],
		prefix[PREFIX_TEXT];
	json_t *name;

	strcpy(text, attackers_name(kind, who, prefix));
	name = json_string(text);
	for (char *c = text; !name && *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	return name ? name : json_string(text);
}

static json_t *summary_tell(
	const struct summary *s, enum attackers_kind kind, int ago)
{
	json_t *days = json_array(), *rows = json_array();

	for (size_t i = (size_t)ago; i < ATTACKERS_DAYS; i++)
		json_array_append_new(
			days, json_pack("[I, I]", (json_int_t)s->names[i],
				      (json_int_t)s->failures[i]));
	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(
			rows, json_pack("{s:o, s:I, s:b}", "name",
				      name_json(kind, s->rows[i]), "failures",
				      (json_int_t)s->rows[i]->counts[ago],
				      "new", is_new(s->rows[i], ago)));
	return json_pack("{s:o, s:I, s:o}", "days", days, "new", s->new_names,
		"rows", rows);
}

json_t *attackers_tell(struct attackers *a, int ago, size_t most)
{
	int64_t today = attackers_day(a, clock_wall() / CLOCK_SECOND);
	json_t *all = json_object();

	attackers_settle(a);
	if (most > TOLD_MOST)
		most = TOLD_MOST;
	for (enum attackers_kind kind = 0; kind < ATTACKERS_KINDS; kind++) {
		struct summary s = {.n = 0};

		for (size_t i = 0; i < ATTACKERS_MOST; i++) {
			struct attacker *who =
				&a->items[kind][i / ATTACKERS_SHELF]
					 [i % ATTACKERS_SHELF];

			if (!who->n)
				continue;
			attackers_turn_to(who, today);
			look_at(&s, who, ago, most);
		}
		json_object_set_new(
			all, kind_names[kind], summary_tell(&s, kind, ago));
	}
	return all;
}
