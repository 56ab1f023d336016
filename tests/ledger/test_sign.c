/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which lines are signs of trouble, as the programs print them; and that no
 * client makes one: each sign's text, with all that may end a field before it,
 * goes into every place of the filters' corpora that a client fills.
 */
#include "ledger/sign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "ledger/record.h"
#include "lib/line.h"
#include "sources/header.h"

static const struct row {
	enum sign sign;
	const char *who, *tag, *message;
} rows[] = {
	/* src/smtpd/smtpd_check.c, smtpd_check_queue() */
	{SIGN_NO_SPACE, "smtpd", "postfix/smtpd",
		"NOQUEUE: reject: MAIL from unknown[192.0.2.1]: 452 4.3.1 "
		"Insufficient system storage; proto=ESMTP helo=<x>"},
	{SIGN_NO_SPACE, "smtpd", "postfix/submission/smtpd",
		"warning: not enough free space in mail queue: 9306112 bytes < "
		"1.5*message size limit"},
	/* src/cleanup/cleanup_out.c, src/global/mail_queue.c */
	{SIGN_NO_SPACE, "cleanup", "postfix/cleanup",
		"warning: 4F1C2A3: write queue file: No space left on device"},
	{SIGN_NO_SPACE, "cleanup", "postfix-in/cleanup",
		"warning: mail_queue_enter: create file incoming/112.77: No "
		"space left on device"},
	{SIGN_DISK_FAULT, "cleanup", "postfix/cleanup",
		"warning: mail_queue_enter: create file incoming/112.77: "
		"Read-only file system"},
	{SIGN_DISK_FAULT, "qmgr", "postfix/qmgr",
		"fatal: qmgr_move: update active/4F1C2A3 time stamps: "
		"Read-only file system"},
	{SIGN_DISK_FAULT, "bounce", "postfix/bounce",
		"warning: open file defer 4F1C2A3: Input/output error"},
	/* src/local/mailbox.c, src/local/maildir.c, src/virtual */
	{SIGN_NO_SPACE, "local", "postfix/local",
		"4F1C2A3: to=<alice@mx.example.org>, relay=local, delay=0.1, "
		"delays=0/0/0/0, dsn=4.3.0, status=deferred (cannot update "
		"mailbox /var/mail/alice for user alice. error writing "
		"message: No space left on device)"},
	{SIGN_NO_SPACE, "virtual", "postfix/virtual",
		"4F1C2A3: to=<a@b>, relay=virtual, delay=0.1, delays=0/0/0/0, "
		"dsn=4.3.0, status=deferred (maildir delivery failed: create "
		"maildir file /srv/tmp/1.P2.mx: No space left on device)"},
	/* src/master/master_avail.c, master_spawn.c, master_sig.c, master.c */
	{SIGN_LIMIT, "smtp", "postfix/master",
		"warning: service \"smtp\" (25) has reached its process limit "
		"\"100\": new clients may experience noticeable delays"},
	{SIGN_LIMIT, "postscreen", "postfix/postscreen",
		"NOQUEUE: reject: CONNECT from [192.0.2.1]:4711: all server "
		"ports busy"},
	{SIGN_THROTTLED, "smtpd", "postfix/master",
		"warning: /usr/lib/postfix/sbin/smtpd: bad command startup -- "
		"throttling"},
	{SIGN_THROTTLED, "master", "postfix/master",
		"warning: master_spawn: fork: Resource temporarily unavailable "
		"-- throttling"},
	{SIGN_CRASHED, "smtpd", "postfix/master",
		"warning: process /usr/lib/postfix/sbin/smtpd pid 4711 killed "
		"by signal 11"},
	{SIGN_NONE, "", "postfix/master",
		"warning: process /usr/lib/postfix/sbin/smtpd pid 4711 exit "
		"status 1"},
	{SIGN_CRASHED, "qmgr", "postfix/qmgr",
		"panic: qmgr_queue_select: bad queue mystate: 3"},
	{SIGN_FATAL, "smtpd", "postfix/smtpd",
		"fatal: in parameter smtpd_relay_restrictions or "
		"smtpd_recipient_restrictions, specify at least one working "
		"instance of: reject_unauth_destination"},
	{SIGN_NONE, "", "postfix/sendmail",
		"fatal: alice(1000): No recipient addresses found in message "
		"header"},
	{SIGN_NONE, "", "postfix/postdrop", "fatal: uid=1000: Illegal seek"},
	{SIGN_FATAL, "postscreen", "postfix/postscreen", "fatal: x"},
	{SIGN_STOPPED, "master", "postfix/master", "terminating on signal 15"},
	{SIGN_STARTED, "3.7.11", "postfix/master",
		"daemon started -- version 3.7.11, configuration /etc/postfix"},
	/* src/smtpd/smtpd_check.c, check_table_result(), reject_dict_retry() */
	{SIGN_CONFIG, "smtpd", "postfix/smtpd",
		"NOQUEUE: reject: RCPT from x[192.0.2.1]: 451 4.3.5 Server "
		"configuration error; from=<a@b> to=<c@d> proto=ESMTP helo=<x>"},
	{SIGN_CONFIG, "smtpd", "postfix/smtpd",
		"NOQUEUE: reject: RCPT from x[2001:db8::1]: 451 4.3.0 <c@d>: "
		"Temporary lookup failure; from=<a@b> to=<c@d> proto=ESMTP "
		"helo=<x>"},
	{SIGN_CONFIG, "pipe", "postfix/pipe",
		"4F1C2A3: to=<a@b>, relay=x, delay=0.1, delays=0/0/0/0, "
		"dsn=4.3.5, status=deferred (mail system configuration error)"},
	{SIGN_NONE, "", "postfix/smtpd",
		"NOQUEUE: reject: RCPT from x[192.0.2.1]: 450 4.7.1 no; x"},
	/* src/master/service-monitor.c, service-process.c, main.c */
	{SIGN_LIMIT, "imap-login", "dovecot",
		"master: Warning: service(imap-login): process_limit (100) "
		"reached, client connections are being dropped"},
	{SIGN_LIMIT, "auth", "dovecot",
		"master: Warning: service(auth): client_limit (1000) reached, "
		"client connections are being dropped (pid=1, reuse_port=yes)"},
	{SIGN_THROTTLED, "imap", "dovecot",
		"master: Error: service(imap): command startup failed, "
		"throttling for 2.000 secs"},
	{SIGN_THROTTLED, "imap", "dovecot",
		"master: Error: service(imap): fork() failed: Resource "
		"temporarily unavailable (ulimit -u 100 reached?)"},
	{SIGN_CRASHED, "imap", "dovecot",
		"imap(alice)<4711><9ZHq>: Fatal: master: service(imap): child "
		"4711 killed with signal 11 (core dumped)"},
	{SIGN_CRASHED, "auth", "dovecot",
		"auth: Fatal: master: service(auth): child 9 killed with "
		"signal 9"},
	{SIGN_CRASHED, "imap", "dovecot",
		"imap(alice)<4711><9ZHq>: Panic: file x.c: line 3: assertion "
		"failed: (a)"},
	{SIGN_FATAL, "lmtp", "dovecot",
		"lmtp: Fatal: master: service(lmtp): child 7 returned error 83 "
		"(Out of memory (service lmtp { vsz_limit=256 MB }, you may "
		"need to increase it))"},
	{SIGN_FATAL, "imap", "dovecot",
		"imap: Fatal: setgid(65534) failed: Operation not permitted"},
	{SIGN_NO_SPACE, "imap", "dovecot",
		"imap(alice)<4711><9ZHq>: Error: "
		"write(/srv/vmail/a/.imap/dovecot.index.log) failed: No space "
		"left on device"},
	{SIGN_DISK_FAULT, "lmtp", "dovecot",
		"lmtp(alice)<4711><9ZHq>: Error: open(/srv/vmail/tmp/x) "
		"failed: Read-only file system"},
	{SIGN_STOPPED, "master", "dovecot",
		"master: Warning: Killed with signal 15 (by pid=1 uid=0 "
		"code=kill)"},
	{SIGN_NONE, "", "dovecot",
		"imap: Warning: Killed with signal 15 (by pid=1 uid=0 "
		"code=kill)"},
	{SIGN_STARTED, "2.3.19.1", "dovecot",
		"master: Dovecot v2.3.19.1 (9b53102964) starting up for imap, "
		"lmtp"},
	/* What a server elsewhere, a command or a user's script says. */
	{SIGN_NONE, "", "postfix/smtp",
		"4F1C2A3: to=<a@b>, relay=mx[192.0.2.1]:25, delay=0.1, "
		"delays=0/0/0/0, dsn=4.3.1, status=deferred (host mx[192.0.2.1]"
		" said: 452 4.3.1 Insufficient system storage (in reply to "
		"MAIL FROM command))"},
	{SIGN_NONE, "", "postfix/local",
		"4F1C2A3: to=<a@b>, relay=local, delay=0.1, delays=0/0/0/0, "
		"dsn=4.3.0, status=deferred (temporary failure. Command "
		"output: cat: write error: No space left on device)"},
	{SIGN_NONE, "", "dovecot",
		"auth(x): Fatal: master: service(auth): child 1 killed with "
		"signal 9"},
	{SIGN_NONE, "", "postfix/smtpd", "warning: "},
	{SIGN_NONE, "", "postfix/master", "warning: process "},
	{SIGN_NONE, "", "postfix/master", "warning: service \""},
	{SIGN_NONE, "", "dovecot", "master: Error: service("},
	{SIGN_NONE, "", "dovecot", ""},
};

#define ROWS (sizeof(rows) / sizeof(*rows))

static enum sign sign_of(const struct line *line, struct span *who)
{
	struct record record;

	record_parse(line, SPAN(""), &record);
	if (line_is_of(line, "dovecot"))
		return sign_of_dovecot(&record, who);
	return sign_of_postfix(&record, who);
}

static void test_lines(void **state)
{
	struct span who;
	char text[1024];

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		struct line line = {.text = text};
		enum sign sign;

		snprintf(text, sizeof(text), "%s[77]: %s", row->tag,
			row->message);
		line.text_len = strlen(text);
		line.tag = text;
		line.tag_len = strlen(row->tag);
		line.message = text + line.tag_len + 6;
		line.message_len = strlen(row->message);
		sign = sign_of(&line, &who);
		if (sign != row->sign)
			fail_msg("%d, not %d: %s", sign, row->sign, text);
		if (sign != SIGN_NONE &&
			(who.n != strlen(row->who) ||
				memcmp(who.at, row->who, who.n)))
			fail_msg("%.*s: %s", (int)who.n, who.at, text);
	}
}

static const char *const ends[] = {"", " ", ": ", "; ", "; 452 4.3.1 ", ">, ",
	">", "> ", "): ", ">: ", "]: ", ")<x>: ", "]", "\\n", "\"", "\" ",
	"x]: 452 4.3.1 ", "]:25: ", " (", ")", "<", "warning: ", "1ABCDE: "};

static struct header_clock header_clock;
static size_t tried;

/* One place of a line with another text: it must be no other sign. */
static void try_one(const char *line_text, size_t at, size_t n, const char *end,
	const char *text, const char *after)
{
	static char forged[16384];
	enum sign before, sign;
	struct span who;
	struct line line;

	header_cut(line_text, strlen(line_text), &header_clock, &line);
	before = sign_of(&line, &who);
	snprintf(forged, sizeof(forged), "%.*s%s%s%s%s", (int)at, line_text,
		end, text, after, line_text + at + n);
	header_cut(forged, strlen(forged), &header_clock, &line);
	sign = sign_of(&line, &who);
	if (sign != before)
		fail_msg("%d, not %d: %s", sign, before, forged);
	tried++;
}

static void try_place(const char *line, size_t at, size_t n)
{
	for (size_t i = 0; i < ROWS; i++)
		for (size_t e = 0; e < sizeof(ends) / sizeof(*ends); e++) {
			if (rows[i].sign == SIGN_NONE)
				continue;
			try_one(line, at, n, ends[e], rows[i].message, "");
			/* As if the line ended there. */
			if (strstr(rows[i].message, "warning: "))
				try_one(line, at, n, ends[e],
					rows[i].message + 9, "");
		}
}

static void try_row(const json_t *row)
{
	const char *line = json_string_value(json_object_get(row, "line"));
	const json_t *mark;
	size_t i, from = 0;
	char place[8192];

	json_array_foreach (json_object_get(row, "client"), i, mark) {
		const char *kind = json_string_value(json_array_get(mark, 0));
		const char *before = json_string_value(json_array_get(mark, 1));
		const char *text = json_string_value(json_array_get(mark, 2));
		const char *at;

		snprintf(place, sizeof(place), "%s%s", before, text);
		at = strstr(line + from, place);
		assert_non_null(at);
		at += strlen(before);
		from = (size_t)(at - line) + strlen(text);
		/* A host's name has no blank, nor has a method; "text" is all
		 * that a program says. */
		if (strcmp(kind, "rdns") != 0 && strcmp(kind, "method") != 0 &&
			strcmp(kind, "text") != 0)
			try_place(line, (size_t)(at - line), strlen(text));
	}
}

static void test_what_clients_write(void **state)
{
	static const char *const names[] = {"postfix", "dovecot", "sieve"};
	static char text[65536];
	char path[64];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "tests/filters/corpus/%s.jsonl",
			names[i]);
		f = fopen(path, "re");
		assert_non_null(f);
		while (fgets(text, sizeof(text), f)) {
			json_t *row = json_loads(text, 0, NULL);

			try_row(row);
			json_decref(row);
		}
		fclose(f);
	}
	assert_true(tried > 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_what_clients_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
