/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dialogue with one server: which step comes after which, and what each
 * answer means. One command is under way at a time, and the next is sent when
 * the last line of the answer has come. It must never go on after an answer
 * that it does not understand, and never send anything but its few commands.
 */
#include "alarms/probe.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "alarms/link.h"
#include "alarms/probe_answer.h"
#include "lib/addr.h"
#include "lib/clock.h"

/* Lines of one answer. */
#define LINES_MOST 100

struct probe {
	struct probe_target target;
	struct probe_result result;
	struct link *link;
	enum probe_step step;
	bool sending;
	int lines; /* of this answer */
	int64_t began, deadline;
};

static bool is_smtp(const struct probe *probe)
{
	return probe_kind_is_smtp(probe->target.kind);
}

static bool is_imap(const struct probe *probe)
{
	return probe_kind_is_imap(probe->target.kind);
}

/* Whether TLS comes before anything is said. */
static bool is_wrapped(const struct probe *probe)
{
	return probe->target.kind == PROBE_SUBMISSIONS ||
	       probe->target.kind == PROBE_IMAPS ||
	       probe->target.kind == PROBE_POP3S;
}

static void step_enter(struct probe *probe, enum probe_step step)
{
	probe->step = step;
	probe->lines = 0;
	probe->deadline = clock_mono() + probe->target.patience;
	if (step == PROBE_DONE) {
		probe->result.took = clock_mono() - probe->began;
		link_close(&probe->link);
	}
}

/* The first fault is the one that counts. */
static void fault_note(
	struct probe *probe, enum probe_fault fault, const char *said)
{
	struct probe_result *r = &probe->result;
	size_t n = 0;

	if (r->fault != PROBE_FINE)
		return;
	r->step = probe->step;
	r->fault = fault;
	for (; *said && n < sizeof(r->said) - 1; said++)
		r->said[n++] = (char)(*said < ' ' || *said > '~' ? '?' : *said);
	r->said[n] = '\0';
}

static void fail(struct probe *probe, enum probe_fault fault, const char *said)
{
	fault_note(probe, fault, said);
	step_enter(probe, PROBE_DONE);
}

/* An error of link.h. */
static void fail_errno(struct probe *probe, int error)
{
	switch (error) {
	case -ENODATA:
	case -ECONNRESET:
	case -EPIPE:
		fail(probe, PROBE_CLOSED, "");
		break;
	case -EMSGSIZE:
		fail(probe, PROBE_TOO_MUCH, "");
		break;
	case -EBADMSG:
		fail(probe, PROBE_STRANGE, "a NUL");
		break;
	case -EPROTO:
		fail(probe, PROBE_NO_TLS, link_tls_fault(probe->link));
		break;
	case -ETIMEDOUT:
		fail(probe, PROBE_LATE, "");
		break;
	default:
		probe->result.error = -error;
		fail(probe, PROBE_REFUSED, "");
	}
}

static void say(struct probe *probe, enum probe_step step, const char *command)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "%s\r\n", command);
	int r;

	step_enter(probe, step);
	probe->sending = true;
	r = link_send(probe->link, line, (size_t)n);
	if (r < 0 && r != -EAGAIN)
		fail_errno(probe, r);
	else
		probe->sending = r == -EAGAIN;
}

/* Our end of the connection as an address literal (RFC 5321, 4.1.3): right
 * whatever the host is called. */
static void say_ehlo(struct probe *probe)
{
	struct sockaddr_storage own = {.ss_family = AF_UNSPEC};
	socklen_t n = sizeof(own);
	char text[ADDR_TEXT] = "127.0.0.1", command[ADDR_TEXT + 16];
	struct addr a;

	getsockname(link_fd(probe->link), (struct sockaddr *)&own, &n);
	if (addr_from_sockaddr((const struct sockaddr *)&own, &a))
		addr_format(&a, text);
	snprintf(command, sizeof(command), "EHLO [%s%s]",
		strchr(text, ':') ? "IPv6:" : "", text);
	say(probe, PROBE_EHLO, command);
}

static void say_quit(struct probe *probe)
{
	say(probe, PROBE_QUIT, is_imap(probe) ? "q LOGOUT" : "QUIT");
}

static void say_starttls(struct probe *probe)
{
	say(probe, PROBE_STARTTLS,
		is_smtp(probe)	 ? "STARTTLS"
		: is_imap(probe) ? "a STARTTLS"
				 : "STLS");
}

/* It said no: that is told, and it is left as is polite. */
static void refuse(struct probe *probe, const struct probe_answer *answer)
{
	fault_note(probe, PROBE_NO, answer->line);
	say_quit(probe);
}

static void say_mail(struct probe *probe)
{
	if (probe->target.mail)
		say(probe, PROBE_MAIL, "MAIL FROM:<>");
	else
		say_quit(probe);
}

/* Whether a refusal of MAIL means that one has to log in: by its code (RFC
 * 4954, 6), or as policies for clients say it (RFC 3463, 3.8). */
static bool wants_login(const struct probe *probe, const char *line)
{
	if (probe->target.kind == PROBE_SMTP)
		return false;
	return probe->result.code == 530 ||
	       (line[0] == '5' && line[3] == ' ' && line[4] == '5' &&
		       line[5] == '.' && line[6] == '7');
}

static void take_mail(struct probe *probe, const struct probe_answer *answer)
{
	probe->result.mail_answered = true;
	probe->result.wants_login =
		!answer->yes && wants_login(probe, answer->line);
	if (answer->yes || probe->result.wants_login)
		say(probe, PROBE_RSET, "RSET");
	else
		refuse(probe, answer);
}

static void take_starttls(
	struct probe *probe, const struct probe_answer *answer)
{
	/* IMAP's and POP3's servers are asked without an offer. */
	if (!answer->yes && !is_smtp(probe))
		say_quit(probe);
	else if (!answer->yes)
		refuse(probe, answer);
	else if (link_has_more(probe->link)) /* it is not under TLS */
		fail(probe, PROBE_STRANGE, "more than the answer, before TLS");
	else {
		probe->result.offers_tls = true;
		step_enter(probe, PROBE_TLS);
	}
}

static void take_banner(struct probe *probe, const struct probe_answer *answer)
{
	if (!answer->yes)
		refuse(probe, answer);
	else if (probe->target.greeting)
		say_quit(probe);
	else if (is_smtp(probe))
		say_ehlo(probe);
	else if (!link_is_tls(probe->link))
		say_starttls(probe);
	else
		say_quit(probe);
}

/* The last line of an answer. */
static void answer_take(struct probe *probe, const struct probe_answer *answer)
{
	switch (probe->step) {
	case PROBE_BANNER:
		take_banner(probe, answer);
		break;
	case PROBE_EHLO:
		if (!answer->yes)
			refuse(probe, answer);
		else if (probe->result.offers_tls && !link_is_tls(probe->link))
			say_starttls(probe);
		else
			say_mail(probe);
		break;
	case PROBE_STARTTLS:
		take_starttls(probe, answer);
		break;
	case PROBE_MAIL:
		take_mail(probe, answer);
		break;
	case PROBE_RSET:
		if (answer->yes)
			say_quit(probe);
		else
			refuse(probe, answer);
		break;
	default: /* QUIT */
		if (!answer->yes)
			fault_note(probe, PROBE_NO, answer->line);
		step_enter(probe, PROBE_DONE);
	}
}

/* Lines that have come; false when it has to wait. */
static bool work_lines(struct probe *probe)
{
	struct probe_answer answer = {0};
	bool known;
	int n = link_line(probe->link, &answer.line);

	if (n == -EAGAIN)
		return false;
	if (n < 0) {
		fail_errno(probe, n);
		return true;
	}
	known = probe_answer_read(&answer, probe->target.kind, probe->step);
	if (known && is_smtp(probe))
		probe->result.code = answer.code;
	if (known && probe->step == PROBE_EHLO &&
		probe_answer_offers_tls(&answer))
		probe->result.offers_tls = true;
	if (!known)
		fail(probe, PROBE_STRANGE, answer.line);
	else if (++probe->lines > LINES_MOST)
		fail(probe, PROBE_TOO_MUCH, "");
	else if (answer.last)
		answer_take(probe, &answer);
	return true;
}

static bool work_tls(struct probe *probe)
{
	int r = link_tls(probe->link, probe->target.name);

	if (r == -EAGAIN)
		return false;
	if (r < 0) {
		fail_errno(probe, r);
		return true;
	}
	probe->result.tls = true;
	probe->result.certificate_end = link_certificate_end(probe->link);
	if (is_wrapped(probe))
		step_enter(probe, PROBE_BANNER);
	else if (is_smtp(probe))
		say_ehlo(probe); /* RFC 3207, 4.2: all begins anew */
	else
		say_quit(probe);
	return true;
}

/* One thing that can be done now; false when it has to wait. */
static bool work(struct probe *probe)
{
	int r;

	if (probe->step == PROBE_TLS)
		return work_tls(probe);
	if (probe->step == PROBE_CONNECT) {
		r = link_connect(probe->link);
		if (!r)
			step_enter(probe,
				is_wrapped(probe) ? PROBE_TLS : PROBE_BANNER);
	} else if (probe->sending) {
		r = link_flush(probe->link);
		probe->sending = r == -EAGAIN;
	} else {
		return work_lines(probe);
	}
	if (r < 0 && r != -EAGAIN)
		fail_errno(probe, r);
	return r != -EAGAIN;
}

struct probe *probe_new(const struct probe_target *target)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (!probe)
		abort();
	probe->target = *target;
	probe->began = clock_mono();
	probe->result.step = PROBE_DONE;
	step_enter(probe, PROBE_CONNECT);
	probe->link =
		link_open((const struct sockaddr *)&target->to, target->to_len);
	if (!probe->link)
		fail_errno(probe, -errno);
	return probe;
}

void probe_free(struct probe **probe)
{
	if (!*probe)
		return;
	link_close(&(*probe)->link);
	free(*probe);
	*probe = NULL;
}

const struct probe_result *probe_result(const struct probe *probe)
{
	return &probe->result;
}

/* Milliseconds until something has to be given up, rounded up. */
static int time_left(struct probe **probes, size_t n, int64_t until)
{
	int64_t left;

	for (size_t i = 0; i < n; i++)
		if (probes[i]->step != PROBE_DONE &&
			probes[i]->deadline < until)
			until = probes[i]->deadline;
	left = (until - clock_mono() + CLOCK_MILLISECOND - 1) /
	       CLOCK_MILLISECOND;
	return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

/* All that can be done now, then waits for more, until then; false when all
 * are done. */
static bool work_all(struct probe **probes, size_t n, int64_t until)
{
	struct pollfd fds[PROBE_MOST];
	size_t left = 0;
	bool busy = false;

	for (size_t i = 0; i < n; i++) {
		struct probe *p = probes[i];

		/* Time first: a server that always has something to say does
		 * not hold up the others. */
		if (p->step != PROBE_DONE && clock_mono() >= p->deadline)
			fail(p, PROBE_LATE, "");
		busy |= p->step != PROBE_DONE && work(p);
		fds[i].fd = p->link ? link_fd(p->link) : -1;
		fds[i].events = p->link ? link_events(p->link) : 0;
		left += p->step != PROBE_DONE;
	}
	if (left && !busy)
		poll(fds, (nfds_t)n, time_left(probes, n, until));
	return left > 0;
}

void probe_run(struct probe **probes, size_t n, int64_t deadline)
{
	n = n < PROBE_MOST ? n : PROBE_MOST;
	do {
		for (size_t i = 0; i < n && clock_mono() >= deadline; i++)
			if (probes[i]->step != PROBE_DONE)
				fail(probes[i], PROBE_LATE, "");
	} while (work_all(probes, n, deadline));
}

void probe_wait(struct probe **probes, size_t n, int64_t until)
{
	n = n < PROBE_MOST ? n : PROBE_MOST;
	while (probes[0]->step != PROBE_DONE && clock_mono() < until)
		work_all(probes, n, until);
}
