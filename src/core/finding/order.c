/* SPDX-License-Identifier: ISC */
/* Rules on where a Received field stands: hosts put theirs on top (RFC 5321 section 4.4), so
 * what the author's program wrote is at the bottom. */
#include "parts.h"
#include <glib.h>

/* Index of the field at OFFSET; the fields are in order. */
static unsigned field_at(const struct hq_headers *headers, size_t offset)
{
    unsigned low = 0;
    unsigned high = headers->count;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (headers->fields[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A field of one of COUNT NAMES between two hops. */
static bool stands_between(const struct trail *trail, const struct hq_hop *newer,
                           const struct hq_hop *older, const char *const *names, size_t count)
{
    const struct hq_headers *headers = trail->headers;

    for (unsigned i = field_at(headers, (size_t)newer->offset) + 1;
         i < headers->count && headers->fields[i].offset < (size_t)older->offset; i++) {
        for (size_t k = 0; k < count; k++) {
            if (hq_field_is(&headers->fields[i], names[k]))
                return true;
        }
    }
    return false;
}

static const char *const authors_fields[] = {"From", "Subject", "To"};

/* Exchange puts the field of a submission under what the author's program sent. */
static bool is_exchange(const struct hq_hop *hop)
{
    return hop->software && g_str_has_prefix(hop->software, "Microsoft");
}

/* Only the first such hop is told: in a header that begins with From a program has sorted the
 * fields. */
const char *hq_finding_below_headers(const struct trail *trail, const struct hq_hop *hop)
{
    const struct hq_hop *newer = hq_finding_newer(trail, hop);

    return newer && !is_exchange(hop) &&
                   stands_between(trail, newer, hop, authors_fields, G_N_ELEMENTS(authors_fields))
               ? "the field stands under the author's From, To or Subject"
               : NULL;
}

const char *hq_finding_mid_by_relay(const struct trail *trail, const struct hq_hop *hop)
{
    static const char *const id[] = {"Message-ID"};
    const struct hq_hop *older = hop + 1;

    if (hop->n + 1 >= trail->detail->hop_count || !stands_between(trail, hop, older, id, 1) ||
        stands_between(trail, hop, older, authors_fields, G_N_ELEMENTS(authors_fields)))
        return NULL;
    return "this host gave the message its Message-ID: the client had sent none";
}
