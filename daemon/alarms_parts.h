/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_ALARMS_PARTS_H
#define MAILBAN_DAEMON_ALARMS_PARTS_H

/* What the files alarms*.c share, and nobody else. */

#include "alarms/judge.h"
#include "alarms/postconf.h"
#include "daemon/alarms.h"
#include "daemon/listing.h"
#include "daemon/runner.h"

/* Behind what fails for want of a right that the unit does not give. */
#define NEEDS_MAIL_CONF \
	"; under systemd it wants the drop-in mail.conf, see mailband(8)"

/* What Postfix is asked, instance by instance. */
struct alarms_postfix {
	struct postconf instances[REPORT_SPOOLS];
	struct services limits[REPORT_SPOOLS];
	size_t of[REPORT_SPOOLS]; /* which of directories each is */
	/* Which of the queues that are watched is its; REPORT_SPOOLS: none. */
	size_t spool[REPORT_SPOOLS];
	size_t n;     /* that have answered */
	size_t asked; /* of those that are known */
	char directories[REPORT_SPOOLS][POSTCONF_PATH]; /* of main.cf; "" */
	size_t known;
	bool told;  /* the faults of this reading */
	bool again; /* it is for the limits of services alone */
};

/* How many processes an instance has. */
struct alarms_services {
	char directory[POSTCONF_PATH]; /* of its queue */
	struct services last;	       /* and its limits */
	int error;		       /* why there are none, or 0 */
	bool known;
};

/* Who fills the queue of an instance. */
struct alarms_list {
	struct listing_summary summary;
	bool known;
	int64_t took, next; /* monotonic: when it was told, is asked again */
};

struct alarms {
	struct alarms_helpers helpers;
	const struct alarm_settings *settings;
	const char *statedir;
	bool hook, mail, hold; /* that the runner was begun with */
	sd_event *loop;
	struct judge *judge;
	/* As it last was told in full, and as it is being told. */
	struct alarms_postfix postfix, reading;
	bool asking;	   /* and the last answer has not come */
	bool ask_again;	   /* Postfix: the runner died of it */
	bool limits_again; /* one is reached: is it still the same? */
	bool settled;	   /* what to look at is known here */
	bool watching;	   /* the gauge process knows it */
	bool looking;	   /* and was asked */
	/* Where what is watched is mounted; "": not known. */
	char points[REPORT_DISKS][REPORT_PATH];
	int64_t seen;	     /* monotonic: its last report, or its start */
	unsigned int deaths; /* of gauge processes, without a report since */
	int64_t gauge_after; /* monotonic: not before, the next one */
	int64_t probe;	     /* microseconds between two; 0: none */
	uint64_t under_way;  /* notices that the runner has not answered */
	uint64_t lost;	     /* that it had no room for, or was killed with */
	int64_t counted;     /* monotonic: when it was told how many lines */
	int64_t kept;	     /* monotonic: when what was learnt was saved */
	struct alarms_list lists[REPORT_SPOOLS]; /* by the queue watched */
	bool listing;				 /* one was asked for: */
	size_t listed;				 /* of lists */
	bool list_failed;			 /* and that is told */
	struct alarms_services services[REPORT_SPOOLS]; /* as lists */
	bool counting;	   /* processes were asked for: */
	size_t counted_of; /* of postfix.instances */
	uint64_t counts;
	sd_event_source *timer, *gauge_io, *runner_io, *probe_timer;
};

/* A keeper has gone, and with it who could start another process of its kind:
 * the loop ends with a fault. who and why are for the log. */
void alarms_give_up(struct alarms *alarms, const char *who, const char *why);
/* Postfix has said all that it was asked, or cannot be asked. */
void alarms_settle(struct alarms *alarms);

/* Begins to listen to the process, if there is one. 0 or -errno. */
int alarms_gauge_open(struct alarms *alarms);
int alarms_runner_open(struct alarms *alarms);
/* What is to be watched is known, or may be another now: the first time the
 * gauge process begins with it. */
void alarms_gauge_watch(struct alarms *alarms);
/* Once an interval: asks for a look. */
void alarms_gauge_tick(struct alarms *alarms, int64_t now);
/* False if the runner has no room for it, or there is none. */
bool alarms_run(struct alarms *alarms, const struct runner_request *request);

/* Asks for the configuration, from the first instance on; again: for what may
 * change while mailband runs. */
void alarms_postfix_ask(struct alarms *alarms, bool again);
/* Answers; true when it was the last that is waited for. */
void alarms_postfix_take(struct alarms *alarms, const char *text, size_t n);
bool alarms_postfix_take_limits(
	struct alarms *alarms, const char *text, size_t n);
/* Which queue that is watched is whose: after judge_watch(). */
void alarms_postfix_place(struct alarms *alarms);
/* What is to be watched by what Postfix says, and by the settings. */
void alarms_postfix_watch(
	const struct alarms *alarms, struct report_watch *watch);
/* Its faults on the disks of the first report, once a reading. */
void alarms_postfix_tell(struct alarms *alarms, const struct report *report);

/* Begins to ask for probes, if they are wanted. */
void alarms_probe_begin(struct alarms *alarms, sd_event *loop);
/* Its answer will not come: the runner died. */
void alarms_probe_again(struct alarms *alarms);
/* What a probe ended with and said; when the next is due. */
void alarms_probe_take(struct alarms *alarms, const struct runner_reply *reply);
/* Asks who fills a queue, if somebody wants to know. */
void alarms_queue_ask(struct alarms *alarms);
void alarms_queue_take(struct alarms *alarms, const struct runner_reply *reply);

/* Asks how many processes each instance has, one after the other. */
void alarms_services_ask(struct alarms *alarms);
void alarms_services_take(
	struct alarms *alarms, const struct runner_reply *reply);
/* services of mailban status. */
json_t *alarms_services_tell(const struct alarms *alarms);

#endif
