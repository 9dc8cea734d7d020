/* SPDX-License-Identifier: ISC */
/* Is the daemon of a queue running, as far as /proc shows? Without it mail waits for ever, and
 * nothing in the queue itself says why. */
#ifndef HOPQ_SPOOL_DAEMONS_H
#define HOPQ_SPOOL_DAEMONS_H

#include <stdbool.h>

enum hq_daemon_seen {
    HQ_DAEMON_NONE,
    HQ_DAEMON_RUNS,
    HQ_DAEMON_HIDDEN /* /proc does not show all */
};

/* Looks for a process whose name begins with NAME and that is the daemon, or a queue run started by
 * somebody else: its title begins with TITLE (NULL: it sets none), or one of its arguments with one
 * of OPTIONS (NULL-terminated). */
enum hq_daemon_seen hq_daemon_find(const char *name, const char *title, const char *const *options);

#endif
