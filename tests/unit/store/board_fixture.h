/* SPDX-License-Identifier: ISC */
/* An invented queue for the tests of the board. */
#ifndef TEST_BOARD_FIXTURE_H
#define TEST_BOARD_FIXTURE_H

#include "store/board.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const int64_t now = INT64_C(1795000000) * HQ_SECOND;
static struct hq_arena *arena;
static GPtrArray *messages;

static const struct hq_reason_kind throttled = {
    .code = 421, .category = HQ_CATEGORY_THROTTLED, .provider = "bt", .advice = "send slower"};
static const struct hq_reason slow_down = {.text = "421 Too many", .kind = &throttled};
static const struct hq_reason_kind refused = {.category = HQ_CATEGORY_NETWORK};
static const struct hq_reason no_route = {.text = "Connection refused", .kind = &refused};

static inline int setup(void **state)
{
    (void)state;
    arena = hq_arena_new();
    messages = g_ptr_array_new();
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    g_ptr_array_unref(messages);
    hq_arena_free(arena);
    return 0;
}

static inline struct hq_message *add_message(int64_t age)
{
    struct hq_message *message = hq_message_new(arena);
    message->arrived = now - age;
    message->size = 1000;
    g_ptr_array_add(messages, message);
    return message;
}

static inline struct hq_recipient *add_recipient(struct hq_message *message, const char *address,
                                                 enum hq_state state,
                                                 const struct hq_reason *reason)
{
    struct hq_recipient *recipient = hq_message_add_recipient(message, arena);
    recipient->address = address;
    recipient->state = state;
    recipient->reason = reason;
    return recipient;
}

#endif
