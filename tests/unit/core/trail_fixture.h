/* SPDX-License-Identifier: ISC */
/* A message that is a header only, its trail, and the findings in it: for the tests of trails. */
#ifndef HOPQ_TESTS_TRAIL_FIXTURE_H
#define HOPQ_TESTS_TRAIL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hopq/arena.h"
#include "hopq/org.h"
#include "hopq/trail.h"
#include <string.h>

struct world {
    struct hq_arena *arena;
    struct hq_context *context;
    struct hq_headers headers;
    struct hq_message message;
    struct hq_detail detail;
};

static inline int set_up(void **state)
{
    struct world *world = g_new0(struct world, 1);

    hq_org_init();
    world->arena = hq_arena_new();
    world->context = hq_context_new();
    world->context->now = INT64_C(1790860000) * HQ_SECOND;
    world->message.mta = "eml";
    *state = world;
    return 0;
}

static inline int tear_down(void **state)
{
    struct world *world = *state;

    hq_headers_clear(&world->headers);
    hq_context_free(world->context);
    hq_arena_free(world->arena);
    g_free(world);
    return 0;
}

static inline void build(struct world *world, const char *block)
{
    hq_headers_scan(&world->headers, block, strlen(block));
    world->detail = (struct hq_detail){0};
    hq_trail_build(&world->headers, &world->message, world->context, &world->detail, world->arena);
}

static inline const struct hq_finding *finding(const struct world *world, const char *id)
{
    for (uint32_t i = 0; i < world->detail.finding_count; i++) {
        if (strcmp(world->detail.findings[i].id, id) == 0)
            return &world->detail.findings[i];
    }
    return NULL;
}

#endif
