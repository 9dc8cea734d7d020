/* SPDX-License-Identifier: ISC */
/* SPF checks in a zone of test lines. */
#ifndef HOPQ_TESTS_SPF_FIXTURE_H
#define HOPQ_TESTS_SPF_FIXTURE_H

#include "dns_fixture.h"
#include "hopq/spf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct fixture {
    struct zone *zone;
    struct hq_dns_cache *cache;
    struct hq_arena *arena;
    struct hq_spf spf;
};

static inline void setup(struct fixture *f, const char *const *lines, size_t count)
{
    f->zone = zone_new();
    f->cache = hq_dns_cache_new();
    f->arena = hq_arena_new();
    for (size_t i = 0; i < count; i++)
        zone_line(f->zone, lines[i]);
}

static inline void teardown(struct fixture *f)
{
    zone_free(f->zone);
    hq_dns_cache_free(f->cache);
    hq_arena_free(f->arena);
}

/* Replays the check until it is through; how many runs it took. */
static inline unsigned check_helo(struct fixture *f, const char *ip, const char *helo,
                                  const char *sender)
{
    unsigned runs = 1;
    while (!hq_spf_check(f->cache, ip, helo, sender, "mx.here.example", &f->spf, f->arena)) {
        assert_int_equal(f->spf.pending, HQ_YES);
        assert_true(zone_serve(f->zone, f->cache) > 0);
        assert_true(++runs < 100);
    }
    assert_int_equal(f->spf.pending, HQ_NO);
    return runs;
}

static inline unsigned check(struct fixture *f, const char *ip, const char *sender)
{
    return check_helo(f, ip, "helo.example", sender);
}

static inline bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

#endif
