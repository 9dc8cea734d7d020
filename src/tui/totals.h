/* SPDX-License-Identifier: ISC */
/* Sums over messages: those that the board has no group for. */
#ifndef HOPQ_TUI_TOTALS_H
#define HOPQ_TUI_TOTALS_H

#include "store/board.h"

struct hq_totals_queue {
    const char *name; /* of the messages; "" where it is not known */
    unsigned messages;
};

/* What waits: each message counts once, however many groups it is in. */
struct hq_totals {
    struct hq_totals_queue queues[8]; /* all that is in them, most first */
    unsigned queue_count;
    unsigned others; /* messages in queues that there was no room for */
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
/* Appends "lost<6h 5, deferred 380, hold 12, others 4"; nothing when there are no messages. */
void hq_totals_queues(const struct hq_totals *totals, GString *out);

#endif
