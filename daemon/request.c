/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests and replies to bytes and back. The warden stands behind this with
 * a capability in its hand: a message that is not exactly what the engine's
 * own encoder would write is refused as a whole, and nothing in it is used.
 */
#include "daemon/request.h"

#include <errno.h>
#include <string.h>

#include "lib/codec.h"

/* Which fields each type carries. */
#define HAS_VERSION 1u
#define HAS_PART 2u
#define HAS_JAIL 4u
#define HAS_FLUSH 8u
#define HAS_JAILS 16u
#define HAS_ENTRIES 32u
#define ALL_ALLOWED 64u

static const struct {
	const char *name;
	unsigned int fields;
} types[] = {
	[REQUEST_HELLO] = {"hello", HAS_VERSION},
	[REQUEST_LAYOUT] = {"layout", HAS_PART | HAS_JAILS},
	[REQUEST_ALLOW] = {"allow", HAS_PART | HAS_ENTRIES},
	[REQUEST_BAN] = {"ban", HAS_JAIL | HAS_ENTRIES},
	[REQUEST_UNBAN] = {"unban", HAS_JAIL | HAS_ENTRIES},
	[REQUEST_FLUSH] = {"flush", HAS_JAIL | ALL_ALLOWED},
	[REQUEST_DUMP] = {"dump", HAS_JAIL},
	[REQUEST_COUNT] = {"count", HAS_JAIL | ALL_ALLOWED},
	[REQUEST_STATS] = {"stats", 0},
	[REQUEST_QUIT] = {"quit", HAS_FLUSH},
};

const char *request_name(enum request_type type)
{
	return type > 0 && type < sizeof(types) / sizeof(*types)
		       ? types[type].name
		       : "unknown";
}

const char *request_refusal(int error)
{
	switch (error) {
	case -ERANGE:
		return "prefix too short to be banned";
	case -EADDRNOTAVAIL:
		return "loopback, multicast and the like are not banned";
	case -EPERM:
		return "in the allow list";
	case -EEXIST:
	case -ENOTEMPTY:
		return "overlaps a prefix that is banned";
	case -ENFILE:
		return "the set is full: lift bans, or have shorter ones";
	case -ENOENT:
		return "the jail has no set: see what was told of the table";
	case -EACCES:
		return "the table inet mailban belongs to another program";
	case -EOPNOTSUPP:
		return "the kernel lacks a module of nftables";
	default:
		return strerror(-error);
	}
}

static void write_jail(struct writer *w, const struct layout_jail *j)
{
	write_text(w, j->name);
	write_u32(w, j->elements);
	write_u8(w, j->disconnect);
	write_u8(w, j->n_protocols);
	for (size_t i = 0; i < j->n_protocols; i++)
		write_u8(w, j->protocols[i]);
	write_u8(w, j->n_ports);
	for (size_t i = 0; i < j->n_ports; i++) {
		write_u16(w, j->ports[i].first);
		write_u16(w, j->ports[i].last);
	}
}

static bool read_flag(struct reader *r)
{
	uint8_t v = read_u8(r);

	if (v > 1)
		r->bad = true;
	return v == 1;
}

static void read_jail(struct reader *r, struct layout_jail *j)
{
	struct layout_jail joined;

	memset(j, 0, sizeof(*j));
	read_text(r, j->name, sizeof(j->name));
	j->elements = read_u32(r);
	j->disconnect = read_flag(r);
	j->n_protocols = read_u8(r);
	if (j->n_protocols > LAYOUT_PROTOCOLS_MOST)
		r->bad = true;
	for (size_t i = 0; i < j->n_protocols && !r->bad; i++)
		j->protocols[i] = read_u8(r);
	j->n_ports = read_u8(r);
	if (j->n_ports > LAYOUT_PORTS_MOST)
		r->bad = true;
	for (size_t i = 0; i < j->n_ports && !r->bad; i++) {
		j->ports[i].first = read_u16(r);
		j->ports[i].last = read_u16(r);
	}
	if (r->bad || !layout_jail_valid(j)) {
		r->bad = true;
		return;
	}
	joined = *j;
	layout_ports_join(&joined);
	if (joined.n_ports != j->n_ports ||
		memcmp(joined.ports, j->ports,
			j->n_ports * sizeof(*j->ports)) != 0)
		r->bad = true;
}

static void write_entry(struct writer *w, const struct request_entry *e)
{
	write_prefix(w, &e->prefix);
	write_u32(w, e->seconds);
	write_u8(w, e->refresh);
}

static void read_entry(
	struct reader *r, struct request_entry *e, enum request_type type)
{
	e->prefix = read_prefix(r);
	e->seconds = read_u32(r);
	e->refresh = read_flag(r);
	if (e->seconds > (type == REQUEST_BAN ? REQUEST_SECONDS_MOST : 0) ||
		(e->refresh && type != REQUEST_BAN))
		r->bad = true;
}

int request_encode(const struct request *r, void *buf)
{
	unsigned int fields;
	struct writer w;

	if (r->type < 1 || r->type >= sizeof(types) / sizeof(*types))
		return -EINVAL;
	fields = types[r->type].fields;
	writer_init(&w, buf, REQUEST_MOST);
	write_u8(&w, (uint8_t)r->type);
	write_u32(&w, r->id);
	if (fields & HAS_VERSION)
		write_u32(&w, r->version);
	if (fields & HAS_PART)
		write_u8(&w, r->part);
	if (fields & HAS_JAIL)
		write_u32(&w, r->jail);
	if (fields & HAS_FLUSH)
		write_u8(&w, r->flush);
	if (((fields & HAS_JAILS) && r->n > REQUEST_JAILS_MOST) ||
		((fields & HAS_ENTRIES) && r->n > REQUEST_ENTRIES_MOST))
		return -EMSGSIZE;
	if (fields & (HAS_JAILS | HAS_ENTRIES))
		write_u16(&w, (uint16_t)r->n);
	for (size_t i = 0; (fields & HAS_JAILS) && i < r->n; i++)
		write_jail(&w, &r->jails[i]);
	for (size_t i = 0; (fields & HAS_ENTRIES) && i < r->n; i++)
		write_entry(&w, &r->entries[i]);
	return w.full ? -EMSGSIZE : (int)w.n;
}

static void read_fields(
	struct reader *in, struct request *r, struct request_room *room)
{
	unsigned int fields = types[r->type].fields;

	if (fields & HAS_VERSION)
		r->version = read_u32(in);
	if (fields & HAS_PART) {
		r->part = read_u8(in);
		if (r->part & ~(REQUEST_FIRST | REQUEST_LAST))
			in->bad = true;
	}
	if (fields & HAS_JAIL) {
		r->jail = read_u32(in);
		if (r->jail >= LAYOUT_JAILS_MOST &&
			!((fields & ALL_ALLOWED) && r->jail == REQUEST_ALL))
			in->bad = true;
	}
	if (fields & HAS_FLUSH)
		r->flush = read_flag(in);
	if (fields & (HAS_JAILS | HAS_ENTRIES))
		r->n = read_u16(in);
	if (((fields & HAS_JAILS) && r->n > REQUEST_JAILS_MOST) ||
		((fields & HAS_ENTRIES) && r->n > REQUEST_ENTRIES_MOST))
		in->bad = true;
	if (fields & HAS_JAILS)
		for (size_t i = 0; i < r->n && !in->bad; i++)
			read_jail(in, &room->jails[i]);
	if (fields & HAS_ENTRIES)
		for (size_t i = 0; i < r->n && !in->bad; i++)
			read_entry(in, &room->entries[i], r->type);
}

bool request_decode(struct request *r, struct request_room *room,
	const void *bytes, size_t n)
{
	struct reader in;
	uint8_t type;

	*r = (struct request){.jails = room->jails, .entries = room->entries};
	if (n > REQUEST_MOST)
		return false;
	reader_init(&in, bytes, n);
	type = read_u8(&in);
	if (type < 1 || type >= sizeof(types) / sizeof(*types))
		return false;
	r->type = (enum request_type)type;
	r->id = read_u32(&in);
	read_fields(&in, r, room);
	return reader_done(&in);
}

static void write_element(struct writer *w, const struct reply_element *e)
{
	write_prefix(w, &e->prefix);
	write_u64(w, e->timeout);
	write_u64(w, e->remaining);
	write_u64(w, e->packets);
	write_u64(w, e->bytes);
}

static void read_element(struct reader *r, struct reply_element *e)
{
	e->prefix = read_prefix(r);
	e->timeout = read_u64(r);
	e->remaining = read_u64(r);
	e->packets = read_u64(r);
	e->bytes = read_u64(r);
}

static size_t list_most(enum reply_type type)
{
	switch (type) {
	case REPLY_DONE:
	case REPLY_CHANGED:
		return 0;
	case REPLY_KEPT:
		return LAYOUT_JAILS_MOST;
	case REPLY_REFUSED:
		return REPLY_REFUSED_MOST;
	case REPLY_ELEMENTS:
		return REPLY_ELEMENTS_MOST;
	}
	return 0;
}

int reply_encode(const struct reply *r, void *buf)
{
	struct writer w;

	if (r->n > list_most(r->type))
		return -EMSGSIZE;
	writer_init(&w, buf, REQUEST_MOST);
	write_u8(&w, (uint8_t)r->type);
	write_u32(&w, r->id);
	if (r->type == REPLY_DONE) {
		write_u32(&w, (uint32_t)r->result);
		for (size_t i = 0; i < REPLY_VALUES; i++)
			write_u64(&w, r->values[i]);
		write_text(&w, r->text);
	} else {
		write_u16(&w, (uint16_t)r->n);
	}
	for (size_t i = 0; i < r->n; i++) {
		if (r->type == REPLY_KEPT) {
			write_u8(&w, r->kept[i]);
		} else if (r->type == REPLY_REFUSED) {
			write_u32(&w, r->refused[i].index);
			write_u32(&w, (uint32_t)r->refused[i].error);
		} else {
			write_element(&w, &r->elements[i]);
		}
	}
	return w.full ? -EMSGSIZE : (int)w.n;
}

bool reply_decode(
	struct reply *r, struct reply_room *room, const void *bytes, size_t n)
{
	struct reader in;
	uint8_t type;

	*r = (struct reply){.kept = room->kept,
		.refused = room->refused,
		.elements = room->elements};
	if (n > REQUEST_MOST)
		return false;
	reader_init(&in, bytes, n);
	type = read_u8(&in);
	if (type < REPLY_DONE || type > REPLY_CHANGED)
		return false;
	r->type = (enum reply_type)type;
	r->id = read_u32(&in);
	if (r->type == REPLY_DONE) {
		r->result = (int32_t)read_u32(&in);
		for (size_t i = 0; i < REPLY_VALUES; i++)
			r->values[i] = read_u64(&in);
		read_text(&in, r->text, sizeof(r->text));
		return r->result <= 0 && reader_done(&in);
	}
	r->n = read_u16(&in);
	if (r->n > list_most(r->type))
		return false;
	for (size_t i = 0; i < r->n && !in.bad; i++) {
		if (r->type == REPLY_KEPT) {
			room->kept[i] = read_flag(&in);
		} else if (r->type == REPLY_REFUSED) {
			room->refused[i].index = read_u32(&in);
			room->refused[i].error = (int32_t)read_u32(&in);
		} else {
			read_element(&in, &room->elements[i]);
		}
	}
	return reader_done(&in);
}
