/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another configuration in the place of the one in force. What does not load,
 * or could not be gone over to, must leave everything as it was; and what
 * stays so until a restart is told, as nobody finds that out by himself.
 */
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon/audit.h"
#include "daemon/config.h"
#include "daemon/decisions.h"
#include "daemon/enforce.h"
#include "daemon/engine_parts.h"
#include "daemon/import.h"
#include "daemon/outbound.h"
#include "daemon/reach.h"
#include "daemon/state.h"
#include "jails/jailset.h"
#include "lib/clock.h"
#include "lib/log.h"

/* Every error of a load into the log; the first as *why. */
static void tell_errors(const struct err *err, char **why)
{
	for (size_t i = 0; i < err->n; i++) {
		bool fault = err->items[i].kind == ERR_FAULT;

		log_line(fault ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "%s",
			err->items[i].text);
		if (fault && why && !*why)
			*why = strdup(err->items[i].text);
	}
}

/* What was set by hand while it ran stays, but in the jail that is read. */
static void keep_settings(
	const struct config *from, const struct config *to, const char *read)
{
	for (size_t i = 0; i < from->n; i++)
		for (size_t j = 0; j < to->n; j++)
			if (!strcmp(from->items[i].jail->name,
				    to->items[j].jail->name) &&
				strcmp(to->items[j].jail->name, read) != 0)
				jailset_keep(
					to->items[j].jail, from->items[i].jail);
}

/* What only a start can change; the rest of the kind alarms.c tells. */
static void tell_fixed(const struct settings *old, const struct settings *new)
{
	if (strcmp(old->user, new->user) != 0)
		log_warning("user: it is '%s' when mailband is restarted",
			new->user);
	if (old->sandbox != new->sandbox)
		log_warning("sandbox: it is %s when mailband is restarted",
			new->sandbox ? "entered" : "left out");
}

/* The new one, or NULL: then *why. */
static struct config *load(struct engine *e, char **why)
{
	struct config *config;
	struct err err;

	err_init(&err);
	config = config_load(e->options.confdir, e->options.datadir, &err);
	if (config && e->options.reach &&
		!reach_covers(e->options.reach, config, &err))
		config_free(&config);
	tell_errors(&err, why);
	err_deinit(&err);
	return config;
}

static void go_over(struct engine *e, struct config *config, const char *only)
{
	struct config *old = e->config;

	if (only)
		keep_settings(old, config, only);
	tell_fixed(&old->settings, &config->settings);
	audit_reconfigure(e->audit);
	config_make_safe(config, old);
	e->config = config;
	log_setup(config->settings.loglevel);
	state_limit(e->state, config->settings.max_state);
	decisions_reconfigure(e->decisions, config);
	/* A kernel laid out for other jails must not be told of these. */
	if (engine_lay_out(e) < 0 || engine_follow(e) < 0)
		engine_fail(e);
	decisions_lift_ignored(e->decisions);
	alarms_reconfigure(e->alarms, &config->settings.alarms);
	outbound_reconfigure(e->outbound, &config->settings.alarms);
	engine_keep_bans(e);
	engine_settle(e);
	config_free(&old);
}

bool engine_reload(struct engine *e, const char *only, char **why)
{
	struct config *config;

	if (why)
		*why = NULL;
	/* What waits is numbered by the jails of today. */
	import_release(e);
	enforce_flush(e->enforce);
	if (enforce_waits(e->enforce)) {
		log_error("Reload refused: the warden is behind with its work");
		if (why)
			*why = strdup("the warden is behind with its work; "
				      "try again");
		return false;
	}
	sd_notifyf(
		0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_mono());
	config = load(e, why);
	if (config) {
		go_over(e, config, only);
		log_info("Reload finished: %zu jails", config->n);
	} else {
		log_error("Reload refused: the configuration stays as it was");
	}
	sd_notify(0, "READY=1");
	return config != NULL;
}
