/* SPDX-License-Identifier: ISC */
/* Exim's retry rules and frozen mail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hopq/schedule.h"

#define ARRIVED (1700000000 * HQ_SECOND)

static struct hq_recipient schedule(const char *rules, const char *address, enum hq_state state,
                                    const char *sender, struct hq_exim_retry retry,
                                    const char *const settings[][2])
{
    struct hq_context *context = hq_context_new();
    struct hq_recipient recipient = {.address = address,
                                     .state = (uint8_t)state,
                                     .last_attempt = HQ_NONE,
                                     .attempts = HQ_NONE,
                                     .next_attempt = HQ_NONE,
                                     .expires = HQ_NONE};
    const struct hq_message message = {.arrived = ARRIVED, .sender = sender};

    if (rules)
        g_hash_table_insert(context->mta, g_strdup("hopq_retry_rules"), g_strdup(rules));
    for (unsigned i = 0; settings && settings[i][0]; i++)
        g_hash_table_insert(context->mta, g_strdup(settings[i][0]), g_strdup(settings[i][1]));
    hq_schedule_exim(&message, &recipient, &retry, context);
    hq_context_free(context);
    return recipient;
}

static const struct hq_exim_retry unknown = {HQ_NONE, HQ_NONE, HQ_NONE, HQ_NONE, false};

static void applies_the_rule_that_fits(void **state)
{
    static const char usual[] = "* * F,2h,15m; G,16h,1h,1.5; F,4d,6h";
    static const struct {
        const char *rules, *address;
        int64_t after; /* 0: unknown */
    } cases[] = {
        {usual, "a@b.example", 4 * HQ_DAY},
        {"b.example * F,1d,1h\n* * F,4d,6h", "a@B.Example", HQ_DAY},
        {"b.example * F,1d,1h\n* * F,4d,6h", "a@x.b.example", 4 * HQ_DAY},
        {"*.b.example * F,1d,1h\n* * F,4d,6h", "a@x.b.example", HQ_DAY},
        {"*@b.example * F,1d,1h\n* * F,4d,6h", "a@b.example", HQ_DAY},
        {"a@b.example * F,1d,1h\n* * F,4d,6h", "a@b.example", HQ_DAY},
        {"a@b.example * F,1d,1h\n* * F,4d,6h", "b@b.example", 4 * HQ_DAY},
        {"\n\n  * *  F,1w,1h", "a@b.example", 7 * HQ_DAY},
        {"* quota F,1d,1h\n* * F,4d,6h", "a@b.example", 0}, /* which error is not known */
        {"c.example quota F,1d,1h\n* * F,4d,6h", "a@b.example", 4 * HQ_DAY},
        {"* * senders=: F,1d,1h\n* * F,4d,6h", "a@b.example", 0},
        {"^x.*$ * F,1d,1h\n* * F,4d,6h", "a@b.example", 0},
        {"lsearch;/etc/x * F,1d,1h\n* * F,4d,6h", "a@b.example", 0},
        {"* *", "a@b.example", 0},
        {"* * X,9d,1h", "a@b.example", 0},
        {"* * F,9999999999999999999d,1h", "a@b.example", 0},
        {"", "a@b.example", 0},
        {NULL, "a@b.example", 0},
        {usual, "no domain", 4 * HQ_DAY},
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct hq_recipient r = schedule(cases[i].rules, cases[i].address, HQ_STATE_DEFERRED,
                                         "x@y.example", unknown, NULL);
        int64_t wanted = cases[i].after ? ARRIVED + cases[i].after : HQ_NONE;
        if (r.expires != wanted)
            fail_msg("case %u", i);
    }
}

static void counts_from_the_first_failure(void **state)
{
    const struct hq_exim_retry early = {ARRIVED - HQ_DAY, ARRIVED + 1, ARRIVED + 2, HQ_NONE, false};
    const struct hq_exim_retry late = {ARRIVED + HQ_HOUR, HQ_NONE, HQ_NONE, HQ_NONE, false};
    struct hq_recipient r;

    (void)state;
    r = schedule("* * F,4d,6h", "a@b.example", HQ_STATE_DEFERRED, "", early, NULL);
    assert_true(r.expires == ARRIVED + 3 * HQ_DAY);
    assert_true(r.last_attempt == ARRIVED + 1 && r.next_attempt == ARRIVED + 2);
    r = schedule("* * F,4d,6h", "a@b.example", HQ_STATE_DEFERRED, "", late, NULL);
    assert_true(r.expires == ARRIVED + 4 * HQ_DAY);
    r = schedule("* * F,4d,6h", "a@b.example", HQ_STATE_DELIVERED, "", early, NULL);
    assert_true(r.expires == HQ_NONE && r.next_attempt == HQ_NONE);
}

/* Mail that is older than the last cutoff is tried once more, whatever the hints say. */
static void the_last_attempt_does_not_wait(void **state)
{
    struct hq_exim_retry retry = {ARRIVED, ARRIVED, ARRIVED + 4 * HQ_DAY + HQ_HOUR, HQ_NONE, false};
    struct hq_recipient r;

    (void)state;
    r = schedule("* * F,4d,6h", "a@b.example", HQ_STATE_DEFERRED, "", retry, NULL);
    assert_true(r.next_attempt == ARRIVED + 4 * HQ_DAY);
    retry.firm = true;
    r = schedule("* * F,4d,6h", "a@b.example", HQ_STATE_DEFERRED, "", retry, NULL);
    assert_true(r.next_attempt == retry.next_try);
    r = schedule(NULL, "a@b.example", HQ_STATE_DEFERRED, "", retry, NULL);
    assert_true(r.next_attempt == retry.next_try);
}

static void frozen_mail_has_its_own_end(void **state)
{
    const struct hq_exim_retry frozen = {HQ_NONE, HQ_NONE, ARRIVED + 5, ARRIVED + HQ_HOUR, false};
    static const char *const settings[][2] = {{"timeout_frozen_after", "7d"},
                                              {"ignore_bounce_errors_after", "2d"},
                                              {"auto_thaw", "3h"},
                                              {NULL, NULL}};
    static const char *const off[][2] = {{"timeout_frozen_after", "0s"}, {NULL, NULL}};
    struct hq_recipient r;

    (void)state;
    r = schedule("* * F,4d,6h", "a@b.example", HQ_STATE_HELD, "x@y.example", frozen, settings);
    assert_true(r.expires == ARRIVED + 7 * HQ_DAY);
    assert_true(r.next_attempt == ARRIVED + 4 * HQ_HOUR);
    r = schedule("* * F,4d,6h", "a@b.example", HQ_STATE_HELD, "", frozen, settings);
    assert_true(r.expires == ARRIVED + 2 * HQ_DAY && r.next_attempt == HQ_NONE);
    r = schedule("* * F,4d,6h", "a@b.example", HQ_STATE_HELD, "x@y.example", frozen, off);
    assert_true(r.expires == HQ_NONE && r.next_attempt == HQ_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(applies_the_rule_that_fits),
        cmocka_unit_test(counts_from_the_first_failure),
        cmocka_unit_test(the_last_attempt_does_not_wait),
        cmocka_unit_test(frozen_mail_has_its_own_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
