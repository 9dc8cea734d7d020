/* SPDX-License-Identifier: ISC */
/* Rules on a pair: the host that wrote HOP, against the client of the next newer hop, which should
 * be that host. */
#include "hopq/org.h"
#include "parts.h"
#include <glib.h>
#include <string.h>

/* The best name of a client; NULL: none that tells a domain. */
static const char *client_name(const struct hq_hop *hop)
{
    const char *name = hop->from.name ? hop->from.name : hop->from.helo;

    return name && strchr(name, '.') ? name : NULL;
}

/* NEWER's client is public, and is not the host that wrote the next older hop. */
static bool is_gap(const struct hq_hop *newer)
{
    struct hq_ip ip;

    return newer && newer->link == HQ_LINK_GAP && hq_finding_public_client(newer, &ip);
}

/* NEWER's client is the host that wrote HOP, and not merely because both are in a private
 * network. */
static bool is_linked(const struct hq_hop *newer)
{
    return newer->link >= HQ_LINK_NAME && newer->link <= HQ_LINK_LABEL;
}

/* The hop claims that the host of the boundary had the mail before, but the boundary's client is
 * somebody else, and no way back is shown. */
const char *hq_finding_edge_copied(const struct trail *trail, const struct hq_hop *hop)
{
    const struct hq_hop *newer = hq_finding_newer(trail, hop);

    if (!is_gap(newer) || newer->trust != HQ_TRUST_BOUNDARY ||
        !hq_trail_same_name(newer->by.name, hop->by.name) || hq_finding_provider_false(trail, hop))
        return NULL;
    return hq_arena_printf(trail->arena,
                           "%.80s is said to have had it before, but took it from %.80s, which "
                           "tells of no such way",
                           hop->by.name, client_name(newer));
}

/* Left out where another rule says the same with more weight, or a gap would count twice. */
const char *hq_finding_gap(const struct trail *trail, const struct hq_hop *hop)
{
    const struct hq_hop *newer = hq_finding_newer(trail, hop);

    if (!is_gap(newer) || hq_finding_provider_false(trail, hop) ||
        hq_finding_edge_copied(trail, hop))
        return NULL;
    return hq_arena_printf(trail->arena,
                           "%.80s never handed it on: the next host took it from %.80s",
                           hop->by.name, client_name(newer));
}

/* For providers whose mail leaves only through hosts named after them. */
const char *hq_finding_provider_false(const struct trail *trail, const struct hq_hop *hop)
{
    static const char *const orgs[] = {"google.com", "outlook.com", "yahoo.com"};
    const struct hq_hop *newer = hq_finding_newer(trail, hop);
    char org[256];

    if (!is_gap(newer))
        return NULL;
    hq_org_domain(hop->by.name, org);
    for (size_t i = 0; i < G_N_ELEMENTS(orgs); i++) {
        if (strcmp(org, orgs[i]) == 0)
            return hq_arena_printf(trail->arena,
                                   "%.80s is said to have taken it, but it came on from %.80s, "
                                   "which is no host of %s",
                                   hop->by.name, client_name(newer), org);
    }
    return NULL;
}

/* Excused: the filters of one organisation, which write the same client down at each stage. */
const char *hq_finding_same_ip_twice(const struct trail *trail, const struct hq_hop *hop)
{
    const struct hq_hop *newer = hq_finding_newer(trail, hop);
    struct hq_ip ip;
    struct hq_ip other;

    if (!newer || !hop->by.name || !newer->by.name || !hq_finding_public_client(hop, &ip) ||
        !hq_finding_public_client(newer, &other) || !hq_ip_equal(&ip, &other) ||
        hq_trail_same_host(newer->by.name, hop->by.name) || is_linked(newer))
        return NULL;
    return hq_arena_printf(trail->arena, "%s hands it to %.80s and again to %.80s", hop->from.ip,
                           hop->by.name, newer->by.name);
}

/* "mx2", "mx10", "backup-mx", "mxbackup", "secondary". One of several equals may be called mx2 too;
 * only the domain's MX records tell. */
static bool is_called_backup(const char *host)
{
    static const char *const words[] = {"backup", "bkup", "secondary", "fallback"};
    size_t n = host ? strcspn(host, ".") : 0;
    g_autofree char *label = g_ascii_strdown(n ? host : "", (gssize)n);

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strstr(label, words[i]))
            return true;
    }
    return n > 2 && n < 5 && label[0] == 'm' && label[1] == 'x' && g_ascii_isdigit(label[2]) &&
           g_ascii_strtoull(label + 2, NULL, 10) > 1;
}

/* A host of the receiver took it from outside and handed it to the next one of the receiver. */
const char *hq_finding_backup_mx(const struct trail *trail, const struct hq_hop *hop)
{
    const struct hq_hop *newer = hq_finding_newer(trail, hop);
    struct hq_ip ip;

    if (!newer || newer->trust == HQ_TRUST_CLAIMED || !is_called_backup(hop->by.name) ||
        !hq_finding_public_client(hop, &ip) || hq_finding_is_authenticated(trail, hop) ||
        hq_trail_same_name(newer->by.name, hop->by.name) ||
        !hq_org_same(newer->by.name, hop->by.name) || !is_linked(newer))
        return NULL;
    return hq_arena_printf(trail->arena,
                           "came in through %.80s, by its name a backup MX (its MX records were "
                           "not asked)%s",
                           hop->by.name,
                           hop->trust == HQ_TRUST_CLAIMED
                               ? "; if it is yours, --trust its address to look behind it"
                               : "");
}
