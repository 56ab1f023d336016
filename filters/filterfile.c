/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a filter's files to its regular expressions as text: which file is
 * read, what the jail's options override, and the tags <mode>, <mdre-<mode>>,
 * <section/key> put in, the innermost first, as fail2ban does it.
 */
#include "filters/filterfile.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "filters/filterkeys.h"
#include "lib/conf.h"

/* Tags that are put in for one value, the text that is looked through for
 * them, and how long a tag may be. */
#define ROUNDS_MOST 1000
#define LOOKED_MOST (16u << 20)
#define TAG_MOST 128
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DEFINITION "Definition"

/* What the files themselves have of [Definition]. */
enum defined { DEFINED_NOT, DEFINED_EMPTY, DEFINED_SOME };

struct source {
	struct conf *conf;
	struct arena *arena;
	struct err *err;
	bool of_jail; /* a file asks for it, and stands nowhere */
	bool shipped; /* nothing of the admin's was read */
};

static void read_dir(struct source *src, const char *dir, const char *name,
	const char *fallback, int *found)
{
	char *d = arena_print(src->arena, "%s/filter.d", dir);
	char *f = fallback ? arena_print(src->arena, "%s/filter.d", fallback)
			   : NULL;

	*found += conf_read_tree(src->conf, d, name, f, src->err);
}

static bool exists(struct source *src, const char *dir, const char *name)
{
	char *path = arena_print(src->arena, "%s/filter.d/%s.conf", dir, name);

	return access(path, F_OK) == 0;
}

/* The file that a name with a slash means; NULL if there is none. */
static char *find_path(struct source *src, const char *name, const char *dir)
{
	const char *const ends[] = {"", ".conf"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		char *path = arena_print(src->arena, "%s%s", name, ends[i]);

		if ((*name == '/' || !src->of_jail) && access(path, F_OK) == 0)
			return path;
		path = arena_print(src->arena, "%s/filter.d/%s%s",
			dir ? dir : ".", name, ends[i]);
		if (*name != '/' && access(path, F_OK) == 0)
			return path;
	}
	return NULL;
}

/* A filter named with its path: that file, and the .local beside it. */
static int read_path(struct source *src, const char *name, const char *confdir)
{
	char *path = find_path(src, name, confdir);
	char *slash = path ? strrchr(path, '/') : NULL;
	size_t n = path ? strlen(path) : 0;
	int r;

	if (n > 5 && strcmp(path + n - 5, ".conf") == 0 && slash) {
		path[n - 5] = '\0';
		*slash = '\0';
		return conf_read_tree(
			src->conf, path, slash + 1, NULL, src->err);
	}
	if (!path && src->of_jail)
		return 0;
	r = conf_read(src->conf, path ? path : name, NULL, src->err);
	if (r < 0)
		err_fault(src->err, name, 0, "cannot read: %s", strerror(-r));
	return r == 0 || src->err->faults ? 1 : 0;
}

/* Reads the filter's files; how many there were. */
static int read_files(struct source *src, const char *name, const char *confdir,
	const char *datadir)
{
	int found = 0, ours;

	if (strchr(name, '/'))
		return read_path(src, name, confdir);
	/* A .conf of the admin's is the whole filter; a .local adds to ours. */
	if (datadir && !(confdir && exists(src, confdir, name)))
		read_dir(src, datadir, name, NULL, &found);
	ours = found;
	if (confdir)
		read_dir(src, confdir, name, datadir, &found);
	src->shipped = ours > 0 && found == ours;
	return found;
}

/* Where tag's value comes from; the order is fail2ban's. */
static const struct conf_value *find_tag(
	const struct conf *conf, const char *tag, char *section, size_t room)
{
	const struct conf_value *v = conf_find_own(conf, "Init", tag);
	const char *slash = strchr(tag, '/');

	snprintf(section, room, "Init");
	if (v)
		return v;
	snprintf(section, room, DEFINITION);
	v = conf_find(conf, DEFINITION, tag);
	if (v || !slash || (size_t)(slash - tag) >= room)
		return v;
	memcpy(section, tag, (size_t)(slash - tag));
	section[slash - tag] = '\0';
	if (strcasecmp(section, "default") == 0)
		return conf_find_own(conf, "DEFAULT", slash + 1);
	if (strcasecmp(section, "known") == 0) {
		snprintf(section, room, DEFINITION);
		v = conf_find(conf, DEFINITION, slash + 1);
		return v && v->known ? v->known : v;
	}
	return conf_has_section(conf, section)
		       ? conf_find(conf, section, slash + 1)
		       : NULL;
}

/* The innermost "<tag>" at or after s: its "<"; *end its ">". */
static char *find_innermost(char *s, char **end)
{
	char *open = NULL;

	for (; *s; s++) {
		if (*s == '<')
			open = s;
		else if (*s == ' ' || *s == '\n')
			open = NULL;
		else if (*s == '>' && open) {
			*end = s;
			return open;
		}
	}
	return NULL;
}

/* Not strstr: in a sanitizer's build that looks at all of the text first. */
static const char *next_tag(const char *text, const char *tag, size_t n)
{
	for (; (text = strchr(text, '<')); text++)
		if (strncmp(text, tag, n) == 0)
			return text;
	return NULL;
}

/* Each tag of the text, "<x>", becomes its value; NULL if that is too long. */
static char *put_value(const char *text, const char *tag, const char *value)
{
	size_t tag_n = strlen(tag), value_n = strlen(value), n = strlen(text);
	char *joined, *to;
	const char *at;

	for (at = text; (at = next_tag(at, tag, tag_n)); at += tag_n)
		n += value_n - tag_n;
	if (n > CONF_TEXT_MOST)
		return NULL;
	joined = to = malloc(n + 1);
	if (!joined)
		abort();
	while ((at = next_tag(text, tag, tag_n))) {
		to = mempcpy(to, text, (size_t)(at - text));
		to = mempcpy(to, value, value_n);
		text = at + tag_n;
	}
	strcpy(to, text);
	return joined;
}

/* The value of the tag, "<x>"; NULL if it has none, and stays as it is. */
static const struct conf_value *value_of(
	struct source *src, const char *text, char *section, size_t room)
{
	size_t n = strlen(text);
	char tag[TAG_MOST], *slash;

	/* <F-USER> and its like. */
	if (n < 3 || memcmp(text + 1, "F-", 2) == 0)
		return NULL;
	memcpy(tag, text + 1, n - 2);
	tag[n - 2] = '\0';
	/* Only a jail's option has a key with capitals. */
	if (strpbrk(tag, CAPITALS) &&
		conf_find_own(src->conf, DEFINITION, tag)) {
		snprintf(section, room, DEFINITION);
		return conf_find_own(src->conf, DEFINITION, tag);
	}
	/* Else a key's case means nothing, a section's does. */
	slash = strrchr(tag, '/');
	for (char *c = slash ? slash : tag; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + 32);
	return find_tag(src->conf, tag, section, room);
}

/* Puts tags in until none is known; NULL with a fault if that never ends. */
static char *put_tags(
	struct source *src, char *text, const struct conf_value *from)
{
	char section[TAG_MOST], tag[TAG_MOST], *end, *at = text;
	size_t looked = 0;
	int rounds = 0;

	while ((at = find_innermost(at, &end))) {
		const struct conf_value *v = NULL;
		size_t n = (size_t)(end - at) + 1;
		char *value, *joined;

		if (n < sizeof(tag)) {
			memcpy(tag, at, n);
			tag[n] = '\0';
			v = value_of(src, tag, section, sizeof(section));
		}
		/* <HOST> is unknown too. */
		if (!v) {
			at = end + 1;
			continue;
		}
		value = conf_expand(src->conf, section, v, src->err);
		looked += strlen(text);
		joined = value && ++rounds <= ROUNDS_MOST &&
					 looked <= LOOKED_MOST
				 ? put_value(text, tag, value)
				 : NULL;
		if (value && !joined)
			err_fault(src->err, from->file, from->line,
				"the tag %s refers to itself, or to more than "
				"a megabyte; give it a value that leads to no "
				"%s again",
				tag, tag);
		free(value);
		free(text);
		if (!joined)
			return NULL;
		text = joined;
		/* The new text may be part of an outer tag. */
		at = text;
	}
	return text;
}

/* A key of the definition in full: interpolated, with tags; freed by caller. */
static char *get_text(
	struct source *src, const char *key, const struct conf_value **from)
{
	const struct conf_value *v = conf_find_own(src->conf, "Init", key);
	const char *section = v ? "Init" : DEFINITION;
	char *text;

	if (!v)
		v = conf_find(src->conf, DEFINITION, key);
	*from = v;
	if (!v)
		return NULL;
	text = conf_expand(src->conf, section, v, src->err);
	return text ? put_tags(src, text, v) : NULL;
}

static size_t count_rows(const char *text)
{
	size_t n = 1;

	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

/* The rows of a key, blank ones left out. */
static struct filter_row *get_rows(
	struct source *src, const char *key, size_t *n)
{
	const struct conf_value *from;
	char *text = get_text(src, key, &from), *row, *rest = text;
	struct filter_row *rows;
	size_t row_nr = 0, rows_n;

	*n = 0;
	if (!text)
		return NULL;
	rows_n = count_rows(text);
	rows = arena_alloc(src->arena, rows_n * sizeof(*rows));
	while ((row = strsep(&rest, "\n"))) {
		/* As long as nothing put in had rows of its own, the
		 * row's own line is known. */
		int line = rows_n == (size_t)from->rows ? from->lines[row_nr]
							: from->line;

		row_nr++;
		/* A blank that a tag left at its beginning is of the row. */
		if (row[strspn(row, " \t")])
			rows[(*n)++] = (struct filter_row){
				.text = arena_string(src->arena, row),
				.file = from->file,
				.line = line,
			};
	}
	free(text);
	return rows;
}

/* The first of them; its text is NULL if there is none. */
static struct filter_row get_first(struct source *src, const char *key)
{
	size_t n;
	const struct filter_row *rows = get_rows(src, key, &n);

	return n > 0 ? rows[0] : (struct filter_row){0};
}

/* fail2ban takes all rows for one expression, with newlines that no line has,
 * or does not start for the F-CONTENT that comes twice. */
static struct filter_row get_prefregex(struct source *src)
{
	size_t n;
	const struct filter_row *rows = get_rows(src, "prefregex", &n);

	if (n > 1)
		err_fault(src->err, rows[1].file, rows[1].line,
			"prefregex: it is one expression, and this is a second "
			"row; write one, as ^(?:this|that) "
			"<F-CONTENT>.+</F-CONTENT>$");
	return n > 0 ? rows[0] : (struct filter_row){0};
}

static const char *get_string(struct source *src, const char *key)
{
	const struct conf_value *from;
	char *text = get_text(src, key, &from);
	const char *kept =
		text && *text ? arena_string(src->arena, text) : NULL;

	free(text);
	return kept;
}

/* <known/KEY>: what the files have for a key of [Init]. */
static void put_known(struct source *src)
{
	size_t n = conf_keys(src->conf, "Init");

	for (size_t i = 0; i < n; i++) {
		const char *key = conf_key(src->conf, "Init", i);
		const struct conf_value *v =
			conf_find_own(src->conf, "Init", key);

		if (strncmp(key, "known/", 6) != 0)
			conf_set(src->conf, "Init",
				arena_print(src->arena, "known/%s", key),
				v->text, v->file, v->line);
	}
}

/* Whether what an option puts into an expression is a word and no more. */
static bool is_word(const char *text)
{
	while (isalnum((unsigned char)*text) || *text == '_' || *text == '-')
		text++;
	return *text == '\0';
}

/* The jail's options override what the files say. */
static void put_options(struct source *src, const struct filter_spec *spec)
{
	const char *file = spec->file ? spec->file : "command line";

	put_known(src);
	/* A filter's own word on how its log is written goes first. */
	if (!conf_find_own(src->conf, DEFINITION, "logtype") &&
		!conf_find_own(src->conf, "Init", "logtype"))
		conf_set(src->conf, DEFINITION, "logtype",
			spec->journal ? "journal" : "file", file, spec->line);
	for (size_t i = 0; i < spec->options_n; i++) {
		const struct filter_option *o = &spec->options[i];

		src->shipped &= is_word(o->value);
		conf_set(src->conf, DEFINITION, o->key, o->value, file,
			spec->line);
		if (conf_find_own(src->conf, "Init", o->key))
			conf_set(src->conf, "Init", o->key, o->value, file,
				spec->line);
	}
}

/* How many lines an expression sees; a fault if that is no number of lines. */
static void read_maxlines(struct filterfile *out, struct source *src)
{
	size_t n;
	const struct filter_row *row = get_rows(src, "maxlines", &n);
	char *end;

	out->maxlines_set = n > 0;
	out->maxlines = n > 0 ? strtol(row->text, &end, 10) : 1;
	if (n > 0 && (end == row->text || *end || out->maxlines < 1))
		err_fault(src->err, row->file, row->line,
			"maxlines: '%s' is no number of lines from 1",
			row->text);
}

/* Only "no" is for a filter to know; a jail has the rest. */
static void read_usedns(struct filterfile *out, struct source *src)
{
	static const char *const words[] = {"no", "yes", "warn", "raw"};
	const struct filter_row row = get_first(src, "usedns");
	size_t i = 0;

	out->usedns = row.text;
	out->names = !row.text || strcasecmp(row.text, words[0]) != 0;
	while (row.text && i < sizeof(words) / sizeof(*words) &&
		strcasecmp(row.text, words[i]) != 0)
		i++;
	if (i == sizeof(words) / sizeof(*words))
		err_fault(src->err, row.file, row.line,
			"usedns: '%s' is none of yes, warn, no and raw",
			row.text);
}

static void read_repeats(struct filterfile *out, struct source *src)
{
	const struct filter_row row = get_first(src, "repeats");

	if (row.text && !conf_bool(row.text, &out->repeats))
		err_fault(src->err, row.file, row.line,
			"repeats: '%s' is neither true nor false", row.text);
}

static void read_definition(struct filterfile *out, struct source *src)
{
	const char *logtype;

	out->prefregex = get_prefregex(src);
	out->failregex = get_rows(src, "failregex", &out->failregex_n);
	out->ignoreregex = get_rows(src, "ignoreregex", &out->ignoreregex_n);
	out->journalmatch = get_string(src, "journalmatch");
	out->journalmatch_row = get_first(src, "journalmatch");
	out->datepattern = get_string(src, "datepattern");
	read_maxlines(out, src);
	out->datepattern_row = get_first(src, "datepattern");
	read_usedns(out, src);
	read_repeats(out, src);
	logtype = get_string(src, "logtype");
	out->journal = logtype && strcmp(logtype, "journal") == 0;
}

/* One that is there and empty is meant, as is a section alone:
 * docker-mailserver has it for bans by hand. fail2ban takes any. */
static void tell_no_failregex(struct source *src,
	const struct filter_spec *spec, enum defined defined)
{
	if (defined == DEFINED_NOT)
		err_fault(src->err, spec->file, spec->line,
			"filter: '%s' has no failregex", spec->name);
	else if (defined == DEFINED_SOME)
		err_warning(src->err, spec->file, spec->line,
			"filter: '%s' has no failregex, so that its jail is "
			"for bans by hand; write failregex = there if that is "
			"meant",
			spec->name);
}

bool filterfile_read(struct filterfile *out, const struct filter_spec *spec,
	const char *confdir, const char *datadir, struct arena *arena,
	struct err *err)
{
	struct source src = {.conf = conf_new(arena),
		.arena = arena,
		.err = err,
		.of_jail = spec->file};
	enum defined defined = DEFINED_NOT;
	size_t faults = err->faults;

	*out = (struct filterfile){0};
	if (spec->name && read_files(&src, spec->name, confdir, datadir) == 0) {
		err_fault(err, spec->file, spec->line,
			"filter: there is no filter '%s' "
			"(looked for %s/filter.d/%s.conf%s%s)",
			spec->name, confdir ? confdir : datadir, spec->name,
			confdir && datadir ? " and in " : "",
			confdir && datadir ? datadir : "");
		return false;
	}
	if (conf_has_section(src.conf, DEFINITION))
		defined = conf_keys(src.conf, DEFINITION) ? DEFINED_SOME
							  : DEFINED_EMPTY;
	put_options(&src, spec);
	out->shipped = src.shipped;
	if (err->faults == faults && !filterkeys_check(src.conf, err))
		read_definition(out, &src);
	if (err->faults == faults && out->failregex_n == 0 &&
		!conf_find(src.conf, DEFINITION, "failregex"))
		tell_no_failregex(&src, spec, defined);
	return err->faults == faults;
}
