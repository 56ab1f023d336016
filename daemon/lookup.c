/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking names up. It takes as long as strangers' name servers let it, and
 * reads what they send, so it is a process of its own that can do nothing
 * else; some threads wait at the same time, so that one server that never
 * answers does not hold up all names.
 *
 * Its parent is a keeper, which reads no byte of any stranger.
 */
#include "daemon/lookup.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/keeper.h"
#include "daemon/sandbox.h"
#include "daemon/spawn.h"
#include "lib/clock.h"
#include "lib/log.h"

#define STACK (256 * 1024)
/* Seconds to wait for a server, and how often (resolv.conf(5)); what the
 * host's administrator set in this variable holds. */
#define PATIENCE "timeout:2 attempts:2"
/* How long a server may take by TCP. */
#define CONNECTED_MOST (5 * CLOCK_SECOND)

static void add(struct lookup_reply *reply, const struct addrinfo *ai)
{
	struct addr a;

	if (reply->n == LOOKUP_ADDRESSES ||
		!addr_from_sockaddr(ai->ai_addr, &a))
		return;
	for (uint16_t i = 0; i < reply->n; i++)
		if (addr_equal(&reply->addresses[i], &a))
			return;
	reply->addresses[reply->n++] = a;
}

static void look_up(const char *name, struct lookup_reply *reply)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	int r = getaddrinfo(name, NULL, &hints, &list);

	reply->brief = r != 0 && r != EAI_NONAME && r != EAI_NODATA;
	for (const struct addrinfo *ai = list; r == 0 && ai; ai = ai->ai_next)
		add(reply, ai);
	if (r == 0)
		freeaddrinfo(list);
}

/* How many names are asked for now. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t change;
	unsigned int n;
} busy = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};

static void busy_change(int by)
{
	pthread_mutex_lock(&busy.lock);
	busy.n += (unsigned int)by;
	pthread_cond_signal(&busy.change);
	pthread_mutex_unlock(&busy.lock);
}

static void busy_wait(void)
{
	pthread_mutex_lock(&busy.lock);
	while (busy.n == 0)
		pthread_cond_wait(&busy.change, &busy.lock);
	pthread_mutex_unlock(&busy.lock);
}

static bool is_connection(int fd)
{
	int type = 0;
	socklen_t n = sizeof(type);

	return fd != SPAWN_FD &&
	       getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 &&
	       type == SOCK_STREAM;
}

/*
 * To a server that it asks by TCP the library waits without an end, whatever
 * resolv.conf says. So each connection that is open for long is ended here;
 * the library takes it as the server's doing, and asks the next.
 */
static void end_connections(void)
{
	static struct {
		ino_t inode;
		int64_t since; /* monotonic */
	} seen[SANDBOX_LOOKUP_DESCRIPTORS];
	int64_t now = clock_mono();
	struct stat st;

	for (int fd = SPAWN_FD + 1; fd < SANDBOX_LOOKUP_DESCRIPTORS; fd++) {
		if (fstat(fd, &st) < 0)
			st.st_ino = 0;
		if (seen[fd].inode != st.st_ino) {
			seen[fd].inode = st.st_ino;
			seen[fd].since = now;
		} else if (st.st_ino && now - seen[fd].since > CONNECTED_MOST &&
			   is_connection(fd)) {
			shutdown(fd, SHUT_RDWR);
		}
	}
}

static _Noreturn void watch_connections(void)
{
	const struct timespec second = {.tv_sec = 1};

	for (;;) {
		busy_wait();
		end_connections();
		clock_nanosleep(CLOCK_MONOTONIC, 0, &second, NULL);
	}
}

/* Each takes the next name that waits in the socket. */
static void *work(void *ctx)
{
	int fd = *(const int *)ctx;

	for (;;) {
		struct lookup_request request;
		struct lookup_reply reply = {.n = 0};
		ssize_t n = recv(fd, &request, sizeof(request), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n != sizeof(request))
			_exit(n != 0);
		request.name[LOOKUP_NAME - 1] = '\0';
		reply.id = request.id;
		busy_change(1);
		look_up(request.name, &reply);
		busy_change(-1);
		if (send(fd, &reply, sizeof(reply), MSG_NOSIGNAL) < 0)
			_exit(1);
	}
}

static _Noreturn void fail(const char *what, int r)
{
	log_error("names: %s: %s", what, strerror(-r));
	_exit(1);
}

static int be_lookup(void *ctx)
{
	static int socket_fd = SPAWN_FD;
	const bool *confined = ctx;
	pthread_attr_t attr;
	pthread_t thread;
	int r;

	prctl(PR_SET_NAME, "mailban-lookup");
	r = *confined ? sandbox_enter_lookup_worker() : 0;
	if (r < 0)
		fail("cannot give up rights", r);
	if (pthread_attr_init(&attr) != 0 ||
		pthread_attr_setstacksize(&attr, STACK) != 0)
		return 1;
	for (int i = 0; i < LOOKUP_THREADS; i++)
		if (pthread_create(&thread, &attr, work, &socket_fd) != 0) {
			if (i == 0)
				return 1;
			break;
		}
	watch_connections();
}

/* Those that it may read as everybody are the only files that it needs. */
static int give_up(uid_t uid, gid_t gid, bool confined)
{
	int r = sandbox_drop_user(uid, gid, NULL, 0);

	if (r == 0)
		r = sandbox_keep_caps(0);
	if (r == 0)
		r = sandbox_no_new_privs();
	if (r == 0 && confined)
		r = sandbox_enter_lookup();
	return r;
}

struct birth {
	uid_t uid;
	gid_t gid;
	bool confined;
};

static void be_parent(void *ctx)
{
	static const struct lookup_reply lost = {.id = 0};
	struct birth *birth = ctx;
	const struct keeper_worker worker = {
		.work = be_lookup, .ctx = &birth->confined};
	int r;

	prctl(PR_SET_NAME, "mailban-names");
	setenv("RES_OPTIONS", PATIENCE, 0);
	/* A stranger's name is whole: nobody of our own domain is meant. */
	setenv("LOCALDOMAIN", ".", 0);
	r = give_up(birth->uid, birth->gid, birth->confined);
	if (r < 0)
		fail("cannot give up rights", r);
	keeper_run(SPAWN_FD, &lost, sizeof(lost), &worker);
}

int lookup_spawn(uid_t uid, gid_t gid, bool confined, int *fd, pid_t *pid)
{
	struct birth birth = {uid, gid, confined};

	return spawn_child(be_parent, &birth, 0, fd, pid);
}
