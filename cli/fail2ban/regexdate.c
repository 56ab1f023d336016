/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dates of a log as fail2ban-regex has them: cut out of the line, with the
 * last one for a line that has none, and each template by its name.
 */
#include "cli/fail2ban/regexdate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "filters/dates.h"
#include "filters/regex.h"
#include "lib/clock.h"

#define SAME_MOMENT 60

/* Is it a number of seconds, as which alone a date keeps its fraction? */
static bool is_number(const char *text)
{
	return text[strspn(text, "0123456789.")] == '\0';
}

/* "...Z", "...+0100", "...+01:00", "... UTC": the date tells its zone. */
static bool has_zone(const char *text)
{
	size_t n = strlen(text), digits = 0;

	if (n > 3 && (text[n - 1] == 'Z' || !strcmp(text + n - 3, "UTC") ||
			     !strcmp(text + n - 3, "GMT")))
		return true;
	while (n > 0 && (text[n - 1] == ':' ||
				(text[n - 1] >= '0' && text[n - 1] <= '9'))) {
		digits += text[n - 1] != ':';
		n--;
	}
	return n > 8 && strchr("+-", text[n - 1]) && digits > 1 && digits < 5 &&
	       strchr(text, ':') < text + n;
}

/* The moment as fail2ban has it: no fraction but of a number of seconds. */
static struct regexdate_moment moment_of(
	const struct regexdate *t, int64_t us, const char *text)
{
	struct regexdate_moment at = {.dated = true};

	at.date = (double)(us / CLOCK_SECOND);
	if (is_number(text))
		at.date = (double)us / (double)CLOCK_SECOND;
	else
		at.whole = t->zone || *text == '@' || has_zone(text);
	return at;
}

static bool is_ascii(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] >= 0x80)
			return false;
	return true;
}

/* dates_find in the zone that was asked for. */
static bool find_date(
	struct regexdate *t, const char *text, size_t n, struct date_found *out)
{
	char *kept = t->zone && getenv("TZ") ? strdup(getenv("TZ")) : NULL;
	bool found;

	if (t->zone) {
		setenv("TZ", t->zone, 1);
		tzset();
	}
	regex_begin_line();
	found = dates_find(t->dates, text, n, is_ascii(text, n), out);
	if (t->zone) {
		if (kept)
			setenv("TZ", kept, 1);
		else
			unsetenv("TZ");
		tzset();
	}
	free(kept);
	return found;
}

/* The line of an entry that has its date of its own. */
static json_t *cut_given(struct regexdate *t, const char *text, size_t n,
	struct regexdate_moment *at)
{
	json_t *line = json_pack("[s, s%, s%]", "", text, t->given_n,
		text + t->given_n, n - t->given_n);

	json_decref(t->last_text);
	t->last_text = json_incref(json_array_get(line, 1));
	t->last_date = t->given;
	*at = (struct regexdate_moment){.dated = true, .date = t->given};
	return line;
}

/* Cuts the date out: the line as [before, date, behind]. */
json_t *regexdate_cut(struct regexdate *t, const char *text, size_t n,
	struct regexdate_moment *at)
{
	double now = (double)clock_wall() / (double)CLOCK_SECOND;
	bool known = t->last_date > now - SAME_MOMENT;
	struct date_found f = {0};
	bool found;
	json_t *line;

	if (t->given_n)
		return cut_given(t, text, n, at);
	*at = (struct regexdate_moment){0};
	found = find_date(t, text, n, &f);
	if (!found)
		f = (struct date_found){0};
	line = json_pack("[s%, s%, s%]", text, f.cut_start, text + f.cut_start,
		f.cut_end - f.cut_start, text + f.cut_end, n - f.cut_end);
	if (f.cut_end > f.cut_start && f.time) {
		json_decref(t->last_text);
		t->last_text = json_incref(json_array_get(line, 1));
		*at = moment_of(t, f.time, json_string_value(t->last_text));
		t->last_date = at->date;
		return line;
	}
	if (known) {
		json_decref(line);
		line = json_pack("[s, O, s%]", "", t->last_text, text, n);
		at->dated = true;
		at->date = t->last_date;
	} else if (found && f.cut_end == f.cut_start) {
		at->dated = true;
		at->date = now;
	}
	return line;
}

/* What the parts of a date are called; those of two letters and more first. */
static const struct {
	const char *part, *name;
} date_parts[] = {
	{"Exd", "ExDay"},
	{"Exm", "ExMonth"},
	{"ExH", "Ex24hour"},
	{"Exk", "%Exk"},
	{"Exl", "%Exl"},
	{"ExM", "ExMinute"},
	{"ExS", "ExSecond"},
	{"ExY", "ExYear"},
	{"Exy", "ExYear2"},
	{"ExZ", "ExZone name"},
	{"Exz", "ExZone offset"},
	{"%", "%"},
	{"a", "DAY"},
	{"A", "DAYNAME"},
	{"b", "MON"},
	{"B", "MONTH"},
	{"d", "Day"},
	{"f", "Microseconds"},
	{"H", "24hour"},
	{"I", "12hour"},
	{"j", "Yearday"},
	{"m", "Month"},
	{"M", "Minute"},
	{"p", "AMPM"},
	{"S", "Second"},
	{"U", "Yearweek"},
	{"w", "Weekday"},
	{"W", "Yearweek"},
	{"y", "Year2"},
	{"Y", "Year"},
	{"z", "Zone offset"},
	{"Z", "Zone name"},
};

/* "Epoch" and its like, which are no patterns; NULL if it is another. */
static const char *date_special(const char *row)
{
	static const char *const names[][2] = {
		{"EPOCH", "Epoch"},
		{"LEPOCH", "LongEpoch"},
		{"TAI64N", "TAI64N"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcasecmp(row, names[i][0]))
			return names[i][1];
	return NULL;
}

/* What stands behind the '%' at s; its length, 0 if nothing known does. */
static size_t date_part(FILE *to, const char *s)
{
	const size_t most = sizeof(date_parts) / sizeof(*date_parts);
	size_t n;

	for (size_t i = 0; i < most; i++) {
		n = strlen(date_parts[i].part);
		if (strncmp(s, date_parts[i].part, n) != 0)
			continue;
		fputs(date_parts[i].name, to);
		return n;
	}
	return 0;
}

/* Whether a regex begins with what needs no edge before it. */
static bool has_own_begin(const char *s)
{
	while (*s == '(' && s[1] != '?')
		s++;
	if (!strncmp(s, "(?:", 3))
		s += 3;
	return *s == '^' || !strncmp(s, "**", 2);
}

char *regexdate_name(const char *row)
{
	static const char begin[] = "{^LN-BEG}", unbound[] = "{UNB}";
	const char *s = row, *special;
	bool bound = false;
	char *text;
	size_t room, n;
	FILE *to;

	if (!strncmp(s, unbound, strlen(unbound))) {
		s += strlen(unbound);
	} else if (!strncmp(s, begin, strlen(begin))) {
		s += strlen(begin);
		bound = !has_own_begin(s);
	}
	special = date_special(*s == '^' ? s + 1 : s);
	to = open_memstream(&text, &room);
	if (!to)
		abort();
	if (special) {
		fprintf(to, "%s%s", s != row || *s == '^' ? begin : "",
			special);
		s = "";
	} else if (bound) {
		fputs(begin, to);
	}
	for (; *s; s += n) {
		n = *s == '%' ? date_part(to, s + 1) : 0;
		n += n > 0;
		if (!n) {
			putc(*s, to);
			n = 1;
		}
	}
	if (fclose(to))
		abort();
	return text;
}
