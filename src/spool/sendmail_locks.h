/* SPDX-License-Identifier: ISC */
/* Which files are locked now, as /proc/locks tells. Asking by a lock of our own, as mailq does,
 * could make Sendmail fail to lock a file that it has just made, and it gives up then. */
#ifndef HOPQ_SPOOL_SENDMAIL_LOCKS_H
#define HOPQ_SPOOL_SENDMAIL_LOCKS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct hq_sm_locks {
    GArray *held;  /* struct held, of sendmail_locks.c */
    int64_t taken; /* when, by the clock of files; 0: not yet */
};

void hq_sm_locks_init(struct hq_sm_locks *locks);
void hq_sm_locks_clear(struct hq_sm_locks *locks);
/* Forgets what was read; the next question reads it anew. */
void hq_sm_locks_forget(struct hq_sm_locks *locks);

/* Somebody has FD's file locked for writing. Reads the table again when the file has changed since
 * it was read. */
bool hq_sm_locks_has(struct hq_sm_locks *locks, int fd);

#endif
