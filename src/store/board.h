/* SPDX-License-Identifier: ISC */
/* The triage board: reason × destination, and what stands behind each. */
#ifndef HOPQ_STORE_BOARD_H
#define HOPQ_STORE_BOARD_H

#include "hopq/message.h"
#include <glib.h>

/* One row: waiting recipients (not delivered, not failed) that share category, destination domain
 * and provider. A message with recipients in several groups is counted in each once. Member order
 * is that of the JSON keys. */
struct hq_group {
    const char *reason; /* name of the category; "held", "not-tried", "incoming" where there is no
                           reason; "unknown" too for a deferred one whose reason is not stored */
    const char *domain;
    const char *provider;
    int64_t messages;
    int64_t recipients;
    int64_t bytes;
    int64_t oldest; /* arrival */
    int64_t next_attempt;
    int64_t expiring_6h; /* messages that are lost within six hours, or overdue */
    int64_t forwarded;   /* messages that are */
    const char *sample;  /* verbatim text of one recipient */
    const char *advice;
    GPtrArray *members; /* const struct hq_message *, in the order of the snapshot */
    const struct hq_message *last_expiring; /* counted in EXPIRING_6H last */
    uint32_t ages[12]; /* messages a bucket: under 5 10 20 40 80 160 320 640 1280 2560 5120 minutes,
                          older (qshape's doubling) */
};

extern const struct hq_schema hq_group_schema;

struct hq_board; /* groups, largest first */

/* Of the messages given (struct hq_message *, borrowed, must outlive the board). */
struct hq_board *hq_board_new(GPtrArray *messages, int64_t now);
void hq_board_free(struct hq_board *board); /* NULL is fine */
unsigned hq_board_count(const struct hq_board *board);
const struct hq_group *hq_board_get(const struct hq_board *board, unsigned i);

#endif
