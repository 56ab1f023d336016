/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_HABIT_H
#define MAILBAN_ALARMS_HABIT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How one account sends: recipients by the hour, how many of them came back,
 * and from how many networks. Plain memory that may be copied and kept; all
 * zero is an account that nothing is known of. It reads no clock: hours are
 * those since 1970, and one that is over already counts for the one that runs.
 */
#define HABIT_HOURS 48	  /* with mail, that make the habit */
#define HABIT_WEEKS 12	  /* whose busiest hours are known, this one too */
#define HABIT_NETWORKS 64 /* of one hour; more are as many */
/* Recipients who came back of which a share can be told. */
#define HABIT_RETURNED 20

struct habit {
	int64_t hour;			   /* that runs */
	uint32_t recipients, returned;	   /* in it */
	uint32_t recipients_1, returned_1; /* in the one before it */
	uint32_t hours[HABIT_HOURS];	   /* recipients; a ring */
	uint8_t shares[HABIT_HOURS];	   /* returned, percent */
	uint8_t hours_n, hours_at;
	uint8_t strange;    /* this hour is no habit */
	uint8_t networks_n; /* in this hour */
	int64_t week;	    /* that runs, since 1970 */
	/* The busiest hour of each week, this one's first. */
	uint32_t weeks[HABIT_WEEKS];
	uint8_t weeks_networks[HABIT_WEEKS];
	/* What hours with mail have: the median; more than this is no habit. */
	uint32_t usual, limit;
	uint8_t usual_share;
	uint32_t networks[HABIT_NETWORKS];
};

/* The time goes on; those below do that by themselves. */
void habit_turn(struct habit *habit, int64_t hour);
/* Mail to so many more; so many of what was sent since the hour before came
 * back. */
void habit_sent(struct habit *habit, uint32_t recipients, int64_t hour);
void habit_returned(struct habit *habit, uint32_t recipients, int64_t hour);
/* It was used from a network, of which a hash is enough. */
void habit_network(struct habit *habit, uint32_t network, int64_t hour);

/*
 * The share of the last two hours' mail that came back, percent, 0 if it is
 * less than HABIT_RETURNED.
 */
uint32_t habit_share(const struct habit *habit);
/*
 * Beyond which of an hour's recipients, that share, and an hour's networks it
 * leaves its habit; 0 as long as there is none.
 *
 * Recipients: four times the median, the median and nine times what most hours
 * are away from it, and half as much again as the second busiest of the weeks
 * before this one had in an hour: what was strange once is still strange, what
 * came in two weeks is a habit.
 */
uint32_t habit_limit(const struct habit *habit);
uint32_t habit_limit_share(const struct habit *habit);
uint32_t habit_limit_networks(const struct habit *habit);

/* False if it is none that these functions have made. */
bool habit_valid(const struct habit *habit);

#endif
