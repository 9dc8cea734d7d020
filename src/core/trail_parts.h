/* SPDX-License-Identifier: ISC */
/* Inside of the trail: boundary, origin and the rules on hops. Only src/core/trail*.c and
 * finding*.c include this. */
#ifndef HOPQ_TRAIL_PARTS_H
#define HOPQ_TRAIL_PARTS_H

#include "hopq/trail.h"

struct trail {
    const struct hq_headers *headers;
    const struct hq_message *message;
    const struct hq_context *context;
    struct hq_detail *detail;
    struct hq_arena *arena;
};

void hq_trail_find_boundary(struct trail *trail); /* sets trust of all hops, boundary_reason */
void hq_trail_find_origin(struct trail *trail);
void hq_trail_find_findings(struct trail *trail);

#endif
