/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LEDGER_RECORD_H
#define MAILBAN_LEDGER_RECORD_H

#include <stdint.h>

#include "ledger/span.h"
#include "ledger/when.h"

struct line;

/* What one line of a mail program tells. */
enum record_kind {
	RECORD_OTHER,	/* of no mail program */
	RECORD_UNKNOWN, /* of a mail program, and not understood */
	RECORD_IDLE,	/* understood; there is nothing in it to count */
	/* Postfix */
	RECORD_RECEIVED,   /* a message came: queue, client, or by pickup(8) */
	RECORD_MESSAGE_ID, /* queue, message_id */
	RECORD_QUEUED,	   /* queue, sender, size, nrcpt */
	RECORD_DELIVERY,   /* queue, recipient, orig_to, relay, delay,
			      status, rest */
	RECORD_EXPIRED,	   /* queue: given up, returned to its sender */
	RECORD_REMOVED,	   /* queue */
	RECORD_REFUSED,	   /* by smtpd(8), postscreen(8): action, reason (what
			      was refused: RCPT), client, rest, queue (or
			      empty) */
	RECORD_CHECKED,	   /* by cleanup(8): queue, action, reason, rest */
	RECORD_WARNING,	   /* rest */
	RECORD_FATAL,	   /* rest */
	RECORD_PANIC,	   /* rest */
	RECORD_MASTER,	   /* rest: what master(8) says */
	RECORD_CONNECT,	   /* pid, client */
	RECORD_DISCONNECT, /* pid, client */
	RECORD_UNREACHED,  /* relay: a host that smtp(8) cannot reach; reason */
	/* Dovecot */
	RECORD_SAVED, /* recipient, message_id: into a mailbox */
	/* All that let people in */
	RECORD_LOGIN,  /* account, address */
	RECORD_ATTACK, /* account, address: a login that failed */
	/* mailband */
	RECORD_BAN, /* account: the jail, address */
	RECORD_KINDS
};

/* What was done with a message that was refused or looked at. */
enum record_action {
	RECORD_REJECT,
	RECORD_REJECT_WARNING,
	RECORD_HOLD,
	RECORD_DISCARD,
	RECORD_ACTIONS
};

/*
 * A line's parts; all of them point into the line. Those that the kind does
 * not name are not set; but rest always is of Dovecot's, what stands behind the
 * process and its user.
 */
struct record {
	/* For reading_line, and who has its records: */
	struct when when;
	uint64_t hash; /* messages_hash of queue; 0 = it has none */
	enum record_kind kind;
	enum record_action action;
	uint32_t settled;    /* of CONNECT, DISCONNECT, IDLE: of how many bytes
				that follows, whatever comes then; 0 = of all */
	struct span program; /* "smtpd", "qmgr", "dovecot"; always set */
	struct span log;     /* all that the program said; always set */
	struct span queue;
	struct span recipient;
	struct span relay;
	struct span rest;
	/* No kind has two of one union. */
	union {
		struct span client; /* "mail.example.org[192.0.2.1]"; empty =
				       pickup */
		struct span sender;
		struct span orig_to; /* whom it was first for, or empty */
	};
	union {
		struct span origin; /* the queue id before a content filter, or
				       empty */
		struct span size;   /* digits */
		struct span delay;
	};
	union {
		struct span account;
		struct span nrcpt;  /* digits: how many recipients; or empty */
		struct span delays; /* "a/b/c/d", or empty */
	};
	union {
		struct span address;
		struct span dsn; /* or empty */
	};
	union {
		struct span status;
		struct span reason;
		struct span message_id;
		struct span pid;
	};
};

/*
 * What the line is, by what Postfix 3.4 to 3.12 and Dovecot 2.3 and 2.4 write
 * (src/smtpd/smtpd.c, src/global/log_adhoc.c, src/qmgr/qmgr_active.c and their
 * like; src/login-common/client-common.c, src/lmtp). A program is Postfix's if
 * its name begins with "postfix" or with name (syslog_name of postconf(5)).
 * Any bytes are safe; no allocation.
 */
void record_parse(
	const struct line *line, struct span name, struct record *record);

/*
 * Whether it is a login that failed, as Dovecot and smtpd(8) tell of it; then
 * account is whose, or empty if nobody knows: "(unavailable)" is no name, but
 * what src/smtpd/smtpd_sasl_glue.c writes for none.
 */
bool record_failed_login(const struct record *record, struct span *account);

/* Those that record_parse goes to; message is what the program said. */
void postfix_parse(struct span message, struct record *record);
void dovecot_parse(struct span tag, struct span message, struct record *record);

/*
 * Whether what a program of Postfix's says counts nothing: behind the id of a
 * message, or else; of that, how many bytes make it so, 0 = it is not known.
 */
bool postfix_idle_of_message(struct span in);
size_t postfix_idle(struct span program, struct span in);

#endif
