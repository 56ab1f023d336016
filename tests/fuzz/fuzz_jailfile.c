/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text as a jail.local over the shipped jail.conf: it loads, or each fault
 * names a file; what loads keeps to its limits.
 */
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "jails/jailfile.h"
#include "lib/arena.h"
#include "tests/fuzz/fuzz.h"

static char dir[] = "/tmp/mailban-fuzz-XXXXXX", path[64];

static void remove_dir(void)
{
	unlink(path);
	rmdir(dir);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	/* A name in ignoreip is asked for nowhere. */
	if (unshare(CLONE_NEWNET) < 0)
		perror("unshare");
	must(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/jail.local", dir);
	atexit(remove_dir);
	return 0;
}

static void put_file(const uint8_t *data, size_t n)
{
	FILE *f = fopen(path, "w");

	must(f);
	must(fwrite(data, 1, n, f) == n);
	fclose(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *arena = arena_new();
	struct jails *jails;
	struct err err;

	put_file(data, n);
	err_init(&err);
	jails = jails_load(dir, "build/share", arena, &err);
	for (size_t i = 0; i < err.n; i++)
		must(strchr(err.items[i].text, ':'));
	if (jails) {
		must(jails->n <= JAILS_MOST);
		for (size_t i = 0; i < jails->n; i++)
			must(err.faults || *jails->items[i].name);
		jails_deinit(jails);
	}
	must(jails || err.faults);
	err_deinit(&err);
	arena_free(&arena);
	return 0;
}
