/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes a regex apart into a tree. It is for judging a filter at a desk: what
 * a sample claims is believed only after PCRE2 has matched it, so a construct
 * that is read too simply makes a poorer sample and never a wrong verdict.
 */
#include "filters/pattern.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filters/pattern_tree.h"
#include "filters/pyregex.h"

#define DEPTH_MOST 60
/* More repetitions than any part of a header needs: as good as endless. */
#define MANY 64

static struct node *node_new(enum kind kind)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node)
		abort();
	node->kind = kind;
	return node;
}

static void node_free(struct node *node)
{
	while (node) {
		struct node *next = node->next;

		node_free(node->first);
		free(node);
		node = next;
	}
}

static void set_add(uint64_t set[2], int c)
{
	if (c >= 0 && c < 128)
		set[c / 64] |= UINT64_C(1) << (c % 64);
}

/* "\d" and its like; false if the letter is none of them. */
static bool set_escape(uint64_t set[2], char letter)
{
	bool not = isupper((unsigned char)letter);

	if (!letter || !strchr("dDsSwW", letter))
		return false;
	for (int c = 0; c < 128; c++) {
		char kind = (char)tolower((unsigned char)letter);
		bool in = kind == 'd'	? isdigit(c)
			  : kind == 's' ? isspace(c)
					: isalnum(c) || c == '_';

		if (in != not )
			set_add(set, c);
	}
	return true;
}

/* The character of an escape at p->at, which is moved; -1 if it is none. */
static int escaped(struct pattern *p)
{
	static const char *const known[] = {"n\n", "r\r", "t\t", "f\f", "a\a"};
	char e = p->at[1], *end;
	long v;

	if (!e) {
		p->lost = true;
		return -1;
	}
	p->at += 2;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i][0] == e)
			return known[i][1];
	if (e == 'x') {
		char hex[3] = {p->at[0], p->at[0] ? p->at[1] : '\0', '\0'};

		v = strtol(hex, &end, 16);
		p->at += end - hex;
		return (int)v;
	}
	if (!isalnum((unsigned char)e))
		return (unsigned char)e;
	return -1;
}

static struct node *read_class(struct pattern *p)
{
	struct node *node = node_new(CLASS);
	bool not = *++p->at == '^', begun = false;
	int last = -1;

	p->at += not ;
	while (*p->at && (*p->at != ']' || !begun)) {
		int c = (unsigned char)*p->at;

		begun = true;
		if (c == '\\' && set_escape(node->set, p->at[1])) {
			p->at += 2;
			last = -1;
			continue;
		}
		if (c == '\\' && p->at[1] == 'b') {
			p->at += 2;
			continue;
		}
		if (c == '-' && last >= 0 && p->at[1] && p->at[1] != ']') {
			p->at++;
			c = *p->at == '\\' ? escaped(p)
					   : (unsigned char)*p->at++;
			for (; last <= c && last < 128; last++)
				set_add(node->set, last);
			last = -1;
			continue;
		}
		c = c == '\\' ? escaped(p) : (p->at++, c);
		set_add(node->set, c);
		last = c;
	}
	p->lost |= !*p->at;
	p->at += *p->at == ']';
	if (not )
		for (int i = 0; i < 2; i++)
			node->set[i] = ~node->set[i];
	return node;
}

static struct node *read_choice(struct pattern *p, int depth);

/* A group's name up to its end mark, copied; p->at moves behind the mark. */
static void read_name(struct pattern *p, struct node *node, char mark)
{
	const char *end = strchr(p->at, mark);

	if (!end || end - p->at >= PATTERN_NAME) {
		p->lost = true;
		return;
	}
	memcpy(node->name, p->at, (size_t)(end - p->at));
	p->at = end + 1;
}

bool pattern_is_address(const char *name)
{
	static const char *const names[] = {GROUP_IP4, GROUP_IP6, GROUP_DNS,
		GROUP_ID, GROUP_HOST, GROUP_CIDR};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* What stands behind "(?"; NULL if the group is read by who called. */
static struct node *read_special(struct pattern *p, struct node *node)
{
	const char *s = p->at;

	if (s[0] == 'P' && s[1] == '=') {
		p->at += 2;
		node->kind = SAME;
		read_name(p, node, ')');
		return node;
	}
	if (s[0] == 'P' && s[1] == '<') {
		p->at += 2;
		read_name(p, node, '>');
		return NULL;
	}
	if (s[0] == '=' || s[0] == '!' || s[0] == '<') {
		p->at += s[0] == '<' ? 2 : 1;
		node->kind = LOOK;
		return NULL;
	}
	while (isalpha((unsigned char)*p->at) || *p->at == '-')
		p->at++;
	if (*p->at == ')') { /* flags alone */
		p->at++;
		node->kind = NOTHING;
		return node;
	}
	p->lost |= *p->at != ':' && *p->at != '>';
	p->at += *p->at != '\0';
	return NULL;
}

static struct node *read_group(struct pattern *p, int depth)
{
	struct node *node = node_new(GROUP);
	bool within = p->within;

	p->at++;
	if (*p->at == '?') {
		p->at++;
		if (read_special(p, node))
			return node;
	}
	p->within |= node->kind == LOOK || pattern_is_address(node->name);
	node->first = read_choice(p, depth + 1);
	p->within = within;
	p->lost |= *p->at != ')';
	p->at += *p->at == ')';
	return node;
}

static struct node *read_atom(struct pattern *p, int depth)
{
	struct node *node;
	int c;

	if (*p->at == '(')
		return read_group(p, depth);
	if (*p->at == '[')
		return read_class(p);
	node = node_new(CLASS);
	if (*p->at == '.') {
		node->set[0] = ~(UINT64_C(1) << '\n');
		node->set[1] = ~UINT64_C(0);
		p->at++;
	} else if (*p->at == '^' || *p->at == '$') {
		node->kind = NOTHING;
		p->at++;
	} else if (*p->at != '\\') {
		set_add(node->set, (unsigned char)*p->at++);
	} else if (set_escape(node->set, p->at[1])) {
		p->at += 2;
	} else {
		c = escaped(p);
		set_add(node->set, c);
		if (c < 0)
			node->kind = NOTHING;
	}
	return node;
}

/* "{2,5}" at s: false if it is plain text. */
static bool read_bounds(const char **s, int *least, int *most)
{
	char *end;

	if (!isdigit((unsigned char)(*s)[1]))
		return false;
	*least = (int)strtol(*s + 1, &end, 10);
	*most = *least;
	if (*end == ',') {
		end++;
		*most = isdigit((unsigned char)*end)
				? (int)strtol(end, &end, 10)
				: PATTERN_ENDLESS;
	}
	if (*end != '}')
		return false;
	*s = end + 1;
	return true;
}

/* The quantifier behind an atom that began at from. */
static struct node *read_quantified(
	struct pattern *p, struct node *atom, const char *from)
{
	int least = *p->at == '+', most = *p->at == '?' ? 1 : PATTERN_ENDLESS;
	struct node *node;

	if (*p->at == '{') {
		if (!read_bounds(&p->at, &least, &most))
			return atom;
	} else if (strchr("*+?", *p->at) && *p->at) {
		p->at++;
	} else {
		return atom;
	}
	if (*p->at == '?' || *p->at == '+')
		p->at++;
	if (atom->kind == NOTHING)
		return atom;
	node = node_new(REPEAT);
	node->first = atom;
	node->least = least;
	node->most = most;
	if (most > MANY && !p->within && p->fields_n < PATTERN_FIELDS) {
		p->fields[p->fields_n].from = (size_t)(from - p->text);
		p->fields[p->fields_n++].to = (size_t)(p->at - p->text);
	}
	return node;
}

static struct node *read_sequence(struct pattern *p, int depth)
{
	struct node *node = node_new(SEQUENCE), **end = &node->first;

	while (*p->at && *p->at != '|' && *p->at != ')' && !p->lost) {
		const char *from = p->at;

		*end = read_quantified(p, read_atom(p, depth), from);
		end = &(*end)->next;
	}
	return node;
}

static struct node *read_choice(struct pattern *p, int depth)
{
	struct node *node = node_new(CHOICE), **end = &node->first;

	p->lost |= depth > DEPTH_MOST;
	for (;;) {
		*end = read_sequence(p, depth);
		end = &(*end)->next;
		if (*p->at != '|' || p->lost)
			return node;
		p->at++;
	}
}

struct pattern *pattern_new(const char *regex)
{
	struct pattern *p = calloc(1, sizeof(*p));

	if (!p || !(p->text = strdup(regex)))
		abort();
	p->at = p->text;
	p->root = read_choice(p, 0);
	if (p->lost || *p->at)
		pattern_free(&p);
	return p;
}

void pattern_free(struct pattern **pattern)
{
	if (!*pattern)
		return;
	node_free((*pattern)->root);
	free((*pattern)->text);
	free(*pattern);
	*pattern = NULL;
}

size_t pattern_fields(const struct pattern *pattern)
{
	return pattern->fields_n;
}

const char *pattern_field(const struct pattern *p, size_t i, size_t *n)
{
	*n = p->fields[i].to - p->fields[i].from;
	return p->text + p->fields[i].from;
}

/* Inner fields were found before those that hold them. */
char *pattern_marked(const struct pattern *p)
{
	size_t length = strlen(p->text), room;
	char *out;
	FILE *to = open_memstream(&out, &room);

	if (!to)
		abort();
	for (size_t at = 0; at <= length; at++) {
		for (size_t i = 0; i < p->fields_n; i++)
			if (p->fields[i].to == at)
				putc(')', to);
		for (size_t i = p->fields_n; i-- > 0;)
			if (p->fields[i].from == at)
				fprintf(to, "(?P<field_%zu>", i);
		if (at < length)
			putc(p->text[at], to);
	}
	if (fclose(to))
		abort();
	return out;
}
