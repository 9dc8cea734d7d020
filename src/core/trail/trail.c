/* SPDX-License-Identifier: ISC */
/* The trail: the Received fields as hops, newest first; then the steps that judge them. */
#include "hopq/trail.h"
#include "hopq/received.h"
#include "trail.h"

static unsigned count_received(const struct hq_headers *headers)
{
    unsigned count = 0;

    for (unsigned i = 0; i < headers->count; i++)
        count += hq_field_is(&headers->fields[i], "Received");
    return count;
}

static void collect(struct trail *trail)
{
    const struct hq_headers *headers = trail->headers;
    struct hq_detail *detail = trail->detail;
    uint32_t n = 0;

    detail->hop_count = count_received(headers);
    detail->hops = hq_arena_alloc(trail->arena, detail->hop_count * sizeof *detail->hops);
    for (unsigned i = 0; i < headers->count; i++) {
        const struct hq_field_span *field = &headers->fields[i];

        if (!hq_field_is(field, "Received"))
            continue;
        struct hq_hop *hop = &detail->hops[n];
        hq_received_parse(field->value, field->value_length, hop, trail->arena);
        hop->n = n++;
        hop->raw = hq_arena_dup(trail->arena, field->value, field->value_length);
        hop->offset = (int64_t)field->offset;
        hop->length = (int64_t)field->length;
    }
}

void hq_trail_build(const struct hq_headers *headers, const struct hq_message *message,
                    const struct hq_context *context, struct hq_detail *detail,
                    struct hq_arena *arena)
{
    struct trail trail = {headers, message, context, detail, arena};

    collect(&trail);
    hq_trail_find_boundary(&trail);
    hq_trail_find_links(&trail);
    hq_trail_find_times(&trail);
    hq_trail_find_origin(&trail);
    hq_trail_find_findings(&trail);
}

const struct hq_hop *hq_trail_boundary(const struct hq_detail *detail)
{
    for (uint32_t i = 0; i < detail->hop_count; i++) {
        if (detail->hops[i].trust == HQ_TRUST_BOUNDARY)
            return &detail->hops[i];
    }
    return NULL;
}
