/* SPDX-License-Identifier: ISC */
/* Items and contexts in the form that travels between the processes. */
#include "proc/wire.h"

/* Slots behind the last one in use need not travel. */
static unsigned used_files(const struct hq_item *item)
{
    unsigned count = HQ_ITEM_FILES;

    while (count && item->files[count - 1].fd < 0 && !item->files[count - 1].error)
        count--;
    return count;
}

unsigned hq_wire_pack_item(struct hq_wire_item *wire, struct hq_item *item, int *fds,
                           struct hq_arena *arena)
{
    unsigned sent = 0;

    wire->queue = hq_arena_strdup(arena, item->queue);
    wire->id = hq_arena_strdup(arena, item->id);
    wire->ref = hq_arena_strdup(arena, item->ref);
    wire->listing = item->listing;
    wire->file_count = used_files(item);
    wire->files = hq_arena_alloc(arena, wire->file_count * sizeof *wire->files);
    for (unsigned i = 0; i < wire->file_count; i++) {
        struct hq_item_file *file = &item->files[i];
        wire->files[i] = (struct hq_wire_file){file->fd >= 0, file->error, file->size,
                                               file->mtime,   file->mode,  file->stamp};
        if (file->fd >= 0)
            fds[sent++] = file->fd;
        file->fd = -1;
    }
    return sent;
}

int hq_wire_unpack_item(struct hq_item *item, const struct hq_wire_item *wire, int *fds,
                        unsigned fd_count)
{
    unsigned taken = 0;

    *item = (struct hq_item){.queue = wire->queue ? wire->queue : "",
                             .id = wire->id ? wire->id : "",
                             .ref = wire->ref ? wire->ref : "",
                             .listing = wire->listing == HQ_YES};
    for (unsigned i = 0; i < HQ_ITEM_FILES; i++) {
        struct hq_item_file *file = &item->files[i];
        file->fd = -1;
        if (i >= wire->file_count)
            continue;
        file->error = (int32_t)wire->files[i].error;
        file->size = wire->files[i].size;
        file->mtime = wire->files[i].mtime;
        file->mode = (uint32_t)wire->files[i].mode;
        file->stamp = wire->files[i].stamp;
        if (wire->files[i].present != HQ_YES)
            continue;
        if (taken == fd_count)
            return -1;
        file->fd = fds[taken];
        fds[taken++] = -1;
    }
    return (int)taken;
}

static const char *format_network(const struct hq_network *network, struct hq_arena *arena)
{
    g_autofree char *text = hq_network_format(network);

    return hq_arena_strdup(arena, text);
}

static void pack_networks(struct hq_wire_source *wire, const struct hq_context *context,
                          struct hq_arena *arena)
{
    const char **trust = hq_arena_alloc(arena, context->trust->len * sizeof *trust);
    const char **egress = hq_arena_alloc(arena, context->egress->len * sizeof *egress);
    char buf[46];

    for (guint i = 0; i < context->trust->len; i++)
        trust[i] = format_network(&g_array_index(context->trust, struct hq_network, i), arena);
    for (guint i = 0; i < context->egress->len; i++)
        egress[i] = hq_arena_strdup(
            arena, hq_ip_format(&g_array_index(context->egress, struct hq_ip, i), buf));
    wire->trust = trust;
    wire->trust_count = context->trust->len;
    wire->egress = egress;
    wire->egress_count = context->egress->len;
}

static void pack_settings(struct hq_wire_source *wire, const struct hq_context *context,
                          struct hq_arena *arena)
{
    const char **settings =
        hq_arena_alloc(arena, sizeof *settings * 2 * g_hash_table_size(context->mta));
    GHashTableIter iter;
    gpointer name;
    gpointer value;

    wire->settings = settings;
    g_hash_table_iter_init(&iter, context->mta);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        settings[wire->setting_count++] = hq_arena_strdup(arena, name);
        settings[wire->setting_count++] = hq_arena_strdup(arena, value);
    }
}

void hq_wire_pack_context(struct hq_wire_source *wire, const struct hq_context *context,
                          struct hq_arena *arena)
{
    const char **our = hq_arena_alloc(arena, context->our->len * sizeof *our);

    for (guint i = 0; i < context->our->len; i++)
        our[i] = hq_arena_strdup(arena, context->our->pdata[i]);
    wire->our = our;
    wire->our_count = context->our->len;
    wire->hostname = hq_arena_strdup(arena, context->hostname);
    wire->now = context->now;
    pack_networks(wire, context, arena);
    pack_settings(wire, context, arena);
}

struct hq_context *hq_wire_unpack_context(const struct hq_wire_source *wire)
{
    struct hq_context *context = hq_context_new();

    context->now = wire->now;
    g_free(context->hostname);
    context->hostname = g_strdup(wire->hostname);
    for (uint32_t i = 0; i < wire->our_count; i++)
        hq_context_add_our(context, wire->our[i]);
    for (uint32_t i = 0; i < wire->trust_count; i++)
        hq_context_add_trust(context, wire->trust[i]);
    for (uint32_t i = 0; i < wire->egress_count; i++)
        hq_context_add_egress(context, wire->egress[i]);
    for (uint32_t i = 0; i + 1 < wire->setting_count; i += 2)
        g_hash_table_replace(context->mta, g_strdup(wire->settings[i]),
                             g_strdup(wire->settings[i + 1]));
    return context;
}
