/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log, or a line of one, through what fail2ban-regex was told to try.
 */
#include "cli/fail2ban/regexrun.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/fail2ban/pytext.h"
#include "cli/fail2ban/regexout.h"
#include "lib/line.h"
#include "sources/replay.h"

#define MULTILINE_SHOWN 5

/* Where all is printed: straight, or kept to be made safe for a terminal. */
void regexrun_say(struct regexrun *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(r->to, format, args);
	va_end(args);
}

static bool is_file(const char *path)
{
	struct stat s;

	return stat(path, &s) == 0 && S_ISREG(s.st_mode);
}

void regexrun_line(struct regexrun *r, const char *text, size_t n)
{
	const json_t *hit;
	json_t *found, *kept;
	size_t i;

	if (!r->out) {
		regexreport_line(&r->report, text, n);
		return;
	}
	found = regextest_line(&r->test, text, n);
	kept = json_array();
	json_array_foreach (found, i, hit) {
		const json_t *nofail =
			json_object_get(json_object_get(hit, "fail"), "nofail");

		if (!json_string_length(nofail))
			json_array_append(kept, (json_t *)hit);
	}
	regexout_print(r->to, r->out, kept);
	json_decref(kept);
	json_decref(found);
}

static void line_run(struct regexrun *r, const char *text, size_t n)
{
	while (n > 0 && strchr("\r\n", text[n - 1]) && text[n - 1])
		n--;
	if (n && *text != '#')
		regexrun_line(r, text, n);
}

static void held_run(struct regexrun *r)
{
	char *text;
	size_t n;

	if (!r->held)
		return;
	n = pytext_decode(r->line, r->line_n, r->encoding, &text);
	line_run(r, text, n);
	free(text);
	r->held = false;
}

static void on_line(void *ctx, const struct line *line)
{
	struct regexrun *r = ctx;

	held_run(r);
	r->line = realloc(r->line, line->text_len + 1);
	if (!r->line)
		abort();
	memcpy(r->line, line->text, line->text_len);
	r->line_n = line->text_len;
	r->held = true;
}

/* Whether a file's last line has its newline: else it is not complete. */
static bool ends_whole(const char *path)
{
	FILE *file = fopen(path, "re");
	bool whole = true;

	if (file && fseek(file, -1, SEEK_END) == 0)
		whole = getc(file) == '\n';
	if (file)
		fclose(file);
	return whole;
}

static bool file_run(struct regexrun *r, const char *path)
{
	char why[256];

	if (access(path, R_OK) != 0) {
		regexrun_say(r, "[Errno %d] %s: '%s'\n", errno, strerror(errno),
			path);
		return false;
	}
	regexrun_tell(r, "Use         log file : %s\n", path);
	regexrun_tell(r, "Use         encoding : %s\n\n", r->encoding);
	if (replay_read(path, on_line, r, why, sizeof(why))) {
		regexrun_say(r, "%s: %s\n", path, why);
		return false;
	}
	if (ends_whole(path))
		held_run(r);
	return true;
}

/* The operand is itself what a log has. */
static bool text_run(struct regexrun *r, const char *text)
{
	size_t lines = 1, i = 0;
	char *copy, *rest, *line, *shown;

	for (const char *s = text; *s; s++)
		lines += *s == '\n';
	if (lines == 1 && r->test.maxlines <= 1) {
		shown = pytext_short(text);
		regexrun_tell(r, "Use      single line : %s\n\n", shown);
		free(shown);
		line_run(r, text, strlen(text));
		return true;
	}
	regexrun_tell(r, "Use      multi line : %zu line(s)\n", lines);
	copy = rest = strdup(text);
	while ((line = strsep(&rest, "\n")) && i <= MULTILINE_SHOWN) {
		shown = pytext_short(line);
		if (i == MULTILINE_SHOWN)
			regexrun_tell(r, "| ...\n");
		else
			regexrun_tell(r, "| %2zu: %s\n", i + 1, shown);
		free(shown);
		i++;
	}
	free(copy);
	regexrun_tell(r, "`-\n\n");
	copy = rest = strdup(text);
	while ((line = strsep(&rest, "\n")))
		line_run(r, line, strlen(line));
	free(copy);
	return true;
}

bool regexrun_log(struct regexrun *r, const char *what)
{
	if (r->journal && !is_file(what))
		return regexjournal_run(r, what);
	return is_file(what) ? file_run(r, what) : text_run(r, what);
}
