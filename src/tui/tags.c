/* SPDX-License-Identifier: ISC */
/* Tags: a table of "source<NUL>id" to the arrival. */
#include "tui/tags.h"
#include <string.h>

struct hq_tags {
    GHashTable *arrivals; /* struct tag *, each its own key */
};

struct tag {
    const char *source; /* interned: there are few */
    const char *id;     /* stands behind SOURCE, or is the message's in a key that is looked up */
    int64_t arrived;
};

static guint tag_hash(gconstpointer key)
{
    return g_str_hash(((const struct tag *)key)->id);
}

static gboolean tag_equal(gconstpointer a, gconstpointer b)
{
    const struct tag *one = a, *two = b;
    return g_str_equal(one->id, two->id) && g_str_equal(one->source, two->source);
}

/* A key to look up with; its strings are the message's. */
static struct tag key_of(const struct hq_message *message)
{
    return (struct tag){.source = message->source ? message->source : "",
                        .id = message->id ? message->id : "",
                        .arrived = message->arrived};
}

struct hq_tags *hq_tags_new(void)
{
    struct hq_tags *tags = g_new(struct hq_tags, 1);
    tags->arrivals = g_hash_table_new_full(tag_hash, tag_equal, g_free, NULL);
    return tags;
}

void hq_tags_free(struct hq_tags *tags)
{
    if (!tags)
        return;
    g_hash_table_destroy(tags->arrivals);
    g_free(tags);
}

unsigned hq_tags_count(const struct hq_tags *tags)
{
    return g_hash_table_size(tags->arrivals);
}

bool hq_tags_has(const struct hq_tags *tags, const struct hq_message *message)
{
    const struct tag key = key_of(message);
    const struct tag *found =
        g_hash_table_size(tags->arrivals) ? g_hash_table_lookup(tags->arrivals, &key) : NULL;
    return found && found->arrived == message->arrived;
}

void hq_tags_set(struct hq_tags *tags, const struct hq_message *message, bool on)
{
    struct tag key = key_of(message);
    if (!on) {
        g_hash_table_remove(tags->arrivals, &key);
        return;
    }
    size_t n = strlen(key.id) + 1;
    struct tag *tag = g_malloc(sizeof *tag + n);
    *tag = (struct tag){g_intern_string(key.source), memcpy(tag + 1, key.id, n), key.arrived};
    g_hash_table_replace(tags->arrivals, tag, tag);
}

void hq_tags_clear(struct hq_tags *tags)
{
    g_hash_table_remove_all(tags->arrivals);
}

void hq_tags_drop(struct hq_tags *tags, const char *source, const char *id)
{
    const struct tag key = {.source = source, .id = id};
    g_hash_table_remove(tags->arrivals, &key);
}

static gboolean is_gone(gpointer key, G_GNUC_UNUSED gpointer value, gpointer data)
{
    const struct tag *tag = key;
    const struct hq_message *message = hq_snapshot_find(data, tag->source, tag->id);
    return !message || message->arrived != tag->arrived;
}

void hq_tags_keep(struct hq_tags *tags, const struct hq_snapshot *snapshot)
{
    g_hash_table_foreach_remove(tags->arrivals, is_gone, (gpointer)snapshot);
}

void hq_tags_collect(const struct hq_tags *tags, const struct hq_snapshot *snapshot, GPtrArray *out)
{
    for (guint i = 0; i < snapshot->messages->len; i++) {
        struct hq_message *message = snapshot->messages->pdata[i];
        if (hq_tags_has(tags, message) &&
            hq_snapshot_find(snapshot, message->source, message->id) == message)
            g_ptr_array_add(out, message);
    }
}
