/* SPDX-License-Identifier: ISC */
/* The command line: options and configuration in, TUI or dump out. */
#ifndef HOPQ_CLI_H
#define HOPQ_CLI_H

#include "proc/session.h"
#include "store/snapshot.h"
#include <glib.h>

/* Returns the exit status. */
int hq_cli_run(char **argv);

/* Between cli.c and cli_act.c: the session that OPTIONS describe; ID is MESSAGE's, as its spool
 * spells ids; --act, which returns the exit status, or sets ERROR. */
struct hq_options;
bool hq_cli_names(const struct hq_message *message, const char *id);
struct hq_session_options hq_cli_session_options(const struct hq_options *options);
/* What went wrong beside single messages, on standard error. */
void hq_cli_print_notices(const struct hq_snapshot *snapshot);
int hq_cli_act(const struct hq_options *options, GError **error);

#endif
