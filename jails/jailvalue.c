/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading single values of a jail: interpolated, typed, and each fault told
 * with the file and line where the person wrote it. */
#include "jails/jailvalue.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jails/duration.h"
#include "lib/arena.h"

static bool is_told(const struct err *err, enum err_kind kind, const char *text)
{
	for (size_t i = 0; i < err->n; i++)
		if (err->items[i].kind == kind &&
			strcmp(err->items[i].text, text) == 0)
			return true;
	return false;
}

static void add(struct err *err, enum err_kind kind, const char *text)
{
	if (is_told(err, kind, text))
		return;
	if (kind == ERR_FAULT)
		err_fault(err, NULL, 0, "%s", text);
	else
		err_warning(err, NULL, 0, "%s", text);
}

struct jailvalue_text jailvalue_get(const struct jailvalue *v, const char *key)
{
	struct jailvalue_text t = {.key = key};
	struct err found;
	char *text;

	t.value = conf_find(v->conf, v->section, key);
	if (!t.value)
		return t;
	err_init(&found);
	text = conf_expand(v->conf, v->section, t.value, &found);
	for (size_t i = 0; i < found.n; i++)
		add(v->err, found.items[i].kind, found.items[i].text);
	err_deinit(&found);
	if (text)
		t.text = arena_string(v->arena, text);
	free(text);
	return t;
}

static int rows_before(const char *text, const char *at)
{
	int n = 0;

	for (; *text && (!at || text < at); text++)
		n += *text == '\n';
	return n;
}

bool jailvalue_has_rows(const struct jailvalue_text *t)
{
	/* Interpolation may have brought rows from elsewhere. */
	return rows_before(t->text, NULL) == rows_before(t->value->text, NULL);
}

int jailvalue_line(const struct jailvalue_text *t, const char *at)
{
	int row;

	if (!t->text || !at || !jailvalue_has_rows(t))
		return t->value->line;
	row = rows_before(t->text, at);
	return row < t->value->rows ? t->value->lines[row] : t->value->line;
}

static void tell(const struct jailvalue *v, const struct jailvalue_text *t,
	const char *at, enum err_kind kind, const char *format, va_list args)
{
	char *said, *whole;
	int line;

	/* It would only be counted, and looking for its line takes long. */
	if (v->err->n >= ERR_MOST) {
		v->err->faults += kind == ERR_FAULT;
		return;
	}
	line = jailvalue_line(t, at);
	if (vasprintf(&said, format, args) < 0)
		abort();
	if (asprintf(&whole, "%s:%d: %s: %s", t->value->file, line, t->key,
		    said) < 0)
		abort();
	add(v->err, kind, whole);
	free(whole);
	free(said);
}

void jailvalue_fault(const struct jailvalue *v, const struct jailvalue_text *t,
	const char *at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(v, t, at, ERR_FAULT, format, args);
	va_end(args);
}

void jailvalue_warning(const struct jailvalue *v,
	const struct jailvalue_text *t, const char *at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(v, t, at, ERR_WARNING, format, args);
	va_end(args);
}

bool jailvalue_bool(const struct jailvalue *v, const char *key, bool *out)
{
	struct jailvalue_text t = jailvalue_get(v, key);

	if (!t.text || !*t.text)
		return false;
	if (conf_bool(t.text, out))
		return true;
	jailvalue_fault(v, &t, NULL, "'%s' is neither true nor false", t.text);
	return false;
}

bool jailvalue_count(const struct jailvalue *v, const char *key, uint32_t least,
	uint32_t most, uint32_t *out)
{
	struct jailvalue_text t = jailvalue_get(v, key);
	unsigned long n;
	char *end;

	if (!t.text || !*t.text)
		return false;
	n = strtoul(t.text, &end, 10);
	if (*end || strspn(t.text, "0123456789") == 0 || n < least ||
		n > most) {
		jailvalue_fault(v, &t, NULL,
			"'%s' is no whole number from %u to %u", t.text, least,
			most);
		return false;
	}
	*out = (uint32_t)n;
	return true;
}

bool jailvalue_duration(
	const struct jailvalue *v, const char *key, int64_t *out)
{
	struct jailvalue_text t = jailvalue_get(v, key);

	if (!t.text || !*t.text)
		return false;
	if (!duration_parse(t.text, out)) {
		jailvalue_fault(v, &t, NULL,
			"'%s' is no duration; write 600, 10m or 1d 12h",
			t.text);
		return false;
	}
	return true;
}

bool jailvalue_text(
	const struct jailvalue *v, const char *key, struct jail_text *out)
{
	struct jailvalue_text t = jailvalue_get(v, key);

	if (!t.text || !*t.text)
		return false;
	*out = (struct jail_text){t.text, t.value->file, t.value->line};
	return true;
}
