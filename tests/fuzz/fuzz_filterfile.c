/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text as a filter's file: it loads, or each fault names the file and a
 * line that it has; what loads takes any line.
 */
#include <string.h>
#include <unistd.h>

#include "filters/filter.h"
#include "sources/header.h"
#include "tests/fuzz/fuzz.h"

static const char *const lines[] = {
	"Nov 21 10:00:00 mx prog[1]: bad <x> from 192.0.2.1 port 5",
	"2026-11-21T10:00:00Z mx dovecot: imap-login: Disconnected (auth failed, "
	"1 attempts): user=<>, rip=192.0.2.1",
	"", "\xff \n x"};

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
	fuzz_hold("UTC");
	must(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/fuzz.conf", dir);
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

/* "PATH:LINE: what", of a line of the file or of a whole one. */
static void check_fault(const char *text, const uint8_t *data, size_t n)
{
	size_t len = strlen(path), rows = 1;
	long row;

	must(strchr(text, ':'));
	if (strncmp(text, path, len) != 0 || text[len] != ':')
		return;
	for (size_t i = 0; i < n; i++)
		rows += data[i] == '\n' || data[i] == '\r';
	row = strtol(text + len + 1, NULL, 10);
	must(row >= 0 && (size_t)row <= rows);
}

static void judge(struct filter *filter)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct header_clock clock = {0};
		struct filter_subject subject;
		struct failure failure;
		struct line line;

		header_cut(lines[i], strlen(lines[i]), &clock, &line);
		filter_subject(&line, &subject);
		filter_match(filter, &subject, NULL, &failure);
	}
	for (size_t i = 0; i < filter_regexes(filter); i++)
		must(filter_regex_text(filter, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct filter_spec spec = {
		.name = path, .file = "jail.conf", .line = 1};
	struct filter *filter;
	struct err err;

	put_file(data, n);
	err_init(&err);
	filter = filter_new(&spec, NULL, "build/share", &err);
	must(!filter == (err.faults > 0));
	for (size_t i = 0; i < err.n; i++)
		check_fault(err.items[i].text, data, n);
	if (filter)
		judge(filter);
	filter_free(&filter);
	err_deinit(&err);
	return 0;
}
