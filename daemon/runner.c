/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running the admin's hook, sendmail, postconf, postqueue, who holds messages
 * and the probe, and counting Postfix' processes: each with a time limit and
 * one after the other, and none of them longer than this process. What they are
 * called with is in runner_programs.c.
 */
#include "daemon/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alarms/services.h"
#include "daemon/keeper.h"
#include "daemon/listing.h"
#include "daemon/runner_programs.h"
#include "daemon/sandbox.h"
#include "daemon/spawn.h"
#include "lib/clock.h"
#include "lib/log.h"

/* Who may talk to Postfix' showq(8), by Debian's name (setgid_group). */
#define POSTDROP "postdrop"

/* The program that runs, for who outlives the one who started it; or 0. */
static volatile pid_t *running;

static _Noreturn void become(const struct runner_program *p)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	setpgid(0, 0);
	*running = getpid();
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null < 0 || dup2(p->in < 0 ? null : p->in, STDIN_FILENO) < 0 ||
		dup2(p->out < 0 ? null : p->out, STDOUT_FILENO) < 0 ||
		close_range(SPAWN_FD, ~0u, 0) < 0)
		_exit(127);
	execve(p->path, (char *const *)(uintptr_t)p->argv, p->env);
	_exit(127);
}

/* Takes what comes; false at the end of it. */
static bool take_output(
	int fd, struct runner_reply *reply, struct listing *listing)
{
	char bytes[16384];
	size_t room = sizeof(reply->output) - reply->n;
	ssize_t n = read(fd, bytes, sizeof(bytes));

	if (n <= 0)
		return n < 0 && errno == EINTR;
	if (listing) {
		listing_take(listing, bytes, (size_t)n);
	} else {
		if ((size_t)n < room)
			room = (size_t)n;
		memcpy(reply->output + reply->n, bytes, room);
		reply->n = (uint16_t)(reply->n + room);
	}
	return true;
}

/* Until it has ended or its time is over. */
static void wait_for(
	pid_t pid, int out, struct runner_reply *reply, struct listing *listing)
{
	int64_t until = clock_mono() + RUNNER_PATIENCE * CLOCK_SECOND;
	struct pollfd p[2] = {
		{.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN},
		{.fd = out, .events = POLLIN}};
	int status;

	while (!(p[0].revents & POLLIN) || p[1].fd >= 0) {
		int64_t left = until - clock_mono();

		if (left <= 0 || p[0].fd < 0 ||
			(poll(p, 2, (int)(left / CLOCK_MILLISECOND) + 1) < 0 &&
				errno != EINTR)) {
			kill(-pid, SIGKILL);
			kill(pid, SIGKILL);
			reply->status = RUNNER_TOO_LONG;
			break;
		}
		if (p[1].revents && !take_output(p[1].fd, reply, listing))
			p[1].fd = -1;
	}
	if (p[0].fd >= 0)
		close(p[0].fd);
	/* Until it is waited for the number is nobody else's. */
	*running = 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (reply->status != RUNNER_TOO_LONG)
		reply->status = status;
}

static void run(struct runner_request *q, struct runner_reply *reply)
{
	struct runner_program p;
	struct listing *listing = NULL;
	int ends[2] = {-1, -1};
	pid_t pid = -1;

	*reply = (struct runner_reply){
		.task = q->task, .status = RUNNER_NOT_STARTED};
	runner_program_make(&p, q);
	if (p.is_read && pipe2(ends, O_CLOEXEC) == 0)
		p.out = ends[1];
	if (q->task == RUNNER_QUEUE)
		listing = listing_new();
	if (p.path)
		pid = fork();
	if (pid == 0)
		become(&p);
	if (p.out >= 0)
		close(p.out);
	if (pid > 0)
		wait_for(pid, ends[0], reply, listing);
	if (listing)
		reply->n = (uint16_t)listing_encode(
			listing, reply->output, sizeof(reply->output));
	listing_free(&listing);
	if (ends[0] >= 0)
		close(ends[0]);
	runner_program_free(&p);
}

_Static_assert(SERVICES_BYTES <= RUNNER_OUTPUT, "all services have room");

/* What it can see for itself, in /proc. */
static void count(const struct runner_request *q, struct runner_reply *reply)
{
	static struct services services;
	int error;

	services.n = 0;
	error = -services_count(&services, q->directory);
	*reply = (struct runner_reply){.task = q->task};
	reply->n = (uint16_t)services_encode(
		&services, error, reply->output, sizeof(reply->output));
}

/* The status to exit with. */
static int serve(void *ctx)
{
	static struct runner_request request;
	static struct runner_reply reply;
	char bytes[RUNNER_MESSAGE];

	(void)ctx;
	prctl(PR_SET_NAME, "mailban-runner");
	for (;;) {
		ssize_t n = recv(SPAWN_FD, bytes, sizeof(bytes), MSG_TRUNC);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n != 0;
		if ((size_t)n > sizeof(bytes) ||
			!runner_request_decode(bytes, (size_t)n, &request))
			return 1;
		if (request.task == RUNNER_PROCESSES)
			count(&request, &reply);
		else
			run(&request, &reply);
		if (send(SPAWN_FD, &reply,
			    offsetof(struct runner_reply, output) + reply.n,
			    MSG_NOSIGNAL) < 0)
			return 0;
	}
}

/* What it ran is lost with it, and would have no end to its time any more. */
static void bury(void *ctx)
{
	pid_t group = *running;

	(void)ctx;
	if (group <= 0)
		return;
	kill(-group, SIGKILL);
	while (waitpid(-group, NULL, 0) > 0 || errno == EINTR)
		;
	*running = 0;
}

/* Without the right to empty the bounding set, execve must give nothing. */
static int give_up(uid_t uid, gid_t gid, bool confined)
{
	const struct group *postdrop = getgrnam(POSTDROP);
	int r = sandbox_drop_user(uid, gid, postdrop ? &postdrop->gr_gid : NULL,
		postdrop != NULL);

	/* Not from root: with the groups that the service manager gave. */
	if (r == -EPERM && postdrop)
		r = sandbox_drop_user(uid, gid, NULL, 0);
	if (r == 0)
		r = sandbox_keep_caps(0);
	if (r == -EPERM || (r == 0 && confined)) {
		r = sandbox_no_new_privs();
		if (r == 0)
			r = sandbox_keep_caps(0);
	}
	if (r == 0 && confined)
		r = sandbox_enter_runner();
	return r;
}

struct birth {
	const struct runner_means *means;
	uid_t uid;
	gid_t gid;
	bool confined;
};

static void be_keeper(void *ctx)
{
	static const struct runner_reply lost = {.status = RUNNER_LOST};
	const struct keeper_worker worker = {.work = serve, .bury = bury};
	const struct birth *birth = ctx;
	const struct runner_means *means = birth->means;
	int r;

	prctl(PR_SET_NAME, "runner-keeper");
	running = mmap(NULL, sizeof(*running), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	/* Of whom it leaves behind we are the parent: nobody has their numbers
	 * before we know of their end. */
	if (running == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1L) < 0)
		_exit(1);
	runner_programs_settle(means);
	r = give_up(birth->uid, birth->gid,
		birth->confined && !means->hook && !means->mail_to &&
			!means->hold && !means->probe);
	if (r < 0) {
		log_error("runner: cannot give up rights: %s", strerror(-r));
		_exit(1);
	}
	keeper_run(SPAWN_FD, &lost, offsetof(struct runner_reply, output),
		&worker);
}

int runner_spawn(const struct runner_means *means, uid_t uid, gid_t gid,
	bool confined, int *fd, pid_t *pid)
{
	struct birth birth = {means, uid, gid, confined};

	return spawn_child(be_keeper, &birth, 0, fd, pid);
}
