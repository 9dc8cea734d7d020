/* SPDX-License-Identifier: ISC */
/* Inside of the rules on hops. Only src/core/finding*.c include this. */
#ifndef HOPQ_FINDING_PARTS_H
#define HOPQ_FINDING_PARTS_H

#include "trail_parts.h"

/* The text of a hop's date as it stands, folds and all; false when it has none. */
bool hq_finding_date_text(const struct hq_hop *hop, const char **s, size_t *n);

/* What of the writing habit of the MTA that HOP names is broken, in words; NULL: nothing. */
const char *hq_finding_habit(const struct hq_hop *hop);

#endif
