/* SPDX-License-Identifier: ISC */
/* Did the message come in by the side door: straight from outside to a host of the receiver, past
 * all hosts that its domain's MX records name? Hosts may have other names and addresses than those,
 * so a host that may be an MX by another name is not accused. */
#include "hopq/org.h"
#include "parts.h"
#include <glib.h>
#include <string.h>

/* The hop at which a stranger handed the message in. */
static const struct hq_hop *find_entry(const struct mx_check *check)
{
    const struct hq_hop *hop = hq_trail_boundary(check->detail);
    struct hq_ip ip;

    if (!hop || hop->auth == HQ_YES || check->message->client.auth || !hop->by.name ||
        !strchr(hop->by.name, '.') || !hq_ip_parse_str(hop->from.ip, &ip) || !hq_ip_is_public(&ip))
        return NULL;
    return hop;
}

/* The host took the message for an address of DOMAIN: it says so, or we know the domain as ours. */
static bool is_for(const struct mx_check *check, const struct hq_hop *hop, const char *domain)
{
    size_t n;
    const char *s = hop->for_address ? hq_address_domain(hop->for_address, &n) : NULL;

    return hq_context_is_ours(check->context, domain, strlen(domain)) ||
           (s && n == strlen(domain) && g_ascii_strncasecmp(s, domain, n) == 0);
}

/* The message came through HOST or another host of its operator, or HOST is this one. */
static bool came_by(const struct mx_check *check, const struct hq_hop *hop,
                    const struct mx_host *host)
{
    const char *client = hop->from.name ? hop->from.name : hop->from.helo;

    return host->unsure || hq_mx_is_us(check->context, host) ||
           hq_mx_find_hop(check->detail, host) || hq_mx_has_address(host, hop->from.ip) ||
           hq_mx_has_address(host, hop->by.ip) || hq_org_same(host->name, client);
}

/* Where the door is, seen from the hosts of the list. */
enum place {
    PLACE_NONE,   /* no such door, or too little is known */
    PLACE_BESIDE, /* a host of the same operator: its addresses must be others */
    PLACE_BEHIND, /* the MX are somebody else's, and this host is where they hand mail to */
};

static enum place place_of(const struct mx_check *check, const struct mx_list *list,
                           const struct hq_hop *hop)
{
    bool others = true;

    if (list->null || list->hosts->len == 0 || !is_for(check, hop, list->domain))
        return PLACE_NONE;
    for (guint i = 0; i < list->hosts->len; i++) {
        const struct mx_host *host = &g_array_index(list->hosts, struct mx_host, i);

        if (host->preference == HQ_NONE || came_by(check, hop, host))
            return PLACE_NONE;
        others = others && !hq_org_same(host->name, hop->by.name) &&
                 !hq_org_same(host->name, list->domain);
    }
    if (others)
        return PLACE_BEHIND;
    /* a provider's customers meet many hosts of it; of our own we know which are which */
    return hq_context_is_ours(check->context, list->domain, strlen(list->domain)) &&
                   hq_org_same(hop->by.name, list->domain)
               ? PLACE_BESIDE
               : PLACE_NONE;
}

/* Hosts whose MX always have names of theirs: no address need be compared, and most have none. */
static bool is_big_provider(const char *host)
{
    char org[256];

    hq_org_domain(host, org);
    return strcmp(org, "outlook.com") == 0 || strcmp(org, "google.com") == 0;
}

bool hq_mx_look_up_door(const struct mx_check *check, struct mx_list *list,
                        struct hq_dns_cache *cache)
{
    const struct hq_hop *hop = find_entry(check);

    if (!hop || place_of(check, list, hop) == PLACE_NONE || is_big_provider(hop->by.name) ||
        !hq_dns_name_valid(hop->by.name))
        return true;
    list->door.name = g_strdup(hop->by.name);
    return hq_mx_find_addresses(cache, &list->door);
}

/* The door has a public address, and no MX has the same. */
static bool stands_apart(const struct mx_list *list)
{
    bool any = false;

    for (guint i = 0; i < list->door.addresses->len; i++) {
        const struct hq_ip *ip = &g_array_index(list->door.addresses, struct hq_ip, i);
        char buf[46];

        any = any || hq_ip_is_public(ip);
        for (guint k = 0; k < list->hosts->len; k++) {
            if (hq_mx_has_address(&g_array_index(list->hosts, struct mx_host, k),
                                  hq_ip_format(ip, buf)))
                return false;
        }
    }
    return any && !list->door.unsure;
}

void hq_mx_judge_door(const struct mx_check *check, const struct mx_list *list)
{
    const struct hq_hop *hop = find_entry(check);
    enum place place = hop ? place_of(check, list, hop) : PLACE_NONE;

    if (place == PLACE_NONE || !(is_big_provider(hop->by.name) || stands_apart(list)))
        return;
    const struct mx_host *best = &g_array_index(list->hosts, struct mx_host, 0);
    hq_finding_add(check->detail, check->arena, "side-door", (int)hop->n,
                   "%s brought it straight to %.80s, which is no MX of %.80s: mail for it belongs "
                   "to %.80s (%d)%s",
                   hop->from.ip, hop->by.name, list->domain, best->name, (int)best->preference,
                   place == PLACE_BEHIND ? ", a host of somebody else, which did not see it" : "");
}
