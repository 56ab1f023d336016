/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which names a filter's file may have. Any key may be meant for a <key> or a
 * %(key)s elsewhere, so only what nothing refers to and what looks like a name
 * that is read is told: a filter that is right must never be warned of.
 */
#include "filters/filterkeys.h"

#include <string.h>
#include <strings.h>

#include "lib/nearest.h"

/* Those that fail2ban's filter reader knows, and logtype, which jails set. */
static const char *const keys[] = {"failregex", "ignoreregex", "prefregex",
	"datepattern", "journalmatch", "maxlines", "usedns", "logtype"};
static const char *const sections[] = {
	"Definition", "Init", "INCLUDES", "DEFAULT"};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* More letters that are not the same are another word. */
#define LESS_OF_KEY 3
#define LESS_OF_SECTION 4

/*
 * <word>, <word/key>, or a tag that is put together of others and begins or
 * ends as the word does: <mdre-<mode>>, <<mode>-re>.
 */
static bool text_tags(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = text; (s = strchr(s, '<')); s++) {
		size_t head = strcspn(s + 1, "<>/ \n"), tail;

		if (head == n && s[1 + n] != '<' && s[1 + n] &&
			!strncasecmp(s + 1, word, n))
			return true;
		if (s[1 + head] == '<' && head < n &&
			!strncasecmp(s + 1, word, head))
			return true;
		if (s[1 + head] != '>')
			continue;
		tail = strcspn(s + 2 + head, "<> \n");
		if (s[2 + head + tail] == '>' && tail > 0 && tail < n &&
			!strncasecmp(s + 2 + head, word + n - tail, tail))
			return true;
	}
	return false;
}

/* %(word/key)s or %(known/word/key)s, of a section. */
static bool text_has_section(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = text; (s = strstr(s, word)); s++)
		if (s > text && strchr("(/<", s[-1]) && s[n] == '/')
			return true;
	return false;
}

static const char *meant_section(const struct conf *conf, const char *name)
{
	const char *meant;

	for (size_t i = 0; i < COUNT(sections); i++)
		if (!strcmp(name, sections[i]))
			return NULL;
	meant = NULL;
	for (size_t i = 0; i < COUNT(sections) && !meant; i++)
		if (!strcasecmp(name, sections[i]))
			meant = sections[i];
	if (!meant)
		meant = nearest_word(name, sections, COUNT(sections),
			strlen(name) < 7 ? 2 : LESS_OF_SECTION);
	return meant && !conf_any_text(conf, text_has_section, name) ? meant
								     : NULL;
}

static const char *meant_key(const struct conf *conf, const char *key)
{
	const char *meant;

	for (size_t i = 0; i < COUNT(keys); i++)
		if (!strcmp(key, keys[i]))
			return NULL;
	/* As fail2ban's own files name what they make use of by another. */
	if (*key == '_' || strchr(key, '?'))
		return NULL;
	meant = nearest_word(key, keys, COUNT(keys), LESS_OF_KEY);
	return meant && !conf_refers(conf, key) &&
			       !conf_any_text(conf, text_tags, key)
		       ? meant
		       : NULL;
}

/* Told as a fault if failregex is what the filter lacks. */
static bool check_section(
	const struct conf *conf, const char *name, bool lacks, struct err *err)
{
	const char *meant = meant_section(conf, name), *file;
	bool is_fault = lacks && meant && conf_keys(conf, name) > 0 &&
			!strcmp(meant, "Definition");
	int line = 0;

	if (!meant)
		return false;
	file = conf_section_place(conf, name, &line);
	(is_fault ? err_fault : err_warning)(err, file, line,
		"[%s]: no section of a filter; is [%s] meant?%s", name, meant,
		is_fault ? " there is no failregex" : "");
	return is_fault;
}

static bool check_keys(
	const struct conf *conf, const char *name, bool lacks, struct err *err)
{
	bool faults = false;

	for (size_t i = 0; i < conf_keys(conf, name); i++) {
		const char *key = conf_key(conf, name, i);
		const char *meant = meant_key(conf, key);
		const struct conf_value *v = conf_find_own(conf, name, key);
		bool is_fault = lacks && meant && !strcmp(meant, "failregex");

		if (!meant)
			continue;
		(is_fault ? err_fault : err_warning)(err, v->file, v->line,
			"%s: no key of a filter, and nothing refers to it; is "
			"%s meant?%s",
			key, meant, is_fault ? " there is none" : "");
		faults |= is_fault;
	}
	return faults;
}

bool filterkeys_check(const struct conf *conf, struct err *err)
{
	static const char *const own[] = {"Definition", "Init", "DEFAULT"};
	bool lacks = !conf_find(conf, "Definition", "failregex") &&
		     !conf_find_own(conf, "Init", "failregex");
	bool faults = false;

	for (size_t i = 0; i < conf_sections(conf); i++)
		faults |=
			check_section(conf, conf_section(conf, i), lacks, err);
	for (size_t i = 0; i < COUNT(own); i++)
		faults |= check_keys(conf, own[i], lacks, err);
	return faults;
}
