/* SPDX-License-Identifier: ISC */
/* Rules on a hop's client: what it said at HELO against its address and the reverse name that the
 * host wrote down. Where no name stands it matters whether the writer looks names up at all. */
#include "hopq/org.h"
#include "parts.h"
#include <glib.h>
#include <string.h>

/* The range for benchmarks (RFC 2544), too, stands for public addresses where it is met in mail. */
static bool is_public(const struct hq_ip *ip)
{
    static const struct hq_cidr benchmarks = {{4, {198, 18}}, 15};

    return hq_ip_is_public(ip) || hq_cidr_contains(&benchmarks, ip);
}

bool hq_finding_public_client(const struct hq_hop *hop, struct hq_ip *ip)
{
    return hq_ip_parse_str(hop->from.ip, ip) && is_public(ip);
}

bool hq_finding_is_authenticated(const struct trail *trail, const struct hq_hop *hop)
{
    return hop->auth == HQ_YES || (hop->trust == HQ_TRUST_BOUNDARY && trail->message->client.auth);
}

/* The reverse name belongs to another organisation, or there is none. */
static bool name_denies(const struct hq_hop *hop, const char *host)
{
    return hop->from.name ? !hq_org_same(hop->from.name, host) : hq_trail_has_no_name(hop);
}

static const char *name_of(const struct hq_hop *hop)
{
    return hop->from.name ? hop->from.name : "unknown";
}

/* Providers whose servers all have reverse names of their own. */
static bool is_big(const char *host)
{
    static const char *const orgs[] = {"google.com", "outlook.com", "yahoo.com", "icloud.com"};
    char org[256];

    hq_org_domain(host, org);
    for (size_t i = 0; i < G_N_ELEMENTS(orgs); i++) {
        if (strcmp(org, orgs[i]) == 0)
            return true;
    }
    return false;
}

const char *hq_finding_helo_big(const struct trail *trail, const struct hq_hop *hop)
{
    struct hq_ip ip;

    if (!hop->from.helo || hq_trail_same_name(hop->from.helo, hop->from.name) ||
        hq_finding_is_authenticated(trail, hop) || !hq_finding_public_client(hop, &ip) ||
        !is_big(hop->from.helo) || !name_denies(hop, hop->from.helo))
        return NULL;
    return hq_arena_printf(trail->arena, "the client said it is %.80s, its address's name is %.80s",
                           hop->from.helo, name_of(hop));
}

/* "[192.0.2.1]" and "192.0.2.1". */
static bool helo_address(const char *helo, struct hq_ip *ip)
{
    size_t n = helo ? strlen(helo) : 0;

    if (n > 2 && helo[0] == '[' && helo[n - 1] == ']') {
        helo++;
        n -= 2;
    }
    return hq_ip_parse(helo, n, ip);
}

/* Excused: a private address behind a router that translates, and a neighbour, which may be the
 * same host. */
const char *hq_finding_helo_ip_ne(const struct trail *trail, const struct hq_hop *hop)
{
    struct hq_ip ip;
    struct hq_ip said;

    if (!helo_address(hop->from.helo, &said) || hq_finding_is_authenticated(trail, hop) ||
        !hq_finding_public_client(hop, &ip) || !is_public(&said) || said.family != ip.family)
        return NULL;
    if (hq_cidr_contains(&(struct hq_cidr){ip, ip.family == 4 ? 24 : 48}, &said))
        return NULL;
    return hq_arena_printf(trail->arena, "the client said it is %.80s, but came from %s",
                           hop->from.helo, hop->from.ip);
}

const char *hq_finding_helo_is_me(const struct trail *trail, const struct hq_hop *hop)
{
    struct hq_ip ip;

    if (!hq_trail_same_name(hop->from.helo, hop->by.name) ||
        hq_finding_is_authenticated(trail, hop) || !hq_finding_public_client(hop, &ip) ||
        hq_context_is_trusted(trail->context, &ip) || !name_denies(hop, hop->by.name))
        return NULL;
    return hq_arena_printf(trail->arena,
                           "a client at %s (%.80s) said it is the very host it spoke to",
                           hop->from.ip, name_of(hop));
}

const char *hq_finding_rdns_none(const struct trail *trail, const struct hq_hop *hop)
{
    struct hq_ip ip;

    if (hq_finding_is_authenticated(trail, hop) || trail->message->client.name ||
        !hq_finding_public_client(hop, &ip) || !hq_trail_has_no_name(hop))
        return NULL;
    return hq_arena_printf(trail->arena, "%s has no reverse name", hop->from.ip);
}

const char *hq_finding_rdns_localhost(const struct trail *trail, const struct hq_hop *hop)
{
    struct hq_ip ip;

    if (!hq_finding_public_client(hop, &ip) ||
        !(hq_trail_same_name(hop->from.name, "localhost") ||
          hq_trail_same_name(hop->from.name, "localhost.localdomain")))
        return NULL;
    return hq_arena_printf(trail->arena, "%s is named %.80s", hop->from.ip, hop->from.name);
}

const char *hq_finding_rdns_dynamic(const struct trail *trail, const struct hq_hop *hop)
{
    struct hq_ip ip;

    if (hq_finding_is_authenticated(trail, hop) || !hq_finding_public_client(hop, &ip) ||
        !hq_finding_looks_dynamic(hop->from.name, &ip))
        return NULL;
    return hq_arena_printf(trail->arena, "%.80s is the name of an access line, not of a server",
                           hop->from.name);
}
