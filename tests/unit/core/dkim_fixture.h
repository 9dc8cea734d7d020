/* SPDX-License-Identifier: ISC */
/* Messages verified in a zone of test lines, and a signer for messages of the tests' own. */
#ifndef HOPQ_TESTS_DKIM_FIXTURE_H
#define HOPQ_TESTS_DKIM_FIXTURE_H

#include "dns_fixture.h"
#include "hopq/decode.h"
#include "hopq/dkim.h"
#include "hopq/time.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct fixture {
    struct zone *zone;
    struct hq_dns_cache *cache;
    struct hq_arena *arena;
    GArray *rows;
    struct hq_dkim *dkim; /* of the message verified last */
    unsigned rounds;      /* of questions */
};

static inline void setup(struct fixture *f)
{
    hq_decode_init();
    *f = (struct fixture){.zone = zone_new(),
                          .cache = hq_dns_cache_new(),
                          .arena = hq_arena_new(),
                          .rows = g_array_new(FALSE, FALSE, sizeof(struct hq_auth))};
}

static inline void teardown(struct fixture *f)
{
    zone_free(f->zone);
    hq_dns_cache_free(f->cache);
    hq_arena_free(f->arena);
    g_array_free(f->rows, TRUE);
}

static inline const struct hq_auth *row(const struct fixture *f, unsigned i)
{
    assert_true(i < f->rows->len);
    return &g_array_index(f->rows, struct hq_auth, i);
}

static inline void assert_verdict(const struct fixture *f, unsigned i, const char *result,
                                  const char *words)
{
    const struct hq_auth *found = row(f, i);

    if (g_strcmp0(found->result, result) != 0 || !strstr(found->detail, words))
        print_message("row %u: %s: %s\n", i, found->result ? found->result : "(none)",
                      found->detail);
    assert_int_equal(g_strcmp0(found->result, result), 0);
    assert_non_null(strstr(found->detail, words));
    assert_int_equal(found->source, HQ_AUTH_COMPUTED);
}

/* Verifies all signatures of the N bytes of TEXT, ARC's chain with ARC, and replays until it is
 * through. */
static inline void verify_bytes(struct fixture *f, const char *text, size_t n, bool whole, bool arc)
{
    struct hq_headers headers = {0};
    struct hq_arc *chain = NULL;

    g_array_set_size(f->rows, 0);
    hq_headers_scan(&headers, text, n);
    if (arc)
        chain = hq_arc_read(&headers, text, n, whole, f->arena);
    else
        f->dkim = hq_dkim_read(&headers, text, n, whole, f->arena);
    hq_headers_clear(&headers);
    for (f->rounds = 0; arc ? chain && !hq_arc_verify(chain, f->cache, f->rows, f->arena)
                            : f->dkim && !hq_dkim_verify(f->dkim, f->cache, 1800000000 * HQ_SECOND,
                                                         f->rows, f->arena);
         f->rounds++) {
        assert_int_equal(f->rows->len, 0);
        assert_true(zone_serve(f->zone, f->cache) > 0);
        assert_true(f->rounds < 5);
    }
}

static inline void verify(struct fixture *f, const char *text)
{
    verify_bytes(f, text, strlen(text), true, false);
}

/* A copy with every OLD replaced by NEW; there is at least one. */
static inline char *changed(const char *text, const char *old, const char *new)
{
    g_auto(GStrv) parts = g_strsplit(text, old, -1);

    assert_true(g_strv_length(parts) > 1);
    return g_strjoinv(new, parts);
}

#endif
