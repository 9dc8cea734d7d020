/* SPDX-License-Identifier: ISC */
/* One Received field (RFC 5321 section 4.4, and what MTAs really write) to a hop. Linear time,
 * bounded depth, no recursion. */
#ifndef HOPQ_RECEIVED_H
#define HOPQ_RECEIVED_H

#include "hopq/detail.h"

/* Parses the N bytes of a field's value (folds and all) into HOP, which it first sets to unknown;
 * strings go to ARENA. N, trust, delay, offset and length are the caller's. Ambiguous syntax
 * fails closed: UNPARSEABLE, no BY, a PROBLEM. */
void hq_received_parse(const char *value, size_t n, struct hq_hop *hop, struct hq_arena *arena);

#endif
