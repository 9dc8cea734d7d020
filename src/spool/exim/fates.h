/* SPDX-License-Identifier: ISC */
/* What the log of a message tells of its recipients; not for others than Exim's parser. */
#ifndef HQ_EXIM_FATES_H
#define HQ_EXIM_FATES_H

#include "exim.h"

struct hq_ex_fates {
    struct hq_ex_envelope *envelope;
    GArray *list; /* struct hq_ex_fate, one a recipient */
};

struct hq_ex_span {
    const char *p;
    size_t n;
};

enum hq_ex_said {
    HQ_EX_ROUTED, /* deferred before any transport had it */
    HQ_EX_WAITS,  /* a transport had it, and will have it again */
    HQ_EX_SETTLED /* delivered or failed */
};

void hq_ex_fates_init(struct hq_ex_fates *fates, struct hq_ex_envelope *envelope);
/* WHO: "address", "child <address>", "child (between) <address>". What waits becomes a recipient of
 * its own. NULL: of no recipient of this message, or of a part of one that need not be listed. */
struct hq_ex_fate *hq_ex_fates_find(struct hq_ex_fates *fates, struct hq_ex_span who,
                                    enum hq_ex_said said);
/* One for each recipient, to be freed. */
struct hq_ex_fate *hq_ex_fates_end(struct hq_ex_fates *fates);

#endif
