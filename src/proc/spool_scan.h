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

#define HQ_PARSERS_MAX 32

struct hq_scan;

/* SOURCES: struct hq_spool_source *, may grow between scans. FRONT is told SCANNED, CULPRIT, GONE
 * and NOTICE. */
struct hq_scan *hq_scan_new(GPtrArray *sources, struct hq_channel *front);

/* Sets the way to parser NUMBER, borrowed. What the one before it had not answered is sent again,
 * one by one; an item that kills a parser again is told as CULPRIT and left out. NULL: that parser
 * is gone for good, and the others take its work; with the last one the scan ends. */
void hq_scan_set_parser(struct hq_scan *scan, unsigned number, struct hq_channel *parser);
/* Nothing is sent to parser NUMBER until hq_scan_set_parser() is called: what it said last may
 * still be on its way to the front, and only that decides what becomes of its batches. */
void hq_scan_parser_closed(struct hq_scan *scan, unsigned number);

/* OMIT: what messages are not read in (enum hq_need, bits). */
void hq_scan_start(struct hq_scan *scan, const struct hq_wire_scan *request, unsigned omit);
/* Opens one message in full. */
void hq_scan_open(struct hq_scan *scan, const struct hq_wire_item *item);
/* [parse] is through with batch NUMBER. */
void hq_scan_done(struct hq_scan *scan, int64_t number);

#endif
