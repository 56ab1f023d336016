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

#include "filters/pyregex_parts.h"
#include "lib/plain.h"

/* What is refused would be so by PCRE2, after a long time. */
#define PYREGEX_MOST 131072

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

void pyout_put(struct pyout *o, const char *text, size_t n)
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

void pyout_puts(struct pyout *o, const char *text)
{
	pyout_put(o, text, strlen(text));
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
	while (isupper((unsigned char)s[at]) || isdigit((unsigned char)s[at]) ||
		s[at] == '_')
		at++;
	*len = at - *name;
	return *len > 0 && *len < 32 && s[at] == '>' ? at + 1 : 0;
}

/* Writes what a tag at s stands for; how many bytes it took, 0 if none. */
static size_t put_tag(struct pyout *o, const char *s, bool names)
{
	size_t name, len, n;
	bool closes;

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		n = strlen(tags[i].tag);
		if (strncmp(s, tags[i].tag, n) != 0)
			continue;
		pyout_puts(o, names && tags[i].with_names ? tags[i].with_names
							  : tags[i].regex);
		return n;
	}
	n = group_tag(s, &closes, &name, &len);
	if (n == 0)
		return 0;
	if (closes) {
		pyout_puts(o, ")");
		return n;
	}
	pyout_puts(o, "(?P<");
	if (len == 2 && strncmp(s + name, "ID", 2) == 0)
		pyout_puts(o, "f");
	else if (len == 4 && strncmp(s + name, "PORT", 4) == 0)
		pyout_puts(o, "f");
	for (size_t i = 0; i < len; i++) {
		char c = (char)tolower((unsigned char)s[name + i]);

		pyout_put(o, &c, 1);
	}
	pyout_puts(o, ">");
	return n;
}

/* As many whole lines as need be, none if possible. */
static void put_skiplines(struct pyout *o, int number)
{
	char text[64];

	snprintf(text, sizeof(text),
		"\\n(?P<" GROUP_SKIPPED "%d>(?:(?:.*\\n)*?))", number);
	pyout_puts(o, text);
}

/* What a tag stands for here, in the words that fail2ban has for it. */
static void put_shown(struct pyout *o, const char *s, const char *ip6)
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
				pyout_puts(o, other[i].theirs);
			}
		if (!n)
			pyout_put(o, s, n = 1);
		s += n;
	}
}

/* "((?i)" and "(?:(?i)", which fail2ban makes "(?i:": the length, or 0. */
static size_t put_local_flags(struct pyout *o, const char *s)
{
	const char *flags;
	size_t n, took = pysyntax_local_flags(s, &flags, &n);

	if (!took)
		return 0;
	pyout_puts(o, "(?");
	pyout_put(o, flags, n);
	pyout_puts(o, ":");
	return took;
}

char *pyregex_show(const char *s, bool names, const char *ip6)
{
	struct pyout o = {0}, tag = {0};
	int skipped = 0;

	pyout_puts(&o, "");
	while (*s) {
		size_t took = 0;

		tag.n = 0;
		if (strncmp(s, "<SKIPLINES>", 11) == 0) {
			put_skiplines(&o, skipped++);
			took = 11;
		} else if (*s == '<' && (took = put_tag(&tag, s, names)) > 0) {
			put_shown(&o, tag.text, ip6);
		} else if (*s == '\\' && s[1]) {
			pyout_put(&o, s, took = 2);
		} else if (*s == '(') {
			took = put_local_flags(&o, s);
		}
		if (!took)
			pyout_put(&o, s, took = 1);
		s += took;
	}
	free(tag.text);
	return o.text;
}

/* What the tag at s, which took n bytes, is for a repetition behind it. */
static enum pysyntax_last last_of(
	const struct pyout *o, const char *s, size_t n)
{
	/* <F-USER> is the head of a group; <ADDR> ends in a question mark. */
	if (strncmp(s, "<F-", 3) == 0 && s[n - 2] != '/')
		return PYSYNTAX_NOTHING;
	return o->text[o->n - 1] == '?' ? PYSYNTAX_REPEATED : PYSYNTAX_ITEM;
}

static bool is_utf8(const char *s)
{
	size_t left = strlen(s), took = 0;
	uint32_t point;

	for (; left; s += took, left -= took)
		if (!(took = plain_decode(s, left, &point)))
			return false;
	return true;
}

char *pyregex_translate(const char *s, bool names, const char **why)
{
	struct pysyntax syntax = {PYSYNTAX_NOTHING};
	struct pyout o = {0};
	int skipped = 0;

	if (strlen(s) > PYREGEX_MOST) {
		*why = "is longer than 131072 bytes, which is more than PCRE2 "
		       "compiles; make several of it";
		return NULL;
	}
	if (!is_utf8(s)) {
		*why = "has a byte that is no UTF-8; save the file as UTF-8";
		return NULL;
	}
	pyout_puts(&o, "");
	while (*s) {
		size_t took = 0;

		if (strncmp(s, "<SKIPLINES>", 11) == 0) {
			put_skiplines(&o, skipped++);
			took = 11;
			syntax.last = PYSYNTAX_ITEM;
		} else if (*s == '<' && (took = put_tag(&o, s, names)) > 0) {
			syntax.last = last_of(&o, s, took);
		}
		syntax.begun |= took > 0;
		if (!took)
			took = pysyntax_put(&syntax, &o, s);
		if (!took) {
			*why = syntax.why;
			free(o.text);
			return NULL;
		}
		s += took;
	}
	return o.text;
}
