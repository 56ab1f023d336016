/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells an admin that an expression of his takes too long. A client may bring
 * it about as often as he likes, so each is told once.
 */
#include "daemon/given_up.h"

#include "daemon/config.h"
#include "lib/log.h"

void given_up_tell(const struct config *config)
{
	const struct filter_row *row;

	for (size_t i = 0; i < config->filters_n; i++)
		while ((row = filter_tell_given_up(config->filters[i])))
			log_warning(
				"%s:%d: given up on a line that it takes too "
				"long for, which counts for nobody ('mailban "
				"lint' shows such lines; told once): %.200s",
				row->file ? row->file : "datepattern",
				row->line, row->text ? row->text : "");
}
