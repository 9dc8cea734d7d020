/* SPDX-License-Identifier: ISC */
/* Sums over messages: those that the board has no group for. */
#ifndef HOPQ_TUI_TOTALS_H
#define HOPQ_TUI_TOTALS_H

#include "store/board.h"

/* What waits: each message counts once, however many groups it is in. */
struct hq_totals {
    unsigned messages;
    unsigned recipients;
    unsigned held; /* messages */
    unsigned expiring_6h;
};

/* Of MESSAGES (struct hq_message *). */
struct hq_totals hq_totals_count(const GPtrArray *messages, int64_t now);
/* Appends "waiting: 75 messages, 80 recipients, 2 held, 5 lost<6h"; nothing when nothing
 * waits. */
void hq_totals_format(const struct hq_totals *totals, GString *out);

#endif
