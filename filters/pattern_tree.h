/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_PATTERN_TREE_H
#define MAILBAN_FILTERS_PATTERN_TREE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A regex as pattern.c reads it and sample.c walks it; for those two alone. */
#define PATTERN_NAME 32
#define PATTERN_FIELDS 64
#define PATTERN_ENDLESS INT_MAX

enum kind { NOTHING, CLASS, SEQUENCE, CHOICE, GROUP, REPEAT, LOOK, SAME };

struct node {
	enum kind kind;
	uint64_t set[2]; /* CLASS: the ASCII characters in it */
	struct node *first, *next;
	char name[PATTERN_NAME]; /* GROUP, SAME */
	int least, most;	 /* REPEAT */
};

struct pattern {
	char *text;
	const char *at; /* while it is read */
	bool lost, within;
	struct node *root;
	struct {
		size_t from, to;
	} fields[PATTERN_FIELDS];
	size_t fields_n;
};

/* Is it the name of a group in which the address stands, or an id? */
bool pattern_is_address(const char *name);

#endif
