/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The syslog socket, read for all jails that want it: what is sent there is
 * here at once, where the journal has to be looked at now and then. What was
 * not read is lost with the socket, and what found no room was lost before:
 * the first is why the service manager holds it too, the second is told.
 */
#include "daemon/feed_syslog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "daemon/config.h"
#include "daemon/syslog_trust.h"
#include "daemon/trusted.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "sources/syslog.h"

/* Lines read at a time, before other work gets its turn. */
#define PORTION 2000
#define PORTION_TIME (4 * CLOCK_MILLISECOND)
#define TELL_EVERY (60 * CLOCK_SECOND)

struct feed_syslog {
	int ready; /* an epoll that has the socket */
	struct passed passed;
	struct syslog_socket *socket; /* NULL: there is none */
	bool own;		      /* the daemon made it */
	bool wanted;		      /* some jail has it */
	int error;		      /* why there is none; 0 = told none */
	const struct config *config;
	struct trusted *trusted;
	struct syslog_trust *trust;
	uid_t last_uid; /* who wrote what was refused last */
	char last_tag[32];
	struct syslog_stats gone; /* of sockets that there were */
	bool told_unreached;
	uint64_t full_told;
	int64_t full_told_at; /* monotonic; 0 = never */
	int64_t until;	      /* monotonic: others have their turn then */
};

static enum trusted_answer believe(
	void *ctx, size_t jail, const struct line *line)
{
	struct feed_syslog *f = ctx;
	uid_t uid = syslog_uid(f->socket);

	if (f->config->items[jail].jail->trust == JAIL_TRUST_ANY ||
		syslog_trust_systems(f->trust, uid, line->tag, line->tag_len))
		return TRUSTED_BELIEVED;
	return TRUSTED_DOUBTED;
}

/* A name that anyone may have chosen, for the log. */
static void note_writer(struct feed_syslog *f, const struct line *line)
{
	size_t n = line->tag_len < sizeof(f->last_tag) - 1
			   ? line->tag_len
			   : sizeof(f->last_tag) - 1;

	f->last_uid = syslog_uid(f->socket);
	for (size_t i = 0; i < n; i++)
		f->last_tag[i] = line->tag[i] > ' ' && line->tag[i] < 127
					 ? line->tag[i]
					 : '?';
	f->last_tag[n] = '\0';
}

static void on_line(void *ctx, const struct line *line)
{
	struct feed_syslog *f = ctx;
	uint64_t refused = trusted_refused(f->trusted);

	trusted_line(f->trusted, line);
	if (trusted_refused(f->trusted) != refused)
		note_writer(f, line);
	if (clock_mono() >= f->until)
		syslog_enough(f->socket);
}

static int watch(struct feed_syslog *f, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};
	int r = syslog_new(&f->socket, fd);

	if (r < 0)
		return r;
	if (epoll_ctl(f->ready, EPOLL_CTL_ADD, fd, &event) == 0)
		return 0;
	r = -errno;
	syslog_free(&f->socket);
	return r;
}

/* Its name may be another's by now. */
static void drop_socket(struct feed_syslog *f)
{
	const struct syslog_stats *stats = syslog_stats(f->socket);

	f->gone.lines += stats->lines;
	f->gone.cut += stats->cut;
	f->gone.full += stats->full;
	if (syslog_is_reached(f->socket))
		unlink(syslog_path(f->socket));
	/* The service manager has it too, so that to close it is not enough:
	 * what still waits in it would wake us for ever. */
	epoll_ctl(f->ready, EPOLL_CTL_DEL, syslog_fd(f->socket), NULL);
	passed_forget();
	syslog_free(&f->socket);
}

static void tell_error(struct feed_syslog *f, int error)
{
	if (f->error != error)
		log_error("%s: cannot make the syslog socket: %s",
			f->config->settings.syslog_socket, strerror(-error));
	f->error = error;
}

static void make_socket(struct feed_syslog *f)
{
	int fd = syslog_bind(f->config->settings.syslog_socket);
	int r = fd < 0 ? fd : watch(f, fd);

	f->own = true;
	if (r < 0) {
		if (fd >= 0)
			close(fd);
		tell_error(f, r);
		return;
	}
	f->error = 0;
	passed_keep(fd);
	log_info("syslog messages are read from %s", syslog_path(f->socket));
}

static void take_passed(struct feed_syslog *f)
{
	int fd = f->passed.syslog, r;

	if (fd < 0)
		return;
	f->passed.syslog = -1;
	f->own = f->passed.own;
	r = watch(f, fd);
	if (r < 0) {
		log_error(
			"the syslog socket that was passed: %s", strerror(-r));
		if (f->own)
			passed_forget();
		close(fd);
		return;
	}
	log_info("syslog messages are read from %s%s", syslog_path(f->socket),
		f->own ? "" : ", which was passed at the start");
}

struct feed_syslog *feed_syslog_new(struct passed passed)
{
	struct feed_syslog *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->ready = epoll_create1(EPOLL_CLOEXEC);
	if (f->ready < 0) {
		free(f);
		return NULL;
	}
	f->passed = passed;
	f->trusted = trusted_new();
	f->trust = syslog_trust_new(NULL);
	return f;
}

void feed_syslog_free(struct feed_syslog **syslog)
{
	struct feed_syslog *f = *syslog;

	if (!f)
		return;
	syslog_free(&f->socket);
	syslog_trust_free(&f->trust);
	trusted_free(&f->trusted);
	close(f->ready);
	free(f);
	*syslog = NULL;
}

/* The socket as the configuration has it. */
static void fix_socket(struct feed_syslog *f)
{
	take_passed(f);
	if (f->socket && f->own &&
		(!f->wanted || strcmp(syslog_path(f->socket),
				       f->config->settings.syslog_socket) != 0))
		drop_socket(f);
	if (!f->socket && f->wanted)
		make_socket(f);
	if (f->socket && !f->wanted)
		log_warning("%s was passed at the start, but no jail has "
			    "backend = syslog",
			syslog_path(f->socket));
}

/* Who tried it last, and how often it was tried. */
static void tell_refused(void *ctx, const char *jail, unsigned long long n)
{
	const struct feed_syslog *f = ctx;
	const char *user = syslog_trust_user(f->trust, f->last_uid);

	log_warning("[%s] syslog: %llu line%s not counted, the last as %s by "
		    "uid %ld%s%s%s: only root and a system user of the "
		    "program's name are believed; see trust in "
		    "mailban-jail(5)",
		jail, n, n == 1 ? "" : "s",
		f->last_tag[0] ? f->last_tag : "nothing",
		f->last_uid == (uid_t)-1 ? -1L : (long)f->last_uid,
		user ? " (" : "", user ? user : "", user ? ")" : "");
}

void feed_syslog_configure(struct feed_syslog *f, const struct config *config,
	const struct feeds_user *feeds)
{
	const struct trusted_user user = {.feeds = *feeds,
		.source = FEEDS_SYSLOG,
		.ask = believe,
		.ctx = f};

	/* A line refused is of a jail of the old numbers. */
	trusted_tell(f->trusted, tell_refused, f);
	trusted_configure(f->trusted, config, &user);
	f->config = config;
	f->wanted = false;
	for (size_t i = 0; i < config->n; i++) {
		if (config->items[i].syslog_filter == CONFIG_NO_FILTER)
			continue;
		f->wanted = true;
		trusted_add(f->trusted, i, config->items[i].syslog_filter);
	}
	fix_socket(f);
}

int feed_syslog_fd(const struct feed_syslog *f)
{
	return f->ready;
}

void feed_syslog_read(struct feed_syslog *f)
{
	f->until = clock_mono() + PORTION_TIME;
	if (f->socket)
		syslog_read(f->socket, on_line, f, PORTION);
}

static uint64_t full(const struct feed_syslog *f)
{
	return f->gone.full + (f->socket ? syslog_stats(f->socket)->full : 0);
}

/* Nobody knows here how many lines that were, or whether they waited. */
static void tell_full(struct feed_syslog *f)
{
	uint64_t times = full(f) - f->full_told;
	int64_t now = clock_mono();

	if (times == 0 ||
		(f->full_told_at && now - f->full_told_at < TELL_EVERY))
		return;
	log_warning("%s was full %llu time%s when it was read: lines may be "
		    "missing; journald says how many it dropped (\"Forwarding "
		    "to syslog missed\"), net.unix.max_dgram_qlen is how many "
		    "can wait",
		feed_syslog_name(f), (unsigned long long)times,
		times == 1 ? "" : "s");
	f->full_told += times;
	f->full_told_at = now;
}

static const char *trouble_of(const struct feed_syslog *f)
{
	if (!f->socket)
		return "cannot be made; see the log";
	return syslog_is_reached(f->socket)
		       ? NULL
		       : "is another program's socket by now, or is gone: "
			 "nothing comes here";
}

/* One that systemd made is systemd's to make again. */
static void look_at_socket(struct feed_syslog *f)
{
	const char *trouble = f->socket ? trouble_of(f) : NULL;

	if (trouble && f->own)
		drop_socket(f);
	if (f->wanted && !f->socket)
		make_socket(f);
	else if (trouble && !f->told_unreached)
		log_warning("%s %s; see mailban-jail(5)",
			syslog_path(f->socket), trouble);
	f->told_unreached = trouble && !f->own;
}

void feed_syslog_tick(struct feed_syslog *f)
{
	look_at_socket(f);
	syslog_trust_tick(f->trust);
	trusted_tell(f->trusted, tell_refused, f);
	tell_full(f);
}

bool feed_syslog_is_there(const struct feed_syslog *f)
{
	return f->socket || f->wanted;
}

bool feed_syslog_is_wanted(const struct feed_syslog *f)
{
	return f->wanted;
}

uint64_t feed_syslog_lines(const struct feed_syslog *f)
{
	return f->gone.lines + (f->socket ? syslog_stats(f->socket)->lines : 0);
}

const char *feed_syslog_name(const struct feed_syslog *f)
{
	return f->socket ? syslog_path(f->socket)
			 : f->config->settings.syslog_socket;
}

void feed_syslog_status(const struct feed_syslog *f, struct feed_status *out)
{
	*out = (struct feed_status){
		.name = feed_syslog_name(f),
		.kind = "syslog",
		.trouble = trouble_of(f),
		.lines = feed_syslog_lines(f),
		.matched = trusted_matched(f->trusted),
		.cut = f->gone.cut +
		       (f->socket ? syslog_stats(f->socket)->cut : 0),
		.refused = trusted_refused(f->trusted),
		.full = full(f),
		.unused = !f->wanted,
	};
}
