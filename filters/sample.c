/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts that a pattern is likely to match. The same variant is the same text
 * each time: what lint says must not change from one run to the next.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "filters/pattern.h"
#include "filters/pattern_tree.h"
#include "filters/pyregex.h"

static bool set_has(const uint64_t set[2], int c)
{
	return c >= 0 && c < 128 && (set[c / 64] >> (c % 64) & 1);
}

struct sample {
	char *text;
	size_t n, room;
	unsigned int variant, random;
	const char *address, *content;
	struct {
		const struct node *group;
		size_t from, to;
	} groups[16]; /* for (?P=name) */
	size_t groups_n;
	bool full;
};

/* The same each time; the first variant always takes the first. */
static unsigned int pick(struct sample *s, unsigned int most)
{
	if (!s->variant || !most)
		return 0;
	s->random = s->random * 1103515245u + 12345u;
	return (s->random >> 16) % most;
}

static void emit(struct sample *s, const char *text, size_t n)
{
	if (s->n + n + 1 > s->room) {
		s->full = true;
		return;
	}
	memcpy(s->text + s->n, text, n);
	s->n += n;
	s->text[s->n] = '\0';
}

static void emit_class(struct sample *s, const uint64_t set[2])
{
	static const char liked[] = "x7ab1e-.:/@=_ ";
	unsigned int from = pick(s, sizeof(liked) - 1);
	char c;

	for (unsigned int i = 0; i < sizeof(liked) - 1; i++) {
		c = liked[(from + i) % (sizeof(liked) - 1)];
		if (set_has(set, c)) {
			emit(s, &c, 1);
			return;
		}
	}
	/* The first from the blank on, else a control. */
	if (set[0] >> ' ')
		c = (char)(' ' + __builtin_ctzll(set[0] >> ' '));
	else if (set[1])
		c = (char)(64 + __builtin_ctzll(set[1]));
	else if (set[0] >> 1)
		c = (char)(1 + __builtin_ctzll(set[0] >> 1));
	else
		return;
	emit(s, &c, 1);
}

static void emit_node(struct sample *s, const struct node *node);

static void emit_all(struct sample *s, const struct node *node)
{
	for (; node && !s->full; node = node->next)
		emit_node(s, node);
}

static void emit_group(struct sample *s, const struct node *node)
{
	size_t from = s->n;

	if (pattern_is_address(node->name) &&
		strcmp(node->name, GROUP_CIDR) != 0)
		emit(s, s->address, strlen(s->address));
	else if (s->content && !strcmp(node->name, GROUP_CONTENT))
		emit(s, s->content, strlen(s->content));
	else
		emit_all(s, node->first);
	if (*node->name && s->groups_n < 16) {
		s->groups[s->groups_n].group = node;
		s->groups[s->groups_n].from = from;
		s->groups[s->groups_n++].to = s->n;
	}
}

static void emit_same(struct sample *s, const char *name)
{
	for (size_t i = s->groups_n; i-- > 0;)
		if (!strcmp(s->groups[i].group->name, name)) {
			emit(s, s->text + s->groups[i].from,
				s->groups[i].to - s->groups[i].from);
			return;
		}
}

static void emit_repeat(struct sample *s, const struct node *node)
{
	int more = node->most - node->least;
	int n = node->least + (int)pick(s, more > 3 ? 4 : (unsigned)more + 1);

	/* An endless one that may be empty is of more use with something. */
	if (!s->variant && node->most == PATTERN_ENDLESS && n == 0)
		n = 1;
	for (int i = 0; i < n && !s->full; i++)
		emit_node(s, node->first);
}

static void emit_node(struct sample *s, const struct node *node)
{
	const struct node *branch = node->first;
	unsigned int n = 0;

	switch (node->kind) {
	case CLASS:
		emit_class(s, node->set);
		break;
	case SEQUENCE:
		emit_all(s, node->first);
		break;
	case CHOICE:
		for (; branch; branch = branch->next)
			n++;
		branch = node->first;
		for (n = pick(s, n); n > 0; n--)
			branch = branch->next;
		emit_node(s, branch);
		break;
	case GROUP:
		emit_group(s, node);
		break;
	case REPEAT:
		emit_repeat(s, node);
		break;
	case SAME:
		emit_same(s, node->name);
		break;
	case NOTHING:
	case LOOK:
		break;
	}
}

size_t pattern_sample(const struct pattern *pattern, unsigned int variant,
	const char *address, const char *content, char *buf, size_t room)
{
	struct sample s = {.text = buf,
		.room = room,
		.variant = variant,
		.random = variant * 2654435761u,
		.address = address,
		.content = content};

	buf[0] = '\0';
	emit_node(&s, pattern->root);
	return s.full ? 0 : s.n;
}
