/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_PROBE_H
#define MAILBAN_ALARMS_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * What a client of a mail server would see, asked step by step, each with a
 * deadline of its own. SMTP goes to MAIL FROM:<> and takes it back (RSET): a
 * server without room greets and says EHLO as ever, and only MAIL is refused
 * (Postfix' src/smtpd/smtpd_check.c). IMAP and POP3 are greeted, and asked for
 * TLS. Whatever a server does, a probe ends, and takes bounded memory.
 */
enum probe_kind {
	PROBE_SMTP,	   /* 25 */
	PROBE_SUBMISSION,  /* 587: MAIL may want a login first */
	PROBE_SUBMISSIONS, /* 465, under TLS from the first byte */
	PROBE_IMAP,
	PROBE_IMAPS,
	PROBE_POP3,
	PROBE_POP3S,
	PROBE_KINDS
};

enum probe_step {
	PROBE_CONNECT,
	PROBE_BANNER,
	PROBE_EHLO,
	PROBE_STARTTLS, /* STLS of POP3 */
	PROBE_TLS,	/* the handshake */
	PROBE_MAIL,
	PROBE_RSET,
	PROBE_QUIT,
	PROBE_DONE
};

enum probe_fault {
	PROBE_FINE,
	PROBE_REFUSED, /* by the system: nobody listens, no route; see error */
	PROBE_LATE,    /* nothing came in time */
	PROBE_CLOSED,  /* the server hung up */
	PROBE_NO,      /* it answered, and not with yes */
	PROBE_STRANGE, /* what it said is none of the protocol */
	PROBE_TOO_MUCH,
	PROBE_NO_TLS /* the handshake failed */
};

struct probe_target {
	enum probe_kind kind;
	struct sockaddr_storage to;
	socklen_t to_len;
	const char *name; /* the server's, for TLS; NULL or lasting */
	bool mail;	  /* go on to MAIL FROM */
	bool greeting;	  /* go no further than the greeting */
	int64_t patience; /* microseconds for each step */
};

#define PROBE_SAID 128

struct probe_result {
	enum probe_step step; /* that failed; PROBE_DONE if none did */
	enum probe_fault fault;
	int error; /* errno of PROBE_REFUSED */
	int code;  /* SMTP's, of what was answered last; 0 */
	/* What it said at the fault, printable ASCII alone, or why TLS failed.
	 */
	char said[PROBE_SAID];
	bool offers_tls, tls;	 /* and it was used */
	bool wants_login;	 /* before MAIL */
	bool mail_answered;	 /* MAIL got an answer, whatever it was */
	int64_t certificate_end; /* seconds since 1970; 0: none seen */
	int64_t took;		 /* microseconds */
};

struct probe;

/* Begins; never NULL. target is copied. */
struct probe *probe_new(const struct probe_target *target);
void probe_free(struct probe **probe);
/*
 * Goes on to the end with several side by side, until clock_mono() is
 * deadline; what is not done then is PROBE_LATE.
 */
#define PROBE_MOST 64
void probe_run(struct probe **probes, size_t n, int64_t deadline);
/* The same until the first of them is at its end, or then; none is given up. */
void probe_wait(struct probe **probes, size_t n, int64_t until);
const struct probe_result *probe_result(const struct probe *probe);

/* "smtp", "submissions" and so on; -1 if it is none of them. */
int probe_kind_parse(const char *name);
const char *probe_kind_name(enum probe_kind kind);
uint16_t probe_kind_port(enum probe_kind kind);

/* "MAIL FROM: 452 4.3.1 Insufficient system storage": the fault in words, or
 * "" if there was none. */
#define PROBE_TELL (PROBE_SAID + 80)
void probe_tell(const struct probe_result *result, char buf[PROBE_TELL]);

#endif
