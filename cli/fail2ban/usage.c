/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fail2ban-client -h: what mailban answers under that name. The shell's
 * completion for that program cuts its words out of this: a command a line,
 * behind four blanks, as "set <JAIL> banip".
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/fail2ban/fail2ban.h"
#include "cli/fail2ban/usage.h"
#include "jails/fail2ban.h"

static void rows_print(const char *before, const struct fail2ban_word *words)
{
	char *row;

	for (; words->name; words++) {
		if (!words->about)
			continue;
		if (asprintf(&row, "%s%s%s%s", before, words->name,
			    *words->operands ? " " : "", words->operands) < 0)
			abort();
		printf("    %-40s %s\n", row, words->about);
		free(row);
	}
}

void fail2ban_usage(void)
{
	printf("Usage: fail2ban-client [OPTIONS] <COMMAND>\n\n"
	       "mailban " MAILBAN_VERSION
	       ", answering as fail2ban-client %s does; see mailban(1)\n\n",
		fail2ban_version());
	puts("Options:\n"
	     "    -c, --conf <DIR>       configuration directory, for -t and "
	     "-d\n"
	     "    -s, --socket <FILE>    where mailband listens\n"
	     "    -d                     dump the configuration\n"
	     "    --dp, --dump-pretty    the same, a part a line\n"
	     "    -t, --test             test the configuration\n"
	     "    -i                     interactive: a command a line\n"
	     "    --str2sec <STRING>     a duration in seconds\n"
	     "    -h, --help             this\n"
	     "    -V, --version          the version (-V: the number alone)\n"
	     "Taken, and of no effect: -p, --pidfile, --pname, --loglevel,\n"
	     "--logtarget, --syslogsocket, --timeout, --async, -v, -q, -x, -b, "
	     "-f\n"
	     "\nCommand:");
	rows_print("", fail2ban_words);
	puts("\nThe server's settings:");
	rows_print("get ", fail2ban_get_settings);
	rows_print("set ", fail2ban_set_settings);
	puts("\nA jail's, where what is set holds until the next reload:");
	rows_print("set <JAIL> ", fail2ban_set_words);
	rows_print("get <JAIL> ", fail2ban_get_words);
}
