/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/config.h"
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

/* Each field that journald may not know, and each that a user may have. */
static void test_what_is_not_known_speaks_against_the_writer(void **state)
{
	static const char *const units[] = {"", "dovecot.service",
		"apache2.service", "user@1000.service", "user@33.service",
		"session-2.scope", "init.scope"};
	static const long uids[] = {-1, 0, 1, 33, 999, 1000, 60000, 61184,
		65519, 65520, 65534, 100000, 4294967294};

	(void)state;
	for (size_t u = 0; u < sizeof(uids) / sizeof(*uids); u++)
		for (size_t i = 0; i < 4 * sizeof(units) / sizeof(*units);
			i++) {
			struct journal_writer w = {.has_uid = uids[u] >= 0,
				.uid = uids[u] < 0 ? 0 : (unsigned long)uids[u],
				.by_kernel = i % 2};
			bool has_units = i / 2 % 2, want,
			     service = (uids[u] > 0 && uids[u] < 1000) ||
				       (uids[u] >= 61184 && uids[u] <= 65519);

			strcpy(w.unit, units[i / 4]);
			if (uids[u] < 0)
				want = w.by_kernel;
			else if (uids[u] == 0)
				want = true;
			else if (!service)
				want = false;
			else if (i / 4 == 0)
				want = !has_units;
			else
				want = i / 4 == 1;
			if (journal_trust_systems(
				    &w, has_units, "dovecot", 7) != want)
				fail_msg("uid %ld, unit \"%s\"%s%s", uids[u],
					w.unit, w.by_kernel ? ", kernel" : "",
					has_units ? ", with units" : "");
		}
}

/* Who reads a group for what its writer is reads it without that too, so as to
 * tell whom it does not believe. */
static void test_what_is_read_of_the_journal(void **state)
{
	static const char *const both[] = {"_SYSTEMD_UNIT=dovecot.service",
		"SYSLOG_IDENTIFIER=dovecot"},
				 *const unit[] = {"_SYSTEMD_UNIT=a.service"},
				 *const name[] = {"SYSLOG_IDENTIFIER=sshd"};
	static const struct jail_match match[] = {
		{both, 2}, {unit, 1}, {name, 1}};
	const struct config_jail item = {.match = match, .match_n = 3};
	struct journal_trust *t = journal_trust_new(&item);
	const struct journal_match *groups;
	size_t n;

	(void)state;
	groups = journal_trust_matches(t, &n);
	assert_int_equal(n, 4);
	for (size_t i = 0; i < 3; i++) {
		assert_ptr_equal(groups[i].fields, match[i].fields);
		assert_int_equal(groups[i].n, match[i].n);
	}
	assert_int_equal(groups[3].n, 1);
	assert_string_equal(groups[3].fields[0], both[1]);
	journal_trust_free(&t);
	assert_null(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_read_of_the_journal),
		cmocka_unit_test(test_a_unit_of_the_program),
		cmocka_unit_test(
			test_what_is_not_known_speaks_against_the_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
