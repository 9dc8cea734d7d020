/* SPDX-License-Identifier: ISC */
/* A snapshot: all messages of one scan, with the arena they live in. */
#include "store/snapshot.h"
#include "store/rates.h"

static guint name_hash(gconstpointer key)
{
    const struct hq_message *message = key;
    return g_str_hash(message->id ? message->id : "");
}

/* The id decides nearly always, so it goes first; interned sources are mostly the same pointer. */
static gboolean name_equal(gconstpointer a, gconstpointer b)
{
    const struct hq_message *one = a;
    const struct hq_message *two = b;
    return g_strcmp0(one->id, two->id) == 0 &&
           (one->source == two->source || g_strcmp0(one->source, two->source) == 0);
}

struct hq_snapshot *hq_snapshot_new(void)
{
    struct hq_snapshot *snapshot = g_new0(struct hq_snapshot, 1);
    snapshot->ref_count = 1;
    snapshot->arena = hq_arena_new();
    snapshot->decoder = hq_decoder_new(snapshot->arena);
    snapshot->messages = g_ptr_array_new();
    snapshot->taken = hq_time_now();
    snapshot->notices = g_ptr_array_new_with_free_func(g_free);
    snapshot->index = g_hash_table_new(name_hash, name_equal);
    return snapshot;
}

struct hq_snapshot *hq_snapshot_ref(struct hq_snapshot *snapshot)
{
    snapshot->ref_count++;
    return snapshot;
}

void hq_snapshot_unref(struct hq_snapshot *snapshot)
{
    if (!snapshot || --snapshot->ref_count > 0)
        return;
    hq_logbook_free(snapshot->log);
    g_hash_table_unref(snapshot->index);
    g_ptr_array_unref(snapshot->notices);
    g_ptr_array_unref(snapshot->messages);
    hq_decoder_free(snapshot->decoder);
    hq_arena_free(snapshot->arena);
    g_free(snapshot);
}

static bool is_hidden(const struct hq_message *message)
{
    return message->problem_count && !message->sender && !message->recipient_count &&
           !message->from && !message->to && !message->subject && !message->message_id;
}

void hq_snapshot_add(struct hq_snapshot *snapshot, struct hq_message *message)
{
    g_assert(!snapshot->complete);
    g_ptr_array_add(snapshot->messages, message);
    g_hash_table_replace(snapshot->index, message, message);
    snapshot->recipients += message->recipient_count;
    snapshot->unreadable += is_hidden(message);
    snapshot->partial |= message->problem_count > 0;
}

void hq_snapshot_notice(struct hq_snapshot *snapshot, const char *text, bool lost)
{
    g_ptr_array_add(snapshot->notices, g_strdup(text));
    snapshot->partial |= lost;
}

const struct hq_message *hq_snapshot_find(const struct hq_snapshot *snapshot, const char *source,
                                          const char *id)
{
    const struct hq_message name = {.source = source, .id = id};
    return g_hash_table_lookup(snapshot->index, &name);
}
