/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which groups of a regex say what. Looked up once, when it is compiled; a
 * match then costs no comparison of names.
 */
#include "filters/groups.h"

#include <string.h>

#include "filters/pyregex.h"

static const struct {
	const char *name;
	enum group what;
} names[] = {
	{GROUP_HOST, OF_HOST},
	{GROUP_IP4, OF_HOST},
	{GROUP_IP6, OF_HOST},
	{GROUP_DNS, OF_HOST},
	{GROUP_CIDR, OF_CIDR},
	{GROUP_ID, OF_ID},
	{GROUP_USER, OF_USER},
	{GROUP_NOFAIL, OF_NOFAIL},
	{GROUP_GAINED, OF_GAINED},
	{GROUP_FORGET, OF_FORGET},
	{GROUP_MLFID, OF_MLFID},
	{GROUP_CONTENT, OF_CONTENT},
	{GROUP_ATTEMPTS, OF_ATTEMPTS},
	{GROUP_SESSION, OF_SESSION},
	{GROUP_WITNESS, OF_WITNESS},
	{GROUP_SPILL, OF_SPILL},
	{GROUP_SPILLABLE, OF_SPILLABLE},
	{GROUP_RENAMED, OF_RENAMED},
	{GROUP_FAULT, OF_FAULT},
	{GROUP_EXCUSABLE, OF_EXCUSABLE},
};

static void add(struct groups *g, enum group what, int number)
{
	for (int i = 0; i < GROUP_ALTERNATIVES; i++)
		if (g->of[what][i] == 0) {
			g->of[what][i] = (uint16_t)number;
			g->named |= UINT32_C(1) << what;
			return;
		}
}

/* "alt_user_2" and "alt_user" are "user"; an id is called "fid" inside. */
static bool is_alternative(const char *text, const char *name)
{
	size_t n = strlen(name);

	if (strcmp(name, GROUP_ID) == 0) {
		name = "id";
		n = 2;
	}
	if (strncmp(text, GROUP_ALT, strlen(GROUP_ALT)) != 0)
		return false;
	text += strlen(GROUP_ALT);
	if (strncmp(text, name, n) != 0)
		return false;
	text += n;
	return !*text ||
	       (text[0] == '_' && text[1] &&
		       text[1 + strspn(text + 1, "0123456789")] == '\0');
}

void groups_find(const struct regex *regex, struct groups *out)
{
	const char *name;
	int number;

	memset(out, 0, sizeof(*out));
	for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++)
		for (size_t i = 0; (number = regex_named(regex, i, &name)) > 0;
			i++)
			if (strcmp(name, names[k].name) == 0)
				add(out, names[k].what, number);
	for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++)
		for (size_t i = 0; (number = regex_named(regex, i, &name)) > 0;
			i++)
			if (is_alternative(name, names[k].name))
				add(out, names[k].what, number);
}

struct regex_span groups_get(
	const struct groups *g, const struct regex *regex, enum group what)
{
	for (int i = 0; g->of[what][i]; i++) {
		struct regex_span span = regex_numbered(regex, g->of[what][i]);

		if (span.text && span.n > 0)
			return span;
	}
	return (struct regex_span){NULL, 0};
}
