/* SPDX-License-Identifier: ISC */
/* What waits in all: the board's groups cannot be added up, because a message may be in several. */
#include "tui/totals.h"
#include "hopq/time.h"
#include <stdlib.h>
#include <string.h>

/* Queues are few, but folders of mailboxes can be many: those that find no room are counted as
 * others. */
static void count_queue(struct hq_totals *totals, const char *name)
{
    unsigned i = 0;

    while (i < totals->queue_count && strcmp(totals->queues[i].name, name) != 0)
        i++;
    if (i == G_N_ELEMENTS(totals->queues)) {
        totals->others++;
        return;
    }
    if (i == totals->queue_count)
        totals->queues[totals->queue_count++].name = name;
    totals->queues[i].messages++;
}

static int by_count(const void *a, const void *b)
{
    const struct hq_totals_queue *x = a, *y = b;

    if (x->messages != y->messages)
        return x->messages > y->messages ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void count_message(struct hq_totals *totals, const struct hq_message *message, int64_t now)
{
    unsigned waiting = 0;
    bool held = false, expiring = false;

    for (uint32_t i = 0; i < message->recipient_count; i++) {
        const struct hq_recipient *recipient = &message->recipients[i];
        if (!hq_recipient_waits(recipient))
            continue;
        waiting++;
        held |= recipient->state == HQ_STATE_HELD;
        expiring |= hq_recipient_expires_soon(recipient, now);
    }
    if (message->queue && *message->queue)
        count_queue(totals, message->queue);
    bool incoming = message->recipient_count == 0 && message->incomplete == HQ_YES;
    totals->messages += waiting > 0 || incoming;
    totals->recipients += waiting;
    totals->held += held;
    totals->expiring_6h += expiring;
}

struct hq_totals hq_totals_count(const GPtrArray *messages, int64_t now)
{
    struct hq_totals totals = {0};

    for (unsigned i = 0; i < messages->len; i++)
        count_message(&totals, messages->pdata[i], now);
    qsort(totals.queues, totals.queue_count, sizeof *totals.queues, by_count);
    return totals;
}

void hq_totals_queues(const struct hq_totals *totals, GString *out)
{
    if (totals->expiring_6h) /* first: what does not fit is cut */
        g_string_append_printf(out, "lost<6h %u, ", totals->expiring_6h);
    for (unsigned i = 0; i < totals->queue_count; i++)
        g_string_append_printf(out, "%s%s %u", i ? ", " : "", totals->queues[i].name,
                               totals->queues[i].messages);
    if (totals->others)
        g_string_append_printf(out, ", others %u", totals->others);
}

void hq_totals_format(const struct hq_totals *totals, GString *out)
{
    if (totals->messages == 0)
        return;
    g_string_append_printf(out, "waiting: %u message%s, %u recipient%s", totals->messages,
                           totals->messages == 1 ? "" : "s", totals->recipients,
                           totals->recipients == 1 ? "" : "s");
    if (totals->held)
        g_string_append_printf(out, ", %u held", totals->held);
    if (totals->expiring_6h)
        g_string_append_printf(out, ", %u lost<6h", totals->expiring_6h);
}
