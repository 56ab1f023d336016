/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The failures of a line in the form that somebody's script wants (-o). What
 * a tag stands for is put in once: a client's text with a tag in it stays
 * text.
 */
#include "cli/fail2ban/regexout.h"

#include <ctype.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/fail2ban/pytext.h"
#include "cli/fail2ban/regexlines.h"
#include "lib/addr.h"
#include "lib/clock.h"

static const json_t *fail_of(const json_t *hit)
{
	return json_object_get(hit, "fail");
}

/* A text as it is, no text as Python has it. */
static void value_print(FILE *to, const json_t *value)
{
	if (json_is_string(value))
		fwrite(json_string_value(value), 1, json_string_length(value),
			to);
	else
		pytext_repr(to, value);
}

/* The address beside a composed id, else the id. */
static const json_t *ip_of(const json_t *hit)
{
	const json_t *ip = json_object_get(fail_of(hit), "ip");

	return ip ? ip : json_object_get(hit, "id");
}

static void matches_print(FILE *to, const json_t *hit, const char *between)
{
	const json_t *line;
	size_t i, n;

	json_array_foreach (json_object_get(fail_of(hit), "matches"), i, line) {
		char *text = regexlines_joined(line, true, &n);

		fputs(i ? between : "", to);
		fwrite(text, 1, n, to);
		free(text);
	}
}

static void row_print(FILE *to, const json_t *hit)
{
	json_t *fail = json_copy((json_t *)fail_of(hit));

	json_object_del(fail, "matches");
	putc('[', to);
	pytext_repr(to, json_object_get(hit, "id"));
	fputs(",\t", to);
	pytext_repr(to, json_object_get(hit, "time"));
	fputs(",\t", to);
	pytext_repr(to, fail);
	fputs("],\n", to);
	json_decref(fail);
}

static void host_print(FILE *to, const char *address)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *a;
	char name[NI_MAXHOST];

	if (getaddrinfo(address, NULL, &hints, &a)) {
		fputs("None", to);
		return;
	}
	if (getnameinfo(a->ai_addr, a->ai_addrlen, name, sizeof(name), NULL, 0,
		    NI_NAMEREQD))
		fputs("None", to);
	else
		fputs(name, to);
	freeaddrinfo(a);
}

/* "9.113.0.203." or nibbles, as a zone of names by address has it. */
static void reverse_print(FILE *to, const char *address)
{
	struct prefix p;

	if (!prefix_parse(address, strlen(address), &p))
		return;
	if (strchr(address, ':')) {
		for (int i = 15; i >= 0; i--)
			fprintf(to, "%x.%x.", p.net.ip[i] & 15,
				p.net.ip[i] >> 4);
		return;
	}
	for (int i = 15; i >= 12; i--)
		fprintf(to, "%u.", p.net.ip[i]);
}

static bool host_name(FILE *to, bool full)
{
	struct addrinfo hints = {.ai_flags = AI_CANONNAME}, *a;
	char name[256] = "";

	gethostname(name, sizeof(name) - 1);
	if (full && !getaddrinfo(name, NULL, &hints, &a)) {
		fputs(a->ai_canonname ? a->ai_canonname : name, to);
		freeaddrinfo(a);
		return true;
	}
	fwrite(name, 1, full ? strlen(name) : strcspn(name, "."), to);
	return true;
}

/* What has no date is of now. */
static void time_print(FILE *to, const json_t *time)
{
	char now[PYTEXT_FLOAT];

	if (json_is_number(time))
		value_print(to, time);
	else
		fputs(pytext_float(
			      (double)clock_wall() / (double)CLOCK_SECOND, now),
			to);
}

/* Prints what one of fail2ban's own tags stands for; false if it is none. */
static bool tag_print(FILE *to, const char *tag, const json_t *hit)
{
	const char *ip = json_string_value(ip_of(hit));
	const json_t *value;

	if (!strcmp(tag, "ip")) {
		value_print(to, ip_of(hit));
	} else if (!strcmp(tag, "fid")) {
		value_print(to, json_object_get(hit, "id"));
	} else if (!strcmp(tag, "time")) {
		time_print(to, json_object_get(hit, "time"));
	} else if (!strcmp(tag, "failures")) {
		value = json_object_get(fail_of(hit), "failures");
		if (value && !json_is_null(value))
			value_print(to, value);
		else
			putc('0', to);
	} else if (!strcmp(tag, "bancount") || !strcmp(tag, "restored")) {
		putc('0', to);
	} else if (!strcmp(tag, "family")) {
		struct prefix p;
		bool known = ip && prefix_parse(ip, strlen(ip), &p);

		fputs(!known		  ? "None"
			: strchr(ip, ':') ? "inet6"
					  : "inet4",
			to);
	} else if (!strcmp(tag, "ip-rev")) {
		reverse_print(to, ip ? ip : "");
	} else if (!strcmp(tag, "ip-host")) {
		host_print(to, ip ? ip : "");
	} else if (!strcmp(tag, "matches") || !strcmp(tag, "ipmatches")) {
		matches_print(to, hit, "\n");
	} else if (!strcmp(tag, "br") || !strcmp(tag, "sp")) {
		putc(*tag == 'b' ? '\n' : ' ', to);
	} else if (!strcmp(tag, "fq-hostname") || !strcmp(tag, "sh-hostname")) {
		return host_name(to, *tag == 'f');
	} else {
		return false;
	}
	return true;
}

/* "<F-USER>": what the groups hold under that name. */
static bool group_print(FILE *to, const char *tag, const json_t *hit)
{
	const json_t *value;
	char name[64];
	size_t n = strlen(tag);

	if (n < 3 || n >= sizeof(name) - 1 || strncmp(tag, "F-", 2) != 0)
		return false;
	for (size_t i = 2; i <= n; i++) {
		if (tag[i] && !isupper((unsigned char)tag[i]) &&
			!isdigit((unsigned char)tag[i]) &&
			!strchr("_-", tag[i]))
			return false;
		name[i - 2] = (char)tolower((unsigned char)tag[i]);
	}
	if (!strcmp(name, "id") || !strcmp(name, "port")) {
		memmove(name + 1, name, strlen(name) + 1);
		name[0] = 'f';
	}
	value = json_object_get(fail_of(hit), name);
	if (value && !json_is_null(value))
		value_print(to, value);
	return true;
}

/* The format with its tags put in; line stands for <msg>, or all if NULL. */
static void format_print(
	FILE *to, const char *format, const json_t *hit, const json_t *line)
{
	char tag[64];
	size_t n;

	while (*format) {
		n = strcspn(format + 1, " <>");
		if (*format != '<' || format[1 + n] != '>' || !n ||
			n >= sizeof(tag)) {
			putc(*format++, to);
			continue;
		}
		memcpy(tag, format + 1, n);
		tag[n] = '\0';
		if (!strcmp(tag, "msg")) {
			char *text =
				line ? regexlines_joined(line, true, &n) : NULL;

			if (text)
				fwrite(text, 1, n, to);
			else
				matches_print(to, hit, "\n");
			free(text);
		} else if (!tag_print(to, tag, hit) &&
			   !group_print(to, tag, hit)) {
			fprintf(to, "<%s>", tag);
		}
		format += strlen(tag) + 2;
	}
	putc('\n', to);
}

/* Of several lines a row each, with <msg>; those come behind all others. */
static void formatted_print(FILE *to, const char *format, const json_t *found)
{
	bool msg = strstr(format, "<msg>"), wrap = false;
	const json_t *hit, *line, *lines;
	json_t *later = json_array();
	size_t i, n;

	json_array_foreach (found, i, hit) {
		lines = json_object_get(fail_of(hit), "matches");
		wrap = wrap || (msg && json_array_size(lines) > 1);
		if (wrap && msg)
			json_array_append(later, (json_t *)hit);
		else
			format_print(to, format, hit, NULL);
	}
	json_array_foreach (later, i, hit) {
		lines = json_object_get(fail_of(hit), "matches");
		json_array_foreach (lines, n, line) {
			format_print(to, format, hit, line);
		}
	}
	json_decref(later);
}

void regexout_print(FILE *to, const char *format, const json_t *found)
{
	const json_t *hit, *value;
	size_t i;

	if (strchr(format, '<')) {
		formatted_print(to, format, found);
		return;
	}
	json_array_foreach (found, i, hit) {
		if (!strcmp(format, "row")) {
			row_print(to, hit);
			continue;
		}
		if (!strcmp(format, "msg")) {
			matches_print(to, hit, "\n");
			if (!json_array_size(
				    json_object_get(fail_of(hit), "matches")))
				continue;
		} else if (!strcmp(format, "ip")) {
			value_print(to, ip_of(hit));
		} else if (!strcmp(format, "id") || !strcmp(format, "fid")) {
			value_print(to, json_object_get(hit, "id"));
		} else {
			value = json_object_get(fail_of(hit), format);
			value_print(to, value);
		}
		putc('\n', to);
	}
}
