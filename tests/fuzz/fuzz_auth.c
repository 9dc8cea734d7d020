/* SPDX-License-Identifier: ISC */
/* libFuzzer: the authentication fields of a header, with the first Received field as boundary.
 * Whatever the bytes: nothing that names another host than the receiver's may be believed. */
#include "hopq/auth.h"
#include "hopq/decode.h"
#include "hopq/org.h"
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check(const struct hq_auth *row, const struct hq_detail *detail)
{
    static const char *const keys[] = {"client-ip", "helo", "envelope-from", "smtp.mailfrom"};
    g_autoptr(GString) value = g_string_new(NULL);

    g_assert(row->method && row->result && row->source == HQ_AUTH_CLAIMED);
    g_assert(row->trusted == HQ_NO || detail->hop_count > 0);
    if (row->trusted == HQ_YES && row->authserv) {
        g_autofree char *name = g_ascii_strdown(row->authserv, -1);

        g_assert(hq_org_same(name, "mx.receiver.example") || !strcmp(name, "mx.receiver.example"));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        hq_auth_property(row, keys[i], value);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct hq_headers headers;
    static struct hq_arena *arena;
    static struct hq_context *context;

    if (!arena) {
        hq_decode_init();
        hq_org_init();
        arena = hq_arena_new();
        context = hq_context_new();
    }
    hq_arena_reset(arena);
    hq_headers_scan(&headers, (const char *)bytes, n);

    const struct hq_field_span *received = hq_headers_find(&headers, "Received", 0);
    struct hq_hop hop = {.trust = HQ_TRUST_BOUNDARY, .by.name = "mx.receiver.example"};
    struct hq_detail detail = {0};

    if (received) {
        hop.offset = (int64_t)received->offset;
        hop.length = (int64_t)received->length;
        detail.hops = &hop;
        detail.hop_count = 1;
    }
    hq_auth_read(&headers, &detail, context, arena);
    g_assert(detail.auth_count <= HQ_AUTH_MAX + 1);
    for (uint32_t i = 0; i < detail.auth_count; i++)
        check(&detail.auth[i], &detail);
    return 0;
}
