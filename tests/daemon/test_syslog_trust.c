/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which users may log in which program's name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/syslog_trust.h"
#include "tests/sources/scratch.h"

#define PASSWD                                                    \
	"root:x:0:0::/:/bin/sh\nwww-data:x:33:33::/:/bin/sh\n"    \
	"postfix:x:101:101::/:/bin/sh\n"                          \
	"Debian-exim:x:102:102::/:/bin/sh\nnothing\n"             \
	"_rspamd:x:103:103::/:/bin/sh\nun:x:104:104::/:/bin/sh\n" \
	"dovecot:x:1000:1000::/:/bin/sh\nnobody:x:65534:65534::/:/\n"

static bool may(const struct syslog_trust *t, uid_t uid, const char *tag)
{
	return syslog_trust_systems(t, uid, tag, strlen(tag));
}

static void test_names(void **state)
{
	struct syslog_trust *t;

	(void)state;
	scratch_make();
	scratch_append(scratch_path("passwd"), PASSWD);
	t = syslog_trust_new(scratch_path("passwd"));
	assert_true(may(t, 0, "dovecot") && may(t, 0, ""));
	assert_true(may(t, 101, "postfix/smtpd"));
	assert_true(may(t, 101, "postfix-out/smtpd"));
	assert_true(may(t, 102, "exim"));
	assert_true(may(t, 103, "rspamd"));
	assert_false(may(t, 33, "postfix/smtpd"));
	assert_false(may(t, 33, "sshd"));
	assert_false(may(t, 101, "dovecot"));
	assert_false(may(t, 101, ""));
	assert_false(may(t, 104, "unknown"));
	/* A name is nothing to one of the people, nor a uid without one. */
	assert_false(may(t, 1000, "dovecot"));
	assert_false(may(t, 65534, "nobody"));
	assert_false(may(t, 105, "dovecot"));
	assert_false(may(t, (uid_t)-1, "dovecot"));
	assert_null(syslog_trust_user(t, 1000));
	/* One that comes while it runs. */
	scratch_append(
		scratch_path("passwd"), "dovenull:x:105:105::/:/bin/sh\n");
	syslog_trust_tick(t);
	assert_string_equal(syslog_trust_user(t, 105), "dovenull");
	syslog_trust_free(&t);
	scratch_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
