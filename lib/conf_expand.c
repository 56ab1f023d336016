/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * %(key)s in a value of a conf, as Python's configparser and fail2ban's
 * extensions of it (known/, default/, section/) put it in.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/conf_parts.h"

#define DEPTH_MOST 10
/* References that one value may lead to: empty ones cost time, not room. */
#define REFERENCES_MOST 300000
/* And all values of a configuration; the bytes are held. */
#define ALL_REFERENCES_MOST 3000000
#define ALL_BYTES_MOST (256u << 20)

struct expansion {
	const struct conf *conf;
	const char *section;
	const struct conf_value *from; /* whose place messages name */
	struct err *err;
	char *text;
	size_t n, room;
	int references;
	bool failed;
};

static void expand_text(struct expansion *x, const struct conf_value *value,
	const char *key, int depth);

static void put(struct expansion *x, const char *text, size_t n)
{
	if (x->failed)
		return;
	if (x->n + n > CONF_TEXT_MOST) {
		err_fault(x->err, x->from->file, x->from->line,
			"is longer than %u bytes, with what %%(...)s puts in",
			CONF_TEXT_MOST);
		x->failed = true;
		return;
	}
	if (x->n + n + 1 > x->room) {
		x->room = (x->n + n + 1) * 2;
		x->text = realloc(x->text, x->room);
		if (!x->text)
			abort();
	}
	memcpy(x->text + x->n, text, n);
	x->n += n;
	x->text[x->n] = '\0';
}

/* What %(name)s means inside a value of key: NULL if nothing has it. */
static const struct conf_value *look_up(const struct expansion *x,
	const struct conf_value *value, const char *key, const char *name)
{
	const char *slash = strrchr(name, '/');
	char section[CONF_NAME_MOST];

	if (!slash)
		return conf_find(x->conf, x->section, name);
	if ((size_t)(slash - name) >= sizeof(section))
		return NULL;
	memcpy(section, name, (size_t)(slash - name));
	section[slash - name] = '\0';
	if (strcasecmp(section, "known") == 0) {
		const struct conf_value *v;

		/* What this very value overrode; for another key, what its
		 * last override overrode, else what it has. */
		if (strcmp(slash + 1, key) == 0 && value->known)
			return value->known;
		v = conf_find_own(x->conf, x->section, slash + 1);
		if (v && v != value)
			return v->known ? v->known : v;
		return conf_find_own(x->conf, "DEFAULT", slash + 1);
	}
	if (strcasecmp(section, "default") == 0)
		return conf_find_own(x->conf, "DEFAULT", slash + 1);
	return conf_find(x->conf, section, slash + 1);
}

static void refer(struct expansion *x, const struct conf_value *value,
	const char *key, const char *name, int depth)
{
	const struct conf_value *found;

	if (++x->references > REFERENCES_MOST) {
		err_fault(x->err, x->from->file, x->from->line,
			"leads to more than %d %%(...)s", REFERENCES_MOST);
		x->failed = true;
		return;
	}
	if (strcmp(name, "__name__") == 0) {
		put(x, x->section, strlen(x->section));
		return;
	}
	found = look_up(x, value, key, name);
	if (!found) {
		err_fault(x->err, value->file, value->line,
			"%s: %%(%s)s has no value; set %s or write %%%% "
			"for a percent sign",
			key, name, name);
		x->failed = true;
		return;
	}
	expand_text(x, found,
		strrchr(name, '/') ? strrchr(name, '/') + 1 : name, depth + 1);
}

static void expand_text(struct expansion *x, const struct conf_value *value,
	const char *key, int depth)
{
	const char *s = value->text;

	if (depth > DEPTH_MOST) {
		err_fault(x->err, value->file, value->line,
			"%s: %%(...)s refers to itself, or more than %d deep",
			key, DEPTH_MOST);
		x->failed = true;
	}
	while (*s && !x->failed) {
		size_t plain = strcspn(s, "%");
		const char *close;
		char name[CONF_NAME_MOST];

		put(x, s, plain);
		s += plain;
		if (!*s)
			break;
		if (s[1] == '%') {
			put(x, "%", 1);
			s += 2;
			continue;
		}
		close = s[1] == '(' ? memmem(s, strnlen(s, CONF_NAME_MOST + 2),
					      ")s", 2)
				    : NULL;
		if (!close) {
			/* A lone percent sign stands for itself. */
			put(x, s++, 1);
			continue;
		}
		memcpy(name, s + 2, (size_t)(close - s - 2));
		name[close - s - 2] = '\0';
		for (char *c = strrchr(name, '/') ? strrchr(name, '/') : name;
			*c; c++)
			if (*c >= 'A' && *c <= 'Z')
				*c = (char)(*c + 32);
		s = close + 2;
		refer(x, value, key, name, depth);
	}
}

/* Of thousands of values each may be within its own limits. */
static void check_all(struct expansion *x)
{
	struct conf_memo *all = x->conf->memo;

	all->references += (size_t)x->references;
	all->bytes += x->n;
	if (x->failed || (all->references <= ALL_REFERENCES_MOST &&
				 all->bytes <= ALL_BYTES_MOST))
		return;
	err_fault(x->err, x->from->file, x->from->line,
		"what all values lead to by %%(...)s is too much; let fewer "
		"refer to long ones");
	x->failed = true;
}

char *conf_expand(const struct conf *conf, const char *section,
	const struct conf_value *value, struct err *err)
{
	struct expansion x = {
		.conf = conf, .section = section, .from = value, .err = err};

	put(&x, "", 0);
	expand_text(&x, value, value->key, 0);
	check_all(&x);
	if (x.failed) {
		free(x.text);
		return NULL;
	}
	return x.text;
}
