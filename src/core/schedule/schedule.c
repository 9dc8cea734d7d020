/* SPDX-License-Identifier: ISC */
/* Postfix's retry arithmetic, forwards and backwards: src/qmgr/qmgr_active.c (Postfix 3.7),
 * qmgr_active_defer() and qmgr_active_done_3_generic(). After a failed attempt at A the queue file
 * gets the modification time A + clamp(A - arrival, minimal_backoff_time, maximal_backoff_time). */
#include "parts.h"
#include <glib.h>

struct backoff {
    int64_t min, max;
};

/* Defaults and units of src/global/mail_params.h. Bounds keep the arithmetic sane whatever
 * main.cf says. */
static struct backoff read_backoff(const struct hq_context *context)
{
    struct backoff backoff;
    backoff.min = hq_context_span(context, "minimal_backoff_time", HQ_SECOND, 300 * HQ_SECOND);
    backoff.max = hq_context_span(context, "maximal_backoff_time", HQ_SECOND, 4000 * HQ_SECOND);
    backoff.min = CLAMP(backoff.min, HQ_SECOND, 365 * HQ_DAY);
    backoff.max = CLAMP(backoff.max, backoff.min, 365 * HQ_DAY);
    return backoff;
}

/* The attempt whose failure gave a file of age AGE at its new modification time: its age. */
static int64_t attempt_age(int64_t age, const struct backoff *backoff)
{
    int64_t attempt = age / 2;
    if (attempt < backoff->min)
        attempt = age - backoff->min;
    else if (attempt > backoff->max)
        attempt = age - backoff->max;
    return MAX(attempt, 0); /* the first attempt is at once */
}

int64_t hq_postfix_attempt_from(int64_t arrived, int64_t next, int64_t moment,
                                const struct hq_context *context)
{
    struct backoff backoff = read_backoff(context);
    int64_t age;

    if (arrived == HQ_NONE || next == HQ_NONE)
        return HQ_NONE;
    for (unsigned n = 0; next < moment && n < HQ_STEPS_MAX; n++)
        if (__builtin_sub_overflow(next, arrived, &age) ||
            __builtin_add_overflow(next, CLAMP(age, backoff.min, backoff.max), &next))
            return HQ_NONE;
    return MAX(next, moment);
}

/* How many attempts have been made when the last was at age LAST: the doubling is replayed and the
 * nearest step taken, because each attempt waits for a scan of the queue. */
static int64_t count_attempts(int64_t last, const struct backoff *backoff)
{
    int64_t at = 0, n = 1, gap = backoff->min;
    while (gap < backoff->max && at + gap / 2 <= last) {
        at += gap;
        n++;
        gap = CLAMP(at, backoff->min, backoff->max);
    }
    if (at + gap / 2 <= last)
        n += (last - at + gap / 2) / gap;
    return n;
}

static int64_t expiry(const struct hq_message *message, const struct hq_context *context)
{
    bool bounce = message->sender && !*message->sender;
    int64_t lifetime = hq_context_span(
        context, bounce ? "bounce_queue_lifetime" : "maximal_queue_lifetime", HQ_DAY, 5 * HQ_DAY);
    int64_t expires;
    if (message->arrived == HQ_NONE || __builtin_add_overflow(message->arrived, lifetime, &expires))
        return HQ_NONE;
    return expires;
}

/* Held mail is neither tried nor given up. */
static bool waits(const struct hq_recipient *recipient)
{
    return recipient->state == HQ_STATE_QUEUED || recipient->state == HQ_STATE_DEFERRED ||
           recipient->state == HQ_STATE_UNKNOWN;
}

void hq_schedule_postfix(struct hq_message *message, int64_t mtime, int64_t log_written,
                         const struct hq_context *context)
{
    struct backoff backoff = read_backoff(context);
    int64_t expires = expiry(message, context);
    int64_t last = HQ_NONE, attempts = HQ_NONE, age;

    if (mtime != HQ_NONE) {
        last = log_written;
        if (message->arrived != HQ_NONE && !__builtin_sub_overflow(mtime, message->arrived, &age) &&
            age >= 0) {
            if (last == HQ_NONE)
                last = message->arrived + attempt_age(age, &backoff);
            if (last >= message->arrived && !__builtin_sub_overflow(last, message->arrived, &age))
                attempts = count_attempts(age, &backoff);
        }
    }
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        struct hq_recipient *recipient = &message->recipients[i];
        if (!waits(recipient))
            continue;
        recipient->last_attempt = last;
        recipient->attempts = attempts;
        recipient->next_attempt = mtime;
        recipient->expires = expires;
    }
}
