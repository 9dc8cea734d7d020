/* SPDX-License-Identifier: ISC */
/* libFuzzer: a message behind a key record (up to the first NUL); its signatures and its ARC chain
 * are verified with that key, its From and the record as one of DMARC are read. */
#include "../unit/core/dns_fixture.h"
#include "hopq/arena.h"
#include "hopq/decode.h"
#include "hopq/dkim.h"
#include "hopq/dmarc.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Whatever is asked for, the answer is RECORD. */
static void answer(struct hq_dns_cache *cache, const char *record)
{
    const char *name;
    enum hq_dns_type type;

    while (hq_dns_cache_take_question(cache, &name, &type)) {
        struct zone *zone = zone_new();
        g_autofree char *owner = g_strdup(name);

        zone_txt(zone, owner, record);
        zone_answer(zone, cache, owner, type);
        zone_free(zone);
    }
}

static void verify(const char *text, size_t n, const char *record, struct hq_arena *arena)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(struct hq_auth));
    struct hq_dns_cache *cache = hq_dns_cache_new();
    struct hq_headers headers = {0};

    hq_headers_scan(&headers, text, n);

    struct hq_dkim *dkim = hq_dkim_read(&headers, text, n, true, arena);
    struct hq_arc *arc = hq_arc_read(&headers, text, n, true, arena);

    hq_headers_clear(&headers);
    while (dkim && !hq_dkim_verify(dkim, cache, 0, rows, arena))
        answer(cache, record);
    g_assert(!dkim || (rows->len > 0 && rows->len <= HQ_DKIM_MAX + 1));
    while (arc && !hq_arc_verify(arc, cache, rows, arena))
        answer(cache, record);
    hq_dns_cache_free(cache);
}

static void read_author(const char *text, size_t n, struct hq_arena *arena)
{
    struct hq_headers headers = {0};
    struct hq_detail detail = {0};
    const char *problem;

    hq_headers_scan(&headers, text, n);
    hq_decode_headers(&headers, &detail, arena);

    const char *domain = hq_dmarc_author(&detail, &problem, arena);

    g_assert((domain != NULL) == (problem == NULL));
    hq_headers_clear(&headers);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct hq_arena *arena;
    const uint8_t *end = memchr(bytes, 0, n);
    struct hq_dmarc_record record;

    if (!end)
        return 0;
    if (!arena) {
        hq_decode_init();
        arena = hq_arena_new();
    }
    hq_arena_reset(arena);

    size_t length = (size_t)(end - bytes);
    g_autofree char *key = g_strndup((const char *)bytes, MIN(length, 1000));

    hq_dmarc_record_read((const char *)bytes, length, &record);
    verify((const char *)end + 1, n - length - 1, key, arena);
    read_author((const char *)end + 1, n - length - 1, arena);
    return 0;
}
