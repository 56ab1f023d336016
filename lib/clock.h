/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_CLOCK_H
#define MAILBAN_LIB_CLOCK_H

#include <stdint.h>

/* The only place that reads the time. Microseconds everywhere. */
#define CLOCK_SECOND INT64_C(1000000)
#define CLOCK_MILLISECOND INT64_C(1000)

/* Since 1970 UTC: for what people see and for what is kept. */
int64_t clock_wall(void);
/* Since boot: for intervals. */
int64_t clock_mono(void);
/* Stops both clocks at these values, for tests; clock_release lets them go. */
void clock_hold(int64_t wall, int64_t mono);
void clock_release(void);

#endif
