/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts as a program written in Python reads and prints them, for what answers
 * in the name of such a program. Nothing here is for the daemon's use.
 */
#include "cli/fail2ban/pytext.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wctype.h>

#include "jails/fail2ban.h"
#include "lib/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"
#define SHORT_MOST 53

static bool is_utf8(const char *encoding)
{
	return !strcasecmp(encoding, "utf-8") || !strcasecmp(encoding, "utf8");
}

bool pytext_knows(const char *encoding)
{
	iconv_t cd;

	if (is_utf8(encoding))
		return true;
	cd = iconv_open("UTF-8", encoding);
	if (cd == (iconv_t)-1)
		return false;
	iconv_close(cd);
	return true;
}

static size_t decode_utf8(const char *bytes, size_t n, char *out)
{
	char *o = out;
	bool whole;

	while (n > 0) {
		size_t len = utf8_part(bytes, n, &whole);

		memcpy(o, whole ? bytes : REPLACEMENT, whole ? len : 3);
		o += whole ? len : 3;
		bytes += len;
		n -= len;
	}
	return (size_t)(o - out);
}

static size_t decode_other(
	const char *bytes, size_t n, const char *encoding, char *out)
{
	iconv_t cd = iconv_open("UTF-8", encoding);
	size_t room = n * 4;
	char *in = (char *)bytes, *o = out;

	while (cd != (iconv_t)-1 && n > 0 && room > 3) {
		if (iconv(cd, &in, &n, &o, &room) != (size_t)-1 ||
			errno == E2BIG)
			break;
		memcpy(o, REPLACEMENT, 3);
		o += 3;
		room -= 3;
		in++;
		n--;
	}
	if (cd != (iconv_t)-1)
		iconv_close(cd);
	return (size_t)(o - out);
}

size_t pytext_decode(
	const char *bytes, size_t n, const char *encoding, char **out)
{
	size_t len;

	*out = malloc(4 * n + 1);
	if (!*out)
		abort();
	len = is_utf8(encoding) ? decode_utf8(bytes, n, *out)
				: decode_other(bytes, n, encoding, *out);
	(*out)[len] = '\0';
	return len;
}

static void repr_point(FILE *to, const char *s, size_t len, wint_t v)
{
	if (v == '\n' || v == '\r' || v == '\t')
		fputs(v == '\n' ? "\\n" : v == '\r' ? "\\r" : "\\t", to);
	else if (v >= ' ' && v != 0x7f &&
		 (v < 0x7f || (iswprint(v) && !iswspace(v) && v != 0xa0 &&
				      v != 0xad)))
		fwrite(s, 1, len, to);
	else
		fprintf(to,
			v < 0x100     ? "\\x%02x"
			: v < 0x10000 ? "\\u%04x"
				      : "\\U%08x",
			(unsigned)v);
}

static void repr_text(FILE *to, const char *text, size_t n)
{
	char quote =
		memchr(text, '\'', n) && !memchr(text, '"', n) ? '"' : '\'';
	bool whole;

	putc(quote, to);
	while (n > 0) {
		size_t len = utf8_part(text, n, &whole);
		wint_t v = utf8_point(text, len);

		if (v == (wint_t)quote || v == '\\')
			putc('\\', to);
		repr_point(to, text, len, v);
		text += len;
		n -= len;
	}
	putc(quote, to);
}

char *pytext_float(double value, char buf[PYTEXT_FLOAT])
{
	for (int after = 1; after < 10; after++) {
		snprintf(buf, PYTEXT_FLOAT, "%.*f", after, value);
		if (strtod(buf, NULL) == value)
			break;
	}
	return buf;
}

static void repr_value(
	FILE *to, const json_t *value, const char *key, int depth);

static void repr_array(
	FILE *to, const json_t *array, const char *key, int depth)
{
	bool set = key && !strcmp(key, "users"), tuple = depth > 0;
	const json_t *item;
	size_t i;

	putc(set ? '{' : tuple ? '(' : '[', to);
	json_array_foreach (array, i, item) {
		fputs(i ? ", " : "", to);
		repr_value(to, item, NULL, depth + 1);
	}
	putc(set ? '}' : tuple ? ')' : ']', to);
}

static void repr_value(
	FILE *to, const json_t *value, const char *key, int depth)
{
	char number[PYTEXT_FLOAT];
	const json_t *member;
	const char *name;
	bool first = true;

	if (json_is_string(value)) {
		repr_text(to, json_string_value(value),
			json_string_length(value));
	} else if (json_is_integer(value)) {
		fprintf(to, "%jd", (intmax_t)json_integer_value(value));
	} else if (json_is_real(value)) {
		fputs(pytext_float(json_real_value(value), number), to);
	} else if (json_is_array(value)) {
		repr_array(to, value, key, depth);
	} else if (json_is_object(value)) {
		putc('{', to);
		json_object_foreach((json_t *)value, name, member)
		{
			fputs(first ? "" : ", ", to);
			first = false;
			repr_text(to, name, strlen(name));
			fputs(": ", to);
			repr_value(to, member, name, 0);
		}
		putc('}', to);
	} else {
		fputs(json_is_true(value) ? "True" : "None", to);
	}
}

void pytext_repr(FILE *to, const json_t *value)
{
	repr_value(to, value, NULL, 0);
}

#define IP4 "(?P<ip4>(?:\\d{1,3}\\.){3}\\d{1,3})"
/* Of the two releases. */
#define IP6_END "){1,7}(?:[0-9a-fA-F]{1,4}|(?<=:):)"
#define IP6_1_0 "(?:[0-9a-fA-F]{1,4}::?|::" IP6_END
#define IP6_1_1 "(?:[0-9a-fA-F]{1,4}::?|:" IP6_END
#define IP6 "(?P<ip6>" IP6_1_0 ")"
#define DNS "(?P<dns>[\\w\\-.^_]*\\w)"
#define CIDR "(?P<cidr>\\d+)"
#define BOTH "(?:(?:::f{4,6}:)?" IP4 "|" IP6 ")"
#define ADDR "\\[?" BOTH "\\]?"
#define SUBNET "\\[?" BOTH "(?:/" CIDR ")?\\]?"

static const struct {
	const char *tag, *regex;
} tags[] = {
	{"IP4", "(?:::f{4,6}:)?" IP4},
	{"IP6", IP6},
	{"ADDR", ADDR},
	{"DNS", DNS},
	{"CIDR", CIDR},
	{"SUBNET", SUBNET},
};

/* "<HOST>", "<F-ADDR/>": what a whole tag of n bytes stands for, or NULL. */
static const char *tag_regex(const char *tag, size_t n, bool names)
{
	bool f = n > 5 && !strncmp(tag, "<F-", 3) && tag[n - 2] == '/';
	const char *name = tag + (f ? 3 : 1);
	size_t len = n - (f ? 5 : 2);

	if (!strncmp(tag, "<HOST>", n))
		return names ? "(?:" ADDR "|" DNS ")" : ADDR;
	if (!strncmp(tag, "<F-ID/>", n))
		return "(?P<fid>\\S+)";
	if (!strncmp(tag, "<F-PORT/>", n))
		return "(?P<fport>\\w+)";
	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++)
		if (strlen(tags[i].tag) == len &&
			!strncmp(tags[i].tag, name, len))
			return tags[i].regex;
	return NULL;
}

/* The length of a tag at s ("</?[\w\-]+/?>"), 0 if there is none. */
static size_t tag_length(const char *s)
{
	size_t n = 1 + (s[1] == '/'), from = n;

	if (s[0] != '<')
		return 0;
	while (isalnum((unsigned char)s[n]) || s[n] == '_' || s[n] == '-')
		n++;
	if (n == from)
		return 0;
	n += s[n] == '/';
	return s[n] == '>' ? n + 1 : 0;
}

static bool is_group(const char *name, size_t n)
{
	if (n < 3 || strncmp(name, "F-", 2) != 0)
		return false;
	for (size_t i = 2; i < n; i++)
		if (!isupper((unsigned char)name[i]) &&
			!isdigit((unsigned char)name[i]) &&
			!strchr("_-", name[i]))
			return false;
	return true;
}

/* "<F-NAME>" and its end; false if it is none, or ends what never began. */
static bool put_group(FILE *to, const char *tag, size_t n, const char *before)
{
	bool closes = tag[1] == '/';
	const char *name = tag + 1 + closes;
	size_t len = n - 2 - closes;
	char *open;

	if (!is_group(name, len))
		return false;
	if (closes) {
		if (asprintf(&open, "<%.*s>", (int)len, name) < 0)
			abort();
		closes = memmem(
			before, (size_t)(tag - before), open, strlen(open));
		free(open);
		if (closes)
			putc(')', to);
		return closes;
	}
	fputs("(?P<", to);
	if ((len == 4 && !strncmp(name, "F-ID", 4)) ||
		(len == 6 && !strncmp(name, "F-PORT", 6)))
		putc('f', to);
	for (size_t i = 2; i < len; i++)
		putc(tolower((unsigned char)name[i]), to);
	putc('>', to);
	return true;
}

/* "((?i)" and "(?:(?i)" become "(?i:": flags of a group alone. */
static void localize_flags(char *text)
{
	for (char *s = text; *s; s++) {
		char *at = s + 1, *end;

		if (*s != '(' || (s > text && s[-1] == '\\'))
			continue;
		if (!strncmp(at, "?:", 2))
			at += 2;
		if (strncmp(at, "(?", 2) != 0)
			continue;
		end = at + 2;
		while (islower((unsigned char)*end))
			end++;
		if (end == at + 2 || *end != ')')
			continue;
		*end = ':';
		memmove(s, at, strlen(at) + 1);
	}
}

const char *pytext_ip6(void)
{
	return fail2ban_is_new() ? IP6_1_1 : IP6_1_0;
}

/* What a tag stands for, with the release's address. */
static void put_regex(FILE *to, const char *regex)
{
	const char *at = strstr(regex, IP6_1_0);

	if (!at) {
		fputs(regex, to);
		return;
	}
	fwrite(regex, 1, (size_t)(at - regex), to);
	fputs(pytext_ip6(), to);
	fputs(at + strlen(IP6_1_0), to);
}

char *pytext_tags(const char *row, bool names)
{
	const char *s = row, *regex;
	char *text;
	size_t room, n, skipped = 0;
	FILE *to = open_memstream(&text, &room);

	if (!to)
		abort();
	while (*s) {
		n = tag_length(s);
		regex = n ? tag_regex(s, n, names) : NULL;
		if (n == 11 && !strncmp(s, "<SKIPLINES>", n))
			fprintf(to, "\\n(?P<skiplines%zu>(?:(?:.*\\n)*?))",
				skipped++);
		else if (regex)
			put_regex(to, regex);
		else if (!n || !put_group(to, s, n, row))
			fwrite(s, 1, n = n ? n : 1, to);
		s += n;
	}
	if (fclose(to))
		abort();
	return text;
}

char *pytext_regex(const char *row, bool names)
{
	char *text = pytext_tags(row, names);

	localize_flags(text);
	return text;
}

char *pytext_short(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t points = 0, cut = 0, at = 0;
	char *out;

	for (; s[at]; at++) {
		if ((s[at] & 0xc0) == 0x80)
			continue;
		if (points++ == SHORT_MOST - 3)
			cut = at;
	}
	if (asprintf(&out, "%.*s%s", (int)(points > SHORT_MOST ? cut : at),
		    text, points > SHORT_MOST ? "..." : "") < 0)
		abort();
	return out;
}

size_t pytext_stripped(const char *text, size_t n)
{
	while (n > 0 &&
		(strchr(" \t\n\v\f\r", text[n - 1]) ||
			(text[n - 1] >= 0x1c && text[n - 1] <= 0x1f)) &&
		text[n - 1])
		n--;
	return n;
}
