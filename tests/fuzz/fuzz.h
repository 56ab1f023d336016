/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_TESTS_FUZZ_FUZZ_H
#define MAILBAN_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/clock.h"

/* What libFuzzer calls: once, and with each input. They run in the tree. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What must hold of every input, else this one is a finding. */
#define must(what)                                                       \
	do {                                                             \
		if (!(what)) {                                           \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
				__LINE__, #what);                        \
			abort();                                         \
		}                                                        \
	} while (0)

/* 2026-11-21 10:00 UTC, at which the clocks are held. */
#define FUZZ_NOW INT64_C(1795255200000000)

/* Holds them, and sets where we are; to be called once, before any input. */
static inline void fuzz_hold(const char *zone)
{
	setenv("TZ", zone, 1);
	clock_hold(FUZZ_NOW, FUZZ_NOW);
}

#endif
