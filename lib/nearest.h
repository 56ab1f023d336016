/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_NEAREST_H
#define MAILBAN_LIB_NEAREST_H

#include <stddef.h>

/*
 * Which of n words was probably meant: the one that fewer than `less` letters
 * to add, drop, change or swap with a neighbour lead to, the first of the
 * nearest; NULL if there is none.
 */
const char *nearest_word(
	const char *word, const char *const *words, size_t n, int less);

#endif
