/* SPDX-License-Identifier: ISC */
/* What waits in all, and which address the forwarded mail of a group comes through: the board's
 * groups cannot be added up, because a message may be in several. */
#include "tui/totals.h"
#include "hopq/time.h"

static bool waits(const struct hq_recipient *recipient)
{
    return recipient->state != HQ_STATE_DELIVERED && recipient->state != HQ_STATE_FAILED;
}

static void count_message(struct hq_totals *totals, const struct hq_message *message, int64_t now)
{
    unsigned waiting = 0;
    bool held = false, expiring = false;

    for (uint32_t i = 0; i < message->recipient_count; i++) {
        const struct hq_recipient *recipient = &message->recipients[i];
        if (!waits(recipient))
            continue;
        waiting++;
        held |= recipient->state == HQ_STATE_HELD;
        expiring |= recipient->expires != HQ_NONE && recipient->expires < now + 6 * HQ_HOUR;
    }
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
    return totals;
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

void hq_totals_forwarded(const struct hq_group *group, GString *out)
{
    g_autoptr(GHashTable) counts = g_hash_table_new(g_str_hash, g_str_equal);
    const char *top = NULL;
    int64_t most = 0;

    if (group->forwarded == 0)
        return;
    for (unsigned i = 0; i < group->members->len; i++) {
        const struct hq_forwarded *forwarded =
            &((const struct hq_message *)group->members->pdata[i])->forwarded;
        if (forwarded->is != HQ_YES || !forwarded->original)
            continue;
        gpointer key = (gpointer)forwarded->original;
        int64_t count = GPOINTER_TO_INT(g_hash_table_lookup(counts, key)) + 1;
        g_hash_table_insert(counts, key, GINT_TO_POINTER(count));
        if (count > most) {
            most = count;
            top = forwarded->original;
        }
    }
    g_string_append_printf(out, "%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT, group->forwarded,
                           group->messages);
    if (top && most == group->forwarded)
        g_string_append_printf(out, ": through %s", top);
    else if (top)
        g_string_append_printf(out, ": %" G_GINT64_FORMAT " through %s", most, top);
}
