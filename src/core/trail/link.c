/* SPDX-License-Identifier: ISC */
/* Continuity: is the client of a hop the host that wrote the next older one? By names and addresses
 * of both, the surest sign first. */
#include "hopq/ip.h"
#include "hopq/org.h"
#include "trail.h"
#include <glib.h>
#include <string.h>

bool hq_trail_same_name(const char *a, const char *b)
{
    size_t n = a ? strlen(a) : 0;
    size_t m = b ? strlen(b) : 0;

    while (n && a[n - 1] == '.')
        n--;
    while (m && b[m - 1] == '.')
        m--;
    return n && n == m && g_ascii_strncasecmp(a, b, n) == 0;
}

/* "mail" is "mail.example.org"; hosts on one network leave the domain out. */
static bool is_first_label(const char *label, const char *name)
{
    size_t n = label && name && !strchr(label, '.') ? strlen(label) : 0;

    return n && g_ascii_strncasecmp(label, name, n) == 0 && name[n] == '.';
}

static bool same_label(const char *a, const char *b)
{
    return is_first_label(a, b) || is_first_label(b, a);
}

bool hq_trail_same_host(const char *a, const char *b)
{
    return hq_trail_same_name(a, b) || same_label(a, b) || hq_org_same(a, b);
}

static bool same_address(const struct hq_hop *newer, const struct hq_hop *older)
{
    struct hq_ip client;
    struct hq_ip by;

    return hq_ip_parse_str(newer->from.ip, &client) &&
           (hq_ip_parse_str(older->by.ip, &by) || hq_ip_parse_str(older->by.name, &by)) &&
           hq_ip_equal(&client, &by);
}

/* Hosts of one network may call themselves what they like. */
static bool is_inner(const struct hq_hop *newer)
{
    struct hq_ip ip;

    return hq_ip_parse_str(newer->from.ip, &ip) && hq_ip_is_inner(&ip);
}

/* A name without a domain, or one that the world cannot look up. */
static bool is_local_name(const char *host)
{
    static const char *const ends[] = {".localdomain", ".local", ".lan", ".internal"};

    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        if (g_str_has_suffix(host, ends[i]))
            return true;
    }
    return !strchr(host, '.');
}

static bool tells_domain(const char *name)
{
    return name && strchr(name, '.') != NULL;
}

/* How NEWER's client is the host that wrote OLDER. */
static enum hq_link link_of(const struct hq_hop *newer, const struct hq_hop *older)
{
    const struct hq_hop_from *from = &newer->from;

    if (newer->kind == HQ_HOP_UNPARSEABLE || !older->by.name)
        return HQ_LINK_UNKNOWN;
    if (!from->helo && !from->name && !from->ip)
        return HQ_LINK_SAME_HOST;
    if (hq_trail_same_name(from->name, older->by.name) ||
        hq_trail_same_name(from->helo, older->by.name))
        return HQ_LINK_NAME;
    if (same_address(newer, older))
        return HQ_LINK_ADDRESS;
    if (hq_org_same(from->name, older->by.name) || hq_org_same(from->helo, older->by.name))
        return HQ_LINK_ORGANISATION;
    if (is_inner(newer))
        return HQ_LINK_NETWORK;
    if (same_label(from->name, older->by.name) || same_label(from->helo, older->by.name))
        return HQ_LINK_LABEL;
    if (newer->kind != HQ_HOP_RELAY || is_local_name(older->by.name) ||
        !tells_domain(from->name ? from->name : from->helo))
        return HQ_LINK_UNKNOWN;
    return HQ_LINK_GAP;
}

void hq_trail_find_links(struct trail *trail)
{
    struct hq_detail *detail = trail->detail;

    for (uint32_t i = 0; i + 1 < detail->hop_count; i++)
        detail->hops[i].link = (uint8_t)link_of(&detail->hops[i], &detail->hops[i + 1]);
}
