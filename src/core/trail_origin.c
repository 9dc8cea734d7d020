/* SPDX-License-Identifier: ISC */
/* Where the message came from: the boundary's client, else what a header tells. An opaque value
 * that stands in for an address is named as masked and never guessed. */
#include "hopq/arena.h"
#include "hopq/ip.h"
#include "trail_parts.h"
#include <string.h>

static const struct origin_header {
    const char *name;
    const char *source; /* in lower case */
    bool opaque;        /* holds no address by design */
} origin_headers[] = {
#define ORIGIN(name, lower, opaque) {name, lower, opaque},
#include "origin_headers.def"
#undef ORIGIN
};

/* The first address in a value: "[192.0.2.1]", "192.0.2.1 (web mail)", "IPv6:…". */
static bool first_address(const struct hq_field_span *field, struct hq_ip *ip)
{
    static const char separators[] = " \t\r\n[]()<>;,=";
    const char *p = field->value;
    const char *end = p + field->value_length;

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

static void take_header(struct trail *trail, const struct origin_header *row,
                        const struct hq_field_span *field)
{
    struct hq_origin *origin = &trail->detail->origin;
    struct hq_ip ip;
    char buf[46];

    if (row->opaque || !first_address(field, &ip)) {
        if (!origin->masked)
            origin->masked = row->name;
    } else if (!origin->ip) {
        origin->ip = hq_arena_strdup(trail->arena, hq_ip_format(&ip, buf));
        origin->source = row->source;
    }
}

static void take_boundary(struct trail *trail)
{
    const struct hq_client *client = &trail->message->client;
    const struct hq_hop *hop = hq_trail_boundary(trail->detail);
    struct hq_origin *origin = &trail->detail->origin;
    struct hq_ip ip, other;
    bool envelope = hq_ip_parse_str(client->ip, &ip);

    if (envelope && (!hop || (hq_ip_parse_str(hop->from.ip, &other) && hq_ip_equal(&ip, &other)))) {
        *origin = (struct hq_origin){client->ip, client->name, client->helo, NULL, "envelope"};
        if (hop && !origin->name)
            origin->name = hop->from.name;
        if (hop && !origin->helo)
            origin->helo = hop->from.helo;
    } else if (hop) {
        *origin =
            (struct hq_origin){hop->from.ip, hop->from.name, hop->from.helo, NULL, "received"};
    }
}

void hq_trail_find_origin(struct trail *trail)
{
    take_boundary(trail);
    for (size_t i = 0; i < sizeof origin_headers / sizeof *origin_headers; i++) {
        const struct hq_field_span *field =
            hq_headers_find(trail->headers, origin_headers[i].name, 0);

        if (field)
            take_header(trail, &origin_headers[i], field);
    }
}
