/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban report --attacks: who tried which accounts, and who came in. What
 * has to be acted on stands first: a login after an attack.
 */
#include "cli/report/report.h"

#include <stdlib.h>

#include <jansson.h>

#include "cli/jsonout.h"
#include "cli/table.h"
#include "cli/text.h"
#include "ledger/attacks.h"
#include "lib/clock.h"

static const char *const afters[] = {
	[ATTACKS_NONE] = "",
	[ATTACKS_ON_ACCOUNT] = "others had tried this account",
	[ATTACKS_BY_NETWORK] = "its network had tried other accounts",
	[ATTACKS_BY_BOTH] = "its network had tried this account",
};
static const char *const after_keys[] = {
	[ATTACKS_NONE] = "none",
	[ATTACKS_ON_ACCOUNT] = "account",
	[ATTACKS_BY_NETWORK] = "network",
	[ATTACKS_BY_BOTH] = "both",
};

static int by_tries(uint64_t x, uint64_t y)
{
	return x < y ? 1 : x > y ? -1 : 0;
}

static int compare_party(const struct tally *t, uint32_t a, uint32_t b)
{
	const struct attacks_party *x = tally_value(t, a),
				   *y = tally_value(t, b);
	int order = by_tries(x->tries, y->tries);

	return order ? order : report_by_name(t, a, b);
}

/* Logins first, the worst first; then those who tried most. */
static int compare_pair(const struct tally *t, uint32_t a, uint32_t b)
{
	const struct attacks_pair *x = tally_value(t, a),
				  *y = tally_value(t, b);
	int order;

	if (x->after != y->after)
		return x->after > y->after ? -1 : 1;
	order = by_tries(x->tries, y->tries);
	return order ? order : report_by_name(t, a, b);
}

static void cell_name(struct table *table, const struct tally *t, uint32_t row,
	enum table_tone tone)
{
	struct span name = tally_name(t, row);
	char *text = strndup(name.at, name.n);

	if (!text)
		abort();
	table_text(table, *text ? text : "-", tone);
	free(text);
}

static void cell_time(struct table *table, int64_t time)
{
	char text[TEXT_TIME];

	table_text(table, time ? text_moment(time / CLOCK_SECOND, text) : "-",
		TABLE_PLAIN);
}

static bool has_room(const struct report_options *o, int64_t rows)
{
	return !o->has_detail || rows < o->detail;
}

static void table_end(struct table *table, const char *head, int64_t rows,
	uint64_t more, FILE *to)
{
	fprintf(to, "\n%s%s%s\n", table_bold(to), head, table_plain(to));
	if (rows)
		table_print(table, to);
	else
		fputs("none\n", to);
	if (more)
		fprintf(to, "and %llu more\n", (unsigned long long)more);
	table_free(&table);
}

/* Of them, those by who had attacked, or the others: honest people's, mostly.
 */
static bool is_worse(const struct attacks_pair *p)
{
	return p->after == ATTACKS_BY_BOTH || p->after == ATTACKS_BY_NETWORK;
}

/* Logins after an attack, the worse or the other ones. */
static void logins_write(const struct attacks *a, bool worse, const char *head,
	const struct report_options *o, FILE *to)
{
	static const char *const heads[] = {"Account", "Network", ">Tries",
		">Logins", "Last try", "First login", "What came before", NULL};
	uint32_t *order = tally_sorted(a->pairs, compare_pair);
	struct table *table = table_new(heads);
	enum table_tone tone = worse ? TABLE_BAD : TABLE_PLAIN;
	uint64_t more = 0;
	int64_t rows = 0;

	for (uint32_t i = 0; i < tally_size(a->pairs); i++) {
		const struct attacks_pair *p = tally_value(a->pairs, order[i]);

		if (p->after == ATTACKS_NONE)
			break;
		if (is_worse(p) != worse)
			continue;
		if (!has_room(o, rows)) {
			more++;
			continue;
		}
		rows++;
		cell_name(table, a->accounts, p->account, tone);
		cell_name(table, a->networks, p->network, tone);
		table_number(table, (int64_t)p->tries);
		table_number(table, (int64_t)p->logins);
		cell_time(table, p->last);
		cell_time(table, p->login);
		table_text(table, afters[p->after], tone);
	}
	free(order);
	table_end(table, head, rows, more, to);
}

/* "1 login"; 's' for any other number. */
static void count_write(FILE *to, uint64_t n, const char *what)
{
	fprintf(to, "%llu %s%s", (unsigned long long)n, what,
		n == 1 ? "" : "s");
}

static void head_write(const struct attacks *a, FILE *to)
{
	uint64_t worse = 0;

	for (uint32_t i = 0; i < tally_size(a->pairs); i++) {
		const struct attacks_pair *p = tally_value(a->pairs, i);

		worse += is_worse(p) ? p->logins : 0;
	}
	/* A line that counts one failed login may tell of several. */
	fprintf(to, "%llu %s, ", (unsigned long long)a->tries,
		a->tries == 1 ? "try" : "tries");
	count_write(to, worse, "login");
	fputs(" by networks that had attacked, ", to);
	count_write(to, a->logins - worse, "login");
	fputs(" to accounts that others had tried\n", to);
}

static void parties_write(const struct tally *t, const char *head,
	const char *const *heads, const struct report_options *o, FILE *to)
{
	uint32_t *order = tally_sorted(t, compare_party);
	struct table *table = table_new(heads);
	uint64_t more = 0;
	int64_t rows = 0;

	for (uint32_t i = 0; i < tally_size(t); i++) {
		const struct attacks_party *p = tally_value(t, order[i]);

		if (!p->tries)
			break;
		if (!has_room(o, rows)) {
			more++;
			continue;
		}
		rows++;
		cell_name(table, t, order[i], TABLE_PLAIN);
		table_number(table, (int64_t)p->tries);
		table_number(table, p->peers);
		cell_time(table, p->first);
		cell_time(table, p->last);
	}
	free(order);
	table_end(table, head, rows, more, to);
}

static void pairs_write(
	const struct attacks *a, const struct report_options *o, FILE *to)
{
	static const char *const heads[] = {"Network", "Account", ">Tries",
		"First", "Last", "Logged in", NULL};
	uint32_t *order = tally_sorted(a->pairs, compare_pair);
	struct table *table = table_new(heads);
	uint64_t more = 0;
	int64_t rows = 0;

	for (uint32_t i = 0; i < tally_size(a->pairs); i++) {
		const struct attacks_pair *p = tally_value(a->pairs, order[i]);

		if (!p->tries)
			continue;
		if (!has_room(o, rows)) {
			more++;
			continue;
		}
		rows++;
		cell_name(table, a->networks, p->network, TABLE_PLAIN);
		cell_name(table, a->accounts, p->account, TABLE_PLAIN);
		table_number(table, (int64_t)p->tries);
		cell_time(table, p->first);
		cell_time(table, p->last);
		table_text(table, p->after == ATTACKS_BY_BOTH ? "yes" : "no",
			p->after == ATTACKS_BY_BOTH ? TABLE_BAD : TABLE_PLAIN);
	}
	free(order);
	table_end(table, "Who tried which account", rows, more, to);
}

static uint64_t lost(const struct attacks *a)
{
	return tally_lost(a->networks) + tally_lost(a->accounts) +
	       tally_lost(a->pairs);
}

void report_attacks(const struct attacks *a, const struct report_options *o,
	const char *const *faults, FILE *to)
{
	static const char *const networks[] = {
		"Network", ">Tries", ">Accounts", "First", "Last", NULL};
	static const char *const accounts[] = {
		"Account", ">Tries", ">Networks", "First", "Last", NULL};

	for (; *faults; faults++)
		fprintf(to, "not whole: %s\n", *faults);
	head_write(a, to);
	if (lost(a))
		fprintf(to,
			"%llu times there was no room for more: the lists are "
			"not whole\n",
			(unsigned long long)lost(a));
	logins_write(a, true, "Logins after an attack", o, to);
	parties_write(a->networks, "Networks", networks, o, to);
	parties_write(a->accounts, "Accounts", accounts, o, to);
	pairs_write(a, o, to);
	logins_write(
		a, false, "Logins to accounts that others had tried", o, to);
}

static void set_name(
	json_t *to, const char *key, const struct tally *t, uint32_t row)
{
	struct span name = tally_name(t, row);
	char *escaped = text_escape_bytes(name.at, name.n);

	json_object_set_new(to, key, json_string(escaped));
	free(escaped);
}

static void set_time(json_t *to, const char *key, int64_t time)
{
	json_object_set_new(to, key,
		time ? json_integer(time / CLOCK_SECOND) : json_null());
}

static void set_count(json_t *to, const char *key, uint64_t value)
{
	json_object_set_new(to, key, json_integer((json_int_t)value));
}

static json_t *parties_json(
	const struct tally *t, const char *name, const char *peers)
{
	uint32_t *order = tally_sorted(t, compare_party);
	json_t *out = json_array(), *row;

	for (uint32_t i = 0; i < tally_size(t); i++) {
		const struct attacks_party *p = tally_value(t, order[i]);

		if (!p->tries)
			break;
		row = json_object();
		set_name(row, name, t, order[i]);
		set_count(row, "tries", p->tries);
		set_count(row, peers, p->peers);
		set_time(row, "first", p->first);
		set_time(row, "last", p->last);
		json_array_append_new(out, row);
	}
	free(order);
	return out;
}

void report_attacks_json(
	const struct attacks *a, const char *const *faults, FILE *to)
{
	uint32_t *order = tally_sorted(a->pairs, compare_pair);
	json_t *out = json_object(), *pairs = json_array(), *row;
	json_t *told = json_array();

	for (; *faults; faults++)
		json_array_append_new(told, json_string(*faults));
	for (uint32_t i = 0; i < tally_size(a->pairs); i++) {
		const struct attacks_pair *p = tally_value(a->pairs, order[i]);

		row = json_object();
		set_name(row, "network", a->networks, p->network);
		set_name(row, "account", a->accounts, p->account);
		set_count(row, "tries", p->tries);
		set_time(row, "first", p->first);
		set_time(row, "last", p->last);
		set_count(row, "logins", p->logins);
		set_time(row, "login", p->login);
		json_object_set_new(
			row, "after", json_string(after_keys[p->after]));
		json_array_append_new(pairs, row);
	}
	free(order);
	json_object_set_new(out, "faults", told);
	set_count(out, "tries", a->tries);
	set_count(out, "logins_after", a->logins);
	set_count(out, "lost", lost(a));
	json_object_set_new(out, "pairs", pairs);
	json_object_set_new(out, "networks",
		parties_json(a->networks, "network", "accounts"));
	json_object_set_new(out, "accounts",
		parties_json(a->accounts, "account", "networks"));
	jsonout_write(out, JSON_INDENT(2), to);
	json_decref(out);
}
