/* SPDX-License-Identifier: ISC */
/* OpenSMTPD's retry arithmetic: scheduler_next() of scheduler_ramqueue.c and scheduler_info() of
 * scheduler_backend.c (6.8, 7.7). Since 6.4 the envelope's own ttl is not looked at. */
#include "parts.h"
#include <math.h>

#define BACKOFF_TRANSFER (400 * HQ_SECOND)
#define BACKOFF_DELIVERY (10 * HQ_SECOND)
#define QUEUE_EXPIRY     (4 * HQ_DAY) /* SMTPD_QUEUE_EXPIRY */
#define STEPS_MAX        65535        /* retry is an uint16_t */

/* The first of the times created + base * step * step behind the failure, with step >= FAILED. */
static int64_t next_attempt(const struct hq_smtpd_times *times)
{
    int64_t base = times->transfer ? BACKOFF_TRANSFER : BACKOFF_DELIVERY;
    int64_t step = MIN(times->failed, STEPS_MAX), age, next;

    if (__builtin_sub_overflow(times->tried, times->created, &age))
        return HQ_NONE;
    int64_t bases = age / base;
    if (bases > step * step) {
        step = (int64_t)sqrt((double)bases); /* at most one less than what is sought */
        if (step > STEPS_MAX)
            return HQ_NONE;
    }
    while (base * step * step <= age)
        step++;
    return __builtin_add_overflow(times->created, base * step * step, &next) ? HQ_NONE : next;
}

int64_t hq_smtpd_attempt_before(const struct hq_smtpd_times *times, int64_t moment)
{
    int64_t base = times->transfer ? BACKOFF_TRANSFER : BACKOFF_DELIVERY;
    int64_t age, step = 0, at;

    if (times->created == HQ_NONE || moment == HQ_NONE ||
        __builtin_sub_overflow(moment, times->created, &age))
        return HQ_NONE;
    while (step < STEPS_MAX && base * (step + 1) * (step + 1) < age)
        step++;
    return __builtin_add_overflow(times->created, base * step * step, &at) ? HQ_NONE : at;
}

static int64_t lifetime(const struct hq_smtpd_times *times, const struct hq_context *context)
{
    int64_t ttl = hq_context_span(context, "queue ttl", HQ_SECOND, QUEUE_EXPIRY);

    if (times->ttl != HQ_NONE)
        return times->ttl;
    if (times->action) {
        g_autofree char *name = g_strdup_printf("action %s ttl", times->action);
        ttl = hq_context_span(context, name, HQ_SECOND, ttl);
    }
    return ttl;
}

void hq_schedule_opensmtpd(struct hq_recipient *recipient, const struct hq_smtpd_times *times,
                           const struct hq_context *context)
{
    if (recipient->state != HQ_STATE_QUEUED && recipient->state != HQ_STATE_DEFERRED)
        return;
    recipient->attempts = times->failed;
    if (times->created == HQ_NONE)
        return;
    if (__builtin_add_overflow(times->created, lifetime(times, context), &recipient->expires))
        recipient->expires = HQ_NONE;
    if (times->failed <= 0 || times->tried == HQ_NONE)
        return;
    recipient->last_attempt = times->tried;
    recipient->next_attempt = next_attempt(times);
}
