/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one line that a monitoring plugin says. Much of it comes from servers
 * that are strangers: it must never hold a newline, a '|' or a byte that a
 * monitoring system or a terminal takes for more than text.
 */
#include "cli/check/verdict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static int rank(enum verdict_state state)
{
	static const int ranks[] = {
		[VERDICT_OK] = 0,
		[VERDICT_UNKNOWN] = 1,
		[VERDICT_WARNING] = 2,
		[VERDICT_CRITICAL] = 3,
	};

	return ranks[state];
}

static enum verdict_state worse(enum verdict_state a, enum verdict_state b)
{
	return rank(a) > rank(b) ? a : b;
}

static const char *name_of(enum verdict_state state)
{
	static const char *const names[] = {
		[VERDICT_OK] = "OK",
		[VERDICT_WARNING] = "WARNING",
		[VERDICT_CRITICAL] = "CRITICAL",
		[VERDICT_UNKNOWN] = "UNKNOWN",
	};

	return names[state];
}

static void clean(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~' || *text == '|')
			*text = '?';
}

/* One message: whoever looks may be killed at any moment, and then it was told
 * or was not, never by half. */
static void tell(const struct verdict *verdict)
{
	if (verdict->hearer)
		send(verdict->hearer, verdict, sizeof(*verdict), MSG_NOSIGNAL);
}

void verdict_at(struct verdict *verdict, const char *what)
{
	snprintf(verdict->at, sizeof(verdict->at), "%s", what);
	tell(verdict);
}

void verdict_end(struct verdict *verdict)
{
	verdict->whole = true;
	tell(verdict);
}

/* The finding that is the least worth telling, the last of those. */
static size_t least(const struct verdict *verdict)
{
	size_t found = 0;

	for (size_t i = 1; i < verdict->n; i++)
		if (rank(verdict->findings[i].state) <=
			rank(verdict->findings[found].state))
			found = i;
	return found;
}

void verdict_find(struct verdict *verdict, enum verdict_state state,
	const char *format, ...)
{
	char text[VERDICT_TEXT];
	va_list args;
	size_t i;

	verdict->state = worse(verdict->state, state);
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	clean(text);
	for (i = 0; i < verdict->n; i++)
		if (!strcmp(verdict->findings[i].text, text))
			return; /* two checks lack the same */
	i = verdict->n < VERDICT_FINDINGS ? verdict->n++ : least(verdict);
	if (rank(verdict->findings[i].state) > rank(state))
		return;
	verdict->findings[i].state = state;
	memcpy(verdict->findings[i].text, text, sizeof(text));
}

void verdict_figure(struct verdict *verdict, const char *label, int64_t value,
	const char *unit, const char *ranges)
{
	size_t n = strlen(verdict->perf), room = VERDICT_PERF - n;
	const char *quote = strpbrk(label, " =") ? "'" : "";
	char name[VERDICT_TEXT];
	int64_t whole = value;
	char rest[16] = "";

	snprintf(name, sizeof(name), "%s", label);
	clean(name);
	for (char *s = name; *s; s++)
		if (*s == '\'')
			*s = '?';
	if (!strcmp(unit, "s")) { /* of microseconds */
		whole = value / 1000000;
		snprintf(rest, sizeof(rest), ".%06d", (int)(value % 1000000));
	}
	if (snprintf(verdict->perf + n, room, "%s%s%s%s=%" PRId64 "%s%s%s%s",
		    n ? " " : "", quote, name, quote, whole, rest, unit,
		    *ranges ? ";" : "", ranges) >= (int)room)
		verdict->perf[n] = '\0';
}

void verdict_more(struct verdict *verdict, const char *format, ...)
{
	size_t n = strlen(verdict->more), room = VERDICT_PERF - n;
	char text[2 * VERDICT_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	clean(text);
	if (snprintf(verdict->more + n, room, "%s\n", text) >= (int)room)
		verdict->more[n] = '\0';
}

static void print_findings(
	const struct verdict *verdict, enum verdict_state state, bool *first)
{
	for (size_t i = 0; i < verdict->n; i++)
		if (verdict->findings[i].state == state) {
			printf("%s%s", *first ? "" : ", ",
				verdict->findings[i].text);
			*first = false;
		}
}

int verdict_print(const struct verdict *verdict)
{
	bool first = true;

	printf("%s: ", name_of(verdict->state));
	if (verdict->state == VERDICT_OK) {
		print_findings(verdict, VERDICT_OK, &first);
	} else {
		print_findings(verdict, VERDICT_CRITICAL, &first);
		print_findings(verdict, VERDICT_WARNING, &first);
		print_findings(verdict, VERDICT_UNKNOWN, &first);
	}
	if (*verdict->perf)
		printf("|%s", verdict->perf);
	putchar('\n');
	fputs(verdict->more, stdout);
	return (int)verdict->state;
}
