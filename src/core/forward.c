/* SPDX-License-Identifier: ISC */
/* Forwarded mail: a stranger's sender, a recipient elsewhere, and proof that it came to one of our
 * addresses from outside. Such mail fails SPF at its destination unless the sender was
 * rewritten. */
#include "hopq/forward.h"
#include <string.h>

#define EVIDENCE_MAX 8

struct judgement {
    const struct hq_context *context;
    struct hq_arena *arena;
    struct hq_forwarded *out;
    const char *evidence[EVIDENCE_MAX];
};

static void note(struct judgement *judgement, const char *evidence)
{
    if (judgement->out->evidence_count < EVIDENCE_MAX)
        judgement->evidence[judgement->out->evidence_count++] = evidence;
}

static enum hq_tri is_our_address(const struct judgement *judgement, const char *address)
{
    size_t n = 0;
    const char *domain = address ? hq_address_domain(address, &n) : NULL;
    if (!domain)
        return HQ_UNKNOWN;
    return hq_context_is_ours(judgement->context, domain, n) ? HQ_YES : HQ_NO;
}

/* ---- F1: the sender is a stranger ---- */

/* SRS0=…@ours, SRS1+…@ours: https://www.libsrs2.net/srs/srs.pdf section 3 */
static bool is_rewritten(const char *sender)
{
    return (g_ascii_strncasecmp(sender, "SRS0", 4) == 0 ||
            g_ascii_strncasecmp(sender, "SRS1", 4) == 0) &&
           sender[4] && strchr("=+-", sender[4]);
}

static enum hq_tri is_stranger(struct judgement *judgement, const char *sender)
{
    if (!sender)
        return HQ_UNKNOWN;
    if (!*sender)
        return HQ_NO;
    enum hq_tri ours = is_our_address(judgement, sender);
    if (ours == HQ_YES && is_rewritten(sender))
        note(judgement, hq_arena_printf(judgement->arena, "sender rewritten (SRS): %s", sender));
    /* A sender without a domain is one of this machine. */
    return ours == HQ_NO ? HQ_YES : HQ_NO;
}

/* ---- F3: it came to us ---- */

static bool came_to(struct judgement *judgement, const struct hq_recipient *recipient)
{
    const char *original = recipient->original;
    if (!original || g_ascii_strcasecmp(original, recipient->address) == 0 ||
        is_our_address(judgement, original) != HQ_YES)
        return false;
    if (!judgement->out->original)
        judgement->out->original = original;
    note(judgement,
         hq_arena_printf(judgement->arena, "%s became %s", original, recipient->address));
    return true;
}

/* The first address in a header value: "x@y", "<x@y>", "Name <x@y>", "x@y z@w". */
static char *header_address(const struct hq_field_span *field)
{
    GString *value = g_string_new(NULL);
    hq_field_unfold(field, value);
    const char *at = strchr(value->str, '@');
    char *address = NULL;
    if (at) {
        const char *start = at, *end = at;
        while (start > value->str && !strchr(" \t<,:;\"(", start[-1]))
            start--;
        end += strcspn(end, " \t>,;\")");
        address = g_strndup(start, (gsize)(end - start));
    }
    g_string_free(value, TRUE);
    return address;
}

/* A hand-over inside this machine: Postfix writes "by us (Postfix)", "(Postfix, from userid 0)". */
static bool is_local_received(const struct hq_field_span *field)
{
    const char *s = field->value, *end = s + field->value_length;
    while (s < end && g_ascii_isspace(*s))
        s++;
    return s < end && (*s == '(' || (end - s > 3 && g_ascii_strncasecmp(s, "by", 2) == 0 &&
                                     g_ascii_isspace(s[2])));
}

static bool names_us(struct judgement *judgement, const struct hq_field_span *field)
{
    static const char *const marks[] = {"Delivered-To", "X-Original-To", "X-Forwarded-For",
                                        "X-Forwarded-To", "Resent-From"};
    for (unsigned i = 0; i < G_N_ELEMENTS(marks); i++) {
        if (!hq_field_is(field, marks[i]))
            continue;
        char *address = header_address(field);
        bool ours = address && is_our_address(judgement, address) == HQ_YES;
        if (ours) {
            note(judgement, hq_arena_printf(judgement->arena, "%s: %s", marks[i], address));
            if (!judgement->out->original)
                judgement->out->original = hq_arena_strdup(judgement->arena, address);
        }
        g_free(address);
        return ours;
    }
    return false;
}

/* True: a field above the Received line of the hand-over from outside names one of our addresses.
 * Only those are our own words; Postfix's local(8) puts Delivered-To into a new queue file, under a
 * Received of its own (src/local/forward.c). */
static bool headers_name_us(struct judgement *judgement, const struct hq_headers *headers)
{
    bool found = false;
    for (unsigned i = 0; headers && i < headers->count; i++) {
        const struct hq_field_span *field = &headers->fields[i];
        if (hq_field_is(field, "Received") && !is_local_received(field))
            break;
        found |= names_us(judgement, field);
    }
    return found;
}

/* ---- F4: from outside ---- */

static enum hq_tri is_from_outside(struct judgement *judgement, const struct hq_client *client)
{
    struct hq_ip ip;
    if (client->auth) {
        note(judgement,
             hq_arena_printf(judgement->arena, "our user %s, foreign sender", client->auth));
        return HQ_NO;
    }
    if (!hq_ip_parse_str(client->ip, &ip))
        return HQ_UNKNOWN;
    if (hq_ip_classify(&ip) != HQ_IP_LOOPBACK && !hq_context_is_trusted(judgement->context, &ip))
        return HQ_YES;
    note(judgement, hq_arena_printf(judgement->arena, "from our own network: %s", client->ip));
    return HQ_NO;
}

/* ---- all of them ---- */

/* F2 and F3 over the recipients. */
static enum hq_tri leaves_after_coming(struct judgement *judgement,
                                       const struct hq_message *message,
                                       const struct hq_headers *headers)
{
    bool leaves = false, came = false;
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        if (is_our_address(judgement, message->recipients[i].address) != HQ_NO)
            continue;
        leaves = true;
        came |= came_to(judgement, &message->recipients[i]);
    }
    if (!leaves)
        return message->recipient_count > 0 ? HQ_NO : HQ_UNKNOWN;
    came |= headers_name_us(judgement, headers);
    if (came)
        return HQ_YES;
    return headers ? HQ_NO : HQ_UNKNOWN;
}

static enum hq_tri judge(struct judgement *judgement, const struct hq_message *message,
                         const struct hq_headers *headers)
{
    enum hq_tri stranger = is_stranger(judgement, message->sender);
    if (stranger == HQ_NO)
        return HQ_NO;
    enum hq_tri came = leaves_after_coming(judgement, message, headers);
    if (came == HQ_NO)
        return HQ_NO;
    enum hq_tri outside = is_from_outside(judgement, &message->client);
    if (outside == HQ_NO)
        return HQ_NO;
    return stranger == HQ_YES && came == HQ_YES && outside == HQ_YES ? HQ_YES : HQ_UNKNOWN;
}

void hq_forward_judge(struct hq_message *message, const struct hq_headers *headers,
                      const struct hq_context *context, struct hq_arena *arena)
{
    struct hq_forwarded *out = &message->forwarded;
    struct judgement judgement = {.context = context, .arena = arena, .out = out};
    *out = (struct hq_forwarded){.is = HQ_UNKNOWN};
    if (context->our->len == 0)
        return;
    out->is = (int8_t)judge(&judgement, message, headers);
    if (out->evidence_count == 0)
        return;
    size_t size = out->evidence_count * sizeof *judgement.evidence;
    out->evidence = memcpy(hq_arena_alloc(arena, size), judgement.evidence, size);
}
