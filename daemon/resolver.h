/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_RESOLVER_H
#define MAILBAN_DAEMON_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "lib/addr.h"
#include "lib/layout.h"

/*
 * Names to addresses, aside: who asks goes on at once and is told later, or
 * within the call if the answer is known from the last minutes. Everything is
 * bounded; what does not fit is dropped and counted.
 */
struct resolver;

/* Seconds that an answer is good for: fail2ban's own; where there was none
 * for now, a shorter time. */
#define RESOLVER_GOOD 300
#define RESOLVER_BRIEF 60
/* Names whose answers are kept; names asked for; failures that wait. */
#define RESOLVER_KEPT 1000
#define RESOLVER_ASKED 64
#define RESOLVER_WAITING 1000

/* A failure of a name. */
struct resolver_failure {
	char jail[LAYOUT_NAME_MOST + 1]; /* a reload may come in between */
	int64_t time;			 /* microseconds since 1970 UTC */
	uint32_t more;			 /* as of struct failure */
};

struct resolver_user {
	/* The addresses of its name, none if n is 0; fresh: just looked up. */
	void (*found)(void *ctx, const struct resolver_failure *failure,
		const char *name, const struct addr *addresses, size_t n,
		bool fresh);
	/* Some answers came, and all were told. */
	void (*settled)(void *ctx);
	void *ctx;
};

struct resolver_counts {
	uint64_t asked;	    /* look-ups begun */
	uint64_t cached;    /* failures whose answer was known */
	uint64_t not_found; /* look-ups without an address */
	uint64_t dropped;   /* failures that found no place, or whose look-up
			       was lost */
	uint32_t waiting;   /* failures */
};

/* Never NULL. Takes over what lookup_spawn() gave. */
struct resolver *resolver_new(
	sd_event *loop, int fd, pid_t pid, const struct resolver_user *user);
void resolver_free(struct resolver **resolver);

/* What is no host's name is taken for not found. */
void resolver_ask(struct resolver *resolver, const char *name, size_t n,
	const struct resolver_failure *failure);
void resolver_counts(
	const struct resolver *resolver, struct resolver_counts *out);

#endif
