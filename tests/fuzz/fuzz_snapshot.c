/* SPDX-License-Identifier: ISC */
/* A snapshot: whatever its objects hold, what is passed on can be sent to the front and decoded
 * there, and written as JSON. */
#include "spool/spools.h"
#include "spool_fuzz.h"

static void pass(struct hq_parse *parse, struct hq_message *message)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(GString) text = g_string_new(NULL);
    struct hq_arena *arena = hq_arena_new();
    struct hq_decoder *decoder = hq_decoder_new(arena);
    struct hq_json json;

    for (uint32_t i = 0; i < message->recipient_count; i++)
        if (message->recipients[i].reason && !message->recipients[i].reason->kind)
            __builtin_trap();
    hq_schema_encode(&hq_message_schema, message, bytes);
    const struct hq_message *copy =
        hq_decoder_read(decoder, &hq_message_schema, bytes->data, bytes->len);
    if (!copy || !copy->id || !copy->source)
        __builtin_trap();
    hq_json_init(&json, text);
    hq_schema_json(&hq_message_schema, copy, "message", &json);
    hq_decoder_free(decoder);
    hq_arena_free(arena);
    hq_arena_reset(parse->arena);
}

static void tell(struct hq_parse *parse, int64_t taken, const char *notice)
{
    (void)parse;
    if (notice && !*notice && taken == HQ_NONE)
        return;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hq_parse parse;
    struct hq_item item;

    if (!parse.arena)
        parse = (struct hq_parse){.context = hq_context_new(),
                                  .reasons = hq_reasons_new(),
                                  .arena = hq_arena_new(),
                                  .source = "snapshot:fuzz",
                                  .mta = "snapshot",
                                  .full = true,
                                  .pass = pass,
                                  .tell = tell};
    hq_item_init(&item);
    fuzz_file(&item, 0, data, size);
    hq_snapshot_parse(&parse, &item);
    return 0;
}
