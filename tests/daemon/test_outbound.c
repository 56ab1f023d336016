/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accounts, by the lines that Postfix and Dovecot write of them: ordinary
 * traffic of weeks, in which nobody may be told of, and accounts that are
 * taken over, of whom everybody must be.
 */
#include "daemon/outbound.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/alarm_settings.h"
#include "daemon/outbound_parts.h"
#include "daemon/state.h"
#include "ledger/ledger.h"
#include "lib/clock.h"
#include "lib/line.h"

/* A Monday, 00:00 UTC. */
#define START INT64_C(1795392000)
#define HOUR 3600
#define DAY (24 * HOUR)
#define WEEK (7 * DAY)
#define MOST 64

struct told {
	char name[OUTBOUND_NAME + 1];
	enum alarm_kind kind;
	enum level level;
	enum level_news news;
	int64_t time;
	struct words words;
};

struct world {
	struct alarm_settings settings;
	struct outbound *outbound;
	struct ledger *ledger;
	int64_t now; /* seconds since 1970 */
	uint64_t random, id;
	struct told told[MOST];
	size_t n;
	char held[65536];
	bool cannot_hold;
};

static void on_news(void *ctx, const struct alarm *alarm, enum level_news news,
	const struct words *words)
{
	struct world *w = ctx;
	struct told *t = &w->told[w->n];

	assert_true(w->n++ < MOST);
	strcpy(t->name, alarm->subject);
	t->kind = alarm->kind;
	t->level = alarm->state.level;
	t->news = news;
	t->time = w->now;
	t->words = *words;
}

static bool on_hold(void *ctx, const char *ids)
{
	struct world *w = ctx;

	if (w->cannot_hold)
		return false;
	assert_true(strlen(w->held) + strlen(ids) + 2 < sizeof(w->held));
	strcat(strcat(w->held, ids), " ");
	return true;
}

static void at(struct world *w, int64_t now)
{
	w->now = now;
	clock_hold(now * CLOCK_SECOND, now * CLOCK_SECOND);
}

/* The ledger comes again as it was, as its own tests show. */
static void begin(struct world *w)
{
	const struct ledger_options options = {.most = 16384, .totals = true};
	const struct outbound_user user = {
		.news = on_news, .hold = on_hold, .ctx = w};

	w->outbound = outbound_new(&w->settings, &user);
	if (!w->ledger) {
		w->ledger = ledger_new(&options);
		messages_watch(w->ledger->messages);
	}
	outbound_watch(w->outbound, w->ledger->messages);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->settings = (struct alarm_settings){
		.enabled = true, .rules = judge_default};
	w->random = 1;
	at(w, START);
	begin(w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	outbound_free(&w->outbound);
	ledger_free(&w->ledger);
	free(w);
	clock_release();
	return 0;
}

__attribute__((format(printf, 3, 4))) static void say(
	struct world *w, const char *tag, const char *format, ...)
{
	char text[2048];
	struct line line = {.time = w->now * CLOCK_SECOND, .text = text};
	struct record record;
	size_t tag_len = strlen(tag);
	va_list args;

	memcpy(text, tag, tag_len);
	memcpy(text + tag_len, "[7]: ", 5);
	va_start(args, format);
	vsnprintf(text + tag_len + 5, sizeof(text) - tag_len - 5, format, args);
	va_end(args);
	line.text_len = strlen(text);
	line.tag = text;
	line.tag_len = tag_len;
	line.message = text + tag_len + 5;
	line.message_len = line.text_len - tag_len - 5;
	ledger_line(w->ledger, &line, &record);
	outbound_record(w->outbound, &record, line.time);
}

static uint32_t chance(struct world *w, uint32_t of)
{
	w->random = w->random * UINT64_C(6364136223846793005) + 1;
	return (uint32_t)(w->random >> 33) % of;
}

/* A message to so many, of whom some do not exist; stays: it waits. */
static void send_as(struct world *w, const char *account, const char *from,
	int recipients, int returned, bool stays)
{
	char id[24];

	snprintf(id, sizeof(id), "4g%010" PRIu64 "z", w->id++);
	say(w, "postfix/submission/smtpd",
		"%s: client=x[%s], sasl_method=PLAIN, sasl_username=%s", id,
		from, account);
	say(w, "postfix/cleanup", "%s: message-id=<%s@x>", id, id);
	say(w, "postfix/qmgr",
		"%s: from=<%s>, size=900, nrcpt=%d (queue active)", id, account,
		recipients);
	for (int i = 0; i < recipients; i++)
		say(w, "postfix/smtp",
			"%s: to=<u%d@example.net>, relay=mx[192.0.2.99]:25, "
			"delay=1, delays=0/0/0/1, dsn=5.1.1, status=%s (x)",
			id, i, i < returned ? "bounced" : "sent");
	if (!stays)
		say(w, "postfix/qmgr", "%s: removed", id);
}

static void login(struct world *w, const char *account, const char *from)
{
	say(w, "dovecot",
		"imap-login: Login: user=<%s>, method=PLAIN, rip=%s, "
		"lip=192.0.2.5, mpid=7, TLS, session=<x>",
		account, from);
}

static void login_fails(struct world *w, const char *account, const char *from)
{
	say(w, "dovecot",
		"imap-login: Disconnected: Connection closed (auth failed, 1 "
		"attempts in 2 secs): user=<%s>, method=PLAIN, rip=%s, "
		"lip=192.0.2.5, TLS, session=<x>",
		account, from);
}

static void tick(struct world *w, int64_t until)
{
	for (int64_t now = w->now; now <= until; now += 60) {
		at(w, now);
		outbound_tick(w->outbound);
	}
}

/* The address of a phone on the move. */
static const char *phone(struct world *w, char text[ADDR_TEXT])
{
	if (chance(w, 2))
		snprintf(text, ADDR_TEXT, "10.%u.%u.7", chance(w, 6),
			chance(w, 200));
	else
		snprintf(text, ADDR_TEXT, "2001:db%x:%x::7", chance(w, 2),
			chance(w, 60000));
	return text;
}

/* An hour of what an office does, at its time of day. */
static void ordinary_hour(struct world *w, int64_t begin_at, bool newsletter)
{
	int64_t hour = begin_at / HOUR % 24;
	bool monday = begin_at / DAY % 7 == START / DAY % 7;
	bool weekend = (begin_at - START) / DAY % 7 >= 5;
	char name[32], text[ADDR_TEXT];
	int busy = weekend ? 1 : hour >= 8 && hour < 18 ? 6 : hour < 6 ? 0 : 2;

	for (int minute = 0; minute < 60; minute++) {
		at(w, begin_at + minute * 60);
		for (int i = 0; i < busy; i++) {
			if (chance(w, 3))
				continue;
			snprintf(name, sizeof(name), "user%u@x", chance(w, 40));
			/* An office behind one address, where now and then
			 * somebody mistypes. */
			if (chance(w, 15) == 0)
				login_fails(w, name, "192.0.2.50");
			login(w, name, "192.0.2.50");
			if (chance(w, 3) == 0)
				send_as(w, name, "192.0.2.50",
					1 + (int)(chance(w, 20) == 0
							    ? chance(w, 40)
							    : chance(w, 4)),
					chance(w, 25) == 0, false);
		}
		if (chance(w, 8) == 0) {
			login(w, "travel@x", phone(w, text));
			if (busy && chance(w, 3) == 0)
				send_as(w, "travel@x", phone(w, text), 2, 0,
					false);
		}
		/* A shop's confirmations, day and night. */
		send_as(w, "shop@x", "192.0.2.60", 1 + (int)chance(w, 3),
			chance(w, 30) == 0, false);
		/* 2,000, of whom some have gone. */
		if (newsletter && monday && hour == 10 && minute < 20)
			send_as(w, "news@x", "192.0.2.61", 100,
				(int)chance(w, 6), false);
		/* Somebody guesses, as always, and is let in nowhere. */
		snprintf(name, sizeof(name), "name%u", chance(w, 500));
		login_fails(w, name, "203.0.113.9");
		outbound_tick(w->outbound);
	}
}

static const struct told *last(const struct world *w)
{
	assert_true(w->n > 0);
	return &w->told[w->n - 1];
}

static void weeks(struct world *w, int n)
{
	int64_t until = w->now - w->now % DAY + n * (int64_t)WEEK;

	for (int64_t hour = w->now - w->now % DAY; hour < until; hour += HOUR)
		ordinary_hour(w, hour, true);
	at(w, until);
}

static void test_ordinary_weeks(void **state)
{
	struct world *w = *state;

	for (w->random = 1; w->random < 4; w->random++) {
		uint64_t seed = w->random;

		weeks(w, 3);
		/* A newsletter that is new is told, and told to be over: by its
		 * third week it is a habit. */
		assert_int_equal(w->n, 2 * 3);
		for (size_t i = 0; i < w->n; i++) {
			assert_string_equal(w->told[i].name, "news@x");
			assert_int_equal(w->told[i].kind, ALARM_RECIPIENTS);
			assert_true(w->told[i].time < w->now - WEEK + DAY / 2);
		}
		/* From then on nobody is. */
		weeks(w, 2);
		assert_int_equal(w->n, 2 * 3);
		assert_non_null(outbound_find(w->outbound, "travel@x", 8));
		assert_null(outbound_find(w->outbound, "name1", 5));
		teardown(state);
		setup(state);
		w = *state;
		w->random = seed;
	}
}

static void test_a_named_newsletter(void **state)
{
	struct world *w = *state;

	w->settings.bulk[w->settings.bulk_n++] = "News@x";
	weeks(w, 2);
	assert_int_equal(w->n, 0);
	assert_int_equal(
		outbound_find(w->outbound, "news@x", 6)->habit.weeks[0], 2000);
}

/* Twenty a day, for a week; then 3,000. */
static void test_taken_over(void **state)
{
	struct world *w = *state;
	const struct told *t;
	json_t *told, *account;

	for (int day = 0; day < 7; day++)
		for (int i = 0; i < 10; i++) {
			at(w, START + day * DAY + (8 + i) * HOUR);
			send_as(w, "Bob@x.org", "192.0.2.1", 2, 0, false);
			outbound_tick(w->outbound);
		}
	assert_int_equal(w->n, 0);
	at(w, START + WEEK + 9 * HOUR);
	for (int i = 0; i < 3000; i++)
		send_as(w, "bob@x.org", i % 2 ? "203.0.113.1" : "203.0.113.2",
			1, 0, true);
	assert_int_equal(w->n, 2);
	t = &w->told[0];
	assert_int_equal(t->news, LEVEL_RAISED);
	assert_int_equal(t->level, LEVEL_WARNING);
	t = &w->told[1];
	assert_int_equal(t->news, LEVEL_WORSE);
	assert_int_equal(t->kind, ALARM_RECIPIENTS);
	assert_string_equal(t->name, "bob@x.org");
	assert_non_null(strstr(t->words.text,
		"bob@x.org: mail to 1001 recipients in this hour, usually 2"));
	assert_non_null(strstr(t->words.text, "; if it is spam, others will"));
	assert_non_null(strstr(t->words.text, "203.0.113.1 "));
	assert_string_equal(
		t->words.addresses, "203.0.113.1 203.0.113.2 192.0.2.1");
	assert_non_null(strstr(t->words.queue_ids, "4g"));
	assert_string_equal(t->words.next,
		"mailban accounts --ids bob@x.org | postsuper -h -; a new "
		"password, then: doveadm kick bob@x.org");
	/* Nothing is done that nobody asked for. */
	assert_string_equal(w->held, "");
	told = outbound_tell(w->outbound, "BOB@x.org");
	account = json_array_get(json_object_get(told, "accounts"), 0);
	assert_int_equal(
		json_array_size(json_object_get(account, "open")), 3000);
	assert_int_equal(
		json_integer_value(json_object_get(account, "recipients")),
		3000);
	json_decref(told);
	/* It goes on over the hour, and is one alarm. */
	tick(w, w->now + HOUR);
	for (int i = 0; i < 600; i++)
		send_as(w, "bob@x.org", "203.0.113.1", 1, 0, true);
	tick(w, w->now + HOUR / 2);
	assert_int_equal(w->n, 3);
	assert_int_equal(last(w)->news, LEVEL_BETTER);
	tick(w, w->now + 2 * HOUR);
	assert_int_equal(w->n, 4);
	assert_int_equal(last(w)->news, LEVEL_RECOVERED);
	assert_string_equal(last(w)->words.next, "");
	/* And it was no habit. */
	assert_int_equal(
		outbound_find(w->outbound, "bob@x.org", 9)->habit.usual, 2);
	for (int i = 0; i < 300; i++)
		send_as(w, "bob@x.org", "203.0.113.1", 1, 0, false);
	assert_int_equal(last(w)->news, LEVEL_RAISED);
	/* However long it goes on. */
	for (int hour = 0; hour < 60; hour++) {
		at(w, w->now + HOUR);
		send_as(w, "bob@x.org", "203.0.113.1", 300, 0, false);
	}
	assert_int_equal(
		outbound_find(w->outbound, "bob@x.org", 9)->habit.usual, 2);
}

static void test_what_comes_back(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 40; i++)
		send_as(w, "ann@x", "192.0.2.1", 5, 3, false);
	assert_int_equal(w->n, 1);
	assert_int_equal(last(w)->kind, ALARM_RETURNED);
	assert_int_equal(last(w)->level, LEVEL_CRITICAL);
	assert_non_null(strstr(last(w)->words.text, "57 % of the mail to 35"));
	/* What was sent long ago says nothing of who sends now. */
	w->n = 0;
	at(w, w->now + 5 * HOUR);
	send_as(w, "eve@x", "192.0.2.1", 100, 0, true);
	at(w, w->now + 3 * HOUR);
	send_as(w, "eve@x", "192.0.2.1", 30, 0, false);
	for (int i = 0; i < 90; i++)
		say(w, "postfix/smtp",
			"4g%010" PRIu64 "z: to=<a@b>, relay=none, delay=9, "
			"dsn=5.1.1, status=bounced (x)",
			w->id - 2);
	assert_int_equal(
		outbound_find(w->outbound, "eve@x", 5)->habit.returned, 0);
	assert_int_equal(w->n, 0);
}

static void test_a_guessers_hit(void **state)
{
	struct world *w = *state;
	char name[32];

	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "user%d@x", i);
		login_fails(w, name, "203.0.113.9");
	}
	assert_null(outbound_find(w->outbound, "user7@x", 7));
	login(w, "user7@x", "192.0.2.7");
	assert_int_equal(w->n, 0);
	login(w, "user7@x", "203.0.113.9");
	assert_int_equal(w->n, 1);
	assert_int_equal(last(w)->kind, ALARM_LOGIN);
	assert_int_equal(last(w)->level, LEVEL_CRITICAL);
	assert_non_null(strstr(last(w)->words.text,
		"user7@x: logged in from 203.0.113.9, which failed on 29 other "
		"accounts"));
	assert_string_equal(last(w)->words.addresses, "203.0.113.9 192.0.2.7");
	/* Told once, and that it is over. */
	login(w, "user7@x", "203.0.113.9");
	assert_int_equal(w->n, 1);
	tick(w, w->now + 2 * HOUR);
	assert_int_equal(w->n, 2);
	assert_int_equal(last(w)->news, LEVEL_RECOVERED);
	/* smtpd(8) too, where it knows whose login fails. */
	for (int i = 0; i < 30; i++)
		say(w, "postfix/smtpd",
			"warning: x[203.0.113.77]: SASL LOGIN authentication "
			"failed: x, sasl_username=user%d",
			i);
	send_as(w, "user1", "203.0.113.77", 1, 0, false);
	assert_int_equal(last(w)->kind, ALARM_LOGIN);
	w->n = 0;
	for (int i = 0; i < 30; i++)
		say(w, "postfix/smtpd",
			"warning: x[203.0.113.78]: SASL LOGIN authentication "
			"failed: x, sasl_username=(unavailable)");
	send_as(w, "user2", "203.0.113.78", 1, 0, false);
	assert_int_equal(w->n, 0);
}

static void test_many_networks(void **state)
{
	struct world *w = *state;
	char from[ADDR_TEXT];

	for (int i = 0; i < 26; i++) {
		snprintf(from, sizeof(from), "198.%d.0.1", i);
		login(w, "ann@x", from);
	}
	assert_int_equal(w->n, 2);
	assert_int_equal(last(w)->kind, ALARM_NETWORKS);
	assert_int_equal(last(w)->level, LEVEL_CRITICAL);
	assert_string_equal(last(w)->words.next,
		"doveadm who ann@x; a new password, then: doveadm kick ann@x");
}

/* What comes back from a content filter is the account's, and counts once. */
static void test_a_content_filter(void **state)
{
	struct world *w = *state;
	const struct habit *h;

	say(w, "postfix/submission/smtpd",
		"4gAAAAAAAAAAz: client=x[192.0.2.1], sasl_method=PLAIN, "
		"sasl_username=ann");
	say(w, "postfix/qmgr",
		"4gAAAAAAAAAAz: from=<a@x>, size=9, nrcpt=30 "
		"(queue active)");
	for (int i = 0; i < 2; i++) {
		const char *id = i ? "4gBBBBBBBBBBz" : "4gCCCCCCCCCCz";

		say(w, "postfix/10025/smtpd",
			"%s: client=localhost[127.0.0.1]%s", id,
			i ? ""
			  : ", orig_queue_id=4gAAAAAAAAAAz, "
			    "orig_client=x[192.0.2.1]");
		say(w, "postfix/qmgr",
			"%s: from=<a@x>, size=99, nrcpt=30 (queue active)", id);
		say(w, "postfix/smtp-amavis/smtp",
			"4gAAAAAAAAAAz: to=<b@y>, relay=127.0.0.1[127.0.0.1]:"
			"10024, delay=1, dsn=2.0.0, status=sent (250 2.0.0 "
			"from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued "
			"as %s)",
			id);
		for (int k = 0; k < 10; k++)
			say(w, "postfix/smtp",
				"%s: to=<b@y>, relay=none, delay=9, dsn=5.1.1, "
				"status=bounced (x)",
				id);
	}
	h = &outbound_find(w->outbound, "ann", 3)->habit;
	assert_int_equal(h->recipients, 30);
	assert_int_equal(h->returned, 20);
}

static void test_holding(void **state)
{
	struct world *w = *state;
	size_t n;

	w->settings.hold = "/bin/true";
	send_as(w, "eve@x", "192.0.2.2", 1, 0, true);
	for (int i = 0; i < 500; i++)
		send_as(w, "ann@x", "192.0.2.1", 1, 0, true);
	/* A warning holds nothing. */
	assert_int_equal(last(w)->level, LEVEL_WARNING);
	assert_string_equal(w->held, "");
	w->cannot_hold = true;
	for (int i = 0; i < 600; i++)
		send_as(w, "ann@x", "192.0.2.1", 1, 0, true);
	assert_int_equal(last(w)->level, LEVEL_CRITICAL);
	assert_string_equal(w->held, "");
	w->cannot_hold = false;
	tick(w, w->now + 60);
	n = strlen(w->held);
	assert_int_equal(n, 1100 * strlen("4g0000000000z "));
	assert_null(strstr(w->held, "4g0000000000z"));
	assert_non_null(strstr(w->held, "4g0000000001z"));
	/* Each once; and what comes after. */
	send_as(w, "ann@x", "192.0.2.1", 1, 0, true);
	tick(w, w->now + 60);
	assert_int_equal(strlen(w->held), n + strlen("4g0000000000z "));
}

/* What a shell would see more in than a name, or a terminal. */
static void test_hostile_names(void **state)
{
	static const char *const names[] = {"a;reboot", "$(reboot)", "-d",
		"a b\033[2J", "\377\300x", "`x`", "a'b\"c", "ALL|x"};
	struct world *w = *state;
	char long_name[512];
	json_t *told;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		for (int k = 0; k < 21; k++)
			send_as(w, names[i], "192.0.2.1", 10, 0, true);
		assert_int_equal(w->n, i + 1);
		assert_non_null(
			strstr(last(w)->words.next, "postsuper -h 4g0"));
		assert_null(strpbrk(last(w)->words.next, ";|$`'\"&<>"));
		for (const char *c = last(w)->words.text; *c; c++)
			assert_true(*c >= ' ' && *c < 0x7f);
	}
	memset(long_name, 'x', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	send_as(w, long_name, "192.0.2.1", 5000, 0, false);
	login(w, "", "192.0.2.1");
	told = outbound_tell(w->outbound, NULL);
	assert_non_null(told);
	assert_int_equal(json_integer_value(json_object_get(told, "known")),
		sizeof(names) / sizeof(*names));
	assert_int_equal(
		json_integer_value(json_object_get(told, "forgotten")), 1);
	json_decref(told);
}

static void test_it_does_not_grow(void **state)
{
	struct world *w = *state;
	char name[32];

	send_as(w, "eve@x", "192.0.2.1", 1001, 0, true);
	for (int i = 0; i < 3 * OUTBOUND_ACCOUNTS; i++) {
		snprintf(name, sizeof(name), "user%d", i);
		login(w, name, "192.0.2.1");
		login(w, "ann", "192.0.2.1");
		login_fails(w, "bob", "192.0.2.1");
	}
	/* Who goes on is known, and who is an alarm. */
	assert_non_null(outbound_find(w->outbound, "ann", 3));
	assert_non_null(outbound_find(w->outbound, "eve@x", 5));
	assert_null(outbound_find(w->outbound, "user0", 5));
	assert_null(outbound_find(w->outbound, "bob", 3));
	assert_true(w->outbound->forgotten >= 2 * OUTBOUND_ACCOUNTS);
	/* More alarms than there is room for. */
	for (int i = 0; i < 2 * OUTBOUND_ALARMS; i++) {
		snprintf(name, sizeof(name), "new%d", i);
		w->n = 0;
		send_as(w, name, "192.0.2.1", 300, 0, false);
	}
	assert_int_equal(w->outbound->lost, OUTBOUND_ALARMS + 1);
}

static void drop(const char *dir)
{
	char path[64];
	static const char *const names[] = {
		"state.db", "state.db-wal", "state.db-shm"};

	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

/* What waits knows its account again. */
static void test_a_restart(void **state)
{
	struct world *w = *state;
	char dir[] = "/tmp/test_outbound.XXXXXX", row[800];
	struct state *store;
	struct habit before;

	assert_non_null(mkdtemp(dir));
	for (int i = 0; i < 9; i++) {
		at(w, START + i * HOUR);
		send_as(w, "bob", "192.0.2.1", 2, 0, false);
		send_as(w, "ann", "192.0.2.1", 40 + i, 0, true);
	}
	store = state_open(dir);
	before = outbound_find(w->outbound, "ann", 3)->habit;
	before.networks_n = 0;
	outbound_save(w->outbound, store);
	/* Rows that are not ours. */
	memset(row, 0xff, sizeof(row));
	for (uint32_t i = 100; i < 100 + sizeof(row); i++)
		state_put_account(store, i, START / HOUR, row, i - 100);
	state_put_account(store, UINT32_MAX, START / HOUR, row, 700);
	row[sizeof(struct habit) + 2] = 5; /* bytes of its name */
	state_put_account(
		store, 99, START / HOUR, row, sizeof(struct habit) + 3 + 5);
	state_commit(store);
	state_wait(store, 10);
	for (int all = 0; all < 2; all++) {
		outbound_free(&w->outbound);
		begin(w);
		outbound_restore(w->outbound, store);
		assert_memory_equal(
			&outbound_find(w->outbound, "ann", 3)->habit, &before,
			offsetof(struct habit, networks));
		outbound_save_all(w->outbound, store);
		state_commit(store);
	}
	assert_int_equal(w->outbound->n, 2);
	for (int i = 0; i < 30; i++)
		say(w, "postfix/smtp",
			"4g%010" PRIu64 "z: to=<a@b>, relay=none, delay=9, "
			"dsn=5.1.1, status=bounced (x)",
			w->id - 1);
	assert_int_equal(last(w)->kind, ALARM_RETURNED);
	assert_string_equal(last(w)->name, "ann");
	/* And that of who has made room in between is nobody's. */
	w->n = 0;
	outbound_find(w->outbound, "ann", 3)->generation++;
	outbound_find(w->outbound, "ann", 3)->habit.returned = 0;
	say(w, "postfix/smtp",
		"4g%010" PRIu64 "z: to=<a@b>, relay=none, delay=9, dsn=5.1.1, "
		"status=bounced (x)",
		w->id - 1);
	assert_int_equal(
		outbound_find(w->outbound, "ann", 3)->habit.returned, 0);
	state_close(&store);
	drop(dir);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_ordinary_weeks),
		TEST(test_a_named_newsletter),
		TEST(test_taken_over),
		TEST(test_what_comes_back),
		TEST(test_a_guessers_hit),
		TEST(test_many_networks),
		TEST(test_a_content_filter),
		TEST(test_holding),
		TEST(test_hostile_names),
		TEST(test_it_does_not_grow),
		TEST(test_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
