/* SPDX-License-Identifier: ISC */
/* Where the message came from: what envelope and boundary prove, what a header tells, who logged
 * in, where the chain claims to begin; each labelled as a fact or a claim. An opaque value in the
 * place of an address is called masked, and nothing is guessed. */
#include "hopq/arena.h"
#include "hopq/ip.h"
#include "hopq/org.h"
#include "trail.h"
#include <glib.h>
#include <string.h>

enum holds { ADDRESS, OPAQUE, PROXY, CIP, TEXT };

static const struct origin_header {
    const char *name;
    const char *source; /* in lower case */
    enum holds holds;
} origin_headers[] = {
#define ORIGIN(name, lower, holds) {name, lower, holds},
#include "origin_headers.def"
#undef ORIGIN
};

/* Claims beyond MOST are left to the header itself. */
enum { MOST = 4, LONGEST_TEXT = 120 };

static bool same_address(const char *a, const char *b)
{
    struct hq_ip x;
    struct hq_ip y;

    return hq_ip_parse_str(a, &x) && hq_ip_parse_str(b, &y) && hq_ip_equal(&x, &y);
}

/* Facts come first: the same address as a claim says nothing more. */
static void add(struct trail *trail, const struct hq_origin_claim *claim)
{
    struct hq_detail *detail = trail->detail;

    if (detail->origin_count == MOST)
        return;
    for (uint32_t i = 0; i < detail->origin_count; i++) {
        if (same_address(detail->origins[i].ip, claim->ip))
            return;
    }
    detail->origins[detail->origin_count++] = *claim;
}

static void add_hop(struct trail *trail, const struct hq_hop *hop, const char *source)
{
    add(trail, &(struct hq_origin_claim){
                   .ip = hop->from.ip,
                   .name = hop->from.name,
                   .helo = hop->from.helo,
                   .source = source,
                   .fact = hop->trust == HQ_TRUST_CLAIMED ? HQ_NO : HQ_YES,
                   .hop = hop->n,
               });
}

/* ---- envelope and boundary ---- */

static void add_envelope(struct trail *trail, const struct hq_hop *hop)
{
    const struct hq_client *client = &trail->message->client;
    bool same = hop && same_address(client->ip, hop->from.ip);
    struct hq_ip ip;

    /* a filter of ours hands the mail back from here: its client is at the boundary */
    if (!hq_ip_parse_str(client->ip, &ip) || (hop && hq_ip_classify(&ip) == HQ_IP_LOOPBACK))
        return;
    add(trail, &(struct hq_origin_claim){
                   .ip = client->ip,
                   .name = client->name || !same ? client->name : hop->from.name,
                   .helo = client->helo || !same ? client->helo : hop->from.helo,
                   .source = "envelope",
                   .fact = HQ_YES,
                   .hop = same ? hop->n : HQ_NONE,
               });
}

/* ---- header fields ---- */

/* The first address in N bytes: "[192.0.2.1]", "192.0.2.1 (web mail)", "IPv6:…". */
static bool first_address(const char *p, size_t n, struct hq_ip *ip)
{
    static const char separators[] = " \t\r\n[]()<>;,=";
    const char *end = p + n;

    while (p < end) {
        while (p < end && strchr(separators, *p))
            p++;
        const char *start = p;
        while (p < end && *p && !strchr(separators, *p))
            p++;
        if (hq_ip_parse(start, (size_t)(p - start), ip))
            return true;
        if (p < end && !*p)
            p++;
    }
    return false;
}

/* "CIP:192.0.2.1;CTRY:…" of X-Forefront-Antispam-Report; 255.255.255.255 is Microsoft's "nobody".
 */
static bool connecting_address(const char *s, size_t n, struct hq_ip *ip)
{
    static const char key[] = "CIP:";
    const char *found = memmem(s, n, key, sizeof key - 1);

    if (!found)
        return false;
    found += sizeof key - 1;
    const char *end = memchr(found, ';', (size_t)(s + n - found));
    return end && first_address(found, (size_t)(end - found), ip) &&
           hq_ip_classify(ip) != HQ_IP_INVALID;
}

/* The field was written by the receiving side: it stands above the boundary's own field, or
 * Microsoft 365 wrote it, which removes such fields of others and sorts its own below. */
static bool is_receivers(const struct hq_hop *edge, const struct origin_header *row,
                         const struct hq_field_span *field)
{
    if (!edge)
        return false;
    return (int64_t)field->offset < edge->offset ||
           (row->holds == CIP && hq_org_same(edge->by.name, "protection.outlook.com"));
}

static const char *shorten(struct trail *trail, const struct hq_field_span *field)
{
    g_autoptr(GString) text = g_string_new(NULL);

    hq_field_unfold(field, text);
    g_strstrip(text->str);
    return hq_arena_dup(trail->arena, text->str, MIN(strlen(text->str), LONGEST_TEXT));
}

static void add_header(struct trail *trail, const struct origin_header *row,
                       const struct hq_field_span *field)
{
    struct hq_origin_claim claim = {.source = row->source, .hop = HQ_NONE};
    struct hq_ip ip;
    char buf[46];
    bool found = false;

    claim.fact = is_receivers(hq_trail_boundary(trail->detail), row, field) ? HQ_YES : HQ_NO;
    if (row->holds == ADDRESS)
        found = first_address(field->value, field->value_length, &ip);
    else if (row->holds == CIP)
        found = connecting_address(field->value, field->value_length, &ip);
    if (row->holds == CIP && !found)
        return;
    if (found)
        claim.ip = hq_arena_strdup(trail->arena, hq_ip_format(&ip, buf));
    else if (row->holds != TEXT)
        claim.masked = row->name;
    if (!found)
        claim.text = shorten(trail, field);
    if (claim.masked && row->holds != PROXY && !trail->detail->origin.masked)
        trail->detail->origin.masked = row->name;
    add(trail, &claim);
}

static void add_headers(struct trail *trail)
{
    for (size_t i = 0; i < G_N_ELEMENTS(origin_headers); i++) {
        const struct hq_field_span *field =
            hq_headers_find(trail->headers, origin_headers[i].name, 0);

        if (field)
            add_header(trail, &origin_headers[i], field);
    }
}

/* ---- older hops ---- */

/* Who logged in: the oldest such hop that shows a client. */
static void add_submission(struct trail *trail)
{
    const struct hq_detail *detail = trail->detail;

    for (uint32_t i = detail->hop_count; i-- > 0;) {
        const struct hq_hop *hop = &detail->hops[i];

        if (hop->auth == HQ_YES && hop->from.ip) {
            add_hop(trail, hop, "submission");
            return;
        }
    }
}

/* Providers that write the addresses of their own users into no field. */
static bool hides_client(const struct hq_hop *hop, const char **provider)
{
    static const char *const providers[] = {"google.com", "outlook.com"};
    char org[256];
    struct hq_ip ip;
    bool shown = hq_ip_parse_str(hop->from.ip, &ip) && hq_ip_classify(&ip) != HQ_IP_LINK_LOCAL &&
                 hop->kind != HQ_HOP_FETCH;

    hq_org_domain(hop->by.name, org);
    for (size_t i = 0; i < G_N_ELEMENTS(providers) && !shown; i++) {
        *provider = providers[i];
        if (strcmp(org, providers[i]) == 0)
            return true;
    }
    return false;
}

static void add_oldest(struct trail *trail)
{
    const struct hq_detail *detail = trail->detail;
    const char *provider;
    struct hq_ip ip;

    if (detail->hop_count && hides_client(&detail->hops[detail->hop_count - 1], &provider))
        add(trail, &(struct hq_origin_claim){
                       .source = "received",
                       .masked = provider,
                       .text = "the provider hides its users' addresses",
                       .fact = HQ_NO,
                       .hop = detail->hop_count - 1,
                   });
    for (uint32_t i = detail->hop_count; i-- > 0;) {
        const struct hq_hop *hop = &detail->hops[i];

        if (hq_ip_parse_str(hop->from.ip, &ip) && hq_ip_is_public(&ip)) {
            add_hop(trail, hop, "received");
            return;
        }
    }
}

/* ---- the one that is shown in a line ---- */

/* The first fact, else what the first header tells. Where a chain merely claims to begin is no
 * origin. */
static void choose(struct trail *trail)
{
    struct hq_origin *origin = &trail->detail->origin;

    for (uint32_t i = 0; i < trail->detail->origin_count && !origin->ip; i++) {
        const struct hq_origin_claim *claim = &trail->detail->origins[i];
        bool header = claim->hop == HQ_NONE;

        if (!claim->ip || (claim->fact != HQ_YES && !header))
            continue;
        origin->ip = claim->ip;
        origin->name = claim->name;
        origin->helo = claim->helo;
        origin->source = claim->source;
    }
}

void hq_trail_find_origin(struct trail *trail)
{
    const struct hq_hop *edge = hq_trail_boundary(trail->detail);

    trail->detail->origins = hq_arena_alloc(trail->arena, MOST * sizeof *trail->detail->origins);
    add_envelope(trail, edge);
    if (edge && edge->from.ip)
        add_hop(trail, edge, "received");
    add_submission(trail);
    add_headers(trail);
    add_oldest(trail);
    choose(trail);
}
