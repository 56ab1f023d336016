/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is asked of the process that runs other programs, on its way there. Who
 * sends it may have been taken over: all that a program is given stands here,
 * bounded, and an id is an id.
 */
#include "daemon/runner.h"

#include <ctype.h>
#include <string.h>

#include "lib/codec.h"

#define ID_LEAST 5

size_t runner_request_encode(
	const struct runner_request *q, void *bytes, size_t room)
{
	struct writer w;

	writer_init(&w, bytes, room);
	write_u8(&w, (uint8_t)q->task);
	write_text(&w, q->directory);
	write_text(&w, q->alarm);
	write_text(&w, q->level);
	write_text(&w, q->news);
	write_text(&w, q->subject);
	write_text(&w, q->value);
	write_text(&w, q->since);
	write_text(&w, q->text);
	write_text(&w, q->next);
	write_text(&w, q->addresses);
	write_text(&w, q->queue_ids);
	return w.full ? 0 : w.n;
}

/* To postsuper(1) ALL is every message that there is. */
static bool are_ids(const char *text)
{
	size_t n, ids = 0;

	for (;;) {
		for (n = 0; isalnum((unsigned char)text[n]); n++)
			;
		if (n < ID_LEAST || n >= RUNNER_ID || ++ids > RUNNER_IDS)
			return false;
		if (!text[n])
			return true;
		if (text[n] != ' ')
			return false;
		text += n + 1;
	}
}

bool runner_request_decode(
	const void *bytes, size_t n, struct runner_request *q)
{
	struct reader r;

	memset(q, 0, sizeof(*q));
	reader_init(&r, bytes, n);
	q->task = (enum runner_task)read_u8(&r);
	read_text(&r, q->directory, sizeof(q->directory));
	read_text(&r, q->alarm, sizeof(q->alarm));
	read_text(&r, q->level, sizeof(q->level));
	read_text(&r, q->news, sizeof(q->news));
	read_text(&r, q->subject, sizeof(q->subject));
	read_text(&r, q->value, sizeof(q->value));
	read_text(&r, q->since, sizeof(q->since));
	read_text(&r, q->text, sizeof(q->text));
	read_text(&r, q->next, sizeof(q->next));
	read_text(&r, q->addresses, sizeof(q->addresses));
	read_text(&r, q->queue_ids, sizeof(q->queue_ids));
	return reader_done(&r) && q->task >= RUNNER_POSTCONF &&
	       q->task < RUNNER_TASKS &&
	       (!q->directory[0] || q->directory[0] == '/') &&
	       (q->queue_ids[0] ? are_ids(q->queue_ids)
				: q->task != RUNNER_HOLD);
}
