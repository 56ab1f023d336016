/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hosts under the names that mail is counted by, and the order that their rows
 * stand in. The rules are pflogsumm's, as those of addresses are (address.c),
 * and run on what strangers wrote: none may take more than a few passes over
 * the text.
 */
#include "ledger/host.h"

#include "ledger/address.h"

/* "192.0.2.1" in front: its length, or 0. */
static size_t dotted_quad(struct span in)
{
	size_t i = 0;

	for (int part = 0; part < 4; part++) {
		size_t digits = span_digits((struct span){in.at + i, in.n - i});

		if (digits < 1 || digits > 3)
			return 0;
		i += digits;
		if (part < 3 && (i == in.n || in.at[i++] != '.'))
			return 0;
	}
	return i;
}

static bool is_address_byte(char c)
{
	char lower = byte_lower(c);

	return byte_is_digit(c) || (lower >= 'a' && lower <= 'f') || c == '.' ||
	       c == ':';
}

/* name/1.2.3.4, as very old Postfix wrote it. */
static bool cut_slash(struct span in, struct span *name, struct span *addr)
{
	const char *slash = span_char(in, '/'), *p;

	if (!slash)
		return false;
	for (p = slash + 1; p < span_end(in) && is_address_byte(*p); p++)
		;
	*name = span_between(in.at, slash);
	*addr = span_between(slash + 1, p);
	return addr->n > 0;
}

/* name[addr], name(addr), with a port or not, and nothing behind it. */
static bool cut_brackets(struct span in, struct span *name, struct span *addr)
{
	const char *p = in.at, *end = span_end(in), *q;

	while (p < end && *p != '[' && *p != '(' && *p != '/')
		p++;
	if (p == end)
		return false;
	for (q = p + 1; q < end && *q != ']' && *q != ')'; q++)
		;
	if (q == end || q == p + 1)
		return false;
	*name = span_between(in.at, p);
	*addr = span_between(p + 1, q);
	q++;
	if (q < end && *q == ':')
		q++;
	while (q < end && byte_is_digit(*q))
		q++;
	return q == end;
}

static bool cut_quad(struct span in, struct span *name, struct span *addr)
{
	const char *bracket = span_char(in, '[');
	size_t n;

	if (!bracket)
		return false;
	*name = span_between(in.at, bracket);
	in = span_from(in, bracket + 1);
	n = dotted_quad(in);
	*addr = (struct span){in.at, n};
	return n && n < in.n && in.at[n] == ']';
}

/* The last dots, up to three of them; how many. */
static int last_dots(struct span name, const char *dots[3])
{
	const char *p = span_end(name);
	int n = 0;

#ifdef __SSE2__
	if (name.n >= SPAN_BLOCK) {
		unsigned int bits = span_bits(p - SPAN_BLOCK, '.');

		for (; bits && n < 3; n++) {
			int top = 31 - __builtin_clz(bits);

			dots[n] = p - SPAN_BLOCK + top;
			bits ^= 1U << top;
		}
		p -= SPAN_BLOCK;
	}
#endif
	while (n < 3 && p > name.at)
		if (*--p == '.')
			dots[n++] = p;
	return n;
}

/* The last labels, if the name is one of those that are folded. */
static struct span fold(struct span name)
{
	const char *dots[3] = {NULL, NULL, NULL};
	size_t last, middle;
	int n = last_dots(name, dots);

	if (n < 2)
		return (struct span){name.at, 0};
	last = (size_t)(span_end(name) - dots[0] - 1);
	middle = (size_t)(dots[0] - dots[1] - 1);
	if (last == 3)
		return middle ? span_from(name, dots[1] + 1)
			      : (struct span){name.at, 0};
	if (n < 3 || last != 2 || middle < 2 || middle > 3 ||
		dots[1] - dots[2] < 2)
		return (struct span){name.at, 0};
	return span_from(name, dots[2] + 1);
}

/* name[addr] as Postfix writes it today; false of what may be anything else,
 * and is looked at by the others. */
static bool cut_usual(struct span in, struct span *name, struct span *addr)
{
#ifdef __SSE2__
	const char *end = span_end(in) - 1, *p = in.at, *open;
	unsigned int odd = 0;

	if (in.n <= SPAN_BLOCK || *end != ']')
		return false;
	for (; p < end; p += SPAN_BLOCK) {
		p = end - p < SPAN_BLOCK ? end - SPAN_BLOCK : p;
		odd |= span_bits(p, '(') | span_bits(p, ')') |
		       span_bits(p, '/') | span_bits(p, ']');
	}
	open = span_char(in, '[');
	if (odd || !open || open + 1 == end)
		return false;
	*name = span_between(in.at, open);
	*addr = span_between(open + 1, end);
	return true;
#else
	(void)in, (void)name, (void)addr;
	return false;
#endif
}

struct span host_domain(struct span client, bool compat, char *room)
{
	struct span name, addr, folded;

	if (!compat) {
		/* What stands behind the address, as the commands of a
		 * connection, is not part of the name. */
		const char *close = span_char(client, ']');

		if (close)
			client = span_between(client.at, close + 1);
	}
	if (!cut_usual(client, &name, &addr) &&
		!cut_quad(client, &name, &addr) &&
		!(compat && cut_slash(client, &name, &addr)) &&
		!cut_brackets(client, &name, &addr))
		return (struct span){client.at, 0};
	if (!name.n || SPAN_IS(name, "unknown"))
		return addr;
	folded = fold(name);
	if (!folded.n)
		return name;
	return address_has_capitals(folded) ? address_lower(folded, room)
					    : folded;
}

/* The octets of an address written as four numbers. */
static bool octets_of(struct span in, unsigned octets[4])
{
	const char *p = in.at;

	if (!in.n || !byte_is_digit(*p) || dotted_quad(in) != in.n)
		return false;
	for (int i = 0; i < 4; i++, p++)
		for (octets[i] = 0; p < span_end(in) && byte_is_digit(*p); p++)
			octets[i] = octets[i] * 10 + (unsigned)(*p - '0');
	return true;
}

/* A name's bytes in the order in which it is compared. */
struct reader {
	unsigned octets[4];
	int at; /* of octets; -1 = it is a name */
	struct span label, before;
};

static bool label_next(struct reader *r)
{
	const char *p = span_end(r->before);

	if (!p || p == r->before.at)
		return false;
	while (p > r->before.at && p[-1] != '.' && p[-1] != '@')
		p--;
	r->label = span_from(r->before, p);
	r->before.n = p == r->before.at ? 0 : (size_t)(p - 1 - r->before.at);
	/* A name that begins with a dot still has an empty label. */
	return true;
}

static void reader_init(struct reader *r, struct span name)
{
	name.n = span_word(name);
	r->at = octets_of(name, r->octets) ? 0 : -1;
	r->label = (struct span){name.at, 0};
	r->before = name;
}

/* The next code point; -1 at the end. */
static int reader_next(struct reader *r)
{
	if (r->at >= 0)
		return r->at < 4 ? (int)r->octets[r->at++] : -1;
	while (!r->label.n)
		if (!label_next(r))
			return -1;
	span_skip(&r->label, 1);
	return (unsigned char)byte_lower(r->label.at[-1]);
}

struct span host_ordered(struct span host, char *room)
{
	struct reader r;
	char *to = room;
	int c;

	reader_init(&r, host);
	while ((c = reader_next(&r)) >= 0) {
		*to++ = (char)(c >> 8);
		*to++ = (char)c;
	}
	return span_between(room, to);
}

int host_compare(struct span a, struct span b)
{
	struct reader x, y;
	int c, d;

	reader_init(&x, a);
	reader_init(&y, b);
	do {
		c = reader_next(&x);
		d = reader_next(&y);
		if (c != d)
			return c < d ? -1 : 1;
	} while (c >= 0);
	return 0;
}
