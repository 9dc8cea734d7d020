/* SPDX-License-Identifier: ISC */
/* The trail: all hops of a message, newest first, with delays, the trust boundary and the
 * origin. */
#ifndef HOPQ_TRAIL_H
#define HOPQ_TRAIL_H

#include "hopq/context.h"
#include "hopq/detail.h"
#include "hopq/headers.h"

/* Fills hops, boundary_reason, origin, transit and the findings of the trail in DETAIL. MESSAGE
 * gives the envelope's client, which is the fact for mail in a queue. */
void hq_trail_build(const struct hq_headers *headers, const struct hq_message *message,
                    const struct hq_context *context, struct hq_detail *detail,
                    struct hq_arena *arena);

/* The message has an envelope, the MTA's own record of who handed it over: in a queue always, even
 * when it is damaged (no sender then); in mailboxes and single files never. */
bool hq_trail_has_envelope(const struct hq_message *message);

/* The hop whose client address is the last fact; NULL: none. */
const struct hq_hop *hq_trail_boundary(const struct hq_detail *detail);

/* The number of the hop that the SPF result ROW speaks of; OFFSET is that of its field. HQ_NONE: it
 * names no address, or no hop has that one. */
int64_t hq_trail_hop_of_spf(const struct hq_detail *detail, const struct hq_auth *row,
                            int64_t offset);

/* The one place that appends findings. ID from src/core/finding/findings.def; HOP -1 for none. */
struct hq_finding *hq_finding_add(struct hq_detail *detail, struct hq_arena *arena, const char *id,
                                  int hop, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The rule behind a finding in plain words; NULL: no such rule (a snapshot may have others). */
const char *hq_finding_words(const char *id);

#endif
