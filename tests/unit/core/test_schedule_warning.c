/* SPDX-License-Identifier: ISC */
/* When the sender is told of the delay: with which attempt, and when never. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hopq/schedule.h"

#define ARRIVED (1700000000 * HQ_SECOND)
#define SPAN(n) ((n) == HQ_NONE ? HQ_NONE : ARRIVED + (n)*HQ_MINUTE)

/* A message of one recipient that waits. */
struct sample {
    struct hq_context *context;
    struct hq_message message;
    struct hq_recipient recipient;
};

static void set_up(struct sample *sample, int64_t next, int64_t expires)
{
    *sample = (struct sample){.context = hq_context_new(),
                              .message = {.arrived = ARRIVED, .recipient_count = 1},
                              .recipient = {.address = "a@b.example",
                                            .state = HQ_STATE_DEFERRED,
                                            .last_attempt = HQ_NONE,
                                            .attempts = HQ_NONE,
                                            .next_attempt = next,
                                            .expires = expires,
                                            .warning = HQ_NONE}};
    sample->message.recipients = &sample->recipient;
}

static void setting(const struct sample *sample, const char *name, const char *value)
{
    if (value)
        g_hash_table_replace(sample->context->mta, g_strdup(name), g_strdup(value));
}

static void expect(struct sample *sample, unsigned number, enum hq_warned warned, int64_t warning)
{
    if (sample->recipient.warned != warned || sample->recipient.warning != warning)
        fail_msg("case %u: %d, %" G_GINT64_FORMAT " minutes", number, sample->recipient.warned,
                 (sample->recipient.warning - ARRIVED) / HQ_MINUTE);
    hq_context_free(sample->context);
}

/* Minutes after the arrival; the waits are 5 to 60 minutes. */
static void postfix(void **state)
{
    static const struct {
        int64_t next, warn, expires, warning;
        enum hq_warned warned;
    } cases[] = {
        {10, 8, 1000, 10, HQ_WARNED_NOT_YET}, /* its time is over: with the next attempt */
        {10, 40, 1000, 40, HQ_WARNED_NOT_YET},
        {10, 41, 1000, 80, HQ_WARNED_NOT_YET},   /* 10, 20, 40, 80 */
        {10, 141, 1000, 200, HQ_WARNED_NOT_YET}, /* and every 60 from there on */
        {10, 141, 200, HQ_NONE, HQ_WARNED_NOT_YET},
        {10, 0, 1000, HQ_NONE, HQ_WARNED_YES},
        {10, HQ_NONE, 1000, HQ_NONE, HQ_WARNED_NEVER},
        {HQ_NONE, 8, 1000, 8, HQ_WARNED_NOT_YET},
        {10, INT64_MAX / HQ_MINUTE, HQ_NONE, HQ_NONE, HQ_WARNED_NOT_YET},
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        int64_t warn = cases[i].warn;
        struct sample sample;

        set_up(&sample, SPAN(cases[i].next), SPAN(cases[i].expires));
        setting(&sample, "maximal_backoff_time", "3600s");
        if (warn == INT64_MAX / HQ_MINUTE)
            sample.message.arrived = HQ_NONE;
        else if (warn != 0 && warn != HQ_NONE)
            warn = ARRIVED + warn * HQ_MINUTE;
        hq_warning_postfix(&sample.message, warn, sample.context);
        expect(&sample, i, cases[i].warned, SPAN(cases[i].warning));
    }
}

static void not_for_all(void **state)
{
    static const struct {
        enum hq_state state;
        enum hq_warned before, after;
        bool is_told;
    } cases[] = {
        {HQ_STATE_QUEUED, HQ_WARNED_UNKNOWN, HQ_WARNED_NOT_YET, true},
        {HQ_STATE_HELD, HQ_WARNED_UNKNOWN, HQ_WARNED_NOT_YET, false},
        {HQ_STATE_DELIVERED, HQ_WARNED_UNKNOWN, HQ_WARNED_UNKNOWN, false},
        {HQ_STATE_DEFERRED, HQ_WARNED_NEVER, HQ_WARNED_NEVER, false}, /* NOTIFY=NEVER */
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct sample sample;
        set_up(&sample, SPAN(10), HQ_NONE);
        sample.recipient.state = (uint8_t)cases[i].state;
        sample.recipient.warned = (uint8_t)cases[i].before;
        hq_warning_postfix(&sample.message, SPAN(8), sample.context);
        expect(&sample, i, cases[i].after, cases[i].is_told ? SPAN(10) : HQ_NONE);
    }
}

static void sendmail(void **state)
{
    static const struct {
        const char *general, *bulk;
        enum hq_warned told, warned;
        int64_t warning;
    } cases[] = {
        {"4h", NULL, HQ_WARNED_NOT_YET, HQ_WARNED_NOT_YET, 250}, /* runs at 10, 40, 70, … */
        {"4", NULL, HQ_WARNED_NOT_YET, HQ_WARNED_NOT_YET, 250},
        {"4h", "70m", HQ_WARNED_NOT_YET, HQ_WARNED_NOT_YET, 70},
        {"4h", "0", HQ_WARNED_NOT_YET, HQ_WARNED_NEVER, HQ_NONE},
        {"4h", NULL, HQ_WARNED_YES, HQ_WARNED_YES, HQ_NONE},
        {"4h", NULL, HQ_WARNED_NEVER, HQ_WARNED_NEVER, HQ_NONE},
        {NULL, NULL, HQ_WARNED_NOT_YET, HQ_WARNED_UNKNOWN, HQ_NONE},
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct hq_sendmail_tried tried = {
            .last = HQ_NONE, .timeout_class = "non-urgent", .warned = (uint8_t)cases[i].told};
        struct sample sample;
        set_up(&sample, SPAN(10), HQ_NONE);
        setting(&sample, "QueueInterval", "30m");
        setting(&sample, "Timeout.queuewarn", cases[i].general);
        setting(&sample, "Timeout.queuewarn.non-urgent", cases[i].bulk);
        hq_warning_sendmail(&sample.message, &tried, sample.context);
        expect(&sample, i, cases[i].warned, SPAN(cases[i].warning));
    }
}

static void exim(void **state)
{
    static const struct {
        const char *times;
        int64_t sent;
        bool at_any_run;
        enum hq_warned warned;
        int64_t warning;
    } cases[] = {
        {NULL, 0, false, HQ_WARNED_NOT_YET, 1440},
        {"1h", 0, false, HQ_WARNED_NOT_YET, 90}, /* the next attempt is after 90 minutes */
        {"1h", 0, true, HQ_WARNED_NOT_YET, 60},
        {"2h:5h", 0, false, HQ_WARNED_NOT_YET, 120},
        {"2h:5h", 1, false, HQ_WARNED_YES, 300},
        {"2h:5h", 2, false, HQ_WARNED_YES, 480}, /* and every three hours from there on */
        {"2h:5h", 4, false, HQ_WARNED_YES, 840},
        {"2h", 3, false, HQ_WARNED_YES, 480},
        {"5h:5h", 2, false, HQ_WARNED_YES, HQ_NONE},
        {"0s", 0, false, HQ_WARNED_NEVER, HQ_NONE},
        {"", 0, false, HQ_WARNED_NEVER, HQ_NONE},
        {"nonsense", 0, false, HQ_WARNED_NEVER, HQ_NONE},
        {"2h:5h", INT64_MAX - 5, false, HQ_WARNED_YES, HQ_NONE},
        {"2h", HQ_NONE, false, HQ_WARNED_NEVER, HQ_NONE},
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct sample sample;
        set_up(&sample, SPAN(90), HQ_NONE);
        setting(&sample, "delay_warning", cases[i].times);
        hq_warning_exim(&sample.message, cases[i].sent, cases[i].at_any_run, sample.context);
        expect(&sample, i, cases[i].warned, SPAN(cases[i].warning));
    }
}

/* Attempts at 0, 400, 1600, 3600, 6400, 10000, 14400, … seconds; one of them is the last before the
 * time. */
static void opensmtpd(void **state)
{
    static const struct {
        const char *times;
        int64_t warned; /* minutes */
        int64_t next;   /* seconds */
        int64_t warning;
    } cases[] = {
        {NULL, HQ_NONE, 0, 10000}, /* 4h: the attempt after that comes at 14400 */
        {"1h", HQ_NONE, 0, 1600},    {"59m", HQ_NONE, 0, 1600}, {"61m", HQ_NONE, 0, 3600},
        {"1h", HQ_NONE, 6400, 6400}, /* should have been before */
        {"1m", HQ_NONE, 0, 0},       {"1h 4h", 60, 0, 10000},   {"1h 4h", 240, 0, HQ_NONE},
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct hq_smtpd_times times = {
            .transfer = true, .created = ARRIVED, .warned = SPAN(cases[i].warned)};
        int64_t warning = cases[i].warning;
        struct sample sample;
        set_up(&sample, ARRIVED + cases[i].next * HQ_SECOND, HQ_NONE);
        setting(&sample, "bounce warn-interval", cases[i].times);
        hq_warning_opensmtpd(&sample.recipient, &times, sample.context);
        expect(&sample, i, cases[i].warned == HQ_NONE ? HQ_WARNED_NOT_YET : HQ_WARNED_YES,
               warning == HQ_NONE ? HQ_NONE : ARRIVED + warning * HQ_SECOND);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postfix), cmocka_unit_test(not_for_all), cmocka_unit_test(sendmail),
        cmocka_unit_test(exim),    cmocka_unit_test(opensmtpd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
