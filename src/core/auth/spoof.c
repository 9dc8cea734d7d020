/* SPDX-License-Identifier: ISC */
/* Authentication fields that bear the receiver's name but are the sender's. Far below the boundary
 * the place tells; directly below it milters write, too, and only a contradiction does: of what
 * the receiver wrote elsewhere, of the client, of the envelope, of the order of fields. */
#include "core/trail/trail.h"
#include "hopq/ip.h"
#include "hopq/org.h"
#include "lex.h"
#include "receiver.h"
#include <string.h>

/* Organisations that store all Received fields above what their own filters wrote. */
static const char *const reorderers[] = {"protonmail.ch", "outlook.com"};

bool hq_auth_same_name(const char *a, const char *b)
{
    return a && b && (g_ascii_strcasecmp(a, b) == 0 || hq_org_same(a, b));
}

bool hq_auth_is_receiver(const struct auth_receiver *receiver, const char *authserv)
{
    g_autofree char *name = g_ascii_strdown(authserv, -1);
    char org[256];

    return hq_context_is_ours(receiver->context, name, strlen(name)) ||
           hq_auth_same_name(receiver->context->hostname, name) ||
           g_hash_table_contains(receiver->names, name) ||
           (hq_org_domain(name, org)[0] && g_hash_table_contains(receiver->names, org));
}

bool hq_auth_boundary_is(const struct auth_receiver *receiver, const char *organisation)
{
    return receiver->boundary->by.name && hq_org_same(receiver->boundary->by.name, organisation);
}

static void add_name(GHashTable *names, const char *host)
{
    char org[256];

    g_hash_table_add(names, g_ascii_strdown(host, -1));
    if (hq_org_domain(host, org)[0])
        g_hash_table_add(names, g_strdup(org));
}

static void find_hosts(struct auth_receiver *receiver)
{
    const struct hq_hop *hop = receiver->detail->hops;
    const struct hq_hop *end = hop + receiver->detail->hop_count;

    for (; hop <= receiver->boundary; hop++)
        if (hop->by.name)
            add_name(receiver->names, hop->by.name);
    for (; hop < end && !receiver->seen_before; hop++)
        receiver->seen_before = hop->by.name && hq_auth_is_receiver(receiver, hop->by.name);
}

/* Fields that the author's program writes, and signatures made for it. */
static bool is_authors(const struct hq_field_span *span)
{
    static const char *const names[] = {
        "From",       "To",           "Subject",      "Date",
        "Message-ID", "MIME-Version", "Content-Type", "DKIM-Signature"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (hq_field_is(span, names[i]))
            return true;
    return false;
}

/* The final delivery writes Return-Path on top of all (RFC 5321 section 4.4); one below came with
 * the mail. */
static void read_return_path(struct auth_receiver *receiver, const struct hq_headers *headers,
                             struct hq_arena *arena)
{
    const struct hq_field_span *field = hq_headers_find(headers, "Return-Path", 0);

    if (!receiver->boundary || !field || (int64_t)field->offset > receiver->boundary->offset)
        return;

    g_autofree char *value = g_strndup(field->value, field->value_length);

    receiver->return_path = strchr(value, '@') ? hq_auth_domain(g_strstrip(value), arena) : NULL;
}

void hq_auth_receiver_init(struct auth_receiver *receiver, const struct hq_headers *headers,
                           const struct hq_detail *detail, const struct hq_context *context,
                           struct hq_arena *arena)
{
    *receiver = (struct auth_receiver){
        .detail = detail,
        .context = context,
        .boundary = hq_trail_boundary(detail),
        .names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .authors_first = HQ_NONE,
        .authors_last = HQ_NONE,
    };
    if (receiver->boundary)
        find_hosts(receiver);
    read_return_path(receiver, headers, arena);
    for (unsigned i = 0; i < headers->count; i++) {
        if (!is_authors(&headers->fields[i]))
            continue;
        receiver->authors_last = (int64_t)headers->fields[i].offset;
        if (receiver->authors_first == HQ_NONE)
            receiver->authors_first = receiver->authors_last;
    }
}

void hq_auth_receiver_clear(struct auth_receiver *receiver)
{
    g_hash_table_destroy(receiver->names);
}

/* ---- contradictions ---- */

static bool passes(const struct hq_auth *row)
{
    return strcmp(row->result, "pass") == 0;
}

static bool is_open(const struct hq_auth *row)
{
    return g_str_has_suffix(row->result, "error"); /* an error: the next check may pass */
}

/* A pass where the receiver itself, above the boundary, found none. A message has one SPF and one
 * DMARC result, but DKIM results by domain. */
static bool contradicts_receiver(const GArray *rows, guint first, const struct hq_auth *claim,
                                 GString *reason)
{
    const struct hq_auth *other = NULL;

    if (!passes(claim))
        return false;
    for (guint i = 0; i < first; i++) {
        const struct hq_auth *row = &g_array_index(rows, struct hq_auth, i);
        bool by_domain = strcmp(row->method, "dkim") == 0 && row->domain && claim->domain;

        if (row->trusted != HQ_YES || strcmp(row->method, claim->method) != 0)
            continue;
        if (is_open(row) ||
            (passes(row) && (!by_domain || g_ascii_strcasecmp(row->domain, claim->domain) == 0)))
            return false;
        other = row;
    }
    if (other)
        g_string_printf(reason, " and says %s=pass where the receiver found %s", claim->method,
                        passes(other) ? "another domain" : other->result);
    return other;
}

/* It names a client that handed the message over at no hop. */
static bool names_other_client(const struct auth_receiver *receiver, const struct hq_auth *claim,
                               GString *reason)
{
    struct hq_ip named, client;
    char text[46];

    if (claim->hop != HQ_NONE || !receiver->boundary->from.ip ||
        !hq_trail_client_of(claim, &named) ||
        !hq_ip_parse_str(receiver->boundary->from.ip, &client) || hq_ip_equal(&named, &client))
        return false;
    g_string_printf(reason, " and names %s as the client, which was %s", hq_ip_format(&named, text),
                    receiver->boundary->from.ip);
    return true;
}

/* It names another envelope sender. A forwarder may have put its own in the envelope. */
static bool names_other_sender(const struct auth_receiver *receiver, const struct hq_auth *claim,
                               GString *reason)
{
    g_autoptr(GString) sender = g_string_new(NULL);

    if (!receiver->return_path || hq_auth_is_receiver(receiver, receiver->return_path) ||
        strcmp(claim->method, "spf") != 0 || !claim->domain ||
        !(hq_auth_property(claim, "smtp.mailfrom", sender) ||
          hq_auth_property(claim, "envelope-from", sender)) ||
        hq_auth_same_name(claim->domain, receiver->return_path))
        return false;
    g_string_printf(reason, " and names %s as the sender, which was of %s", sender->str,
                    receiver->return_path);
    return true;
}

/* Filters add fields on top or at the end; what stands between the author's own fields came with
 * them. A store that sorts fields has some of them above the boundary, too. */
static bool is_among_authors(const struct auth_receiver *receiver, const struct hq_field_span *span,
                             GString *reason)
{
    int64_t offset = (int64_t)span->offset;
    bool among = receiver->authors_first > receiver->boundary->offset &&
                 receiver->authors_first < offset && receiver->authors_last > offset;

    if (among)
        g_string_assign(reason, ", among the author's fields");
    return among;
}

static bool has_reason(const struct auth_receiver *receiver, const struct hq_field_span *span,
                       const GArray *rows, guint first, GString *reason)
{
    if (is_among_authors(receiver, span, reason))
        return true;
    for (guint i = first; i < rows->len; i++) {
        const struct hq_auth *claim = &g_array_index(rows, struct hq_auth, i);

        if (contradicts_receiver(rows, first, claim, reason) ||
            names_other_client(receiver, claim, reason) ||
            names_other_sender(receiver, claim, reason))
            return true;
    }
    return false;
}

bool hq_auth_is_spoof(const struct auth_receiver *receiver, const struct hq_field_span *span,
                      const GArray *rows, guint first, GString *reason)
{
    const struct hq_hop *end = receiver->detail->hops + receiver->detail->hop_count;
    const struct hq_hop *older = receiver->boundary + 1;
    const struct hq_auth *row = &g_array_index(rows, struct hq_auth, first);

    g_string_truncate(reason, 0);
    if ((int64_t)span->offset < receiver->boundary->offset || row->trusted == HQ_YES ||
        !row->authserv || !hq_auth_is_receiver(receiver, row->authserv))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(reorderers); i++)
        if (hq_auth_boundary_is(receiver, reorderers[i]))
            return false;
    /* Mail that comes from the receiver's organisation (forwarded inside it, sent on by its list)
     * carries such fields rightly. */
    if (receiver->seen_before)
        return false;
    return (older < end && (int64_t)span->offset > older->offset) ||
           has_reason(receiver, span, rows, first, reason);
}
