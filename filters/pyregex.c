/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From fail2ban's regular expressions (Python's re, with tags) to PCRE2's.
 * What cannot be said exactly is refused: a filter that silently matches
 * something else is worse than one that does not load.
 */
#include "filters/pyregex.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IP4 "(?:\\d{1,3}\\.){3}\\d{1,3}"
#define IP6                                                               \
	"(?:[0-9A-Fa-f]{1,4}::?|::){1,7}(?:[0-9A-Fa-f]{1,4}|(?<=:):|" IP4 \
	"|(?<=::))"
#define HOST4 "(?:::f{4,6}:)?(?P<ip4>" IP4 ")"
#define HOST6 "(?P<ip6>" IP6 ")"
#define CIDR "(?P<cidr>\\d{1,3})"
#define ADDR "\\[?(?:" HOST4 "|" HOST6 ")\\]?"
#define DNS "(?P<dns>[\\w\\-.^_]*\\w)"
#define SUBNET "\\[?(?:" HOST4 "|" HOST6 ")(?:/" CIDR ")?\\]?"

static const struct {
	const char *tag;
	const char *regex;
	const char *with_names; /* the same where names may be resolved */
} tags[] = {
	{"<HOST>", ADDR, "(?:" ADDR "|" DNS ")"},
	{"<ADDR>", ADDR, NULL},
	{"<F-ADDR/>", ADDR, NULL},
	{"<IP4>", HOST4, NULL},
	{"<F-IP4/>", HOST4, NULL},
	{"<IP6>", HOST6, NULL},
	{"<F-IP6/>", HOST6, NULL},
	{"<DNS>", DNS, NULL},
	{"<F-DNS/>", DNS, NULL},
	{"<SUBNET>", SUBNET, NULL},
	{"<F-SUBNET/>", SUBNET, NULL},
	{"<CIDR>", CIDR, NULL},
	{"<F-CIDR/>", CIDR, NULL},
	{"<F-ID/>", "(?P<fid>\\S+)", NULL},
	{"<F-PORT/>", "(?P<fport>\\w+)", NULL},
};

struct out {
	char *text;
	size_t n, room;
};

static void put(struct out *o, const char *text, size_t n)
{
	if (o->n + n + 1 > o->room) {
		o->room = (o->n + n + 1) * 2;
		o->text = realloc(o->text, o->room);
		if (!o->text)
			abort();
	}
	memcpy(o->text + o->n, text, n);
	o->n += n;
	o->text[o->n] = '\0';
}

static void puts_to(struct out *o, const char *text)
{
	put(o, text, strlen(text));
}

/* "<F-NAME>" or "</F-NAME>": the length of the whole tag, 0 if it is none. */
static size_t group_tag(const char *s, bool *closes, size_t *name, size_t *len)
{
	size_t at = 1;

	*closes = s[at] == '/';
	at += *closes;
	if (s[at] != 'F' || s[at + 1] != '-')
		return 0;
	at += 2;
	*name = at;
	while (isalnum((unsigned char)s[at]) || s[at] == '_')
		at++;
	*len = at - *name;
	return *len > 0 && *len < 32 && s[at] == '>' ? at + 1 : 0;
}

/* Writes what a tag at s stands for; how many bytes it took, 0 if none. */
static size_t put_tag(struct out *o, const char *s, bool names)
{
	size_t name, len, n;
	bool closes;

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		n = strlen(tags[i].tag);
		if (strncmp(s, tags[i].tag, n) != 0)
			continue;
		puts_to(o, names && tags[i].with_names ? tags[i].with_names
						       : tags[i].regex);
		return n;
	}
	n = group_tag(s, &closes, &name, &len);
	if (n == 0)
		return 0;
	if (closes) {
		puts_to(o, ")");
		return n;
	}
	puts_to(o, "(?P<");
	if (len == 2 && strncmp(s + name, "ID", 2) == 0)
		puts_to(o, "f");
	else if (len == 4 && strncmp(s + name, "PORT", 4) == 0)
		puts_to(o, "f");
	for (size_t i = 0; i < len; i++) {
		char c = (char)tolower((unsigned char)s[name + i]);

		put(o, &c, 1);
	}
	puts_to(o, ">");
	return n;
}

/* As many whole lines as need be, none if possible. */
static void put_skiplines(struct out *o, int number)
{
	char text[64];

	snprintf(text, sizeof(text),
		"\\n(?P<" GROUP_SKIPPED "%d>(?:(?:.*\\n)*?))", number);
	puts_to(o, text);
}

/* What a tag stands for here, in the words that fail2ban has for it. */
static void put_shown(struct out *o, const char *s, const char *ip6)
{
	const struct {
		const char *ours, *theirs;
	} other[] = {{IP6, ip6}, {CIDR, "(?P<cidr>\\d+)"}};

	while (*s) {
		size_t n = 0;

		for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++)
			if (strncmp(s, other[i].ours, strlen(other[i].ours)) ==
				0) {
				n = strlen(other[i].ours);
				puts_to(o, other[i].theirs);
			}
		if (!n)
			put(o, s, n = 1);
		s += n;
	}
}

/* "((?i)" and "(?:(?i)", which fail2ban makes "(?i:": the length, or 0. */
static size_t put_local_flags(struct out *o, const char *s)
{
	size_t n = strncmp(s, "(?:", 3) == 0 ? 3 : 1, flags;

	flags = strspn(s + n + 2, "abcdefghijklmnopqrstuvwxyz");
	if (strncmp(s + n, "(?", 2) != 0 || !flags || s[n + 2 + flags] != ')')
		return 0;
	put(o, s + n, 2 + flags);
	puts_to(o, ":");
	return n + 2 + flags + 1;
}

char *pyregex_show(const char *s, bool names, const char *ip6)
{
	struct out o = {0}, tag = {0};
	int skipped = 0;

	puts_to(&o, "");
	while (*s) {
		size_t took = 0;

		tag.n = 0;
		if (strncmp(s, "<SKIPLINES>", 11) == 0) {
			put_skiplines(&o, skipped++);
			took = 11;
		} else if (*s == '<' && (took = put_tag(&tag, s, names)) > 0) {
			put_shown(&o, tag.text, ip6);
		} else if (*s == '\\' && s[1]) {
			put(&o, s, took = 2);
		} else if (*s == '(') {
			took = put_local_flags(&o, s);
		}
		if (!took)
			put(&o, s, took = 1);
		s += took;
	}
	free(tag.text);
	return o.text;
}

/* An escape: the length taken, 0 with *why if it has no counterpart. */
static size_t put_escape(struct out *o, const char *s, const char **why)
{
	switch (s[1]) {
	case '\0':
		*why = "ends in a lone backslash";
		return 0;
	case 'Z':
		puts_to(o, "\\z");
		return 2;
	case 'v':
		/* To Python the one character, to PCRE2 a class. */
		puts_to(o, "\\x0b");
		return 2;
	case 'u':
	case 'U':
		*why = "\\u escapes have no counterpart; write the character";
		return 0;
	case 'N':
		*why = "\\N{...} has no counterpart; write the character";
		return 0;
	}
	/* What Python's re does not know, PCRE2 may know as something else. */
	if (isalpha((unsigned char)s[1]) && !strchr("AbBdDsSwWafnrtx", s[1])) {
		*why = "has an escape that Python's re does not know";
		return 0;
	}
	put(o, s, 2);
	return 2;
}

/* Inline flags "(?iu)": u is how it is anyway, a has no counterpart. */
static size_t put_flags(struct out *o, const char *s, const char **why)
{
	size_t n = 2, kept = o->n;

	puts_to(o, "(?");
	while (isalpha((unsigned char)s[n]) || s[n] == '-') {
		if (s[n] == 'a' || s[n] == 'L' ||
			(s[n] == 'u' && s[n + 1] == ')' && n == 2)) {
			*why = "the flags a, L and a lone u have no "
			       "counterpart";
			return 0;
		}
		if (s[n] != 'u')
			put(o, &s[n], 1);
		n++;
	}
	if (n == 2 || (s[n] != ')' && s[n] != ':')) {
		o->n = kept;
		put(o, s, 1);
		return 1;
	}
	put(o, &s[n], 1);
	return n + 1;
}

/* A character class, copied; its length, 0 with *why if it does not end. */
static size_t put_class(struct out *o, const char *s, const char **why)
{
	size_t n = 1;

	n += s[n] == '^';
	n += s[n] == ']';
	put(o, s, n);
	while (s[n] && s[n] != ']') {
		if (s[n] == '\\') {
			size_t took = put_escape(o, s + n, why);

			if (!took)
				return 0;
			n += took;
			continue;
		}
		/* To Python "[" is plain in a class; PCRE2 reads "[:". */
		if (s[n] == '[')
			puts_to(o, "\\");
		put(o, &s[n++], 1);
	}
	if (!s[n]) {
		*why = "has a [ without its ]";
		return 0;
	}
	puts_to(o, "]");
	return n + 1;
}

char *pyregex_translate(const char *s, bool names, const char **why)
{
	struct out o = {0};
	int skipped = 0;

	puts_to(&o, "");
	while (*s) {
		size_t took = 1;

		if (strncmp(s, "<SKIPLINES>", 11) == 0) {
			put_skiplines(&o, skipped++);
			s += 11;
			continue;
		}
		if (*s == '<' && (took = put_tag(&o, s, names)) > 0) {
			s += took;
			continue;
		}
		if (*s == '\\')
			took = put_escape(&o, s, why);
		else if (*s == '[')
			took = put_class(&o, s, why);
		else if (s[0] == '(' && s[1] == '?' && s[2] != '#')
			took = put_flags(&o, s, why);
		else if (s[0] == '{' && s[1] == ',' &&
			 isdigit((unsigned char)s[2])) {
			puts_to(&o, "{0");
			took = 1;
		} else {
			put(&o, s, 1);
			took = 1;
		}
		if (took == 0)
			goto refused;
		s += took;
	}
	return o.text;
refused:
	free(o.text);
	return NULL;
}
