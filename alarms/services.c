/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which services a Postfix has, and how near each is to its process limit.
 * Names come from master.cf and from the command lines of processes: what does
 * not look like one is none, for it is told in texts and commands.
 */
#include "alarms/services.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/codec.h"

#define ERROR_MOST 4095
/* Processes of one service; Linux has no more of all. */
#define PROCESSES_MOST (1u << 22)

static const char field[] = "/process_limit";

static bool is_name(const char *text)
{
	if (!isalnum((unsigned char)*text) && *text != '[')
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("._:[]/-", *text))
			return false;
	return true;
}

static struct service *service_find(
	struct services *s, const char *name, const char *type)
{
	struct service *found;

	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->list[i].name, name) == 0 &&
			strcmp(s->list[i].type, type) == 0)
			return &s->list[i];
	if (s->n == SERVICES_MOST || strlen(name) >= SERVICES_NAME ||
		strlen(type) >= SERVICES_TYPE || !is_name(name) ||
		!is_name(type))
		return NULL;
	found = &s->list[s->n++];
	*found = (struct service){.limit = 0};
	strcpy(found->name, name);
	strcpy(found->type, type);
	return found;
}

void services_add(struct services *s, const char *name, const char *type,
	uint32_t processes)
{
	struct service *service = service_find(s, name, type);

	if (service && processes <= PROCESSES_MOST - service->processes)
		service->processes += processes;
}

/* "smtp/inet/process_limit = -"; a name may have slashes of its own. */
static void take_line(struct services *s, char *line, uint32_t usual)
{
	char *equals = strstr(line, " = "), *end, *type;
	struct service *service;
	unsigned long limit;

	if (!equals)
		return;
	*equals = '\0';
	end = strstr(line, field);
	if (!end || end[sizeof(field) - 1])
		return;
	*end = '\0';
	type = strrchr(line, '/');
	if (!type)
		return;
	*type++ = '\0';
	equals += 3;
	limit = strtoul(equals, &end, 10);
	if (strcmp(equals, "-") == 0)
		limit = usual;
	else if (!isdigit((unsigned char)*equals) || *end)
		return;
	service = service_find(s, line, type);
	if (service)
		service->limit = limit > PROCESSES_MOST ? 0 : (uint32_t)limit;
}

void services_limits(
	struct services *s, const char *text, size_t n, uint32_t usual)
{
	char line[2 * SERVICES_NAME + 64];

	while (n > 0) {
		const char *end = memchr(text, '\n', n);
		size_t part = end ? (size_t)(end - text) : n;

		/* One that was cut says nothing. */
		if (end && part < sizeof(line)) {
			memcpy(line, text, part);
			line[part] = '\0';
			take_line(s, line, usual);
		}
		text += part + (end != NULL);
		n -= part + (end != NULL);
	}
}

bool service_faces_clients(const struct service *service)
{
	return service->limit > 1 &&
	       (strcmp(service->type, "inet") == 0 ||
		       strcmp(service->type, "pass") == 0);
}

double service_share(const struct service *service)
{
	return service->limit
		       ? 100 * (double)service->processes / service->limit
		       : 0;
}

const struct service *services_fullest(const struct services *s)
{
	const struct service *most = NULL;

	for (size_t i = 0; i < s->n; i++)
		if (service_faces_clients(&s->list[i]) &&
			(!most || service_share(&s->list[i]) >
					  service_share(most)))
			most = &s->list[i];
	return most;
}

size_t services_encode(
	const struct services *s, int error, void *bytes, size_t room)
{
	struct writer w;

	writer_init(&w, bytes, room);
	write_u16(&w, (uint16_t)error);
	write_u8(&w, (uint8_t)s->n);
	for (size_t i = 0; i < s->n; i++) {
		write_text(&w, s->list[i].name);
		write_text(&w, s->list[i].type);
		write_u32(&w, s->list[i].processes);
	}
	return w.full ? 0 : w.n;
}

bool services_decode(
	const void *bytes, size_t n, struct services *services, int *error)
{
	char name[SERVICES_NAME], type[SERVICES_TYPE];
	struct reader r;
	uint8_t count;
	bool good;

	reader_init(&r, bytes, n);
	*error = read_u16(&r);
	count = read_u8(&r);
	good = *error <= ERROR_MOST && count <= SERVICES_MOST;
	for (uint8_t i = 0; i < count && !r.bad; i++) {
		uint32_t processes;

		read_text(&r, name, sizeof(name));
		read_text(&r, type, sizeof(type));
		processes = read_u32(&r);
		good &= is_name(name) && is_name(type) &&
			processes <= PROCESSES_MOST;
		if (!r.bad && good)
			services_add(services, name, type, processes);
	}
	return reader_done(&r) && good;
}
