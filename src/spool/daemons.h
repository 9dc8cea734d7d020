/* SPDX-License-Identifier: ISC */
/* Whether the daemon that works in a queue runs, as far as /proc shows it: without, mail waits for
 * ever, and nothing in the queue itself tells why. */
#ifndef HOPQ_SPOOL_DAEMONS_H
#define HOPQ_SPOOL_DAEMONS_H

#include <stdbool.h>

enum hq_daemon_seen {
    HQ_DAEMON_NONE,
    HQ_DAEMON_RUNS,
    HQ_DAEMON_HIDDEN /* /proc does not show all */
};

/* A process whose name begins with NAME, and that calls itself "TITLE…" (NULL: it does not), or has
 * an argument that begins with one of OPTIONS (NULL-terminated): by such it is the daemon, or a run
 * of the queue that somebody else starts. */
enum hq_daemon_seen hq_daemon_find(const char *name, const char *title, const char *const *options);

#endif
