/* SPDX-License-Identifier: ISC */
/* Postfix's retry arithmetic, against its formula run forwards. */
#include "hopq/arena.h"
#include "hopq/schedule.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define ARRIVED (1700000000 * HQ_SECOND)

static struct hq_message *new_message(struct hq_arena *arena, enum hq_state state)
{
    struct hq_message *message = hq_message_new(arena);
    message->arrived = ARRIVED;
    message->sender = "a@b.example";
    hq_message_add_recipient(message, arena)->state = (uint8_t)state;
    return message;
}

/* qmgr_active.c: delay after a failed attempt. */
static int64_t postfix_delay(int64_t attempt, int64_t min, int64_t max)
{
    return CLAMP(attempt - ARRIVED, min, max);
}

static void set(struct hq_context *context, const char *name, const char *value)
{
    g_hash_table_replace(context->mta, g_strdup(name), g_strdup(value));
}

static void test_inverse_of_formula(void **state)
{
    (void)state;
    static const int64_t lags[] = {0, 7, 120, 299};
    for (unsigned lag = 0; lag < G_N_ELEMENTS(lags); lag++) {
        struct hq_arena *arena = hq_arena_new();
        struct hq_context *context = hq_context_new();
        int64_t attempt = ARRIVED;
        for (int n = 1; n < 100; n++) {
            int64_t mtime = attempt + postfix_delay(attempt, 300 * HQ_SECOND, 4000 * HQ_SECOND);
            struct hq_message *message = new_message(arena, HQ_STATE_DEFERRED);
            hq_schedule_postfix(message, mtime, HQ_NONE, context);
            assert_int_equal(message->recipients[0].next_attempt, mtime);
            assert_int_equal(message->recipients[0].last_attempt, attempt);
            assert_int_equal(message->recipients[0].expires, ARRIVED + 5 * HQ_DAY);
            if (lags[lag] == 0)
                assert_int_equal(message->recipients[0].attempts, n);
            attempt = mtime + lags[lag] * HQ_SECOND; /* the next scan of the queue */
        }
        hq_context_free(context);
        hq_arena_free(arena);
    }
}

/* Attempts at irregular scans, as a live queue made them: seconds since arrival. */
static void test_attempts_with_scan_delay(void **state)
{
    (void)state;
    static const int64_t tries[] = {0, 4, 10, 19, 37, 73, 112};
    struct hq_arena *arena = hq_arena_new();
    struct hq_context *context = hq_context_new();
    set(context, "minimal_backoff_time", "5s");
    set(context, "maximal_backoff_time", "40");
    set(context, "maximal_queue_lifetime", "150s");
    for (unsigned i = 0; i < G_N_ELEMENTS(tries); i++) {
        int64_t attempt = ARRIVED + tries[i] * HQ_SECOND;
        struct hq_message *message = new_message(arena, HQ_STATE_DEFERRED);
        hq_schedule_postfix(message,
                            attempt + postfix_delay(attempt, 5 * HQ_SECOND, 40 * HQ_SECOND),
                            HQ_NONE, context);
        assert_int_equal(message->recipients[0].last_attempt, attempt);
        assert_int_equal(message->recipients[0].attempts, i + 1);
        assert_int_equal(message->recipients[0].expires, ARRIVED + 150 * HQ_SECOND);
    }
    hq_context_free(context);
    hq_arena_free(arena);
}

static void test_defer_log_beats_formula(void **state)
{
    (void)state;
    struct hq_arena *arena = hq_arena_new();
    struct hq_context *context = hq_context_new();
    struct hq_message *message = new_message(arena, HQ_STATE_DEFERRED);
    hq_schedule_postfix(message, ARRIVED + 600 * HQ_SECOND, ARRIVED + 304 * HQ_SECOND, context);
    assert_int_equal(message->recipients[0].last_attempt, ARRIVED + 304 * HQ_SECOND);
    assert_int_equal(message->recipients[0].attempts, 2);
    hq_context_free(context);
    hq_arena_free(arena);
}

static void test_not_deferred_and_bounce(void **state)
{
    (void)state;
    struct hq_arena *arena = hq_arena_new();
    struct hq_context *context = hq_context_new();
    set(context, "bounce_queue_lifetime", "1");
    struct hq_message *message = new_message(arena, HQ_STATE_QUEUED);
    message->sender = "";
    hq_schedule_postfix(message, HQ_NONE, HQ_NONE, context);
    assert_int_equal(message->recipients[0].expires, ARRIVED + HQ_DAY);
    assert_int_equal(message->recipients[0].next_attempt, HQ_NONE);
    assert_int_equal(message->recipients[0].attempts, HQ_NONE);
    hq_context_free(context);
    hq_arena_free(arena);
}

static void test_only_those_that_wait(void **state)
{
    (void)state;
    struct hq_arena *arena = hq_arena_new();
    struct hq_context *context = hq_context_new();
    struct hq_message *message = new_message(arena, HQ_STATE_DELIVERED);
    hq_message_add_recipient(message, arena)->state = HQ_STATE_HELD;
    hq_message_add_recipient(message, arena)->state = HQ_STATE_DEFERRED;
    hq_schedule_postfix(message, ARRIVED + 600 * HQ_SECOND, HQ_NONE, context);
    assert_int_equal(message->recipients[0].expires, HQ_NONE);
    assert_int_equal(message->recipients[1].next_attempt, HQ_NONE);
    assert_int_equal(message->recipients[2].next_attempt, ARRIVED + 600 * HQ_SECOND);
    hq_context_free(context);
    hq_arena_free(arena);
}

static void test_absurd_values(void **state)
{
    (void)state;
    static const int64_t times[] = {HQ_NONE, INT64_MIN + 1, -1,       0, 1,
                                    ARRIVED, INT64_MAX - 1, INT64_MAX};
    static const char *const settings[] = {"0", "0s", "-5",         "99999999999999999999d",
                                           "x", "",   "1000000000d"};
    struct hq_arena *arena = hq_arena_new();
    for (unsigned s = 0; s < G_N_ELEMENTS(settings); s++) {
        struct hq_context *context = hq_context_new();
        set(context, "minimal_backoff_time", settings[s]);
        set(context, "maximal_backoff_time", settings[s]);
        set(context, "maximal_queue_lifetime", settings[s]);
        for (unsigned i = 0; i < G_N_ELEMENTS(times); i++)
            for (unsigned k = 0; k < G_N_ELEMENTS(times); k++) {
                struct hq_message *message = new_message(arena, HQ_STATE_DEFERRED);
                message->arrived = times[i];
                hq_schedule_postfix(message, times[k], times[G_N_ELEMENTS(times) - 1 - k], context);
                assert_int_equal(message->recipients[0].next_attempt, times[k]);
                int64_t attempts = message->recipients[0].attempts;
                assert_true(attempts == HQ_NONE || attempts >= 1);
            }
        hq_context_free(context);
    }
    hq_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inverse_of_formula),
        cmocka_unit_test(test_attempts_with_scan_delay),
        cmocka_unit_test(test_defer_log_beats_formula),
        cmocka_unit_test(test_not_deferred_and_bounce),
        cmocka_unit_test(test_only_those_that_wait),
        cmocka_unit_test(test_absurd_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
