/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of messages between our processes. The reader's side is the
 * warden's, with a capability: nothing it is sent may lead it out of bounds.
 */
#include "lib/codec.h"

#include <string.h>

void writer_init(struct writer *w, void *bytes, size_t room)
{
	*w = (struct writer){.bytes = bytes, .room = room};
}

static void put(struct writer *w, const void *bytes, size_t n)
{
	if (w->full || w->room - w->n < n) {
		w->full = true;
		return;
	}
	memcpy(w->bytes + w->n, bytes, n);
	w->n += n;
}

void write_u8(struct writer *w, uint8_t v)
{
	put(w, &v, sizeof(v));
}

void write_u16(struct writer *w, uint16_t v)
{
	put(w, &v, sizeof(v));
}

void write_u32(struct writer *w, uint32_t v)
{
	put(w, &v, sizeof(v));
}

void write_u64(struct writer *w, uint64_t v)
{
	put(w, &v, sizeof(v));
}

void write_text(struct writer *w, const char *text)
{
	size_t n = strlen(text);

	if (n > UINT16_MAX) {
		w->full = true;
		return;
	}
	write_u16(w, (uint16_t)n);
	put(w, text, n);
}

void write_prefix(struct writer *w, const struct prefix *p)
{
	put(w, p->net.ip, sizeof(p->net.ip));
	write_u8(w, p->len);
}

void reader_init(struct reader *r, const void *bytes, size_t n)
{
	*r = (struct reader){.bytes = bytes, .n = n};
}

static void take(struct reader *r, void *out, size_t n)
{
	if (r->bad || r->n - r->at < n) {
		r->bad = true;
		memset(out, 0, n);
		return;
	}
	memcpy(out, r->bytes + r->at, n);
	r->at += n;
}

uint8_t read_u8(struct reader *r)
{
	uint8_t v;

	take(r, &v, sizeof(v));
	return v;
}

uint16_t read_u16(struct reader *r)
{
	uint16_t v;

	take(r, &v, sizeof(v));
	return v;
}

uint32_t read_u32(struct reader *r)
{
	uint32_t v;

	take(r, &v, sizeof(v));
	return v;
}

uint64_t read_u64(struct reader *r)
{
	uint64_t v;

	take(r, &v, sizeof(v));
	return v;
}

void read_text(struct reader *r, char *buf, size_t room)
{
	size_t n = read_u16(r);

	if (n >= room) {
		r->bad = true;
		n = 0;
	}
	take(r, buf, n);
	buf[n] = '\0';
	if (strlen(buf) != n)
		r->bad = true;
	if (r->bad)
		buf[0] = '\0';
}

struct prefix read_prefix(struct reader *r)
{
	struct prefix p;

	take(r, p.net.ip, sizeof(p.net.ip));
	p.len = read_u8(r);
	if (p.len > 128 || !prefix_is_cut(&p))
		r->bad = true;
	if (r->bad)
		return (struct prefix){0};
	return p;
}

bool reader_done(const struct reader *r)
{
	return !r->bad && r->at == r->n;
}
