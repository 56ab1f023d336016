/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Postfix says of itself: where its queues are and when it stops taking
 * mail, of each of its instances. Its configuration is root's, and still no
 * word of it is believed beyond its bounds.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/alarms_parts.h"
#include "lib/log.h"

static void ask(struct alarms *a, enum runner_task task, size_t of)
{
	struct runner_request q = {.task = task};

	strcpy(q.directory, a->reading.directories[of]);
	if (alarms_run(a, &q))
		return;
	log_warning("alarms: cannot ask postconf");
	/* No answer will come: the timer begins anew. */
	a->asking = false;
	if (a->reading.again)
		a->limits_again = true;
	else
		a->ask_again = true;
}

static void ask_next(struct alarms *a)
{
	a->reading.asked++;
	ask(a, RUNNER_POSTCONF, a->reading.asked - 1);
}

void alarms_postfix_ask(struct alarms *a, bool again)
{
	/* Its answers come first. */
	if (a->asking) {
		a->ask_again |= !again;
		return;
	}
	if (!again)
		a->ask_again = false;
	a->limits_again = false;
	memset(&a->reading, 0, sizeof(a->reading));
	a->reading.known = 1;
	a->reading.told = a->reading.again = again;
	a->asking = true;
	ask_next(a);
}

/* Separated by blanks or commas (postconf(5)). */
static void take_instances(struct alarms_postfix *p, const char *list)
{
	while (*(list += strspn(list, " \t,"))) {
		size_t n = strcspn(list, " \t,");

		if (p->known < REPORT_SPOOLS && n < POSTCONF_PATH &&
			*list == '/') {
			memcpy(p->directories[p->known], list, n);
			p->directories[p->known++][n] = '\0';
		} else {
			log_warning("alarms: the Postfix instance %.*s is not "
				    "watched: %d is the most",
				(int)n, list, REPORT_SPOOLS);
		}
		list += n;
	}
}

void alarms_postfix_take(struct alarms *a, const char *text, size_t n)
{
	struct alarms_postfix *p = &a->reading;
	struct postconf conf;

	postconf_take(&conf, text, n);
	if (conf.queue_directory[0] && p->n < REPORT_SPOOLS) {
		p->of[p->n] = p->asked - 1;
		p->instances[p->n++] = conf;
	}
	if (p->asked == 1)
		take_instances(p, conf.multi_instance_directories);
	ask(a, RUNNER_LIMITS, p->asked - 1);
}

static bool has_answered(const struct alarms_postfix *p, size_t of)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->of[i] == of)
			return true;
	return false;
}

/* One that is named and did not answer, as postconf fails where all is busy, is
 * as it was; who is not named any more is gone. */
static void keep_silent(
	struct alarms_postfix *p, const struct alarms_postfix *before)
{
	for (size_t i = 0; i < before->n; i++)
		for (size_t of = 0; of < p->known; of++)
			if (p->n < REPORT_SPOOLS && !has_answered(p, of) &&
				strcmp(p->directories[of],
					before->directories[before->of[i]]) ==
					0) {
				p->of[p->n] = of;
				p->instances[p->n] = before->instances[i];
				p->limits[p->n++] = before->limits[i];
			}
}

bool alarms_postfix_take_limits(struct alarms *a, const char *text, size_t n)
{
	struct alarms_postfix *p = &a->reading;

	if (p->n > 0 && p->of[p->n - 1] == p->asked - 1)
		services_limits(&p->limits[p->n - 1], text, n,
			p->instances[p->n - 1].default_process_limit);
	if (p->asked < p->known) {
		ask_next(a);
		return false;
	}
	a->asking = false;
	/* The first names the others: without its word nothing is known. */
	if (a->postfix.n > 0 && !has_answered(p, 0)) {
		a->limits_again = true;
		return true;
	}
	keep_silent(p, &a->postfix);
	a->postfix = *p;
	alarms_postfix_place(a);
	return true;
}

void alarms_postfix_place(struct alarms *a)
{
	const struct report_watch *watch = judge_watched(a->judge);
	struct alarms_postfix *p = &a->postfix;

	for (size_t i = 0; i < p->n; i++) {
		p->spool[i] = REPORT_SPOOLS;
		for (size_t s = 0; s < watch->spools_n; s++)
			if (strcmp(watch->spools[s],
				    p->instances[i].queue_directory) == 0)
				p->spool[i] = s;
	}
}

static void add_disk(struct report_watch *w, const char *path)
{
	if (*path != '/' || w->disks_n == REPORT_DISKS ||
		strlen(path) >= REPORT_PATH)
		return;
	for (uint8_t i = 0; i < w->disks_n; i++)
		if (strcmp(w->disks[i], path) == 0)
			return;
	strcpy(w->disks[w->disks_n++], path);
}

void alarms_postfix_watch(const struct alarms *a, struct report_watch *w)
{
	const struct alarms_postfix *p = &a->postfix;

	memset(w, 0, sizeof(*w));
	/* Disk i is that of spool i: two with one queue there cannot be. */
	for (size_t i = 0; i < p->n; i++) {
		uint8_t before = w->disks_n;

		add_disk(w, p->instances[i].queue_directory);
		if (w->disks_n > before)
			strcpy(w->spools[w->spools_n++],
				p->instances[i].queue_directory);
	}
	for (size_t i = 0; i < a->settings->paths_n; i++)
		add_disk(w, a->settings->paths[i]);
	for (size_t i = 0; i < p->n; i++) {
		add_disk(w, p->instances[i].mail_spool_directory);
		add_disk(w, p->instances[i].virtual_mailbox_base);
	}
	add_disk(w, "/var/log");
	add_disk(w, a->statedir);
}

void alarms_postfix_tell(struct alarms *a, const struct report *report)
{
	struct alarms_postfix *p = &a->postfix;
	char text[512];

	if (p->told || p->n < p->known)
		return;
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; p->spool[i] < report->spools_n &&
				   postconf_fault(&p->instances[i],
					   &report->disks[p->spool[i]].disk, k,
					   text, sizeof(text));
			k++)
			if (text[0])
				log_warning("main.cf%s%s: %s",
					p->directories[p->of[i]][0] ? " of "
								    : "",
					p->directories[p->of[i]], text);
	p->told = true;
}
