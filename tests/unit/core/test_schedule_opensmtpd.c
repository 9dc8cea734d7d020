/* SPDX-License-Identifier: ISC */
/* OpenSMTPD's retry times, by its own formula written out step by step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hopq/schedule.h"

#define CREATED (1795309419 * HQ_SECOND)

static struct hq_recipient plan(const struct hq_smtpd_times *times, enum hq_state state,
                                const struct hq_context *context)
{
    struct hq_recipient recipient = {.state = (uint8_t)state,
                                     .last_attempt = HQ_NONE,
                                     .attempts = HQ_NONE,
                                     .next_attempt = HQ_NONE,
                                     .expires = HQ_NONE};

    hq_schedule_opensmtpd(&recipient, times, context);
    return recipient;
}

/* scheduler_next(): the first step from RETRY on whose time is to come. */
static int64_t by_steps(int64_t base, int64_t retry, int64_t age)
{
    while (base * retry * retry <= age)
        retry++;
    return base * retry * retry;
}

static void steps(void **state)
{
    static const int64_t ages[] = {0,    1,    14,   399,   400,   401,    1599,   1600,
                                   1601, 3599, 9999, 10000, 86400, 345600, 9000000};
    struct hq_context *context = hq_context_new();

    (void)state;
    for (unsigned transfer = 0; transfer < 2; transfer++)
        for (unsigned i = 0; i < G_N_ELEMENTS(ages); i++)
            for (int64_t retry = 1; retry < 40; retry += 3) {
                struct hq_smtpd_times times = {.transfer = transfer,
                                               .created = CREATED,
                                               .ttl = HQ_NONE,
                                               .tried = CREATED + ages[i] * HQ_SECOND,
                                               .failed = retry};
                struct hq_recipient got = plan(&times, HQ_STATE_DEFERRED, context);
                int64_t wanted = by_steps(transfer ? 400 : 10, retry, ages[i]);
                assert_int_equal(got.next_attempt, CREATED + wanted * HQ_SECOND);
                assert_int_equal(got.last_attempt, times.tried);
                assert_int_equal(got.attempts, retry);
            }
    hq_context_free(context);
}

static void expiry(void **state)
{
    struct hq_context *context = hq_context_new();
    struct hq_smtpd_times times = {
        .transfer = true, .action = "out", .created = CREATED, .ttl = HQ_NONE, .tried = HQ_NONE};

    (void)state;
    assert_int_equal(plan(&times, HQ_STATE_QUEUED, context).expires, CREATED + 4 * HQ_DAY);
    g_hash_table_insert(context->mta, g_strdup("queue ttl"), g_strdup("2d"));
    assert_int_equal(plan(&times, HQ_STATE_QUEUED, context).expires, CREATED + 2 * HQ_DAY);
    g_hash_table_insert(context->mta, g_strdup("action out ttl"), g_strdup("30m"));
    assert_int_equal(plan(&times, HQ_STATE_QUEUED, context).expires, CREATED + 30 * HQ_MINUTE);
    times.action = NULL;
    assert_int_equal(plan(&times, HQ_STATE_QUEUED, context).expires, CREATED + 2 * HQ_DAY);
    times.ttl = HQ_HOUR;
    assert_int_equal(plan(&times, HQ_STATE_QUEUED, context).expires, CREATED + HQ_HOUR);
    assert_int_equal(plan(&times, HQ_STATE_FAILED, context).expires, HQ_NONE);
    hq_context_free(context);
}

static void extremes(void **state)
{
    static const int64_t values[] = {HQ_NONE, HQ_NONE + 1,   -1,       0, 1, 65535,
                                     65536,   INT64_MAX / 2, INT64_MAX};
    struct hq_context *context = hq_context_new();

    (void)state;
    for (unsigned a = 0; a < G_N_ELEMENTS(values); a++)
        for (unsigned b = 0; b < G_N_ELEMENTS(values); b++)
            for (unsigned c = 0; c < G_N_ELEMENTS(values); c++) {
                struct hq_smtpd_times times = {.created = values[a],
                                               .tried = values[b],
                                               .failed = values[c],
                                               .ttl = values[b]};
                struct hq_recipient got = plan(&times, HQ_STATE_DEFERRED, context);
                assert_true(got.next_attempt == HQ_NONE || got.next_attempt > times.tried);
            }
    hq_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps),
        cmocka_unit_test(expiry),
        cmocka_unit_test(extremes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
