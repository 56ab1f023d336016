/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine asks of the process that looks names up. The names are
 * strangers' and so are the answers: nothing here waits, and nothing grows.
 */
#include "daemon/resolver.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/lookup.h"
#include "jails/keytable.h"
#include "lib/clock.h"
#include "lib/hash.h"
#include "lib/log.h"

/* After the process ended by itself. */
#define START_AGAIN (10 * CLOCK_SECOND)

/* A name that is asked for; id 0 is a free place. */
struct question {
	uint32_t id;
	char name[LOOKUP_NAME];
};

struct waiting {
	uint32_t id; /* of its question */
	struct resolver_failure failure;
};

/* An answer; found by a secret hash of the name. */
struct answer {
	uint64_t key;
	int64_t until; /* monotonic, microseconds */
	uint32_t n, zero;
	struct addr addresses[LOOKUP_ADDRESSES];
};

struct resolver {
	struct resolver_user user;
	struct hash_seed seed;
	struct keytable *answers;
	uint32_t hand;
	struct question questions[RESOLVER_ASKED];
	struct waiting waiting[RESOLVER_WAITING];
	size_t waiting_n;
	uint32_t last_id;
	sd_event_source *io; /* NULL: no process */
	int fd;		     /* -1 then too */
	pid_t pid;
	int64_t ended; /* monotonic; 0 = it never did */
	struct resolver_counts counts;
};

/* All that it was asked for is lost. */
static void lose(struct resolver *r)
{
	r->ended = clock_mono();
	r->counts.dropped += r->waiting_n;
	r->waiting_n = 0;
	memset(r->questions, 0, sizeof(r->questions));
}

/* The process goes, for good. */
static void stop(struct resolver *r)
{
	if (r->fd < 0)
		return;
	r->io = sd_event_source_disable_unref(r->io);
	close(r->fd);
	r->fd = -1;
	/* It would end by itself, but not be waited for. */
	kill(r->pid, SIGKILL);
	waitpid(r->pid, NULL, 0);
	lose(r);
}

void resolver_free(struct resolver **resolver)
{
	struct resolver *r = *resolver;

	if (!r)
		return;
	stop(r);
	keytable_free(&r->answers);
	free(r);
	*resolver = NULL;
}

static struct answer *answer_find(const struct resolver *r, uint64_t key)
{
	uint32_t at = keytable_find(r->answers, &key);

	return at == KEYTABLE_NONE ? NULL : keytable_at(r->answers, at);
}

static int64_t good_until(const void *context, const void *answer)
{
	(void)context;
	return ((const struct answer *)answer)->until;
}

static void answer_keep(struct resolver *r, const char *name,
	const struct lookup_reply *reply, uint32_t n)
{
	uint64_t key = hash_bytes(&r->seed, name, strlen(name));
	struct answer *a = answer_find(r, key);
	uint32_t at;

	if (!a) {
		at = keytable_add(r->answers, &key);
		if (at == KEYTABLE_NONE) {
			keytable_evict(r->answers, &r->hand, good_until, NULL);
			at = keytable_add(r->answers, &key);
		}
		if (at == KEYTABLE_NONE)
			return;
		a = keytable_at(r->answers, at);
	}
	a->until =
		clock_mono() +
		(reply->brief ? RESOLVER_BRIEF : RESOLVER_GOOD) * CLOCK_SECOND;
	a->n = n;
	memcpy(a->addresses, reply->addresses, n * sizeof(struct addr));
}

/* Tells all who wait for this name. The user may ask anew meanwhile. */
static void tell(struct resolver *r, const struct question *q,
	const struct lookup_reply *reply, size_t n)
{
	size_t at = 0;

	while (at < r->waiting_n) {
		struct resolver_failure failure = r->waiting[at].failure;

		if (r->waiting[at].id != q->id) {
			at++;
			continue;
		}
		/* Their order stays: windows take times as they come. */
		memmove(&r->waiting[at], &r->waiting[at + 1],
			(r->waiting_n - at - 1) * sizeof(r->waiting[0]));
		r->waiting_n--;
		r->user.found(r->user.ctx, &failure, q->name, reply->addresses,
			n, true);
	}
}

static struct question *question_of(struct resolver *r, uint32_t id)
{
	for (size_t i = 0; i < RESOLVER_ASKED; i++)
		if (r->questions[i].id == id)
			return &r->questions[i];
	return NULL;
}

static void take_reply(struct resolver *r, const struct lookup_reply *reply)
{
	struct question *at = question_of(r, reply->id);
	struct question q;
	uint32_t n = reply->n;

	if (!at || n > LOOKUP_ADDRESSES) {
		log_error("names: an answer to nothing that was asked");
		return;
	}
	q = *at;
	at->id = 0;
	r->counts.not_found += n == 0;
	answer_keep(r, q.name, reply, n);
	tell(r, &q, reply, n);
}

static int on_replies(sd_event_source *s, int fd, uint32_t events, void *ctx)
{
	struct resolver *r = ctx;
	struct lookup_reply reply;
	ssize_t n = 0;

	(void)events;
	for (int i = 0; i < RESOLVER_ASKED; i++) {
		n = recv(fd, &reply, sizeof(reply), MSG_DONTWAIT);
		if (n != sizeof(reply))
			break;
		if (reply.id != 0) {
			take_reply(r, &reply);
			continue;
		}
		log_warning("names: the process that looks them up ended; "
			    "another is started when it is needed");
		lose(r);
	}
	if (n != sizeof(reply) && !(n < 0 && errno == EAGAIN)) {
		log_error("names: who starts the process that looks them up is "
			  "gone: mailband ends, to be started again; its bans "
			  "stay in the kernel");
		sd_event_exit(sd_event_source_get_event(s), 1);
		stop(r);
	}
	r->user.settled(r->user.ctx);
	return 0;
}

struct resolver *resolver_new(
	sd_event *loop, int fd, pid_t pid, const struct resolver_user *user)
{
	struct resolver *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->user = *user;
	r->fd = fd;
	r->pid = pid;
	if (getrandom(&r->seed, sizeof(r->seed), 0) != sizeof(r->seed))
		abort();
	r->answers = keytable_new(sizeof(struct answer), sizeof(uint64_t),
		RESOLVER_KEPT, &r->seed);
	if (!r->answers ||
		sd_event_add_io(loop, &r->io, fd, EPOLLIN, on_replies, r) < 0)
		abort();
	return r;
}

/* Not at once after it ended: what ended it comes again. */
static bool can_ask(const struct resolver *r)
{
	return r->io && (!r->ended || clock_mono() - r->ended >= START_AGAIN);
}

/* Lower case and no dot at its end; false if it is no host's name. */
static bool normalise(const char *name, size_t n, char out[LOOKUP_NAME])
{
	bool letter = false;

	while (n > 0 && name[n - 1] == '.')
		n--;
	if (n == 0 || n >= LOOKUP_NAME || name[0] == '.' || name[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)name[i];

		if (!isalnum(c) && !strchr("-._", c))
			return false;
		letter |= !isdigit(c) && c != '.';
		out[i] = (char)tolower(c);
	}
	out[n] = '\0';
	/* "1.2.3" is an address to the C library's old habits. */
	return letter;
}

/* The question for this name, asked now if it was not; NULL if there is no
 * place for it. */
static struct question *question_for(struct resolver *r, const char *name)
{
	struct lookup_request request = {.id = 0};
	struct question *free_one = NULL;

	for (size_t i = 0; i < RESOLVER_ASKED; i++) {
		struct question *q = &r->questions[i];

		if (q->id && strcmp(q->name, name) == 0)
			return q;
		if (!q->id)
			free_one = q;
	}
	if (!free_one || !can_ask(r))
		return NULL;
	do
		request.id = ++r->last_id;
	while (request.id == 0 || question_of(r, request.id));
	strcpy(request.name, name);
	if (send(r->fd, &request, sizeof(request),
		    MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return NULL;
	free_one->id = request.id;
	strcpy(free_one->name, name);
	r->counts.asked++;
	return free_one;
}

void resolver_ask(struct resolver *r, const char *text, size_t n,
	const struct resolver_failure *failure)
{
	const struct answer *known;
	const struct question *q;
	char name[LOOKUP_NAME];

	if (!normalise(text, n, name))
		return;
	known = answer_find(r, hash_bytes(&r->seed, name, strlen(name)));
	if (known && known->until > clock_mono()) {
		struct answer a = *known;

		r->counts.cached++;
		r->user.found(
			r->user.ctx, failure, name, a.addresses, a.n, false);
		return;
	}
	q = r->waiting_n < RESOLVER_WAITING ? question_for(r, name) : NULL;
	if (!q) {
		r->counts.dropped++;
		return;
	}
	r->waiting[r->waiting_n++] =
		(struct waiting){.id = q->id, .failure = *failure};
}

void resolver_counts(const struct resolver *r, struct resolver_counts *out)
{
	*out = r->counts;
	out->waiting = (uint32_t)r->waiting_n;
}
