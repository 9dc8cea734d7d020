/* SPDX-License-Identifier: ISC */
/* A snapshot: all messages of one scan, with the arena they live in. It grows while the scan runs
 * and never changes afterwards. */
#ifndef HOPQ_STORE_SNAPSHOT_H
#define HOPQ_STORE_SNAPSHOT_H

#include "hopq/message.h"
#include <glib.h>

struct hq_snapshot {
    int ref_count;
    struct hq_arena *arena;
    struct hq_decoder *decoder; /* decodes into ARENA */
    GPtrArray *messages;        /* struct hq_message *, in the order they came */
    int64_t taken;              /* when the scan began */
    bool complete;              /* the scan has ended */
    unsigned recipients;
    unsigned unreadable;    /* messages of which a problem hides sender, recipients and header */
    GPtrArray *notices;     /* char *: what went wrong beside single messages */
    bool partial;           /* something that should be listed is not, or a message has a problem */
    struct hq_logbook *log; /* what the mail log tells of it; NULL: it was not read */
    GHashTable *index;      /* of hq_snapshot_find() */
};

struct hq_snapshot *hq_snapshot_new(void);
struct hq_snapshot *hq_snapshot_ref(struct hq_snapshot *snapshot);
void hq_snapshot_unref(struct hq_snapshot *snapshot); /* NULL is fine */
/* MESSAGE lives in the snapshot's arena. */
void hq_snapshot_add(struct hq_snapshot *snapshot, struct hq_message *message);
/* LOST: something is missing from the snapshot because of it. */
void hq_snapshot_notice(struct hq_snapshot *snapshot, const char *text, bool lost);
/* NULL: not (any more) in the queue. Of several with one id (a message that was moved between queue
 * directories during the scan) the one added last. */
const struct hq_message *hq_snapshot_find(const struct hq_snapshot *snapshot, const char *source,
                                          const char *id);

#endif
