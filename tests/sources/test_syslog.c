/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Syslog datagrams as lines, and who sent them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/line.h"
#include "sources/header.h"
#include "sources/syslog.h"
#include "sources/syslog_message.h"
#include "tests/sources/scratch.h"

/* 2026-11-21 10:00:00 UTC */
#define NOW INT64_C(1795255200)

static struct header_clock hc;
static char body[SYSLOG_MESSAGE_MOST];

/* The message at the very end of its memory, so that a byte too far is seen. */
static struct line line_of(const char *bytes, size_t n)
{
	struct line line = {.journal = true, .time = 7};
	char *in = malloc(n ? n : 1);

	memcpy(in, bytes, n);
	syslog_message_line(in, n, "mx", &hc, body, &line);
	free(in);
	assert_ptr_equal(line.body, body);
	assert_ptr_equal(line.text, body);
	assert_true(line.journal && line.time == 7);
	return line;
}

#define assert_part(l, part, want)                                 \
	do {                                                       \
		assert_int_equal((l).part##_len, strlen(want));    \
		assert_memory_equal((l).part, want, strlen(want)); \
	} while (0)

static void assert_line(const char *message, const char *whole, const char *tag)
{
	struct line l = line_of(message, strlen(message));

	assert_part(l, body, whole);
	assert_part(l, tag, tag);
}

#define WHOLE "mx postfix/smtpd[12]: lost connection"

static void test_forms(void **state)
{
	static const char *const same[] = {
		/* syslog(3), journald */
		"<22>Nov 21 10:00:00 postfix/smtpd[12]: lost connection",
		"<22>Nov  1 10:00:00 postfix/smtpd[12]: lost connection",
		"<22>postfix/smtpd[12]: lost connection",
		"postfix/smtpd[12]: lost connection",
		/* rsyslog's RSYSLOG_TraditionalForwardFormat, ForwardFormat,
		 * SyslogProtocol23Format */
		"<22>Nov 21 10:00:00 mx postfix/smtpd[12]: lost connection",
		"<22>2026-11-21T10:00:00.123456+00:00 mx postfix/smtpd[12]: "
		"lost connection",
		"<22>1 2026-11-21T10:00:00.123456+00:00 mx postfix/smtpd 12 - "
		"- lost connection",
		/* RFC 5424, 6.5 */
		"<22>1 - - postfix/smtpd 12 ID47 [a@1 x=\"] \\\"] \"][b@1] "
		"\xef\xbb\xbflost connection",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		assert_line(same[i], WHOLE, "postfix/smtpd");
	assert_line("<22>Nov 21 10:00:00 other dovecot: hi",
		"other dovecot: hi", "dovecot");
	/* A priority has three digits at most, and at least one. */
	assert_line("<191>dovecot: hi", "mx dovecot: hi", "dovecot");
	assert_line(
		"<1911>dovecot: hi", "mx <1911>dovecot: hi", "<1911>dovecot");
	assert_line("<>dovecot: hi", "mx <>dovecot: hi", "<>dovecot");
	assert_line("<22>1 - other dovecot - - - hi", "other dovecot: hi",
		"dovecot");
	assert_line("<22>1 - other - - - - hi", "other hi", "hi");
}

/* Of the next line's head nothing may be taken for one. */
static void test_one_line_each(void **state)
{
	(void)state;
	assert_line("<22>Nov 21 10:00:00 a: x\n<22>Nov 21 10:00:00 b: y",
		"mx a: x <22>Nov 21 10:00:00 b: y", "a");
	assert_line("<22>1 - m\nn a\nb - - - x\ny", "m n a b: x y", "a");
}

static void test_pieces(void **state)
{
	static const char whole[] =
		"<22>1 2026-11-21T10:00:00Z mx app 12 id [a b=\"c\\\"\"] \xef"
		"\xbb\xbfx";

	(void)state;
	for (size_t n = 0; n < sizeof(whole); n++) {
		line_of(whole, n);
		line_of(whole + n, sizeof(whole) - 1 - n);
	}
}

static void test_the_longest(void **state)
{
	char *most = malloc(SOURCE_LINE_MOST);
	struct line l;

	(void)state;
	memset(most, 'x', SOURCE_LINE_MOST);
	l = line_of(most, SOURCE_LINE_MOST);
	assert_int_equal(l.body_len, SOURCE_LINE_MOST + 3);
	/* Each part of its head has its own limit. */
	memcpy(most, "<1>1 - ", 7);
	for (size_t i = 1; i < 4; i++)
		most[i * 20000] = ' ';
	l = line_of(most, SOURCE_LINE_MOST);
	assert_true(l.host_len == 255 && l.body_len < SOURCE_LINE_MOST);
	free(most);
}

struct seen {
	unsigned int n;
	uid_t uid;
	char text[200];
	int64_t time;
	struct syslog_socket *socket;
};

static void on_line(void *ctx, const struct line *line)
{
	struct seen *seen = ctx;

	seen->n++;
	seen->uid = syslog_uid(seen->socket);
	seen->time = line->time;
	snprintf(seen->text, sizeof(seen->text), "%.*s", (int)line->body_len,
		line->body);
}

static int connected(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strcpy(un.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	return fd;
}

/* As root says it of somebody else. */
static void send_as(int fd, const char *text, uid_t uid)
{
	struct ucred who = {.pid = getpid(), .uid = uid, .gid = getgid()};
	char control[CMSG_SPACE(sizeof(who))] __attribute__((aligned(8))) = "";
	struct iovec iov = {(char *)(uintptr_t)text, strlen(text)};
	struct msghdr msg = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_CREDENTIALS;
	c->cmsg_len = CMSG_LEN(sizeof(who));
	memcpy(CMSG_DATA(c), &who, sizeof(who));
	assert_int_equal(sendmsg(fd, &msg, 0), (ssize_t)strlen(text));
}

static void test_socket(void **state)
{
	struct seen seen = {.n = 0};
	const char *path;
	struct stat st;
	int fd, to;

	(void)state;
	scratch_make();
	path = scratch_path("log");
	fd = syslog_bind(path);
	assert_true(fd >= 0 && syslog_is_one(fd));
	assert_false(syslog_is_one(STDERR_FILENO));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	to = connected(path);
	/* Sent before it is read, and known all the same. */
	assert_int_equal(syslog_new(&seen.socket, fd), 0);
	assert_string_equal(syslog_path(seen.socket), path);
	send_as(to, "<22>a: one", getuid());
	assert_int_equal(syslog_read(seen.socket, on_line, &seen, 10), 1);
	assert_true(seen.n == 1 && seen.uid == getuid());
	assert_non_null(strstr(seen.text, " a: one"));
	assert_true(llabs(seen.time - clock_wall()) < 600 * CLOCK_SECOND);
	if (getuid() == 0) {
		send_as(to, "<22>a: two\n", 12345);
		syslog_read(seen.socket, on_line, &seen, 10);
		assert_true(seen.n == 2 && seen.uid == 12345);
		assert_non_null(strstr(seen.text, " a: two"));
	}
	close(to);
	/* What lies there is replaced, unless it is no socket. */
	assert_true(syslog_is_reached(seen.socket));
	fd = syslog_bind(path);
	assert_true(fd >= 0);
	assert_false(syslog_is_reached(seen.socket));
	syslog_free(&seen.socket);
	close(fd);
	unlink(path);
	scratch_append(path, "a file");
	assert_true(syslog_bind(path) < 0);
	scratch_remove();
}

static void test_full(void **state)
{
	struct seen seen = {.n = 0};
	unsigned int sent = 0;
	int to;

	(void)state;
	scratch_make();
	assert_int_equal(
		syslog_new(&seen.socket, syslog_bind(scratch_path("log"))), 0);
	to = connected(scratch_path("log"));
	assert_int_equal(send(to, "x: y", 4, 0), 4);
	syslog_read(seen.socket, on_line, &seen, 10);
	assert_int_equal(syslog_stats(seen.socket)->full, 0);
	while (send(to, "x: y", 4, 0) == 4)
		sent++;
	seen.n = 0;
	while (syslog_read(seen.socket, on_line, &seen, 100) > 0)
		;
	assert_int_equal(seen.n, sent);
	assert_int_equal(syslog_stats(seen.socket)->full, 1);
	assert_int_equal(syslog_read(seen.socket, on_line, &seen, 10), 0);
	assert_int_equal(syslog_stats(seen.socket)->full, 1);
	close(to);
	syslog_free(&seen.socket);
	scratch_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_one_line_each),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_the_longest),
		cmocka_unit_test(test_socket),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
