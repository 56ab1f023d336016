/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_BLOCK_H
#define MAILBAN_LIB_BLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * Text looked at by sixteen bytes at a time: GCC makes one instruction of what
 * is done to all bytes of a block.
 */
#define BLOCK 16
typedef unsigned char block __attribute__((vector_size(BLOCK)));

/* The bytes at p, wherever that is. */
static inline block block_at(const char *p)
{
	block b;

	memcpy(&b, p, sizeof(b));
	return b;
}

/* Whether one of them is not 0. */
static inline bool block_any(block b)
{
	uint64_t half[2];

	memcpy(half, &b, sizeof(half));
	return (half[0] | half[1]) != 0;
}

#endif
