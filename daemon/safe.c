/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom to leave alone so that nobody is locked out of this host. Only what
 * root has set up or who has logged in may get into this list: an open
 * connection to the port of sshd is none of these, since anybody has one who
 * wants it.
 */
#include "daemon/safe.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-login.h>

/* RTF_UP | RTF_GATEWAY of route(8). */
#define ROUTE_GATEWAY 3u

static void add(struct safe *safe, const struct addr *who, const char *why)
{
	struct prefix p = prefix_of(who);

	if (addr_is_special(who) || prefixset_has(&safe->set, who) ||
		safe->n == SAFE_MOST || prefixset_add(&safe->set, &p) < 0)
		return;
	safe->items[safe->n++] = (struct safe_item){.who = *who, .why = why};
}

/* proc_net(5): numbers in the host's order, as they lie in memory. */
static void add_gateways4(struct safe *safe)
{
	FILE *f = fopen("/proc/self/net/route", "re");
	unsigned int gateway, flags;
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		uint32_t address;
		struct addr who;

		if (sscanf(line, "%*s %*x %x %x", &gateway, &flags) != 2 ||
			(flags & ROUTE_GATEWAY) != ROUTE_GATEWAY)
			continue;
		address = gateway;
		who = addr_from_bytes((const uint8_t *)&address, 4);
		add(safe, &who, "gateway");
	}
	if (f)
		fclose(f);
}

/* Destination, source and next hop as 32 digits, then among others flags. */
static void add_gateways6(struct safe *safe)
{
	FILE *f = fopen("/proc/self/net/ipv6_route", "re");
	char line[512], hop[33];
	unsigned int flags;

	while (f && fgets(line, sizeof(line), f)) {
		struct addr who;
		bool whole = true;

		if (sscanf(line,
			    "%*32s %*x %*32s %*x %32[0-9a-f] %*x %*x %*x %x",
			    hop, &flags) != 2 ||
			(flags & ROUTE_GATEWAY) != ROUTE_GATEWAY ||
			strlen(hop) != 32)
			continue;
		for (int i = 0; i < 16; i++)
			whole &= sscanf(hop + 2 * i, "%2hhx", &who.ip[i]) == 1;
		if (whole)
			add(safe, &who, "gateway");
	}
	if (f)
		fclose(f);
}

/* systemd-resolved writes its own servers into the second. */
static void add_resolvers(struct safe *safe)
{
	static const char *const files[] = {
		"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"};
	char line[512], word[64];

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		FILE *f = fopen(files[i], "re");

		while (f && fgets(line, sizeof(line), f)) {
			struct addr who;

			if (sscanf(line, "nameserver %63s", word) != 1)
				continue;
			/* A zone is no part of what a packet bears. */
			word[strcspn(word, "%")] = '\0';
			if (addr_parse(word, strlen(word), &who))
				add(safe, &who, "resolver");
		}
		if (f)
			fclose(f);
	}
}

/* PAM's RHOST, which sshd sets to the peer of who is logged in. */
static void add_session(struct safe *safe, const char *session)
{
	char *service = NULL, *host = NULL;
	struct addr who;

	if (sd_session_is_remote(session) > 0 &&
		sd_session_get_service(session, &service) >= 0 &&
		strcmp(service, "sshd") == 0 &&
		sd_session_get_remote_host(session, &host) >= 0 &&
		addr_parse(host, strlen(host), &who))
		add(safe, &who, "SSH session");
	free(service);
	free(host);
}

static void add_sessions(struct safe *safe)
{
	char **sessions = NULL;
	int n = sd_get_sessions(&sessions);

	for (int i = 0; i < n; i++) {
		add_session(safe, sessions[i]);
		free(sessions[i]);
	}
	free(sessions);
}

void safe_gather(struct safe *safe)
{
	add_gateways4(safe);
	add_gateways6(safe);
	add_resolvers(safe);
	add_sessions(safe);
}

void safe_deinit(struct safe *safe)
{
	prefixset_deinit(&safe->set);
	safe->n = 0;
}
