/* SPDX-License-Identifier: ISC */
/* Sums over messages: each counts once, only what waits counts. */
#include "hopq/time.h"
#include "tui/totals.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW (1000 * HQ_DAY)

struct fixture {
    struct hq_arena *arena;
    GPtrArray *messages;
};

static struct hq_message *add(struct fixture *fixture)
{
    struct hq_message *message = hq_message_new(fixture->arena);
    g_ptr_array_add(fixture->messages, message);
    return message;
}

static void add_recipient(struct fixture *fixture, struct hq_message *message, enum hq_state state,
                          int64_t expires)
{
    struct hq_recipient *recipient = hq_message_add_recipient(message, fixture->arena);
    recipient->address = "a@b.example";
    recipient->state = (uint8_t)state;
    recipient->expires = expires;
}

static int set_up(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);
    fixture->arena = hq_arena_new();
    fixture->messages = g_ptr_array_new();
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    g_ptr_array_unref(fixture->messages);
    hq_arena_free(fixture->arena);
    g_free(fixture);
    return 0;
}

static void expect_totals(const struct fixture *fixture, const char *expected)
{
    g_autoptr(GString) text = g_string_new(NULL);
    struct hq_totals totals = hq_totals_count(fixture->messages, NOW);
    hq_totals_format(&totals, text);
    assert_string_equal(text->str, expected);
}

static void nothing_waits(void **state)
{
    struct fixture *fixture = *state;
    expect_totals(fixture, "");
    add(fixture); /* in a mailbox: no recipients */
    add_recipient(fixture, add(fixture), HQ_STATE_DELIVERED, NOW);
    add_recipient(fixture, add(fixture), HQ_STATE_FAILED, NOW);
    expect_totals(fixture, "");
}

static void a_message_counts_once(void **state)
{
    struct fixture *fixture = *state;
    struct hq_message *message = add(fixture);
    add_recipient(fixture, message, HQ_STATE_DELIVERED, NOW);
    add_recipient(fixture, message, HQ_STATE_HELD, NOW + 6 * HQ_HOUR);
    expect_totals(fixture, "waiting: 1 message, 1 recipient, 1 held");
    add_recipient(fixture, message, HQ_STATE_HELD, NOW + 6 * HQ_HOUR - 1);
    add_recipient(fixture, message, HQ_STATE_DEFERRED, NOW - HQ_DAY); /* overdue */
    add(fixture)->incomplete = HQ_YES;
    expect_totals(fixture, "waiting: 2 messages, 3 recipients, 1 held, 1 lost<6h");
}

static void expect_queues(const struct fixture *fixture, const char *expected)
{
    g_autoptr(GString) text = g_string_new(NULL);
    struct hq_totals totals = hq_totals_count(fixture->messages, NOW);
    hq_totals_queues(&totals, text);
    assert_string_equal(text->str, expected);
}

static void queues_by_size(void **state)
{
    struct fixture *fixture = *state;
    expect_queues(fixture, "");
    add(fixture);
    for (int i = 0; i < 12; i++) /* names that are equal but not the same */
        add(fixture)->queue = hq_arena_strdup(fixture->arena, i % 4 == 3 ? "hold"
                                                              : i        ? "deferred"
                                                                         : "active");
    expect_queues(fixture, "deferred 8, hold 3, active 1");
    for (int i = 0; i < 20; i++)
        add(fixture)->queue = hq_arena_printf(fixture->arena, "folder%d", i);
    add_recipient(fixture, add(fixture), HQ_STATE_DEFERRED, NOW);
    expect_queues(fixture, "lost<6h 1, deferred 8, hold 3, active 1, folder0 1, folder1 1, "
                           "folder2 1, folder3 1, folder4 1, others 15");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_message_counts_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(queues_by_size, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
