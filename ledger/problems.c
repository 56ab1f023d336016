/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What went wrong: mail refused, held and discarded, and what programs warn
 * of, by cause.
 */
#include "ledger/accounts.h"

#include "ledger/address.h"

static void action_count(struct ledger *l, enum record_action action)
{
	uint64_t *const totals[RECORD_ACTIONS] = {
		[RECORD_REJECT] = &l->total.rejected,
		[RECORD_REJECT_WARNING] = &l->total.reject_warnings,
		[RECORD_HOLD] = &l->total.held,
		[RECORD_DISCARD] = &l->total.discarded,
	};

	++*totals[action];
	/* pflogsumm has all four in this column; only one belongs there. */
	if (l->options.compat || action == RECORD_REJECT)
		traffic_count(l, TRAFFIC_REJECTED);
}

/*
 * A message that is refused or thrown away as a whole never gets into the
 * queue; that it is gone is not logged before 3.10 (src/cleanup/cleanup_api.c).
 * What is refused before its end may be mended by the client.
 */
static void message_ends(struct ledger *l, const struct record *r)
{
	bool whole = r->kind == RECORD_CHECKED ||
		     SPAN_IS(r->reason, "END-OF-MESSAGE");

	if (!l->options.compat && whole && r->queue.n &&
		(r->action == RECORD_REJECT || r->action == RECORD_DISCARD))
		mail_removed(l, r);
}

void problems_refused(struct ledger *l, const struct record *r)
{
	const struct ledger_options *o = &l->options;
	struct reject_options how = {.compat = o->compat,
		.verbose = o->verbose,
		.with_sender = o->with_sender,
		.ignore_case = o->ignore_case,
		.verp = o->verp,
		.verp_level = o->verp_level};
	struct span reason, who;

	action_count(l, r->action);
	message_ends(l, r);
	if (o->no_rejects || o->totals)
		return;
	reject_explain(r, &how, &reason, &who,
		accounts_room(l, 4 * r->rest.n + 2 * r->client.n + 64));
	causes_add(l->refused[r->action], r->reason, reason, who);
}

void problems_checked(struct ledger *l, const struct record *r)
{
	if (!l->options.no_rejects && !l->options.totals)
		causes_add(l->refused[r->action], r->program, r->reason,
			reject_checked(r->rest, l->options.verbose,
				accounts_room(l, 64)));
	action_count(l, r->action);
	message_ends(l, r);
}

void problems_said(struct ledger *l, const struct record *r)
{
	struct span text = r->rest;

	if (r->kind == RECORD_WARNING && !l->options.compat)
		visits_attack(l, r);
	if (l->options.totals)
		return;
	if (r->kind == RECORD_MASTER) {
		causes_add(l->masters, SPAN(""), SPAN(""), text);
		return;
	}
	if (!l->options.verbose)
		text = reject_cut(text, 66, accounts_room(l, 66));
	if (r->kind == RECORD_FATAL)
		causes_add(l->fatals, SPAN(""), r->program, text);
	else if (r->kind == RECORD_PANIC)
		causes_add(l->panics, SPAN(""), r->program, text);
	else if (!(SPAN_IS(r->program, "smtpd") &&
			 l->options.no_smtpd_warnings))
		causes_add(l->warnings, SPAN(""), r->program, text);
}

void problems_unreached(struct ledger *l, const struct record *r)
{
	if (!l->options.no_failures && !l->options.totals)
		causes_add(l->failures, SPAN(""),
			address_lower(r->reason, accounts_room(l, r->reason.n)),
			r->relay);
}
