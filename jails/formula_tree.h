/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_FORMULA_TREE_H
#define MAILBAN_JAILS_FORMULA_TREE_H

#include <stdbool.h>
#include <stdint.h>

/* What formula_parse.c builds and formula.c walks; nobody else's business. */
enum op {
	OP_NUMBER,
	OP_TIME,
	OP_COUNT,
	OP_FACTOR,
	OP_IF, /* args: condition, then, else */
	OP_OR,
	OP_AND,
	OP_NOT,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_EQ,
	OP_NE,
	OP_BIT_OR,
	OP_BIT_XOR,
	OP_BIT_AND,
	OP_SHL,
	OP_SHR,
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_DIV,
	OP_FLOOR_DIV,
	OP_MOD,
	OP_POW,
	OP_NEG,
	OP_MIN,
	OP_MAX,
	OP_INT,
	OP_FLOAT,
	OP_ABS,
	OP_ROUND,
	OP_EXP,
	OP_LOG,
	OP_LOG2,
	OP_LOG10,
	OP_SQRT,
	OP_MATH_POW,
	OP_FLOOR,
	OP_CEIL,
};

struct number {
	bool whole;
	int64_t i;
	double d; /* always set, also when whole */
};

struct node {
	enum op op;
	int n;
	struct number number; /* of OP_NUMBER */
	struct node *args[];
};

struct formula {
	const struct node *root;
};

static inline struct number number_whole(int64_t i)
{
	return (struct number){.whole = true, .i = i, .d = (double)i};
}

static inline struct number number_floating(double d)
{
	return (struct number){.d = d};
}

/* Nodes of one formula at most. */
#define FORMULA_NODES_MOST 500

#endif
