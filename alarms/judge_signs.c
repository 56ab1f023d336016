/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the lines of mail programs and the logs themselves tell: trouble that a
 * program names, a program that ended, lines that nobody understands any more,
 * and no lines at all. Whoever fills a log can raise no more than a number.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "alarms/judge_parts.h"
#include "lib/clock.h"

#define MINUTE (60 * CLOCK_SECOND)
/* Signs of so many minutes count; master(8) tells of a limit once in 1000 s. */
#define WINDOW 10
#define WINDOW_LIMIT JUDGE_SIGN_MINUTES
/* A share is judged with so many lines, of so long. */
#define LINES_LEAST 200
#define LINES_SPAN (10 * MINUTE)
/* Above so many times the usual share, once that is known by so many samples;
 * above half of all lines in any case. */
#define USUAL_TIMES 3
#define SHARE_HALF 50
#define FOLLOW (1 / 32.0)
/* Of the longest gap in a day. */
#define SILENCE_TIMES 3

_Static_assert((int)ALARM_CONFIG - (int)ALARM_NO_SPACE == (int)SIGN_CONFIG,
	"each sign that is counted has its alarm");

static struct alarm *program_alarm(
	struct judge *j, size_t program, enum alarm_kind kind)
{
	return &j->alarms[JUDGE_FIRST_OF_PROGRAMS + program * JUDGE_OF_PROGRAM +
			  kind - ALARM_NO_SPACE];
}

void judge_signs_lay_out(struct judge *j)
{
	for (size_t i = 0; i < JUDGE_PROGRAM_ALARMS; i++) {
		struct alarm *a = &j->alarms[JUDGE_FIRST_OF_PROGRAMS + i];

		a->kind = (enum alarm_kind)(
			ALARM_NO_SPACE + i % JUDGE_OF_PROGRAM);
		a->subject = j->programs[i / JUDGE_OF_PROGRAM].name;
	}
	for (size_t i = 0; i < JUDGE_LOGS; i++) {
		struct alarm *a = &j->alarms[JUDGE_FIRST_OF_LOGS + i];

		a->kind = ALARM_SILENT;
		a->subject = j->logs[i].name;
	}
	for (size_t i = 0; i < JUDGE_JAILS; i++) {
		struct alarm *a = &j->alarms[JUDGE_FIRST_OF_JAILS + i];

		a->kind = ALARM_VANISHED;
		a->subject = j->jails[i].name;
	}
	judge_program(j, "postfix", false);
	judge_program(j, "dovecot", true);
}

bool judge_is_name(const char *name)
{
	return *name && *name != '-' &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] ==
		       '\0';
}

/* One that is remembered alone goes for one that is there; but what is told of
 * it has not ended so. */
static bool may_go(struct judge *j, size_t program)
{
	for (int k = 0; k < JUDGE_OF_PROGRAM; k++)
		if (program_alarm(
			    j, program, (enum alarm_kind)(ALARM_NO_SPACE + k))
				->state.level != LEVEL_OK)
			return false;
	return !j->programs[program].seen;
}

static void begin_program(
	struct judge *j, size_t program, const char *name, bool dovecot)
{
	struct judge_said *p = &j->programs[program];

	*p = (struct judge_said){.dovecot = dovecot};
	strcpy(p->name, name);
	for (int k = 0; k < JUDGE_OF_PROGRAM; k++) {
		enum alarm_kind kind = (enum alarm_kind)(ALARM_NO_SPACE + k);
		struct alarm *a = program_alarm(j, program, kind);

		*a = (struct alarm){.kind = kind,
			.subject = p->name,
			.more = "",
			.about_mail = !dovecot};
	}
}

size_t judge_program(struct judge *j, const char *name, bool dovecot)
{
	size_t i;

	if (dovecot && j->programs_n > JUDGE_DOVECOT)
		return JUDGE_DOVECOT;
	for (i = 0; i < j->programs_n; i++)
		if (strcmp(j->programs[i].name, name) == 0)
			return i;
	if (!judge_is_name(name) || strlen(name) >= JUDGE_PROGRAM)
		return JUDGE_POSTFIX;
	for (i = JUDGE_DOVECOT + 1; i < j->programs_n; i++)
		if (j->programs_n == JUDGE_PROGRAMS && may_go(j, i))
			break;
	if (i >= JUDGE_PROGRAMS)
		return JUDGE_POSTFIX;
	if (i >= j->programs_n)
		i = j->programs_n++;
	begin_program(j, i, name, dovecot);
	return i;
}

const char *judge_program_name(const struct judge *j, size_t program)
{
	return j->programs[program].name;
}

/* A service's name; what is none is not repeated. */
static void take_detail(struct alarm *a, const char *who, size_t n)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	size_t i;

	for (i = 0; i < n && i < sizeof(a->detail) - 1; i++)
		if (!who[i] || !strchr(allowed, who[i]))
			break;
	if (i != n || (i && *who == '-'))
		i = 0;
	memcpy(a->detail, who, i);
	a->detail[i] = '\0';
}

/* It began, in that version: is it another than before? */
static void take_version(
	struct judge_said *p, const char *version, size_t n, int64_t now)
{
	char text[JUDGE_VERSION];

	if (!n || n >= sizeof(text))
		return;
	memcpy(text, version, n);
	text[n] = '\0';
	if (!judge_is_name(text) || strcmp(text, p->version) == 0)
		return;
	if (p->version[0]) {
		p->upgraded = true;
		p->upgraded_at = now;
	}
	strcpy(p->version, text);
}

void judge_sign(struct judge *j, size_t program, enum sign sign,
	const char *who, size_t n, int64_t now)
{
	struct judge_said *p = &j->programs[program];
	int64_t minute = now / MINUTE;
	struct judge_sign_minute *m;

	p->seen = true;
	if (sign == SIGN_STOPPED || sign == SIGN_STARTED) {
		p->stopped = sign == SIGN_STOPPED;
		p->stopped_at = now;
		if (!p->stopped)
			take_version(p, who, n, now);
		j->is_new = true;
	} else if (sign < SIGN_KINDS) {
		m = &p->signs[sign][minute % JUDGE_SIGN_MINUTES];
		if (m->number != minute)
			*m = (struct judge_sign_minute){.number = minute};
		if (m->n < UINT32_MAX)
			m->n++;
		take_detail(
			program_alarm(j, program,
				(enum alarm_kind)(ALARM_NO_SPACE + (int)sign)),
			who, n);
	}
	j->has_signs = true;
}

bool judge_is_new(struct judge *j)
{
	bool is_new = j->is_new;

	j->is_new = false;
	return is_new;
}

bool judge_has_signs(const struct judge *j)
{
	return j->has_signs;
}

static double sum_of(const struct judge_said *p, int sign, int64_t now)
{
	int64_t window = sign == SIGN_LIMIT ? WINDOW_LIMIT : WINDOW;
	double sum = 0;

	for (int i = 0; i < JUDGE_SIGN_MINUTES; i++)
		if (p->signs[sign][i].n &&
			p->signs[sign][i].number > now / MINUTE - window)
			sum += p->signs[sign][i].n;
	return sum;
}

static void sample_program(struct judge *j, size_t program,
	enum alarm_kind kind, double value, int64_t now)
{
	judge_sample(j, program_alarm(j, program, kind), value,
		&j->rules.pairs[kind], now);
}

void judge_signs(struct judge *j, int64_t now)
{
	for (size_t i = 0; i < j->programs_n; i++) {
		const struct judge_said *p = &j->programs[i];

		for (int s = 0; s < SIGN_KINDS; s++)
			sample_program(j, i,
				(enum alarm_kind)(ALARM_NO_SPACE + s),
				sum_of(p, s, now), now);
		sample_program(j, i, ALARM_DOWN,
			p->stopped
				? (double)(now - p->stopped_at) / CLOCK_SECOND
				: 0,
			now);
	}
	j->has_signs = false;
}

/* A share that always was is no news; half of all lines always are. */
static double share_line(const struct judge_said *p, double set)
{
	if (!isfinite(set) || set > SHARE_HALF)
		return set;
	if (p->samples < JUDGE_USUAL_SAMPLES)
		return SHARE_HALF;
	return fmin(SHARE_HALF, fmax(set, USUAL_TIMES * p->usual));
}

static void take_share(
	struct judge *j, size_t program, double share, int64_t now)
{
	struct judge_said *p = &j->programs[program];
	const struct judge_pair *set = &j->rules.pairs[ALARM_UNKNOWN];
	const struct judge_pair pair = {
		share_line(p, set->warning), share_line(p, set->critical)};

	judge_sample(
		j, program_alarm(j, program, ALARM_UNKNOWN), share, &pair, now);
	if (share > pair.warning)
		return;
	p->usual = p->samples ? p->usual + (share - p->usual) * FOLLOW : share;
	if (p->samples < JUDGE_USUAL_SAMPLES)
		p->samples++;
}

void judge_lines(struct judge *j, size_t program, uint64_t lines,
	uint64_t unknown, int64_t now)
{
	struct judge_said *p = &j->programs[program];
	uint64_t n = lines - p->lines;

	p->seen |= lines > 0;
	if (p->sampled && lines >= p->lines && unknown >= p->unknown) {
		if (now - p->sampled < LINES_SPAN || n < LINES_LEAST)
			return;
		take_share(j, program,
			100 * (double)(unknown - p->unknown) / (double)n, now);
	}
	p->lines = lines;
	p->unknown = unknown;
	p->sampled = now;
}

struct judge_log *judge_log_of(struct judge *j, const char *name)
{
	struct judge_log *spare = NULL;

	if (!*name || strlen(name) >= sizeof(spare->name))
		return NULL;
	for (size_t i = 0; i < j->logs_n; i++) {
		if (strcmp(j->logs[i].name, name) == 0)
			return &j->logs[i];
		if (!j->logs[i].seen)
			spare = &j->logs[i];
	}
	if (j->logs_n < JUDGE_LOGS)
		spare = &j->logs[j->logs_n++];
	/* One that is remembered alone goes for one that is there. */
	if (spare) {
		*spare = (struct judge_log){.seen = false};
		strcpy(spare->name, name);
	}
	return spare;
}

void judge_log(struct judge *j, const char *name, uint64_t lines, int64_t now)
{
	struct judge_pair pair = j->rules.pairs[ALARM_SILENT];
	struct judge_log *l = judge_log_of(j, name);
	double usual;

	if (!l)
		return;
	l->seen = true;
	silence_see(&l->silence, lines, now);
	usual = silence_usual(&l->silence);
	pair.warning = fmax(pair.warning, SILENCE_TIMES * usual);
	pair.critical = fmax(pair.critical, SILENCE_TIMES * usual);
	judge_sample(j, &j->alarms[JUDGE_FIRST_OF_LOGS + (size_t)(l - j->logs)],
		silence_seconds(&l->silence, now), &pair, now);
}

struct judge_jail *judge_jail_of(struct judge *j, const char *name)
{
	struct judge_jail *spare = NULL;

	if (!*name || strlen(name) >= sizeof(spare->name))
		return NULL;
	for (size_t i = 0; i < j->jails_n; i++) {
		if (strcmp(j->jails[i].name, name) == 0)
			return &j->jails[i];
		if (!j->jails[i].seen)
			spare = &j->jails[i];
	}
	if (j->jails_n < JUDGE_JAILS)
		spare = &j->jails[j->jails_n++];
	if (spare) {
		*spare = (struct judge_jail){.seen = false};
		strcpy(spare->name, name);
	}
	return spare;
}

/* Of all instances the one that was upgraded last; NULL: none was. */
static const struct judge_said *upgraded_of(const struct judge *j, bool dovecot)
{
	const struct judge_said *last = NULL;

	for (size_t i = 0; i < j->programs_n; i++)
		if (j->programs[i].upgraded &&
			j->programs[i].dovecot == dovecot &&
			(!last ||
				j->programs[i].upgraded_at > last->upgraded_at))
			last = &j->programs[i];
	return last;
}

void judge_jail(struct judge *j, const char *name, bool dovecot, uint64_t found,
	int64_t now, int64_t wall)
{
	const struct judge_said *p = upgraded_of(j, dovecot);
	struct judge_jail *jail = judge_jail_of(j, name);
	struct alarm *a;

	if (!jail)
		return;
	jail->seen = true;
	vanish_see(&jail->vanish, found, now, wall);
	if (!p)
		return;
	a = &j->alarms[JUDGE_FIRST_OF_JAILS + (size_t)(jail - j->jails)];
	snprintf(a->detail, sizeof(a->detail), "%s/%s",
		dovecot ? "dovecot" : "postfix", p->version);
	judge_sample(j, a, vanish_missing(&jail->vanish, p->upgraded_at, now),
		&j->rules.pairs[ALARM_VANISHED], now);
}
