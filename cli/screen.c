/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal of a view that redraws, by the sequences of ECMA-48 and xterm
 * that every terminal of today knows. However the view ends but by SIGKILL,
 * the terminal is as it was.
 */
#include "cli/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "cli/text.h"
#include "lib/clock.h"

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static struct termios before;
static bool on;
static volatile sig_atomic_t ended, resized;

static void on_signal(int number)
{
	if (number == SIGWINCH)
		resized = 1;
	else
		ended = 1;
}

static void signals_set(void (*handler)(int))
{
	/* Without SA_RESTART: whatever waits is to look. */
	struct sigaction action = {.sa_handler = handler};

	for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++)
		sigaction(ending[i], &action, NULL);
	sigaction(SIGWINCH, &action, NULL);
}

bool screen_enter(void)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &before) || !isatty(STDOUT_FILENO))
		return false;
	ended = resized = 0;
	signals_set(on_signal);
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	/* A view that is stopped would leave its screen behind. */
	raw.c_cc[VSUSP] = _POSIX_VDISABLE;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	/* The other screen, no cursor, no wrapping of lines. */
	fputs("\033[?1049h\033[?25l\033[?7l\033[H\033[J", stdout);
	fflush(stdout);
	on = true;
	return true;
}

void screen_leave(void)
{
	if (!on)
		return;
	on = false;
	fputs("\033[?7h\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
	signals_set(SIG_DFL);
}

static struct winsize size_get(void)
{
	struct winsize size = {0};

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row)
		size.ws_row = 24;
	if (!size.ws_col)
		size.ws_col = 80;
	return size;
}

size_t screen_rows(void)
{
	return size_get().ws_row;
}

size_t screen_columns(void)
{
	return size_get().ws_col;
}

void screen_draw(const char *text)
{
	struct winsize size = size_get();

	fputs("\033[H", stdout);
	for (int row = 0; row < size.ws_row && *text; row++) {
		size_t n = strcspn(text, "\n");

		fwrite(text, 1, text_fit(text, n, size.ws_col), stdout);
		fputs("\033[K", stdout);
		text += n + (text[n] == '\n');
		/* A newline in the last row would scroll. */
		if (row + 1 < size.ws_row)
			fputs("\r\n", stdout);
	}
	fputs("\033[J", stdout);
	fflush(stdout);
}

static bool key_is_quit(void)
{
	char keys[64];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));

	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
		return true; /* the terminal has gone */
	for (ssize_t i = 0; i < n; i++)
		if (keys[i] == 'q' || keys[i] == 'Q')
			return true;
	return false;
}

enum screen_event screen_wait(int milliseconds)
{
	int64_t until = clock_mono() + milliseconds * CLOCK_MILLISECOND;

	for (;;) {
		struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
		int64_t left = (until - clock_mono()) / CLOCK_MILLISECOND;

		if (ended)
			return SCREEN_QUIT;
		if (resized) {
			resized = 0;
			return SCREEN_RESIZED;
		}
		if (left <= 0)
			return SCREEN_TIME;
		if (poll(&input, 1, (int)left) > 0 && key_is_quit())
			return SCREEN_QUIT;
	}
}
