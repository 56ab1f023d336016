/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_LAYOUT_H
#define MAILBAN_LIB_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one table holds at most; more is refused, never cut. */
#define LAYOUT_JAILS_MOST 1024
#define LAYOUT_NAME_MOST 64
#define LAYOUT_PORTS_MOST 64
#define LAYOUT_PROTOCOLS_MOST 8
#define LAYOUT_ELEMENTS_MOST (1u << 24)
#define LAYOUT_ELEMENTS_DEFAULT (1u << 20)

/* Ports first to last, both included; one port has first == last. */
struct layout_port {
	uint16_t first, last;
};

/*
 * What the kernel must know of one jail. No protocols: packets of any; no
 * ports: any port. Ports need protocols, and each of these one that has
 * ports (TCP, UDP, UDP-Lite, SCTP, DCCP).
 */
struct layout_jail {
	char name[LAYOUT_NAME_MOST + 1];
	uint8_t n_protocols, n_ports;
	uint8_t protocols[LAYOUT_PROTOCOLS_MOST]; /* IANA numbers */
	struct layout_port ports[LAYOUT_PORTS_MOST];
	bool disconnect;   /* who is banned loses what is open, too */
	uint32_t elements; /* most that each hash set of it may hold */
};

/* All jails of a table, in the order of their index. */
struct layout {
	struct layout_jail *jails;
	size_t n;
};

/* 1 to LAYOUT_NAME_MOST of A-Z a-z 0-9 _ . - : safe as part of a set name. */
bool layout_name_valid(const char *name);
/* The rules above; what a reader of requests and a loader both ask. */
bool layout_jail_valid(const struct layout_jail *jail);
/* True if two jails bear one name. */
bool layout_has_twins(const struct layout *layout);
/*
 * Sorts the jail's ports and joins those that touch or overlap; the whole
 * range 0-65535 becomes "no ports".
 */
void layout_ports_join(struct layout_jail *jail);

#endif
