/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/familiar.h"
#include "ledger/ledger.h"
#include "lib/line.h"

static struct line said(const char *tag, const char *message)
{
	struct line line = {.text = message,
		.text_len = strlen(message),
		.body = message,
		.body_len = strlen(message),
		.host = message,
		.tag = tag,
		.tag_len = strlen(tag),
		.message = message,
		.message_len = strlen(message),
		.time = 1795255200000000};

	return line;
}

static void test_any_other_byte(void **state)
{
	static struct familiar f;
	char tag[] = "postfix/submission/smtpd";
	char message[] = "connect from mail.example.org[192.0.2.1]";
	struct line line = said(tag, message);

	(void)state;
	assert_false(familiar_is(&f, &line));
	familiar_learn(&f, &line);
	assert_true(familiar_is(&f, &line));
	for (size_t i = 0; i < FAMILIAR_MOST; i++) {
		message[i] ^= 1;
		assert_false(familiar_is(&f, &line));
		message[i] ^= 1;
	}
	for (size_t i = 0; i < sizeof(tag) - 1; i++) {
		tag[i] ^= 1;
		assert_false(familiar_is(&f, &line));
		tag[i] ^= 1;
	}
	for (line.tag_len = 0; line.tag_len < sizeof(tag) - 1; line.tag_len++)
		assert_false(familiar_is(&f, &line));
	message[FAMILIAR_MOST] ^= 1;
	assert_true(familiar_is(&f, &line));
	line.message_len = FAMILIAR_MOST - 1;
	assert_false(familiar_is(&f, &line));
}

/* What counts is never taken for what does not, in whatever order it comes. */
static void test_counts_stay(void **state)
{
	static const char *const idle[] = {
		"connect from mail.example.org[192.0.2.1]",
		"disconnect from mail.example.org[192.0.2.1] ehlo=1",
		"Anonymous TLS connection established from x[192.0.2.1]",
		"lost connection after DATA from x[192.0.2.1]",
		"PREGREET 11 after 0.1 from [192.0.2.1]:25: EHLO",
	};
	static const char *const counts[] = {
		"NOQUEUE: reject: RCPT from x[192.0.2.1]: 550 5.1.1 no",
		"warning: x[192.0.2.1]: SASL LOGIN authentication failed: no",
		"4bKcPR1Zz8z1: client=mail.example.org[192.0.2.1]",
		"connect to x[192.0.2.1]:25: Connection refused",
		"reject: RCPT from x[192.0.2.1]: 550 5.1.1 no; from=<>",
		"something that nobody has ever seen in a log",
	};
	const struct ledger_options options = {.plain = true};
	struct ledger *l = ledger_new(&options);
	struct record record;

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < sizeof(idle) / sizeof(*idle); i++) {
			struct line line = said("postfix/smtpd", idle[i]);

			ledger_line(l, &line, &record);
			assert_true(record.kind == RECORD_IDLE ||
				    record.kind == RECORD_CONNECT ||
				    record.kind == RECORD_DISCONNECT);
		}
		for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
			struct line line = said("postfix/smtpd", counts[i]);

			ledger_line(l, &line, &record);
			assert_int_not_equal(record.kind, RECORD_IDLE);
		}
	}
	assert_int_equal(l->total.lines, 3 * 11);
	assert_int_equal(l->total.mail, 3 * 11);
	assert_int_equal(l->total.rejected, 6);
	assert_int_equal(l->total.received, 3);
	assert_int_equal(l->total.unknown, 3);
	ledger_free(&l);
}

/* Whoever has the record looks at what the program said. */
static void test_nothing_is_left_over(void **state)
{
	const struct ledger_options options = {.plain = true};
	struct ledger *l = ledger_new(&options);
	struct line line = said("dovecot", "imap-login: Error: x");
	struct record record;

	(void)state;
	line.time = 0;
	memset(&record, 0xaa, sizeof(record));
	ledger_line(l, &line, &record);
	assert_int_equal(record.kind, RECORD_OTHER);
	assert_int_equal(record.rest.n, 0);
	line = said("postfix/smtpd", "connect from x[192.0.2.1]");
	for (int i = 0; i < 3; i++) {
		memset(&record, 0xaa, sizeof(record));
		ledger_line(l, &line, &record);
		assert_true(record.rest.n <= line.message_len);
	}
	ledger_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_other_byte),
		cmocka_unit_test(test_counts_stay),
		cmocka_unit_test(test_nothing_is_left_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
