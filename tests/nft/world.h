/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_TESTS_NFT_WORLD_H
#define MAILBAN_TESTS_NFT_WORLD_H

#include <stdbool.h>

#include "lib/addr.h"
#include "lib/layout.h"
#include "nft/batch.h"
#include "nft/socket.h"

/*
 * A network namespace of the test's own, empty, loopback up, with a socket to
 * its nf_tables. world_new leaves the one before behind. Whatever fails in
 * here fails the test.
 */
struct world {
	struct nft_socket *nft;
	struct batch batch;
};

void world_new(struct world *w);
void world_free(struct world *w);

/* Feeds script to "nft -f -". */
void world_nft(const char *script);
/* The same; true if nft took it. */
bool world_nft_try(const char *script);
/*
 * What "nft -s list WHAT" prints, times that run left out ("expires ...").
 * The caller frees.
 */
char *world_list(const char *what);
/* Compares what WHAT lists now with what it lists in a new namespace after
 * script; ends in that new namespace. */
void world_same_as(struct world *w, const char *what, const char *script);

struct prefix world_prefix(const char *text);
/* A jail "name" of TCP with these ports ("25,143-145", "" = all). */
struct layout_jail world_jail(const char *name, const char *ports);

#endif
