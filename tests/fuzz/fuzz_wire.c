/* SPDX-License-Identifier: ISC */
/* Any bytes from another of our processes, which strangers may have taken over. An even first byte:
 * a record of the schema that it chooses; what is decoded is written and read again the same. An
 * odd one: what comes out of a channel's socket, in pieces of that many bytes. */
#include "hopq/detail.h"
#include "hopq/history.h"
#include "hopq/message.h"
#include "proc/wire.h"
#include "proc/wire_act.h"
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct hq_schema *const schemas[] = {
    &hq_message_schema,       &hq_detail_schema,      &hq_history_schema,
    &hq_rate_schema,          &hq_spf_schema,         &hq_wire_text_schema,
    &hq_wire_number_schema,   &hq_wire_source_schema, &hq_wire_refusal_schema,
    &hq_wire_scan_schema,     &hq_wire_item_schema,   &hq_wire_batch_schema,
    &hq_wire_question_schema, &hq_wire_log_schema,    &hq_wire_check_schema,
    &hq_wire_result_schema,   &hq_wire_ways_schema,   &hq_wire_change_schema,
    &hq_wire_changed_schema,
};

/* Numbers that do not fit are lost the first time, nothing is the second. */
static void read_record(const struct hq_schema *schema, const uint8_t *bytes, size_t n)
{
    struct hq_arena *arena = hq_arena_new();
    struct hq_decoder *decoder = hq_decoder_new(arena);
    g_autoptr(GByteArray) once = g_byte_array_new(), twice = g_byte_array_new();
    g_autoptr(GString) text = g_string_new(NULL);
    struct hq_json json;
    void *record = hq_decoder_read(decoder, schema, bytes, n);

    if (record) {
        hq_schema_encode(schema, record, once);
        record = hq_decoder_read(decoder, schema, once->data, once->len);
        g_assert(record);
        hq_schema_encode(schema, record, twice);
        g_assert(once->len == twice->len && memcmp(once->data, twice->data, once->len) == 0);
        hq_json_init(&json, text);
        hq_schema_json(schema, record, "any", &json);
        g_assert(g_utf8_validate(text->str, (gssize)text->len, NULL));
    }
    hq_decoder_free(decoder);
    hq_arena_free(arena);
}

static void use_batch(const struct hq_wire_batch *batch, struct hq_frame *frame)
{
    unsigned taken = 0;

    for (uint32_t i = 0; i < batch->item_count; i++) {
        struct hq_item item;
        int n = hq_wire_unpack_item(&item, &batch->items[i], frame->fds + taken,
                                    frame->fd_count - taken);
        hq_item_close(&item);
        if (n < 0)
            return;
        taken += (unsigned)n;
    }
}

static void on_frame(struct hq_channel *channel, struct hq_frame *frame, void *data)
{
    struct hq_arena *arena = hq_arena_new();
    struct hq_wire_batch *batch = hq_frame_record(frame, &hq_wire_batch_schema, arena);
    struct hq_wire_source *source = hq_frame_record(frame, &hq_wire_source_schema, arena);

    (void)channel;
    if (frame->blob_length) /* every byte of it is there */
        g_assert(memrchr(frame->blob, 0, frame->blob_length) != frame->blob + frame->blob_length);
    if (batch)
        use_batch(batch, frame);
    if (source)
        hq_context_free(hq_wire_unpack_context(source));
    hq_arena_free(arena);
    ++*(unsigned *)data;
}

static void on_closed(struct hq_channel *channel, void *data)
{
    (void)channel;
    *(unsigned *)data = UINT_MAX;
}

static void read_stream(const uint8_t *bytes, size_t n, size_t piece)
{
    static const struct hq_channel_events events = {on_frame, on_closed, true};
    unsigned frames = 0;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        __builtin_trap();
    struct hq_channel *channel = hq_channel_new(ends[0], &events, &frames);
    for (size_t at = 0; at < n && frames != UINT_MAX; at += piece) {
        if (send(ends[1], bytes + at, MIN(piece, n - at), MSG_NOSIGNAL) <= 0)
            break;
        while (g_main_context_iteration(NULL, FALSE))
            ;
    }
    close(ends[1]);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_assert(frames == UINT_MAX); /* it has closed, by what it read or with us */
    hq_channel_free(channel);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] % 2)
        read_stream(data + 1, size - 1, data[0] == 1 ? size : data[0]);
    else
        read_record(schemas[data[0] / 2 % G_N_ELEMENTS(schemas)], data + 1, size - 1);
    return 0;
}
