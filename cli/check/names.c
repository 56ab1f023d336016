/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the world's name servers say of our own addresses: whether a list of
 * bad ones has them, and whether they have a name that leads back. A list that
 * says yes or no to everything is found out, and its word is not taken.
 */
#include <ifaddrs.h>
#include <string.h>

#include "alarms/dns.h"
#include "cli/check/check.h"
#include "lib/addr.h"

struct own {
	struct addr items[CHECK_MANY];
	size_t n;
};

/* Networks that no list and no name server of the world knows (RFC 6890). */
static bool is_private(const struct addr *a)
{
	static const char *const nets[] = {"10.0.0.0/8", "172.16.0.0/12",
		"192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16",
		"127.0.0.0/8", "0.0.0.0/8", "fe80::/10", "fc00::/7"};
	struct prefix p;

	for (size_t i = 0; i < sizeof(nets) / sizeof(*nets); i++)
		if (prefix_parse(nets[i], strlen(nets[i]), &p) &&
			prefix_contains(&p, a))
			return true;
	return addr_is_special(a);
}

static void add(struct own *own, const struct addr *a)
{
	for (size_t i = 0; i < own->n; i++)
		if (addr_equal(&own->items[i], a))
			return;
	if (own->n < CHECK_MANY)
		own->items[own->n++] = *a;
}

static void find_own(struct own *own)
{
	struct ifaddrs *list = NULL;
	struct addr a;

	if (getifaddrs(&list) < 0)
		return;
	for (const struct ifaddrs *i = list; i; i = i->ifa_next)
		if (addr_from_sockaddr(i->ifa_addr, &a) && !is_private(&a))
			add(own, &a);
	freeifaddrs(list);
}

static void read_own(const struct check_options *options, struct own *own,
	struct verdict *verdict)
{
	struct addr a;

	for (size_t i = 0; i < options->addresses.n; i++) {
		const char *text = options->addresses.items[i];

		if (addr_parse(text, strlen(text), &a))
			add(own, &a);
		else
			verdict_find(verdict, VERDICT_UNKNOWN,
				"--address: '%s' is none", text);
	}
	if (!options->addresses.n)
		find_own(own);
	if (!own->n)
		verdict_find(verdict, VERDICT_UNKNOWN,
			"no public address here: name them by --address");
}

static void check_list(
	const char *zone, const struct own *own, struct verdict *verdict)
{
	enum dns_answer works = dns_list_works(zone);
	char text[ADDR_TEXT];

	if (works != DNS_YES) {
		verdict_find(verdict, VERDICT_UNKNOWN, "%s %s", zone,
			works == DNS_NO ? "is no list that tells the truth"
					: "does not answer, or not to us");
		return;
	}
	for (size_t i = 0; i < own->n; i++) {
		enum dns_answer listed = dns_listed(zone, &own->items[i]);

		addr_format(&own->items[i], text);
		if (listed == DNS_YES)
			verdict_find(verdict, VERDICT_CRITICAL,
				"%s is listed in %s", text, zone);
		else if (listed == DNS_FAILED)
			verdict_find(verdict, VERDICT_UNKNOWN,
				"%s does not answer of %s", zone, text);
	}
}

static void check_reverse(const struct addr *address, struct verdict *verdict)
{
	char text[ADDR_TEXT], name[DNS_NAME];
	enum dns_answer said = dns_reverse(address, name);

	addr_format(address, text);
	if (said == DNS_FAILED)
		verdict_find(verdict, VERDICT_UNKNOWN,
			"no answer of the name of %s", text);
	else if (said == DNS_NO && *name)
		verdict_find(verdict, VERDICT_WARNING,
			"%s has the name %s, which has another address", text,
			name);
	else if (said == DNS_NO)
		verdict_find(verdict, VERDICT_WARNING, "%s has no name", text);
}

void check_names(const struct check_options *options, struct verdict *verdict)
{
	struct own own = {.n = 0};

	if (!options->reverse && !options->lists.n)
		return;
	read_own(options, &own, verdict);
	for (size_t i = 0; i < options->lists.n; i++)
		check_list(options->lists.items[i], &own, verdict);
	for (size_t i = 0; options->reverse && i < own.n; i++)
		check_reverse(&own.items[i], verdict);
}
