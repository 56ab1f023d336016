/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fail2ban-regex -D prints in place of a line: an address that hands the
 * line and the expression to a site. Nothing is sent to anybody.
 */
#include "cli/fail2ban/debuggex.h"

#include <ctype.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fail2ban/pytext.h"

/* As a form's value. */
static void put_quoted(FILE *to, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c == ' ')
			putc('+', to);
		else if (c < 0x80 && (isalnum(c) || (c && strchr("_.-~", c))))
			putc(c, to);
		else
			fprintf(to, "%%%02X", c);
	}
}

/* The same of a text in the log's encoding, without what that has not. */
static void put_encoded(
	FILE *to, const char *text, size_t n, const char *encoding)
{
	iconv_t cd = iconv_open(encoding, "UTF-8");

	while (cd != (iconv_t)-1 && n > 0) {
		char buf[16], *out = buf, *in = (char *)text;
		size_t room = sizeof(buf), len = 1, left;

		while (len < n && ((unsigned char)text[len] & 0xc0) == 0x80)
			len++;
		left = len;
		if (iconv(cd, &in, &left, &out, &room) == 0)
			put_quoted(to, buf, sizeof(buf) - room);
		text += len;
		n -= len;
	}
	if (cd != (iconv_t)-1)
		iconv_close(cd);
}

char *debuggex_row(const char *line, size_t n, const char *encoding,
	const char *regex, bool names, bool multiline, size_t *out_n)
{
	char *row, *whole = pytext_tags(regex, names);
	FILE *to = open_memstream(&row, out_n);

	if (!to)
		abort();
	fwrite(line, 1, n, to);
	fprintf(to, " | %s |  https://www.debuggex.com/?re=", regex);
	put_quoted(to, whole, strlen(whole));
	fputs("&str=", to);
	put_encoded(to, line, n, encoding);
	fprintf(to, "&flavor=python%s", multiline ? "&flags=m" : "");
	if (fclose(to))
		abort();
	free(whole);
	return row;
}
