/* SPDX-License-Identifier: ISC */
/* When Sendmail tries again and gives up: sendmail/queue.c, gatherq() and readqf(), and
 * sendmail/envelope.c, dropenvelope() (8.17). It keeps when it tried last and how often, but tries
 * in runs of the queue, so the next attempt is an estimate: the first run that may take it. */
#include "parts.h"
#include <glib.h>

/* Debian's QUEUE_INTERVAL, where the configuration tells none. */
#define RUN_DEFAULT (10 * HQ_MINUTE)

static int64_t bounded(const struct hq_context *context, const char *name, int64_t unit,
                       int64_t fallback)
{
    return CLAMP(hq_context_span(context, name, unit, fallback), 0, 365 * HQ_DAY);
}

/* MaxQueueAge makes the wait grow with age (8.16 and later), else it is MinQueueAge. */
static int64_t earliest(int64_t arrived, int64_t last, const struct hq_context *context)
{
    int64_t most = bounded(context, "MaxQueueAge", HQ_MINUTE, 0);

    if (most > 0 && arrived != HQ_NONE)
        return last + CLAMP(last - arrived, 0, most);
    return last + bounded(context, "MinQueueAge", HQ_MINUTE, 0);
}

/* Queue runs come at equal distances, and the last attempt was in one of them. */
static int64_t next_run(int64_t last, int64_t due, const struct hq_context *context)
{
    int64_t told = bounded(context, "QueueInterval", HQ_MINUTE, RUN_DEFAULT);
    int64_t interval = told > HQ_SECOND ? told : HQ_SECOND;
    int64_t runs = due > last ? (due - last + interval - 1) / interval : 1;

    return last + MAX(runs, 1) * interval;
}

int64_t hq_sendmail_attempt_from(int64_t arrived, int64_t next, int64_t moment,
                                 const struct hq_context *context)
{
    if (next == HQ_NONE)
        return HQ_NONE;
    for (unsigned n = 0; next < moment && n < HQ_STEPS_MAX; n++)
        next = next_run(next, earliest(arrived, next, context), context);
    return MAX(next, moment);
}

static int64_t next_attempt(int64_t arrived, const struct hq_sendmail_tried *tried,
                            const struct hq_context *context)
{
    if (tried->running)
        return HQ_NONE;
    if (tried->attempts > 0 && tried->last != HQ_NONE)
        return next_run(tried->last, earliest(arrived, tried->last, context), context);
    return arrived != HQ_NONE ? next_run(arrived, arrived, context) : HQ_NONE;
}

static int64_t expiry(int64_t arrived, const char *timeout_class, const struct hq_context *context)
{
    g_autofree char *name = g_strconcat("Timeout.queuereturn.", timeout_class, NULL);
    int64_t general = bounded(context, "Timeout.queuereturn", HQ_DAY, 5 * HQ_DAY);

    return arrived != HQ_NONE ? arrived + bounded(context, name, HQ_DAY, general) : HQ_NONE;
}

/* Quarantined mail is neither tried nor given up. */
static bool waits(const struct hq_recipient *recipient)
{
    return recipient->state == HQ_STATE_QUEUED || recipient->state == HQ_STATE_DEFERRED;
}

void hq_schedule_sendmail(struct hq_message *message, const struct hq_sendmail_tried *tried,
                          const struct hq_context *context)
{
    int64_t next = next_attempt(message->arrived, tried, context);
    int64_t expires = expiry(message->arrived, tried->timeout_class, context);

    for (uint32_t i = 0; i < message->recipient_count; i++) {
        struct hq_recipient *recipient = &message->recipients[i];
        recipient->last_attempt = tried->last;
        recipient->attempts = tried->attempts;
        if (waits(recipient)) {
            recipient->next_attempt = next;
            recipient->expires = expires;
        }
    }
}
