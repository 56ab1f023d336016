/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_WARDEN_STATE_H
#define MAILBAN_DAEMON_WARDEN_STATE_H

/* Within the warden: what its parts share. Nobody else includes this. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/request.h"
#include "lib/prefixset.h"
#include "lib/slots.h"
#include "nft/batch.h"
#include "nft/change.h"
#include "nft/socket.h"

struct diag;
struct track;
struct watch;

/* Requests that one transaction may answer, and their entries. */
#define WARDEN_TOGETHER 4096u
#define WARDEN_ENTRIES (ELEMENT_BATCH_MOST + REQUEST_ENTRIES_MOST)

/* A BAN request whose entries wait in the change. */
struct warden_waiting {
	uint32_t id;
	size_t first, n; /* its entries */
};

/* Whose connections are to be ended, and of which jail's ports. */
#define WARDEN_CUTS 16384u
struct warden_cut {
	struct prefix who;
	uint32_t jail;
};

/* One that was put into its jail's rush set, and will leave it. */
struct warden_rush {
	struct addr who;
	uint32_t jail;
	uint32_t timeout; /* seconds; 0 = for ever */
	int64_t end;	  /* monotonic, of a timeout */
	bool gone;	  /* it is not there any more */
	bool twice;	  /* it is in its ban set, too: there is its time */
};
/* One who was in his ban set when that was read. */
struct warden_held {
	struct addr who;
	uint32_t jail;
	int64_t end; /* monotonic; INT64_MAX = for ever */
};

/* That many at most; more go into the ban sets, which takes longer. */
#define WARDEN_RUSH (1u << 18)

struct warden {
	int fd;
	struct nft_socket *nft;
	struct watch *watch; /* from the first layout on, else NULL */
	struct batch batch;
	struct change change;
	struct layout layout, draft; /* in force; coming in in parts */
	struct prefixset allow, allow_draft, special;
	bool greeted, layout_open, allow_open;
	struct request request; /* the one at hand */
	struct request_room room;
	struct warden_waiting waiting[WARDEN_TOGETHER];
	size_t n_waiting;
	uint64_t stats[REPLY_VALUES];
	struct diag *diag;   /* NULL: connections are let be */
	struct track *track; /* NULL: there is no connection tracking */
	struct warden_cut cuts[WARDEN_CUTS];
	size_t n_cuts, first_net; /* within: where the hosts end */
	int64_t cut_after;	  /* not before, monotonic */
	int cut_error;		  /* the last that was told */
	struct warden_rush *rush; /* in the order of their bans; NULL: none */
	size_t n_rush, rush_room, rush_at; /* those before rush_at are out */
	struct slots rush_index;	   /* by address */
	bool rush_indexed;		   /* all of them are in it */
	int64_t rush_after;		   /* not before, monotonic */
	struct warden_held *held;	   /* NULL: nothing was read */
	size_t n_held;
	struct slots held_index; /* by address */
	int64_t held_until;	 /* monotonic */
	/* Bits of a jail's ban sets that were read (warden_held.c). */
	uint8_t looked[LAYOUT_JAILS_MOST];
	struct mnl_socket *asked; /* for that (dump_some) */
	char in_use[NFT_NAME];	  /* the set of which that was told last */
	uint64_t restored;	  /* how often the table had to be made anew */
	struct reply_refused refused[REPLY_REFUSED_MOST];
	struct reply_element elements[REPLY_ELEMENTS_MOST];
	size_t n_elements;
	uint8_t in[REQUEST_MOST + 1], out[REQUEST_MOST];
};

/* For the indices by address. */
static inline uint32_t warden_hash(
	const struct warden *w, const struct addr *who)
{
	return (uint32_t)hash_bytes(&w->change.seed, who->ip, sizeof(who->ip));
}

/* What a step of the loop may end in, besides 0 = go on. */
enum { WARDEN_STOP_END = 1, WARDEN_STOP_VIOLATION, WARDEN_STOP_FAULT };

/*
 * Sends a reply, or the last of a request: rc is 0 or -errno, text NULL for
 * the errno's own. 0, also when nobody is left to read it, or a WARDEN_STOP_.
 */
int warden_tell(struct warden *w, const struct reply *reply);
int warden_tell_done(struct warden *w, uint32_t id, int rc, uint64_t value,
	const char *text);
/* Receives with these flags: 0 and the request is in w, a WARDEN_STOP_ or
 * -EAGAIN. */
int warden_take(struct warden *w, int flags);
/* The jails that the request is about: from *first to before *end, one or
 * all. False if there is no such. */
bool warden_jails(const struct warden *w, size_t *first, size_t *end);
/*
 * What the kernel refused with an error that passes, for the *tries-th time
 * (0 at first): true if it is worth another try, for which it waits a little.
 */
bool warden_again(struct warden *w, int error, int *tries);
/* Commits what is in the batch, all of which can be done twice: 0 or -errno. */
int warden_commit(struct warden *w);
/* Makes the table anew when somebody has removed it. 0 or -errno. */
int warden_restore(struct warden *w);

/*
 * What needs the sockets for ending connections; where there are none it is
 * told, and nothing is ended.
 */
void warden_cut_init(struct warden *w);
void warden_cut_deinit(struct warden *w);
/* Who was just banned in this jail: for the next run. */
void warden_cut_add(struct warden *w, uint32_t jail, const struct prefix *who);
/* Ends the connections of all that were added, now. */
void warden_cut_run(struct warden *w);
/* The same if it is time: the milliseconds until then, or -1. */
int warden_cut_due(struct warden *w);

/*
 * Of bans that are put in again: is it known who is in the set that this one
 * is for? It is read at the first question. And is this one in it, with the
 * time that it is to have?
 */
bool warden_held_knows(
	struct warden *w, uint32_t jail, const struct prefix *host);
bool warden_held_has(
	const struct warden *w, uint32_t jail, const struct element *e);
/* Whenever something may be taken out, and when the table was laid out. */
void warden_held_forget(struct warden *w);
/* The same if it is time: the milliseconds until then, or -1. */
int warden_held_due(struct warden *w);

/*
 * Before bans are committed: if they are so many that they shall be there
 * first and count later, marks those whom their ban set has already, to be
 * left out, and those whom it has not, so that they go into the rush set.
 * After it: remembers them.
 */
void warden_rush_choose(struct warden *w);
void warden_rush_note(struct warden *w);
/*
 * Before unbans are committed: those who are in a rush set, too. After it, and
 * after a FLUSH of the jails from first to before end: none of them is.
 */
void warden_rush_unban(struct warden *w);
void warden_rush_unbanned(struct warden *w);
void warden_rush_forget(struct warden *w, size_t first, size_t end);
/*
 * Before the draft takes the layout's place (they are numbered by the old
 * one), and after it, or after the table was made anew. The first time, kept
 * tells of each jail whether an earlier run left its sets: who is in its rush
 * sets is taken over. Later it is NULL.
 */
void warden_rush_renumber(struct warden *w);
void warden_rush_laid_out(struct warden *w, const bool *kept);
/* Moves some into their ban sets if it is time: milliseconds until the next
 * are to be moved, or -1. */
int warden_rush_due(struct warden *w);
void warden_rush_deinit(struct warden *w);

/*
 * One request each, the one in w: done and answered. 0 or a WARDEN_STOP_.
 * *more: a request of another type was taken meanwhile and is in w.
 */
int warden_handle_layout(struct warden *w);
int warden_handle_allow(struct warden *w);
int warden_handle_ban(struct warden *w, bool *more);
int warden_handle_unban(struct warden *w);
int warden_handle_flush(struct warden *w);
int warden_handle_listing(struct warden *w);

#endif
