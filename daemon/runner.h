/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_RUNNER_H
#define MAILBAN_DAEMON_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The process that starts other programs for the engine, which can start none:
 * postconf(1), postqueue(1), the hook, sendmail(1), who holds messages and
 * mailban-check(1); and that counts Postfix' processes, of which the engine
 * sees none.
 * Which programs those are is settled when it begins; the engine chooses among
 * them and gives texts.
 */
enum runner_task {
	RUNNER_POSTCONF = 1,
	RUNNER_LIMITS,	  /* of its services; postconf(1) too */
	RUNNER_PROCESSES, /* that they have */
	RUNNER_QUEUE,
	RUNNER_HOOK,
	RUNNER_MAIL,
	RUNNER_HOLD,
	RUNNER_PROBE,
	RUNNER_TASKS
};

/* Seconds that any of them may take; then it is killed, with all it began. */
#define RUNNER_PATIENCE 30

#define RUNNER_TEXT 1100
#define RUNNER_MESSAGE 8192
#define RUNNER_OUTPUT 8192
/* Queue ids of a request; bytes of one, with what stands behind it. */
#define RUNNER_IDS 80
#define RUNNER_ID 24

struct runner_request {
	enum runner_task task;
	/* RUNNER_POSTCONF, _LIMITS, _QUEUE: that of an instance, absolute; "" =
	 * Postfix' own. RUNNER_PROCESSES: its queue_directory. */
	char directory[256];
	/* Hook and mail: what the hook gets as MAILBAN_ALARM and so on. */
	char alarm[32], level[16], news[16], subject[256];
	char value[32], since[32]; /* a number; seconds since 1970 */
	char text[RUNNER_TEXT], next[RUNNER_TEXT];
	char addresses[200];
	/* Of messages, a blank between two; RUNNER_HOLD: these are to be held,
	 * at least one. Nothing else passes for an id. */
	char queue_ids[RUNNER_IDS * RUNNER_ID];
};

struct runner_reply {
	enum runner_task task;
	/* As wait(2) has it; RUNNER_TOO_LONG, RUNNER_NOT_STARTED, or, of no
	 * task: it was killed, and all that it had not answered is lost. */
	int32_t status;
	uint16_t n;
	/* Of postconf and the probe, cut there; of postqueue its summary
	 * (listing.h), of what came within the time; the processes as
	 * services_encode() has them. */
	char output[RUNNER_OUTPUT];
};
#define RUNNER_TOO_LONG (-1)
#define RUNNER_NOT_STARTED (-2)
#define RUNNER_LOST (-3)

/* Bytes written, or 0 if it does not fit. */
size_t runner_request_encode(
	const struct runner_request *request, void *bytes, size_t room);
bool runner_request_decode(
	const void *bytes, size_t n, struct runner_request *request);

/* Words of the probe's command line. */
#define RUNNER_WORDS 16

/* What it may start but postconf; each may be NULL or false. */
struct runner_means {
	const char *hook;    /* an absolute path */
	const char *mail_to; /* an address */
	const char *hold;    /* an absolute path; it is run as
			      * postsuper(1) is: -h ID -h ID ... */
	bool probe;
	const char *probe_words[RUNNER_WORDS];
	size_t probe_words_n;
	const char *statedir; /* where a probe remembers a refusal */
};

/*
 * Starts it as this user, without a capability; from root in the group of who
 * may ask Postfix, if there is one. With none of its means it gives up, if
 * confined, what postconf and postqueue do not need; else it must
 * be let be, for it does not know what these need (sendmail is set-group-id).
 * *fd takes requests and gives a reply to each, in their order; it ends when
 * that is closed. 0 or -errno.
 */
int runner_spawn(const struct runner_means *means, uid_t uid, gid_t gid,
	bool confined, int *fd, pid_t *pid);

#endif
