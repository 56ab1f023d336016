/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_IMPORT_H
#define MAILBAN_DAEMON_IMPORT_H

#include "daemon/control.h"

struct engine;
struct import;

/*
 * The command import: a list of bans in as many requests as it needs, of
 * which none is in force before the last says so.
 *   {"command":"import","bans":[[ADDRESS,JAIL,START,END,COUNT],...]}
 *     -> {"id":N,"refused":[{"index":I,"why":"..."},...]}
 *   {"command":"import","id":N,"bans":[...]}
 *   {"command":"import","id":N,"bans":[],"commit":true}
 *     -> {"id":N,"refused":[],"banned":B,"renewed":R,"known":K,"over":O}
 * START and END in seconds since 1970; START 0 is now, END 0 the jail's
 * bantime, END -1 never; COUNT 0 one more than before. With anything refused
 * the commit is an error, and nothing is banned. One import at a time: another
 * begins when it is over, or was silent for IMPORT_SILENCE.
 */
json_t *import_run(
	void *engine, const json_t *request, struct control_call *call);
void import_free(struct import **import);

#define IMPORT_SILENCE 10 /* seconds */

#endif
