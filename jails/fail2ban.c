/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which release of fail2ban is spoken for, in its files' fail2ban_version and
 * in what answers by its names. It must not depend on fail2ban being there.
 */
#include "jails/fail2ban.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool release_is(const char *line)
{
	static const char *const lines[] = {
		"VERSION_ID=\"12\"\n", "VERSION_ID=12\n"};

	return !strcmp(line, lines[0]) || !strcmp(line, lines[1]);
}

/* Asked of os-release(5): the packages of Debian 12 have 1.0.2 beside them. */
const char *fail2ban_version(void)
{
	static const char *version;
	char line[256];
	FILE *f;

	if (version)
		return version;
	version = "1.1.0";
	f = fopen("/etc/os-release", "re");
	while (f && fgets(line, sizeof(line), f))
		if (release_is(line))
			version = "1.0.2";
	if (f)
		fclose(f);
	return version;
}

bool fail2ban_is_new(void)
{
	return strcmp(fail2ban_version(), "1.0.2") != 0;
}
