/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Python's reading and writing of values, as far as fail2ban-client's answers
 * show it. It only compares and prints: nothing here evaluates anything.
 */
#include "cli/fail2ban/python.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/text.h"
#include "jails/duration.h"
#include "lib/memory.h"

/* One byte as it stands between quotes; how many it became. */
static int byte_write(char *to, unsigned char c, char quote)
{
	const char *at = strchr("\nn\rr\tt\\\\", c);

	if (c && at && (at - "\nn\rr\tt\\\\") % 2 == 0)
		return sprintf(to, "\\%c", at[1]);
	if (c == (unsigned char)quote)
		return sprintf(to, "\\%c", c);
	if (c < 0x20 || c == 0x7f)
		return sprintf(to, "\\x%02x", c);
	*to = (char)c;
	return 1;
}

char *python_repr(const char *text)
{
	char quote = strchr(text, '\'') && !strchr(text, '"') ? '"' : '\'';
	char *made = malloc(4 * strlen(text) + 3), *to = made, *safe;

	if (!made)
		abort();
	*to++ = quote;
	for (; *text; text++)
		to += byte_write(to, (unsigned char)*text, quote);
	*to++ = quote;
	*to = '\0';
	/* What of it is no ASCII may still harm a terminal. */
	safe = text_escape(made);
	free(made);
	return safe;
}

/* "1_000": digits, and a lone _ between two of them. */
static bool is_int(const char *s, size_t n)
{
	bool digit = false;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '_' ? !digit : !isdigit((unsigned char)s[i]))
			return false;
		digit = s[i] != '_';
	}
	return digit;
}

#define BLANKS " \t\n\r\f\v"

/* The text without the blanks around it. */
static const char *trim(const char *text, size_t *n)
{
	text += strspn(text, BLANKS);
	*n = strlen(text);
	while (*n && strchr(BLANKS, text[*n - 1]))
		--*n;
	return text;
}

/* "what: 'text'" */
static char *repr_tell(const char *what, const char *text)
{
	char *repr = python_repr(text), *said;

	if (asprintf(&said, "%s: %s", what, repr) < 0)
		abort();
	free(repr);
	return said;
}

char *python_int(const char *text, int64_t *out)
{
	size_t n;
	const char *s = trim(text, &n);
	bool minus = *s == '-';
	int64_t v = 0;

	if (n && (*s == '-' || *s == '+')) {
		s++;
		n--;
	}
	if (is_int(s, n)) {
		for (; n; s++, n--)
			if (*s != '_' && v < INT64_MAX / 100)
				v = v * 10 + (*s - '0');
		*out = minus ? -v : v;
		return NULL;
	}
	return repr_tell("invalid literal for int() with base 10", text);
}

/* As strtod has it, but for hexadecimals; a lone _ between digits is none. */
char *python_float_read(const char *text, double *out)
{
	size_t n, to = 0;
	const char *s = trim(text, &n);
	char *plain = memory_copy(s), *end = plain;
	bool bad = !n;
	double value = 0;

	for (size_t i = 0; i < n; i++) {
		bad |= s[i] == '_' &&
		       (!i || !isdigit((unsigned char)s[i - 1]) ||
			       !isdigit((unsigned char)s[i + 1]));
		bad |= s[i] && strchr("xX(" BLANKS, s[i]);
		if (s[i] != '_')
			plain[to++] = s[i];
	}
	plain[to] = '\0';
	if (!bad)
		value = strtod(plain, &end);
	bad |= *end != '\0';
	if (!bad)
		*out = value;
	free(plain);
	return bad ? repr_tell("could not convert string to float", text)
		   : NULL;
}

/* What it has no number for, by the first thing that Python meets. */
static char *seconds_error(const char *text)
{
	size_t word = strspn(text, "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
	size_t digits = strspn(text, "0123456789");
	char *said;

	if (!*text)
		return memory_copy("invalid syntax (<string>, line 0)");
	if (digits && isalpha((unsigned char)text[digits]))
		return memory_copy(
			"invalid decimal literal (<string>, line 1)");
	if (!word || text[word])
		return memory_copy("invalid syntax (<string>, line 1)");
	if (asprintf(&said, "name '%s' is not defined", text) < 0)
		abort();
	return said;
}

/* Months and years are no whole days to fail2ban. */
static bool makes_float(const char *text)
{
	if (strchr(text, '.') || strstr(text, "**-"))
		return true;
	for (; *text; text++) {
		if (*text == '/' && *++text != '/')
			return true;
		if (!isalpha((unsigned char)*text))
			continue;
		if (strncasecmp(text, "mo", 2) == 0 ||
			tolower((unsigned char)*text) == 'y')
			return true;
		while (isalpha((unsigned char)text[1]))
			text++;
	}
	return false;
}

char *python_seconds(const char *text, double *out, bool *is_float)
{
	if (!duration_read(text, out))
		return seconds_error(text);
	if (is_float)
		*is_float = makes_float(text) || *out != floor(*out);
	return NULL;
}

char *python_float(double value)
{
	char text[64], *said;
	int digits = 1;

	/* The shortest that reads as the same again. */
	do
		snprintf(text, sizeof(text), "%.*g", digits, value);
	while (digits++ < 17 && strtod(text, NULL) != value);
	/* Python has an exponent from 1e16 on only. */
	if (strstr(text, "e+"))
		snprintf(text, sizeof(text), "%.0f", value);
	if (asprintf(&said, "%s%s", text, strpbrk(text, ".e") ? "" : ".0") < 0)
		abort();
	return said;
}

bool python_truth(const char *text)
{
	return !strcmp(text, "1") || !strcasecmp(text, "on") ||
	       !strcasecmp(text, "true") || !strcasecmp(text, "yes");
}
