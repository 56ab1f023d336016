/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_SERVICES_H
#define MAILBAN_ALARMS_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The services of a Postfix (master(5)): how many processes each has, and how
 * many it may have. Those of more than SERVICES_MOST are left out.
 */
#define SERVICES_MOST 96
#define SERVICES_NAME 48
#define SERVICES_TYPE 12
#define SERVICES_BYTES 7000

struct services {
	struct service {
		/* "smtp", "127.0.0.1:10025": letters, digits and ._:[]/-
		 * alone; and "inet", "unix" and so on. */
		char name[SERVICES_NAME], type[SERVICES_TYPE];
		uint32_t processes;
		uint32_t limit; /* 0: none */
	} list[SERVICES_MOST];
	size_t n;
};

/*
 * What postconf(1) -F of each process_limit prints (name/type/process_limit =
 * value), into services that are empty: those that master.cf has, without a
 * process; usual is default_process_limit. Other lines are as if they were not
 * there.
 */
void services_limits(
	struct services *services, const char *text, size_t n, uint32_t usual);

/* One more process of the service; names as above, or it is none. */
void services_add(struct services *services, const char *name, const char *type,
	uint32_t processes);

/*
 * Adds the processes that run, by /proc: the children of the master(8) that
 * holds queue_directory/pid/master.pid locked. 0, -ESRCH if there is none,
 * -EACCES if /proc does not show it, or another -errno.
 */
int services_count(struct services *services, const char *queue_directory);

/* Do clients from outside wait when it may have no more processes? As
 * master(8) sees it (src/master/master_ent.c, "stress"). */
bool service_faces_clients(const struct service *service);
/* The one of these with the least left, NULL if there is none. */
const struct service *services_fullest(const struct services *services);
/* Percent of its limit. */
double service_share(const struct service *service);

/* What services_count() said of it, and what it counted: bytes written, 0 if
 * there is no room. */
size_t services_encode(
	const struct services *services, int error, void *bytes, size_t room);
/* Adds the processes of that; false, and *services unusable, unless all of it
 * is as encode makes it. */
bool services_decode(
	const void *bytes, size_t n, struct services *services, int *error);

#endif
