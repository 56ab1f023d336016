/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many processes Postfix' services have, of those that they may: once an
 * interval the runner counts them, instance by instance. Limits are asked for
 * again now and then, and before they are an alarm: who raises one is not to be
 * told to raise it.
 */
#include <errno.h>
#include <string.h>

#include "daemon/alarms_parts.h"
#include "lib/clock.h"
#include "lib/log.h"

/* After how many counts limits are asked for again in any case. */
#define ASK_EVERY 10

static bool is_anybodys(const struct alarms_postfix *p, size_t spool)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->spool[i] == spool)
			return true;
	return false;
}

/* An instance that is no more has no processes. */
static void leave(struct alarms *a)
{
	static const struct services none;

	for (size_t s = 0; s < REPORT_SPOOLS; s++)
		if (!is_anybodys(&a->postfix, s)) {
			a->services[s].known = false;
			judge_services(a->judge, s, &none, clock_mono());
		}
}

/* The first from that instance on. */
static void ask_from(struct alarms *a, size_t i)
{
	struct runner_request q = {.task = RUNNER_PROCESSES};

	while (i < a->postfix.n && a->postfix.spool[i] == REPORT_SPOOLS)
		i++;
	a->counting = false;
	if (a->asking || i >= a->postfix.n)
		return;
	strcpy(q.directory, a->postfix.instances[i].queue_directory);
	a->counting = alarms_run(a, &q);
	a->counted_of = i;
}

void alarms_services_ask(struct alarms *a)
{
	if (!a->runner_io || a->counting)
		return;
	a->limits_again |= ++a->counts % ASK_EVERY == 0;
	leave(a);
	ask_from(a, 0);
}

/* Once. That the unit hides them is as it is shipped, and no trouble. */
static void tell_error(const struct alarms_services *s, int error)
{
	if (!error || error == ESRCH || (s->known && s->error == error))
		return;
	if (error == EACCES)
		log_info("alarms: Postfix' processes are not counted: /proc "
			 "does not show them, see processes in "
			 "mailban.conf(5)");
	else
		log_warning("alarms: Postfix' processes are not counted: %s",
			strerror(error));
}

/* What an instance of the last complete reading has now. */
static void take_count(
	struct alarms *a, size_t i, const struct runner_reply *reply)
{
	size_t spool = a->postfix.spool[i];
	struct alarms_services *s = &a->services[spool];
	int error;

	/* The instances were read anew meanwhile. */
	if (i >= a->postfix.n || spool >= REPORT_SPOOLS)
		return;
	strcpy(s->directory, a->postfix.instances[i].queue_directory);
	s->last = a->postfix.limits[i];
	if (reply->status != 0 ||
		!services_decode(reply->output, reply->n, &s->last, &error))
		error = EIO;
	tell_error(s, error);
	s->known = true;
	/* Of a Postfix that does not run there are none. */
	s->error = error == ESRCH ? 0 : error;
	if (s->error == 0)
		a->limits_again |=
			judge_services(a->judge, spool, &s->last, clock_mono());
}

void alarms_services_take(struct alarms *a, const struct runner_reply *reply)
{
	if (!a->counting || a->asking) {
		a->counting = false;
		return;
	}
	take_count(a, a->counted_of, reply);
	ask_from(a, a->counted_of + 1);
}

static json_t *tell_service(const char *directory, const struct service *s)
{
	return json_pack("{s:s,s:s,s:s,s:I,s:o}", "directory", directory,
		"name", s->name, "type", s->type, "processes",
		(json_int_t)s->processes, "limit",
		s->limit ? json_integer(s->limit) : json_null());
}

/* Those that clients of other hosts talk to, and all that run. */
json_t *alarms_services_tell(const struct alarms *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < REPORT_SPOOLS; i++) {
		const struct alarms_services *s = &a->services[i];

		for (size_t k = 0; s->known && !s->error && k < s->last.n; k++)
			if (s->last.list[k].processes ||
				service_faces_clients(&s->last.list[k]))
				json_array_append_new(
					list, tell_service(s->directory,
						      &s->last.list[k]));
	}
	return list;
}
