/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue by postqueue -j, a line of JSON a message: who may not look into
 * its folders may ask this. It opens each message, so it is asked only where
 * names alone do not tell. Addresses are the senders' own words: of domains
 * only so many are kept, and no line is longer than LINE_MOST.
 */
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cli/check/check.h"
#include "cli/client.h"
#include "lib/hash.h"

#define LINE_MOST (1024 * 1024)
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

static struct domain *domain_of(struct list *list, const json_t *address)
{
	const char *text = json_string_value(address);
	const char *at = text ? strrchr(text, '@') : NULL;
	char name[sizeof(list->domains->name)];
	size_t n = at ? strlen(at + 1) : 0;

	if (n == 0 || n >= sizeof(name))
		return NULL;
	for (size_t i = 0; i <= n; i++)
		name[i] = (char)tolower((unsigned char)at[1 + i]);
	return domain_find(list, name, n);
}

static void count_domains(struct list *list, const json_t *message)
{
	const json_t *recipient;
	struct domain *d;
	size_t i;

	d = domain_of(list, json_object_get(message, "sender"));
	if (d)
		d->from++;
	json_array_foreach (
		json_object_get(message, "recipients"), i, recipient) {
		d = domain_of(list, json_object_get(recipient, "address"));
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
	json_t *message = json_loadb(line, n, 0, NULL);
	const char *queue =
		json_string_value(json_object_get(message, "queue_name"));
	int64_t came = client_number(message, "arrival_time");

	/* A message with more recipients than LINE_MOST has is one, too. */
	listed->messages++;
	if (!queue)
		list->strange |= n < LINE_MOST;
	else if (strcmp(queue, "hold") != 0 && came > 0 &&
		 (!listed->oldest || came < listed->oldest))
		listed->oldest = came;
	if (list->domains)
		count_domains(list, message);
	json_decref(message);
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
		options->configdir ? with : plain, LINE_MOST, take, &list);
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
