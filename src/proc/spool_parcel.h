/* SPDX-License-Identifier: ISC */
/* A batch of items for [parse]: while it is packed, and while it is on the way. */
#ifndef HOPQ_PROC_SPOOL_PARCEL_H
#define HOPQ_PROC_SPOOL_PARCEL_H

#include "proc/wire.h"

/* A batch on the way, with what is needed to send it again. */
struct hq_sent {
    int64_t number;
    unsigned parser;
    bool scan;
    struct hq_arena *arena;
    struct hq_wire_item *items;
    uint32_t count;
    unsigned deaths; /* of parsers that had it alone */
};

void hq_sent_free(gpointer sent);
/* ITEM (or the part of it at REF) of a batch that a parser died with, to be sent alone; it has no
 * files yet. */
struct hq_sent *hq_sent_suspect(const struct hq_sent *dead, const struct hq_wire_item *item,
                                const char *ref, unsigned deaths);

/* A batch that is packed, with the descriptors that go along. */
struct hq_parcel {
    struct hq_sent *sent;
    int fds[HQ_FRAME_FDS];
    unsigned fd_count, room;
};

void hq_parcel_begin(struct hq_parcel *parcel, bool is_scan);
bool hq_parcel_full(const struct hq_parcel *parcel);
/* Takes over ITEM's descriptors. */
void hq_parcel_add(struct hq_parcel *parcel, int64_t source, struct hq_item *item);

#endif
