/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_REPORT_WORDS_H
#define MAILBAN_CLI_REPORT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum word_kind { WORD_FLAG, WORD_NUMBER, WORD_NUMBER_OR_NOT, WORD_TEXT };

/* An option. */
struct word {
	const char *name;
	enum word_kind kind;
	int what;		   /* its caller's */
	const char *value, *about; /* about: NULL = another has it */
};

/* What was given to it. */
struct word_value {
	const char *text; /* NULL: none */
	int64_t number;	  /* 0: none */
};

/* The words that are still to be read. */
struct words {
	char **at;
	int left;
};

/* Has it a dash, and is neither "-" nor "--"? */
bool words_is_option(const char *word);
/*
 * The option of n that word names, as Perl's Getopt::Long reads it: -x and
 * --xyz are the same, '_' is '-', unique beginnings do, case is of no account;
 * a value may stand behind '=' or be the next word, which is taken then. NULL
 * when told what is wrong.
 */
const struct word *words_option(const struct word *all, size_t n,
	const char *word, struct words *rest, struct word_value *value);
/* A line for each that has something about it. */
void words_help(const struct word *all, size_t n, FILE *to);

#endif
