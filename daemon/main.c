/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailband: options, settings, then the processes: the warden and the gauge are
 * started while there are still capabilities to give them, who runs programs
 * and who looks up names beside them, and what is left reads the configuration
 * and becomes the engine, as a user without rights. They come before the jails
 * and filters, which none of them has to carry along. See mailband(8).
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <malloc.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/alarms.h"
#include "daemon/config.h"
#include "daemon/control.h"
#include "daemon/engine.h"
#include "daemon/history.h"
#include "daemon/lookup.h"
#include "daemon/reach.h"
#include "daemon/sandbox.h"
#include "daemon/warden_client.h"
#include "lib/datadir.h"
#include "lib/log.h"

/* A buffer of this size and more has pages of its own, bytes. */
#define OWN_PAGES (96 << 10)

#define EXIT_FAULT 1
#define EXIT_USAGE 2

struct arguments {
	struct engine_options engine;
	bool check;   /* -t */
	bool history; /* -p */
};

/* Whom all the processes become. */
struct account {
	uid_t uid;
	gid_t gid;
};

static void usage(FILE *to)
{
	fputs("usage: mailband [-t] [-p] [-n] [-c CONFDIR] [-s SOCKET] "
	      "[-d STATEDIR]\n"
	      "  -t  check the configuration and exit\n"
	      "  -p  print what was counted by the hour and exit\n"
	      "  -n  decide and report, but enforce nothing\n"
	      "  -c  configuration (/etc/mailban)\n"
	      "  -s  control socket (/run/mailban/control)\n"
	      "  -d  state (/var/lib/mailban)\n"
	      "See mailband(8).\n",
		to);
}

static void read_options(struct arguments *args, int argc, char **argv)
{
	static const struct option longs[] = {
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "tpnc:s:d:hV", longs, NULL)) >=
		0) {
		switch (option) {
		case 't':
			args->check = true;
			break;
		case 'p':
			args->history = true;
			break;
		case 'n':
			args->engine.dry_run = true;
			break;
		case 'c':
			args->engine.confdir = optarg;
			break;
		case 's':
			args->engine.socket = optarg;
			break;
		case 'd':
			args->engine.statedir = optarg;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		case 'V':
			puts("mailband " MAILBAN_VERSION);
			exit(0);
		default:
			usage(stderr);
			exit(EXIT_USAGE);
		}
	}
	if (optind < argc) {
		usage(stderr);
		exit(EXIT_USAGE);
	}
}

/* Faults and warnings as the admin is to read them, a line each: to a person
 * with the file first; in the journal with a severity, so that
 * who looks for warnings there finds them. */
static void print_errors(const struct err *err)
{
	bool journal = getenv("JOURNAL_STREAM") != NULL;

	for (size_t i = 0; i < err->n; i++) {
		const char *text = err->items[i].text;
		bool warning = err->items[i].kind == ERR_WARNING;

		if (journal)
			log_line(warning ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR,
				"%s", text);
		else
			fprintf(stderr, "%s%s\n", warning ? "warning: " : "",
				text);
	}
}

/* What stands in no file. */
static void look_around(const struct arguments *args, struct err *err)
{
	struct stat st;

	if (stat(args->engine.confdir, &st) < 0)
		err_warning(err, args->engine.confdir, 0,
			"%s: only the shipped defaults are read",
			strerror(errno));
	if (!args->engine.datadir)
		err_warning(err, NULL, 0,
			"the shipped defaults are nowhere to be found; "
			"set MAILBAN_DATADIR");
}

/* Whom the engine and the warden become; as root that must be somebody. One
 * whom no file names may come with the installation, after a check. */
static bool find_user(const struct settings *settings, bool check,
	struct account *account, struct err *err)
{
	const struct passwd *user;

	*account = (struct account){geteuid(), getegid()};
	if (account->uid != 0)
		return true;
	user = getpwnam(settings->user);
	if (check && !user && settings->user_line == 0)
		return true;
	if (!user || user->pw_uid == 0) {
		err_fault(err, settings->user_file, settings->user_line,
			user ? "user: '%s' is root; name one without rights"
			     : "user: there is no user '%s'; make it with "
			       "'useradd --system', or name another",
			settings->user);
		return false;
	}
	*account = (struct account){user->pw_uid, user->pw_gid};
	return true;
}

/* A directory of ours: made if it is not there, and the engine's. */
static bool make_dir(const char *path, uid_t uid, gid_t gid, mode_t mode)
{
	struct stat st;

	if (mkdir(path, mode) < 0 && errno != EEXIST) {
		log_error("%s: cannot make it: %s", path, strerror(errno));
		return false;
	}
	if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
		log_error("%s: is not a directory", path);
		return false;
	}
	if (geteuid() == 0 && st.st_uid != uid && lchown(path, uid, gid) < 0) {
		log_error("%s: cannot give it to the daemon's user: %s", path,
			strerror(errno));
		return false;
	}
	return true;
}

static bool make_dirs(const struct arguments *args, uid_t uid, gid_t gid)
{
	char *copy = strdup(args->engine.socket);
	bool ok = copy && make_dir(dirname(copy), uid, gid, 0755) &&
		  make_dir(args->engine.statedir, uid, gid, 0750);

	free(copy);
	return ok;
}

/* The groups that may read logs: those of the list that there are here. */
static size_t find_groups(gid_t *groups)
{
	static const char *const names[] = {"adm", "systemd-journal"};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct group *group = getgrnam(names[i]);

		if (group)
			groups[n++] = group->gr_gid;
	}
	return n;
}

static bool drop_rights(struct account account)
{
	gid_t groups[4];
	size_t n = find_groups(groups);
	int r = sandbox_drop_user(account.uid, account.gid, groups, n);

	if (r == 0)
		r = sandbox_keep_caps(0);
	if (r == 0)
		r = sandbox_no_new_privs();
	if (r < 0)
		log_error("cannot give up rights: %s", strerror(-r));
	return r == 0;
}

static bool start_warden(
	struct warden_client **warden, struct account account, bool confined)
{
	int r = warden_client_spawn(warden, account.uid, account.gid, confined);

	if (r == -ENOENT)
		log_error("mailban-warden is neither beside mailband nor in "
			  "/usr/lib/mailban");
	else if (r < 0)
		log_error("cannot start mailban-warden: %s%s", strerror(-r),
			r == -EPERM ? " (it needs CAP_NET_ADMIN: run "
				      "as root, or with -n)"
				    : "");
	return r == 0;
}

static bool start_names(
	struct arguments *args, struct account account, bool confined)
{
	int r = lookup_spawn(account.uid, account.gid, confined,
		&args->engine.names_fd, &args->engine.names_pid);

	if (r < 0)
		log_error("cannot start the process that looks names up: %s",
			strerror(-r));
	return r == 0;
}

/* Two would take the table and the socket from each other without end. */
static bool is_alone(const char *socket)
{
	if (!control_is_taken(socket))
		return true;
	log_error("%s: another mailband listens there: end it first, or give "
		  "this one another with -s, another -d, and -n",
		socket);
	return false;
}

/* All the others, from root with everything open. */
static bool start_others(struct arguments *args,
	const struct settings *settings, struct account account,
	struct warden_client **warden)
{
	const struct passed *passed = &args->engine.passed;

	if (sandbox_close_from(passed->syslog < 0 ? 3 : 4) < 0 ||
		!is_alone(args->engine.socket) ||
		!make_dirs(args, account.uid, account.gid))
		return false;
	args->engine.group = account.gid;
	if (!args->engine.dry_run &&
		!start_warden(warden, account, settings->sandbox))
		return false;
	alarms_spawn(&args->engine.alarms, &settings->alarms,
		args->engine.statedir, account.uid, account.gid,
		settings->sandbox);
	return start_names(args, account, settings->sandbox);
}

static bool confine(struct arguments *args, const struct config *config,
	struct reach **reach)
{
	int r;

	if (!config->settings.sandbox) {
		log_warning("sandbox = no: who breaks into this process has "
			    "all that user '%s' has",
			config->settings.user);
		return true;
	}
	*reach = reach_new(&args->engine, config);
	args->engine.reach = *reach;
	r = reach_enter(*reach);
	if (r < 0)
		log_error("cannot enter the sandbox: %s%s", strerror(-r),
			r == -ENOSYS || r == -EOPNOTSUPP
				? " (the kernel has no Landlock, or a "
				  "container keeps it away; see sandbox in "
				  "mailban.conf)"
				: "");
	return r == 0;
}

/* It is taken by the event loop, in order with everything else. */
static void block_signal(int number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* From root to the engine: NULL if there is nothing to run. */
static struct config *become_engine(struct arguments *args,
	struct warden_client **warden, struct reach **reach)
{
	struct engine_options *e = &args->engine;
	struct config *config;
	struct account account;
	bool going = false, known;
	struct err err;

	err_init(&err);
	look_around(args, &err);
	config = config_begin(e->confdir, e->datadir, &err);
	known = find_user(&config->settings, args->check, &account, &err);
	if (!args->check && !err.faults && known)
		going = start_others(args, &config->settings, account, warden);
	config_finish(&config, e->confdir, e->datadir, &err);
	print_errors(&err);
	err_deinit(&err);
	if (!config || args->check)
		return config;
	log_setup(config->settings.loglevel);
	config_make_safe(config, NULL);
	if (!going || !drop_rights(account) || !confine(args, config, reach))
		config_free(&config);
	return config;
}

int main(int argc, char **argv)
{
	struct arguments args = {
		.engine = {.confdir = "/etc/mailban",
			.socket = "/run/mailban/control",
			.statedir = "/var/lib/mailban"},
	};
	char datadir[PATH_MAX];
	struct warden_client *warden = NULL;
	struct reach *reach = NULL;
	struct config *config;
	int status = EXIT_FAULT;

	read_options(&args, argc, argv);
	log_setup(LOG_LEVEL_INFO);
	umask(0027);
	if (args.history)
		return history_print(args.engine.statedir);
	args.engine.passed = passed_take();
	args.engine.datadir = datadir_find(datadir, sizeof(datadir));
	/* A reload that is asked for too soon comes later; but until the loop
	 * runs, who starts us can end us. */
	if (!args.check)
		block_signal(SIGHUP);
	config = become_engine(&args, &warden, &reach);
	if (config && args.check) {
		printf("The configuration is right, with %zu jail%s.\n",
			config->n, config->n == 1 ? "" : "s");
		config_free(&config);
		status = 0;
	} else if (config) {
		/* What a burst took goes back when it is over: left to itself,
		 * malloc raises the bound with each large buffer that is
		 * freed. */
		mallopt(M_MMAP_THRESHOLD, OWN_PAGES);
		block_signal(SIGTERM);
		block_signal(SIGINT);
		signal(SIGPIPE, SIG_IGN);
		status = engine_run(&args.engine, config, warden);
	} else {
		warden_client_free(&warden);
	}
	reach_free(&reach);
	return status;
}
