/* SPDX-License-Identifier: ISC */
/* Batches on their way to [parse]. A batch is answered as a whole; when [parse] dies, the ones not
 * answered are suspects and go again one item at a time, with nothing else on the way, so that the
 * next death names its culprit. */
#include "proc/spool_scan.h"
#include <string.h>

#define ITEMS_A_BATCH   32
#define WINDOW          8  /* batches on the way */
#define WINDOW_FULL     32 /* the same when each may wait for the DNS */
#define DEATHS_PATIENCE 20 /* after so many, one death is proof enough */

/* A batch on the way, with what is needed to send it again. */
struct sent {
    int64_t number;
    bool scan;
    struct hq_arena *arena;
    struct hq_wire_item *items;
    uint32_t count;
    unsigned deaths;
};

struct hq_scan {
    GPtrArray *sources;
    struct hq_channel *front;
    struct hq_channel *parser;
    GHashTable *on_the_way; /* number → struct sent * */
    GQueue suspects;        /* struct sent * of one item each */
    int64_t next_number;
    unsigned deaths;
    guint idle;
    bool running;
    guint source; /* listed now */
    bool rewound; /* its listing has begun */
    bool full;
    GPtrArray *ids; /* char *; empty: all */
};

static gboolean pump(gpointer data);

static void sent_free(gpointer data)
{
    struct sent *sent = data;

    hq_arena_free(sent->arena);
    g_free(sent);
}

struct hq_scan *hq_scan_new(GPtrArray *sources, struct hq_channel *front)
{
    struct hq_scan *scan = g_new0(struct hq_scan, 1);

    scan->sources = sources;
    scan->front = front;
    scan->on_the_way = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, sent_free);
    g_queue_init(&scan->suspects);
    scan->ids = g_ptr_array_new_with_free_func(g_free);
    return scan;
}

static void wake(struct hq_scan *scan)
{
    if (!scan->idle)
        scan->idle = g_idle_add(pump, scan);
}

/* ---- sending ---- */

struct parcel {
    struct sent *sent;
    int fds[HQ_FRAME_FDS];
    unsigned fd_count;
};

static void parcel_begin(struct parcel *parcel, bool is_scan)
{
    parcel->sent = g_new0(struct sent, 1);
    parcel->sent->arena = hq_arena_new();
    parcel->sent->items =
        hq_arena_alloc(parcel->sent->arena, ITEMS_A_BATCH * sizeof *parcel->sent->items);
    parcel->sent->scan = is_scan;
    parcel->fd_count = 0;
}

static bool parcel_full(const struct parcel *parcel)
{
    return parcel->sent->count == ITEMS_A_BATCH || parcel->fd_count + HQ_ITEM_FILES > HQ_FRAME_FDS;
}

static void parcel_add(struct parcel *parcel, int64_t source, struct hq_item *item)
{
    struct hq_wire_item *wire = &parcel->sent->items[parcel->sent->count++];

    wire->source = source;
    parcel->fd_count +=
        hq_wire_pack_item(wire, item, parcel->fds + parcel->fd_count, parcel->sent->arena);
}

/* The parcel becomes a batch on the way. */
static void parcel_send(struct hq_scan *scan, struct parcel *parcel)
{
    struct sent *sent = parcel->sent;
    bool in_full = !sent->scan || scan->full;
    struct hq_wire_batch batch = {
        .scan = sent->scan,
        .full = in_full,
        .want_body = !sent->scan,
        .ids = sent->scan ? (const char *const *)scan->ids->pdata : NULL,
        .id_count = sent->scan ? scan->ids->len : 0,
        .items = sent->items,
        .item_count = sent->count,
    };

    batch.number = sent->number = ++scan->next_number;
    g_hash_table_insert(scan->on_the_way, &sent->number, sent);
    hq_channel_send(scan->parser, HQ_WIRE_BATCH, &hq_wire_batch_schema, &batch, NULL, 0,
                    parcel->fds, parcel->fd_count);
}

static struct hq_spool_source *source_at(struct hq_scan *scan, int64_t index)
{
    return index >= 0 && index < scan->sources->len ? scan->sources->pdata[index] : NULL;
}

/* Opens the item anew and sends it alone. False: it is not there any more. */
static bool send_single(struct hq_scan *scan, const struct hq_wire_item *wire, bool is_scan,
                        unsigned deaths)
{
    struct hq_spool_source *source = source_at(scan, wire->source);
    struct hq_item item = {0};
    struct parcel parcel;

    if (!source || !source->spool->layout->find(source->layout, wire->ref, wire->id, &item))
        return false;
    parcel_begin(&parcel, is_scan);
    parcel.sent->deaths = deaths;
    parcel_add(&parcel, wire->source, &item);
    parcel_send(scan, &parcel);
    return true;
}

/* ---- listing ---- */

static bool wanted(const struct hq_scan *scan, const struct hq_spool *spool, const char *id)
{
    if (scan->ids->len == 0 || !*id)
        return true;
    for (guint i = 0; i < scan->ids->len; i++)
        if (hq_spool_names(spool, id, scan->ids->pdata[i]))
            return true;
    return false;
}

/* A directory that cannot be read is no message: it is told in words. */
static bool is_notice(const struct hq_item *item)
{
    return !*item->id && !item->listing && item->files[0].fd < 0 && item->files[0].error;
}

static void tell_notice(struct hq_scan *scan, const struct hq_spool_source *source,
                        const struct hq_item *item)
{
    g_autofree char *text =
        g_strdup_printf("read: %s/%s: %s", source->name, item->ref, strerror(item->files[0].error));

    hq_wire_send_text(scan->front, HQ_WIRE_NOTICE, text);
}

/* The next item of all sources that is wanted. */
static bool next_item(struct hq_scan *scan, int64_t *index, struct hq_item *item)
{
    for (; scan->source < scan->sources->len; scan->source++, scan->rewound = false) {
        struct hq_spool_source *source = scan->sources->pdata[scan->source];
        const struct hq_layout_ops *ops = source->spool->layout;
        if (!scan->rewound)
            ops->rewind(source->layout);
        scan->rewound = true;
        while (ops->next(source->layout, item)) {
            if (is_notice(item)) {
                tell_notice(scan, source, item);
            } else if (wanted(scan, source->spool, item->id)) {
                *index = source->index;
                return true;
            }
            hq_item_close(item);
        }
    }
    return false;
}

static void send_next_batch(struct hq_scan *scan)
{
    struct hq_item item = {0};
    struct parcel parcel;
    int64_t index;

    parcel_begin(&parcel, true);
    while (!parcel_full(&parcel) && next_item(scan, &index, &item)) {
        bool listing = item.listing;
        parcel_add(&parcel, index, &item);
        if (listing) /* thousands of messages: alone */
            break;
    }
    if (parcel.sent->count)
        parcel_send(scan, &parcel);
    else
        sent_free(parcel.sent);
}

static void send_suspect(struct hq_scan *scan)
{
    struct sent *suspect = g_queue_pop_head(&scan->suspects);

    send_single(scan, suspect->items, suspect->scan, suspect->deaths);
    sent_free(suspect);
}

static bool all_listed(const struct hq_scan *scan)
{
    return scan->source >= scan->sources->len;
}

static void finish_if_done(struct hq_scan *scan)
{
    if (!scan->running || !all_listed(scan) || scan->suspects.length ||
        g_hash_table_size(scan->on_the_way))
        return;
    scan->running = false;
    hq_wire_send(scan->front, HQ_WIRE_SCANNED, NULL, NULL);
}

/* Suspects go alone, one after the other; the listing waits for them. */
static bool send_something(struct hq_scan *scan)
{
    guint busy = g_hash_table_size(scan->on_the_way);

    if (!scan->parser)
        return false;
    if (scan->suspects.length) {
        if (busy == 0)
            send_suspect(scan);
        return busy == 0;
    }
    if (!scan->running || all_listed(scan) || busy >= (scan->full ? WINDOW_FULL : WINDOW))
        return false;
    send_next_batch(scan);
    return true;
}

/* Sends one batch, if one may go; runs again for as long as that is so. */
static gboolean pump(gpointer data)
{
    struct hq_scan *scan = data;
    bool sent = send_something(scan);

    finish_if_done(scan);
    if (!sent)
        scan->idle = 0;
    return sent ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

void hq_scan_start(struct hq_scan *scan, const struct hq_wire_scan *request)
{
    scan->running = true;
    scan->source = 0;
    scan->rewound = false;
    scan->full = request->full == HQ_YES;
    g_ptr_array_set_size(scan->ids, 0);
    for (uint32_t i = 0; i < request->id_count; i++)
        g_ptr_array_add(scan->ids, g_strdup(request->ids[i]));
    wake(scan);
}

void hq_scan_open(struct hq_scan *scan, const struct hq_wire_item *item)
{
    if (!scan->parser || !send_single(scan, item, false, 0))
        hq_wire_send(scan->front, HQ_WIRE_GONE, &hq_wire_item_schema, item);
}

void hq_scan_done(struct hq_scan *scan, int64_t number)
{
    g_hash_table_remove(scan->on_the_way, &number);
    wake(scan);
}

/* ---- deaths ---- */

static void suspect_item(struct hq_scan *scan, const struct sent *dead,
                         const struct hq_wire_item *item, const char *ref, unsigned deaths)
{
    struct sent *suspect = g_new0(struct sent, 1);

    suspect->arena = hq_arena_new();
    suspect->items = hq_arena_alloc(suspect->arena, sizeof *suspect->items);
    suspect->items->source = item->source;
    suspect->items->queue = hq_arena_strdup(suspect->arena, item->queue);
    suspect->items->id = hq_arena_strdup(suspect->arena, item->id);
    suspect->items->ref = hq_arena_strdup(suspect->arena, ref);
    suspect->count = 1;
    suspect->scan = dead->scan;
    suspect->deaths = deaths;
    g_queue_push_tail(&scan->suspects, suspect);
}

static void suspect_items(struct hq_scan *scan, const struct sent *dead)
{
    for (uint32_t i = 0; i < dead->count; i++)
        suspect_item(scan, dead, &dead->items[i], dead->items[i].ref,
                     dead->deaths + (dead->count == 1));
}

/* A piece of a mailbox that kills alone: the others in it are not to be lost. */
static bool suspect_parts(struct hq_scan *scan, const struct sent *dead)
{
    const struct hq_spool_source *source = source_at(scan, dead->items->source);
    const struct hq_layout_ops *ops = source ? source->spool->layout : NULL;
    GPtrArray *refs = ops && ops->split ? ops->split(dead->items->ref) : NULL;

    for (guint i = 0; refs && i < refs->len; i++)
        suspect_item(scan, dead, dead->items, refs->pdata[i], 0);
    if (refs)
        g_ptr_array_free(refs, TRUE);
    return refs != NULL;
}

/* What becomes of a batch that was on the way when [parse] died. */
static void bury(struct hq_scan *scan, const struct sent *dead)
{
    bool alone = dead->count == 1 && g_hash_table_size(scan->on_the_way) == 1;
    bool proven = alone && (dead->deaths > 0 || scan->deaths > DEATHS_PATIENCE);

    if (!dead->scan) /* the user can open it again; the list must not wait for that */
        hq_wire_send(scan->front, HQ_WIRE_GONE, &hq_wire_item_schema, dead->items);
    else if (alone && scan->deaths <= DEATHS_PATIENCE && suspect_parts(scan, dead))
        return;
    else if (proven || dead->items->listing == HQ_YES)
        hq_wire_send(scan->front, HQ_WIRE_CULPRIT, &hq_wire_item_schema, dead->items);
    else
        suspect_items(scan, dead);
}

static gint by_number(gconstpointer a, gconstpointer b)
{
    const struct sent *x = a;
    const struct sent *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

void hq_scan_set_parser(struct hq_scan *scan, struct hq_channel *parser)
{
    scan->parser = parser;
    if (!parser)
        return;
    if (g_hash_table_size(scan->on_the_way)) {
        g_autoptr(GList) dead = g_hash_table_get_values(scan->on_the_way);
        scan->deaths++;
        dead = g_list_sort(dead, by_number);
        for (const GList *l = dead; l; l = l->next)
            bury(scan, l->data);
        g_hash_table_remove_all(scan->on_the_way);
    }
    wake(scan);
}
