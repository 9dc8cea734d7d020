/* SPDX-License-Identifier: ISC */
/* Field values as people read them in a column, and what stands for all recipients of a
 * message. */
#include "hopq/fields.h"

char *hq_size_format(int64_t bytes, char buf[16])
{
    if (bytes < 0) /* HQ_NONE too */
        g_strlcpy(buf, "-", 16);
    else if (bytes < 1024)
        g_snprintf(buf, 16, "%dB", (int)bytes);
    else {
        unsigned unit = 0;
        uint64_t tenths = (uint64_t)bytes / 1024 * 10 + (uint64_t)bytes % 1024 * 10 / 1024;
        for (; tenths >= 10240; unit++)
            tenths /= 1024;
        if (tenths < 100)
            g_snprintf(buf, 16, "%u.%u%c", (unsigned)tenths / 10, (unsigned)tenths % 10,
                       "KMGTPE"[unit]);
        else
            g_snprintf(buf, 16, "%u%c", (unsigned)tenths / 10, "KMGTPE"[unit]);
    }
    return buf;
}

static void show_time(int64_t moment, int64_t now, GString *out)
{
    char buf[16];
    int64_t left;
    if (moment == HQ_NONE || __builtin_sub_overflow(moment, now, &left))
        g_string_append_c(out, '-');
    else
        g_string_append(out, left <= 0 ? "due" : hq_time_span(left, buf));
}

static void show_number(const struct hq_field_info *field, int64_t value, int64_t now, GString *out)
{
    char buf[16];
    if (field->kind == HQ_KIND_TIME)
        show_time(value, now, out);
    else if (field->kind == HQ_KIND_SPAN)
        g_string_append(out, hq_time_span(value, buf));
    else if (field->kind == HQ_KIND_SIZE)
        g_string_append(out, hq_size_format(value, buf));
    else if (value == HQ_NONE)
        g_string_append_c(out, '-');
    else if (field->kind == HQ_KIND_FLAG)
        g_string_append(out, value == HQ_YES ? "yes" : "no");
    else
        g_string_append_printf(out, "%" G_GINT64_FORMAT, value);
}

void hq_field_show(const struct hq_field_info *field, const struct hq_message *message, int64_t now,
                   GString *out)
{
    if (field->number) {
        show_number(field, field->number(message, now), now, out);
        return;
    }
    const char *first = field->text(message, 0);
    g_string_append(out, first ? first : "");
    if (g_str_equal(field->name, "to") && message->recipient_count > 1)
        g_string_append_printf(out, " +%u", message->recipient_count - 1);
}

const struct hq_recipient *hq_message_worst(const struct hq_message *message)
{
    const struct hq_recipient *waiting = NULL;
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        const struct hq_recipient *recipient = &message->recipients[i];
        if (recipient->state == HQ_STATE_DEFERRED)
            return recipient;
        if (!waiting && hq_recipient_waits(recipient))
            waiting = recipient;
    }
    return waiting || message->recipient_count == 0 ? waiting : &message->recipients[0];
}

int64_t hq_message_next_attempt(const struct hq_message *message)
{
    int64_t soonest = HQ_NONE;
    for (uint32_t i = 0; i < message->recipient_count; i++)
        soonest = hq_time_sooner(soonest, message->recipients[i].next_attempt);
    return soonest;
}

int64_t hq_message_expires(const struct hq_message *message)
{
    int64_t soonest = HQ_NONE;
    for (uint32_t i = 0; i < message->recipient_count; i++)
        soonest = hq_time_sooner(soonest, message->recipients[i].expires);
    return soonest;
}
