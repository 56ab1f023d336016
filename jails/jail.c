/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The values of a jail with a notation of their own: journalmatch, port and
 * usedns. Nothing here reads a file but getservbyname(3).
 */
#include "jails/jail.h"

#include <ctype.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/arena.h"

#define MATCH_WORDS_MOST 1000
#define PORTS_MOST 1000

/* ---- journalmatch ---- */

/*
 * The next word of *at as a shell would cut it, into word, or false at the
 * end. A newline that parts words is a word of its own, "\n".
 */
static bool take_word(const char **at, char *word)
{
	const char *s = *at;
	char quote = 0;

	while (*s == ' ' || *s == '\t' || *s == '\r')
		s++;
	if (!*s)
		return false;
	if (*s == '\n') {
		strcpy(word, "\n");
		*at = s + 1;
		return true;
	}
	for (; *s && (quote || !isspace((unsigned char)*s)); s++) {
		if (quote && *s == quote)
			quote = 0;
		else if (!quote && (*s == '"' || *s == '\''))
			quote = *s;
		else if (*s == '\\' && s[1] && quote != '\'')
			*word++ = *++s;
		else
			*word++ = *s;
	}
	*word = '\0';
	*at = s;
	return true;
}

/* FIELD=value; journald's names are upper case, digits and underscores. */
static bool is_field(const char *word)
{
	size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return n > 0 && word[n] == '=';
}

bool jail_match_parse(const char *text, struct arena *arena,
	const struct jail_match **groups, size_t *n, const char **why)
{
	struct jail_match *list = NULL;
	const char **fields =
		arena_alloc(arena, MATCH_WORDS_MOST * sizeof(*fields));
	char *word = malloc(strlen(text) + 2);
	size_t lists = 0, words = 0;
	bool open = false;

	if (!word)
		abort();
	list = arena_alloc(arena, MATCH_WORDS_MOST * sizeof(*list));
	*why = NULL;
	while (!*why && take_word(&text, word)) {
		if (strcmp(word, "+") == 0 || strcmp(word, "\n") == 0) {
			open = false;
		} else if (!is_field(word)) {
			*why = arena_print(arena,
				"'%s' is not of the form FIELD=value", word);
		} else if (words == MATCH_WORDS_MOST) {
			*why = "more than 1000 fields";
		} else {
			fields[words] = arena_string(arena, word);
			if (!open)
				list[lists++].fields = &fields[words];
			open = true;
			list[lists - 1].n++;
			words++;
		}
	}
	free(word);
	*groups = list;
	*n = lists;
	return !*why;
}

/* ---- port ---- */

/* What mail hosts' jails name, as a minimal Debian has no /etc/services. */
static const struct {
	const char *name;
	uint16_t port;
} services[] = {
	{"ftp-data", 20},
	{"ftp", 21},
	{"ssh", 22},
	{"telnet", 23},
	{"smtp", 25},
	{"mail", 25},
	{"domain", 53},
	{"http", 80},
	{"www", 80},
	{"pop3", 110},
	{"pop-3", 110},
	{"auth", 113},
	{"ntp", 123},
	{"imap", 143},
	{"imap2", 143},
	{"snmp", 161},
	{"imap3", 220},
	{"ldap", 389},
	{"https", 443},
	{"urd", 465},
	{"ssmtp", 465},
	{"smtps", 465},
	{"submissions", 465},
	{"submission", 587},
	{"ldaps", 636},
	{"domain-s", 853},
	{"ftps-data", 989},
	{"ftps", 990},
	{"imaps", 993},
	{"pop3s", 995},
	{"socks", 1080},
	{"mysql", 3306},
	{"ms-wbt-server", 3389},
	{"sieve", 4190},
	{"sip", 5060},
	{"sip-tls", 5061},
	{"postgresql", 5432},
	{"http-alt", 8080},
};

static bool port_of(const char *s, size_t n, uint16_t *port)
{
	char name[64];
	struct servent *found;
	unsigned long v;
	char *end;

	if (n == 0 || n >= sizeof(name))
		return false;
	memcpy(name, s, n);
	name[n] = '\0';
	if (isdigit((unsigned char)*name)) {
		v = strtoul(name, &end, 10);
		*port = (uint16_t)v;
		return !*end && v <= 65535;
	}
	for (size_t i = 0; i < sizeof(services) / sizeof(*services); i++)
		if (strcasecmp(services[i].name, name) == 0) {
			*port = services[i].port;
			return true;
		}
	found = getservbyname(name, NULL);
	if (found)
		*port = (uint16_t)((found->s_port & 0xff) << 8 |
				   (found->s_port >> 8 & 0xff));
	return found != NULL;
}

/* "25", "smtp", "6000:6010" or "6000-6010"; names may have '-' in them. */
static bool range_of(const char *s, size_t n, struct jail_ports *out)
{
	const char *cut = memchr(s, ':', n);

	if (port_of(s, n, &out->first)) {
		out->last = out->first;
		return true;
	}
	if (!cut && n && isdigit((unsigned char)*s))
		cut = memchr(s, '-', n);
	return cut && port_of(s, (size_t)(cut - s), &out->first) &&
	       port_of(cut + 1, n - (size_t)(cut - s) - 1, &out->last) &&
	       out->first <= out->last;
}

static int by_first(const void *a, const void *b)
{
	const struct jail_ports *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* Sorts, and joins what touches or overlaps. Returns how many are left. */
static size_t tidy(struct jail_ports *list, size_t n)
{
	size_t kept = 0;

	qsort(list, n, sizeof(*list), by_first);
	for (size_t i = 0; i < n; i++) {
		if (kept && list[i].first <= list[kept - 1].last + 1) {
			if (list[i].last > list[kept - 1].last)
				list[kept - 1].last = list[i].last;
		} else {
			list[kept++] = list[i];
		}
	}
	return kept;
}

bool jail_ports_parse(const char *text, struct arena *arena,
	const struct jail_ports **ports, size_t *n, bool *all, const char **bad)
{
	struct jail_ports *list =
		arena_alloc(arena, PORTS_MOST * sizeof(*list));
	size_t found = 0;

	*all = false;
	for (;;) {
		size_t len;

		text += strspn(text, ", \t\r\n");
		len = strcspn(text, ", \t\r\n");
		if (len == 0)
			break;
		if (len == 3 && (strncasecmp(text, "all", 3) == 0 ||
					strncasecmp(text, "any", 3) == 0)) {
			*all = true;
		} else if (found == PORTS_MOST ||
			   !range_of(text, len, &list[found])) {
			*bad = arena_copy(arena, text, len);
			return false;
		} else {
			found++;
		}
		text += len;
	}
	found = tidy(list, found);
	if (found == 0 || (list[0].first <= 1 && list[0].last == 65535))
		*all = true;
	*ports = *all ? NULL : list;
	*n = *all ? 0 : found;
	return true;
}

/* ---- usedns ---- */

static const char *const usedns_words[] = {
	[JAIL_DNS_NO] = "no",
	[JAIL_DNS_WARN] = "warn",
	[JAIL_DNS_YES] = "yes",
	[JAIL_DNS_RAW] = "raw",
};

bool jail_usedns_parse(const char *text, enum jail_usedns *out)
{
	size_t i = 0, n = sizeof(usedns_words) / sizeof(*usedns_words);

	while (i < n && strcasecmp(text, usedns_words[i]) != 0)
		i++;
	if (i < n)
		*out = (enum jail_usedns)i;
	return i < n;
}

const char *jail_usedns_name(enum jail_usedns usedns)
{
	return usedns_words[usedns];
}
