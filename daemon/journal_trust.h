/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_JOURNAL_TRUST_H
#define MAILBAN_DAEMON_JOURNAL_TRUST_H

#include <stdbool.h>

#include "daemon/trusted.h"
#include "lib/line.h"
#include "sources/journal.h"

struct config_jail;
struct syslog_trust;

/* Whom a jail believes: which entries of the journal may count for it. */
struct journal_trust;

/* Who wrote an entry, in journald's own word but for comm. */
struct journal_writer {
	bool has_uid; /* journald knows it of every process */
	bool by_kernel;
	unsigned long uid;
	char unit[128]; /* "" if it has none */
	char comm[32];	/* what the program calls itself */
};

/* Within journal_read's fn. */
void journal_writer_read(struct journal *journal, struct journal_writer *out);

/* item must outlive it. Never NULL. */
struct journal_trust *journal_trust_new(const struct config_jail *item);
void journal_trust_free(struct journal_trust **trust);

/*
 * What is to be read for it: the entries of its journalmatch, and those that
 * would be but for who wrote them, so that it can be told who tried. *n = 0 is
 * all entries. They live as long as trust.
 */
const struct journal_match *journal_trust_matches(
	const struct journal_trust *trust, size_t *n);

/*
 * Within journal_read's fn, of the entry that is being handed on. users may be
 * NULL: then of a service's user without a unit nothing is known.
 * Source: systemd.journal-fields(7), "Trusted Journal Fields".
 */
enum trusted_answer journal_trust_ask(const struct journal_trust *trust,
	struct journal *journal, const struct journal_writer *writer,
	const struct syslog_trust *users, const struct line *line);

/*
 * Is it the system's own, without a word of the jail's on who writes: the
 * kernel, root, or a service's user in a unit of the program's name? What
 * journald does not tell of a writer speaks against him. Only where there are
 * no units at all (has_units) a service's user needs none.
 */
bool journal_trust_systems(const struct journal_writer *writer, bool has_units,
	const char *tag, size_t tag_len);

/* Is the uid one of the host's people, and no service's? */
bool journal_trust_is_people(unsigned long uid);

/*
 * Does the unit bear the program's name, or a part of it, as ssh.service does
 * sshd's, postfix@-.service postfix/smtpd's, courier-imap.service imapd's?
 */
bool journal_trust_named(const char *unit, const char *tag, size_t tag_len);

#endif
