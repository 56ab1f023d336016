/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The backend of a jail. Options that ask for what is read anyway are the
 * host's own journal, which all jails read together; others are a journal of
 * their own.
 */
#include "jails/backend.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "jails/jailvalue.h"
#include "lib/arena.h"

#define BLANKS " \t\n"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
/* Patterns of one journalfiles. */
#define FILES_MOST 64

/* SD_JOURNAL_LOCAL_ONLY and SD_JOURNAL_SYSTEM of sd_journal_open(3): all that
 * they let through is read. */
#define FLAGS_READ (1 | 4)
/* What libsystemd takes with a directory; SD_JOURNAL_OS_ROOT it takes too, but
 * whose the files below a host's root are, nobody has looked. */
#define FLAGS_OF_PATH (4 | 8)
/* And without: all that there are but that one. */
#define FLAGS_OF_HOST (1 | 2 | 4 | 8 | 32 | 64)

static bool is_flags_read(const char *value)
{
	char *end;
	long flags = strtol(value, &end, 10);

	return end != value && *end == '\0' && flags >= 0 &&
	       (flags & ~FLAGS_READ) == 0;
}

/* Where journald has the host's own (systemd-journald.service(8)). */
static bool is_path_read(const char *value)
{
	static const char *const places[] = {
		"/var/log/journal", "/run/log/journal"};
	size_t n = strlen(value);

	while (n > 1 && value[n - 1] == '/')
		n--;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (strlen(places[i]) == n && !memcmp(places[i], value, n))
			return true;
	return false;
}

static void take_flags(const struct jailvalue *v,
	const struct jailvalue_text *t, struct jail_journal *journal,
	const char *value)
{
	char *end;
	long flags = strtol(value, &end, 10);

	if (end == value || *end || flags < 0 || flags > INT_MAX) {
		jailvalue_fault(v, t, NULL,
			"journalflags: '%s' is no number; it is the sum of 1 "
			"this host's, 2 since the boot, 4 the system's, 8 the "
			"user's",
			value);
		return;
	}
	journal->flagged = true;
	journal->flags = (int)flags;
}

/* The patterns of journalfiles, apart by blanks or commas. */
static const char *const *cut_files(
	const struct jailvalue *v, const struct jailvalue_text *t, char *rest)
{
	const char **files =
		arena_alloc(v->arena, (FILES_MOST + 1) * sizeof(*files));
	size_t n = 0;
	char *word;

	while ((word = strsep(&rest, BLANKS ","))) {
		if (!*word)
			continue;
		if (*word != '/')
			jailvalue_fault(v, t, NULL,
				"journalfiles: '%s' is no absolute path", word);
		if (n == FILES_MOST) {
			jailvalue_fault(v, t, NULL,
				"journalfiles: more than %d of them",
				FILES_MOST);
			break;
		}
		files[n++] = word;
	}
	return n ? files : NULL;
}

static void take_namespace(const struct jailvalue *v,
	const struct jailvalue_text *t, struct jail_journal *journal,
	const char *value)
{
	journal->name_space = *value ? arena_string(v->arena, value) : NULL;
	/* systemd.exec(5), LogNamespace=: the characters of a unit's name. */
	if (value[strspn(value, LETTERS "0123456789:-_.\\@")])
		jailvalue_fault(v, t, NULL,
			"namespace: '%s' is no name of one; journalflags=32 "
			"reads all, 64 the host's own too",
			value);
}

/* True if what the option asks for is the host's own journal. */
static bool take_option(const struct jailvalue *v,
	const struct jailvalue_text *t, struct jail_journal *journal,
	const char *key, const char *value)
{
	if (!strcmp(key, "journalflags")) {
		take_flags(v, t, journal, value);
		return is_flags_read(value);
	}
	if (!strcmp(key, "journalpath")) {
		journal->has_path |= *value != '\0';
		if (!*value || is_path_read(value))
			return true;
		if (*value != '/')
			jailvalue_fault(v, t, NULL,
				"journalpath: '%s' is no absolute path", value);
		journal->path = arena_string(v->arena, value);
		return false;
	}
	if (!strcmp(key, "journalfiles")) {
		journal->files = cut_files(v, t, arena_string(v->arena, value));
		return !journal->files;
	}
	if (!strcmp(key, "namespace")) {
		take_namespace(v, t, journal, value);
		return !*value;
	}
	jailvalue_fault(v, t, NULL,
		"'%s' is no option of systemd; there are journalpath, "
		"journalfiles, journalflags and namespace",
		key);
	return true;
}

/* All that is said of it, each option but once. */
static const char *name_of(
	const struct jailvalue *v, const struct jail_journal *journal)
{
	char *name = arena_string(v->arena, "journal[");
	const char *comma = "";

	if (journal->files) {
		name = arena_print(v->arena, "%sjournalfiles=", name);
		for (size_t i = 0; journal->files[i]; i++)
			name = arena_print(v->arena, "%s%s%s", name,
				i ? " " : "", journal->files[i]);
		comma = ",";
	}
	if (journal->path) {
		name = arena_print(v->arena, "%s%sjournalpath=%s", name, comma,
			journal->path);
		comma = ",";
	}
	if (journal->name_space) {
		name = arena_print(v->arena, "%s%snamespace=%s", name, comma,
			journal->name_space);
		comma = ",";
	}
	if (journal->flagged)
		name = arena_print(v->arena, "%s%sjournalflags=%d", name, comma,
			journal->flags);
	return arena_print(v->arena, "%s]", name);
}

/*
 * What libsystemd would refuse, or leave unread, is a fault here: a jail with
 * it would wait for ever.
 * Source: sd_journal_open(3); systemd's sd-journal.c.
 */
static void check_together(const struct jailvalue *v,
	const struct jailvalue_text *t, const struct jail_journal *journal)
{
	const char *places[3];
	size_t n = 0;

	if (journal->has_path)
		places[n++] = "journalpath";
	if (journal->files)
		places[n++] = "journalfiles";
	if (journal->name_space)
		places[n++] = "namespace";
	if (n > 1)
		jailvalue_fault(v, t, NULL,
			"%s and %s: only one of them can say which journal; "
			"take one out",
			places[0], places[1]);
	else if (journal->files && journal->flags)
		jailvalue_fault(v, t, NULL,
			"journalflags: '%d' is not for journalfiles, which "
			"are read as they are; take it out",
			journal->flags);
	else if (journal->path && journal->flags & 16)
		jailvalue_fault(v, t, NULL,
			"journalflags: 16 is not supported; name the journal "
			"itself, as journalpath=%s/var/log/journal",
			journal->path);
	else if (journal->path && journal->flags & ~FLAGS_OF_PATH)
		jailvalue_fault(v, t, NULL,
			"journalflags: '%d' is not for a journalpath, which "
			"has 4 the system's and 8 the user's; take it out",
			journal->flags);
	else if (journal->flags & ~FLAGS_OF_HOST)
		jailvalue_fault(v, t, NULL,
			"journalflags: '%d' is no sum of those that there are, "
			"1, 2, 4, 8, 32 and 64",
			journal->flags);
}

/* "journalflags=1, namespace='x']", or with "][" between them. */
static void read_options(const struct jailvalue *v,
	const struct jailvalue_text *t, const char *s, struct jail *jail)
{
	struct jail_journal *journal = arena_alloc(v->arena, sizeof(*journal));
	bool is_own = true;

	for (;;) {
		char key[64], value[512], quote;
		size_t n;

		s += strspn(s, BLANKS ",[");
		n = strcspn(s, "=,]" BLANKS);
		if (n == 0 || n >= sizeof(key) || s[n] != '=')
			break;
		memcpy(key, s, n);
		key[n] = '\0';
		s += n + 1;
		quote = *s == '"' || *s == '\'' ? *s++ : '\0';
		n = quote ? strcspn(s, (char[]){quote, '\0'})
			  : strcspn(s, ",]" BLANKS);
		if (n >= sizeof(value) || (quote && !s[n]))
			break;
		memcpy(value, s, n);
		value[n] = '\0';
		s += n + (quote != '\0');
		is_own &= take_option(v, t, journal, key, value);
		s += strspn(s, BLANKS);
		if (*s == ']' && s[1 + strspn(s + 1, BLANKS)] == '\0') {
			check_together(v, t, journal);
			journal->name = name_of(v, journal);
			jail->journal = is_own ? NULL : journal;
			return;
		}
		if (*s == ']' && s[1] == '[')
			s++;
		else if (*s != ',')
			break;
	}
	jailvalue_fault(v, t, NULL,
		"'%s' is not of the form systemd[option=value, ...]", t->text);
}

void backend_read(const struct jailvalue *v, struct jail *jail)
{
	static const struct {
		const char *name;
		enum jail_backend backend;
	} backends[] = {
		{"auto", JAIL_AUTO},
		{"polling", JAIL_FILE},
		{"pyinotify", JAIL_FILE},
		{"gamin", JAIL_FILE},
		{"file", JAIL_FILE},
		{"systemd", JAIL_JOURNAL},
		{"journal", JAIL_JOURNAL},
		{"syslog", JAIL_SYSLOG},
	};
	struct jailvalue_text t = jailvalue_get(v, "backend");
	size_t n = t.text ? strcspn(t.text, "[ \t") : 0, i;

	jail->backend = JAIL_AUTO;
	if (n == 0)
		return;
	for (i = 0; i < sizeof(backends) / sizeof(*backends); i++)
		if (strlen(backends[i].name) == n &&
			strncasecmp(t.text, backends[i].name, n) == 0)
			break;
	if (i == sizeof(backends) / sizeof(*backends)) {
		jailvalue_fault(v, &t, NULL,
			"'%s' is none; there are auto, file, systemd and "
			"syslog",
			t.text);
		return;
	}
	jail->backend = backends[i].backend;
	jail->backend_word = backends[i].name;
	if (t.text[n] == '[' && jail->backend == JAIL_JOURNAL)
		read_options(v, &t, t.text + n + 1, jail);
	else if (t.text[n] == '[')
		jailvalue_warning(v, &t, NULL,
			"the options in '%s' are not supported; %s read",
			t.text,
			jail->backend == JAIL_SYSLOG ? "the one socket is"
						     : "its logpath is");
}
