/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is left to the process with the capability: its socket, stderr, and
 * netlink of nftables. No file, no other socket, no executable memory; it can
 * start nothing and signal nobody.
 */
#include "daemon/sandbox.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "daemon/sandbox_calls.h"
#include "daemon/sandbox_files.h"

/* Of linux/netlink.h, which is nft's. */
#define SOCK_DIAG 4
#define NETFILTER 12

/* Its socket, stderr, two of netlink, and the ones that it begins with. */
#define DESCRIPTORS 16

static const struct sandbox_call calls[] = {
	SANDBOX_CALL(bind),
	SANDBOX_CALL1(mmap, SANDBOX_WITHOUT(2, PROT_EXEC)),
	SANDBOX_CALL1(mprotect, SANDBOX_WITHOUT(2, PROT_EXEC)),
	/* The socket that tells of others' changes is opened after the first
	 * table was laid out. */
	SANDBOX_CALL2(
		socket, SANDBOX_IS(0, AF_NETLINK), SANDBOX_IS(2, NETFILTER)),
	/* For the connections of who is banned; is there tracking of them? */
	SANDBOX_CALL2(
		socket, SANDBOX_IS(0, AF_NETLINK), SANDBOX_IS(2, SOCK_DIAG)),
	SANDBOX_CALL(access),
	/* glibc before 2.37: how much memory may qsort(3) take? */
	SANDBOX_CALL(sysinfo),
};

static const struct sandbox_limit limits[] = {
	{RLIMIT_CORE, 0},
	{RLIMIT_MEMLOCK, 0},
#ifndef __SANITIZE_ADDRESS__
	{RLIMIT_NPROC, 0},
	{RLIMIT_NOFILE, DESCRIPTORS},
#endif
};

int sandbox_enter_warden(void)
{
	static const struct sandbox_calls tables[] = {SANDBOX_CALLS(calls)};
	int r = sandbox_limits(limits, sizeof(limits) / sizeof(*limits));

	if (r == 0)
		r = sandbox_files(NULL, 0, 0);
	if (r == 0)
		r = sandbox_calls(tables, 1);
	return r;
}
