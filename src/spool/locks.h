/* SPDX-License-Identifier: ISC */
/* Which files are locked now, as /proc/locks tells. Asking by a lock of our own, as mailq does,
 * could make Sendmail fail to lock a file that it has just made, and it gives up then; so does a
 * Postfix that starts. */
#ifndef HOPQ_SPOOL_LOCKS_H
#define HOPQ_SPOOL_LOCKS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define HQ_LOCKS_TABLE "/proc/locks"

struct hq_locks {
    GArray *held;  /* struct held, of locks.c */
    int64_t taken; /* when, by the clock of files; 0: not yet */
};

void hq_locks_init(struct hq_locks *locks);
void hq_locks_clear(struct hq_locks *locks);
/* Forgets what was read; the next question reads it anew. */
void hq_locks_forget(struct hq_locks *locks);

/* Somebody has FD's file locked for writing. Reads the table again when the file has changed since
 * it was read. */
bool hq_locks_has(struct hq_locks *locks, int fd);
/* The same of the file that ST is of. */
struct stat;
bool hq_locks_has_file(struct hq_locks *locks, const struct stat *st);

#endif
