/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Postfix' configuration says of its queue and of the free space that it
 * wants, in postconf(1)'s output; and what of that will bring trouble.
 */
#include "alarms/postconf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alarms/words.h"

static const char *const names[] = {"queue_directory", "queue_minfree",
	"message_size_limit", "mail_spool_directory", "virtual_mailbox_base",
	"multi_instance_directories", "default_process_limit", NULL};

_Static_assert(sizeof(names) / sizeof(*names) + 4 <= POSTCONF_ARGUMENTS,
	"there is room for all");

void postconf_arguments(
	const char *argv[POSTCONF_ARGUMENTS], const char *directory)
{
	size_t n = 0;

	argv[n++] = "postconf";
	if (directory && *directory) {
		argv[n++] = "-c";
		argv[n++] = directory;
	}
	/* One may be said by means of another. */
	argv[n++] = "-x";
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		argv[n++] = names[i];
}

static void take_text(
	char *to, size_t room, const char *value, size_t n, bool path)
{
	if (n == 0 || n >= room || memchr(value, '\0', n) ||
		(path && *value != '/'))
		n = 0;
	memcpy(to, value, n);
	to[n] = '\0';
}

/* False, and 0, if it is none. */
static bool take_number(const char *value, size_t n, uint64_t *to)
{
	char text[24] = "", *end;

	*to = 0;
	if (n == 0 || n >= sizeof(text) || *value < '0' || *value > '9')
		return false;
	memcpy(text, value, n);
	errno = 0;
	*to = strtoull(text, &end, 10);
	if (*end || errno)
		*to = 0;
	return !*end && !errno;
}

static bool is(const char *line, size_t n, const char *name)
{
	return n == strlen(name) && memcmp(line, name, n) == 0;
}

static void take_line(
	struct postconf *c, const char *line, size_t n, int *numbers)
{
	const char *equals = memmem(line, n, " =", 2), *value, *end = line + n;
	size_t name = equals ? (size_t)(equals - line) : 0, length;
	uint64_t number;

	if (!equals)
		return;
	value = equals + 2;
	while (value < end && *value == ' ')
		value++;
	length = (size_t)(end - value);
	if (is(line, name, "queue_directory"))
		take_text(
			c->queue_directory, POSTCONF_PATH, value, length, true);
	else if (is(line, name, "mail_spool_directory"))
		take_text(c->mail_spool_directory, POSTCONF_PATH, value, length,
			true);
	else if (is(line, name, "virtual_mailbox_base"))
		take_text(c->virtual_mailbox_base, POSTCONF_PATH, value, length,
			true);
	else if (is(line, name, "multi_instance_directories"))
		take_text(c->multi_instance_directories, POSTCONF_TEXT, value,
			length, false);
	else if (is(line, name, "queue_minfree"))
		*numbers += take_number(value, length, &c->queue_minfree);
	else if (is(line, name, "message_size_limit"))
		*numbers += take_number(value, length, &c->message_size_limit);
	else if (is(line, name, "default_process_limit") &&
		 take_number(value, length, &number))
		c->default_process_limit =
			(uint32_t)(number < INT32_MAX ? number : INT32_MAX);
}

void postconf_take(struct postconf *c, const char *text, size_t n)
{
	int numbers = 0;

	*c = (struct postconf){0};
	while (n > 0) {
		const char *end = memchr(text, '\n', n);
		size_t line = end ? (size_t)(end - text) : n;

		take_line(c, text, line, &numbers);
		text += line + (end != NULL);
		n -= line + (end != NULL);
	}
	c->complete = c->queue_directory[0] && numbers == 2;
}

/* Each a fault or ""; sizes are told as people write them. */
static void fault_of_size(const struct postconf *c, const struct disk *disk,
	char *text, size_t room)
{
	uint64_t wants = disk_wanted(0, c->message_size_limit);
	char limit[WORDS_SIZE], need[WORDS_SIZE], whole[WORDS_SIZE];

	if (!disk->bytes || wants < disk->bytes / 2)
		return;
	snprintf(text, room,
		"message_size_limit = %s: Postfix refuses all mail with less "
		"than %s free in %s, which has %s in all",
		words_size((double)c->message_size_limit, limit),
		words_size((double)wants, need), c->queue_directory,
		words_size((double)disk->bytes, whole));
}

static void fault_of_minfree(const struct postconf *c, char *text, size_t room)
{
	char least[WORDS_SIZE];
	uint64_t wants = disk_wanted(0, c->message_size_limit);

	if (!c->queue_minfree || c->queue_minfree >= wants)
		return;
	snprintf(text, room,
		"queue_minfree = %llu is without effect: Postfix wants 1.5 "
		"times message_size_limit anyway, so %s (%llu) at least",
		(unsigned long long)c->queue_minfree,
		words_size((double)wants, least), (unsigned long long)wants);
}

static void fault_of_minfree_size(const struct postconf *c,
	const struct disk *disk, char *text, size_t room)
{
	char whole[WORDS_SIZE];

	if (!disk->bytes || c->queue_minfree < disk->bytes / 2)
		return;
	snprintf(text, room,
		"queue_minfree = %llu: %s has %s in all, Postfix takes no mail "
		"with less than that free",
		(unsigned long long)c->queue_minfree, c->queue_directory,
		words_size((double)disk->bytes, whole));
}

static void fault_of_unlimited(
	const struct postconf *c, char *text, size_t room)
{
	if (c->message_size_limit || c->queue_minfree || !*c->queue_directory)
		return;
	snprintf(text, room,
		"message_size_limit = 0 and queue_minfree = 0: Postfix takes "
		"mail until %s is full to the last byte",
		c->queue_directory);
}

bool postconf_fault(const struct postconf *c, const struct disk *disk, size_t i,
	char *text, size_t room)
{
	*text = '\0';
	switch (i) {
	case 0:
		fault_of_size(c, disk, text, room);
		break;
	case 1:
		fault_of_minfree(c, text, room);
		break;
	case 2:
		fault_of_minfree_size(c, disk, text, room);
		break;
	case 3:
		fault_of_unlimited(c, text, room);
		break;
	default:
		return false;
	}
	return true;
}
