/* SPDX-License-Identifier: ISC */
/* When the sender is told that the message is late. No MTA has a clock for that: each warns with
 * the first attempt that fails from some moment on, so attempts are reckoned ahead up to there. */
#include "hopq/schedule.h"
#include "parts.h"
#include <string.h>

#define TIMES_MAX 16 /* of a list of warning times */

static bool waits(const struct hq_recipient *recipient)
{
    return recipient->state == HQ_STATE_QUEUED || recipient->state == HQ_STATE_DEFERRED;
}

/* AT: the attempt that the warning goes with, HQ_NONE: no more will. The MTA looks first whether
 * the time is up. On hold nothing is tried. */
static void set(struct hq_recipient *recipient, enum hq_warned warned, int64_t at)
{
    if (!waits(recipient) && recipient->state != HQ_STATE_HELD)
        return;
    if (recipient->warned == HQ_WARNED_NEVER)
        return;
    recipient->warned = (uint8_t)warned;
    if (waits(recipient) && (recipient->expires == HQ_NONE || at < recipient->expires))
        recipient->warning = at;
}

static int64_t plus(int64_t time, int64_t span)
{
    int64_t sum;

    if (time == HQ_NONE || span == HQ_NONE || __builtin_add_overflow(time, span, &sum))
        return HQ_NONE;
    return sum;
}

static void set_all(struct hq_message *message, enum hq_warned warned, int64_t at)
{
    for (uint32_t i = 0; i < message->recipient_count; i++)
        set(&message->recipients[i], warned, at);
}

/* ---- Postfix: qmgr_active.c, qmgr_active_done_2_generic() ---- */

void hq_warning_postfix(struct hq_message *message, int64_t warn, const struct hq_context *context)
{
    int64_t before = HQ_NONE, at = HQ_NONE;

    if (warn == HQ_NONE || warn == 0) {
        set_all(message, warn == 0 ? HQ_WARNED_YES : HQ_WARNED_NEVER, HQ_NONE);
        return;
    }
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        int64_t next = message->recipients[i].next_attempt;
        if (next != before) /* of one message they are nearly always the same */
            at = hq_postfix_attempt_from(message->arrived, next, warn - HQ_SECOND, context);
        before = next;
        set(&message->recipients[i], HQ_WARNED_NOT_YET, next == HQ_NONE ? warn : at);
    }
}

/* ---- Sendmail: envelope.c, dropenvelope() ---- */

static int64_t sendmail_wait(const char *timeout_class, const struct hq_context *context)
{
    g_autofree char *name = g_strconcat("Timeout.queuewarn.", timeout_class, NULL);
    int64_t all = hq_context_span(context, "Timeout.queuewarn", HQ_HOUR, HQ_NONE);

    return hq_context_span(context, name, HQ_HOUR, all);
}

void hq_warning_sendmail(struct hq_message *message, const struct hq_sendmail_tried *tried,
                         const struct hq_context *context)
{
    int64_t wait = sendmail_wait(tried->timeout_class, context);
    int64_t moment = plus(message->arrived, wait), before = HQ_NONE, at = HQ_NONE;

    if (tried->warned != HQ_WARNED_NOT_YET || wait == 0) {
        set_all(message, wait == 0 ? HQ_WARNED_NEVER : tried->warned, HQ_NONE);
        return;
    }
    if (moment == HQ_NONE)
        return; /* its configuration is not here */
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        int64_t next = message->recipients[i].next_attempt;
        if (next != before)
            at = hq_sendmail_attempt_from(message->arrived, next, moment, context);
        before = next;
        set(&message->recipients[i], HQ_WARNED_NOT_YET, next == HQ_NONE ? moment : at);
    }
}

/* ---- lists of times ---- */

/* "24h:48h", "1h 6h"; how many they are. */
static unsigned read_times(const char *list, int64_t times[TIMES_MAX])
{
    g_auto(GStrv) words = g_strsplit_set(list, ": \t", -1);
    unsigned count = 0;

    for (unsigned i = 0; words[i] && count < TIMES_MAX; i++)
        if (hq_time_parse_span(words[i], &times[count]) && times[count] > 0)
            count++;
    return count;
}

/* ---- Exim: deliver.c, deliver_message() ---- */

/* The age that warning number N (from 0) is sent at. */
static int64_t age_of(const int64_t *times, unsigned count, int64_t n)
{
    int64_t gap = times[count - 1] - (count > 1 ? times[count - 2] : 0), more;

    if (n < count)
        return times[n];
    if (gap <= 0 || __builtin_mul_overflow(n - count + 1, gap, &more))
        return HQ_NONE;
    return plus(times[count - 1], more);
}

/* One attempt is enough, and the warning names all that wait. */
static int64_t first_attempt(const struct hq_message *message, int64_t from)
{
    int64_t first = HQ_NONE;

    for (uint32_t i = 0; i < message->recipient_count; i++) {
        const struct hq_recipient *recipient = &message->recipients[i];
        int64_t at = MAX(from, recipient->next_attempt);
        if (waits(recipient) && (first == HQ_NONE || at < first))
            first = at;
    }
    return first;
}

void hq_warning_exim(struct hq_message *message, int64_t sent, bool at_any_run,
                     const struct hq_context *context)
{
    int64_t times[TIMES_MAX];
    unsigned count = read_times(hq_context_setting(context, "delay_warning", "24h"), times);

    if (sent == HQ_NONE || count == 0) {
        set_all(message, HQ_WARNED_NEVER, HQ_NONE);
        return;
    }
    int64_t moment = plus(message->arrived, age_of(times, count, sent));
    set_all(message, sent > 0 ? HQ_WARNED_YES : HQ_WARNED_NOT_YET,
            moment == HQ_NONE || at_any_run ? moment : first_attempt(message, moment));
}

/* ---- OpenSMTPD: scheduler.c, IMSG_QUEUE_DELIVERY_TEMPFAIL ---- */

void hq_warning_opensmtpd(struct hq_recipient *recipient, const struct hq_smtpd_times *times,
                          const struct hq_context *context)
{
    int64_t ages[TIMES_MAX], moment = HQ_NONE;
    unsigned count = read_times(hq_context_setting(context, "bounce warn-interval", "4h"), ages);
    bool told = times->warned != HQ_NONE;

    for (unsigned i = 0; i < count && moment == HQ_NONE; i++) {
        moment = plus(times->created, ages[i]);
        if (told && moment <= times->warned)
            moment = HQ_NONE;
    }
    int64_t at = hq_smtpd_attempt_before(times, moment);
    if (recipient->next_attempt != HQ_NONE)
        at = MAX(at, recipient->next_attempt);
    set(recipient, told ? HQ_WARNED_YES : HQ_WARNED_NOT_YET, moment == HQ_NONE ? HQ_NONE : at);
}
