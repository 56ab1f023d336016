/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nearly every line of a log begins as the one before it: the same minute, the
 * same host, and while much is logged the same second. So the beginning of one
 * line is kept, with a mask of the bytes that must come again and one of those
 * that may be any digit; the next line is compared with it by blocks of sixteen
 * bytes, and its date is that minute and the two digits. It must never take for
 * the same what the full cut would read in another way: whatever differs in any
 * other byte is left to that.
 */
#include "sources/header_again.h"

#include <string.h>

#include "lib/block.h"
#include "lib/byte.h"
#include "lib/clock.h"
#include "lib/line.h"

/* Seconds and n digits of their fraction, in microseconds. */
static inline int64_t moment(const char *seconds, size_t n)
{
	static const int64_t scale[7] = {0, 100000, 10000, 1000, 100, 10, 1};
	int64_t whole = (seconds[0] - '0') * 10 + (seconds[1] - '0');
	int64_t part = 0;

	for (size_t i = 0; i < n; i++)
		part = part * 10 + (seconds[3 + i] - '0');
	return whole * CLOCK_SECOND + part * scale[n];
}

/* Whether, but for the date, it begins as what is known. */
static bool is_same_body(const struct header_again *a, const struct line *line)
{
	size_t n = (size_t)(line->tag - line->body);

	return a->n == a->date_len + n &&
	       memcmp(a->text + a->date_len, line->body, n) == 0;
}

void header_again_learn(
	struct header_again *a, const struct line *line, size_t seconds)
{
	size_t n = (size_t)(line->tag - line->text), fraction = 0;
	const char *s = line->text + seconds;

	if (!is_same_body(a, line))
		a->tags.beginning++;
	a->n = a->room = 0;
	if (n > HEADER_AGAIN_MOST || line->host_len == 0 || seconds + 3 > n)
		return;
	if (s[2] == '.' || s[2] == ',')
		while (byte_is_digit(s[3 + fraction]))
			fraction++;
	if (fraction > 6)
		return;
	memset(a->same, 0, sizeof(a->same));
	memset(a->digit, 0, sizeof(a->digit));
	memcpy(a->text, line->text, n);
	memset(a->same, 0xff, n);
	memset(a->same + seconds, 0, 2);
	memset(a->digit + seconds, 0xff, 2);
	memset(a->same + seconds + 3, 0, fraction);
	memset(a->digit + seconds + 3, 0xff, fraction);
	/* Without one the byte behind the seconds must come again. */
	a->same[seconds + 2] = (char)0xff;
	a->blocks = (n + BLOCK - 1) / BLOCK;
	a->date_len = (size_t)(line->body - line->text);
	a->host_at = (size_t)(line->host - line->text);
	a->host_len = line->host_len;
	a->seconds = seconds;
	a->fraction_n = fraction;
	a->time = line->time;
	a->minute = line->time - moment(s, fraction);
	a->room = a->blocks * BLOCK > n ? a->blocks * BLOCK : n + 1;
	a->n = n;
}

bool header_again_near(struct header_again *a, const char *text)
{
	block wrong = {0};
	int64_t us;

	for (size_t i = 0; i < a->blocks * BLOCK; i += BLOCK) {
		block is = block_at(text + i);
		block digit = (is ^ '0') & block_at(a->digit + i);

		wrong |= (is ^ block_at(a->text + i)) & block_at(a->same + i);
		wrong |= (block)(digit > 9);
	}
	if (block_any(wrong))
		return false;
	us = moment(text + a->seconds, a->fraction_n);
	if (us >= 60 * CLOCK_SECOND)
		return false;
	memcpy(a->text, text, a->n);
	a->time = a->minute + us;
	return true;
}
