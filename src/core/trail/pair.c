/* SPDX-License-Identifier: ISC */
/* Which hop an SPF result is about: the one whose client address it names, nearest to the result. A
 * host puts its result on top of its own Received field, so that is the first hop below; Google
 * puts its own under it. */
#include "hopq/auth.h"
#include "trail.h"
#include <string.h>

/* Addresses in the free text of Microsoft ("sender IP is"), Google and libspf2 ("designates x as
 * permitted", "does not designate x", "google.com: x is neither permitted nor denied"). */
static bool word_is_address(const char *text, const char *phrase, struct hq_ip *ip)
{
    const char *found = strcasestr(text, phrase);

    if (!found)
        return false;
    found += strlen(phrase);
    return hq_ip_parse(found, strcspn(found, " \t,;)"), ip);
}

bool hq_trail_client_of(const struct hq_auth *row, struct hq_ip *ip)
{
    static const char *const properties[] = {"client-ip", "smtp.client-ip", "smtp.remote-ip",
                                             "policy.iprev"};
    static const char *const phrases[] = {"sender IP is ", "designates ", "designate ", ": "};
    g_autoptr(GString) value = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(properties); i++) {
        g_string_truncate(value, 0);
        if (hq_auth_property(row, properties[i], value) && hq_ip_parse(value->str, value->len, ip))
            return true;
    }
    for (size_t i = 0; row->detail && i < G_N_ELEMENTS(phrases); i++) {
        if (word_is_address(row->detail, phrases[i], ip))
            return true;
    }
    return false;
}

int64_t hq_trail_hop_of_spf(const struct hq_detail *detail, const struct hq_auth *row,
                            int64_t offset)
{
    int64_t above = HQ_NONE;
    struct hq_ip client;
    struct hq_ip ip;

    if (!hq_trail_client_of(row, &client))
        return HQ_NONE;
    for (uint32_t i = 0; i < detail->hop_count; i++) {
        const struct hq_hop *hop = &detail->hops[i];

        if (!hq_ip_parse_str(hop->from.ip, &ip) || !hq_ip_equal(&ip, &client))
            continue;
        if (hop->offset > offset)
            return above != HQ_NONE && offset - detail->hops[above].offset < hop->offset - offset
                       ? above
                       : hop->n;
        above = hop->n;
    }
    return above;
}
