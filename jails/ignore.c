/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom a jail must leave alone. Names are looked up at load only: what a DNS
 * server says while lines are read must never decide who is banned.
 */
#include "jails/ignore.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "jails/jail.h"
#include "jails/jailfile.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/memory.h"

#define ADDRESSES_MOST 64

static bool same_prefix(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && addr_equal(&a->net, &b->net);
}

/* The word that is this name, or this prefix; NULL if there is none. */
static struct jail_ignored *word_find(
	struct jail *jail, const char *name, const struct prefix *who)
{
	for (size_t i = 0; i < jail->ignored_n; i++) {
		struct jail_ignored *word = &jail->ignored[i];

		if (name ? word->name && !strcmp(word->name, name)
			 : !word->name && same_prefix(&word->prefix, who))
			return word;
	}
	return NULL;
}

static struct jail_ignored *word_add(struct jail *jail)
{
	if (jail->ignored_n == jail->ignored_room) {
		jail->ignored_room =
			jail->ignored_room ? jail->ignored_room * 2 : 8;
		jail->ignored = reallocarray(jail->ignored, jail->ignored_room,
			sizeof(*jail->ignored));
		if (!jail->ignored)
			abort();
	}
	jail->ignored[jail->ignored_n] = (struct jail_ignored){.name = NULL};
	return &jail->ignored[jail->ignored_n++];
}

static void set_add(struct prefixset *set, const struct prefix *p)
{
	if (prefixset_add(set, p) < 0)
		abort();
}

static void set_add_all(struct prefixset *set, const struct prefixset *from)
{
	for (size_t i = 0; i < from->n; i++)
		set_add(set, &from->items[i]);
}

bool ignore_add(struct jail *jail, const char *name, const struct prefix *who)
{
	struct jail_ignored *word = NULL;

	if (jail->ignoreip.n + jail->ignored_n >= JAIL_IGNORE_MOST)
		return false;
	/* Only what is covered can be in: a long list costs no long search. */
	if (name || prefixset_covers(&jail->ignoreip, who))
		word = word_find(jail, name, who);
	if (!word) {
		word = word_add(jail);
		word->name = memory_copy(name);
		if (!name)
			word->prefix = *who;
	}
	if (name && who)
		set_add(&word->members, who);
	if (who)
		set_add(&jail->ignoreip, who);
	return true;
}

void ignore_append(
	struct jail *jail, const char *name, struct prefix *all, size_t n)
{
	struct jail_ignored *word = word_add(jail);

	word->name = memory_copy(name);
	if (!name)
		word->prefix = *all;
	else if (prefixset_add_all(&word->members, all, n) < 0)
		abort();
}

void ignore_gather(struct jail *jail)
{
	struct prefix *all;
	size_t n = jail->ignored_n, at = 0;

	for (size_t i = 0; i < jail->ignored_n; i++)
		n += jail->ignored[i].members.n;
	all = reallocarray(NULL, n + 1, sizeof(*all));
	if (!all)
		abort();
	for (size_t i = 0; i < jail->ignored_n; i++) {
		const struct jail_ignored *word = &jail->ignored[i];

		if (!word->name)
			all[at++] = word->prefix;
		for (size_t k = 0; k < word->members.n; k++)
			all[at++] = word->members.items[k];
	}
	prefixset_deinit(&jail->ignoreip);
	if (prefixset_add_all(&jail->ignoreip, all, at) < 0)
		abort();
	free(all);
}

static void word_free(struct jail_ignored *word)
{
	free(word->name);
	prefixset_deinit(&word->members);
}

bool ignore_drop(struct jail *jail, const char *name, const struct prefix *who)
{
	struct jail_ignored *word = word_find(jail, name, who);
	size_t at;

	if (!word)
		return false;
	word_free(word);
	at = (size_t)(word - jail->ignored);
	memmove(word, word + 1, (--jail->ignored_n - at) * sizeof(*word));
	ignore_gather(jail);
	return true;
}

void ignore_copy(struct jail *to, const struct jail *from)
{
	ignore_deinit(to);
	for (size_t i = 0; i < from->ignored_n; i++) {
		struct jail_ignored *word = word_add(to);

		word->name = memory_copy(from->ignored[i].name);
		word->prefix = from->ignored[i].prefix;
		set_add_all(&word->members, &from->ignored[i].members);
	}
	set_add_all(&to->ignoreip, &from->ignoreip);
}

void ignore_deinit(struct jail *jail)
{
	for (size_t i = 0; i < jail->ignored_n; i++)
		word_free(&jail->ignored[i]);
	free(jail->ignored);
	jail->ignored = NULL;
	jail->ignored_n = jail->ignored_room = 0;
	prefixset_deinit(&jail->ignoreip);
}

int ignore_own_addresses(struct prefixset *own)
{
	struct ifaddrs *list;
	int r = 0;

	if (getifaddrs(&list) < 0)
		return -errno;
	for (struct ifaddrs *i = list; i && r == 0; i = i->ifa_next) {
		struct prefix p = {.len = 128};

		if (addr_from_sockaddr(i->ifa_addr, &p.net))
			r = prefixset_add(own, &p);
	}
	freeifaddrs(list);
	return r;
}

bool ignore_has(const struct jail *jail, const struct prefixset *own,
	const struct prefix *who)
{
	static const struct addr loopback4 = {
		{[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}};
	static const struct addr loopback6 = {{[15] = 1}};

	if (addr_is_special(&who->net) || prefix_contains(who, &loopback4) ||
		prefix_contains(who, &loopback6))
		return true;
	if (prefixset_overlaps(&jail->ignoreip, who))
		return true;
	return jail->ignoreself && own && prefixset_overlaps(own, who);
}

void ignore_resolve(struct jail *jail, int64_t *left, struct err *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};

	for (size_t i = 0; i < jail->ignore_names_n; i++) {
		const struct jail_text *name = &jail->ignore_names[i];
		struct addrinfo *found;
		int64_t begun;
		int n = 0, r;

		if (*left <= 0) {
			err_warning(err, name->file, name->line,
				"[%s] ignoreip: %s is not looked up, as the "
				"name servers take too long; it is not ignored",
				jail->name, name->text);
			continue;
		}
		begun = clock_mono();
		r = getaddrinfo(name->text, NULL, &hints, &found);
		*left -= clock_mono() - begun;
		if (r != 0) {
			err_warning(err, name->file, name->line,
				"[%s] ignoreip: %s has no address now (%s); it "
				"is not ignored",
				jail->name, name->text, gai_strerror(r));
			continue;
		}
		for (struct addrinfo *a = found; a && n < ADDRESSES_MOST;
			a = a->ai_next, n++) {
			struct prefix p = {.len = 128};

			if (addr_from_sockaddr(a->ai_addr, &p.net))
				ignore_add(jail, name->text, &p);
		}
		freeaddrinfo(found);
	}
}
