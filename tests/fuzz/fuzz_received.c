/* SPDX-License-Identifier: ISC */
/* libFuzzer: one Received field. Whatever the bytes: an unparseable field yields no host and no
 * address, and an address is one. */
#include "hopq/arena.h"
#include "hopq/ip.h"
#include "hopq/received.h"
#include <glib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct hq_arena *arena;
    struct hq_hop hop;
    struct hq_ip ip;

    if (!arena)
        arena = hq_arena_new();
    hq_arena_reset(arena);
    hq_received_parse((const char *)bytes, n, &hop, arena);
    g_assert(hop.kind < HQ_HOP_KIND_COUNT);
    g_assert(!hop.from.ip || hq_ip_parse_str(hop.from.ip, &ip));
    if (hop.kind == HQ_HOP_UNPARSEABLE)
        g_assert(hop.problem && !hop.by.name && !hop.from.ip && !hop.from.name && !hop.from.helo);
    if (hop.kind == HQ_HOP_RELAY)
        g_assert(hop.from.ip);
    return 0;
}
