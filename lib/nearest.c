/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a misspelt word was meant to be, for who tells a person of it. */
#include "lib/nearest.h"

#include <string.h>

/* Longer words are like none. */
#define WORD_MOST 40

/* How many letters to add, drop, change or swap with a neighbour. */
static int distance(const char *a, const char *b)
{
	int rows[3][WORD_MOST + 1];
	int an = (int)strlen(a), bn = (int)strlen(b);

	if (an > WORD_MOST || bn > WORD_MOST)
		return WORD_MOST;
	for (int j = 0; j <= bn; j++)
		rows[0][j] = j;
	for (int i = 1; i <= an; i++) {
		int *row = rows[i % 3], *up = rows[(i + 2) % 3];
		int *up2 = rows[(i + 1) % 3];

		row[0] = i;
		for (int j = 1; j <= bn; j++) {
			int best = up[j - 1] + (a[i - 1] != b[j - 1]);

			if (up[j] + 1 < best)
				best = up[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
				a[i - 2] == b[j - 1] && up2[j - 2] + 1 < best)
				best = up2[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[an % 3][bn];
}

const char *nearest_word(
	const char *word, const char *const *words, size_t n, int less)
{
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		int d = distance(word, words[i]);

		if (d < less) {
			less = d;
			found = words[i];
		}
	}
	return found;
}
