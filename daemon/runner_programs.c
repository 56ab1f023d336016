/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the runner may start, and with which words: argv and environment, never
 * a shell. It must never name what a message names: who has taken over the
 * engine can have notices sent, and no more.
 */
#include "daemon/runner_programs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alarms/postconf.h"

#define SEARCH \
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define SENDMAIL "/usr/sbin/sendmail"
#define PROBE "mailban-check"
/* Seconds of RUNNER_PATIENCE: it has something to say of what hangs. */
#define PROBE_TIME "20"

static struct runner_means means;
static char probe_path[4096];

static void set(struct runner_program *p, const char *name, const char *value)
{
	if (asprintf(&p->env[p->env_n++], "%s=%s", name, value) < 0)
		abort();
}

/* Of the instance; how many arguments that makes. */
static size_t be_of_postfix(struct runner_program *p, const char *path,
	const char *name, const struct runner_request *q)
{
	size_t n = 0;

	p->path = path;
	p->argv[n++] = name;
	if (q->directory[0]) {
		p->argv[n++] = "-c";
		p->argv[n++] = q->directory;
	}
	return n;
}

static void be_postconf(
	struct runner_program *p, const struct runner_request *q)
{
	p->path = "/usr/sbin/postconf";
	postconf_arguments(p->argv, q->directory);
}

/* Since Postfix 2.11: each service's limit, and nothing else of it. */
static void be_limits(struct runner_program *p, const struct runner_request *q)
{
	size_t n = be_of_postfix(p, "/usr/sbin/postconf", "postconf", q);

	p->argv[n++] = "-F";
	p->argv[n] = "*/*/process_limit";
}

static void be_postqueue(
	struct runner_program *p, const struct runner_request *q)
{
	size_t n = be_of_postfix(p, "/usr/sbin/postqueue", "postqueue", q);

	p->argv[n] = "-j";
}

static void be_hook(struct runner_program *p, const struct runner_request *q)
{
	p->path = means.hook;
	p->argv[0] = means.hook;
	p->argv[1] = q->alarm;
	p->argv[2] = q->news;
	p->argv[3] = q->text;
	set(p, "MAILBAN_ALARM", q->alarm);
	set(p, "MAILBAN_LEVEL", q->level);
	set(p, "MAILBAN_NEWS", q->news);
	set(p, "MAILBAN_SUBJECT", q->subject);
	set(p, "MAILBAN_VALUE", q->value);
	set(p, "MAILBAN_SINCE", q->since);
	set(p, "MAILBAN_TEXT", q->text);
	set(p, "MAILBAN_NEXT", q->next);
	set(p, "MAILBAN_ADDRESSES", q->addresses);
	set(p, "MAILBAN_QUEUE_IDS", q->queue_ids);
}

/* An operand would be the name of a queue, all of which it would take. */
static void be_hold(struct runner_program *p, struct runner_request *q)
{
	char *rest = NULL;
	size_t n = 0;

	p->path = means.hold;
	p->argv[n++] = means.hold;
	for (char *id = strtok_r(q->queue_ids, " ", &rest); id;
		id = strtok_r(NULL, " ", &rest)) {
		p->argv[n++] = "-h";
		p->argv[n++] = id;
	}
}

/* What fits into a pipe is there before anybody reads. */
static int letter(const struct runner_request *q)
{
	char text[RUNNER_MESSAGE], host[256] = "localhost";
	int ends[2], n;

	gethostname(host, sizeof(host) - 1);
	n = snprintf(text, sizeof(text),
		"To: %s\n"
		"Subject: %s: %s %s\n"
		"Auto-Submitted: auto-generated\n"
		"Content-Type: text/plain; charset=utf-8\n"
		"\n%s\n%s%s\n",
		means.mail_to, host, q->alarm, q->level, q->text,
		q->next[0] ? "\nNext: " : "", q->next);
	if (n < 0 || (size_t)n >= sizeof(text) || pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	if (write(ends[1], text, (size_t)n) != n) {
		close(ends[0]);
		ends[0] = -1;
	}
	close(ends[1]);
	return ends[0];
}

static void be_sendmail(
	struct runner_program *p, const struct runner_request *q)
{
	p->path = SENDMAIL;
	p->argv[0] = "sendmail";
	p->argv[1] = "-i";
	/* Nobody is to answer it, nor a machine. */
	p->argv[2] = "-f";
	p->argv[3] = "<>";
	p->argv[4] = "--";
	p->argv[5] = means.mail_to;
	p->in = letter(q);
}

/* Beside mailband, as in a tree, or where commands are. */
static void find_probe(void)
{
	static const char *const places[] = {"", "../bin/"};
	ssize_t n =
		readlink("/proc/self/exe", probe_path, sizeof(probe_path) - 32);
	char *end = n > 0 ? memrchr(probe_path, '/', (size_t)n) : NULL;

	for (size_t i = 0; end && i < 2; i++) {
		sprintf(end + 1, "%s" PROBE, places[i]);
		if (access(probe_path, X_OK) == 0)
			return;
	}
	strcpy(probe_path, "/usr/bin/" PROBE);
}

static void be_probe(struct runner_program *p)
{
	size_t n = 0;

	p->path = probe_path;
	p->argv[n++] = PROBE;
	p->argv[n++] = "probe";
	p->argv[n++] = "--timeout=" PROBE_TIME;
	for (size_t i = 0; i < means.probe_words_n; i++)
		p->argv[n++] = means.probe_words[i];
	set(p, "NAGIOS_PLUGIN_STATE_DIRECTORY", means.statedir);
}

void runner_programs_settle(const struct runner_means *with)
{
	means = *with;
	find_probe();
}

void runner_program_make(struct runner_program *p, struct runner_request *q)
{
	*p = (struct runner_program){.in = -1, .out = -1};
	set(p, "LANG", "C.UTF-8");
	p->env[p->env_n++] = strdup(SEARCH);
	if (q->task == RUNNER_POSTCONF)
		be_postconf(p, q);
	else if (q->task == RUNNER_LIMITS)
		be_limits(p, q);
	else if (q->task == RUNNER_QUEUE)
		be_postqueue(p, q);
	else if (q->task == RUNNER_HOOK && means.hook)
		be_hook(p, q);
	else if (q->task == RUNNER_MAIL && means.mail_to)
		be_sendmail(p, q);
	else if (q->task == RUNNER_HOLD && means.hold)
		be_hold(p, q);
	else if (q->task == RUNNER_PROBE && means.probe)
		be_probe(p);
	p->is_read = q->task == RUNNER_POSTCONF || q->task == RUNNER_LIMITS ||
		     q->task == RUNNER_QUEUE || q->task == RUNNER_PROBE;
}

void runner_program_free(struct runner_program *p)
{
	if (p->in >= 0)
		close(p->in);
	for (size_t i = 0; i < p->env_n; i++)
		free(p->env[i]);
}
