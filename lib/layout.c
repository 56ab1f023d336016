/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of jails as the kernel's table needs it: the value that the engine
 * makes from its configuration, that travels to the warden and that nft/
 * builds. Names end up in names of sets, so they are strict.
 */
#include "lib/layout.h"

#include <stdlib.h>
#include <string.h>

bool layout_name_valid(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789_.-";
	size_t n = strlen(name);

	return n > 0 && n <= LAYOUT_NAME_MOST && strspn(name, allowed) == n;
}

static bool protocol_has_ports(uint8_t protocol)
{
	/* TCP, UDP, DCCP, SCTP, UDP-Lite: source and destination port are
	 * the first four bytes of each. */
	return protocol == 6 || protocol == 17 || protocol == 33 ||
	       protocol == 132 || protocol == 136;
}

bool layout_jail_valid(const struct layout_jail *jail)
{
	if (!layout_name_valid(jail->name) || jail->elements == 0 ||
		jail->elements > LAYOUT_ELEMENTS_MOST ||
		jail->n_protocols > LAYOUT_PROTOCOLS_MOST ||
		jail->n_ports > LAYOUT_PORTS_MOST)
		return false;
	for (size_t i = 0; i < jail->n_protocols; i++)
		for (size_t j = 0; j < i; j++)
			if (jail->protocols[i] == jail->protocols[j])
				return false;
	if (jail->n_ports == 0)
		return true;
	if (jail->n_protocols == 0)
		return false;
	for (size_t i = 0; i < jail->n_protocols; i++)
		if (!protocol_has_ports(jail->protocols[i]))
			return false;
	for (size_t i = 0; i < jail->n_ports; i++)
		if (jail->ports[i].first > jail->ports[i].last)
			return false;
	return true;
}

bool layout_has_twins(const struct layout *layout)
{
	for (size_t i = 0; i < layout->n; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(layout->jails[i].name,
				    layout->jails[j].name) == 0)
				return true;
	return false;
}

static int compare_ports(const void *a, const void *b)
{
	const struct layout_port *p = a, *q = b;

	return (int)p->first - (int)q->first;
}

void layout_ports_join(struct layout_jail *jail)
{
	struct layout_port *ports = jail->ports;
	uint8_t n = 0;

	qsort(ports, jail->n_ports, sizeof(*ports), compare_ports);
	for (size_t i = 0; i < jail->n_ports; i++) {
		if (n > 0 && ports[i].first <= ports[n - 1].last + 1) {
			if (ports[i].last > ports[n - 1].last)
				ports[n - 1].last = ports[i].last;
		} else {
			ports[n++] = ports[i];
		}
	}
	if (n == 1 && ports[0].first == 0 && ports[0].last == UINT16_MAX)
		n = 0;
	jail->n_ports = n;
}
