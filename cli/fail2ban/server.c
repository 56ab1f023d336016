/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fail2ban-client's words about the server as a whole. The daemon itself is
 * the service manager's: to start or stop it, systemctl is run, and nothing
 * else ever.
 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/fail2ban/fail2ban.h"
#include "cli/fail2ban/python.h"
#include "cli/run.h"
#include "cli/text.h"
#include "jails/fail2ban.h"
#include "lib/memory.h"

/* What Python's clock holds: 2^63 nanoseconds. */
#define SECONDS_MOST 9223372036.0

/* Prints a line if the daemon runs. */
static int line_if_running(const struct options *options, const char *line)
{
	if (!fail2ban_runs(options))
		return FAIL2BAN_NO;
	puts(line);
	return FAIL2BAN_YES;
}

/* A time to wait: NULL with *out, else what fail2ban says of it. */
static char *seconds_read(const char *text, double *out)
{
	char *wrong = python_float_read(text, out);

	if (wrong)
		return wrong;
	if (isnan(*out))
		return memory_copy("Invalid value NaN (not a number)");
	if (fabs(*out) > SECONDS_MOST)
		return memory_copy(
			"timestamp too large to convert to C _PyTime_t");
	return NULL;
}

/* ping [SECONDS]: how long to wait for the answer, whole ones here; -1 is as
 * long as for any other. */
static int ping_run(const struct options *options, int argc, char **argv)
{
	struct options patient = *options;
	double seconds = -1;
	char *wrong = NULL;

	if (argc > 1)
		wrong = seconds_read(argv[1], &seconds);
	if (!wrong && seconds < 0 && seconds != -1)
		wrong = memory_copy("Timeout value out of range");
	if (wrong) {
		fail2ban_log("%s", wrong);
		free(wrong);
		return FAIL2BAN_NO;
	}
	if (seconds >= 0)
		patient.wait = (int)fmin(fmax(ceil(seconds), 1), INT_MAX);
	return line_if_running(&patient, "Server replied: pong");
}

/* fail2ban's server sleeps; to who called it that is the same. */
static int sleep_run(const struct options *options, int argc, char **argv)
{
	struct timespec left;
	double seconds;
	char *wrong;

	if (argc < 2)
		return fail2ban_too_few(options);
	if (!fail2ban_runs(options))
		return FAIL2BAN_NO;
	wrong = seconds_read(argv[1], &seconds);
	if (!wrong && seconds < 0)
		wrong = memory_copy("sleep length must be non-negative");
	if (wrong)
		return fail2ban_no_text(wrong);
	fflush(stdout);
	left.tv_sec = (time_t)seconds;
	left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
	while (nanosleep(&left, &left) && errno == EINTR)
		;
	puts("None");
	return FAIL2BAN_YES;
}

static int version_tell(const struct options *options, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return line_if_running(options, fail2ban_version());
}

static int ready_run(const struct options *options, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return line_if_running(options, "Server ready");
}

/* mailband's log is the journal's, which nobody needs to flush. */
static int flushlogs_run(const struct options *options, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return line_if_running(options, "logs: flushed");
}

static int echo_run(const struct options *options, int argc, char **argv)
{
	int i;

	if (!fail2ban_runs(options))
		return FAIL2BAN_NO;
	for (i = 1; i < argc; i++)
		printf("%s%s", i > 1 ? " " : "", argv[i]);
	putchar('\n');
	return FAIL2BAN_YES;
}

/*
 * mailband reads all jails at once and lets no ban go, so --restart changes
 * nothing about it; with a jail's name what was set by hand of the others
 * stays.
 */
static int reload_run_words(
	const struct options *options, bool unban, int argc, char **argv)
{
	const char *jail = NULL;
	json_t *result;

	if (argc > 1) {
		text_complain("reload takes one jail, or none");
		return FAIL2BAN_NO;
	}
	if (argc && strcmp(argv[0], "--all") != 0)
		jail = argv[0];
	if (client_ask(options,
		    json_pack("{s:s, s:s*}", "command", "reload", "jail", jail),
		    &result))
		return FAIL2BAN_NO;
	json_decref(result);
	if (jail) {
		/* Unknown to both: fail2ban, too, leaves stdout empty. */
		result = fail2ban_ask(options, "jail", jail);
		if (!result)
			return FAIL2BAN_NO;
		json_decref(result);
	}
	if (unban && fail2ban_lift_all(options, jail) < 0)
		return FAIL2BAN_NO;
	puts("OK");
	return FAIL2BAN_YES;
}

static int reload_tell(const struct options *options, int argc, char **argv)
{
	bool unban = false;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--unban"))
			unban = true;
		else if (strcmp(argv[i], "--restart") != 0 &&
			 strcmp(argv[i], "--if-exists") != 0)
			break;
	}
	return reload_run_words(options, unban, argc - i, argv + i);
}

static int get_run(const struct options *options, int argc, char **argv)
{
	return fail2ban_get(options, argc - 1, argv + 1);
}

static int set_run(const struct options *options, int argc, char **argv)
{
	return fail2ban_set(options, argc - 1, argv + 1);
}

/* systemctl WORD mailban; what it has to say it says on stderr. */
static int service_run(const char *word)
{
	char *argv[] = {
		(char *)"systemctl", (char *)word, (char *)"mailban", NULL};

	return run_program(argv) == 0 ? FAIL2BAN_YES : FAIL2BAN_NO;
}

/* Whether systemd is who starts and stops things here (sd_booted(3)). */
static bool has_service_manager(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

/* start, stop and restart of the daemon are the service manager's. */
static int service_tell(const struct options *options, const char *word)
{
	bool there = client_is_there(options);

	if (there && !strcmp(word, "start")) {
		fail2ban_log("Server already running");
		return FAIL2BAN_NO;
	}
	if (!there && !strcmp(word, "stop") && !fail2ban_runs(options))
		return FAIL2BAN_NO;
	if (!has_service_manager()) {
		text_complain("mailband is the service manager's, and systemd "
			      "does not run here: %s it by hand",
			word);
		return FAIL2BAN_NO;
	}
	if (service_run(word))
		return FAIL2BAN_NO;
	if (there)
		puts("Shutdown successful");
	if (strcmp(word, "stop") != 0)
		puts("Server ready");
	return FAIL2BAN_YES;
}

/* A jail that is enabled has been started, and fail2ban does not mind. */
static int start_run(const struct options *options, int argc, char **argv)
{
	if (argc < 2)
		return service_tell(options, "start");
	if (!fail2ban_has_jail(options, argv[1]))
		return FAIL2BAN_NO;
	puts("Jail started");
	return FAIL2BAN_YES;
}

static int stop_run(const struct options *options, int argc, char **argv)
{
	if (argc < 2)
		return service_tell(options, "stop");
	if (strcmp(argv[1], "--all") != 0 &&
		!fail2ban_has_jail(options, argv[1]))
		return FAIL2BAN_NO;
	return fail2ban_refuse(argv[0],
		"mailban stops no jail: write enabled = false into jail.local, "
		"then reload");
}

static int restart_run(const struct options *options, int argc, char **argv)
{
	if (argc < 2)
		return service_tell(options, "restart");
	return reload_tell(options, argc, argv);
}

static int add_run(const struct options *options, int argc, char **argv)
{
	json_t *names;
	bool known;

	if (argc < 2)
		return fail2ban_too_few(options);
	if (!strcmp(argv[1], "--all"))
		return fail2ban_invalid(options, "Reserved name '--all'");
	/* 1.0.2 means to say so too, and fails over the saying. */
	names = fail2ban_jails(options, false);
	if (!names)
		return FAIL2BAN_NO;
	known = fail2ban_has_text(names, argv[1]);
	json_decref(names);
	if (known)
		return fail2ban_no_as(
			argv[1], "The jail '%s' already exists", argv[1]);
	return fail2ban_refuse(argv[0],
		"mailban has its jails from the configuration alone: write "
		"enabled = true into jail.local, then reload");
}

const struct fail2ban_word fail2ban_words[] = {
	{"ping", 1, ping_run, "[<SECONDS>]", "does the daemon answer?"},
	{"version", 1, version_tell, "", "the fail2ban whose texts these are"},
	{"status", 1, fail2ban_status, "[<JAIL> [<FLAVOR>]]",
		"the jails, or one of them"},
	{"banned", 1, fail2ban_banned, "[<IP> ...]", "who is banned, or where"},
	{"unban", 1, fail2ban_unban, "<IP> ...|--all",
		"lift bans in all jails"},
	{"reload", 1, reload_tell, "[--unban] [<JAIL>|--all]",
		"read the configuration again"},
	{"set", 1, set_run, NULL, NULL},
	{"get", 1, get_run, NULL, NULL},
	{"start", 1, start_run, "", "systemctl start mailban"},
	{"stop", 1, stop_run, "", "systemctl stop mailban"},
	{"restart", 1, restart_run, "[<JAIL>]",
		"systemctl restart mailban, or as reload"},
	{"sleep", 2, sleep_run, "<SECONDS>", "wait"},
	{"multi-set", 1, set_run, NULL, NULL},
	{"echo", 1, echo_run, "<WORD> ...", "print the words"},
	{"flushlogs", 1, flushlogs_run, "",
		"nothing: the log is the journal's"},
	{"server-status", 1, ready_run, NULL, NULL},
	{"add", 1, add_run, NULL, NULL},
	/* Of 1.1.0 alone. */
	{"stats", 1, fail2ban_stats, NULL, NULL},
	{"statistics", 1, fail2ban_stats, NULL, NULL},
	{NULL, 0, NULL, NULL, NULL},
};
