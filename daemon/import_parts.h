/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_IMPORT_PARTS_H
#define MAILBAN_DAEMON_IMPORT_PARTS_H

/* Within the import: nobody else includes this. */

struct engine;

/* From here to import_hold_end what is banned and lifted is held back. */
void import_hold(struct engine *engine);
void import_hold_end(struct engine *engine);

#endif
