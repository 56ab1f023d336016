/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines made to take long. Whatever a client may write into a log, it may
 * write 64 kB of it, and the text that costs a regex most is that which nearly
 * is what it looks for: its own words, brackets that do not close, dates.
 */
#include "tests/filters/hostile.h"

#include <dirent.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/line.h"

const char *const hostile_filters[HOSTILE_FILTERS] = {"courier", "cyrus",
	"dovecot", "dovecot[mode=aggressive]", "exim", "exim[mode=aggressive]",
	"horde", "nginx", "nginx[mode=errorlog]", "opensmtpd",
	"postfix[mode=auth]", "postfix[mode=auth2]", "postfix",
	"postfix[mode=more]", "postfix[mode=rbl]", "postfix[mode=errors]",
	"postfix[mode=ddos]", "postfix[mode=extra]", "postfix[mode=aggressive]",
	"roundcube", "rspamd", "sendmail", "sendmail[mode=aggressive]", "sieve",
	"sieve[mode=aggressive]", "sogo", "sshd", "sshd[mode=ddos]",
	"sshd[mode=extra]", "sshd[mode=aggressive]",
	"sshd[mode=aggressive, publickey=any]"};

/* NULL: the line itself, again and again. What a regex looks for after
 * something else is among them, and never that something else. */
static const char *const fillers[] = {"a", " ", "<", ">", "(", ")", "[", "]",
	": ", ",", "=", "\"", "'", "0", "1:", ".", "-", "a@b.", "\xc3\xa9",
	"\xff", "] ", ")<", "): ", " [", "<>", "rip=", ", rip=1.2.3.4",
	"user=<", "10:00:00 ", "2026-11-21T10:00:00 ", "Nov 21 10:00:00 ",
	"21/Nov/2026:10:00:00 ", "1795000000 ", "192.0.2.1 ", "[192.0.2.1]",
	"from [192.0.2.1]: ", "H=(a) [1.2.3.4] ", "auth failed, ",
	"authentication failed: ", "imap-login: ", "sshd[1]: ",
	"postfix/smtpd[1]: ", "dovecot: auth: ", "Failed password for ",
	"reject: RCPT from ", " from 1.2.3.4 port 1", "::", "a:b:", " ssh2: x",
	" from ", ") [", "() ", " (a)", "\\", ">: ", " user=<", "): user=<",
	", relay=", "] to ", " to x (", " against x from ", "SASL(-13)",
	", x' for user '", "invalid user ", "\t", "{", ">, rip=", ", a=<",
	"a\xe9", "nvali ", "rejected RCP", NULL};
#define FILLERS (sizeof(fillers) / sizeof(*fillers))

void hostile_load(const char *datadir, struct filter *out[HOSTILE_FILTERS])
{
	for (size_t i = 0; i < HOSTILE_FILTERS; i++) {
		struct arena *arena = arena_new();
		struct filter_spec spec = {0};
		struct err err;

		err_init(&err);
		out[i] = NULL;
		if (filter_spec_parse(&spec, hostile_filters[i], arena, &err))
			out[i] = filter_new(&spec, NULL, datadir, &err);
		if (!out[i]) {
			fprintf(stderr, "%s: %s\n", hostile_filters[i],
				err.n ? err.items[0].text : "is not there");
			exit(2);
		}
		err_deinit(&err);
		arena_free(&arena);
	}
}

struct making {
	size_t every, seen, made;
	hostile_fn fn;
	void *ctx;
	char *text;
};

/* Puts as much of unit to the line as fits below most: what is there is copied
 * behind itself, for a unit may be a byte. */
static size_t put(char *to, size_t n, const char *unit, size_t most)
{
	size_t unit_n = strlen(unit);
	size_t all = n < most ? (most - n) / unit_n * unit_n : 0, more;

	if (!all)
		return n;
	memcpy(to + n, unit, unit_n);
	for (size_t done = unit_n; done < all; done += more) {
		more = done < all - done ? done : all - done;
		memcpy(to + n + done, to + n, more);
	}
	return n + all;
}

/* The line from skip on, filled up at `at`: with then from the half on. */
static void make(struct making *m, const char *from, size_t skip, size_t at,
	const char *filler, const char *then)
{
	size_t n = strlen(from), to = at - skip;
	size_t most = HOSTILE_MOST - (n - at);
	/* Blanks, which many a regex steps over, are always tried. */
	bool blank = filler && strcmp(filler, " ") == 0 && filler == then;

	if (m->seen++ % m->every != 0 && !blank)
		return;
	m->made++;
	memcpy(m->text, from + skip, to);
	to = put(m->text, to, filler ? filler : from,
		filler == then ? most : most / 2);
	to = put(m->text, to, then ? then : from, most);
	memcpy(m->text + to, from + at, n - at);
	m->fn(m->ctx, &(struct hostile_line){
			      .text = m->text,
			      .n = to + n - at,
			      .from = from,
			      .at = at,
			      .filler = filler ? filler : "(the line itself)",
			      .then = then ? then : "(the line itself)",
		      });
}

/* The places behind what a daemon puts before a value, and the line's end. */
static bool is_place(const char *line, size_t at)
{
	return !line[at] ||
	       (at > 0 && strchr("<=([:\" /", line[at - 1]) && line[at] != ' ');
}

static void make_all(struct making *m, const char *line)
{
	size_t n = strlen(line);

	if (n * 2 > HOSTILE_MOST)
		return;
	for (size_t at = 0; at <= n; at++) {
		if (at > 0 && !is_place(line, at))
			continue;
		for (size_t i = 0; i < FILLERS; i++) {
			make(m, line, 0, at, fillers[i], fillers[i]);
			/* Two together; which, the place says. */
			make(m, line, 0, at, fillers[i],
				fillers[(i * 17 + at) % FILLERS]);
		}
	}
	/* The same with its date torn. */
	for (size_t i = 0; n > 2 && i < FILLERS; i++)
		make(m, line, 2, n, fillers[i], fillers[i]);
}

static void read_corpus(struct making *m, const char *path)
{
	FILE *f = fopen(path, "r");
	char *row = NULL;
	size_t room = 0;

	if (!f) {
		perror(path);
		exit(2);
	}
	while (getline(&row, &room, f) > 0) {
		json_t *object = json_loads(row, 0, NULL);
		const char *line =
			json_string_value(json_object_get(object, "line"));

		if (line)
			make_all(m, line);
		json_decref(object);
	}
	free(row);
	fclose(f);
}

size_t hostile_each(const char *corpus, size_t every, hostile_fn fn, void *ctx)
{
	struct making m = {.every = every, .fn = fn, .ctx = ctx};
	struct dirent **names;
	int n = scandir(corpus, &names, NULL, alphasort);

	m.text = malloc(HOSTILE_MOST);
	if (!m.text)
		abort();
	for (int i = 0; i < n; i++) {
		const char *end = strrchr(names[i]->d_name, '.');
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", corpus, names[i]->d_name);
		if (end && strcmp(end, ".jsonl") == 0)
			read_corpus(&m, path);
		free(names[i]);
	}
	if (n < 0) {
		perror(corpus);
		exit(2);
	}
	free(names);
	free(m.text);
	return m.made;
}

static void no_verdict(void *ctx, size_t filter, enum filter_verdict v,
	const struct failure *failure)
{
	(void)ctx;
	(void)filter;
	(void)v;
	(void)failure;
}

void hostile_ask(struct dispatch *dispatch, struct header_clock *clock,
	const char *text, size_t n)
{
	struct line line;

	header_cut(text, n, clock, &line);
	dispatch_line(dispatch, &line, no_verdict, NULL);
}
