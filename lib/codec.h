/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_CODEC_H
#define MAILBAN_LIB_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

/*
 * Messages between our own processes, packed and unpacked field by field in
 * host order. A reader that meets too few bytes, or a value out of its range,
 * turns bad and gives zeroes from then on, so a decoder reads all fields and
 * asks once at the end: reader_done is false unless every byte was used and
 * none was missing.
 */
struct writer {
	uint8_t *bytes;
	size_t n, room;
	bool full; /* something did not fit and was left out */
};

struct reader {
	const uint8_t *bytes;
	size_t n, at;
	bool bad;
};

void writer_init(struct writer *w, void *bytes, size_t room);
void write_u8(struct writer *w, uint8_t v);
void write_u16(struct writer *w, uint16_t v);
void write_u32(struct writer *w, uint32_t v);
void write_u64(struct writer *w, uint64_t v);
/* A length of 16 bits, then the bytes; longer text makes the writer full. */
void write_text(struct writer *w, const char *text);
void write_prefix(struct writer *w, const struct prefix *p);

void reader_init(struct reader *r, const void *bytes, size_t n);
uint8_t read_u8(struct reader *r);
uint16_t read_u16(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
/* Copies into buf with a NUL; bad if it does not fit or holds a NUL. */
void read_text(struct reader *r, char *buf, size_t room);
/* Bad if the length is above 128 or host bits are set. */
struct prefix read_prefix(struct reader *r);
bool reader_done(const struct reader *r);

#endif
