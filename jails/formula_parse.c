/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads bantime.formula into a tree: recursive descent over that part of
 * Python's expressions that fail2ban's manual shows. The depth is bounded,
 * as is the number of nodes; no text may overflow the stack.
 */
#include "jails/formula.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jails/formula_tree.h"
#include "lib/arena.h"

#define DEPTH_MOST 40
#define ARGS_MOST 8

struct reading {
	struct arena *arena;
	const char *text, *at;
	char *why;
	int depth, nodes;
	bool bad;
};

static struct node *read_ternary(struct reading *r);
static struct node *read_unary(struct reading *r);

__attribute__((format(printf, 2, 3))) static struct node *refuse(
	struct reading *r, const char *format, ...)
{
	va_list args;
	char said[FORMULA_WHY - 32];

	if (r->bad)
		return NULL;
	r->bad = true;
	va_start(args, format);
	vsnprintf(said, sizeof(said), format, args);
	va_end(args);
	snprintf(r->why, FORMULA_WHY, "column %td: %s", r->at - r->text + 1,
		said);
	return NULL;
}

static struct node *node_new(struct reading *r, enum op op, int n)
{
	struct node *node;

	if (r->bad)
		return NULL;
	if (++r->nodes > FORMULA_NODES_MOST)
		return refuse(r, "more than %d parts", FORMULA_NODES_MOST);
	node = arena_alloc(
		r->arena, sizeof(*node) + (size_t)n * sizeof(node->args[0]));
	node->op = op;
	node->n = n;
	return node;
}

static struct node *node_of(
	struct reading *r, enum op op, struct node *a, struct node *b)
{
	struct node *node = node_new(r, op, b ? 2 : 1);

	if (!node)
		return NULL;
	node->args[0] = a;
	if (b)
		node->args[1] = b;
	return node;
}

static void skip_blanks(struct reading *r)
{
	while (isspace((unsigned char)*r->at))
		r->at++;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

static bool take_word(struct reading *r, const char *word)
{
	size_t n = strlen(word);

	skip_blanks(r);
	if (strncmp(r->at, word, n) != 0 || is_word(r->at[n]))
		return false;
	r->at += n;
	return true;
}

static bool take(struct reading *r, const char *sign)
{
	skip_blanks(r);
	if (strncmp(r->at, sign, strlen(sign)) != 0)
		return false;
	r->at += strlen(sign);
	return true;
}

static struct node *read_number(struct reading *r)
{
	struct node *node = node_new(r, OP_NUMBER, 0);
	size_t n = strspn(r->at, "0123456789"), all = n;
	char copy[64], *end;

	if (!node)
		return NULL;
	if (r->at[all] == '.')
		all += 1 + strspn(r->at + all + 1, "0123456789");
	if (r->at[all] == 'e' || r->at[all] == 'E') {
		all++;
		if (r->at[all] == '+' || r->at[all] == '-')
			all++;
		all += strspn(r->at + all, "0123456789");
	}
	if (all >= sizeof(copy) || is_word(r->at[all]))
		return refuse(r, "this is no number");
	memcpy(copy, r->at, all);
	copy[all] = '\0';
	if (all == n && n <= 18)
		node->number = number_whole(strtoll(copy, &end, 10));
	else
		node->number = number_floating(strtod(copy, &end));
	if (*end)
		return refuse(r, "this is no number");
	r->at += all;
	return node;
}

static const struct call {
	const char *name;
	enum op op;
	int least, most;
} calls[] = {
	{"min", OP_MIN, 2, ARGS_MOST},
	{"max", OP_MAX, 2, ARGS_MOST},
	{"int", OP_INT, 1, 1},
	{"float", OP_FLOAT, 1, 1},
	{"abs", OP_ABS, 1, 1},
	{"round", OP_ROUND, 1, 1},
	{"pow", OP_POW, 2, 2},
	{"math.exp", OP_EXP, 1, 1},
	{"math.log", OP_LOG, 1, 2},
	{"math.log2", OP_LOG2, 1, 1},
	{"math.log10", OP_LOG10, 1, 1},
	{"math.sqrt", OP_SQRT, 1, 1},
	{"math.pow", OP_MATH_POW, 2, 2},
	{"math.floor", OP_FLOOR, 1, 1},
	{"math.ceil", OP_CEIL, 1, 1},
};

static struct node *read_call(struct reading *r, const struct call *call)
{
	struct node *args[ARGS_MOST], *node;
	int n = 0;

	if (!take(r, "("))
		return refuse(
			r, "%s takes arguments in parentheses", call->name);
	do {
		if (n == call->most)
			return refuse(
				r, "too many arguments of %s", call->name);
		args[n++] = read_ternary(r);
	} while (!r->bad && take(r, ","));
	if (r->bad)
		return NULL;
	if (!take(r, ")"))
		return refuse(r, "expected ',' or ')'");
	if (n < call->least)
		return refuse(r, "%s takes at least %d arguments", call->name,
			call->least);
	node = node_new(r, call->op, n);
	if (node)
		memcpy(node->args, args, (size_t)n * sizeof(args[0]));
	return node;
}

static struct node *read_name(struct reading *r)
{
	static const struct {
		const char *name;
		enum op op;
		double number;
	} names[] = {
		{"ban.Time", OP_TIME, 0},
		{"ban.Count", OP_COUNT, 0},
		{"banFactor", OP_FACTOR, 0},
		{"math.pi", OP_NUMBER, M_PI},
		{"math.e", OP_NUMBER, M_E},
	};
	int n = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct node *node;

		if (!take_word(r, names[i].name))
			continue;
		node = node_new(r, names[i].op, 0);
		if (node)
			node->number = number_floating(names[i].number);
		return node;
	}
	if (take_word(r, "True") || take_word(r, "False")) {
		struct node *node = node_new(r, OP_NUMBER, 0);

		if (node)
			node->number = number_whole(r->at[-2] == 'u');
		return node;
	}
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (take_word(r, calls[i].name))
			return read_call(r, &calls[i]);
	while (is_word(r->at[n]) && n < 40)
		n++;
	return refuse(r,
		"'%.*s' is not known here; known are ban.Time, ban.Count and "
		"banFactor",
		n, r->at);
}

static struct node *read_atom(struct reading *r)
{
	struct node *node;

	skip_blanks(r);
	if (take(r, "(")) {
		node = read_ternary(r);
		if (!r->bad && !take(r, ")"))
			return refuse(r, "expected ')'");
		return node;
	}
	if (isdigit((unsigned char)*r->at) || *r->at == '.')
		return read_number(r);
	if (isalpha((unsigned char)*r->at) || *r->at == '_')
		return read_name(r);
	if (*r->at == '\0')
		return refuse(r, "a value is missing at the end");
	return refuse(r, "'%.1s' does not belong here",
		isprint((unsigned char)*r->at) ? r->at : "?");
}

/* ** binds tighter than a sign on its left, looser than one on its right. */
static struct node *read_power(struct reading *r)
{
	struct node *a = read_atom(r);

	if (!r->bad && take(r, "**"))
		return node_of(r, OP_POW, a, read_unary(r));
	return a;
}

static struct node *read_unary(struct reading *r)
{
	struct node *a;

	if (r->bad)
		return NULL;
	if (++r->depth > DEPTH_MOST)
		return refuse(r, "nested deeper than %d", DEPTH_MOST);
	if (take(r, "-"))
		a = node_of(r, OP_NEG, read_unary(r), NULL);
	else if (take(r, "+"))
		a = read_unary(r);
	else
		a = read_power(r);
	r->depth--;
	return a;
}

#define LEVELS 7

/* Two-sided operators that bind to the left, loosest first. "//" stands
 * before "/" and "<<" is no "<" as the longest sign is tried first. */
static const struct binary {
	const char *sign;
	enum op op;
	int level;
} binaries[] = {
	{"==", OP_EQ, 0},
	{"!=", OP_NE, 0},
	{"<=", OP_LE, 0},
	{">=", OP_GE, 0},
	{"<<", OP_SHL, 4},
	{">>", OP_SHR, 4},
	{"<", OP_LT, 0},
	{">", OP_GT, 0},
	{"|", OP_BIT_OR, 1},
	{"^", OP_BIT_XOR, 2},
	{"&", OP_BIT_AND, 3},
	{"+", OP_ADD, 5},
	{"-", OP_SUB, 5},
	{"**", OP_POW, 7},
	{"*", OP_MUL, 6},
	{"//", OP_FLOOR_DIV, 6},
	{"/", OP_DIV, 6},
	{"%", OP_MOD, 6},
};

static const struct binary *take_binary(struct reading *r, int level)
{
	skip_blanks(r);
	for (size_t i = 0; i < sizeof(binaries) / sizeof(*binaries); i++) {
		const struct binary *b = &binaries[i];

		if (strncmp(r->at, b->sign, strlen(b->sign)) != 0)
			continue;
		if (b->level != level)
			return NULL;
		r->at += strlen(b->sign);
		return b;
	}
	return NULL;
}

static struct node *read_binary(struct reading *r, int level)
{
	const struct binary *b;
	struct node *a;

	if (level == LEVELS)
		return read_unary(r);
	a = read_binary(r, level + 1);
	while (!r->bad && (b = take_binary(r, level))) {
		/* The tree leans left: its depth is bounded by
		 * FORMULA_NODES_MOST alone, and so is the walk. */
		a = node_of(r, b->op, a, read_binary(r, level + 1));
		if (level == 0 && take_binary(r, level))
			return refuse(
				r, "compare two at a time, join with and");
	}
	return a;
}

static struct node *read_not(struct reading *r)
{
	struct node *a;

	if (!take_word(r, "not"))
		return read_binary(r, 0);
	if (++r->depth > DEPTH_MOST)
		return refuse(r, "nested deeper than %d", DEPTH_MOST);
	a = node_of(r, OP_NOT, read_not(r), NULL);
	r->depth--;
	return a;
}

static struct node *read_and(struct reading *r)
{
	struct node *a = read_not(r);

	while (!r->bad && take_word(r, "and"))
		a = node_of(r, OP_AND, a, read_not(r));
	return a;
}

static struct node *read_or(struct reading *r)
{
	struct node *a = read_and(r);

	while (!r->bad && take_word(r, "or"))
		a = node_of(r, OP_OR, a, read_and(r));
	return a;
}

static struct node *read_ternary(struct reading *r)
{
	struct node *then, *node;

	if (r->bad)
		return NULL;
	if (++r->depth > DEPTH_MOST)
		return refuse(r, "nested deeper than %d", DEPTH_MOST);
	then = read_or(r);
	if (!r->bad && take_word(r, "if")) {
		node = node_new(r, OP_IF, 3);
		if (!node)
			return NULL;
		node->args[1] = then;
		node->args[0] = read_or(r);
		if (!r->bad && !take_word(r, "else"))
			return refuse(r, "expected 'else'");
		node->args[2] = read_ternary(r);
		then = node;
	}
	r->depth--;
	return then;
}

struct formula *formula_parse(
	struct arena *arena, const char *text, char why[FORMULA_WHY])
{
	struct reading r = {
		.arena = arena, .text = text, .at = text, .why = why};
	struct formula *f;
	struct node *root = read_ternary(&r);

	skip_blanks(&r);
	if (!r.bad && *r.at)
		refuse(&r, "'%.20s' is more than one expression", r.at);
	if (r.bad)
		return NULL;
	f = arena_alloc(arena, sizeof(*f));
	f->root = root;
	return f;
}
