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

	strcpy(q.directory, a->postfix.directories[of]);
	if (alarms_run(a, &q))
		return;
	log_warning("alarms: cannot ask postconf");
	/* No answer will come: the timer begins anew. */
	a->postfix.asking = false;
	if (a->postfix.again)
		a->limits_again = true;
	else
		a->ask_again = true;
}

static void ask_next(struct alarms *a)
{
	a->postfix.asked++;
	ask(a, RUNNER_POSTCONF, a->postfix.asked - 1);
}

void alarms_postfix_ask(struct alarms *a, bool again)
{
	/* Its answers come first. */
	if (a->postfix.asking) {
		a->ask_again |= !again;
		return;
	}
	if (!again)
		a->ask_again = false;
	a->limits_again = false;
	memset(&a->postfix, 0, sizeof(a->postfix));
	a->postfix.known = 1;
	a->postfix.asking = true;
	a->postfix.told = a->postfix.again = again;
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
	struct alarms_postfix *p = &a->postfix;
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

bool alarms_postfix_take_limits(struct alarms *a, const char *text, size_t n)
{
	struct alarms_postfix *p = &a->postfix;

	if (p->n > 0 && p->of[p->n - 1] == p->asked - 1)
		services_limits(&p->limits[p->n - 1], text, n,
			p->instances[p->n - 1].default_process_limit);
	if (p->asked < p->known) {
		ask_next(a);
		return false;
	}
	p->asking = false;
	return true;
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
	for (size_t i = 0; i < p->n && i < report->spools_n; i++)
		for (size_t k = 0; postconf_fault(&p->instances[i],
			     &report->disks[i].disk, k, text, sizeof(text));
			k++)
			if (text[0])
				log_warning("main.cf%s%s: %s",
					p->directories[i][0] ? " of " : "",
					p->directories[i], text);
	p->told = true;
}
