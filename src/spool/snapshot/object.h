/* SPDX-License-Identifier: ISC */
/* Where the objects of a snapshot begin and end, told without building anything. */
#ifndef HOPQ_SPOOL_SNAPSHOT_OBJECT_H
#define HOPQ_SPOOL_SNAPSHOT_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

#define HQ_OBJECT_BEGIN "{\"type\":\""

enum hq_object_state {
    HQ_OBJECT_WHOLE,
    HQ_OBJECT_TORN,   /* the bytes end in it, or the line does */
    HQ_OBJECT_UNSOUND /* larger, deeper or with more values than any message */
};

/* The object that the N bytes of S begin with; LENGTH takes how far it was followed. N bytes and
 * TORN: more may follow. */
enum hq_object_state hq_snapshot_object(const char *s, size_t n, size_t *length);

/* The N bytes of S are how a snapshot begins, of either form. */
bool hq_snapshot_begins(const char *s, size_t n);

/* The N bytes of S may stand between two objects, or before and behind all of them. */
bool hq_snapshot_gap_ok(const char *s, size_t n);

#endif
