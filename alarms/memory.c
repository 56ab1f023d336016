/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How short the machine is of memory, in the kernel's own words. */
#include "alarms/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0", then the same of full. */
static int read_pressure(const char *path, double *some, double *full)
{
	FILE *f = fopen(path, "re");
	int n;

	if (!f)
		return -errno;
	n = fscanf(f,
		"some avg10=%*f avg60=%lf avg300=%*f total=%*u "
		"full avg10=%*f avg60=%lf",
		some, full);
	fclose(f);
	return n == 2 ? 0 : -EBADMSG;
}

static int read_swapped(uint64_t *pages)
{
	FILE *f = fopen("/proc/vmstat", "re");
	char line[128];
	int r = -EBADMSG;

	if (!f)
		return -errno;
	while (r < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "pswpin %" SCNu64, pages) == 1)
			r = 0;
	fclose(f);
	return r;
}

int memory_read(struct memory *m)
{
	int r;

	*m = (struct memory){0};
	r = read_pressure("/proc/pressure/memory", &m->some, &m->full);
	if (r == 0)
		r = read_swapped(&m->swapped_in);
	if (r == 0)
		read_pressure("/proc/pressure/io", &m->io_some, &m->io_full);
	return r;
}
