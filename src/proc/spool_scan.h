/* SPDX-License-Identifier: ISC */
/* The scan inside [spool]: items of all sources to [parse] in batches, a few of them on the way at
 * a time, and what to do about the batches that a dead [parse] took with it. */
#ifndef HOPQ_PROC_SPOOL_SCAN_H
#define HOPQ_PROC_SPOOL_SCAN_H

#include "proc/wire.h"

/* An open source. */
struct hq_spool_source {
    int64_t index;
    const struct hq_spool *spool;
    struct hq_layout *layout;
    char *name;
    struct hq_context *context;
};

struct hq_scan;

/* SOURCES: struct hq_spool_source *, may grow between scans. FRONT is told SCANNED, CULPRIT, GONE
 * and NOTICE. */
struct hq_scan *hq_scan_new(GPtrArray *sources, struct hq_channel *front);

/* The way to a (new) [parse]. What the last one had not answered is sent again, one by one;
 * the item that kills it again is told as CULPRIT and left out. NULL: it is gone. */
void hq_scan_set_parser(struct hq_scan *scan, struct hq_channel *parser);

void hq_scan_start(struct hq_scan *scan, const struct hq_wire_scan *request);
/* Opens one message in full. */
void hq_scan_open(struct hq_scan *scan, const struct hq_wire_item *item);
/* [parse] is through with batch NUMBER. */
void hq_scan_done(struct hq_scan *scan, int64_t number);

#endif
