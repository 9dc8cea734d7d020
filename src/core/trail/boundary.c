/* SPDX-License-Identifier: ISC */
/* The trust boundary: the hop at which the mail came in from outside. In a queue the envelope's
 * client is the fact; elsewhere the hops are walked from the newest, as long as they hand over
 * inside the receiver's organisation. Names alone are never enough: a client chooses its HELO. */
#include "hopq/arena.h"
#include "hopq/org.h"
#include "trail.h"
#include <glib.h>
#include <string.h>

enum { NOWHERE = -1 };

struct walk {
    struct trail *trail;
    char receiver[256]; /* organisation whose hops are inside */
    int edge;           /* index of the boundary; NOWHERE */
    uint32_t claimed;   /* first hop that is only claimed */
};

static struct hq_hop *hop_at(const struct walk *walk, uint32_t i)
{
    return i < walk->trail->detail->hop_count ? &walk->trail->detail->hops[i] : NULL;
}

static void explain(struct walk *walk, const char *text)
{
    walk->trail->detail->boundary_reason = hq_arena_strdup(walk->trail->arena, text);
}

/* Microsoft 365 hands mail on inside over these networks (as seen in its own hops). */
static bool is_microsoft_backbone(const struct hq_ip *ip)
{
    static const struct hq_cidr nets[] = {
        {{6, {0x26, 0x03, 0x10}}, 24}, /* 2603:1000::/24 */
        {{6, {0x2A, 0x01, 0x01, 0x11}}, 32},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(nets); i++) {
        if (hq_cidr_contains(&nets[i], ip))
            return true;
    }
    return false;
}

static bool is_in(const char *host, const char *org)
{
    char buf[256];

    return org[0] && host && strcmp(hq_org_domain(host, buf), org) == 0;
}

/* Google's inner hops are "by 10.…", "by 2002:…". */
static bool is_by_in(const struct hq_hop *hop, const char *org)
{
    if (is_in(hop->by.name, org))
        return true;
    return hop->by.ip && !hop->from.ip && strcmp(org, "google.com") == 0 &&
           (g_str_has_prefix(hop->by.ip, "10.") || g_str_has_prefix(hop->by.ip, "2002:"));
}

static bool says_from(const struct hq_hop *hop)
{
    return hop->from.ip || hop->from.name || hop->from.helo;
}

/* The next older hop was written inside too, so this hop's client is inside. */
static bool older_is_inside(const struct walk *walk, uint32_t i)
{
    const struct hq_hop *older = hop_at(walk, i + 1);

    return older && older->kind != HQ_HOP_UNPARSEABLE && is_by_in(older, walk->receiver);
}

/* At some providers all mail comes in at these hosts, even that of their own users: there they
 * check SPF. */
static bool is_provider_edge(const struct hq_hop *hop, const struct hq_ip *ip)
{
    static const char *const names[] = {".mail.protection.outlook.com", "mx.google.com"};
    size_t n = hop->by.name ? strlen(hop->by.name) : 0;

    if (hq_ip_is_inner(ip) || g_str_has_prefix(hop->from.ip, "2603:"))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        size_t length = strlen(names[i]);

        if (n >= length && g_ascii_strcasecmp(hop->by.name + n - length, names[i]) == 0)
            return true;
    }
    return false;
}

/* Postfix, Sendmail and Exim look the client's name up unless told otherwise, and Google does. */
bool hq_trail_has_no_name(const struct hq_hop *hop)
{
    static const char *const curious[] = {"Postfix", "Sendmail ", "Exim "};

    if (hop->from.name || !hop->from.ip)
        return false;
    for (size_t i = 0; hop->software && i < G_N_ELEMENTS(curious); i++) {
        if (g_str_has_prefix(hop->software, curious[i]))
            return true;
    }
    return hq_trail_same_name(hop->by.name, "mx.google.com");
}

/* The client and the host that took it from there are neighbours: a /16, or a /32 of IPv6. */
static bool is_neighbour(const struct hq_hop *hop, const struct hq_ip *client)
{
    struct hq_cidr net;

    if (!hq_ip_parse_str(hop->by.ip, &net.ip))
        return false;
    net.prefix = net.ip.family == 4 ? 16 : 32;
    return hq_cidr_contains(&net, client);
}

/* The client's name, as far as the client could not choose it. A HELO, as written by those who look
 * no address up (Exchange, qmail), is the client's word, and believed of a neighbour only. A name
 * that was looked up in vain, or does not lead back to the address, counts neither way. */
static const char *sound_name(const struct hq_hop *hop, const struct hq_ip *client)
{
    if (hq_trail_has_no_name(hop) || (hop->raw && strstr(hop->raw, "may be forged")))
        return NULL;
    if (hop->from.name)
        return hop->from.name;
    return is_neighbour(hop, client) ? hop->from.helo : NULL;
}

static bool is_inside(const struct walk *walk, uint32_t i, const struct hq_hop *hop)
{
    struct hq_ip ip;
    bool microsoft = strcmp(walk->receiver, "outlook.com") == 0;

    if (!says_from(hop) || hop->kind == HQ_HOP_LOCAL)
        return true;
    const char *name = hop->from.name ? hop->from.name : hop->from.helo;
    if (!hq_ip_parse_str(hop->from.ip, &ip))
        return !name || hop->kind == HQ_HOP_SCANNER || strcmp(name, "localhost") == 0 ||
               ((!strchr(name, '.') || is_in(name, walk->receiver)) && older_is_inside(walk, i));
    if (hq_ip_is_inner(&ip) || hq_context_is_trusted(walk->trail->context, &ip))
        return true;
    if (is_by_in(hop, walk->receiver) && is_provider_edge(hop, &ip))
        return false;
    if (microsoft && is_microsoft_backbone(&ip))
        return true;
    if (hop->auth == HQ_YES && is_by_in(hop, walk->receiver))
        return older_is_inside(walk, i);
    return is_in(sound_name(hop, &ip), walk->receiver) && older_is_inside(walk, i);
}

static bool is_submission_host(const struct walk *walk, const struct hq_hop *hop)
{
    struct hq_ip ip;

    return hq_ip_parse_str(hop->from.ip, &ip) &&
           hq_context_is_submission(walk->trail->context, &ip);
}

/* The organisation that received the mail: the first one that a hop behind the fetch hops names. */
static void find_receiver(struct walk *walk, uint32_t from)
{
    walk->receiver[0] = '\0';
    for (uint32_t i = from; i < walk->trail->detail->hop_count && !walk->receiver[0]; i++)
        hq_org_domain(hop_at(walk, i)->by.name, walk->receiver);
}

static void explain_edge(struct walk *walk, uint32_t i)
{
    const struct hq_hop *hop = hop_at(walk, i);

    walk->trail->detail->boundary_reason = hq_arena_printf(
        walk->trail->arena,
        "%s took the message from %s, which is neither an address of %s nor a trusted one; what is "
        "older is the sender's word. --trust would move it.",
        hop->by.name ? hop->by.name : "the receiving host", hop->from.ip ? hop->from.ip : "a host",
        walk->receiver[0] ? walk->receiver : "the receiver");
}

static void walk_from(struct walk *walk, uint32_t start)
{
    find_receiver(walk, start);
    for (uint32_t i = start; i < walk->trail->detail->hop_count; i++) {
        const struct hq_hop *hop = hop_at(walk, i);

        walk->claimed = i;
        if (hop->kind == HQ_HOP_UNPARSEABLE) {
            explain(walk, "a Received field that cannot be read hides where the message came in");
            return;
        }
        if (hop->kind == HQ_HOP_FETCH) { /* fetched from a mailbox: that one's server received */
            find_receiver(walk, i + 1);
            continue;
        }
        if (is_submission_host(walk, hop)) {
            walk->claimed = walk->trail->detail->hop_count;
            walk->trail->detail->boundary_reason = hq_arena_printf(
                walk->trail->arena, "%s is a submission host of ours: its clients log in",
                hop->from.ip);
            return;
        }
        if (is_inside(walk, i, hop))
            continue;
        if (hop->from.ip) {
            walk->edge = (int)i;
            walk->claimed = i + 1;
            explain_edge(walk, i);
        } else {
            explain(walk, "the hop at which the message came in shows no address");
        }
        return;
    }
    walk->claimed = walk->trail->detail->hop_count;
    explain(walk, "no hop shows a client from outside");
}

bool hq_trail_has_envelope(const struct hq_message *message)
{
    static const char *const mailboxes[] = {"maildir", "mbox", "eml", "stdin", "-"};

    if (message->client.ip || message->client.protocol || message->client.helo)
        return true;
    for (size_t i = 0; message->mta && i < G_N_ELEMENTS(mailboxes); i++) {
        if (strcmp(message->mta, mailboxes[i]) == 0)
            return false;
    }
    return message->mta != NULL;
}

static void mark_edge(struct walk *walk, int edge, const char *reason)
{
    walk->edge = edge;
    walk->claimed = (uint32_t)edge + 1;
    walk->trail->detail->boundary_reason = reason;
}

/* The hop that our own MTA wrote for the envelope's client. */
static void match_envelope(struct walk *walk, const struct hq_ip *client)
{
    struct trail *trail = walk->trail;
    struct hq_ip ip;

    for (uint32_t i = 0; i < trail->detail->hop_count; i++) {
        const struct hq_hop *hop = hop_at(walk, i);

        if (!hq_ip_parse_str(hop->from.ip, &ip) || !hq_ip_equal(&ip, client))
            continue;
        mark_edge(walk, (int)i,
                  hq_arena_printf(trail->arena,
                                  "our MTA took the message from %s: the envelope says so, and "
                                  "this hop names the same address",
                                  trail->message->client.ip));
        return;
    }
    if (trail->detail->hop_count == 0)
        explain(walk, "there is no Received field");
    else if (hop_at(walk, 0)->kind == HQ_HOP_UNPARSEABLE)
        explain(walk, "the newest Received field cannot be read");
    else
        mark_edge(walk, 0,
                  hq_arena_printf(trail->arena,
                                  "our MTA took the message from %s by SMTP and wrote the newest "
                                  "hop",
                                  trail->message->client.ip));
}

/* Mail made on this machine: only our own hops are facts, and none has a client. A damaged envelope
 * looks the same. */
static void local_submission(struct walk *walk)
{
    const struct hq_hop *newest = hop_at(walk, 0);
    struct hq_ip ip;
    bool foreign = newest && hq_ip_parse_str(newest->from.ip, &ip) && !hq_ip_is_inner(&ip);

    walk->claimed = newest && !foreign ? 1 : 0;
    if (walk->trail->message->sender)
        explain(walk, "the message was submitted on this machine: no client handed it over, and "
                      "older hops are what the submitter wrote");
    else
        explain(walk, "its envelope could not be read, so who handed it over is not known");
}

static void walk_envelope(struct walk *walk)
{
    struct hq_ip client;

    if (!hq_ip_parse_str(walk->trail->message->client.ip, &client))
        local_submission(walk);
    else if (hq_ip_classify(&client) == HQ_IP_LOOPBACK ||
             hq_context_is_trusted(walk->trail->context, &client))
        walk_from(walk, 0); /* a filter of ours or a relay that we trust: its own client counts */
    else
        match_envelope(walk, &client);
}

static bool is_ours(const struct walk *walk, const struct hq_hop *hop)
{
    const struct hq_context *context = walk->trail->context;
    const char *name = hop->by.name;

    if (!name)
        return false;
    return (context->hostname && g_ascii_strcasecmp(name, context->hostname) == 0) ||
           hq_context_is_ours(context, name, strlen(name));
}

void hq_trail_find_boundary(struct trail *trail)
{
    struct walk walk = {.trail = trail, .edge = NOWHERE};

    if (hq_trail_has_envelope(trail->message))
        walk_envelope(&walk);
    else
        walk_from(&walk, 0);
    for (uint32_t i = 0; i < trail->detail->hop_count; i++) {
        struct hq_hop *hop = hop_at(&walk, i);

        if ((int)i == walk.edge)
            hop->trust = HQ_TRUST_BOUNDARY;
        else if (i >= walk.claimed)
            hop->trust = HQ_TRUST_CLAIMED;
        else
            hop->trust = is_ours(&walk, hop) ? HQ_TRUST_OURS : HQ_TRUST_TRUSTED;
    }
}
