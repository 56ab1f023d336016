/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_DURABLE_H
#define MAILBAN_DAEMON_DURABLE_H

#include <jansson.h>

#include "daemon/control.h"

struct engine;

/* Answers to who has changed something, that wait until the state store and
 * the kernel have it: what was answered outlives all our processes. */
struct durable;

/* engine must outlive it. */
struct durable *durable_new(struct engine *engine);
/* At the end: all that wait are answered, before control_free. And when nothing
 * is under way at the warden any more. */
void durable_finish(struct durable *durable);
void durable_free(struct durable **durable);

/*
 * Saves, and answers the call when that is in the file and what was sent to the
 * warden is done. Takes result, an object, and puts into it whether it is:
 * "stored" is false where the disk takes nothing, or one of the two stands
 * still. What run of a control_command returns.
 */
json_t *durable_answer(
	struct durable *durable, struct control_call *call, json_t *result);

/* The same where the kernel is to come after the state store: first(engine) is
 * called when that has it, or takes nothing, or stands still, and then it is
 * answered. It has more time. */
json_t *durable_answer_first(struct durable *durable, struct control_call *call,
	json_t *result, void (*first)(struct engine *engine));

#endif
