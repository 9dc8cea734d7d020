/* SPDX-License-Identifier: ISC */
/* Batches packed, and remembered while they are on the way. */
#include "proc/spool_parcel.h"
#include <sys/resource.h>

#define ITEMS_A_BATCH 64

/* Descriptors in a batch: of those that a process may have, a part. Who reads has one batch open
 * and the next in its hands; here some wait to be sent. */
static unsigned room(void)
{
    struct rlimit bound;
    unsigned most = HQ_FRAME_FDS;

    if (getrlimit(RLIMIT_NOFILE, &bound) == 0 && bound.rlim_cur / 8 < most)
        most = (unsigned)bound.rlim_cur / 8;
    return MAX(most, HQ_ITEM_FILES);
}

void hq_sent_free(gpointer data)
{
    struct hq_sent *sent = data;

    hq_arena_free(sent->arena);
    g_free(sent);
}

struct hq_sent *hq_sent_suspect(const struct hq_sent *dead, const struct hq_wire_item *item,
                                const char *ref, unsigned deaths)
{
    struct hq_sent *suspect = g_new0(struct hq_sent, 1);

    suspect->arena = hq_arena_new();
    suspect->items = hq_arena_alloc(suspect->arena, sizeof *suspect->items);
    suspect->items->source = item->source;
    suspect->items->queue = hq_arena_strdup(suspect->arena, item->queue);
    suspect->items->id = hq_arena_strdup(suspect->arena, item->id);
    suspect->items->ref = hq_arena_strdup(suspect->arena, ref);
    suspect->count = 1;
    suspect->scan = dead->scan;
    suspect->deaths = deaths;
    return suspect;
}

void hq_parcel_begin(struct hq_parcel *parcel, bool is_scan)
{
    parcel->sent = g_new0(struct hq_sent, 1);
    parcel->sent->arena = hq_arena_new();
    parcel->sent->items =
        hq_arena_alloc(parcel->sent->arena, ITEMS_A_BATCH * sizeof *parcel->sent->items);
    parcel->sent->scan = is_scan;
    parcel->fd_count = 0;
    parcel->room = room();
}

bool hq_parcel_full(const struct hq_parcel *parcel)
{
    return parcel->sent->count == ITEMS_A_BATCH || parcel->fd_count + HQ_ITEM_FILES > parcel->room;
}

void hq_parcel_add(struct hq_parcel *parcel, int64_t source, struct hq_item *item)
{
    struct hq_wire_item *wire = &parcel->sent->items[parcel->sent->count++];

    wire->source = source;
    parcel->fd_count +=
        hq_wire_pack_item(wire, item, parcel->fds + parcel->fd_count, parcel->sent->arena);
}
