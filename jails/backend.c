/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The backend of a jail. Of its options those do no harm that ask for what is
 * read anyway, the host's own journal; another one is told, as a jail that
 * looks at nothing would guard nothing.
 */
#include "jails/backend.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "jails/jailvalue.h"

#define BLANKS " \t\n"

/* SD_JOURNAL_LOCAL_ONLY and SD_JOURNAL_SYSTEM of sd_journal_open(3): all that
 * they let through is read. */
#define FLAGS_READ (1 | 4)

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

static bool is_never_read(const char *value)
{
	return *value == '\0';
}

static void read_option(const struct jailvalue *v,
	const struct jailvalue_text *t, const char *key, const char *value)
{
	static const struct {
		const char *key;
		bool (*is_read)(const char *value);
	} options[] = {
		{"journalflags", is_flags_read},
		{"journalpath", is_path_read},
		{"journalfiles", is_never_read},
		{"namespace", is_never_read},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		if (strcmp(options[i].key, key) != 0)
			continue;
		if (!options[i].is_read(value))
			jailvalue_warning(v, t, NULL,
				"%s=%s is not followed: the host's own journal "
				"is read; run mailband where the other one is "
				"written, or have it write a log and name that "
				"as logpath",
				key, value);
		return;
	}
	jailvalue_fault(v, t, NULL,
		"'%s' is no option of systemd; there are journalpath, "
		"journalfiles, journalflags and namespace",
		key);
}

/* "journalflags=1, namespace='x']", or with "][" between them. */
static void read_options(const struct jailvalue *v,
	const struct jailvalue_text *t, const char *s)
{
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
		read_option(v, t, key, value);
		s += strspn(s, BLANKS);
		if (*s == ']' && s[1 + strspn(s + 1, BLANKS)] == '\0')
			return;
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
		read_options(v, &t, t.text + n + 1);
	else if (t.text[n] == '[')
		jailvalue_warning(v, &t, NULL,
			"the options in '%s' are not supported; %s read",
			t.text,
			jail->backend == JAIL_SYSLOG ? "the one socket is"
						     : "its logpath is");
}
