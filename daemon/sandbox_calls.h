/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_SANDBOX_CALLS_H
#define MAILBAN_DAEMON_SANDBOX_CALLS_H

#include <seccomp.h>
#include <stddef.h>

/* The system calls of a process, as data: a sorted table for each. */
struct sandbox_call {
	int number;
	int error;	/* 0: allowed; else the call fails with this */
	unsigned int n; /* so many of args must all hold */
	struct scmp_arg_cmp args[3];
};

#define SANDBOX_CALL(name)                 \
	{                                  \
		SCMP_SYS(name), 0, 0,      \
		{                          \
			{                  \
				0, 0, 0, 0 \
			}                  \
		}                          \
	}
/* With these arguments: SANDBOX_IS, SANDBOX_BITS, SANDBOX_NOT. */
#define SANDBOX_CALL1(name, a)        \
	{                             \
		SCMP_SYS(name), 0, 1, \
		{                     \
			a             \
		}                     \
	}
#define SANDBOX_CALL2(name, a, b)     \
	{                             \
		SCMP_SYS(name), 0, 2, \
		{                     \
			a, b          \
		}                     \
	}
/* A library asks and goes on without. */
#define SANDBOX_FAIL(name, error)          \
	{                                  \
		SCMP_SYS(name), error, 0,  \
		{                          \
			{                  \
				0, 0, 0, 0 \
			}                  \
		}                          \
	}
#define SANDBOX_FAIL1(name, error, a)     \
	{                                 \
		SCMP_SYS(name), error, 1, \
		{                         \
			a                 \
		}                         \
	}

#define SANDBOX_IS(arg, value)             \
	{                                  \
		arg, SCMP_CMP_EQ, value, 0 \
	}
#define SANDBOX_BITS(arg, mask, value)               \
	{                                            \
		arg, SCMP_CMP_MASKED_EQ, mask, value \
	}
#define SANDBOX_WITHOUT(arg, mask) SANDBOX_BITS(arg, mask, 0)

struct sandbox_calls {
	const struct sandbox_call *calls;
	size_t n;
};

#define SANDBOX_CALLS(table)                            \
	{                                               \
		table, sizeof(table) / sizeof(*(table)) \
	}

/* What more than one process has, each a table of its own. */
/* Threads, and no process. */
extern const struct sandbox_calls sandbox_calls_threads;
/* Sockets of this host alone, and its own addresses from the kernel. */
extern const struct sandbox_calls sandbox_calls_local_sockets;
/* Sockets that name servers are asked by, over UDP and TCP. */
extern const struct sandbox_calls sandbox_calls_name_sockets;

/*
 * Allows the calls of these tables, and those that every process of ours
 * makes; all others, and all of another architecture, end the process. 0 or
 * -errno.
 */
int sandbox_calls(const struct sandbox_calls *tables, size_t n);

#endif
