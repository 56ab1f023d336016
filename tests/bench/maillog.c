/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a mail log as a busy host would have it: Postfix and Dovecot at
 * work, many sessions at a time, and among them those who guess passwords and
 * abuse the protocol. The same seed gives the same bytes, whatever the day.
 *
 * Clients are in 198.18.0.0/16 and attackers in 198.19.0.0/16 (RFC 2544: for
 * benchmarks), or in 2001:db8:1::/48 and 2001:db8:bad::/48 (RFC 3849). A few
 * attackers come often and many come once.
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* 2026-11-20 06:00:00 UTC, and so many lines are a second. */
#define START 1795154400
#define LINES_A_SECOND 120
#define SESSIONS 96 /* at a time */
#define ATTACKERS 40000

struct session {
	const char *const *script; /* the lines it still writes */
	char host[48], addr[48], queue[16], id[24];
	char sender[64], rcpt[64], message[80];
	unsigned pid;
};

struct maker {
	uint64_t random;
	int64_t now;   /* microseconds since 1970 */
	unsigned rate; /* lines a second */
	bool iso;
	struct session sessions[SESSIONS];
	char line[2048];
	size_t n;
};

/*
 * Lines: the program, a blank, the text. In them %a is the address, %h the
 * name of the client, %q the queue id, %s and %r the sender and recipient,
 * %u the user, %m the message id, %i the session id of Dovecot, %d a delay,
 * %n a number below 1000, %p the process, %P a port, %x a byte in hex.
 */
static const char *const incoming[] = {
	"postfix/postscreen CONNECT from [%a]:%P to [203.0.113.25]:25",
	"postfix/postscreen PASS OLD [%a]:%P",
	"postfix/smtpd connect from %h[%a]",
	"postfix/smtpd Anonymous TLS connection established from %h[%a]: "
	"TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) "
	"key-exchange "
	"X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256",
	"postfix/smtpd %q: client=%h[%a]",
	"postfix/cleanup %q: message-id=<%m>",
	"postfix/qmgr %q: from=<%s>, size=%n%n, nrcpt=1 (queue active)",
	"postfix/smtpd disconnect from %h[%a] ehlo=2 starttls=1 mail=1 rcpt=1 "
	"data=1 quit=1 commands=7",
	"dovecot lmtp(%r)<%p><%i>: msgid=<%m>: saved mail to INBOX",
	"postfix/lmtp %q: to=<%r>, "
	"relay=mx1.example.org[private/dovecot-lmtp], "
	"delay=%d, delays=%d/0.01/0.02/%d, dsn=2.0.0, status=sent (250 2.0.0 "
	"<%r> %i Saved)",
	"postfix/qmgr %q: removed", NULL};

static const char *const submitted[] = {
	"postfix/submission/smtpd connect from %h[%a]",
	"postfix/submission/smtpd %q: client=%h[%a], sasl_method=PLAIN, "
	"sasl_username=%s",
	"postfix/cleanup %q: message-id=<%m>",
	"postfix/qmgr %q: from=<%s>, size=%n%n, nrcpt=1 (queue active)",
	"postfix/submission/smtpd disconnect from %h[%a] ehlo=2 starttls=1 "
	"auth=1 mail=1 rcpt=1 data=1 quit=1 commands=8",
	"postfix/smtp Trusted TLS connection established to "
	"mx.example.net[203.0.113.%x]:25: TLSv1.3 with cipher "
	"TLS_AES_256_GCM_SHA384 (256/256 bits)",
	"postfix/smtp %q: to=<%r>, relay=mx.example.net[203.0.113.80]:25, "
	"delay=%d, delays=%d/0.01/%d/%d, dsn=2.0.0, status=sent (250 2.0.0 Ok: "
	"queued as %q)",
	"postfix/qmgr %q: removed", NULL};

static const char *const deferred[] = {
	"postfix/pickup %q: uid=33 from=<www-data>",
	"postfix/cleanup %q: message-id=<%m>",
	"postfix/qmgr %q: from=<%s>, size=%n, nrcpt=1 (queue active)",
	"postfix/smtp connect to mx2.example.net[203.0.113.%x]:25: Connection "
	"timed out",
	"postfix/smtp %q: to=<%r>, relay=none, delay=%d, delays=%d/0/30/0, "
	"dsn=4.4.1, status=deferred (connect to "
	"mx2.example.net[203.0.113.81]:25: Connection timed out)",
	NULL};

static const char *const imap[] = {
	"dovecot imap-login: Login: user=<%r>, method=PLAIN, rip=%a, "
	"lip=203.0.113.25, mpid=%p, TLS, session=<%i>",
	"dovecot imap(%r)<%p><%i>: Disconnected: Logged out in=%n out=%n%n "
	"deleted=0 expunged=0 trashed=0 hdr_count=%n hdr_bytes=%n%n "
	"body_count=0 body_bytes=0",
	NULL};

static const char *const imap_idle[] = {
	"dovecot imap-login: Login: user=<%r>, method=PLAIN, rip=%a, "
	"lip=203.0.113.25, mpid=%p, TLS, session=<%i>",
	"dovecot imap(%r)<%p><%i>: copy from INBOX: box=Trash, uid=%n, "
	"msgid=<%m>, size=%n%n",
	"dovecot imap(%r)<%p><%i>: Connection closed (IDLE running for 0.001 + "
	"waiting input for %n.%n secs, 2 B in + 10 B out, state=wait-input) "
	"in=%n out=%n%n deleted=0 expunged=0 trashed=0 hdr_count=0 hdr_bytes=0 "
	"body_count=0 body_bytes=0",
	NULL};

static const char *const pop3[] = {
	"dovecot pop3-login: Login: user=<%r>, method=PLAIN, rip=%a, "
	"lip=203.0.113.25, mpid=%p, TLS, session=<%i>",
	"dovecot pop3(%r)<%p><%i>: Disconnected: Logged out top=0/0, retr=0/0, "
	"del=0/%n, size=%n%n",
	NULL};

static const char *const local[] = {"postfix/pickup %q: uid=0 from=<root>",
	"postfix/cleanup %q: message-id=<%m>",
	"postfix/qmgr %q: from=<root@mx1.example.org>, size=%n, nrcpt=1 (queue "
	"active)",
	"postfix/local %q: to=<root@mx1.example.org>, orig_to=<root>, "
	"relay=local, delay=%d, delays=%d/0/0/%d, dsn=2.0.0, status=sent "
	"(delivered to mailbox)",
	"postfix/qmgr %q: removed", NULL};

static const char *const statistics[] = {
	"postfix/anvil statistics: max connection rate %n/60s for (smtp:%a)",
	"postfix/anvil statistics: max connection count 2 for (smtp:%a)",
	"postfix/anvil statistics: max cache size %n", NULL};

static const struct {
	const char *const *script;
	unsigned weight;
} kinds[] = {{incoming, 34}, {submitted, 14}, {deferred, 4}, {imap, 26},
	{imap_idle, 12}, {pop3, 8}, {local, 1}, {statistics, 1}};

static const char *const hostile[] = {
	"dovecot imap-login: Disconnected: Connection closed (auth failed, 1 "
	"attempts in 2 secs): user=<%u>, method=PLAIN, rip=%a, "
	"lip=203.0.113.25, TLS, session=<%i>",
	"dovecot imap-login: Login aborted: Connection closed (auth failed, 3 "
	"attempts in 15 secs) (auth_failed): user=<%u>, method=PLAIN, rip=%a, "
	"lip=203.0.113.25, TLS, session=<%i>",
	"dovecot pop3-login: Aborted login (auth failed, 2 attempts in 4 "
	"secs): "
	"user=<%u>, method=PLAIN, rip=%a, lip=203.0.113.25, session=<%i>",
	"dovecot imap-login: Disconnected: Inactivity (auth failed, 1 attempts "
	"in 180 secs): user=<%u>, method=PLAIN, rip=%a, lip=203.0.113.25, TLS, "
	"session=<%i>",
	"dovecot imap-login: Disconnected: Too many invalid commands (no auth "
	"attempts in 3 secs): user=<>, rip=%a, lip=203.0.113.25, session=<%i>",
	"dovecot imap-login: Disconnected: Connection closed: SSL_accept() "
	"failed: error:0A00010B:SSL routines::wrong version number (no auth "
	"attempts in 0 secs): user=<>, rip=%a, lip=203.0.113.25, TLS "
	"handshaking: SSL_accept() failed: error:0A00010B:SSL routines::wrong "
	"version number, session=<%i>",
	"dovecot auth: passwd-file(%u,%a,<%i>): unknown user",
	"dovecot auth-worker(%p): conn unix:auth-worker (pid=%p,uid=97): "
	"auth-worker<%n>: sql(%u,%a,<%i>): Password mismatch",
	"dovecot auth(%u,%a,sasl:plain)<%i>: sql: Password mismatch",
	"dovecot auth: plain(?,%a,<%i>): invalid input",
	"postfix/smtpd warning: unknown[%a]: SASL LOGIN authentication failed: "
	"UGFzc3dvcmQ6, sasl_username=%u",
	"postfix/smtpd warning: unknown[%a]: SASL LOGIN authentication failed: "
	"authentication failure, sasl_username=%u",
	"postfix/submission/smtpd warning: unknown[%a]: SASL PLAIN "
	"authentication failed: (reason unavailable), sasl_username=%u",
	"postfix/smtps/smtpd warning: unknown[%a]: SASL PLAIN authentication "
	"failed: Invalid authentication mechanism, sasl_username=(unavailable)",
	"postfix/smtpd disconnect from unknown[%a] ehlo=1 auth=0/1 "
	"commands=1/2",
	"postfix/smtpd lost connection after AUTH from unknown[%a]",
	"postfix/smtpd improper command pipelining after CONNECT from "
	"unknown[%a]: \\026\\003\\001",
	"postfix/smtpd warning: non-SMTP command from unknown[%a]: GET / "
	"HTTP/1.1",
	"postfix/smtpd NOQUEUE: reject: RCPT from unknown[%a]: 454 4.7.1 "
	"<x@example.com>: Relay access denied; from=<%u> to=<x@example.com> "
	"proto=ESMTP helo=<%x.example>",
	"postfix/smtpd NOQUEUE: reject: RCPT from unknown[%a]: 550 5.1.1 <%u>: "
	"Recipient address rejected: User unknown in virtual mailbox table; "
	"from=<a@example.com> to=<%u> proto=ESMTP helo=<h>",
	"postfix/smtpd NOQUEUE: reject: RCPT from unknown[%a]: 554 5.7.1 "
	"Service "
	"unavailable; Client host [%a] blocked using zen.example; "
	"from=<a@example.com> to=<%r> proto=ESMTP helo=<h>",
	"postfix/postscreen PREGREET 11 after 0.04 from [%a]:%P: EHLO "
	"User\\r\\n",
	"postfix/postscreen DNSBL rank 6 for [%a]:%P",
	"postfix/postscreen NOQUEUE: reject: RCPT from [%a]:%P: 550 5.7.1 "
	"Service unavailable; client [%a] blocked using zen.example; "
	"from=<a@example.com>, to=<%r>, proto=ESMTP, helo=<h>",
};

/* What they try; some hope to be read as something else. */
static const char *const guesses[] = {"admin", "info", "test", "root", "sales",
	"postmaster", "contact@example.org", "bob@example.org",
	"alice@example.org", "office@example.org", "x,192.0.2.1): unknown user",
	"a rip=192.0.2.2, lip=192.0.2.3", "user=<b>, rip=192.0.2.4,"};

static const char *const people[] = {"alice", "bob", "carol", "dave", "erin",
	"frank", "grace", "heidi", "ivan", "judy", "mallory.jones", "niaj",
	"olivia", "peggy.smith", "rupert", "sybil", "trent", "victor", "walter",
	"wendy.wagner"};

static const char *const domains[] = {"example.org", "example.com",
	"mail.example.net", "lists.example.org", "shop.example.com"};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* xorshift64*, Vigna 2016. */
static uint64_t next(struct maker *m)
{
	m->random ^= m->random >> 12;
	m->random ^= m->random << 25;
	m->random ^= m->random >> 27;
	return m->random * UINT64_C(2685821657736338717);
}

static unsigned roll(struct maker *m, unsigned sides)
{
	return (unsigned)((next(m) >> 33) % sides);
}

/* n letters and digits. */
static void name_at_random(struct maker *m, char *to, size_t n)
{
	static const char letters[] =
		"0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";

	for (size_t i = 0; i < n; i++)
		to[i] = letters[roll(m, sizeof(letters) - 1)];
	to[n] = '\0';
}

/* One in six speaks IPv6. */
static void address(char *to, size_t room, unsigned who, bool attacks)
{
	if (who % 6 == 0)
		snprintf(to, room,
			attacks ? "2001:db8:bad:%x::%x" : "2001:db8:1:%x::%x",
			who & 0xfff, who >> 4 | 1);
	else
		snprintf(to, room, "198.%d.%u.%u", attacks ? 19 : 18,
			who >> 8 & 0xff, who & 0xff);
}

static void mailbox(struct maker *m, char *to, size_t room)
{
	snprintf(to, room, "%s@%s", people[roll(m, COUNT(people))],
		domains[roll(m, COUNT(domains))]);
}

static void session_begin(struct maker *m, struct session *s)
{
	unsigned weight = roll(m, 100), who = roll(m, 6000);
	size_t kind = 0;

	for (; weight >= kinds[kind].weight; kind++)
		weight -= kinds[kind].weight;
	s->script = kinds[kind].script;
	/* Half of them are not seen by postscreen. */
	if (s->script == incoming && roll(m, 2))
		s->script += 2;
	address(s->addr, sizeof(s->addr), who, false);
	if (who % 9 == 0)
		strcpy(s->host, "unknown");
	else
		snprintf(s->host, sizeof(s->host), "%s-%u.%s",
			who % 2 ? "mail" : "dsl", who,
			domains[who % COUNT(domains)]);
	name_at_random(m, s->queue, 12);
	s->queue[11] = 'z';
	s->queue[0] = '4';
	name_at_random(m, s->id, 16);
	mailbox(m, s->sender, sizeof(s->sender));
	mailbox(m, s->rcpt, sizeof(s->rcpt));
	name_at_random(m, s->message, 20);
	strcat(s->message, "@");
	strcat(s->message, domains[roll(m, COUNT(domains))]);
	s->pid = 1000 + roll(m, 60000);
}

static void put(struct maker *m, const char *text)
{
	size_t n = strlen(text);

	if (n > sizeof(m->line) - m->n - 2)
		n = sizeof(m->line) - m->n - 2;
	memcpy(m->line + m->n, text, n);
	m->n += n;
}

__attribute__((format(printf, 2, 3))) static void print(
	struct maker *m, const char *format, ...)
{
	char text[64];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put(m, text);
}

static void put_field(struct maker *m, const struct session *s, char field)
{
	switch (field) {
	case 'a':
		return put(m, s->addr);
	case 'h':
		return put(m, s->host);
	case 'q':
		return put(m, s->queue);
	case 's':
		return put(m, s->sender);
	case 'r':
		return put(m, s->rcpt);
	case 'u':
		return put(m, guesses[roll(m, COUNT(guesses))]);
	case 'm':
		return put(m, s->message);
	case 'i':
		return put(m, s->id);
	case 'd':
		return print(m, "%u.%02u", roll(m, 4), roll(m, 100));
	case 'n':
		return print(m, "%u", 1 + roll(m, 999));
	case 'p':
		return print(m, "%u", s->pid);
	case 'P':
		return print(m, "%u", 1024 + s->pid);
	case 'x':
		return print(m, "%x", roll(m, 10));
	}
}

static void put_date(struct maker *m)
{
	time_t seconds = (time_t)(m->now / 1000000);
	char text[64];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	if (m->iso) {
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
		put(m, text);
		print(m, ".%06u+00:00 mx1 ", (unsigned)(m->now % 1000000));
	} else {
		strftime(text, sizeof(text), "%b %e %H:%M:%S mx1 ", &tm);
		put(m, text);
	}
}

static void line_write(
	struct maker *m, const struct session *s, const char *text)
{
	const char *blank = strchr(text, ' ');
	char program[32];

	m->n = 0;
	put_date(m);
	snprintf(program, sizeof(program), "%.*s", (int)(blank - text), text);
	put(m, program);
	/* Dovecot's log process writes no number. */
	if (strcmp(program, "dovecot") != 0)
		print(m, "[%u]", s->pid);
	put(m, ": ");
	for (text = blank + 1; *text; text++) {
		char plain[2] = {*text, '\0'};

		if (*text == '%')
			put_field(m, s, *++text);
		else
			put(m, plain);
	}
	m->line[m->n++] = '\n';
	fwrite(m->line, 1, m->n, stdout);
}

static void hostile_line(struct maker *m)
{
	struct session s;
	unsigned who = roll(m, ATTACKERS);

	session_begin(m, &s);
	/* Three in four come from one in a hundred. */
	if (roll(m, 4))
		who %= ATTACKERS / 100;
	address(s.addr, sizeof(s.addr), who, true);
	line_write(m, &s, hostile[roll(m, COUNT(hostile))]);
}

static void ordinary_line(struct maker *m)
{
	struct session *s = &m->sessions[roll(m, SESSIONS)];

	line_write(m, s, *s->script);
	if (!*++s->script)
		session_begin(m, s);
}

static void lines_write(struct maker *m, uint64_t lines, unsigned percent)
{
	for (size_t i = 0; i < SESSIONS; i++)
		session_begin(m, &m->sessions[i]);
	for (uint64_t i = 0; i < lines; i++) {
		m->now += roll(m, 2 * 1000000 / m->rate);
		if (roll(m, 100) < percent)
			hostile_line(m);
		else
			ordinary_line(m);
	}
}

static int usage(void)
{
	fprintf(stderr,
		"usage: maillog [--seed N] [--lines N] [--hostile PERCENT]\n"
		"               [--start UNIXTIME] [--rate LINES_A_SECOND] "
		"[--iso]\n"
		"               [SEED [LINES]]\n");
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"seed", required_argument, NULL, 's'},
		{"lines", required_argument, NULL, 'l'},
		{"hostile", required_argument, NULL, 'p'},
		{"start", required_argument, NULL, 't'},
		{"rate", required_argument, NULL, 'r'},
		{"iso", no_argument, NULL, 'i'}, {0}};
	static struct maker m = {
		.now = START * INT64_C(1000000), .rate = LINES_A_SECOND};
	uint64_t seed = 1, lines = 100000;
	unsigned percent = 6;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0)
		switch (option) {
		case 's':
			seed = strtoull(optarg, NULL, 10);
			break;
		case 'l':
			lines = strtoull(optarg, NULL, 10);
			break;
		case 'p':
			percent = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 't':
			m.now = strtoll(optarg, NULL, 10) * INT64_C(1000000);
			break;
		case 'r':
			m.rate = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'i':
			m.iso = true;
			break;
		default:
			return usage();
		}
	if (optind < argc)
		seed = strtoull(argv[optind++], NULL, 10);
	if (optind < argc)
		lines = strtoull(argv[optind++], NULL, 10);
	if (optind < argc || m.rate == 0 || m.rate > 1000000)
		return usage();
	m.random = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
	lines_write(&m, lines, percent);
	return fflush(stdout) == 0 ? 0 : 1;
}
