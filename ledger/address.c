/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mail addresses under the names that they are counted by, folded so that what
 * belongs together is one row. The rules are pflogsumm's, whose users know
 * their rows by them. They run on what strangers wrote: none may take more
 * than a few passes over the text.
 */
#include "ledger/address.h"

#include <stdint.h>

#include "lib/word.h"

struct span address_lower(struct span text, char *room)
{
	for (size_t i = 0; i < text.n; i++)
		room[i] = byte_lower(text.at[i]);
	return (struct span){room, text.n};
}

bool address_has_capitals(struct span text)
{
	const char *p = text.at, *end = span_end(text);

	uint64_t found = 0;

	if (text.n >= 8) {
		for (; end - p > 8; p += 8)
			found |= word_capitals(word_at(p));
		return found | word_capitals(word_at(end - 8));
	}
	for (; p < end; p++)
		if (*p >= 'A' && *p <= 'Z')
			return true;
	return false;
}

struct span address_lower_domain(struct span text, char *room)
{
	const char *at = span_char(text, '@');
	size_t i;

	if (!at || !address_has_capitals(span_from(text, at)))
		return text;
	i = (size_t)(at - text.at);
	memcpy(room, text.at, i);
	for (; i < text.n; i++)
		room[i] = byte_lower(text.at[i]);
	return (struct span){room, text.n};
}

/* host!user@site with no '.' in site, behind whatever path there is. */
static bool is_uucp(struct span rest, struct span *host, struct span *user,
	struct span *site)
{
	const char *bang = span_char(rest, '!'), *at;

	if (!bang || bang == rest.at)
		return false;
	*host = span_between(rest.at, bang);
	rest = span_from(rest, bang + 1);
	at = span_char(rest, '@');
	if (!at || at == rest.at || at + 1 == span_end(rest))
		return false;
	*user = span_between(rest.at, at);
	*site = span_from(rest, at + 1);
	return !span_char(*user, '!') && !span_char(*site, '.');
}

static char *put(char *to, struct span text)
{
	memmove(to, text.at, text.n);
	return to + text.n;
}

struct span address_from_uucp(struct span text, char *room)
{
	struct span host, user, site;
	const char *p;
	char *to = room;

	/* The path is as long as it can be. */
	for (p = span_end(text); p > text.at; p--)
		if (p[-1] == '!' &&
			is_uucp(span_from(text, p), &host, &user, &site))
			break;
	if (p == text.at && !is_uucp(text, &host, &user, &site))
		return text;
	to = put(to, site);
	*to++ = '!';
	to = put(to, span_between(text.at, p));
	to = put(to, user);
	*to++ = '@';
	to = put(to, host);
	return span_between(room, to);
}

static size_t word_of_list(struct span in)
{
	static const struct span words[] = {{"bounced", 7}, {"bounces", 7},
		{"bounce", 6}, {"nolist", 6}, {"noreply", 7},
		{"noresponse", 10}, {"return", 6}, {"sentto", 6}};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t k = 0;

		while (k < words[i].n && k < in.n &&
			byte_lower(in.at[k]) == words[i].at[k])
			k++;
		if (k == words[i].n)
			return k;
	}
	return span_digits(in);
}

/* Behind a run of "-12", each ending where a word ends; p if there is none. */
static const char *behind_numbers(const char *p, const char *end)
{
	for (;;) {
		const char *q = p + 1;

		if (p == end || !*p || !strchr("+_.*-", *p))
			return p;
		while (q < end && byte_is_digit(*q))
			q++;
		if (q == p + 1 || (q < end && byte_is_word(*q)))
			return p;
		p = q;
	}
}

/* list-return-36-x: the first number behind a word of lists is "-ID". */
static struct span without_number(struct span text, char *room)
{
	const char *end = span_end(text), *p, *q, *behind;
	char *to = room;
	size_t word = 0;

	for (p = text.at; p < end; p++)
		if ((word = word_of_list(span_between(p, end))))
			break;
	if (p == end)
		return text;
	/* If there is no number behind this word, there is none behind one
	 * that comes later. */
	for (q = p + word; q < end; q++)
		if ((behind = behind_numbers(q, end)) != q)
			break;
	if (q >= end)
		return text;
	to = put(to, span_between(text.at, q));
	to = put(to, SPAN("-ID"));
	to = put(to, span_between(behind, end));
	return span_between(room, to);
}

static bool is_dash(char c)
{
	return c == '*' || c == '-';
}

/* "-user=site" before '@', at p: where '@' is, or NULL. */
static const char *verp_end(const char *p, const char *end)
{
	const char *from = p, *at;

	while (p < end && *p != '=' && !is_dash(*p))
		p++;
	if (p == from || p == end || (*p != '=' && *p != '*'))
		return NULL;
	p++;
	at = memchr(p, '@', (size_t)(end - p));
	return at && at > p ? at : NULL;
}

static struct span without_verp(struct span text, char *room)
{
	const char *end = span_end(text), *p, *at = NULL;
	char *to = room;

	for (p = text.at; p < end && !at; p++) {
		size_t digits;

		if (!is_dash(*p))
			continue;
		digits = span_digits(span_between(p + 1, end));
		if (digits && p + 1 + digits < end && is_dash(p[1 + digits]))
			at = verp_end(p + digits + 2, end);
		if (!at)
			at = verp_end(p + 1, end);
		if (at)
			break;
	}
	if (!at)
		return text;
	to = put(to, span_between(text.at, p));
	to = put(to, span_between(at, end));
	return span_between(room, to);
}

struct span address_without_verp(struct span text, int level, char *room)
{
	struct span out = without_number(text, room);

	/* In place: what is written is never ahead of what is read. */
	return level > 1 ? without_verp(out, room) : out;
}

struct span address_domain(struct span text)
{
	const char *at = span_char(text, '@');

	return at && at != text.at ? span_from(text, at + 1) : text;
}
