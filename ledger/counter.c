/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of what is counted, for those who keep it and those who ask.
 */
#include "ledger/counter.h"

#include <stddef.h>

const struct counter_field counter_fields[COUNTER_FIELDS] = {
	{"received", offsetof(struct counter, received)},
	{"delivered", offsetof(struct counter, delivered)},
	{"forwarded", offsetof(struct counter, forwarded)},
	{"deferred", offsetof(struct counter, deferred)},
	{"deferrals", offsetof(struct counter, deferrals)},
	{"bounced", offsetof(struct counter, bounced)},
	{"expired", offsetof(struct counter, expired)},
	{"rejected", offsetof(struct counter, rejected)},
	{"reject_warnings", offsetof(struct counter, reject_warnings)},
	{"held", offsetof(struct counter, held)},
	{"discarded", offsetof(struct counter, discarded)},
	{"bytes_received", offsetof(struct counter, bytes_received)},
	{"bytes_delivered", offsetof(struct counter, bytes_delivered)},
	{"saved", offsetof(struct counter, saved)},
	{"logins", offsetof(struct counter, logins)},
	{"attacks", offsetof(struct counter, attacks)},
	{"lines", offsetof(struct counter, mail)},
	{"unknown", offsetof(struct counter, unknown)},
	{"bans", offsetof(struct counter, bans)},
};

uint64_t *counter_at(struct counter *counter, size_t field)
{
	return (uint64_t *)(void *)((char *)counter + counter_fields[field].at);
}
