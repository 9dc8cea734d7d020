/* SPDX-License-Identifier: ISC */
/* Batches on their way to [parse]. A batch is answered as a whole; when [parse] dies, the ones not
 * answered are suspects and go again one item at a time, with nothing else on the way, so that the
 * next death names its culprit. */
#include "proc/spool_scan.h"
#include "proc/spool_parcel.h"
#include <string.h>

#define WINDOW          8  /* batches on the way to a parser */
#define WINDOW_FULL     32 /* the same when each may wait for the DNS */
#define DEATHS_PATIENCE 20 /* after so many, one death is proof enough */

struct parser {
    struct hq_channel *channel; /* NULL: there is none, or not now */
    bool expected;              /* there is one, or will be */
    guint busy;                 /* batches on the way to it */
};

struct hq_scan {
    GPtrArray *sources;
    struct hq_channel *front;
    struct parser parsers[HQ_PARSERS_MAX];
    GHashTable *on_the_way; /* number → struct hq_sent * */
    GQueue suspects;        /* struct hq_sent * of one item each */
    int64_t next_number;
    unsigned deaths;
    guint idle;
    bool running;
    guint source; /* listed now */
    bool rewound; /* its listing has begun */
    bool full;
    unsigned omit;  /* enum hq_need, bits */
    GPtrArray *ids; /* char *; empty: all */
};

static gboolean pump(gpointer data);

struct hq_scan *hq_scan_new(GPtrArray *sources, struct hq_channel *front)
{
    struct hq_scan *scan = g_new0(struct hq_scan, 1);

    scan->sources = sources;
    scan->front = front;
    scan->on_the_way = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, hq_sent_free);
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

/* The parser with the least to do; NULL: none can be sent to. */
static struct parser *idlest(struct hq_scan *scan)
{
    struct parser *found = NULL;

    for (unsigned i = 0; i < HQ_PARSERS_MAX; i++) {
        struct parser *parser = &scan->parsers[i];
        if (parser->channel && (!found || parser->busy < found->busy))
            found = parser;
    }
    return found;
}

/* The parcel becomes a batch on the way. */
static void parcel_send(struct hq_scan *scan, struct hq_parcel *parcel)
{
    struct parser *parser = idlest(scan);
    struct hq_sent *sent = parcel->sent;
    bool in_full = !sent->scan || scan->full;
    struct hq_wire_batch batch = {
        .scan = sent->scan,
        .full = in_full,
        .want_body = !sent->scan,
        .omit = sent->scan ? scan->omit : 0,
        .ids = sent->scan ? (const char *const *)scan->ids->pdata : NULL,
        .id_count = sent->scan ? scan->ids->len : 0,
        .items = sent->items,
        .item_count = sent->count,
    };

    batch.number = sent->number = ++scan->next_number;
    sent->parser = (unsigned)(parser - scan->parsers);
    parser->busy++;
    g_hash_table_insert(scan->on_the_way, &sent->number, sent);
    hq_channel_send(parser->channel, HQ_WIRE_BATCH, &hq_wire_batch_schema, &batch, NULL, 0,
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
    struct hq_parcel parcel;

    if (!source || !source->spool->layout->find(source->layout, wire->ref ? wire->ref : "",
                                                wire->id ? wire->id : "", &item))
        return false;
    hq_parcel_begin(&parcel, is_scan);
    parcel.sent->deaths = deaths;
    hq_parcel_add(&parcel, wire->source, &item);
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
        if (!scan->rewound && ops->omit)
            ops->omit(source->layout, scan->omit);
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
    struct hq_parcel parcel;
    int64_t index;

    hq_parcel_begin(&parcel, true);
    while (!hq_parcel_full(&parcel) && next_item(scan, &index, &item)) {
        bool listing = item.listing;
        hq_parcel_add(&parcel, index, &item);
        if (listing) /* thousands of messages: alone */
            break;
    }
    if (parcel.sent->count)
        parcel_send(scan, &parcel);
    else
        hq_sent_free(parcel.sent);
}

static void send_suspect(struct hq_scan *scan)
{
    struct hq_sent *suspect = g_queue_pop_head(&scan->suspects);

    send_single(scan, suspect->items, suspect->scan, suspect->deaths);
    hq_sent_free(suspect);
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
    const struct parser *parser = idlest(scan);

    if (!parser)
        return false;
    if (scan->suspects.length) {
        if (busy == 0)
            send_suspect(scan);
        return busy == 0;
    }
    if (!scan->running || all_listed(scan) || parser->busy >= (scan->full ? WINDOW_FULL : WINDOW))
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

void hq_scan_start(struct hq_scan *scan, const struct hq_wire_scan *request, unsigned omit)
{
    scan->running = true;
    scan->source = 0;
    scan->rewound = false;
    scan->full = request->full == HQ_YES;
    scan->omit = omit;
    g_ptr_array_set_size(scan->ids, 0);
    for (uint32_t i = 0; i < request->id_count; i++)
        g_ptr_array_add(scan->ids, g_strdup(request->ids[i]));
    wake(scan);
}

void hq_scan_open(struct hq_scan *scan, const struct hq_wire_item *item)
{
    if (!idlest(scan) || !send_single(scan, item, false, 0))
        hq_wire_send(scan->front, HQ_WIRE_GONE, &hq_wire_item_schema, item);
}

/* The batch is not on the way any more. */
static void take_off(struct hq_scan *scan, const struct hq_sent *sent)
{
    scan->parsers[sent->parser].busy--;
    g_hash_table_remove(scan->on_the_way, &sent->number);
}

void hq_scan_done(struct hq_scan *scan, int64_t number)
{
    const struct hq_sent *sent = g_hash_table_lookup(scan->on_the_way, &number);

    if (sent)
        take_off(scan, sent);
    wake(scan);
}

/* ---- deaths ---- */

static void suspect_items(struct hq_scan *scan, const struct hq_sent *dead)
{
    for (uint32_t i = 0; i < dead->count; i++) {
        const struct hq_wire_item *item = &dead->items[i];
        g_queue_push_tail(&scan->suspects, hq_sent_suspect(dead, item, item->ref,
                                                           dead->deaths + (dead->count == 1)));
    }
}

/* A piece of a mailbox killed a parser alone: its parts are tried, so that only one message is
 * lost. */
static bool suspect_parts(struct hq_scan *scan, const struct hq_sent *dead)
{
    const struct hq_spool_source *source = source_at(scan, dead->items->source);
    const struct hq_layout_ops *ops = source ? source->spool->layout : NULL;
    GPtrArray *refs = ops && ops->split ? ops->split(dead->items->ref) : NULL;

    for (guint i = 0; refs && i < refs->len; i++)
        g_queue_push_tail(&scan->suspects, hq_sent_suspect(dead, dead->items, refs->pdata[i], 0));
    if (refs)
        g_ptr_array_free(refs, TRUE);
    return refs != NULL;
}

/* What becomes of a batch that was on the way when its parser died. */
static void bury(struct hq_scan *scan, const struct hq_sent *dead)
{
    bool alone = dead->count == 1 && scan->parsers[dead->parser].busy == 1;
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
    const struct hq_sent *x = a;
    const struct hq_sent *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

/* Takes off what was on the way to a parser that has died, in the order it was sent. */
static GList *left_behind(struct hq_scan *scan, unsigned number)
{
    GList *dead = NULL;
    GHashTableIter iter;
    gpointer sent;

    g_hash_table_iter_init(&iter, scan->on_the_way);
    while (g_hash_table_iter_next(&iter, NULL, &sent)) {
        if (((struct hq_sent *)sent)->parser == number)
            dead = g_list_prepend(dead, sent);
    }
    return g_list_sort(dead, by_number);
}

static void bury_all(struct hq_scan *scan, unsigned number)
{
    g_autoptr(GList) dead = left_behind(scan, number);

    scan->deaths += dead != NULL;
    for (const GList *l = dead; l; l = l->next)
        bury(scan, l->data);
    for (const GList *l = dead; l; l = l->next)
        take_off(scan, l->data);
}

/* Nobody is left to read, nor will be. */
static void give_up(struct hq_scan *scan)
{
    for (unsigned i = 0; i < HQ_PARSERS_MAX; i++) {
        if (scan->parsers[i].expected)
            return;
    }
    g_queue_clear_full(&scan->suspects, hq_sent_free);
    scan->source = scan->sources->len;
}

void hq_scan_set_parser(struct hq_scan *scan, unsigned number, struct hq_channel *parser)
{
    g_assert(number < HQ_PARSERS_MAX);
    bury_all(scan, number);
    scan->parsers[number].channel = parser;
    scan->parsers[number].expected = parser != NULL;
    give_up(scan);
    wake(scan);
}

void hq_scan_parser_closed(struct hq_scan *scan, unsigned number)
{
    scan->parsers[number].channel = NULL;
}
