/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time spans as people write them in jail files. fail2ban hands them to an
 * interpreter; here they are read by a grammar of its operators, and what is
 * anything else is refused. A unit multiplies what stands before it: "6/2h" is
 * three hours.
 *
 *   sum     = product { ["+" | "-"] product }     blanks alone also add
 *   product = power [unit] { ("*" | "/" | "//" | "%") power [unit] }
 *   power   = ("+" | "-") power | (number | "(" sum ")") ["**" power]
 */
#include "jails/duration.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#define DEPTH_MOST 20

static const struct {
	const char *names; /* each between blanks */
	double seconds;
} units[] = {
	{" s ss se sec second seconds ", 1},
	{" m mm mi min minute minutes ", 60},
	{" h hh ho hou hour hours ", 3600},
	{" d dd da day days ", 86400},
	{" w ww we wee week weeks ", 604800},
	{" mo mon month months ", 2629800},
	{" y yy ye yea year years ", 31557600},
};

struct reading {
	const char *at;
	int depth;
	bool bad;
};

static double read_sum(struct reading *r);

static void skip_blanks(struct reading *r)
{
	while (isspace((unsigned char)*r->at))
		r->at++;
}

static bool take(struct reading *r, const char *text)
{
	size_t n = strlen(text);

	skip_blanks(r);
	if (strncmp(r->at, text, n) != 0)
		return false;
	r->at += n;
	return true;
}

/* The factor that a unit at this place stands for; 1 if there is none. */
static double read_unit(struct reading *r)
{
	char word[12] = " ";
	size_t n = 0;

	skip_blanks(r);
	while (isalpha((unsigned char)r->at[n])) {
		if (n + 3 >= sizeof(word)) {
			r->bad = true;
			return 1;
		}
		word[n + 1] = (char)tolower((unsigned char)r->at[n]);
		n++;
	}
	if (n == 0)
		return 1;
	r->at += n;
	word[n + 1] = ' ';
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strstr(units[i].names, word))
			return units[i].seconds;
	r->bad = true;
	return 1;
}

/* Digits with at most one point: no exponent, no hexadecimal. */
static double read_number(struct reading *r)
{
	double v = 0, place = 1;
	bool any = false;

	for (; isdigit((unsigned char)*r->at); any = true)
		v = v * 10 + (*r->at++ - '0');
	if (*r->at == '.') {
		r->at++;
		for (; isdigit((unsigned char)*r->at); any = true)
			v += (*r->at++ - '0') * (place /= 10);
	}
	if (!any)
		r->bad = true;
	return v;
}

/* A way down; false, and all is bad, where there have been too many. */
static bool deepen(struct reading *r)
{
	if (++r->depth > DEPTH_MOST)
		r->bad = true;
	return !r->bad;
}

static double read_base(struct reading *r)
{
	double v = 0;

	if (!take(r, "("))
		return read_number(r);
	if (deepen(r))
		v = read_sum(r);
	r->depth--;
	if (!take(r, ")"))
		r->bad = true;
	return v;
}

static double read_power(struct reading *r)
{
	bool minus = false;
	double v;

	for (;;) {
		if (take(r, "-"))
			minus = !minus;
		else if (!take(r, "+"))
			break;
	}
	v = read_base(r);
	if (!r->bad && take(r, "**")) {
		if (deepen(r))
			v = pow(v, read_power(r));
		r->depth--;
	}
	return minus ? -v : v;
}

static double read_product(struct reading *r)
{
	double v = read_power(r), by;

	while (!r->bad) {
		v *= read_unit(r);
		if (take(r, "*")) {
			v *= read_power(r);
		} else if (take(r, "//")) {
			v = floor(v / read_power(r));
		} else if (take(r, "/")) {
			v /= read_power(r);
		} else if (take(r, "%")) {
			by = read_power(r);
			v -= by * floor(v / by);
		} else {
			break;
		}
	}
	return v;
}

static double read_sum(struct reading *r)
{
	double v = read_product(r);

	while (!r->bad) {
		skip_blanks(r);
		if (*r->at == '\0' || *r->at == ')')
			break;
		/* The sign is the factor's own; without one, only a number
		 * that stands apart from what is before it adds up. */
		if (*r->at != '+' && *r->at != '-' &&
			(!isdigit((unsigned char)*r->at) ||
				(!isspace((unsigned char)r->at[-1]) &&
					!isalpha((unsigned char)r->at[-1]))))
			r->bad = true;
		else
			v += read_product(r);
	}
	return v;
}

bool duration_read(const char *text, double *seconds)
{
	struct reading r = {.at = text};
	double v = read_sum(&r);

	if (r.bad || *r.at || !isfinite(v) || fabs(v) > (double)DURATION_MOST)
		return false;
	*seconds = v;
	return true;
}

bool duration_parse(const char *text, int64_t *seconds)
{
	double v;

	if (!duration_read(text, &v))
		return false;
	*seconds = (int64_t)v;
	return true;
}
