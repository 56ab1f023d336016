/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/record.h"
#include "lib/line.h"

/* As header_cut() would have it. */
static struct record read(const char *tag, const char *message)
{
	static char text[4096];
	struct record r;
	struct line line = {.text = text};

	snprintf(text, sizeof(text), "%s[77]: %s", tag, message);
	line.text_len = strlen(text);
	line.tag = text;
	line.tag_len = strlen(tag);
	line.message = text + strlen(tag) + 6;
	line.message_len = strlen(message);
	record_parse(&line, SPAN(""), &r);
	return r;
}

static void is(struct span s, const char *text)
{
	char copy[4096];

	snprintf(copy, sizeof(copy), "%.*s", (int)s.n, s.at);
	assert_string_equal(copy, text);
}

static void test_delivery(void **state)
{
	struct record r = read("postfix-out/smtp",
		"4fXyz1234Kz9b: to=<\"a>, relay=x, status=bounced\"@b.c>, "
		"orig_to=<root>, relay=mx.b.c[192.0.2.1]:25, conn_use=2, "
		"delay=1.5, delays=0.5/0/0.5/0.5, tls=TLSv1.3, dsn=2.0.0, "
		"status=sent (250 2.0.0 Ok: queued as ABCDEF)");

	(void)state;
	assert_int_equal(r.kind, RECORD_DELIVERY);
	is(r.program, "smtp");
	is(r.queue, "4fXyz1234Kz9b");
	is(r.recipient, "\"a>, relay=x, status=bounced\"@b.c");
	is(r.orig_to, "root");
	is(r.relay, "mx.b.c[192.0.2.1]:25");
	is(r.delay, "1.5");
	is(r.delays, "0.5/0/0.5/0.5");
	is(r.dsn, "2.0.0");
	is(r.status, "sent");
	is(r.rest, " (250 2.0.0 Ok: queued as ABCDEF)");
}

static void test_life_of_a_message(void **state)
{
	struct record r;

	(void)state;
	r = read("postfix/submissions/smtpd",
		"04D8CA8C442: client=web.localnet[192.0.2.7], "
		"sasl_method=PLAIN, sasl_username=a@b, orig_queue_id=ABC12");
	assert_int_equal(r.kind, RECORD_RECEIVED);
	is(r.program, "smtpd");
	is(r.client, "web.localnet[192.0.2.7]");
	is(r.account, "a@b");
	is(r.origin, "ABC12");
	/* What a client says in MAIL FROM: nobody was logged in here. */
	r = read("postfix/smtpd",
		"04D8CA8C442: client=x[192.0.2.7], sasl_sender=\"y, "
		"sasl_username=boss, orig_queue_id=ABC12\"");
	is(r.account, "");
	is(r.origin, "");
	r = read("postfix/smtpd",
		"04D8CA8C442: client=x[192.0.2.7], sasl_method=PLAIN, "
		"sasl_username=a, sasl_sender=\"y, sasl_username=boss\"");
	is(r.account, "a");
	r = read("postfix/cleanup", "04D8CA8C442: message-id=<x@y>");
	assert_int_equal(r.kind, RECORD_MESSAGE_ID);
	is(r.message_id, "<x@y>");
	r = read("postfix/qmgr", "04D8CA8C442: from=<>, size=42, nrcpt=1 (x)");
	assert_int_equal(r.kind, RECORD_QUEUED);
	is(r.sender, "");
	is(r.size, "42");
	is(r.nrcpt, "1");
	r = read("postfix/qmgr", "04D8CA8C442: from=<a@b>, status=expired, "
				 "returned to sender");
	assert_int_equal(r.kind, RECORD_EXPIRED);
	r = read("postfix/qmgr", "04D8CA8C442: removed");
	assert_int_equal(r.kind, RECORD_REMOVED);
	r = read("postfix/pickup", "04D8CA8C442: uid=0 from=<root>");
	assert_int_equal(r.kind, RECORD_RECEIVED);
	is(r.client, "");
}

static void test_refusals(void **state)
{
	struct record r;

	(void)state;
	r = read("postfix/postscreen",
		"NOQUEUE: reject: RCPT from [192.0.2.1]:2525: 550 5.7.1 no; x");
	assert_int_equal(r.kind, RECORD_REFUSED);
	assert_int_equal(r.action, RECORD_REJECT);
	is(r.reason, "RCPT");
	is(r.client, "[192.0.2.1]:2525");
	is(r.rest, "550 5.7.1 no; x");
	r = read("postfix/smtpd",
		"NOQUEUE: reject_warning: RCPT from x[2001:db8::1]: 450 no");
	assert_int_equal(r.action, RECORD_REJECT_WARNING);
	is(r.client, "x[2001:db8::1]");
	r = read("postfix/cleanup",
		"04D8CA8C442: hold: header Subject: reject: from x[1]: y");
	assert_int_equal(r.kind, RECORD_CHECKED);
	assert_int_equal(r.action, RECORD_HOLD);
	is(r.reason, "header");
}

static void test_connections_and_warnings(void **state)
{
	struct record r;

	(void)state;
	r = read("postfix/smtpd", "disconnect from x[192.0.2.1] quit=1");
	assert_int_equal(r.kind, RECORD_DISCONNECT);
	is(r.pid, "77");
	is(r.client, "x[192.0.2.1] quit=1");
	r = read("postfix/smtpd",
		"warning: x[192.0.2.1]: SASL LOGIN authentication failed: a, "
		"sasl_username=b, sasl_username=c");
	assert_int_equal(r.kind, RECORD_WARNING);
	is(r.address, "192.0.2.1");
	is(r.account, "c");
	r = read("postfix/smtp",
		"connect to mx[192.0.2.1]:25: Connection refused");
	assert_int_equal(r.kind, RECORD_UNREACHED);
	is(r.relay, "mx");
	is(r.reason, "Connection refused");
}

static void test_dovecot(void **state)
{
	struct record r;

	(void)state;
	r = read("dovecot", "imap-login: Login: user=<a>, method=PLAIN, "
			    "rip=192.0.2.1, lip=192.0.2.2, TLS");
	assert_int_equal(r.kind, RECORD_LOGIN);
	is(r.account, "a");
	is(r.address, "192.0.2.1");
	/* A name that claims to be the end of the line. */
	r = read("dovecot",
		"pop3-login: Disconnected (auth failed, 1 attempts): "
		"user=<x, rip=198.51.100.1>, method=PLAIN, rip=192.0.2.1, "
		"lip=192.0.2.2");
	assert_int_equal(r.kind, RECORD_ATTACK);
	is(r.address, "192.0.2.1");
	r = read("dovecot",
		"imap-login: Disconnected: user=<(auth failed, >, rip=192.0.2.1,"
		" lip=x");
	assert_int_equal(r.kind, RECORD_IDLE);
	r = read("dovecot",
		"lmtp(a@b)<7><x>: sieve: msgid=<m@x>: stored mail into mailbox "
		"'Junk'");
	assert_int_equal(r.kind, RECORD_SAVED);
	is(r.message_id, "<m@x>");
}

/* A comma that ends no value: it once was looked at for ever. */
static void test_commas(void **state)
{
	struct record r = read("postfix/submission/smtpd",
		"4fXyz1234Kz9b: client=a[192.0.2.1], sasl_method=PLAIN, "
		"sasl_username=doe,john");

	(void)state;
	assert_int_equal(r.kind, RECORD_RECEIVED);
	is(r.account, "doe,john");
	r = read("postfix/smtp", "4fXyz1234Kz9b: to=<a@b>, relay=c,d, x,");
	assert_int_equal(r.kind, RECORD_UNKNOWN);
	r = read("postfix/smtpd", "4fXyz1234Kz9b: client=,");
	assert_int_equal(r.kind, RECORD_RECEIVED);
}

static void test_others(void **state)
{
	(void)state;
	assert_int_equal(read("sshd", "ABCDEF: removed").kind, RECORD_OTHER);
	assert_int_equal(read("postfix/smtpd", "what?").kind, RECORD_UNKNOWN);
	assert_int_equal(
		read("postfix/anvil", "statistics: x").kind, RECORD_IDLE);
	assert_int_equal(read("postfix/master", "reload").kind, RECORD_MASTER);
}

/* What a login process says in words that nobody knows. */
static void test_login_lines(void **state)
{
	static const char *const known[] = {
		"imap-login: Disconnected: Too many invalid commands (no auth "
		"attempts in 1 secs): user=<>, rip=192.0.2.1, lip=192.0.2.2",
		"imap-login: Login: user=<>", "pop3-login: Aborted login",
		"imap-login: Maximum number of connections from user+IP "
		"exceeded (mail_max_userip_connections=10): user=<a>",
		"imap-login: Warning: x",
		"imap-login: proxy(a): started proxying to 192.0.2.3:143"};
	static const char *const unknown[] = {"imap-login: Denied: user=<a>",
		"imap-login: Client gave up", "imap-login: "};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		assert_int_equal(read("dovecot", known[i]).kind, RECORD_IDLE);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
		assert_int_equal(
			read("dovecot", unknown[i]).kind, RECORD_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delivery),
		cmocka_unit_test(test_life_of_a_message),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_connections_and_warnings),
		cmocka_unit_test(test_dovecot),
		cmocka_unit_test(test_commas),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_login_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
