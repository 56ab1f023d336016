/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban check probe: every listener is asked as a client would. MAIL FROM
 * costs a mail to the postmaster where there is no room, so the disk is looked
 * at first, one listener is asked before the others, and after a refusal it is
 * not asked again for some time; until then the refusal stands.
 */
#include "alarms/probe.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "alarms/backoff.h"
#include "alarms/disk.h"
#include "cli/check/check.h"
#include "cli/text.h"
#include "lib/addr.h"
#include "lib/clock.h"

/* Days that a certificate has left. */
#define DAYS_WARNING 14
#define DAYS_CRITICAL 3
#define DAY 86400
/* Postscreen makes who it does not know wait for six seconds. */
#define PATIENCE (10 * CLOCK_SECOND)

struct listener {
	struct check_port port;
	char where[ADDR_TEXT];
	bool must;
	struct probe_target target;
	struct probe *probe;
};

struct listeners {
	struct listener items[PROBE_MOST];
	size_t n;
	int64_t deadline;
	const char *host; /* for the back-off */
	struct check_backoff backoff;
	bool refused; /* MAIL, now */
};

static void listener_add(struct listeners *all, struct check_port port,
	const struct addrinfo *ai, bool must, const char *name)
{
	struct listener *l;
	struct addr a;

	if (all->n == PROBE_MOST || !addr_from_sockaddr(ai->ai_addr, &a))
		return;
	l = &all->items[all->n++];
	*l = (struct listener){.port = port, .must = must};
	l->target.kind = port.kind;
	l->target.name = name;
	l->target.patience = PATIENCE;
	l->target.to_len = ai->ai_addrlen;
	memcpy(&l->target.to, ai->ai_addr, ai->ai_addrlen);
	/* Both families have the port at the same place. */
	((struct sockaddr_in *)&l->target.to)->sin_port = htons(port.port);
	addr_format(&a, l->where);
}

/* The addresses of a host; without one, our own loopback's. */
static struct addrinfo *addresses_of(const char *host, struct verdict *verdict)
{
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	int r = getaddrinfo(host, host ? NULL : "25", &hints, &list);

	if (r)
		verdict_find(verdict, VERDICT_UNKNOWN, "%s: %s",
			host ? host : "localhost", gai_strerror(r));
	return r ? NULL : list;
}

/* A name for TLS, which is none if it is an address. */
static const char *name_of(const char *host)
{
	struct addr a;

	return host && !addr_parse(host, strlen(host), &a) ? host : NULL;
}

static void listeners_find(const struct check_options *options,
	struct listeners *all, struct verdict *verdict)
{
	struct addrinfo *list = addresses_of(options->host, verdict);
	const char *name = name_of(options->host);

	for (const struct addrinfo *ai = list; ai; ai = ai->ai_next) {
		for (size_t i = 0; i < options->n_ports; i++)
			listener_add(all, options->ports[i], ai, true, name);
		/* Who names none means those that there are. */
		for (int k = 0; k < PROBE_KINDS && !options->n_ports; k++) {
			const enum probe_kind kind = (enum probe_kind)k;
			const struct check_port port = {
				.kind = kind, .port = probe_kind_port(kind)};

			listener_add(all, port, ai, false, name);
		}
	}
	if (list)
		freeaddrinfo(list);
}

static bool is_mail(const struct listener *l)
{
	return l->port.kind <= PROBE_SUBMISSIONS;
}

/* Postfix', Exchange's and others' words for a full disk: RFC 3463, 3.4. */
static bool is_no_room(const struct probe_result *r)
{
	return r->step == PROBE_MAIL && r->fault == PROBE_NO &&
	       (r->code == 452 || strstr(r->said, " 4.3.1 "));
}

/* Those that have begun, at first the one that is waited for. */
static size_t list(
	const struct listeners *all, size_t first, struct probe **probes)
{
	size_t n = 0;

	if (first < all->n)
		probes[n++] = all->items[first].probe;
	for (size_t i = 0; i < all->n; i++)
		if (i != first && all->items[i].probe)
			probes[n++] = all->items[i].probe;
	return n;
}

static void listener_begin(struct listener *l, bool mail)
{
	l->target.mail = mail && is_mail(l);
	l->probe = probe_new(&l->target);
}

static void note_room(struct listeners *all, const struct listener *l)
{
	const struct probe_result *r = probe_result(l->probe);

	if (!is_no_room(r))
		return;
	all->refused = true;
	snprintf(all->backoff.said, PROBE_SAID, "%s", r->said);
}

/* Of those that mail is taken by one after the other, until MAIL FROM got an
 * answer or half the time is over; what hangs goes on beside the others. */
static void ask_mail(struct listeners *all)
{
	int64_t now = clock_mono(), half = now + (all->deadline - now) / 2;
	struct probe *probes[PROBE_MOST];

	for (size_t i = 0; i < all->n && clock_mono() < half; i++) {
		struct listener *l = &all->items[i];

		if (!is_mail(l))
			continue;
		listener_begin(l, true);
		probe_wait(probes, list(all, i, probes), half);
		note_room(all, l);
		if (probe_result(l->probe)->mail_answered)
			break;
	}
}

static void listeners_run(struct listeners *all, bool mail)
{
	struct probe *probes[PROBE_MOST];

	for (size_t i = 0; i < all->n; i++)
		if (!is_mail(&all->items[i]))
			listener_begin(&all->items[i], false);
	if (mail)
		ask_mail(all);
	for (size_t i = 0; i < all->n; i++)
		if (!all->items[i].probe)
			listener_begin(&all->items[i], mail && !all->refused);
	probe_run(probes, list(all, all->n, probes), all->deadline);
	for (size_t i = 0; i < all->n; i++)
		note_room(all, &all->items[i]);
}

static bool is_refused(const struct probe_result *r)
{
	return r->step == PROBE_CONNECT && r->fault == PROBE_REFUSED;
}

/* This host has no such addresses itself: mostly, IPv6 is off. */
static bool has_no_way(const struct probe_result *r)
{
	return is_refused(r) &&
	       (r->error == EADDRNOTAVAIL || r->error == ENETUNREACH ||
		       r->error == EAFNOSUPPORT);
}

/* Nobody is there, and nobody has to be. */
static bool is_absent(const struct listener *l)
{
	const struct probe_result *r = probe_result(l->probe);

	return has_no_way(r) ||
	       (!l->must && is_refused(r) && r->error == ECONNREFUSED);
}

static int64_t days_left(int64_t end)
{
	int64_t left = end - clock_wall() / CLOCK_SECOND;

	return left < 0 ? -1 : left / DAY;
}

static void judge_certificate(const struct check_options *options,
	const struct listener *l, const char *label, struct verdict *verdict)
{
	const struct probe_result *r = probe_result(l->probe);
	bool own = options->what != NULL;
	int64_t w =
		own && options->has_warning ? options->warning : DAYS_WARNING;
	int64_t c = own && options->has_critical ? options->critical
						 : DAYS_CRITICAL;
	char figure[VERDICT_TEXT], ranges[64];
	int64_t days;

	if (!r->certificate_end)
		return;
	days = days_left(r->certificate_end);
	if (days < 0)
		verdict_find(verdict, VERDICT_CRITICAL,
			"%s: the certificate has expired", label);
	else if (days < w)
		verdict_find(verdict,
			days < c ? VERDICT_CRITICAL : VERDICT_WARNING,
			"%s: the certificate has %" PRId64 " days left", label,
			days);
	snprintf(figure, sizeof(figure), "days %s", label);
	snprintf(ranges, sizeof(ranges), "%" PRId64 ":;%" PRId64 ":", w, c);
	verdict_figure(verdict, figure, days, "", ranges);
}

/* That nobody there is at fault for: this host lets nothing out. */
static bool is_forbidden(const struct probe_result *r)
{
	return is_refused(r) && (r->error == EPERM || r->error == EACCES ||
					r->error == EAFNOSUPPORT);
}

static enum verdict_state state_of(const struct probe_result *r)
{
	if (is_forbidden(r))
		return VERDICT_UNKNOWN;
	return r->step >= PROBE_RSET ? VERDICT_WARNING : VERDICT_CRITICAL;
}

/* Counts those that are there. */
static bool judge(const struct check_options *options, const struct listener *l,
	struct verdict *verdict)
{
	const struct probe_result *r = probe_result(l->probe);
	char label[96], told[PROBE_TELL];

	if (is_absent(l))
		return false;
	if (l->port.port == probe_kind_port(l->port.kind))
		snprintf(label, sizeof(label), "%s %s",
			probe_kind_name(l->port.kind), l->where);
	else
		snprintf(label, sizeof(label), "%s:%u %s",
			probe_kind_name(l->port.kind), l->port.port, l->where);
	probe_tell(r, told);
	if (r->fault != PROBE_FINE)
		verdict_find(verdict, state_of(r), "%s: %s", label, told);
	judge_certificate(options, l, label, verdict);
	verdict_figure(verdict, label, r->took, "s", "");
	return true;
}

/* Whether MAIL FROM may be asked for; tells if not. */
static bool may_mail(const struct check_options *options, struct listeners *all,
	struct verdict *verdict)
{
	struct verdict unheard = {0};
	struct postconf postfix;
	struct backoff backoff;
	struct disk disk;
	uint64_t wanted;
	char text[TEXT_TIME];

	if (options->no_mail)
		return false;
	/* Another host's disk cannot be looked at, nor another mail server's
	 * queue. */
	if (!options->host && check_postfix_ask(options, &postfix, &unheard) &&
		check_disk_read(postfix.queue_directory, &disk) == 0) {
		if (disk.read_only)
			verdict_find(verdict, VERDICT_CRITICAL,
				"%s is read-only: no mail is taken",
				postfix.queue_directory);
		wanted = disk_wanted(
			postfix.queue_minfree, postfix.message_size_limit);
		if (check_disk_refuses(postfix.queue_directory, &disk, wanted,
			    ", not asked", verdict))
			return false;
	}
	check_backoff_read(all->host, &all->backoff);
	backoff = (struct backoff){
		.next = all->backoff.next, .refused = all->backoff.refused};
	if (backoff_may(&backoff, clock_wall() / CLOCK_SECOND))
		return true;
	verdict_find(verdict, VERDICT_CRITICAL,
		"MAIL FROM: %s (asked again at %s)", all->backoff.said,
		text_moment(all->backoff.next, text));
	return false;
}

static void backoff_keep(struct listeners *all)
{
	struct backoff backoff = {
		.next = all->backoff.next, .refused = all->backoff.refused};
	bool answered = false;

	for (size_t i = 0; i < all->n; i++)
		answered |= probe_result(all->items[i].probe)->mail_answered;
	if (!answered || (!all->refused && !backoff.refused))
		return;
	backoff_note(&backoff, all->refused, clock_wall() / CLOCK_SECOND);
	all->backoff.next = backoff.next;
	all->backoff.refused = backoff.refused;
	check_backoff_write(all->host, &all->backoff);
}

static void listeners_judge(const struct check_options *options,
	const struct listeners *all, struct verdict *verdict)
{
	size_t there = 0, smtp = 0, ways = 0;

	for (size_t i = 0; i < all->n; i++) {
		bool is = judge(options, &all->items[i], verdict);

		ways += !has_no_way(probe_result(all->items[i].probe));
		there += is;
		smtp += is && all->items[i].port.kind == PROBE_SMTP;
	}
	/* A service manager can forbid them all. */
	if (all->n && !ways)
		verdict_find(verdict, VERDICT_UNKNOWN,
			"no connection can be made from here: %s (a unit of "
			"systemd's wants probe.conf, see mailband(8))",
			strerror(probe_result(all->items[0].probe)->error));
	else if (!options->n_ports && all->n && !smtp)
		verdict_find(
			verdict, VERDICT_CRITICAL, "nobody listens on port 25");
	else
		verdict_find(
			verdict, VERDICT_OK, "%zu listeners answer", there);
}

/* "HOST", "HOST:PORT" or "[ADDRESS]:PORT", cut in two. */
static bool egress_split(const char *text, char host[256], uint16_t *port)
{
	const char *bracket = *text == '[' ? strchr(text, ']') : NULL;
	const char *colon = strrchr(text, ':');
	size_t n = strlen(text);

	*port = 25;
	/* An IPv6 address alone has more than one. */
	if (colon &&
		(bracket ? colon == bracket + 1 : colon == strchr(text, ':'))) {
		char *end;
		unsigned long v = strtoul(colon + 1, &end, 10);

		if (*end || !v || v > 65535)
			return false;
		*port = (uint16_t)v;
		n = (size_t)(colon - text);
	}
	if (bracket) {
		text++;
		n = (size_t)(bracket - text);
	}
	if (!n || n >= 256)
		return false;
	memcpy(host, text, n);
	host[n] = '\0';
	return true;
}

/* Out to another host: one of its addresses has to greet. */
static void check_egress(
	const char *text, int64_t deadline, struct verdict *verdict)
{
	struct listeners all = {.n = 0, .deadline = deadline};
	struct check_port port = {.kind = PROBE_SMTP};
	char host[256], told[PROBE_TELL] = "no address", label[300];
	struct addrinfo *list;
	bool reached = false, allowed = false;

	if (!egress_split(text, host, &port.port)) {
		verdict_find(verdict, VERDICT_UNKNOWN,
			"--egress: '%s' is no HOST[:PORT]", text);
		return;
	}
	list = addresses_of(host, verdict);
	if (!list)
		return;
	for (const struct addrinfo *ai = list; ai && all.n < 8;
		ai = ai->ai_next)
		listener_add(&all, port, ai, true, NULL);
	freeaddrinfo(list);
	for (size_t i = 0; i < all.n; i++)
		all.items[i].target.greeting = true;
	listeners_run(&all, false);
	snprintf(label, sizeof(label), "egress %s", text);
	for (size_t i = 0; i < all.n; i++) {
		const struct probe_result *r = probe_result(all.items[i].probe);

		allowed |= !is_forbidden(r);
		if (r->step >= PROBE_QUIT && !reached) {
			reached = true;
			verdict_figure(verdict, label, r->took, "s", "");
		} else if (!reached) {
			probe_tell(r, told);
		}
		probe_free(&all.items[i].probe);
	}
	if (!reached)
		verdict_find(verdict,
			allowed ? VERDICT_CRITICAL : VERDICT_UNKNOWN, "%s: %s",
			label, told);
}

void check_probe(const struct check_options *options, struct verdict *verdict)
{
	struct listeners all = {.host = options->host ? options->host : "-"};
	int64_t time = options->timeout * CLOCK_SECOND;
	int64_t now = clock_mono(), end = now + time;
	size_t ways = options->egress.n;

	/* What hangs here is not to be blamed on others. */
	all.deadline = ways ? end - time / 3 : end;
	listeners_find(options, &all, verdict);
	listeners_run(&all, may_mail(options, &all, verdict));
	backoff_keep(&all);
	listeners_judge(options, &all, verdict);
	for (size_t i = 0; i < all.n; i++)
		probe_free(&all.items[i].probe);
	for (size_t i = 0; i < ways; i++) {
		now = clock_mono();
		check_egress(options->egress.items[i],
			now + (end - now) / (int64_t)(ways - i), verdict);
	}
	check_names(options, verdict);
}
