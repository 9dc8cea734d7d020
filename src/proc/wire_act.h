/* SPDX-License-Identifier: ISC */
/* What the processes that change queues are told and say.
 *
 *   front → [act]     ADD SAVE CHANGE
 *   [act] → front     HELLO WAYS CHANGED
 *   [act] → [save]    SOURCE (descriptors: where envelopes and records go) KEEP
 *   [save] → [act]    KEPT */
#ifndef HOPQ_PROC_WIRE_ACT_H
#define HOPQ_PROC_WIRE_ACT_H

#include "hopq/change.h"
#include "proc/wire.h"

enum hq_wire_act {
    HQ_WIRE_WAYS = 64, /* ways: what can be done with a source's messages */
    HQ_WIRE_SAVE,      /* change: keep these messages before it; answered by CHANGED */
    HQ_WIRE_CHANGE,    /* change: do it */
    HQ_WIRE_CHANGED,   /* changed */
    HQ_WIRE_KEEP,      /* keep; descriptors: of each item its files, then where its text goes */
    HQ_WIRE_KEPT       /* kept */
};

/* One of hq_changer_ops' ways, as far as it is known what will run. */
struct hq_wire_way {
    int64_t verb;
    int64_t scope;
    const char *refusal; /* NULL: it can be done */
    const char *words;   /* the command as text, or what is done instead */
    const char *then;    /* the command after it; NULL: none */
    const char *note;
    int64_t batch; /* most ids a process; 0: one process takes all, whatever the number */
};

struct hq_wire_ways {
    int64_t source;
    const char *refusal; /* nothing can be done with this source; NULL: see WAYS */
    const char *saved;   /* the folder that SAVE makes folders in */
    const char *log;     /* the file that what is done is told in */
    struct hq_wire_way *ways;
    uint32_t way_count;
};

struct hq_wire_target {
    const char *id;
    int64_t stamp;
    int64_t arrived; /* for the log */
};

struct hq_wire_change {
    int64_t run; /* changes with one number belong together: to what SAVE has kept before */
    int64_t source;
    int64_t verb;
    int64_t scope;
    int8_t saved; /* only what SAVE has kept in this run */
    struct hq_wire_target *targets;
    uint32_t target_count;
};

struct hq_wire_fate {
    int64_t result; /* enum hq_fate */
    const char *words;
};

struct hq_wire_changed {
    int64_t run;
    const char *failure;        /* why nothing more should be tried; NULL */
    const char *folder;         /* of what was saved; NULL */
    struct hq_wire_fate *fates; /* of the targets, in their order */
    uint32_t fate_count;
};

/* Some messages to keep. */
struct hq_wire_keep {
    struct hq_wire_item *items;
    uint32_t item_count;
};

/* What became of them, in their order. CODE: 0, it is kept; an errno that ends all; -1: of this
 * message alone. */
struct hq_wire_kept {
    struct hq_wire_refusal *results;
    uint32_t result_count;
};

extern const struct hq_schema hq_wire_ways_schema, hq_wire_change_schema, hq_wire_changed_schema,
    hq_wire_keep_schema, hq_wire_kept_schema;

#endif
