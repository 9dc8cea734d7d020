/* SPDX-License-Identifier: ISC */
/* The sender's own address: the oldest public client in the chain. It is the sender's word and
 * never taken for the origin, but worth a line when it looks like an access line that handed mail
 * in without a password, or when a host on the way wrote that it may not send for this domain. */
#include "parts.h"
#include <glib.h>
#include <string.h>

static bool has_word(const char *s, size_t n, const char *word)
{
    size_t length = strlen(word);
    const char *end = s + n;

    for (const char *p = s; (p = memmem(p, (size_t)(end - p), word, length)); p += length) {
        bool before = p > s && (g_ascii_isxdigit(p[-1]) || p[-1] == '.' || p[-1] == ':');
        const char *behind = p + length;

        if (!before && !(behind < end && (g_ascii_isxdigit(*behind) || *behind == ':')))
            return true;
    }
    return false;
}

/* "domain of x does not designate 192.0.2.1 as permitted sender" */
static bool is_not_designated(const struct trail *trail, const char *ip)
{
    static const char *const names[] = {"Received-SPF", "Authentication-Results",
                                        "ARC-Authentication-Results"};
    static const char refusal[] = "not designate";
    const struct hq_headers *headers = trail->headers;

    for (unsigned i = 0; i < headers->count; i++) {
        const struct hq_field_span *field = &headers->fields[i];

        for (size_t k = 0; k < G_N_ELEMENTS(names); k++) {
            if (hq_field_is(field, names[k]) &&
                memmem(field->value, field->value_length, refusal, sizeof refusal - 1) &&
                has_word(field->value, field->value_length, ip))
                return true;
        }
    }
    return false;
}

static const struct hq_hop *oldest_public(const struct trail *trail)
{
    struct hq_ip ip;

    for (uint32_t i = trail->detail->hop_count; i-- > 0;) {
        const struct hq_hop *hop = &trail->detail->hops[i];

        if (hq_finding_public_client(hop, &ip))
            return hop;
    }
    return NULL;
}

const char *hq_finding_origin_claimed(const struct trail *trail, const struct hq_hop *hop)
{
    struct hq_ip ip;

    if (hop->auth == HQ_YES || hop != oldest_public(trail) ||
        g_strcmp0(hop->from.ip, trail->detail->origin.ip) == 0)
        return NULL;
    hq_ip_parse_str(hop->from.ip, &ip);
    const char *name = hop->from.name ? hop->from.name : hop->from.helo;
    bool dynamic = hq_finding_looks_dynamic(name, &ip);
    bool refused = is_not_designated(trail, hop->from.ip);
    if (!dynamic && !refused)
        return NULL;
    return hq_arena_printf(trail->arena, "the chain claims to begin at %s (%.80s)%s%s",
                           hop->from.ip, name ? name : "no name", dynamic ? ", looks dynamic" : "",
                           refused ? "; a host on the way found that the sender's domain does not "
                                     "designate it"
                                   : "");
}
