/* SPDX-License-Identifier: ISC */
/* A trail while it is worked out: the steps, and what the rules on hops ask of it. */
#ifndef HOPQ_CORE_TRAIL_TRAIL_H
#define HOPQ_CORE_TRAIL_TRAIL_H

#include "hopq/ip.h"
#include "hopq/trail.h"

struct trail {
    const struct hq_headers *headers;
    const struct hq_message *message;
    const struct hq_context *context;
    struct hq_detail *detail;
    struct hq_arena *arena;
};

void hq_trail_find_boundary(struct trail *trail); /* sets trust of all hops, boundary_reason */
void hq_trail_find_links(struct trail *trail);
void hq_trail_find_times(struct trail *trail); /* delays, whose clock is wrong; after boundary */
void hq_trail_find_origin(struct trail *trail);
void hq_trail_find_findings(struct trail *trail);

/* A, B are the same name but for case and a final dot. NULL is no name. */
bool hq_trail_same_name(const char *a, const char *b);
/* HOP's writer looked for the client's name and found none; most writers do not look. */
bool hq_trail_has_no_name(const struct hq_hop *hop);
/* The client that a result ROW (SPF, iprev) names; false: none. */
bool hq_trail_client_of(const struct hq_auth *row, struct hq_ip *ip);
/* The same name, short or long, or hosts of one operator. */
bool hq_trail_same_host(const char *a, const char *b);

#endif
