/* SPDX-License-Identifier: ISC */
/* Getters of the field table and how a value looks in a column. */
#include "hopq/fields.h"
#include "hopq/detail.h"
#include <string.h>

/* The I-th of N strings, those unknown left out. */
static const char *nth_known(const char *const *values, unsigned n, unsigned i)
{
    for (unsigned k = 0; k < n; k++)
        if (values[k] && i-- == 0)
            return values[k];
    return NULL;
}

static const char *only(const char *value, unsigned i)
{
    return i == 0 ? value : NULL;
}

/* The recipient of value number I: value 0 is that of the recipient that stands for the message,
 * then come those of all recipients in order, PER of each. WHICH takes the value's number within
 * the recipient. NULL: there is no such value. */
static const struct hq_recipient *recipient_value(const struct hq_message *message, unsigned i,
                                                  unsigned per, unsigned *which)
{
    *which = 0;
    if (i == 0)
        return hq_message_worst(message);
    *which = (i - 1) % per;
    unsigned k = (i - 1) / per;
    return k < message->recipient_count ? &message->recipients[k] : NULL;
}

/* "" is "this recipient has none": NULL would end the list. */
static const char *or_empty(const char *value)
{
    return value ? value : "";
}

/* The domain as a string. Addresses are stored bare as a rule and end with it; any other is copied,
 * valid until the next call on this thread. */
static const char *address_domain(const char *address)
{
    static _Thread_local char copy[256];
    size_t n = 0;
    const char *domain = address ? hq_address_domain(address, &n) : NULL;
    if (!domain || !domain[n])
        return domain;
    n = MIN(n, sizeof copy - 1);
    memcpy(copy, domain, n);
    copy[n] = 0;
    return copy;
}

static const char *from_text(const struct hq_message *message, unsigned i)
{
    if (!message->sender)
        return only(message->from, i);
    return only(*message->sender ? message->sender : "<>", i);
}

static const char *to_text(const struct hq_message *message, unsigned i)
{
    unsigned which;
    if (message->recipient_count == 0)
        return only(message->to, i);
    const struct hq_recipient *recipient = recipient_value(message, i, 2, &which);
    if (!recipient)
        return NULL;
    return or_empty(which == 1 ? recipient->original : recipient->address);
}

static const char *domain_text(const struct hq_message *message, unsigned i)
{
    unsigned which;
    const struct hq_recipient *recipient = recipient_value(message, i, 1, &which);
    return recipient ? or_empty(address_domain(recipient->address)) : NULL;
}

static const char *queue_text(const struct hq_message *message, unsigned i)
{
    return only(message->queue, i);
}

static const char *reason_text(const struct hq_message *message, unsigned i)
{
    unsigned which;
    const struct hq_recipient *recipient = recipient_value(message, i, 1, &which);
    if (!recipient)
        return NULL;
    return recipient->reason ? or_empty(hq_category_names[recipient->reason->kind->category]) : "";
}

static const char *reply_text(const struct hq_message *message, unsigned i)
{
    unsigned which;
    const struct hq_recipient *recipient = recipient_value(message, i, 1, &which);
    if (!recipient)
        return NULL;
    return recipient->reason ? or_empty(recipient->reason->text) : "";
}

static const char *code_text(const struct hq_message *message, unsigned i)
{
    static _Thread_local char digits[24];
    unsigned which;
    const struct hq_recipient *recipient = recipient_value(message, i, 2, &which);
    if (!recipient)
        return NULL;
    const struct hq_reason_kind *kind = recipient->reason ? recipient->reason->kind : NULL;
    if (!kind)
        return "";
    if (which == 1 || kind->code <= 0)
        return or_empty(kind->enhanced);
    g_snprintf(digits, sizeof digits, "%" G_GINT64_FORMAT, kind->code);
    return digits;
}

static const char *provider_text(const struct hq_message *message, unsigned i)
{
    unsigned which;
    const struct hq_recipient *recipient = recipient_value(message, i, 1, &which);
    if (!recipient)
        return NULL;
    return recipient->reason ? or_empty(recipient->reason->kind->provider) : "";
}

static const char *relay_text(const struct hq_message *message, unsigned i)
{
    unsigned which;
    const struct hq_recipient *recipient = recipient_value(message, i, 2, &which);
    if (!recipient)
        return NULL;
    const struct hq_reason *reason = recipient->reason;
    if (!reason)
        return "";
    return or_empty(which == 1 || !reason->relay ? reason->relay_ip : reason->relay);
}

static const char *phase_text(const struct hq_message *message, unsigned i)
{
    unsigned which;
    const struct hq_recipient *recipient = recipient_value(message, i, 1, &which);
    if (!recipient)
        return NULL;
    return recipient->reason ? or_empty(hq_phase_names[recipient->reason->kind->phase]) : "";
}

static const char *client_text(const struct hq_message *message, unsigned i)
{
    const char *const values[] = {message->client.name, message->client.ip, message->client.helo};
    return nth_known(values, G_N_ELEMENTS(values), i);
}

static const char *auth_text(const struct hq_message *message, unsigned i)
{
    return only(message->client.auth, i);
}

static const char *script_text(const struct hq_message *message, unsigned i)
{
    return only(message->script, i);
}

static const char *subject_text(const struct hq_message *message, unsigned i)
{
    return only(message->subject, i);
}

static const char *id_text(const struct hq_message *message, unsigned i)
{
    if (i == 0)
        return message->id;
    return i <= message->recipient_count ? or_empty(message->recipients[i - 1].id) : NULL;
}

static const char *mta_text(const struct hq_message *message, unsigned i)
{
    return only(message->mta, i);
}

static const char *source_text(const struct hq_message *message, unsigned i)
{
    return only(message->source, i);
}

static const char *sender_domain_text(const struct hq_message *message, unsigned i)
{
    return only(address_domain(message->sender), i);
}

static const char *spf_text(const struct hq_message *message, unsigned i)
{
    return message->detail ? only(hq_result_names[message->detail->spf.result], i) : NULL;
}

static const char *forecast_text(const struct hq_message *message, unsigned i)
{
    if (!message->detail) /* as in JSON */
        return only(hq_outlook_names[HQ_OUTLOOK_UNKNOWN], i);
    const struct hq_forecast *forecast = &message->detail->forecast;
    const char *const values[] = {hq_result_names[forecast->result],
                                  hq_outlook_names[forecast->outlook]};
    return nth_known(values, G_N_ELEMENTS(values), i);
}

static const char *finding_text(const struct hq_message *message, unsigned i)
{
    const struct hq_detail *detail = message->detail;
    return detail && i < detail->finding_count ? or_empty(detail->findings[i].id) : NULL;
}

static const char *problem_text(const struct hq_message *message, unsigned i)
{
    return i < message->problem_count ? or_empty(message->problems[i].what) : NULL;
}

/* The whole field, so that "Name=value" can be told apart by the filter. */
static const char *header_text(const struct hq_message *message, unsigned i)
{
    const struct hq_detail *detail = message->detail;
    return detail && i < detail->header_count ? or_empty(detail->headers[i].raw) : NULL;
}

static int64_t age_number(const struct hq_message *message, int64_t now)
{
    int64_t age;
    if (message->arrived == HQ_NONE || __builtin_sub_overflow(now, message->arrived, &age))
        return HQ_NONE;
    return age;
}

static int64_t size_number(const struct hq_message *message, G_GNUC_UNUSED int64_t now)
{
    return message->size;
}

static int64_t rcpts_number(const struct hq_message *message, G_GNUC_UNUSED int64_t now)
{
    return message->recipient_count;
}

static int64_t tries_number(const struct hq_message *message, G_GNUC_UNUSED int64_t now)
{
    int64_t most = HQ_NONE; /* the smallest of all */
    for (uint32_t i = 0; i < message->recipient_count; i++)
        most = MAX(most, message->recipients[i].attempts);
    return most;
}

static int64_t next_number(const struct hq_message *message, G_GNUC_UNUSED int64_t now)
{
    return hq_message_next_attempt(message);
}

static int64_t expires_number(const struct hq_message *message, G_GNUC_UNUSED int64_t now)
{
    return hq_message_expires(message);
}

static int64_t forwarded_number(const struct hq_message *message, G_GNUC_UNUSED int64_t now)
{
    return message->forwarded.is == HQ_UNKNOWN ? HQ_NONE : message->forwarded.is;
}

const struct hq_field_info hq_fields[] = {
#define HQ_FIELD(name, title, kind, width, help, need, text, number) \
    {name, title, HQ_KIND_##kind, width, help, HQ_NEED_##need, text, number},
#include "fields.def"
#undef HQ_FIELD
};
const unsigned hq_field_count = G_N_ELEMENTS(hq_fields);

const struct hq_field_info *hq_field_find(const char *name, size_t n)
{
    for (unsigned i = 0; i < hq_field_count; i++)
        if (strlen(hq_fields[i].name) == n && g_ascii_strncasecmp(hq_fields[i].name, name, n) == 0)
            return &hq_fields[i];
    return NULL;
}
