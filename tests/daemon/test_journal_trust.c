/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/journal_trust.h"

static bool named(const char *unit, const char *tag)
{
	return journal_trust_named(unit, tag, strlen(tag));
}

static void test_a_unit_of_the_program(void **state)
{
	static const char *const right[][2] = {
		{"dovecot.service", "dovecot"},
		{"dovecot@second.service", "dovecot"},
		{"postfix@-.service", "postfix/smtpd"},
		{"ssh.service", "sshd"},
		{"sshd.service", "sshd-session"},
		{"exim4.service", "exim"},
		{"courier-imap.service", "imapd-ssl"},
		{"courier-mta.service", "courieresmtpd"},
		{"cyrus-imapd.service", "cyrus/imaps"},
		{"Sogo.service", "sogod"},
	};
	static const char *const wrong[][2] = {
		{"apache2.service", "dovecot"},
		{"php8.2-fpm.service", "postfix/smtpd"},
		{"cron.service", "sshd"},
		{"postfix@-.service", "dovecot"},
		{"a.service", "apache"},
		{"x-d-y.service", "dovecot"},
		{"dovecot.service", "d"},
		{"dovecot.service", ""},
		{"", "dovecot"},
		{"@.service", "dovecot"},
		{"-.mount", "dovecot"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(*right); i++)
		if (!named(right[i][0], right[i][1]))
			fail_msg("%s, %s", right[i][0], right[i][1]);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (named(wrong[i][0], wrong[i][1]))
			fail_msg("%s, %s", wrong[i][0], wrong[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_unit_of_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
