/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_MEMORY_H
#define MAILBAN_ALARMS_MEMORY_H

#include <stdint.h>

/* The share of the last minute, in percent, that some or all processes waited
 * for memory, or for disks (Documentation/accounting/psi.rst of Linux). */
struct memory {
	double some, full;
	double io_some, io_full;
	uint64_t swapped_in; /* pages, since boot */
};

/* Of the kernel, through /proc. 0; -errno where it does not tell. */
int memory_read(struct memory *memory);

#endif
