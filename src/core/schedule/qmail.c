/* SPDX-License-Identifier: ISC */
/* qmail's retry arithmetic: nextretry() of qmail-send.c (notqmail 1.08). A channel is tried when
 * the message comes, and then whenever the square root of its age has grown by 10 (local) or 20
 * (remote) seconds: after 400 s, 1600 s, 3600 s, … */
#include "hopq/schedule.h"
#include <glib.h>
#include <math.h>

static void set(struct hq_recipient *recipient, int64_t birth, int64_t skip, int64_t mtime,
                int64_t now)
{
    int64_t age = MAX((now - birth) / HQ_SECOND, 0);
    int64_t steps = (int64_t)sqrt((double)age) / skip;

    if (recipient->state != HQ_STATE_QUEUED)
        return;
    recipient->attempts = steps + 1;
    recipient->last_attempt = birth + steps * steps * skip * skip * HQ_SECOND;
    recipient->next_attempt = birth + (steps + 1) * (steps + 1) * skip * skip * HQ_SECOND;
    if (steps > 0) /* what is still to do then has failed once */
        recipient->state = HQ_STATE_DEFERRED;
    if (mtime != HQ_NONE && mtime > now) /* it has been stopped, and left its plans there */
        recipient->next_attempt = mtime;
}

void hq_schedule_qmail(struct hq_message *message, uint32_t locals, int64_t local_mtime,
                       int64_t remote_mtime, const struct hq_context *context)
{
    const int64_t sane = 36500 * HQ_DAY;
    int64_t lifetime = hq_context_span(context, "queuelifetime", HQ_SECOND, 7 * HQ_DAY);
    int64_t birth = message->arrived;

    if (birth == HQ_NONE || birth < 0 || birth > sane || lifetime > sane)
        return;
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        struct hq_recipient *recipient = &message->recipients[i];
        bool local = i < locals;
        set(recipient, birth, local ? 10 : 20, local ? local_mtime : remote_mtime,
            MIN(context->now, sane));
        if (recipient->attempts != HQ_NONE)
            recipient->expires = birth + lifetime;
    }
}
