/* SPDX-License-Identifier: ISC */
/* Files of one message in Sendmail's queue: which belong together, opened and named. */
#ifndef HOPQ_SPOOL_SENDMAIL_ITEM_H
#define HOPQ_SPOOL_SENDMAIL_ITEM_H

#include "places.h"
#include "spool/locks.h"

struct hq_sm_items {
    struct hq_sm_places places;
    struct hq_locks locks;
    unsigned patience;         /* milliseconds that are left of it */
    GString *id, *ref, *queue; /* of the item given last */
};

void hq_sm_items_init(struct hq_sm_items *items);
void hq_sm_items_clear(struct hq_sm_items *items);
/* Before they are looked at anew: what was seen of locks counts no more. */
void hq_sm_items_rewind(struct hq_sm_items *items);

/* Where a name was found: a directory of a place. */
struct hq_sm_spot {
    const struct hq_sm_place *place;
    const struct hq_sm_parts *parts;
    const char *subdir; /* "", "qf", "df" */
    int dir;
};

/* Fills ITEM's names for the file NAME at SPOT ("": the directory itself); KIND as in
 * sendmail.h. */
void hq_sm_item_name(struct hq_sm_items *items, struct hq_item *item, const struct hq_sm_spot *spot,
                     const char *name, const char *kind);

/* Opens the message of the control file NAME at SPOT. False: it is gone. */
bool hq_sm_item_open(struct hq_sm_items *items, const struct hq_sm_spot *spot, const char *name,
                     unsigned char type, struct hq_item *item);

/* Opens the message ID of a place by whatever control file it has. */
bool hq_sm_item_find(struct hq_sm_items *items, const struct hq_sm_place *place,
                     const struct hq_sm_parts *parts, const char *id, struct hq_item *item);

/* Opens what there is of a message without control file: a temporary one, which tells more, else
 * its data file. */
bool hq_sm_item_alone(struct hq_sm_items *items, const struct hq_sm_place *place,
                      const struct hq_sm_parts *parts, const char *id, struct hq_item *item);

/* Opens the message ID in whatever place known so far it is, first where REF says. */
bool hq_sm_items_find(struct hq_sm_items *items, const char *ref, const char *id,
                      struct hq_item *item);

#endif
