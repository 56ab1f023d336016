/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A report by mail: the text and the page as one message (RFC 2046, 5.1.4),
 * given to sendmail(1) without a shell. Nothing out of a log or from the
 * daemon gets into the header, and its text cannot end a part: "=" is never
 * written as it is (RFC 2045, 6.7).
 */
#include "cli/report/mail.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/run.h"
#include "cli/text.h"
#include "lib/clock.h"

/* An address, RFC 5321, 4.5.3.1.3. */
#define ADDRESS_MOST 254
/* How long sendmail may take to put it into its queue, seconds. */
#define TIME_LIMIT 60
#define LINE_MOST 75

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
			      "uvwxyz0123456789";

bool mail_address_valid(const char *address)
{
	const char *at = strchr(address, '@');
	size_t n = strlen(address), local, domain;

	/* No sign that is one to a header or to sendmail's own addresses. */
	if (n == 0 || n > ADDRESS_MOST || !strchr(letters, *address))
		return false;
	local = strcspn(address, "@");
	for (size_t i = 0; i < local; i++)
		if (!strchr(letters, address[i]) &&
			!strchr("._+=-", address[i]))
			return false;
	if (!at)
		return true;
	domain = n - local - 1;
	for (size_t i = 1; i <= domain; i++)
		if (!strchr(letters, at[i]) && !strchr(".-", at[i]))
			return false;
	return domain > 0;
}

/* As quoted-printable text. */
static void quoted_print(FILE *to, const char *text, size_t n)
{
	size_t column = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];
		bool last = i + 1 == n || text[i + 1] == '\n';
		/* A dot or a From at the start means something to some. */
		bool plain = c > 32 && c < 127 && c != '=' &&
			     !(column == 0 && (c == '.' || c == 'F'));

		if (c == '\n') {
			fputc('\n', to);
			column = 0;
			continue;
		}
		plain |= (c == ' ' || c == '\t') && !last;
		if (column + (plain ? 1 : 3) > LINE_MOST) {
			fputs("=\n", to);
			column = 0;
		}
		if (plain)
			fputc(c, to);
		else
			fprintf(to, "=%02X", c);
		column += plain ? 1 : 3;
	}
}

static void part_print(FILE *to, const char *boundary, const char *type,
	const char *text, size_t n)
{
	fprintf(to,
		"--%s\nContent-Type: %s; charset=utf-8\n"
		"Content-Transfer-Encoding: quoted-printable\n\n",
		boundary, type);
	quoted_print(to, text, n);
	fputc('\n', to);
}

/* "mx.example.org: 12 in, 10 out, 3 refused, 1 ban, 2026-11-21" */
static void subject_print(
	FILE *to, const struct ledger *l, const struct report_options *o)
{
	time_t day = (time_t)(o->ledger.since / CLOCK_SECOND);
	char host[256] = "", date[32] = "";
	struct tm tm;

	gethostname(host, sizeof(host) - 1);
	for (char *c = host; *c; c++)
		if (!strchr(letters, *c) && !strchr(".-", *c))
			*c = '?';
	if (day && localtime_r(&day, &tm))
		strftime(date, sizeof(date), ", %Y-%m-%d", &tm);
	fprintf(to,
		"Subject: %s: %" PRIu64 " in, %" PRIu64 " out, %" PRIu64
		" refused, %" PRIu64 " ban%s%s\n",
		host, l->total.received, l->total.delivered, l->total.rejected,
		l->total.bans, l->total.bans == 1 ? "" : "s", date);
}

static void header_print(FILE *to, const struct ledger *l,
	const struct report_options *o, const char *boundary)
{
	time_t now = (time_t)(clock_wall() / CLOCK_SECOND);
	char date[64] = "";
	struct tm tm;

	if (localtime_r(&now, &tm))
		strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S %z", &tm);
	fprintf(to, "To: %s\n", o->mail);
	subject_print(to, l, o);
	fprintf(to,
		"Date: %s\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n"
		"Content-Type: multipart/alternative; boundary=\"%s\"\n\n",
		date, boundary);
}

static int hand_over(const char *address, const char *text, size_t n)
{
	static const char *const paths[] = {
		"/usr/sbin/sendmail", "/usr/lib/sendmail"};
	char *argv[] = {(char *)paths[0], (char *)"-i", (char *)"-F",
		(char *)"mailban", (char *)address, NULL};
	int status;

	if (access(paths[0], X_OK) && !access(paths[1], X_OK))
		argv[0] = (char *)paths[1];
	status = run_with_input(argv, text, n, TIME_LIMIT);
	if (status > 0)
		text_complain("report: not sent: %s ended with status %d",
			argv[0], status);
	return status == 0 ? EXIT_YES : EXIT_FAULT;
}

typedef void (*write_fn)(const struct ledger *l, const struct report_options *o,
	const char *const *faults, FILE *to);

static char *written(write_fn fn, const struct ledger *l,
	const struct report_options *o, const char *const *faults, size_t *n)
{
	char *text = NULL;
	FILE *to = open_memstream(&text, n);

	if (!to)
		abort();
	fn(l, o, faults, to);
	if (fclose(to))
		abort();
	return text;
}

int mail_report(const struct ledger *l, const struct report_options *o,
	const char *const *faults)
{
	size_t text_n, page_n, n;
	char *text = written(report_text, l, o, faults, &text_n);
	char *page = written(report_html, l, o, faults, &page_n);
	char *message = NULL, boundary[40];
	uint64_t random = 0;
	FILE *to = open_memstream(&message, &n);
	int rc;

	if (!to)
		abort();
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint64_t)clock_wall();
	snprintf(boundary, sizeof(boundary), "=_mailban_%016" PRIx64, random);
	header_print(to, l, o, boundary);
	part_print(to, boundary, "text/plain", text, text_n);
	part_print(to, boundary, "text/html", page, page_n);
	fprintf(to, "--%s--\n", boundary);
	if (fclose(to))
		abort();
	rc = hand_over(o->mail, message, n);
	free(message);
	free(page);
	free(text);
	return rc;
}
