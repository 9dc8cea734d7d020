/* SPDX-License-Identifier: ISC */
/* Dump: chooses, orders and counts what is to be printed, and the table of formats. */
#include "dump/dump_internal.h"
#include "hopq/error.h"
#include <string.h>

struct format {
    const char *name;
    void (*snapshot)(struct hq_dump *dump);
    /* NULL where the format has no form for it. */
    void (*reasons)(const GPtrArray *reasons, const struct hq_dump_options *options,
                    struct hq_sink *sink);
    void (*spf)(const struct hq_spf *spf, const struct hq_dump_options *options,
                struct hq_sink *sink);
};

static const struct format formats[] = {
    {"text", hq_dump_text_snapshot, hq_dump_text_reasons, hq_dump_text_spf},
    {"json", hq_dump_json_snapshot, hq_dump_json_reasons, hq_dump_json_spf},
    {"ndjson", hq_dump_ndjson_snapshot, hq_dump_ndjson_reasons, hq_dump_json_spf},
    {"prometheus", hq_dump_prometheus_snapshot, NULL, NULL},
};

int hq_dump_format_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++)
        if (strcmp(formats[i].name, name) == 0)
            return (int)i;
    return -1;
}

char *hq_dump_format_names(void)
{
    GString *names = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++)
        g_string_append_printf(names, "%s%s", i ? ", " : "", formats[i].name);
    return g_string_free(names, FALSE);
}

static const struct format *format_of(const struct hq_dump_options *options)
{
    g_assert(options->format >= 0 && options->format < (int)G_N_ELEMENTS(formats));
    return &formats[options->format];
}

/* ---- choosing and counting ---- */

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(((const struct hq_dump_queue *)a)->name, ((const struct hq_dump_queue *)b)->name);
}

/* Queues are few; folders of a mailbox can be many, so they are counted in a hash table. */
static GArray *count_queues(const GPtrArray *messages)
{
    g_autoptr(GHashTable) counts = g_hash_table_new(g_str_hash, g_str_equal);
    GArray *queues = g_array_new(FALSE, FALSE, sizeof(struct hq_dump_queue));
    GHashTableIter iter;
    gpointer key, count;

    for (unsigned i = 0; i < messages->len; i++) {
        const struct hq_message *message = messages->pdata[i];
        char *name = (char *)(message->queue ? message->queue : "");
        count = g_hash_table_lookup(counts, name);
        g_hash_table_insert(counts, name, GUINT_TO_POINTER(GPOINTER_TO_UINT(count) + 1));
    }
    g_hash_table_iter_init(&iter, counts);
    while (g_hash_table_iter_next(&iter, &key, &count)) {
        struct hq_dump_queue queue = {key, GPOINTER_TO_UINT(count)};
        g_array_append_val(queues, queue);
    }
    g_array_sort(queues, by_name);
    return queues;
}

static bool expires_soon(const struct hq_message *message, int64_t now)
{
    for (uint32_t i = 0; i < message->recipient_count; i++)
        if (hq_recipient_waits(&message->recipients[i]) &&
            hq_recipient_expires_soon(&message->recipients[i], now))
            return true;
    return false;
}

/* Runs beside the writing of rows: both only read the messages. */
static gpointer group_messages(gpointer data)
{
    struct hq_dump *dump = data;
    const struct hq_dump_options *options = dump->options;

    dump->board = hq_board_new_by(dump->all, options->now, options->group_by);
    if (options->base)
        /* all messages, not those that the filter left, or the rest would seem to have gone */
        hq_trend_base_compare(options->base, dump->snapshot->messages, options->now);
    hq_board_set_trends(dump->board, dump->snapshot->log, options->base);
    return NULL;
}

void hq_dump_await_board(struct hq_dump *dump)
{
    if (dump->grouping)
        g_thread_join(dump->grouping);
    dump->grouping = NULL;
}

static void count_message(struct hq_dump *dump, const struct hq_message *message)
{
    dump->recipients += message->recipient_count;
    if (message->size > 0 && __builtin_add_overflow(dump->bytes, message->size, &dump->bytes))
        dump->bytes = INT64_MAX;
    dump->expiring_6h += expires_soon(message, dump->options->now);
}

static void choose(struct hq_dump *dump)
{
    const struct hq_dump_options *options = dump->options;
    const GPtrArray *all = dump->snapshot->messages;

    dump->all = g_ptr_array_sized_new(all->len);
    for (unsigned i = 0; i < all->len; i++) {
        struct hq_message *message = all->pdata[i];
        if (!hq_filter_match(options->filter, message, options->now))
            continue;
        g_ptr_array_add(dump->all, message);
        count_message(dump, message);
    }
    dump->matched = dump->all->len;
    dump->queues = count_queues(dump->all);
    /* Sorted first: several parsers send messages in any order, and which one stands for a group
     * must not depend on that. */
    if (options->order)
        hq_order_sort(options->order, dump->all, options->now);
    dump->messages = g_ptr_array_copy(dump->all, NULL, NULL);
    if (options->limit && options->limit < dump->messages->len)
        g_ptr_array_set_size(dump->messages, (int)options->limit);
    if (options->group || options->no_list)
        g_ptr_array_set_size(dump->messages, 0);
    dump->grouping = g_thread_try_new("hopq-board", group_messages, dump, NULL);
    if (!dump->grouping)
        group_messages(dump);
}

static void fill_result(const struct hq_dump *dump, struct hq_dump_result *result)
{
    result->matched = dump->matched;
    result->listed = dump->messages->len;
    result->partial = dump->snapshot->partial || !dump->snapshot->complete;
    result->worst = -1;
    const GPtrArray *judged = dump->options->group ? dump->all : dump->messages;
    for (unsigned i = 0; i < judged->len; i++) {
        const struct hq_message *message = judged->pdata[i];
        const struct hq_detail *detail = message->detail;
        for (uint32_t k = 0; detail && k < detail->finding_count; k++)
            result->worst = MAX(result->worst, detail->findings[k].severity);
    }
}

bool hq_dump_snapshot(const struct hq_snapshot *snapshot, const struct hq_dump_options *options,
                      int fd, struct hq_dump_result *result, GError **error)
{
    struct hq_sink sink;
    struct hq_dump dump = {.snapshot = snapshot, .options = options, .sink = &sink};

    hq_sink_init(&sink, fd);
    hq_schema_init(&hq_detail_schema, &dump.no_detail);
    choose(&dump);
    if (result)
        fill_result(&dump, result);
    format_of(options)->snapshot(&dump);
    hq_dump_await_board(&dump);
    hq_board_free(dump.board);
    g_array_unref(dump.queues);
    g_ptr_array_unref(dump.all);
    g_ptr_array_unref(dump.messages);
    return hq_sink_finish(&sink, error);
}

static bool no_form(const struct hq_dump_options *options, const char *what, GError **error)
{
    hq_error_set(error, HQ_EXIT_USAGE, 0, what, format_of(options)->name,
                 "this format has no form for it");
    return false;
}

bool hq_dump_reasons(const GPtrArray *reasons, const struct hq_dump_options *options, int fd,
                     GError **error)
{
    struct hq_sink sink;

    if (!format_of(options)->reasons)
        return no_form(options, "explain", error);
    hq_sink_init(&sink, fd);
    format_of(options)->reasons(reasons, options, &sink);
    return hq_sink_finish(&sink, error);
}

bool hq_dump_spf(const struct hq_spf *spf, const struct hq_dump_options *options, int fd,
                 GError **error)
{
    struct hq_sink sink;

    if (!format_of(options)->spf)
        return no_form(options, "spf", error);
    hq_sink_init(&sink, fd);
    format_of(options)->spf(spf, options, &sink);
    return hq_sink_finish(&sink, error);
}
