/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why somebody is banned, in words and out of them again. */
#include "daemon/reason.h"

#include <stdio.h>
#include <string.h>

static const char *const words[REASON_REGEX] = {
	[REASON_UNKNOWN] = "",
	[REASON_HAND] = "by hand",
	[REASON_KERNEL] = "found in the kernel",
	[REASON_BANS] = "banned by other jails",
};

const char *reason_format(uint16_t reason, char text[REASON_TEXT])
{
	if (reason < REASON_REGEX)
		snprintf(text, REASON_TEXT, "%s", words[reason]);
	else
		snprintf(text, REASON_TEXT, "failregex %d",
			reason - REASON_REGEX + 1);
	return text;
}

uint16_t reason_parse(const char *text)
{
	char again[REASON_TEXT];
	unsigned int n;

	for (uint16_t i = 0; i < REASON_REGEX; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	if (sscanf(text, "failregex %5u", &n) == 1 && n > 0 &&
		n < UINT16_MAX - REASON_REGEX) {
		uint16_t reason = (uint16_t)(REASON_REGEX + n - 1);

		if (strcmp(reason_format(reason, again), text) == 0)
			return reason;
	}
	return REASON_UNKNOWN;
}
