/* SPDX-License-Identifier: ISC */
/* Rules on how one Received field is written, whatever MTA it names. */
#include "hopq/org.h"
#include "parts.h"
#include <glib.h>
#include <string.h>

const char *hq_finding_unparseable(const struct trail *trail, const struct hq_hop *hop)
{
    (void)trail;
    return hop->kind == HQ_HOP_UNPARSEABLE ? hop->problem : NULL;
}

const char *hq_finding_tail_junk(const struct trail *trail, const struct hq_hop *hop)
{
    (void)trail;
    if (hop->date_defect && strcmp(hop->date_defect, "unbalanced-parenthesis") == 0)
        return "a bracket after the date closes nothing";
    return NULL;
}

const char *hq_finding_date_as_ip(const struct trail *trail, const struct hq_hop *hop)
{
    (void)trail;
    return hop->problem && strcmp(hop->problem, "date-as-ip") == 0
               ? "a date stands where the client's address belongs"
               : NULL;
}

const char *hq_finding_ratware_date(const struct trail *trail, const struct hq_hop *hop)
{
    (void)trail;
    if (!hop->date_defect)
        return NULL;
    if (strcmp(hop->date_defect, "twelve-hour-clock") == 0)
        return "no mail server writes a clock of twelve hours";
    if (strcmp(hop->date_defect, "month-comma-day") == 0)
        return "no mail server writes a comma behind the month";
    return NULL;
}

/* NNFMP is spoken between Yahoo's own servers only. */
const char *hq_finding_proto_nonsense(const struct trail *trail, const struct hq_hop *hop)
{
    char org[256];

    (void)trail;
    if (!hop->with || g_ascii_strcasecmp(hop->with, "NNFMP") != 0 || !hop->by.name)
        return NULL;
    hq_org_domain(hop->by.name, org);
    if (!org[0] || strcmp(org, "yahoo.com") == 0 || g_str_has_prefix(org, "yahoo."))
        return NULL;
    return "only Yahoo's servers speak NNFMP";
}

const char *hq_finding_impossible_ip(const struct trail *trail, const struct hq_hop *hop)
{
    struct hq_ip ip;

    (void)trail;
    if (hop->problem && strcmp(hop->problem, "impossible-ip") == 0)
        return "the client's address has a number over 255";
    if (!hq_ip_parse_str(hop->from.ip, &ip))
        return NULL;
    if (strcmp(hop->from.ip, "255.255.255.255") == 0 && hop->with &&
        g_str_has_prefix(hop->with, "Microsoft"))
        return NULL; /* Exchange Online's own word for "nobody" */
    switch (hq_ip_classify(&ip)) {
    case HQ_IP_INVALID:
    case HQ_IP_MULTICAST:
        return "no client can have this address";
    case HQ_IP_DOCUMENTATION:
        return "the client's address is from a range for documentation";
    default:
        return NULL;
    }
}
