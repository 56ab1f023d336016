/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_LOG_H
#define MAILBAN_LIB_LOG_H

#include <stdbool.h>

/* Syslog's severities, in fail2ban's words. */
enum log_level {
	LOG_LEVEL_CRITICAL = 2,
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/*
 * Chooses what is written (this level and worse) and whether each line
 * carries the "<N>" by which systemd tells severities (sd-daemon(3)).
 * log_setup finds out by itself: "<N>" if stderr is the journal's.
 */
void log_setup(enum log_level most);
/* A level by its name as in loglevel=; -1 if it is none. */
int log_level_parse(const char *name);
const char *log_level_name(enum log_level level);
/* Whether stderr is the journal's. */
bool log_is_journal(void);

/*
 * One line to stderr, in one write: "NOTICE [jail] Ban 192.0.2.1". Control
 * bytes of what is printed come out as \xNN; over 2 kB is cut.
 */
__attribute__((format(printf, 2, 3))) void log_line(
	enum log_level level, const char *format, ...);
/* Whether a line of that level is written at all. */
bool log_wants(enum log_level level);

/* Nothing is worked out for a line that is not written. */
#define log_if_wanted(level, ...) \
	(log_wants(level) ? log_line(level, __VA_ARGS__) : (void)0)
#define log_error(...) log_if_wanted(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_if_wanted(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...) log_if_wanted(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...) log_if_wanted(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_if_wanted(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
