/* SPDX-License-Identifier: ISC */
/* When Sendmail tries again, by its own formulas, and gives up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hopq/arena.h"
#include "hopq/schedule.h"

#define T (1000000 * HQ_SECOND)

static const struct {
    const char *min, *max, *interval, *returns;
    int64_t last, attempts; /* seconds after the arrival */
    const char *timeout_class;
    bool running;
    int64_t next, expires; /* seconds after the arrival; HQ_NONE */
} cases[] = {
    /* every run tries all */
    {NULL, NULL, NULL, NULL, 0, 1, "normal", false, 600, 432000},
    {NULL, NULL, "30m", NULL, 5400, 4, "normal", false, 7200, 432000},
    /* MinQueueAge: the first run behind it */
    {"27m", NULL, "10m", NULL, 6000, 2, "normal", false, 7800, 432000},
    {"30m", NULL, "10m", NULL, 6000, 2, "normal", false, 7800, 432000},
    {"31m", NULL, "10m", NULL, 6000, 2, "normal", false, 8400, 432000},
    /* MaxQueueAge: as old again as it was, at most that; MinQueueAge is not looked at */
    {"5m", "1h", "10m", NULL, 1200, 2, "normal", false, 2400, 432000},
    {"5m", "1h", "10m", NULL, 36000, 9, "normal", false, 39600, 432000},
    {NULL, "1h", "1h", NULL, 0, 1, "normal", false, 3600, 432000},
    /* not tried yet: the next run, whatever the ages */
    {"2h", NULL, "10m", NULL, HQ_NONE, 0, "normal", false, 600, 432000},
    {"2h", NULL, "10m", "3d", HQ_NONE, 0, "urgent", true, HQ_NONE, 259200},
    /* nonsense is kept in bounds */
    {"99999d", NULL, "0s", "12x", 60, 1, "dsn", false, 365 * 86400 + 60, 432000},
};

static void follows_the_formulas(void **state)
{
    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct hq_arena *arena = hq_arena_new();
        struct hq_context *context = hq_context_new();
        struct hq_message *message = hq_message_new(arena);
        struct hq_recipient *recipient = hq_message_add_recipient(message, arena);
        struct hq_sendmail_tried tried = {cases[i].last, cases[i].attempts, cases[i].timeout_class,
                                          cases[i].running, HQ_WARNED_UNKNOWN};
        const char *const names[] = {"MinQueueAge", "MaxQueueAge", "QueueInterval",
                                     "Timeout.queuereturn"};
        const char *const values[] = {cases[i].min, cases[i].max, cases[i].interval,
                                      cases[i].returns};
        for (unsigned n = 0; n < G_N_ELEMENTS(names); n++)
            if (values[n])
                g_hash_table_replace(context->mta, g_strdup(names[n]), g_strdup(values[n]));
        message->arrived = T;
        recipient->state = HQ_STATE_DEFERRED;
        if (tried.last != HQ_NONE)
            tried.last = T + tried.last * HQ_SECOND;
        hq_schedule_sendmail(message, &tried, context);
        int64_t next = recipient->next_attempt;
        if (next != (cases[i].next == HQ_NONE ? HQ_NONE : T + cases[i].next * HQ_SECOND))
            fail_msg("case %u: next after %lld s", i, (long long)((next - T) / HQ_SECOND));
        assert_int_equal(recipient->expires, T + cases[i].expires * HQ_SECOND);
        assert_int_equal(recipient->attempts, cases[i].attempts);
        assert_int_equal(recipient->last_attempt, tried.last);
        hq_context_free(context);
        hq_arena_free(arena);
    }
}

static void held_mail_waits_for_nothing(void **state)
{
    static const enum hq_state states[] = {HQ_STATE_HELD, HQ_STATE_FAILED, HQ_STATE_DELIVERED};

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(states); i++) {
        struct hq_arena *arena = hq_arena_new();
        struct hq_context *context = hq_context_new();
        struct hq_message *message = hq_message_new(arena);
        struct hq_recipient *recipient = hq_message_add_recipient(message, arena);
        const struct hq_sendmail_tried tried = {T, 1, "normal", false, HQ_WARNED_UNKNOWN};
        message->arrived = T;
        recipient->state = states[i];
        hq_schedule_sendmail(message, &tried, context);
        assert_int_equal(recipient->next_attempt, HQ_NONE);
        assert_int_equal(recipient->expires, HQ_NONE);
        assert_int_equal(recipient->last_attempt, T);
        hq_context_free(context);
        hq_arena_free(arena);
    }
}

static void no_arrival_no_times(void **state)
{
    struct hq_arena *arena = hq_arena_new();
    struct hq_context *context = hq_context_new();
    struct hq_message *message = hq_message_new(arena);
    struct hq_recipient *recipient = hq_message_add_recipient(message, arena);
    const struct hq_sendmail_tried tried = {HQ_NONE, HQ_NONE, "normal", false, HQ_WARNED_UNKNOWN};

    (void)state;
    recipient->state = HQ_STATE_QUEUED;
    hq_schedule_sendmail(message, &tried, context);
    assert_int_equal(recipient->next_attempt, HQ_NONE);
    assert_int_equal(recipient->expires, HQ_NONE);
    hq_context_free(context);
    hq_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_formulas),
        cmocka_unit_test(held_mail_waits_for_nothing),
        cmocka_unit_test(no_arrival_no_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
