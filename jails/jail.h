/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_JAIL_H
#define MAILBAN_JAILS_JAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jails/escalate.h"
#include "lib/prefixset.h"

/* What one [section] of jail.conf and its like asks for, checked. */

/* A text and where it was written, for messages of those who use it. */
struct jail_text {
	const char *text; /* NULL if the jail does not say */
	const char *file;
	int line;
};

enum jail_backend {
	JAIL_AUTO, /* files if there are any, else the journal */
	JAIL_FILE,
	JAIL_JOURNAL,
	JAIL_SYSLOG, /* the socket of mailban.conf(5) */
};

enum jail_usedns { JAIL_DNS_NO, JAIL_DNS_WARN, JAIL_DNS_YES, JAIL_DNS_RAW };

/* Whose lines are believed, where it is known who wrote them: root's and the
 * services' that the jail is for, or anyone's. */
enum jail_trust { JAIL_TRUST_SYSTEM, JAIL_TRUST_ANY };

/* What a jail counts: each line that its filter finds, or each attempt, of
 * which several lines may tell. */
enum jail_count { JAIL_COUNT_LINES, JAIL_COUNT_ATTEMPTS };

struct jail_logpath {
	const char *glob; /* absolute */
	bool tail;	  /* begin at its end, at the first start */
};

/* Journal fields that must all match; a list of these is ORed. */
struct jail_match {
	const char *const *fields; /* "_SYSTEMD_UNIT=postfix@-.service" */
	size_t n;
};

/* A journal that is not the host's own, as its backend's options have it. */
struct jail_journal {
	const char *name; /* "journal[journalpath=/x]": all that is said */
	const char *path; /* absolute; NULL if not given, as the next two */
	bool has_path;	  /* one was given, the host's own included */
	const char *const *files; /* patterns, absolute, up to a NULL */
	const char *name_space;
	bool flagged;
	int flags; /* of sd_journal_open(3) */
};

struct jail_ports {
	uint16_t first, last;
};

/* One word of ignoreip: a prefix, or a name and what it stands for. */
struct jail_ignored {
	char *name; /* a host's, or file:PATH; NULL: prefix is it */
	struct prefix prefix;
	struct prefixset members; /* of a name */
};

struct jail {
	const char *name; /* [A-Za-z0-9_.-]{1,64} */
	const char *file; /* where it was enabled */
	int line;

	/* name[option=value, ...], not parsed; text NULL if there is none. */
	struct jail_text filter;
	/*
	 * In place of the filter's own, where the text is not NULL. They may
	 * hold %(known/KEY)s, which is for the filter's value of KEY.
	 */
	struct jail_text failregex, ignoreregex, prefregex, datepattern;
	struct jail_text maxlines;
	/* In place of the filter's where journalmatch_text.text is set. */
	struct jail_text journalmatch_text;
	const struct jail_match *journalmatch;
	size_t journalmatch_n;

	enum jail_backend backend;
	enum jail_trust trust;
	const char *backend_word; /* of fail2ban's, that stands in the file */
	const struct jail_journal *journal; /* NULL: the host's own */
	enum jail_usedns usedns;
	bool usedns_said; /* by the jail; else it is the filter's */
	const struct jail_logpath *logpaths;
	size_t logpaths_n;
	bool sourceless; /* nothing says where its lines are to come from */
	/* Its filter is "recidive": other jails' bans are failures to it. */
	bool counts_bans;

	enum jail_count count;
	uint32_t maxretry;   /* at least 1 */
	uint32_t maxmatches; /* lines kept of a ban */
	int64_t findtime;    /* seconds, at least 1 */
	int64_t bantime;     /* seconds, at least 1; -1 = for ever */
	struct escalate escalate;
	/* Those of bantime.* that are no number, as written; NULL: not set. */
	const char *bantime_factor, *bantime_formula, *bantime_multipliers;

	struct prefixset ignoreip;    /* what the words below hold, in all */
	struct jail_ignored *ignored; /* in their order; see jails/ignore.h */
	size_t ignored_n, ignored_room;
	struct jail_text *ignore_names; /* for ignore_resolve() */
	size_t ignore_names_n;
	bool ignoreself;
	bool disconnect; /* who is banned loses open connections */

	const char **actions; /* the names of its action=, in their order */
	size_t actions_n;
	bool bans;	/* false: has actions and none of them bans */
	bool notices;	/* a sendmail-* action: wants a notice of each ban */
	bool ports_all; /* of every protocol; then ports_n is 0 */
	bool tcp, udp;	/* protocols whose ports are meant */
	const struct jail_ports *ports; /* sorted, not overlapping */
	size_t ports_n;

	uint32_t changed; /* while it runs; see jails/jailset.h */
};

/* fail2ban's own where nothing is said. */
#define JAIL_MAXRETRY 3
#define JAIL_FINDTIME 600
#define JAIL_BANTIME 600
#define JAIL_ACTIONS_MOST 64 /* names that are kept */
/* Of maxretry and of maxmatches. */
#define JAIL_MAXRETRY_MOST 1000000u

struct arena;

/*
 * "A=1 B=2 + C=3", or a line each: cut into groups of fields, from the arena.
 * Quotes and backslash as a shell has them. False if a word is no FIELD=value;
 * then *why says so.
 */
bool jail_match_parse(const char *text, struct arena *arena,
	const struct jail_match **groups, size_t *n, const char **why);

/*
 * "pop3,pop3s, 465 6000:6010" into sorted ranges, from the arena; "all",
 * "any" and "0:65535" give *all and no ranges. False if a part is neither a
 * number, a range nor a service's name: *bad is then that part.
 */
bool jail_ports_parse(const char *text, struct arena *arena,
	const struct jail_ports **ports, size_t *n, bool *all,
	const char **bad);

/* "no", "warn", "yes", "raw", in any case; false if it is none of them. */
bool jail_usedns_parse(const char *text, enum jail_usedns *out);
const char *jail_usedns_name(enum jail_usedns usedns);

#endif
