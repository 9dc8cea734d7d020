/* SPDX-License-Identifier: ISC */
/* libFuzzer: all that turns a message into text for people, on a whole message. */
#include "hopq/decode.h"
#include <stdint.h>
#include <string.h>

#define TEXT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void decode_fields(const struct hq_headers *headers, struct hq_arena *arena)
{
    struct hq_message message = {0};
    struct hq_detail detail = {0};

    hq_decode_summary(headers, &message, arena);
    hq_decode_headers(headers, &detail, arena);
    g_assert(detail.header_count == headers->count);
    for (unsigned i = 0; i < headers->count; i++)
        g_assert(hq_decode_addresses(&headers->fields[i], arena) != NULL);
}

static void decode_body(const char *text, size_t n, struct hq_arena *arena)
{
    struct hq_detail detail = {0};

    hq_decode_body(text, n, TEXT_MAX, &detail, arena);
    g_assert(detail.part_count <= 1000);
    for (unsigned i = 0; i < detail.part_count; i++) {
        g_assert(detail.parts[i].size >= 0 && (size_t)detail.parts[i].size <= n);
        g_assert(detail.parts[i].type != NULL);
    }
    g_assert(!detail.body || strlen(detail.body) <= 2 * TEXT_MAX); /* NUL takes two bytes */
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct hq_headers headers;
    static struct hq_arena *arena;

    if (!arena) {
        hq_decode_init();
        arena = hq_arena_new();
    }
    hq_arena_reset(arena);
    hq_headers_scan(&headers, (const char *)bytes, n);
    decode_fields(&headers, arena);
    decode_body((const char *)bytes, n, arena);
    return 0;
}
