/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From `postqueue -j` to a few names. Senders, domains and reasons are what
 * strangers and their servers wrote, and the list is as long as they like: it
 * is read by a process that can do nothing with them, line by line, and what
 * leaves it is bounded and harmless.
 */
#include "daemon/listing.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alarms/postqueue.h"
#include "lib/codec.h"

/* Recipients of a message that count. */
#define RECIPIENTS_MOST 1000
/* In a reason numbers behind its codes, as of seconds to wait, count alike. */
#define CODES 10

struct listing {
	struct heavy lists[LISTING_PARTS][LISTING_LISTS];
	uint32_t messages[LISTING_PARTS];
	size_t n;
	bool too_long; /* the line at hand */
	char line[POSTQUEUE_LINE];
};

struct listing *listing_new(void)
{
	struct listing *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	return l;
}

void listing_free(struct listing **listing)
{
	free(*listing);
	*listing = NULL;
}

/* "host mx[192.0.2.1] said: 450 4.2.0 <a@b>: Greylisted, wait 17 s (in reply
 * to RCPT TO command)": what other messages have too. */
static void take_reason(struct heavy *heavy, const char *reason)
{
	const char *p = strstr(reason, " said: ");
	char text[HEAVY_NAME * 2];
	size_t n = 0;

	if (p)
		reason = p + 7;
	else if (strncmp(reason, "connect to ", 11) == 0 &&
		 (p = strstr(reason, "]:")))
		reason = p + 2 + strcspn(p + 2, " ");
	reason += strspn(reason, " ");
	p = strstr(reason, " (in reply to ");
	for (; *reason && reason != p && n < sizeof(text); reason++) {
		if (*reason == '<' && strchr(reason, '>'))
			reason = strchr(reason, '>');
		else if (n < CODES || !isdigit((unsigned char)*reason))
			text[n++] = *reason;
		else if (text[n - 1] != '#')
			text[n++] = '#';
	}
	heavy_add(heavy, text, n);
}

static void take_recipient(
	struct heavy *lists, const char *address, const char *reason)
{
	const char *domain = postqueue_domain(address);

	if (domain)
		heavy_add(&lists[LISTING_DOMAINS], domain, strlen(domain));
	if (reason && *reason)
		take_reason(&lists[LISTING_REASONS], reason);
}

static void take_line(struct listing *l)
{
	struct postqueue_message m;
	const char *address, *reason;
	enum listing_part part;

	if (!postqueue_read(&m, l->line, l->n))
		return;
	part = m.hold ? LISTING_HOLD : LISTING_MOVING;
	l->messages[part]++;
	if (m.sender)
		heavy_add(&l->lists[part][LISTING_SENDERS], m.sender,
			strlen(m.sender));
	for (size_t i = 0; i < RECIPIENTS_MOST &&
			   postqueue_recipient(&m, i, &address, &reason);
		i++)
		take_recipient(l->lists[part], address, reason);
	postqueue_free(&m);
}

void listing_take(struct listing *l, const char *bytes, size_t n)
{
	while (n) {
		const char *end = memchr(bytes, '\n', n);
		size_t part = end ? (size_t)(end - bytes) : n;

		l->too_long |= part > POSTQUEUE_LINE - l->n;
		if (!l->too_long) {
			memcpy(l->line + l->n, bytes, part);
			l->n += part;
		}
		if (!end)
			return;
		if (!l->too_long)
			take_line(l);
		l->n = 0;
		l->too_long = false;
		bytes = end + 1;
		n -= part + 1;
	}
}

size_t listing_encode(struct listing *l, void *bytes, size_t room)
{
	struct writer w;

	writer_init(&w, bytes, room);
	for (size_t p = 0; p < LISTING_PARTS; p++) {
		write_u32(&w, l->messages[p]);
		for (size_t k = 0; k < LISTING_LISTS; k++) {
			heavy_sort(&l->lists[p][k]);
			for (size_t i = 0; i < LISTING_TOP; i++) {
				write_u32(&w, l->lists[p][k].slots[i].n);
				write_text(&w, l->lists[p][k].slots[i].name);
			}
		}
	}
	return w.full ? 0 : w.n;
}

bool listing_decode(
	const void *bytes, size_t n, struct listing_summary *summary)
{
	struct reader r;
	bool good = true;

	memset(summary, 0, sizeof(*summary));
	reader_init(&r, bytes, n);
	for (size_t p = 0; p < LISTING_PARTS; p++) {
		summary->parts[p].messages = read_u32(&r);
		for (size_t k = 0; k < LISTING_LISTS; k++)
			for (size_t i = 0; i < LISTING_TOP; i++) {
				struct listing_name *name =
					&summary->parts[p].lists[k][i];

				name->n = read_u32(&r);
				read_text(&r, name->name, sizeof(name->name));
				good &= heavy_is_kept(name->name);
			}
	}
	return reader_done(&r) && good;
}

const char *listing_text(const struct listing_summary *summary,
	enum listing_part part, enum listing_list list, char *text, size_t room)
{
	const struct listing_name *names = summary->parts[part].lists[list];
	size_t at = 0;

	*text = '\0';
	for (size_t i = 0; i < LISTING_TOP && names[i].n; i++) {
		int n = snprintf(text + at, room - at, "%s<%s> %u",
			i ? ", " : "", names[i].name, names[i].n);

		if (n < 0 || (size_t)n >= room - at) {
			text[at] = '\0';
			break;
		}
		at += (size_t)n;
	}
	return text;
}
