/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bantime.formula: a small expression that fail2ban hands to Python's eval.
 * Here it is read once (formula_parse.c) into a tree that is walked for each
 * ban. It must never run code, loop, allocate or trap, whatever the numbers.
 */
#include "jails/formula.h"

#include <math.h>
#include <stdlib.h>

#include "jails/formula_tree.h"

/* Whole if it is within 64 bits, for what Python gives as an int. */
static struct number whole_of(double d)
{
	return fabs(d) < 9e18 ? number_whole((int64_t)d) : number_floating(d);
}

static bool eval(const struct node *node, const struct formula_ban *ban,
	struct number *out);

static bool truth(struct number a)
{
	return a.whole ? a.i != 0 : a.d != 0;
}

/* Whole numbers compare as such: a double cannot tell 2^60 from 2^60 + 1. */
static int compare(struct number a, struct number b)
{
	if (a.whole && b.whole)
		return (a.i > b.i) - (a.i < b.i);
	return (a.d > b.d) - (a.d < b.d);
}

static bool shift(
	enum op op, struct number a, struct number b, struct number *out)
{
	if (!a.whole || !b.whole || b.i < 0)
		return false;
	if (op == OP_SHR) {
		*out = number_whole(a.i >> (b.i > 63 ? 63 : b.i));
		return true;
	}
	*out = b.i < 62 && llabs(a.i) < (INT64_C(1) << (62 - b.i))
		       ? number_whole(a.i * (INT64_C(1) << b.i))
		       : number_floating(
				 ldexp(a.d, b.i > 5000 ? 5000 : (int)b.i));
	return true;
}

static bool divide(
	enum op op, struct number a, struct number b, struct number *out)
{
	double q;

	if (b.d == 0)
		return false;
	if (op == OP_DIV) {
		*out = number_floating(a.d / b.d);
		return true;
	}
	if (a.whole && b.whole && b.i != -1) {
		int64_t rest = a.i % b.i;
		bool down = rest != 0 && (rest < 0) != (b.i < 0);

		*out = number_whole(op == OP_MOD ? rest + (down ? b.i : 0)
						 : a.i / b.i - down);
		return true;
	}
	q = floor(a.d / b.d);
	*out = op == OP_FLOOR_DIV ? number_floating(q)
				  : number_floating(a.d - q * b.d);
	if (a.whole && b.whole)
		*out = whole_of(out->d);
	return true;
}

static struct number power(struct number a, struct number b)
{
	double d = pow(a.d, b.d);

	/* Exact below 2^53, and more is wanted of no ban. */
	return a.whole && b.whole && b.i >= 0 && fabs(d) < 9e15
		       ? number_whole((int64_t)d)
		       : number_floating(d);
}

static bool binary(
	enum op op, struct number a, struct number b, struct number *out)
{
	bool both = a.whole && b.whole;
	int64_t i;

	switch (op) {
	case OP_ADD:
		*out = both && !__builtin_add_overflow(a.i, b.i, &i)
			       ? number_whole(i)
			       : number_floating(a.d + b.d);
		return true;
	case OP_SUB:
		*out = both && !__builtin_sub_overflow(a.i, b.i, &i)
			       ? number_whole(i)
			       : number_floating(a.d - b.d);
		return true;
	case OP_MUL:
		*out = both && !__builtin_mul_overflow(a.i, b.i, &i)
			       ? number_whole(i)
			       : number_floating(a.d * b.d);
		return true;
	case OP_DIV:
	case OP_FLOOR_DIV:
	case OP_MOD:
		return divide(op, a, b, out);
	case OP_POW:
		*out = power(a, b);
		return true;
	case OP_SHL:
	case OP_SHR:
		return shift(op, a, b, out);
	case OP_BIT_OR:
		*out = number_whole(a.i | b.i);
		return both;
	case OP_BIT_XOR:
		*out = number_whole(a.i ^ b.i);
		return both;
	case OP_BIT_AND:
		*out = number_whole(a.i & b.i);
		return both;
	case OP_LT:
		*out = number_whole(compare(a, b) < 0);
		return true;
	case OP_LE:
		*out = number_whole(compare(a, b) <= 0);
		return true;
	case OP_GT:
		*out = number_whole(compare(a, b) > 0);
		return true;
	case OP_GE:
		*out = number_whole(compare(a, b) >= 0);
		return true;
	case OP_EQ:
		*out = number_whole(compare(a, b) == 0);
		return true;
	case OP_NE:
		*out = number_whole(compare(a, b) != 0);
		return true;
	case OP_MATH_POW:
		*out = number_floating(pow(a.d, b.d));
		return true;
	case OP_LOG:
		*out = number_floating(log(a.d) / log(b.d));
		return true;
	default:
		return false;
	}
}

static bool unary(enum op op, struct number a, struct number *out)
{
	switch (op) {
	case OP_NOT:
		*out = number_whole(!truth(a));
		return true;
	case OP_NEG:
		*out = a.whole && a.i != INT64_MIN ? number_whole(-a.i)
						   : number_floating(-a.d);
		return true;
	case OP_ABS:
		*out = a.whole && a.i != INT64_MIN ? number_whole(llabs(a.i))
						   : number_floating(fabs(a.d));
		return true;
	case OP_FLOAT:
		*out = number_floating(a.d);
		return true;
	case OP_INT:
		*out = a.whole ? a : whole_of(trunc(a.d));
		return true;
	case OP_ROUND:
		*out = a.whole ? a : whole_of(rint(a.d));
		return true;
	case OP_FLOOR:
		*out = a.whole ? a : whole_of(floor(a.d));
		return true;
	case OP_CEIL:
		*out = a.whole ? a : whole_of(ceil(a.d));
		return true;
	case OP_EXP:
		*out = number_floating(exp(a.d));
		return true;
	case OP_LOG:
		*out = number_floating(log(a.d));
		return true;
	case OP_LOG2:
		*out = number_floating(log2(a.d));
		return true;
	case OP_LOG10:
		*out = number_floating(log10(a.d));
		return true;
	case OP_SQRT:
		*out = number_floating(sqrt(a.d));
		return true;
	default:
		return false;
	}
}

/* What needs not all of its arguments, or any number of them. */
static bool choose(const struct node *node, const struct formula_ban *ban,
	struct number *out)
{
	struct number a;

	if (!eval(node->args[0], ban, out))
		return false;
	switch (node->op) {
	case OP_IF:
		return eval(node->args[truth(*out) ? 1 : 2], ban, out);
	case OP_OR:
		return truth(*out) || eval(node->args[1], ban, out);
	case OP_AND:
		return !truth(*out) || eval(node->args[1], ban, out);
	default:
		break;
	}
	for (int i = 1; i < node->n; i++) {
		if (!eval(node->args[i], ban, &a))
			return false;
		if (node->op == OP_MIN ? compare(a, *out) < 0
				       : compare(a, *out) > 0)
			*out = a;
	}
	return true;
}

static bool eval(const struct node *node, const struct formula_ban *ban,
	struct number *out)
{
	struct number a, b;

	switch (node->op) {
	case OP_NUMBER:
		*out = node->number;
		return true;
	case OP_TIME:
		*out = number_whole(ban->time);
		return true;
	case OP_COUNT:
		*out = number_whole(ban->count);
		return true;
	case OP_FACTOR:
		*out = number_floating(ban->factor);
		return true;
	case OP_IF:
	case OP_OR:
	case OP_AND:
	case OP_MIN:
	case OP_MAX:
		return choose(node, ban, out);
	default:
		break;
	}
	if (!eval(node->args[0], ban, &a))
		return false;
	if (node->n == 1)
		return unary(node->op, a, out);
	return eval(node->args[1], ban, &b) && binary(node->op, a, b, out);
}

bool formula_eval(const struct formula *formula, const struct formula_ban *ban,
	double *value)
{
	struct number out;

	if (!eval(formula->root, ban, &out) || !isfinite(out.d))
		return false;
	*value = out.d;
	return true;
}
