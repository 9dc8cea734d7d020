/* SPDX-License-Identifier: ISC */
/* Dump: what hopq knows, as text for people or JSON for programs, to a descriptor. The entry of
 * the command line for --dump, --explain and --spf. */
#ifndef HOPQ_DUMP_DUMP_H
#define HOPQ_DUMP_DUMP_H

#include "hopq/detail.h"
#include "store/board.h"
#include "store/filter.h"
#include "store/order.h"
#include "store/snapshot.h"
#include "store/trend.h"
#include <glib.h>
#include <stdbool.h>

/* Index into the table of formats, text is 0; -1: no such format. */
int hq_dump_format_find(const char *name);
/* "text, json, ndjson": for messages. Caller frees. */
char *hq_dump_format_names(void);

struct hq_dump_options {
    int format;
    bool group; /* the board instead of the list */
    enum hq_board_key group_by;
    struct hq_trend_base *base;     /* an earlier look at the queue; NULL: none */
    bool full;                      /* every message with its in-full part */
    unsigned limit;                 /* messages listed; 0: all */
    bool no_list;                   /* a limit of none */
    const struct hq_filter *filter; /* NULL: all */
    const struct hq_order *order;   /* NULL: as they came */
    int columns;                    /* of text; 0: 80 */
    bool ascii;                     /* text in ASCII alone */
    int64_t now;
    int64_t took; /* microseconds the scan took, HQ_NONE: not known */
};

/* For the exit status. */
struct hq_dump_result {
    unsigned matched; /* messages that the filter lets through */
    unsigned listed;  /* of these, after LIMIT */
    bool partial;     /* something could not be read (any message of the snapshot) */
    int worst;        /* enum hq_level of the worst finding of a message listed, or in a group
                         listed; -1: none */
};

/* A finished snapshot. False with ERROR when it cannot be written. RESULT may be NULL. */
bool hq_dump_snapshot(const struct hq_snapshot *snapshot, const struct hq_dump_options *options,
                      int fd, struct hq_dump_result *result, GError **error);

/* Replies explained; REASONS holds const struct hq_reason *. False with ERROR: not written, or a
 * format that has no such thing. */
bool hq_dump_reasons(const GPtrArray *reasons, const struct hq_dump_options *options, int fd,
                     GError **error);

/* One SPF check. */
bool hq_dump_spf(const struct hq_spf *spf, const struct hq_dump_options *options, int fd,
                 GError **error);

#endif
