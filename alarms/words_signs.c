/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of those alarms that come out of lines. Of a line there is nothing
 * in them but the name of a service, which is letters and digits.
 */
#include "alarms/words_parts.h"

#include <stdio.h>
#include <string.h>

#include "alarms/words.h"

/* What lines say that are counted, what comes of it, what to type: at Postfix,
 * at Dovecot. */
static const struct {
	const char *say, *then;
	const char *next[2];
} signs[ALARM_DOWN - ALARM_NO_SPACE] = {
	[ALARM_NO_SPACE - ALARM_NO_SPACE] = {"that there is no space",
		"mail is refused or put off until there is room",
		{"df -h; df -i; du -xh --max-depth=3 \"$(findmnt -no TARGET "
		 "-T /var/spool/postfix)\" | sort -h | tail",
			"df -h; df -i; doveadm log errors | tail"}},
	[ALARM_DISK_FAULT -
		ALARM_NO_SPACE] = {"that a disk is read-only or fails",
		"mail is refused, or cannot be read",
		{"dmesg | tail; findmnt -O ro",
			"dmesg | tail; findmnt -O ro; doveadm log errors | "
			"tail"}},
	[ALARM_LIMIT - ALARM_NO_SPACE] = {"that a limit is reached",
		"clients wait or are turned away",
		{"postconf default_process_limit; postconf -M; ps -C smtpd "
		 "-o pid,etime,args",
			"doveadm who; doveconf -n service"}},
	[ALARM_THROTTLED -
		ALARM_NO_SPACE] = {"that a service cannot be started",
		"it is tried again after a while, and does nothing "
		"meanwhile",
		{"postfix check; journalctl -u 'postfix*' -p warning "
		 "-n 20",
			"doveconf -n; doveadm log errors | tail"}},
	[ALARM_CRASHED - ALARM_NO_SPACE] = {"that a program crashed",
		"what it was doing is tried again, and may crash again",
		{"journalctl -u 'postfix*' -p warning -n 20; dmesg | tail",
			"doveadm log errors | tail; dmesg | tail"}},
	[ALARM_FATAL - ALARM_NO_SPACE] = {"that a service gave up",
		"what it is for does not work",
		{"postfix check; journalctl -u 'postfix*' -p err -n 20",
			"doveconf -n; doveadm log errors | tail"}},
	[ALARM_CONFIG - ALARM_NO_SPACE] =
		{"that a lookup or the configuration is at fault",
			"mail is put off (451) until that is mended",
			{"postfix check; journalctl -u 'postfix*' -p warning "
			 "-n 20",
				"doveconf -n; doveadm log errors | tail"}},
};

static const char *const program_words[] = {
	[JUDGE_POSTFIX] = "postfix", [JUDGE_DOVECOT] = "dovecot"};

static size_t program_of(const struct alarm *a)
{
	const char *of = a->kind == ALARM_VANISHED ? a->detail : a->subject;

	return strncmp(of, "dovecot", 7) == 0 ? JUDGE_DOVECOT : JUDGE_POSTFIX;
}

static void say_figure(char *to, size_t room, const struct alarm *a)
{
	char span[WORDS_SPAN];

	*to = '\0';
	if (a->kind == ALARM_DOWN)
		snprintf(to, room,
			a->value > 0 ? "%s: it stopped %s ago" : "%s: it runs",
			a->subject, words_span(a->value, span));
	else if (a->kind == ALARM_UNKNOWN)
		snprintf(to, room,
			"%s: %.0f %% of its lines are not understood",
			a->subject, a->value);
	else if (a->kind == ALARM_SILENT && a->state.level == LEVEL_OK)
		snprintf(to, room, "%s: there are lines again", a->subject);
	else if (a->kind == ALARM_SILENT)
		snprintf(to, room, "%s: no line for %s", a->subject,
			words_span(a->value, span));
	else if (a->kind >= ALARM_NO_SPACE && a->kind < ALARM_DOWN &&
		 a->value <= 0)
		snprintf(to, room, "%s: no more lines say %s", a->subject,
			signs[a->kind - ALARM_NO_SPACE].say);
	else if (a->kind == ALARM_VANISHED && a->value > 0)
		snprintf(to, room,
			"%s: no failure found since %s began, where quiet days "
			"would have had %.0f",
			a->subject, a->detail, a->value);
	else if (a->kind == ALARM_VANISHED)
		snprintf(to, room, "%s: failures are found", a->subject);
	else if (a->kind >= ALARM_NO_SPACE && a->kind < ALARM_DOWN)
		snprintf(to, room,
			"%s: %.0f line%s of the last minutes say%s "
			"%s%s%s%s",
			a->subject, a->value, a->value == 1 ? "" : "s",
			a->value == 1 ? "s" : "",
			signs[a->kind - ALARM_NO_SPACE].say,
			a->detail[0] ? " (the last one: " : "", a->detail,
			a->detail[0] ? ")" : "");
}

static void say_outlook(char *to, size_t room, const struct alarm *a)
{
	*to = '\0';
	if (a->kind == ALARM_DOWN)
		snprintf(to, room, "; %s",
			program_of(a) == JUDGE_POSTFIX
				? "no mail is taken or delivered"
				: "nobody can read mail or log in");
	else if (a->kind == ALARM_UNKNOWN)
		snprintf(to, room,
			"; attacks in them are not seen, if an upgrade changed "
			"what it writes");
	else if (a->kind == ALARM_SILENT)
		snprintf(to, room,
			"; attacks are not seen, if it is not logged there any "
			"more");
	else if (a->kind == ALARM_VANISHED)
		snprintf(to, room,
			"; attacks are not seen, if its filter does not know "
			"the new lines");
	else if (a->kind >= ALARM_NO_SPACE && a->kind < ALARM_DOWN)
		snprintf(
			to, room, "; %s", signs[a->kind - ALARM_NO_SPACE].then);
}

static void say_next(char *to, size_t room, const struct alarm *a)
{
	*to = '\0';
	if (a->kind == ALARM_DOWN && strcmp(a->subject, "postfix") != 0 &&
		program_of(a) == JUDGE_POSTFIX)
		snprintf(to, room,
			"postmulti -i %s -p status; postmulti -i %s -p start",
			a->subject, a->subject);
	else if (a->kind == ALARM_DOWN)
		snprintf(to, room, "systemctl status '%s*'; systemctl start %s",
			a->subject, a->subject);
	else if (a->kind == ALARM_VANISHED)
		snprintf(to, room,
			"mailban status %s; mailban test %s journal; "
			"journalctl -u '%s*' -n 20",
			a->subject, program_words[program_of(a)],
			program_words[program_of(a)]);
	else if (a->kind == ALARM_UNKNOWN)
		snprintf(to, room,
			"mailban test %s journal; journalctl -u '%s*' -n 20",
			program_words[program_of(a)],
			program_words[program_of(a)]);
	else if (a->kind == ALARM_SILENT)
		snprintf(to, room,
			"mailban status; systemctl status rsyslog "
			"systemd-journald; logger -p mail.info test");
	else if (a->kind >= ALARM_NO_SPACE && a->kind < ALARM_DOWN)
		snprintf(to, room, "%s",
			signs[a->kind - ALARM_NO_SPACE].next[program_of(a)]);
}

const struct words_about words_signs = {
	.figure = say_figure, .outlook = say_outlook, .next = say_next};
