/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the alarms of lines have learnt, over a restart. Monotonic times go as
 * how long ago they were, and come back by the other clock; what was kept may
 * be a stranger's, and is taken whole or not at all.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alarms/judge_parts.h"
#include "lib/clock.h"
#include "lib/codec.h"

#define FORM 1
/* Who ended so long ago is not missed. */
#define MISSED_MOST (7 * 24 * 3600 * CLOCK_SECOND)
/* Of what is remembered: a year. */
#define AGE_MOST (366 * 24 * 3600 * CLOCK_SECOND)
#define SHARE_UNITS 1e6

static void write_age(struct writer *w, int64_t now, int64_t then)
{
	write_u64(w, now > then ? (uint64_t)(now - then) : 0);
}

static int64_t read_age(struct reader *r)
{
	uint64_t age = read_u64(r);

	if (age > AGE_MOST)
		age = AGE_MOST;
	return (int64_t)age;
}

static bool read_bool(struct reader *r)
{
	uint8_t v = read_u8(r);

	r->bad |= v > 1;
	return v == 1;
}

static void write_program(
	struct writer *w, const struct judge_said *p, int64_t now)
{
	write_text(w, p->name);
	write_u8(w, p->dovecot);
	write_text(w, p->version);
	write_u8(w, p->upgraded);
	write_age(w, now, p->upgraded_at);
	write_u8(w, p->stopped);
	write_age(w, now, p->stopped_at);
	write_u32(w, (uint32_t)(p->usual * SHARE_UNITS));
	write_u32(w, p->samples);
}

/* since: how long nobody was there. */
static void read_program(
	struct reader *r, struct judge *j, int64_t now, int64_t since)
{
	struct judge_said p = {.seen = false}, *to;
	size_t i;

	read_text(r, p.name, sizeof(p.name));
	p.dovecot = read_bool(r);
	read_text(r, p.version, sizeof(p.version));
	p.upgraded = read_bool(r);
	p.upgraded_at = now - since - read_age(r);
	p.stopped = read_bool(r);
	p.stopped_at = now - since - read_age(r);
	p.usual = read_u32(r) / SHARE_UNITS;
	p.samples = read_u32(r);
	r->bad |= p.usual > 100 || p.samples > JUDGE_USUAL_SAMPLES;
	/* It is told in texts. */
	r->bad |= p.version[0] && !judge_is_name(p.version);
	if (r->bad)
		return;
	i = judge_program(j, p.name, p.dovecot);
	to = &j->programs[i];
	if (strcmp(to->name, p.name) != 0 || to->dovecot != p.dovecot)
		return;
	p.stopped &= now - p.stopped_at < MISSED_MOST;
	*to = p;
	j->has_signs = true;
}

/* The oldest hour first. */
static void write_log(struct writer *w, const struct judge_log *l, int64_t now)
{
	const struct silence *s = &l->silence;

	write_text(w, l->name);
	write_age(w, now, s->heard);
	write_u32(w, s->hours);
	for (int i = 1; i <= SILENCE_HOURS; i++)
		write_u32(w, s->gaps[(s->hour + i) % SILENCE_HOURS]);
}

/* The hours that nobody saw are left out. */
static void read_log(struct reader *r, struct judge *j, int64_t now)
{
	struct silence s = {.begun = true};
	struct judge_log *l;
	char name[REPORT_PATH];

	read_text(r, name, sizeof(name));
	s.heard = now - read_age(r);
	s.hours = read_u32(r);
	s.hour = now / CLOCK_SECOND / 3600;
	for (int i = 1; i <= SILENCE_HOURS; i++)
		s.gaps[(s.hour + i) % SILENCE_HOURS] = read_u32(r);
	r->bad |= s.hours > SILENCE_HOURS;
	l = r->bad ? NULL : judge_log_of(j, name);
	if (l)
		l->silence = s;
}

static void write_jail(
	struct writer *w, const struct judge_jail *jail, int64_t now)
{
	const struct vanish *v = &jail->vanish;

	write_text(w, jail->name);
	write_u64(w, (uint64_t)v->day);
	write_u32(w, (uint32_t)v->known);
	for (int i = 0; i < VANISH_DAYS; i++)
		write_u32(w, v->days[i]);
	write_u8(w, v->found);
	write_age(w, now, v->heard);
	write_u8(w, v->split);
	write_age(w, now, v->upgrade);
	write_u32(w, v->usual);
}

static void read_jail(struct reader *r, struct judge *j, int64_t now,
	int64_t since, int64_t today)
{
	struct vanish v = {.begun = true};
	struct judge_jail *jail;
	char name[JUDGE_JAIL];

	read_text(r, name, sizeof(name));
	v.day = (int64_t)read_u64(r);
	v.known = (int32_t)read_u32(r);
	for (int i = 0; i < VANISH_DAYS; i++)
		v.days[i] = read_u32(r);
	v.found = read_bool(r);
	v.heard = now - since - read_age(r);
	v.split = read_bool(r);
	v.upgrade = now - since - read_age(r);
	v.usual = read_u32(r);
	r->bad |= v.day < 0 || v.known < -1 || v.known >= VANISH_DAYS ||
		  v.known > v.day;
	/* Of a clock that was wrong. */
	if (r->bad || v.day > today + 1)
		return;
	jail = judge_jail_of(j, name);
	if (jail)
		jail->vanish = v;
}

size_t judge_keep(const struct judge *j, int64_t now, int64_t wall, void *bytes,
	size_t room)
{
	struct writer w;

	writer_init(&w, bytes, room);
	write_u8(&w, FORM);
	write_u64(&w, (uint64_t)wall);
	write_u8(&w, (uint8_t)j->programs_n);
	for (size_t i = 0; i < j->programs_n; i++)
		write_program(&w, &j->programs[i], now);
	write_u8(&w, (uint8_t)j->logs_n);
	for (size_t i = 0; i < j->logs_n; i++)
		write_log(&w, &j->logs[i], now);
	write_u8(&w, (uint8_t)j->jails_n);
	for (size_t i = 0; i < j->jails_n; i++)
		write_jail(&w, &j->jails[i], now);
	return w.full ? 0 : w.n;
}

/* False at the first that is wrong. */
static bool read_all(
	struct judge *j, const void *bytes, size_t n, int64_t now, int64_t wall)
{
	struct reader r;
	uint64_t kept;
	int64_t since = 0;

	reader_init(&r, bytes, n);
	r.bad |= read_u8(&r) != FORM;
	kept = read_u64(&r);
	if (kept < (uint64_t)wall && wall - (int64_t)kept < AGE_MOST)
		since = wall - (int64_t)kept;
	for (uint8_t i = read_u8(&r); i > 0 && !r.bad; i--)
		read_program(&r, j, now, since);
	for (uint8_t i = read_u8(&r); i > 0 && !r.bad; i--)
		read_log(&r, j, now);
	for (uint8_t i = read_u8(&r); i > 0 && !r.bad; i--)
		read_jail(&r, j, now, since, wall / (24 * 3600 * CLOCK_SECOND));
	return reader_done(&r);
}

bool judge_recall(
	struct judge *j, const void *bytes, size_t n, int64_t now, int64_t wall)
{
	struct judge *tried = judge_new(&j->rules, NULL, NULL);
	bool good = read_all(tried, bytes, n, now, wall);

	judge_free(&tried);
	return good && read_all(j, bytes, n, now, wall);
}
