/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the groups of a match to whom they name. Offline: this is where a
 * command may wait for a name server, which the daemon's line never does.
 */
#include "cli/fail2ban/regexid.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/addr.h"

/* An address in its usual spelling, with /N if bits is smaller than it has;
 * any other text as it is. bits -1: all of them. */
static json_t *id_text(const char *text, int bits)
{
	unsigned char bytes[16];
	char out[PREFIX_TEXT + 8];
	struct prefix p;

	if (inet_pton(AF_INET, text, bytes) != 1 &&
		inet_pton(AF_INET6, text, bytes) != 1)
		return json_string(text);
	snprintf(out, sizeof(out), bits < 0 ? "%s" : "%s/%d", text, bits);
	if (!prefix_parse(out, strlen(out), &p))
		return json_string(text);
	return json_string(prefix_format(&p, out));
}

/* An id that may be an address, a network or in brackets. */
static json_t *id_any(const char *text)
{
	size_t n = strlen(text);
	json_t *id;
	char *bare;
	char *slash;

	if (n > 2 && text[0] == '[' && text[n - 1] == ']')
		bare = strndup(text + 1, n - 2);
	else
		bare = strdup(text);
	if (!bare)
		abort();
	slash = strchr(bare, '/');
	if (slash && slash[1] && strspn(slash + 1, "0123456789") < 4 &&
		!slash[1 + strspn(slash + 1, "0123456789")]) {
		*slash = '\0';
		id = id_text(bare, atoi(slash + 1));
	} else {
		id = id_text(bare, -1);
	}
	free(bare);
	return id;
}

static void append_new(json_t *list, json_t *id)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		if (json_equal(item, id)) {
			json_decref(id);
			return;
		}
	}
	json_array_append_new(list, id);
}

static void resolve_family(json_t *list, const char *name, int family)
{
	struct addrinfo hints = {
		.ai_family = family, .ai_socktype = SOCK_STREAM};
	struct addrinfo *all, *a;
	char text[NI_MAXHOST];

	if (getaddrinfo(name, NULL, &hints, &all))
		return;
	for (a = all; a; a = a->ai_next)
		if (!getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof(text),
			    NULL, 0, NI_NUMERICHOST))
			append_new(list, id_text(text, -1));
	freeaddrinfo(all);
}

static json_t *resolve_name(const char *name)
{
	json_t *list = json_array();

	resolve_family(list, name, AF_INET);
	resolve_family(list, name, AF_INET6);
	return list;
}

static const char *text_of(const json_t *groups, const char *key)
{
	return json_string_value(json_object_get(groups, key));
}

json_t *regexid_find(json_t *groups, bool raw, bool resolve)
{
	const char *fid = text_of(groups, "fid"), *ip = text_of(groups, "ip4");
	const char *cidr = text_of(groups, "cidr");
	const char *dns = text_of(groups, "dns");
	struct prefix p;

	if (!ip)
		ip = text_of(groups, "ip6");
	if (!ip && dns && !raw) {
		if (prefix_parse(dns, strlen(dns), &p))
			return json_pack("[o]", id_text(dns, -1));
		return resolve ? resolve_name(dns) : json_array();
	}
	if (!ip && !dns && !fid)
		return NULL;
	if (!ip && !dns)
		return json_pack("[o]", raw ? json_string(fid) : id_any(fid));
	if (!fid || (ip && !strcmp(fid, ip)) || (dns && !strcmp(fid, dns)))
		return json_pack(
			"[o]", ip ? id_text(ip, cidr && *cidr ? atoi(cidr) : -1)
				  : json_string(dns));
	json_object_set_new(groups, "ip",
		ip ? id_text(ip, cidr && *cidr ? atoi(cidr) : -1)
		   : json_string(dns));
	return json_pack("[o]", raw ? json_string(fid) : id_any(fid));
}
