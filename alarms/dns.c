/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of bad addresses, and the names of our own, by the C library's own
 * resolver. Answers come from strangers: they are parsed by the library, none
 * is longer than ANSWER_MOST, and TCP, which it would wait for without end, is
 * never used. What is no clear yes or no is neither.
 */
#include "alarms/dns.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>

#define ANSWER_MOST 4096
/* "x." for each of 32 digits, then the zone or ip6.arpa. */
#define QUESTION (DNS_NAME + 80)

struct answer {
	ns_msg message;
	uint8_t bytes[ANSWER_MOST];
};

/* DNS_YES if there are records; of which type is for the caller to see. */
static enum dns_answer ask(
	const char *name, ns_type type, struct answer *answer)
{
	struct __res_state state = {0};
	enum dns_answer said = DNS_FAILED;
	int n;

	if (res_ninit(&state) < 0)
		return DNS_FAILED;
	state.retrans = DNS_PATIENCE;
	state.retry = DNS_TRIES;
	state.options |= RES_IGNTC;
	n = res_nquery(
		&state, name, ns_c_in, (int)type, answer->bytes, ANSWER_MOST);
	if (n > 0 && n <= ANSWER_MOST &&
		ns_initparse(answer->bytes, n, &answer->message) == 0)
		said = DNS_YES;
	else if (n < 0 && (state.res_h_errno == HOST_NOT_FOUND ||
				  state.res_h_errno == NO_DATA))
		said = DNS_NO;
	res_nclose(&state);
	return said;
}

/* The address' digits the other way round, each with a dot behind it. */
static void reverse_text(const struct addr *address, char out[QUESTION])
{
	size_t n, at = 0;
	const uint8_t *bytes = addr_bytes(address, &n);

	for (size_t i = n; i-- > 0;)
		if (n == 4)
			at += (size_t)snprintf(
				out + at, QUESTION - at, "%u.", bytes[i]);
		else
			at += (size_t)snprintf(out + at, QUESTION - at,
				"%x.%x.", bytes[i] & 15u, bytes[i] >> 4);
}

static enum dns_answer judge_list(struct answer *answer)
{
	enum dns_answer said = DNS_NO;
	ns_rr record;

	for (int i = 0; i < ns_msg_count(answer->message, ns_s_an); i++) {
		const uint8_t *d;

		if (ns_parserr(&answer->message, ns_s_an, i, &record) < 0)
			return DNS_FAILED;
		if (ns_rr_type(record) != ns_t_a || ns_rr_rdlen(record) != 4)
			continue;
		d = ns_rr_rdata(record);
		if (d[0] != 127 || (d[1] == 255 && d[2] == 255))
			return DNS_FAILED;
		said = DNS_YES;
	}
	return said;
}

enum dns_answer dns_listed(const char *zone, const struct addr *address)
{
	char name[QUESTION];
	struct answer answer;
	enum dns_answer said;
	size_t n;

	reverse_text(address, name);
	n = strlen(name);
	if (snprintf(name + n, sizeof(name) - n, "%s", zone) >=
		(int)(sizeof(name) - n))
		return DNS_FAILED;
	said = ask(name, ns_t_a, &answer);
	return said == DNS_YES ? judge_list(&answer) : said;
}

enum dns_answer dns_list_works(const char *zone)
{
	static const uint8_t in[4] = {127, 0, 0, 2}, out[4] = {127, 0, 0, 1};
	const struct addr has = addr_from_bytes(in, 4);
	const struct addr has_not = addr_from_bytes(out, 4);
	enum dns_answer said = dns_listed(zone, &has);

	if (said != DNS_YES)
		return said;
	said = dns_listed(zone, &has_not);
	return said == DNS_NO ? DNS_YES : said == DNS_YES ? DNS_NO : said;
}

/* Whether a name has the address. */
static enum dns_answer forward(const char *name, const struct addr *address)
{
	size_t n;
	const uint8_t *bytes = addr_bytes(address, &n);
	ns_type type = n == 4 ? ns_t_a : ns_t_aaaa;
	struct answer answer;
	enum dns_answer said = ask(name, type, &answer);
	ns_rr record;

	if (said != DNS_YES)
		return said;
	for (int i = 0; i < ns_msg_count(answer.message, ns_s_an); i++)
		if (ns_parserr(&answer.message, ns_s_an, i, &record) == 0 &&
			ns_rr_type(record) == type &&
			ns_rr_rdlen(record) == n &&
			!memcmp(ns_rr_rdata(record), bytes, n))
			return DNS_YES;
	return DNS_NO;
}

enum dns_answer dns_reverse(const struct addr *address, char name[DNS_NAME])
{
	char question[QUESTION];
	struct answer answer;
	enum dns_answer said, best = DNS_NO;
	ns_rr record;
	size_t n;

	*name = '\0';
	reverse_text(address, question);
	n = strlen(question);
	snprintf(question + n, sizeof(question) - n, "%s",
		addr_is_v4(address) ? "in-addr.arpa" : "ip6.arpa");
	said = ask(question, ns_t_ptr, &answer);
	if (said != DNS_YES)
		return said;
	/* More than a few names of one address are nobody's who sends mail. */
	for (int i = 0; i < ns_msg_count(answer.message, ns_s_an) && i < 4;
		i++) {
		if (ns_parserr(&answer.message, ns_s_an, i, &record) < 0 ||
			ns_rr_type(record) != ns_t_ptr ||
			dn_expand(answer.bytes,
				answer.bytes + ns_msg_size(answer.message),
				ns_rr_rdata(record), name, DNS_NAME) < 0)
			continue;
		said = forward(name, address);
		if (said == DNS_YES)
			return DNS_YES;
		if (said == DNS_FAILED)
			best = DNS_FAILED;
	}
	return best;
}
