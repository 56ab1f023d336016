/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue by postqueue -j, a line of JSON a message: who may not look into
 * its folders may ask this. It opens each message, so it is asked only where
 * names alone do not tell. Addresses are the senders' own words: of domains
 * only so many are kept.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "alarms/postqueue.h"
#include "cli/check/check.h"
#include "lib/hash.h"

#define DOMAINS_MOST 4096
/* EX_UNAVAILABLE: "mail system is down". */
#define DOWN 69

struct domain {
	char name[256];
	uint64_t from, to;
	uint64_t last; /* the message that was counted last for it */
};

struct list {
	struct check_listed *listed;
	struct domain *domains; /* DOMAINS_MOST, by hash; NULL: not wanted */
	size_t n;
	struct hash_seed seed;
	bool strange;
};

/* The slot of a name of n bytes, NULL when there is no room for one more. */
static struct domain *domain_find(struct list *list, const char *name, size_t n)
{
	uint64_t hash = hash_bytes(&list->seed, name, n);
	struct domain *d;

	for (size_t i = 0; i < DOMAINS_MOST; i++) {
		d = &list->domains[(hash + i) % DOMAINS_MOST];
		if (!*d->name) {
			if (list->n == DOMAINS_MOST / 2)
				return NULL;
			list->n++;
			memcpy(d->name, name, n + 1);
			return d;
		}
		if (!strcmp(d->name, name))
			return d;
	}
	return NULL;
}

static struct domain *domain_of(struct list *list, const char *address)
{
	const char *domain = postqueue_domain(address);
	char name[sizeof(list->domains->name)];
	size_t n = domain ? strlen(domain) : 0;

	if (n == 0 || n >= sizeof(name))
		return NULL;
	for (size_t i = 0; i <= n; i++)
		name[i] = (char)tolower((unsigned char)domain[i]);
	return domain_find(list, name, n);
}

static void count_domains(
	struct list *list, const struct postqueue_message *message)
{
	struct domain *d = domain_of(list, message->sender);
	const char *address, *reason;

	if (d)
		d->from++;
	for (size_t i = 0; postqueue_recipient(message, i, &address, &reason);
		i++) {
		d = domain_of(list, address);
		if (!d || d->last == list->listed->messages)
			continue;
		d->last = list->listed->messages;
		d->to++;
	}
}

static void take(void *ctx, const char *line, size_t n)
{
	struct list *list = ctx;
	struct check_listed *listed = list->listed;
	struct postqueue_message m;

	/* A message with more recipients than a line has is one, too. */
	listed->messages++;
	if (!postqueue_read(&m, line, n)) {
		list->strange |= n < POSTQUEUE_LINE;
		return;
	}
	if (!m.hold && m.came > 0 &&
		(!listed->oldest || m.came < listed->oldest))
		listed->oldest = m.came;
	if (list->domains)
		count_domains(list, &m);
	postqueue_free(&m);
}

static void most_of(const struct list *list)
{
	struct check_listed *listed = list->listed;

	for (size_t i = 0; list->domains && i < DOMAINS_MOST; i++) {
		const struct domain *d = &list->domains[i];
		uint64_t most = d->from > d->to ? d->from : d->to;

		if (most <= listed->of_domain)
			continue;
		listed->of_domain = most;
		memcpy(listed->domain, d->name, sizeof(d->name));
	}
}

bool check_queue_list(const struct check_options *options,
	struct check_listed *listed, struct verdict *verdict)
{
	char *plain[] = {(char *)"postqueue", (char *)"-j", NULL};
	char *with[] = {(char *)"postqueue", (char *)"-c",
		(char *)options->configdir, (char *)"-j", NULL};
	struct list list = {.listed = listed};
	int status;

	memset(listed, 0, sizeof(*listed));
	if (options->domain_warning) {
		list.domains = calloc(DOMAINS_MOST, sizeof(*list.domains));
		if (!list.domains || getrandom(&list.seed, sizeof(list.seed),
					     0) != sizeof(list.seed))
			abort();
	}
	status = check_run(
		options->configdir ? with : plain, POSTQUEUE_LINE, take, &list);
	most_of(&list);
	free(list.domains);
	if (status == DOWN)
		verdict_find(verdict, VERDICT_CRITICAL,
			"postqueue: the mail system is down");
	else if (status != 0)
		verdict_find(verdict, VERDICT_UNKNOWN,
			"postqueue -j cannot be asked (%d)", status);
	else if (list.strange)
		verdict_find(verdict, VERDICT_UNKNOWN,
			"postqueue -j says what is not understood");
	return status == 0 && !list.strange;
}
