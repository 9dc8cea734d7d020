/* SPDX-License-Identifier: ISC */
/* The library without the processes: sources in, the same NDJSON out as "hopq --dump=ndjson" makes,
 * in one process, with no privileges, DNS from a table or off.
 *
 * harness [--full] [--zone FILE] [--our DOMAIN]... [--egress IP]... SOURCE... */
#include "dump/dump.h"
#include "hopq/reader.h"
#include "unit/core/dns_fixture.h"
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct harness {
    gboolean full;
    char *zone_file;
    char **our;
    char **egress;
    struct zone *zone;
    struct hq_dns_cache *cache;
    struct hq_snapshot *snapshot;
    GByteArray *bytes;
};

static void fail(const char *what, const GError *error)
{
    fprintf(stderr, "harness: %s: %s\n", what, error ? error->message : "failed");
    exit(EXIT_FAILURE);
}

/* Messages live as long as the call: they reach the snapshot as they do in hopq, over the wire. */
static void deliver(const struct hq_message *message, void *tag, bool last, void *data)
{
    struct harness *harness = data;

    (void)tag;
    (void)last;
    g_byte_array_set_size(harness->bytes, 0);
    hq_schema_encode(&hq_message_schema, message, harness->bytes);
    struct hq_message *copy = hq_decoder_read(harness->snapshot->decoder, &hq_message_schema,
                                              harness->bytes->data, harness->bytes->len);
    if (!copy)
        fail("decode", NULL);
    hq_snapshot_add(harness->snapshot, copy);
}

static void tell(int64_t taken, const char *notice, void *data)
{
    struct harness *harness = data;

    if (taken != HQ_NONE)
        hq_time_stand_at(taken);
    if (notice)
        hq_snapshot_notice(harness->snapshot, notice, true);
}

static void read_zone(struct harness *harness)
{
    g_autofree char *text = NULL;
    GError *error = NULL;

    harness->zone = zone_new();
    if (!harness->zone_file)
        return;
    if (!g_file_get_contents(harness->zone_file, &text, NULL, &error))
        fail("read zone", error);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (unsigned i = 0; lines[i]; i++) {
        if (*lines[i] && *lines[i] != '#')
            zone_line(harness->zone, lines[i]);
    }
}

static struct hq_context *make_context(const struct harness *harness)
{
    struct hq_context *context = hq_context_new();

    context->now = hq_time_now();
    for (unsigned i = 0; harness->our && harness->our[i]; i++)
        hq_context_add_our(context, harness->our[i]);
    for (unsigned i = 0; harness->egress && harness->egress[i]; i++)
        hq_context_add_egress(context, harness->egress[i]);
    return context;
}

static void read_source(struct harness *harness, const char *text)
{
    GError *error = NULL;
    const char *path;
    const struct hq_spool *spool = hq_spool_resolve(text, &path, &error);
    struct hq_layout *layout = spool ? spool->layout->open(path, &error) : NULL;
    if (!layout)
        fail(text, error);
    g_autofree char *name = g_strdup_printf("%s:%s", spool->scheme, path);
    struct hq_context *context = make_context(harness);
    struct hq_reader *reader = hq_reader_new(context, harness->cache, deliver, harness);
    struct hq_read_request request = {
        .spool = spool, .source = name, .full = harness->full, .tell = tell};
    struct hq_item item = {0};

    if (spool->layout->configure)
        spool->layout->configure(layout, context);
    spool->layout->rewind(layout);
    while (spool->layout->next(layout, &item)) {
        hq_reader_read(reader, &request, &item);
        hq_item_close(&item);
        while (zone_serve(harness->zone, harness->cache))
            hq_reader_wake(reader);
    }
    hq_reader_free(reader);
    hq_context_free(context);
    spool->layout->close(layout);
}

int main(int argc, char **argv)
{
    struct harness harness = {0};
    const GOptionEntry entries[] = {
        {"full", 0, 0, G_OPTION_ARG_NONE, &harness.full, NULL, NULL},
        {"zone", 0, 0, G_OPTION_ARG_FILENAME, &harness.zone_file, NULL, NULL},
        {"our", 0, 0, G_OPTION_ARG_STRING_ARRAY, &harness.our, NULL, NULL},
        {"egress", 0, 0, G_OPTION_ARG_STRING_ARRAY, &harness.egress, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) options = g_option_context_new("SOURCE...");
    GError *error = NULL;

    setlocale(LC_ALL, "");
    g_option_context_add_main_entries(options, entries, NULL);
    if (!g_option_context_parse(options, &argc, &argv, &error))
        fail("options", error);
    hq_reader_init();
    read_zone(&harness);
    harness.cache = hq_dns_cache_new();
    if (!harness.zone_file) /* as with --dns=off */
        hq_dns_cache_close(harness.cache, HQ_DNS_OFF);
    harness.snapshot = hq_snapshot_new();
    harness.bytes = g_byte_array_new();
    for (int i = 1; i < argc; i++)
        read_source(&harness, argv[i]);
    harness.snapshot->complete = true;
    struct hq_order *order = hq_order_parse(NULL, NULL);
    struct hq_dump_options dump = {.format = hq_dump_format_find("ndjson"),
                                   .full = harness.full,
                                   .order = order,
                                   .now = hq_time_now(),
                                   .took = HQ_NONE};
    if (!hq_dump_snapshot(harness.snapshot, &dump, STDOUT_FILENO, NULL, &error))
        fail("write", error);
    hq_order_free(order);
    g_strfreev(harness.our);
    g_strfreev(harness.egress);
    g_free(harness.zone_file);
    hq_snapshot_unref(harness.snapshot);
    hq_dns_cache_free(harness.cache);
    zone_free(harness.zone);
    g_byte_array_free(harness.bytes, TRUE);
    return EXIT_SUCCESS;
}
