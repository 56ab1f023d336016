/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The syntax of Python's re, piece by piece, as PCRE2 has it. PCRE2 knows far
 * more, and takes as a group, an option or a verb what is an error to Python:
 * what Python's re refuses is refused here too, so that a filter that loads is
 * one that fail2ban would load, and means the same to both.
 */
#include <ctype.h>
#include <string.h>

#include "filters/pyregex_parts.h"

#define LETTERS "ABbDdSsWwafnrtxvZ"
#define LETTERS_OF_CLASS "bDdSsWwafnrtxv"
#define DIGITS "0123456789"

static size_t refuse(struct pysyntax *p, const char *why)
{
	p->why = why;
	return 0;
}

/* "\x41", "\0": what Python and PCRE2 read alike. */
static bool number_is_plain(const char *s, bool in_class)
{
	if (s[1] == 'x')
		return isxdigit((unsigned char)s[2]) &&
		       isxdigit((unsigned char)s[3]);
	if (!isdigit((unsigned char)s[1]) || s[1] == '0')
		return true;
	/* In a class it is a character, by eights. */
	return in_class ? s[1] < '8' : !isdigit((unsigned char)s[2]);
}

static size_t put_escape(
	struct pysyntax *p, struct pyout *o, const char *s, bool in_class)
{
	switch (s[1]) {
	case '\0':
		return refuse(p, "ends in a lone backslash");
	case 'u':
	case 'U':
		return refuse(p, "\\u escapes have no counterpart; write the "
				 "character");
	case 'N':
		return refuse(p, "\\N{...} has no counterpart; write the "
				 "character");
	}
	/* What Python's re does not know, PCRE2 may know as something else. */
	if (isalpha((unsigned char)s[1]) &&
		!strchr(in_class ? LETTERS_OF_CLASS : LETTERS, s[1]))
		return refuse(p, "has an escape that Python's re does not "
				 "know");
	if (!number_is_plain(s, in_class))
		return refuse(p, "a number behind a backslash is a group's, "
				 "\\1 to \\9, or \\x and two digits; write "
				 "(?P=NAME) for a group with a name");
	if (s[1] == 'Z')
		pyout_puts(o, "\\z");
	else if (s[1] == 'v') /* one character, to PCRE2 a class */
		pyout_puts(o, "\\x0b");
	else
		pyout_put(o, s, 2);
	return 2;
}

static bool is_class_escape(const char *s)
{
	return s[0] == '\\' && s[1] && strchr("dDsSwW", s[1]);
}

/* One member of a class, with what it is the beginning of a range to. */
static size_t put_member(struct pysyntax *p, struct pyout *o, const char *s)
{
	bool range;

	if (s[0] != '\\') {
		/* To Python "[" is plain in a class; PCRE2 reads "[:". */
		if (s[0] == '[')
			pyout_puts(o, "\\");
		pyout_put(o, s, 1);
		range = s[1] == '-' && is_class_escape(s + 2);
		return range ? refuse(p, "a class is no end of a range; write "
					 "\\- for a hyphen")
			     : 1;
	}
	range = is_class_escape(s) && s[2] == '-' && s[3] && s[3] != ']';
	if (range)
		return refuse(p, "a class is no beginning of a range; write "
				 "\\- for a hyphen");
	return put_escape(p, o, s, true);
}

static size_t put_class(struct pysyntax *p, struct pyout *o, const char *s)
{
	size_t n = 1;

	n += s[n] == '^';
	n += s[n] == ']';
	pyout_put(o, s, n);
	while (s[n] && s[n] != ']') {
		size_t took = put_member(p, o, s + n);

		if (!took)
			return 0;
		n += took;
	}
	if (!s[n])
		return refuse(p, "has a [ without its ]");
	pyout_puts(o, "]");
	p->last = PYSYNTAX_ITEM;
	return n + 1;
}

/* The length of a name at s that ends in `end`; 0 if there is none. */
static size_t name_length(const char *s, char end)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n > 0 && s[n] == end && !isdigit((unsigned char)s[0]) ? n : 0;
}

/* Does the group that "(?P=name)" asks for stand before it? */
static bool group_is_known(const struct pyout *o, const char *name, size_t n)
{
	for (const char *s = o->text; s && (s = strstr(s, "(?P<")); s += 4)
		if (strncmp(s + 4, name, n) == 0 && s[4 + n] == '>')
			return true;
	return false;
}

/* "(?P<name>", "(?P=name)". */
static size_t put_named(struct pysyntax *p, struct pyout *o, const char *s)
{
	size_t n = s[3] == '<'	 ? name_length(s + 4, '>')
		   : s[3] == '=' ? name_length(s + 4, ')')
				 : 0;

	if (n == 0)
		return refuse(p, "(?P is neither (?P<NAME>...) nor "
				 "(?P=NAME)");
	if (s[3] == '=' && !group_is_known(o, s + 4, n))
		return refuse(p, "(?P=NAME) asks for a group that does not "
				 "stand before it");
	pyout_put(o, s, 4 + n + 1);
	p->last = s[3] == '=' ? PYSYNTAX_ITEM : PYSYNTAX_NOTHING;
	return 4 + n + 1;
}

/* "(?(1)", "(?(name)", where PCRE2 takes some names for something else. */
static size_t put_condition(struct pysyntax *p, struct pyout *o, const char *s)
{
	size_t digits = strspn(s + 3, DIGITS), n;

	p->last = PYSYNTAX_NOTHING;
	if (digits > 0 && digits < 3 && s[3] != '0' && s[3 + digits] == ')') {
		pyout_put(o, s, 3 + digits + 1);
		return 3 + digits + 1;
	}
	n = name_length(s + 3, ')');
	if (n == 0)
		return refuse(p, "(?(...) asks for no group by its number or "
				 "its name");
	pyout_puts(o, "(?(<");
	pyout_put(o, s + 3, n);
	pyout_puts(o, ">)");
	return 3 + n + 1;
}

#define NO_FLAGS                                                               \
	"has a (?...) that Python's re does not know; it has (?:, (?P<NAME>, " \
	"(?P=NAME), (?=, (?!, (?<=, (?<!, (?>, (?(NAME), (?# and the flags "   \
	"i, m, s, u and x"

/* Inline flags "(?iu)": u is how it is anyway, a and L have no counterpart. */
static size_t put_flags(struct pysyntax *p, struct pyout *o, const char *s)
{
	size_t on = strspn(s + 2, "aiLmsux"), n = 2 + on;
	bool off = s[n] == '-';

	if (off)
		n += 1 + strspn(s + n + 1, "imsx");
	if (n == 2 || (s[n] != ':' && (s[n] != ')' || off)) || s[n - 1] == '-')
		return refuse(p, NO_FLAGS);
	for (size_t i = 2; i < 2 + on; i++)
		if (s[i] == 'a' || s[i] == 'L' || (s[i] == 'u' && on == 1))
			return refuse(p, "the flags a, L and a lone u have no "
					 "counterpart");
	if (s[n] == ')' && p->begun)
		return refuse(p, "flags for the whole stand at its beginning; "
				 "for a part they are (?i:...)");
	p->verbose |= memchr(s + 2, 'x', on) != NULL;
	pyout_puts(o, "(?");
	for (size_t i = 2; i <= n; i++)
		if (s[i] != 'u')
			pyout_put(o, s + i, 1);
	p->last = PYSYNTAX_NOTHING;
	p->begun |= s[n] == ':';
	return n + 1;
}

size_t pysyntax_local_flags(const char *s, const char **at, size_t *flags_n)
{
	size_t n = strncmp(s, "(?:", 3) == 0 ? 3 : 1;

	*at = s + n + 2;
	if (strncmp(s + n, "(?", 2) != 0)
		return 0;
	*flags_n = strspn(*at, "abcdefghijklmnopqrstuvwxyz");
	return *flags_n && (*at)[*flags_n] == ')' ? n + 2 + *flags_n + 1 : 0;
}

/* Those of a group, which fail2ban makes the group's own. */
static size_t put_local_flags(
	struct pysyntax *p, struct pyout *o, const char *s)
{
	char own[32] = "(?";
	const char *flags;
	size_t n, took = pysyntax_local_flags(s, &flags, &n);

	if (!took)
		return 0;
	if (n > sizeof(own) - 4)
		return refuse(p, NO_FLAGS);
	memcpy(own + 2, flags, n);
	own[2 + n] = ':';
	return put_flags(p, o, own) ? took : 0;
}

static size_t put_comment(struct pysyntax *p, const char *s)
{
	const char *end = strchr(s, ')');

	return end ? (size_t)(end - s) + 1
		   : refuse(p, "has a (?# without its )");
}

/* "(" and what makes it a group of a kind. */
static size_t put_group(struct pysyntax *p, struct pyout *o, const char *s)
{
	size_t n = 1;

	p->why = NULL;
	if (s[1] == '?' && s[2] == '#')
		return put_comment(p, s);
	if ((n = put_local_flags(p, o, s)) > 0 || p->why)
		return n;
	n = 1;
	if (s[1] == '*')
		return refuse(p, "has (*, which is nothing to repeat; write "
				 "\\( for a parenthesis");
	if (s[1] == '?' && s[2] == 'P')
		n = put_named(p, o, s);
	else if (s[1] == '?' && s[2] == '(')
		n = put_condition(p, o, s);
	else if (s[1] == '?' && (!s[2] || !strchr(":=!><", s[2])))
		return put_flags(p, o, s);
	else {
		if (s[1] == '?')
			n = s[2] == '<' ? 4 : 3;
		if (n == 4 && s[3] != '=' && s[3] != '!')
			return refuse(p, NO_FLAGS);
		pyout_put(o, s, n);
		p->last = PYSYNTAX_NOTHING;
	}
	p->begun = true;
	return n;
}

/* The length of the repetition "{2,3}" at s; 0 if it is only a brace. */
static size_t brace_length(const char *s)
{
	size_t low = strspn(s + 1, DIGITS), n = 1 + low;

	if (s[n] == ',')
		n += 1 + strspn(s + n + 1, DIGITS);
	else if (low == 0)
		return 0;
	return s[n] == '}' ? n + 1 : 0;
}

static size_t put_repeat(
	struct pysyntax *p, struct pyout *o, const char *s, size_t n)
{
	bool mark = *s == '?' || *s == '+';

	if (p->last == PYSYNTAX_REPEATED && mark) {
		pyout_put(o, s, 1);
		p->last = PYSYNTAX_DONE;
		return 1;
	}
	if (p->last == PYSYNTAX_NOTHING && !p->verbose)
		return refuse(p, "has a repetition of nothing; write a "
				 "backslash before the character that is "
				 "meant");
	if (p->last != PYSYNTAX_ITEM && !p->verbose)
		return refuse(p, "repeats a repetition; put what is repeated "
				 "in (?:...)");
	if (s[0] == '{' && s[1] == ',') {
		pyout_puts(o, "{0");
		pyout_put(o, s + 1, n - 1);
	} else {
		pyout_put(o, s, n);
	}
	p->last = PYSYNTAX_REPEATED;
	return n;
}

/* One byte that has a meaning of its own at most. */
static size_t put_plain(struct pysyntax *p, struct pyout *o, const char *s)
{
	/* With blanks in it PCRE2 may take it for a repetition. */
	if (*s == '{')
		pyout_puts(o, "\\");
	pyout_put(o, s, 1);
	p->last = strchr("|^$", *s) ? PYSYNTAX_NOTHING : PYSYNTAX_ITEM;
	return 1;
}

size_t pysyntax_put(struct pysyntax *p, struct pyout *o, const char *s)
{
	size_t n = *s == '{' ? brace_length(s) : strchr("*+?", *s) != NULL;

	if (*s == '(')
		return put_group(p, o, s);
	p->begun = true;
	if (n > 0)
		return put_repeat(p, o, s, n);
	if (*s == '[')
		return put_class(p, o, s);
	if (*s != '\\')
		return put_plain(p, o, s);
	p->last =
		s[1] && strchr("AZbB", s[1]) ? PYSYNTAX_NOTHING : PYSYNTAX_ITEM;
	return put_escape(p, o, s, false);
}
