/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban under the name of fail2ban-client: the same words, texts and exit
 * statuses for scripts that were written for that program, with mailband to
 * answer. What it cannot do it refuses with a message and FAIL2BAN_NO; it
 * must never claim to have done what it has not.
 */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/fail2ban.h"
#include "cli/text.h"
#include "jails/duration.h"

bool fail2ban_is_name(const char *argv0, const char *name)
{
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL;

	return argv0 && !strcmp(slash ? slash + 1 : argv0, name);
}

static int ping_run(const struct options *options, int argc, char **argv)
{
	json_t *status = fail2ban_ask(options, "status", NULL);

	(void)argc;
	(void)argv;
	if (!status)
		return FAIL2BAN_NO;
	json_decref(status);
	puts("Server replied: pong");
	return FAIL2BAN_YES;
}

static int version_tell(const struct options *options, int argc, char **argv)
{
	json_t *status = fail2ban_ask(options, "status", NULL);

	(void)argc;
	(void)argv;
	if (!status)
		return FAIL2BAN_NO;
	json_decref(status);
	puts(FAIL2BAN_VERSION);
	return FAIL2BAN_YES;
}

/* mailband's log is the journal's, which nobody needs to flush. */
static int flushlogs_run(const struct options *options, int argc, char **argv)
{
	json_t *status = fail2ban_ask(options, "status", NULL);

	(void)argc;
	(void)argv;
	if (!status)
		return FAIL2BAN_NO;
	json_decref(status);
	puts("logs: flushed");
	return FAIL2BAN_YES;
}

static int echo_run(const struct options *options, int argc, char **argv)
{
	int i;

	(void)options;
	for (i = 1; i < argc; i++)
		printf("%s%s", i > 1 ? " " : "", argv[i]);
	putchar('\n');
	return FAIL2BAN_YES;
}

static json_int_t number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/* In one jail, or in all with NULL; -1 when told why not. */
static json_int_t lift_all(const struct options *options, const char *jail)
{
	json_int_t count;
	json_t *result;

	if (client_ask(options,
		    json_pack("{s:s, s:s*, s:b}", "command", "unban", "jail",
			    jail, "all", 1),
		    &result))
		return -1;
	count = number(result, "count");
	json_decref(result);
	return count;
}

static int unban_tell(const struct options *options, int argc, char **argv)
{
	json_int_t count = 0, lifted;
	const json_t *name;
	json_t *names;
	size_t i;

	if (argc < 2)
		return fail2ban_no("Invalid command");
	if (argc == 2 && !strcmp(argv[1], "--all")) {
		count = lift_all(options, NULL);
	} else {
		names = fail2ban_jails(options, false);
		if (!names)
			return FAIL2BAN_NO;
		json_array_foreach (names, i, name) {
			lifted = fail2ban_lift(options, json_string_value(name),
				argc - 1, argv + 1, NULL);
			count = lifted < 0 ? lifted : count + lifted;
			if (lifted < 0)
				break;
		}
		json_decref(names);
	}
	if (count < 0)
		return FAIL2BAN_NO;
	printf("%jd\n", (intmax_t)count);
	return FAIL2BAN_YES;
}

/* mailband reads all jails at once and lets no ban go, so --restart and the
 * jail's name change nothing about it. */
static int reload_tell(const struct options *options, int argc, char **argv)
{
	const char *jail = NULL;
	bool unban = false;
	json_t *result;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--unban"))
			unban = true;
		else if (strcmp(argv[i], "--restart") != 0 &&
			 strcmp(argv[i], "--if-exists") != 0)
			break;
	}
	if (argc - i > 1) {
		text_complain("reload takes one jail, or none");
		return FAIL2BAN_NO;
	}
	if (i < argc && strcmp(argv[i], "--all") != 0)
		jail = argv[i];
	if (client_ask(
		    options, json_pack("{s:s}", "command", "reload"), &result))
		return FAIL2BAN_NO;
	json_decref(result);
	if (jail) {
		/* Unknown to both: fail2ban, too, leaves stdout empty. */
		result = fail2ban_ask(options, "jail", jail);
		if (!result)
			return FAIL2BAN_NO;
		json_decref(result);
	}
	if (unban && lift_all(options, jail) < 0)
		return FAIL2BAN_NO;
	puts("OK");
	return FAIL2BAN_YES;
}

static int get_run(const struct options *options, int argc, char **argv)
{
	return fail2ban_get(options, argc - 1, argv + 1);
}

static int set_run(const struct options *options, int argc, char **argv)
{
	return fail2ban_set(options, argc - 1, argv + 1);
}

static int service_refuse(const struct options *options, int argc, char **argv)
{
	if (argc > 1 && !fail2ban_has_jail(options, argv[1]))
		return FAIL2BAN_NO;
	text_complain("mailband is the service manager's: systemctl %s mailban",
		argv[0]);
	return FAIL2BAN_NO;
}

static const struct word {
	const char *name;
	int (*run)(const struct options *options, int argc, char **argv);
	const char *operands, *about;
} words[] = {
	{"ping", ping_run, "", "does the daemon answer?"},
	{"version", version_tell, "", "the fail2ban whose texts these are"},
	{"status", fail2ban_status, "[JAIL [FLAVOR]]",
		"the jails, or one of them"},
	{"banned", fail2ban_banned, "[IP...]", "who is banned, or where"},
	{"unban", unban_tell, "IP... | --all", "lift bans in all jails"},
	{"reload", reload_tell, "[--restart] [--unban] [JAIL | --all]",
		"read the configuration again"},
	{"set", set_run, "JAIL banip IP... | unbanip [--report-absent] IP...",
		"ban, or lift bans"},
	{"get", get_run, "JAIL banip [SEP|--with-time] | banned [IP...] | KEY",
		"what a jail holds"},
	{"echo", echo_run, "WORD...", "print the words"},
	{"flushlogs", flushlogs_run, "", "nothing: the log is the journal's"},
	{"start", service_refuse, NULL, NULL},
	{"stop", service_refuse, NULL, NULL},
	{"restart", service_refuse, NULL, NULL},
	{NULL, NULL, NULL, NULL},
};

static void usage_print(void)
{
	const struct word *w;

	puts("Usage: fail2ban-client [OPTIONS] <COMMAND>\n\n"
	     "mailban " MAILBAN_VERSION
	     ", answering as fail2ban-client " FAIL2BAN_VERSION
	     " does; see mailban(1)\n\n"
	     "Options:\n"
	     "    -c, --conf <DIR>       configuration directory, for -t\n"
	     "    -s, --socket <FILE>    where mailband listens\n"
	     "    -t, --test             test the configuration\n"
	     "    --str2sec <STRING>     a duration in seconds\n"
	     "    -h, --help             this\n"
	     "    -V, --version          the version (-V: the number alone)\n"
	     "\nCommand:");
	for (w = words; w->name; w++)
		if (w->about)
			printf("    %s%s%s\n            %s\n", w->name,
				*w->operands ? " " : "", w->operands, w->about);
}

/* mailband beside this program, or where make install puts it. */
static void mailband_exec(char **argv)
{
	static const char *const beside[] = {"mailband", "../sbin/mailband"};
	char self[PATH_MAX], path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;
	size_t i;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	for (i = 0; slash && i < 2; i++)
		if (snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - self),
			    self, beside[i]) < (int)sizeof(path))
			execv(path, argv);
	execvp(argv[0], argv);
	text_complain("cannot run mailband: %m");
	_exit(127);
}

/* mailband -t; what it finds it says on stderr itself. */
static int config_test(const char *config)
{
	char *argv[] = {(char *)"mailband", (char *)"-t",
		(char *)(config ? "-c" : NULL), (char *)config, NULL};
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		text_complain("cannot run mailband: %m");
		return FAIL2BAN_NO;
	}
	if (!pid) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		mailband_exec(argv);
	}
	if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) ||
		WEXITSTATUS(status))
		return FAIL2BAN_NO;
	return FAIL2BAN_YES;
}

struct called {
	struct options options;
	const char *config;
	bool test;
	bool done; /* an option was all that was asked */
	int rc;	   /* then */
};

enum { LONG_STR2SEC = 256, LONG_VERSION, LONG_TAKEN, LONG_NOT_HERE };

/* Also those that only matter to fail2ban's own server: they are taken, and
 * do nothing. */
static const struct option longs[] = {
	{"conf", required_argument, NULL, 'c'},
	{"socket", required_argument, NULL, 's'},
	{"test", no_argument, NULL, 't'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, LONG_VERSION},
	{"str2sec", required_argument, NULL, LONG_STR2SEC},
	{"pidfile", required_argument, NULL, LONG_TAKEN},
	{"pname", required_argument, NULL, LONG_TAKEN},
	{"loglevel", required_argument, NULL, LONG_TAKEN},
	{"logtarget", required_argument, NULL, LONG_TAKEN},
	{"syslogsocket", required_argument, NULL, LONG_TAKEN},
	{"timeout", required_argument, NULL, LONG_TAKEN},
	{"async", no_argument, NULL, LONG_TAKEN},
	{"dp", no_argument, NULL, LONG_NOT_HERE},
	{"dump-pretty", no_argument, NULL, LONG_NOT_HERE},
	{NULL, 0, NULL, 0},
};

static int seconds_print(const char *text)
{
	int64_t seconds;

	if (!duration_parse(text, &seconds)) {
		text_complain("'%s' is no duration", text);
		return FAIL2BAN_NO;
	}
	printf("%jd\n", (intmax_t)seconds);
	return FAIL2BAN_YES;
}

static void option_take(struct called *called, int letter)
{
	called->done = true;
	called->rc = FAIL2BAN_YES;
	switch (letter) {
	case 'h':
		usage_print();
		return;
	case 'V':
		puts(FAIL2BAN_VERSION);
		return;
	case LONG_VERSION:
		puts("Fail2Ban v" FAIL2BAN_VERSION);
		return;
	case LONG_STR2SEC:
		called->rc = seconds_print(optarg);
		return;
	case 'd':
	case 'i':
	case LONG_NOT_HERE:
		text_complain("mailban neither dumps its configuration nor "
			      "has an interactive mode");
		called->rc = FAIL2BAN_NO;
		return;
	case '?':
		usage_print();
		called->rc = FAIL2BAN_NO;
		return;
	}
	called->done = false;
	if (letter == 'c')
		called->config = optarg;
	else if (letter == 's')
		called->options.socket = optarg;
	else if (letter == 't')
		called->test = true;
}

static int word_run(const struct options *options, int argc, char **argv)
{
	const struct word *w;

	for (w = words; w->name; w++)
		if (!strcmp(w->name, argv[0]))
			return w->run(options, argc, argv);
	return fail2ban_no("Invalid command");
}

int fail2ban_run(int argc, char **argv)
{
	struct called called = {0};
	int letter;

	options_init(&called.options);
	opterr = 0;
	while (!called.done &&
		(letter = getopt_long(
			 argc, argv, "+hc:s:p:xfbdtviqV", longs, NULL)) != -1)
		option_take(&called, letter);
	if (called.done)
		return called.rc;
	if (called.test) {
		if (called.config && access(called.config, F_OK))
			return fail2ban_no("ERROR: Base configuration "
					   "directory %s does not exist ",
				called.config);
		if (config_test(called.config))
			return FAIL2BAN_NO;
		if (optind == argc) {
			puts("OK: configuration test is successful");
			return FAIL2BAN_YES;
		}
	}
	if (optind == argc) {
		usage_print();
		return FAIL2BAN_NO;
	}
	return word_run(&called.options, argc - optind, argv + optind);
}
