/* SPDX-License-Identifier: ISC */
/* The sets of an ARC chain (RFC 8617): for its structure and for its signatures. */
#ifndef HOPQ_CORE_DKIM_ARC_H
#define HOPQ_CORE_DKIM_ARC_H

#include "hopq/arena.h"
#include "hopq/headers.h"

#define ARC_SETS_MAX 50 /* section 4.2.1 */

enum arc_kind { ARC_SEAL, ARC_SIGNATURE, ARC_RESULTS, ARC_KIND_COUNT };

struct arc_set {
    const struct hq_field_span *fields[ARC_KIND_COUNT]; /* the first of each */
    unsigned seen[ARC_KIND_COUNT];
    const char *cv;
    const char *sealer; /* d= of the seal */
};

struct arc_chain {
    struct arc_set sets[ARC_SETS_MAX + 1]; /* by instance, from 1 */
    unsigned newest;
    bool outside; /* an instance that is no number from 1 to 50 */
};

/* False: the message has no field of ARC. */
bool hq_arc_chain_read(struct arc_chain *chain, const struct hq_headers *headers,
                       struct hq_arena *arena);
/* Why the chain's structure is not what section 5.2 asks for; NULL: it is. */
const char *hq_arc_chain_defect(const struct arc_chain *chain);

#endif
