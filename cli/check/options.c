/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of `mailban check`: check_mailq's options by their names,
 * and what is ours. What is wrong is told on standard output, where monitoring
 * reads, and is never taken for fine.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/check/check.h"

#define TIMEOUT_DEFAULT 15
#define TIMEOUT_MOST 3600
#define NUMBER_MOST INT64_C(1000000000000)

/* Options without a letter. */
enum { SOCKET = 256, NO_MAIL, EGRESS, DNSBL, ADDRESS, REVERSE, PATHS };

static const struct row {
	const char *name;
	int letter;
	const char *value, *about;
} rows[] = {
	{"warning", 'w', "N", "warning from here on"},
	{"critical", 'c', "N", "critical from here on"},
	{"warning-domain", 'W', "N", "messages of one domain, warning"},
	{"critical-domain", 'C', "N", "messages of one domain, critical"},
	{"timeout", 't', "SECONDS", "for all of it (15)"},
	{"mailserver", 'M', "NAME", "postfix, which is the only one"},
	{"sudo", 's', NULL, "nothing: there is no need of it"},
	{"configdir", 'd', "DIR", "Postfix' configuration (instances)"},
	{"path", PATHS, "PATH", "disk: a file system, instead of ours"},
	{"hostname", 'H', "HOST", "probe: this server, not the own one"},
	{"port", 'p', "PORT[,...]", "probe: these must answer; 25, imap:144"},
	{"no-mail", NO_MAIL, NULL, "probe: go no further than EHLO and TLS"},
	{"egress", EGRESS, "HOST[:PORT]", "probe: this host is reached"},
	{"dnsbl", DNSBL, "ZONE", "probe: no own address is listed there"},
	{"reverse", REVERSE, NULL, "probe: own addresses have names"},
	{"address", ADDRESS, "ADDRESS", "probe: own, instead of those found"},
	{"socket", SOCKET, "SOCKET", "where mailband listens"},
	{"verbose", 'v', NULL, "nothing, as yet"},
	{"help", 'h', NULL, "say this"},
	{"version", 'V', NULL, "say which version this is"},
};

#define ROWS (sizeof(rows) / sizeof(*rows))

void check_options_help(FILE *to)
{
	fputs("usage: mailban check [disk|queue|probe|bans|all] "
	      "[OPTION...]\n"
	      "is all well? one line for Nagios and its kin\n\n",
		to);
	for (size_t i = 0; i < ROWS; i++) {
		char left[48], letter[8] = "   ";

		if (rows[i].letter < SOCKET)
			snprintf(letter, sizeof(letter), "-%c,",
				(char)rows[i].letter);
		snprintf(left, sizeof(left), "%s --%s%s%s", letter,
			rows[i].name, rows[i].value ? " " : "",
			rows[i].value ? rows[i].value : "");
		fprintf(to, "  %-28s %s\n", left, rows[i].about);
	}
	fputs("\nExit 0: fine, 1: warning, 2: critical, 3: not known. "
	      "mailban-check(1) says more.\n",
		to);
}

__attribute__((format(printf, 1, 2))) static int wrong(const char *format, ...)
{
	struct verdict verdict = {0};
	char text[VERDICT_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	verdict_find(&verdict, VERDICT_UNKNOWN, "%s", text);
	return verdict_print(&verdict);
}

/* A whole number; a '%' behind it is no harm. */
static bool number(const char *text, int64_t most, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	if (*end == '%')
		end++;
	return isdigit((unsigned char)*text) && !*end && !errno && *out <= most;
}

static int list_add(
	struct check_list *list, const char *name, const char *value)
{
	if (!*value)
		return wrong("--%s wants a value", name);
	if (list->n == CHECK_MANY)
		return wrong("--%s: at most %d", name, CHECK_MANY);
	list->items[list->n++] = value;
	return 0;
}

/* "25", "imaps", "imap:144" */
static int port_read(struct check_options *options, const char *text, size_t n)
{
	struct check_port *port = &options->ports[options->n_ports];
	char word[32], *colon;
	int kind = -1;
	int64_t v;

	if (options->n_ports == CHECK_MANY)
		return wrong("--port: at most %d", CHECK_MANY);
	snprintf(word, sizeof(word), "%.*s", (int)n, text);
	colon = strchr(word, ':');
	if (colon)
		*colon++ = '\0';
	if (n >= sizeof(word))
		;
	else if (colon && number(colon, 65535, &v))
		kind = probe_kind_parse(word);
	else if (!colon && number(word, 65535, &v)) {
		for (int k = 0; k < PROBE_KINDS; k++)
			if (probe_kind_port((enum probe_kind)k) == v)
				kind = k;
	} else if (!colon && (kind = probe_kind_parse(word)) >= 0)
		v = probe_kind_port((enum probe_kind)kind);
	if (kind < 0 || v == 0)
		return wrong("--port: '%.*s' is none of 25, 587, 465, 143, "
			     "993, 110, 995, nor as smtp:2525",
			(int)n, text);
	port->kind = (enum probe_kind)kind;
	port->port = (uint16_t)v;
	options->n_ports++;
	return 0;
}

static int ports_read(struct check_options *options, const char *text)
{
	int rc = 0;

	for (size_t n; !rc; text += n + 1) {
		n = strcspn(text, ",");
		rc = port_read(options, text, n);
		if (!text[n])
			break;
	}
	return rc;
}

static int take_number(
	const struct row *row, const char *value, int64_t most, int64_t *out)
{
	if (number(value, most, out))
		return 0;
	return wrong("--%s: '%s' is no whole number up to %jd", row->name,
		value, (intmax_t)most);
}

static int take(struct check_options *o, const struct row *row, char *value)
{
	int64_t v;
	int rc;

	switch (row->letter) {
	case 'w':
		o->has_warning = true;
		return take_number(row, value, NUMBER_MOST, &o->warning);
	case 'c':
		o->has_critical = true;
		return take_number(row, value, NUMBER_MOST, &o->critical);
	case 'W':
		return take_number(row, value, NUMBER_MOST, &o->domain_warning);
	case 'C':
		return take_number(
			row, value, NUMBER_MOST, &o->domain_critical);
	case 't':
		rc = take_number(row, value, TIMEOUT_MOST, &v);
		if (!rc && v == 0)
			rc = wrong("--timeout: it takes a second at least");
		o->timeout = rc ? 0 : (int)v;
		return rc;
	case 'M':
		if (*value && strcmp(value, "postfix") != 0)
			return wrong(
				"--mailserver: %s is not supported", value);
		return 0;
	case 'd':
		o->configdir = *value ? value : NULL;
		return 0;
	case 'H':
		o->host = value;
		return *value ? 0 : wrong("--hostname wants a value");
	case 'p':
		return ports_read(o, value);
	case NO_MAIL:
		o->no_mail = true;
		return 0;
	case REVERSE:
		o->reverse = true;
		return 0;
	case EGRESS:
		return list_add(&o->egress, row->name, value);
	case DNSBL:
		return list_add(&o->lists, row->name, value);
	case ADDRESS:
		return list_add(&o->addresses, row->name, value);
	case PATHS:
		return list_add(&o->paths, row->name, value);
	case SOCKET:
		o->socket = value;
		return 0;
	case 'h':
		o->help = true;
		return 0;
	case 'V':
		o->version = true;
		return 0;
	default: /* sudo, verbose */
		return 0;
	}
}

static const struct row *row_of(int letter)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].letter == letter)
			return &rows[i];
	return NULL;
}

/* Which of the two is the worse depends on what is counted. */
static int thresholds_look(const struct check_options *o)
{
	const char *what = o->what ? o->what : "all";
	bool both = o->has_warning && o->has_critical;
	bool fewer = !strcmp(what, "disk") || !strcmp(what, "probe");

	if (!strcmp(what, "all") && (o->has_warning || o->has_critical))
		return wrong("-w and -c mean something else to each check: "
			     "name one");
	if (!strcmp(what, "disk") && (o->warning > 100 || o->critical > 100))
		return wrong("-w and -c are percent of the disk");
	if (!strcmp(what, "queue") && o->has_warning != o->has_critical)
		return wrong("-w and -c come together");
	if (both && !fewer && o->warning >= o->critical)
		return wrong("Warning (-w) cannot be greater than Critical "
			     "(-c)!");
	if (both && fewer && o->warning <= o->critical)
		return wrong("Warning (-w) cannot be less than Critical (-c): "
			     "what is left is counted");
	if ((o->domain_warning != 0) != (o->domain_critical != 0))
		return wrong("Need -C if using -W");
	if (o->domain_warning && o->domain_warning >= o->domain_critical)
		return wrong("Warning (-W) cannot be greater than Critical "
			     "(-C)!");
	return 0;
}

static int what_read(struct check_options *o, int argc, char **argv)
{
	static const char *const all[] = {
		"disk", "queue", "probe", "bans", "all"};

	if (argc > 1)
		return wrong("one check, or all: what is '%s'?", argv[1]);
	o->what = argc ? argv[0] : NULL;
	for (size_t i = 0; o->what && i < sizeof(all) / sizeof(*all); i++)
		if (!strcmp(o->what, all[i])) {
			if (!strcmp(o->what, "all"))
				o->what = NULL;
			return 0;
		}
	return o->what ? wrong("there is no check '%s': disk, queue, probe, "
			       "bans or all",
				 o->what)
		       : 0;
}

int check_options_read(struct check_options *options, int argc, char **argv)
{
	struct option longs[ROWS + 1] = {0};
	char shorts[2 * ROWS + 2] = ":";
	const struct row *row;
	size_t s = 1;
	int letter, rc = 0;

	for (size_t i = 0; i < ROWS; i++) {
		longs[i].name = rows[i].name;
		longs[i].has_arg = rows[i].value != NULL;
		longs[i].val = rows[i].letter;
		if (rows[i].letter >= SOCKET)
			continue;
		shorts[s++] = (char)rows[i].letter;
		if (rows[i].value)
			shorts[s++] = ':';
	}
	options->timeout = TIMEOUT_DEFAULT;
	optind = 0; /* glibc: begin anew */
	while (!rc &&
		(letter = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		row = row_of(letter);
		if (letter == ':')
			rc = wrong("%s wants a value", argv[optind - 1]);
		else if (!row)
			rc = wrong("there is no option %s; see mailban "
				   "check --help",
				argv[optind - 1]);
		else
			rc = take(options, row, optarg);
	}
	if (!rc && !options->help && !options->version)
		rc = what_read(options, argc - optind, argv + optind);
	return rc || options->help || options->version
		       ? rc
		       : thresholds_look(options);
}
