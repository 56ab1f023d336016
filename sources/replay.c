/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log read from its beginning to its end, a line at a time, each with its
 * header cut.
 */
#include "sources/replay.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/line.h"
#include "sources/header.h"
#include "sources/portion.h"

int replay_read(
	const char *path, source_line_fn fn, void *ctx, char *why, size_t room)
{
	struct portions *portions = portions_open(path, why, room);
	struct header_clock clock = {0};
	struct portion_lines lines;
	struct portion_line text;
	struct portion portion;
	struct line line;
	char *buf;

	if (!portions)
		return -1;
	buf = malloc(PORTION_ROOM);
	if (!buf)
		abort();
	while (portions_next(portions, buf, &portion, why, room)) {
		portion_read(portions, &portion);
		portion_lines(&lines, &portion);
		while (portion_lines_next(&lines, &text)) {
			header_cut(text.text, text.n, &clock, &line);
			line.cut_short = text.cut;
			fn(ctx, &line);
		}
		if (!portion_is_whole(&portion, why, room))
			break;
	}
	free(buf);
	portions_close(&portions);
	return *why ? -1 : 0;
}

const char *replay_usual(void)
{
	return access(REPLAY_MAIL_LOG, F_OK) == 0 ? REPLAY_MAIL_LOG : "journal";
}
