/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small world that the tests of nft/ run in. The machine's own ruleset
 * must never be touched: without a namespace of its own a test ends.
 */
#include "tests/nft/world.h"

#include <net/if.h>
#include <regex.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void loopback_up(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_name = "lo"};

	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &request), 0);
	request.ifr_flags |= IFF_UP;
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	close(fd);
}

void world_new(struct world *w)
{
	if (unshare(CLONE_NEWNET) < 0) {
		perror("unshare");
		exit(1);
	}
	loopback_up();
	memset(w, 0, sizeof(*w));
	assert_int_equal(batch_init(&w->batch), 0);
	assert_int_equal(nft_socket_open(&w->nft), 0);
}

void world_free(struct world *w)
{
	nft_socket_close(&w->nft);
	batch_deinit(&w->batch);
}

/* Runs nft with a script as its input; its output goes to out. */
static bool run_nft(const char *const argv[], const char *script, char **out)
{
	FILE *in = tmpfile(), *file = tmpfile();
	size_t n = 0, room = 0;
	int status;
	pid_t pid;

	assert_non_null(in);
	assert_non_null(file);
	fputs(script, in);
	rewind(in);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fileno(in), 0);
		dup2(fileno(file), 1);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	fclose(in);
	rewind(file);
	*out = NULL;
	if (getdelim(out, &room, '\0', file) < 0)
		n = 0;
	else
		n = strlen(*out);
	if (n == 0) {
		free(*out);
		*out = strdup("");
	}
	fclose(file);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool world_nft_try(const char *script)
{
	const char *argv[] = {"nft", "-f", "-", NULL};
	char *out;
	bool ok = run_nft(argv, script, &out);

	free(out);
	return ok;
}

void world_nft(const char *script)
{
	assert_true(world_nft_try(script));
}

/* Cuts " expires 9m59s" wherever it stands. */
static void cut_expires(char *text)
{
	regmatch_t m;
	regex_t re;

	assert_int_equal(regcomp(&re, " expires [0-9a-z]+", REG_EXTENDED), 0);
	while (regexec(&re, text, 1, &m, 0) == 0)
		memmove(text + m.rm_so, text + m.rm_eo,
			strlen(text + m.rm_eo) + 1);
	regfree(&re);
}

char *world_list(const char *what)
{
	char command[256], *out;
	const char *argv[] = {"nft", "-s", command, NULL};

	snprintf(command, sizeof(command), "list %s", what);
	assert_true(run_nft(argv, "", &out));
	cut_expires(out);
	return out;
}

void world_same_as(struct world *w, const char *what, const char *script)
{
	char *ours = world_list(what), *theirs;

	world_free(w);
	world_new(w);
	world_nft(script);
	theirs = world_list(what);
	assert_string_equal(ours, theirs);
	free(ours);
	free(theirs);
}

struct prefix world_prefix(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, strlen(text), &p));
	return p;
}

struct layout_jail world_jail(const char *name, const char *ports)
{
	struct layout_jail jail = {.n_protocols = 1,
		.protocols = {6},
		.elements = LAYOUT_ELEMENTS_DEFAULT};

	snprintf(jail.name, sizeof(jail.name), "%s", name);
	while (*ports) {
		char *end;
		struct layout_port *p = &jail.ports[jail.n_ports++];

		p->first = p->last = (uint16_t)strtoul(ports, &end, 10);
		if (*end == '-')
			p->last = (uint16_t)strtoul(end + 1, &end, 10);
		ports = *end ? end + 1 : end;
	}
	layout_ports_join(&jail);
	assert_true(layout_jail_valid(&jail));
	return jail;
}
