/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_IMPORT_H
#define MAILBAN_DAEMON_IMPORT_H

#include <stdbool.h>

#include "daemon/control.h"

struct ban;
struct engine;
struct import;

/*
 * The command import: a list of bans in as many requests as it needs, of
 * which none is in force before the last says so.
 *   {"command":"import","bans":[[ADDRESS,JAIL,START,END,COUNT],...]}
 *     -> {"id":N,"refused":[{"index":I,"why":"..."},...]}
 *   {"command":"import","id":N,"bans":[...]}
 *   {"command":"import","id":N,"bans":[],"commit":true}
 *     -> {"id":N,"refused":[],"banned":B,"renewed":R,"known":K,"over":O,
 *         "stored":BOOL}, as durable_answer has it
 * START and END in seconds since 1970; START 0 is now, END 0 the jail's
 * bantime, END -1 never; COUNT 0 one more than before. With anything refused
 * the commit is an error, and nothing is banned. One import at a time: another
 * begins when it is over, or was silent for IMPORT_SILENCE.
 */
json_t *import_run(
	void *engine, const json_t *request, struct control_call *call);
void import_free(struct import **import);

#define IMPORT_SILENCE 10 /* seconds */

/*
 * The state has all of an import at once, the kernel by and by: whoever is
 * killed in between shall find all of it in the state, or nothing anywhere. So
 * what it bans and lifts is held back until it is written. import_holds is true
 * if it keeps this one, which the kernel is not to be told now.
 */
bool import_holds(struct engine *engine, const struct ban *ban, bool lift);
/* All that is held back to the warden, if it still is to be so. Before jails
 * have other numbers, and at the end. */
void import_release(struct engine *engine);

#endif
