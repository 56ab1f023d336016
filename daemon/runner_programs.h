/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_RUNNER_PROGRAMS_H
#define MAILBAN_DAEMON_RUNNER_PROGRAMS_H

/* Within the runner: nobody else includes this. */

#include "daemon/runner.h"

#define RUNNER_ARGUMENTS (2 * RUNNER_IDS + 2)
/* The NULL behind the last is one. */
#define RUNNER_VARIABLES 16

/* A program to be: pointers into the request and to what lives as long as the
 * process; its own is the environment. */
struct runner_program {
	const char *path; /* NULL: there is none for this */
	const char *argv[RUNNER_ARGUMENTS];
	char *env[RUNNER_VARIABLES];
	size_t env_n;
	int in, out;  /* descriptors, or -1: nothing, nowhere */
	bool is_read; /* what it writes is wanted: out is to be made */
};

/* What is settled at the start: copies means, whose strings must live on, and
 * finds mailban-check(1). */
void runner_programs_settle(const struct runner_means *means);
/* What the request asks for, which must outlive it and is cut up by it. */
void runner_program_make(
	struct runner_program *program, struct runner_request *request);
/* Closes in, and frees the environment. */
void runner_program_free(struct runner_program *program);

#endif
