/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each process' sandbox from within: a child enters it as the program does,
 * tries one thing, and is ended by SIGSYS or refused. The same thing is tried
 * before it enters, so that what fails anyway proves nothing.
 */
#include "daemon/sandbox.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "alarms/disk.h"

#define SOMEBODY 54321u

/* Where the engine of the test has its state, its socket, a log. */
static char top[] = "/tmp/mailban-sandbox-XXXXXX";
static char state[64], run[64], logs[64], elsewhere[64], mounts[64];

static const char *in(const char *dir, const char *name)
{
	static char path[4][128];
	static unsigned int at;
	char *p = path[at++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

/* 0, or the errno of r. */
static int said(long r)
{
	return r < 0 ? errno : 0;
}

/* What a process might try: 0 when it is done, else an errno. */

static int try_read(void)
{
	return said(open("/proc/self/status", O_RDONLY | O_CLOEXEC));
}

static int try_read_passwd(void)
{
	return said(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int try_read_log(void)
{
	return said(open(in(logs, "mail.log"), O_RDONLY | O_CLOEXEC));
}

static int try_read_elsewhere(void)
{
	return said(open(in(elsewhere, "file"), O_RDONLY | O_CLOEXEC));
}

static int try_list_root(void)
{
	return said(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int try_list(const char *path)
{
	char names[4096];
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? errno : said(getdents64(fd, names, sizeof(names)));
}

static int try_list_logs(void)
{
	return try_list(logs);
}

static int try_list_locked(void)
{
	return try_list(in(logs, "locked"));
}

static int try_list_elsewhere(void)
{
	return try_list(elsewhere);
}

static int try_disk(void)
{
	struct disk disk;

	return -disk_read(state, &disk);
}

static int try_write_log(void)
{
	return said(open(in(logs, "mail.log"), O_WRONLY | O_CLOEXEC));
}

static int try_write_elsewhere(void)
{
	return said(open(in(elsewhere, "file"), O_WRONLY | O_CLOEXEC));
}

static int try_make_elsewhere(void)
{
	return said(open(in(elsewhere, "new"), O_WRONLY | O_CREAT, 0600));
}

static int try_make_in_run(void)
{
	return said(open(in(run, "new"), O_WRONLY | O_CREAT, 0600));
}

/* A file of its own each time, or the first attempt takes it away. */
static int try_remove_log(void)
{
	return said(unlink(in(logs, getuid() == 0 ? "one.log" : "two.log")));
}

static int try_make_state(void)
{
	int fd = open(in(state, "new"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 || write(fd, "x", 1) != 1 || ftruncate(fd, 0) < 0 ||
			       rename(in(state, "new"), in(state, "old")) < 0 ||
			       unlink(in(state, "old")) < 0
		       ? errno
		       : 0;
}

static int try_listen(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	strcpy(un.sun_path, in(run, "control"));
	unlink(un.sun_path);
	return said(bind(fd, (struct sockaddr *)&un, sizeof(un)) < 0
			    ? -1
			    : listen(fd, 1));
}

static int try_inet(void)
{
	return said(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int try_inet6(void)
{
	return said(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static int try_unix(void)
{
	return said(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int try_raw(void)
{
	return said(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
}

static int try_packet(void)
{
	return said(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static int try_netlink_route(void)
{
	return said(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
}

static int try_netlink_audit(void)
{
	return said(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT));
}

static int try_netlink_netfilter(void)
{
	return said(
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
}

/* TCP to ourselves at a port: whether the kernel refuses it, not the peer. */
static int connect_to(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	return connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0 &&
			       errno != ECONNREFUSED && errno != ENETUNREACH
		       ? errno
		       : 0;
}

static int try_tcp_25(void)
{
	return connect_to(25);
}

static int try_tcp_53(void)
{
	return connect_to(53);
}

static int try_exec(void)
{
	char *argv[] = {(char[]){"true"}, NULL};
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execv("/bin/true", argv);
		_exit(1);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

/* As a process that was taken over would: no fork before. */
static int try_exec_alone(void)
{
	char *argv[] = {(char[]){"true"}, NULL};

	return said(execv("/bin/true", argv));
}

static int try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return said(pid < 0 ? -1 : waitpid(pid, NULL, 0));
}

static int try_clone3(void)
{
	/* No arguments: EINVAL says that it would be done with some. */
	long r = syscall(SYS_clone3, NULL, 0);

	return r < 0 && errno == EINVAL ? 0 : errno;
}

static void *nothing(void *ctx)
{
	return ctx;
}

static int try_thread(void)
{
	pthread_t thread;
	int r = pthread_create(&thread, NULL, nothing, NULL);

	return r ? r : pthread_join(thread, NULL);
}

static int try_ptrace(void)
{
	return said(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int try_memory_of_parent(void)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {&byte, 1};

	return said(syscall(
		SYS_process_vm_readv, getppid(), &here, 1L, &there, 1L, 0L));
}

static int try_mount(void)
{
	return said(mount("none", mounts, "tmpfs", 0, NULL));
}

static int try_unshare(void)
{
	return said(syscall(SYS_unshare, 0L));
}

static int try_setuid(void)
{
	return said(setuid(SOMEBODY));
}

static int try_keyctl(void)
{
	return said(syscall(SYS_keyctl, 0L, -4L, 1L)) == 0 ? 0 : errno;
}

/* What needs arguments says so when it can be called at all. */
static int asked(long r)
{
	return r < 0 && (errno == EINVAL || errno == EFAULT) ? 0 : said(r);
}

static int try_bpf(void)
{
	return asked(syscall(SYS_bpf, 0L, NULL, 0L));
}

static int try_io_uring(void)
{
	return asked(syscall(SYS_io_uring_setup, 1L, NULL));
}

static int try_userfaultfd(void)
{
	return asked(syscall(SYS_userfaultfd, -1L));
}

static int try_signal_parent(void)
{
	return said(kill(getppid(), SIGURG));
}

static int try_stop_parent_kill(void)
{
	return said(kill(getppid(), 0));
}

static int executable(int flags, int protect)
{
	void *p = mmap(NULL, 4096, protect, MAP_PRIVATE | flags, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int try_code_page(void)
{
	return executable(MAP_ANONYMOUS, PROT_READ | PROT_EXEC);
}

static int try_jit_page(void)
{
	return executable(MAP_ANONYMOUS, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static int try_data_to_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return errno;
	return said(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int try_limits(void)
{
	const struct rlimit all = {4096, 4096};

	return said(setrlimit(RLIMIT_NOFILE, &all));
}

static int try_memory(void)
{
	void *p = malloc(64 << 20);

	if (!p)
		return ENOMEM;
	memset(p, 1, 64 << 20);
	free(p);
	return 0;
}

/* The other way to make calls on this machine. */
static int try_int80(void)
{
#ifdef __x86_64__
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory");
	return r > 0 ? 0 : (int)-r;
#else
	return 0;
#endif
}

/* The sandboxes. */

static int to_nobody(uint64_t caps)
{
	int r = sandbox_drop_user(SOMEBODY, SOMEBODY, NULL, 0);

	if (r == 0)
		r = sandbox_keep_caps(caps);
	return r ? r : sandbox_no_new_privs();
}

static int enter_warden(void)
{
	int r = to_nobody(SANDBOX_CAP(CAP_NET_ADMIN));

	return r ? r : sandbox_enter_warden();
}

static int engine(bool names)
{
	const struct sandbox_path paths[] = {
		{"/etc", SANDBOX_READ},
		{logs, SANDBOX_READ},
		{state, SANDBOX_STATE},
		{run, SANDBOX_SOCKET},
		{"/nowhere/at/all", SANDBOX_READ},
	};
	int r = to_nobody(0);

	return r ? r : sandbox_enter_engine(paths, 5, names);
}

static int enter_engine(void)
{
	return engine(false);
}

static int enter_engine_with_names(void)
{
	return engine(true);
}

static int enter_names(void)
{
	int r = to_nobody(0);

	return r ? r : sandbox_enter_lookup();
}

static int enter_lookup(void)
{
	int r = enter_names();

	return r ? r : sandbox_enter_lookup_worker();
}

/* With the right to read all of it, and the means for nothing. */
static int enter_gauge(void)
{
	const struct sandbox_path paths[] = {{logs, SANDBOX_NAMES}};
	int r = to_nobody(SANDBOX_CAP(CAP_DAC_READ_SEARCH));

	if (r == 0)
		r = sandbox_enter_gauge();
	return r ? r : sandbox_enter_gauge_watch(paths, 1);
}

static int enter_nothing(void)
{
	return 0;
}

#define KILLED (-1)
#define BROKEN (-2)

/* What comes of it in a child: its errno, or KILLED. */
static int outcome(int (*enter)(void), int (*attempt)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (enter() != 0)
			_exit(255);
		_exit(attempt());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED : BROKEN;
	return WEXITSTATUS(status) == 255 ? BROKEN : WEXITSTATUS(status);
}

struct attempt {
	const char *name;
	int (*attempt)(void);
	int wanted;
};

#define ATTEMPT(name, wanted)             \
	{                                 \
#name, try_##name, wanted \
	}

static void each(int (*enter)(void), const struct attempt *attempts, size_t n)
{
	int wrong = 0;

	for (size_t i = 0; i < n; i++) {
		const struct attempt *a = &attempts[i];
		int before = outcome(enter_nothing, a->attempt);
		int r = outcome(enter, a->attempt);

		if (before != 0)
			fprintf(stderr, "%s: cannot be done here anyway: %s\n",
				a->name, strerror(before));
		if (r != a->wanted)
			fprintf(stderr, "%s: %d, wanted %d\n", a->name, r,
				a->wanted);
		wrong += r != a->wanted || before != 0;
	}
	assert_int_equal(wrong, 0);
}

#define EACH(enter, attempts) \
	each(enter, attempts, sizeof(attempts) / sizeof(*(attempts)))

/* Nobody may, in any of them. */
#define NEVER                                                                  \
	ATTEMPT(exec_alone, KILLED), ATTEMPT(ptrace, KILLED),                  \
		ATTEMPT(memory_of_parent, KILLED), ATTEMPT(mount, KILLED),     \
		ATTEMPT(unshare, KILLED), ATTEMPT(setuid, KILLED),             \
		ATTEMPT(keyctl, KILLED), ATTEMPT(bpf, KILLED),                 \
		ATTEMPT(io_uring, KILLED), ATTEMPT(userfaultfd, KILLED),       \
		ATTEMPT(packet, KILLED), ATTEMPT(raw, KILLED),                 \
		ATTEMPT(netlink_audit, KILLED), ATTEMPT(limits, KILLED),       \
		ATTEMPT(data_to_code, KILLED), ATTEMPT(signal_parent, KILLED), \
		ATTEMPT(stop_parent_kill, KILLED), ATTEMPT(memory, 0)

static void test_warden(void **context)
{
	static const struct attempt attempts[] = {
		NEVER,
		ATTEMPT(read, KILLED),
		ATTEMPT(read_passwd, KILLED),
		ATTEMPT(write_elsewhere, KILLED),
		ATTEMPT(unix, KILLED),
		ATTEMPT(inet, KILLED),
		ATTEMPT(inet6, KILLED),
		ATTEMPT(netlink_route, KILLED),
		ATTEMPT(netlink_netfilter, 0),
		ATTEMPT(fork, KILLED),
		ATTEMPT(clone3, KILLED),
		ATTEMPT(thread, KILLED),
		ATTEMPT(exec, KILLED),
		ATTEMPT(code_page, KILLED),
		ATTEMPT(jit_page, KILLED),
		ATTEMPT(int80, KILLED),
	};

	(void)context;
	EACH(enter_warden, attempts);
}

static void test_gauge(void **context)
{
	static const struct attempt attempts[] = {
		NEVER,
		ATTEMPT(disk, 0),
		ATTEMPT(list_logs, 0),
		/* Somebody else's, closed to all others. */
		ATTEMPT(list_locked, 0),
		ATTEMPT(list_elsewhere, EACCES),
		ATTEMPT(list_root, EACCES),
		ATTEMPT(read, KILLED),
		ATTEMPT(read_passwd, KILLED),
		ATTEMPT(read_log, KILLED),
		ATTEMPT(read_elsewhere, KILLED),
		ATTEMPT(write_elsewhere, KILLED),
		ATTEMPT(make_elsewhere, KILLED),
		ATTEMPT(unix, KILLED),
		ATTEMPT(inet, KILLED),
		ATTEMPT(netlink_route, KILLED),
		ATTEMPT(netlink_netfilter, KILLED),
		ATTEMPT(fork, KILLED),
		ATTEMPT(clone3, KILLED),
		ATTEMPT(thread, KILLED),
		ATTEMPT(exec, KILLED),
		ATTEMPT(code_page, KILLED),
		ATTEMPT(jit_page, KILLED),
		ATTEMPT(int80, KILLED),
	};

	(void)context;
	EACH(enter_gauge, attempts);
}

static void test_engine(void **context)
{
	static const struct attempt attempts[] = {
		ATTEMPT(exec_alone, KILLED),
		ATTEMPT(ptrace, KILLED),
		ATTEMPT(memory_of_parent, KILLED),
		ATTEMPT(mount, KILLED),
		ATTEMPT(unshare, KILLED),
		ATTEMPT(setuid, KILLED),
		ATTEMPT(keyctl, KILLED),
		ATTEMPT(bpf, KILLED),
		ATTEMPT(io_uring, KILLED),
		ATTEMPT(userfaultfd, KILLED),
		ATTEMPT(packet, KILLED),
		ATTEMPT(raw, EAFNOSUPPORT),
		ATTEMPT(netlink_audit, KILLED),
		ATTEMPT(netlink_netfilter, KILLED),
		ATTEMPT(limits, KILLED),
		ATTEMPT(data_to_code, KILLED),
		ATTEMPT(signal_parent, KILLED),
		ATTEMPT(stop_parent_kill, KILLED),
		ATTEMPT(memory, 0),
		ATTEMPT(inet, EAFNOSUPPORT),
		ATTEMPT(inet6, EAFNOSUPPORT),
		ATTEMPT(unix, 0),
		ATTEMPT(netlink_route, 0),
		ATTEMPT(fork, KILLED),
		ATTEMPT(clone3, ENOSYS),
		ATTEMPT(thread, 0),
		ATTEMPT(exec, KILLED),
		ATTEMPT(jit_page, 0),
		ATTEMPT(int80, KILLED),
		ATTEMPT(read, EACCES),
		ATTEMPT(read_passwd, 0),
		ATTEMPT(read_log, 0),
		ATTEMPT(read_elsewhere, EACCES),
		ATTEMPT(list_root, EACCES),
		ATTEMPT(write_log, EACCES),
		ATTEMPT(remove_log, EACCES),
		ATTEMPT(write_elsewhere, EACCES),
		ATTEMPT(make_elsewhere, EACCES),
		ATTEMPT(make_in_run, EACCES),
		ATTEMPT(make_state, 0),
		ATTEMPT(listen, 0),
	};

	(void)context;
	EACH(enter_engine, attempts);
}

static long landlock_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0L, 1L);
}

static void test_engine_with_names(void **context)
{
	const struct attempt attempts[] = {
		ATTEMPT(inet, 0),
		ATTEMPT(inet6, 0),
		ATTEMPT(raw, KILLED),
		ATTEMPT(packet, KILLED),
		ATTEMPT(tcp_53, 0),
		/* Landlock knows of ports from Linux 6.7 on. */
		ATTEMPT(tcp_25, landlock_version() >= 4 ? EACCES : 0),
	};

	(void)context;
	EACH(enter_engine_with_names, attempts);
}

static void test_lookup(void **context)
{
	const struct attempt attempts[] = {
		NEVER,
		ATTEMPT(fork, KILLED),
		ATTEMPT(clone3, ENOSYS),
		ATTEMPT(thread, 0),
		ATTEMPT(exec, KILLED),
		ATTEMPT(code_page, KILLED),
		ATTEMPT(jit_page, KILLED),
		ATTEMPT(inet, 0),
		ATTEMPT(tcp_53, 0),
		ATTEMPT(tcp_25, landlock_version() >= 4 ? EACCES : 0),
		ATTEMPT(netlink_netfilter, KILLED),
		ATTEMPT(read, EACCES),
		ATTEMPT(read_passwd, 0),
		ATTEMPT(read_log, EACCES),
		ATTEMPT(write_elsewhere, EACCES),
		ATTEMPT(make_elsewhere, EACCES),
		ATTEMPT(int80, KILLED),
	};

	(void)context;
	EACH(enter_lookup, attempts);
}

/* Who starts it: a fork more, and of what a fork does, nothing. */
static void test_names(void **context)
{
	static const struct attempt attempts[] = {
		NEVER,
		ATTEMPT(fork, 0),
		ATTEMPT(read_log, EACCES),
		ATTEMPT(jit_page, KILLED),
		ATTEMPT(netlink_netfilter, KILLED),
		ATTEMPT(write_elsewhere, EACCES),
	};

	(void)context;
	EACH(enter_names, attempts);
}

/* Without no_new_privs nothing may be believed to be confined. */
static int enter_unprepared(void)
{
	if (sandbox_drop_user(SOMEBODY, SOMEBODY, NULL, 0) ||
		sandbox_keep_caps(0))
		return 1;
	return sandbox_enter_warden() == -EPERM ? 0 : 1;
}

static void test_what_fails_is_told(void **context)
{
	(void)context;
	assert_int_equal(outcome(enter_nothing, enter_unprepared), 0);
}

/* The hard limit in a line of its /proc/PID/limits; -1: there is none. */
static long limit_of(pid_t pid, const char *name)
{
	char path[64], line[256];
	long most = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/limits", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, name, strlen(name)) == 0)
			sscanf(line + strlen(name), " %*s %ld", &most);
	if (f)
		fclose(f);
	return most;
}

/* It may not even read limits: they are looked at from outside. */
static int warden_limits(void)
{
	int go[2], r;
	char entered = 0;
	pid_t pid;

	if (pipe(go) < 0)
		return 1;
	pid = fork();
	if (pid == 0) {
		entered = enter_warden() == 0;
		if (write(go[1], &entered, 1) == 1)
			poll(NULL, 0, -1);
		_exit(1);
	}
	r = read(go[0], &entered, 1) != 1 || !entered ||
	    limit_of(pid, "Max processes") != 0 ||
	    limit_of(pid, "Max core file size") != 0 ||
	    limit_of(pid, "Max locked memory") != 0 ||
	    limit_of(pid, "Max open files") != 16;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return r;
}

static void test_limits(void **context)
{
	(void)context;
	assert_int_equal(outcome(enter_nothing, warden_limits), 0);
}

static void make(char *path, const char *dir)
{
	snprintf(path, sizeof(state), "%s/%s", top, dir);
	assert_int_equal(mkdir(path, 0777), 0);
	assert_int_equal(chmod(path, 0777), 0);
}

static void touch(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0666), 0);
	close(fd);
}

/* A file system of our own, so that nothing stays behind. */
static int set_up(void **context)
{
	(void)context;
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 || !mkdtemp(top) ||
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("none", top, "tmpfs", 0, "mode=755") < 0)
		return -1;
	make(state, "state");
	make(run, "run");
	make(logs, "logs");
	make(elsewhere, "elsewhere");
	make(mounts, "mounts");
	if (mkdir(in(logs, "locked"), 0700) < 0)
		return -1;
	touch(in(logs, "mail.log"));
	touch(in(logs, "one.log"));
	touch(in(logs, "two.log"));
	touch(in(elsewhere, "file"));
	return 0;
}

static int tear_down(void **context)
{
	(void)context;
	return umount2(top, MNT_DETACH) < 0 || rmdir(top) < 0 ? -1 : 0;
}

#ifdef __SANITIZE_ADDRESS__
#define TESTS 1
#else
#define TESTS 8
#endif

int main(void)
{
	/* But for the first: the sanitizers' own list holds too much of what
	 * is tried. */
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_fails_is_told),
		cmocka_unit_test(test_warden),
		cmocka_unit_test(test_gauge),
		cmocka_unit_test(test_engine),
		cmocka_unit_test(test_engine_with_names),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_limits),
	};

	return _cmocka_run_group_tests(
		"sandbox_enter", tests, TESTS, set_up, tear_down);
}
