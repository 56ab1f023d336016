/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban report: reads logs one after the other into a ledger, and writes
 * what it holds. What could not be read whole is told of, on stderr and in
 * the report, and makes the exit status a fault: a total of half a log must
 * not pass for one of all of it.
 */
#include "cli/report/report.h"

#include <malloc.h>
#include <spawn.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/report/changes.h"
#include "cli/report/lines.h"
#include "cli/report/live.h"
#include "cli/report/mail.h"
#include "cli/text.h"
#include "ledger/attacks.h"
#include "ledger/ledger.h"
#include "lib/clock.h"
#include "lib/line.h"
#include "sources/replay.h"

extern char **environ;

#define BAR 30
/* When the bar is drawn at first, and how often: not for each line. */
#define BAR_FIRST (CLOCK_SECOND / 2)
#define BAR_EVERY (CLOCK_SECOND / 10)

struct reader {
	struct ledger *ledger;
	struct attacks *attacks; /* NULL: nobody asks for them */
	const char *log;
	uint64_t lines, bytes, whole; /* whole: of the file, 0 = not known */
	int64_t draw_at;	      /* monotonic: the bar, then */
	bool shows;		      /* a bar on a terminal */
	bool drawn;
	char **faults;
	size_t n_faults;
	uint64_t undated, mail; /* before this log */
};

static void fault_add(struct reader *r, const char *text)
{
	text_complain("%s", text);
	r->faults =
		reallocarray(r->faults, r->n_faults + 2, sizeof(*r->faults));
	if (!r->faults || !(r->faults[r->n_faults] = text_escape(text)))
		abort();
	r->faults[++r->n_faults] = NULL;
}

static void bar_draw(struct reader *r)
{
	double done = r->whole ? (double)r->bytes / (double)r->whole : 0;
	char bar[BAR + 1] = {0}, *name = text_escape(r->log);

	if (done > 1)
		done = 1;
	memset(bar, '.', BAR);
	memset(bar, '#', (size_t)(done * BAR));
	if (r->whole)
		fprintf(stderr, "\r\033[K%.40s [%s] %3.0f%%", name, bar,
			done * 100);
	else
		fprintf(stderr, "\r\033[K%.40s %llu lines", name,
			(unsigned long long)r->lines);
	free(name);
	r->drawn = true;
}

static void bar_clear(struct reader *r)
{
	if (r->drawn)
		fputs("\r\033[K", stderr);
	r->drawn = false;
}

static void bar_due(struct reader *r)
{
	int64_t now = r->shows ? clock_mono() : 0;

	if (!r->shows || now < r->draw_at)
		return;
	r->draw_at = now + BAR_EVERY;
	bar_draw(r);
}

static void on_record(void *ctx, const struct record *record)
{
	struct reader *r = ctx;

	attacks_record(r->attacks, record, record->when.time);
}

static void on_read(void *ctx, uint64_t lines, uint64_t bytes)
{
	struct reader *r = ctx;

	r->lines += lines;
	r->bytes += bytes;
	bar_due(r);
}

/* An entry of the journal. */
static void on_line(void *ctx, const struct line *line)
{
	struct reader *r = ctx;
	struct record record;

	ledger_line(r->ledger, line, &record);
	if (r->attacks)
		attacks_record(r->attacks, &record, line->time);
	on_read(r, 1, line->text_len + 1);
}

/* The size of a plain file; 0 of what is compressed, or no file. */
static uint64_t whole_size(const char *log)
{
	size_t n = strlen(log);
	struct stat st;

	if (n > 3 && strcmp(log + n - 3, ".gz") == 0)
		return 0;
	if (stat(log, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	return (uint64_t)st.st_size;
}

/* A log that tells nothing is hardly what was meant. */
static void log_judge(struct reader *r)
{
	const struct counter *t = &r->ledger->total;
	uint64_t undated = t->undated - r->undated;
	char text[512];

	if (r->ledger->options.compat || !r->lines)
		return;
	if (undated == r->lines)
		snprintf(text, sizeof(text),
			"%s: none of its %llu lines begins with a date that is "
			"known: no log, or in another locale",
			r->log, (unsigned long long)r->lines);
	else if (undated * 2 > r->lines)
		snprintf(text, sizeof(text),
			"%s: %llu of %llu lines begin with no date that is "
			"known, and are not counted",
			r->log, (unsigned long long)undated,
			(unsigned long long)r->lines);
	else
		return;
	fault_add(r, text);
}

static int log_replay(struct reader *r, const char *log, char *why, size_t room)
{
	const struct ledger_options *o = &r->ledger->options;
	const struct lines_to to = {.ledger = r->ledger,
		.record = r->attacks ? on_record : NULL,
		.read = on_read,
		.ctx = r};

	if (strcmp(log, "journal") != 0)
		return lines_count(log, &to, why, room);
	if (!o->compat)
		return replay_journal(o->since, on_line, r, why, room);
	snprintf(why, room,
		"--compat reads what journalctl(1) writes, no "
		"journal");
	return -1;
}

static void log_read(struct reader *r, const char *log)
{
	char why[256], *text;

	r->log = strcmp(log, "-") == 0 ? "standard input" : log;
	r->lines = r->bytes = 0;
	r->whole = whole_size(log);
	r->draw_at = clock_mono() + BAR_FIRST;
	r->undated = r->ledger->total.undated;
	if (log_replay(r, log, why, sizeof(why)) == 0) {
		bar_clear(r);
		log_judge(r);
		return;
	}
	bar_clear(r);
	if (asprintf(&text, "%s: %s", r->log, why) < 0)
		abort();
	fault_add(r, text);
	free(text);
}

/* What mailq(1) says, as it says it. */
static void queue_show(void)
{
	char *const argv[] = {(char *)"mailq", NULL};
	pid_t pid;
	int status;

	fputs("\nCurrent Mail Queue\n------------------\n", stdout);
	fflush(stdout);
	if (posix_spawnp(&pid, "mailq", NULL, NULL, argv, environ) != 0)
		text_complain("report: cannot run mailq");
	else
		waitpid(pid, &status, 0);
}

/* By mail; one of EXIT_. */
static int report_send(struct reader *r, struct report_options *o,
	const char *const *faults, const struct options *options,
	struct report_live *live)
{
	int rc;

	/* A log alone knows of no day before. */
	if (o->day && !o->live && report_live_ask(live, options, o))
		fault_add(r, "mailband does not answer: there is nothing to "
			     "compare this day with");
	if (r->n_faults)
		faults = (const char *const *)r->faults;
	if (o->day && live->history.since)
		o->changes = changes_make(live, o);
	rc = mail_report(r->ledger, o, faults);
	changes_free(&o->changes);
	return rc;
}

static int report_write(struct reader *r, struct report_options *o,
	const struct options *options, struct report_live *live)
{
	static const char *const none[] = {NULL};
	const char *const *faults = none;

	/* The other threads are gone. */
	__fsetlocking(stdout, FSETLOCKING_BYCALLER);
	if (r->n_faults && !o->ledger.compat)
		faults = (const char *const *)r->faults;
	if (o->mail)
		return report_send(r, o, faults, options, live);
	if (o->attacks && o->json)
		report_attacks_json(r->attacks, faults, stdout);
	else if (o->attacks)
		report_attacks(r->attacks, o, faults, stdout);
	else if (o->json)
		report_json(r->ledger, o, faults, stdout);
	else if (o->html)
		report_html(r->ledger, o, faults, stdout);
	else
		report_text(r->ledger, o, faults, stdout);
	if (o->mailq && !o->json && !o->html && !o->attacks)
		queue_show();
	return EXIT_YES;
}

/* Is there a log to be read? Nobody types one. */
static bool input_is_log(void)
{
	struct stat st;

	return fstat(STDIN_FILENO, &st) == 0 && !S_ISCHR(st.st_mode);
}

/* Whether to ask the daemon, or -1 when told that it cannot be. */
static int is_live(const struct report_options *o)
{
	bool named = false;

	for (int i = 0; i < o->n_logs; i++)
		named |= strcmp(o->logs[i], "counters") == 0;
	if (named && (o->n_logs > 1 || o->attacks || o->ledger.compat)) {
		text_complain("report: counters stand alone, and go with "
			      "neither --attacks nor --compat");
		return -1;
	}
	if (named || o->ledger.compat || o->attacks)
		return named;
	return !o->n_logs && (o->mail || !input_is_log());
}

/* All logs, or what the daemon has; one of EXIT_. */
static int report_read(struct reader *r, struct report_options *o,
	const struct options *options, struct report_live *live)
{
	int asks = is_live(o), rc;

	if (asks < 0)
		return EXIT_FAULT;
	if (asks) {
		rc = report_live_ask(live, options, o);
		if (rc)
			return rc;
		report_live_fill(live, o, r->ledger);
		o->live = live;
		return EXIT_YES;
	}
	for (int i = 0; i < o->n_logs; i++)
		log_read(r, o->logs[i]);
	if (!o->n_logs)
		log_read(r,
			o->attacks && !input_is_log() ? replay_usual() : "-");
	ledger_end(r->ledger);
	return EXIT_YES;
}

/* Tables grow by doubling: what they grew out of is to be given back, and no
 * thread is to have a heap of its own. */
static void memory_settle(void)
{
	mallopt(M_MMAP_THRESHOLD, 64 << 10);
	mallopt(M_TOP_PAD, 16 << 10);
	mallopt(M_ARENA_MAX, 1);
}

int report_run(const struct command *self, const struct options *options,
	int argc, char **argv)
{
	struct report_options o;
	struct report_live live = {0};
	struct reader r = {0};
	int rc = report_options_parse(&o, argc, argv);

	(void)self;
	if (rc)
		return rc;
	if (o.help) {
		report_options_help(stdout);
		return EXIT_YES;
	}
	if (o.version) {
		if (o.ledger.compat)
			puts("pflogsumm 1.1.5");
		else
			puts("mailban " MAILBAN_VERSION);
		return EXIT_YES;
	}
	memory_settle();
	r.ledger = ledger_new(&o.ledger);
	r.attacks = o.attacks ? attacks_new(0) : NULL;
	r.shows = isatty(STDERR_FILENO);
	rc = report_read(&r, &o, options, &live);
	if (!rc)
		rc = report_write(&r, &o, options, &live);
	for (size_t i = 0; i < r.n_faults; i++)
		free(r.faults[i]);
	if (r.n_faults)
		rc = EXIT_FAULT;
	report_live_free(&live);
	free(r.faults);
	attacks_free(&r.attacks);
	ledger_free(&r.ledger);
	return rc;
}
