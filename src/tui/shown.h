/* SPDX-License-Identifier: ISC */
/* What is shown of a snapshot: filtered, sorted and grouped. Worked out by a thread, so that
 * 100,000 rows never hold up the keys; messages are const to everybody by then. */
#ifndef HOPQ_TUI_SHOWN_H
#define HOPQ_TUI_SHOWN_H

#include "store/board.h"
#include "store/filter.h"
#include "store/order.h"
#include "store/snapshot.h"
#include "tui/totals.h"

/* What the user asked for. Never changes; shared with a running job. */
struct hq_query {
    char *filter_text; /* "" is none */
    char *sort_text;
    enum hq_board_key by; /* what makes a group of the board */
    struct hq_filter *filter;
    struct hq_order *order;
};

/* NULL texts are empty. NULL with ERROR; OFFSET as hq_filter_parse()'s. */
struct hq_query *hq_query_new(const char *filter, const char *sort, enum hq_board_key by,
                              size_t *offset, GError **error);
void hq_query_unref(struct hq_query *query);

struct hq_shown {
    struct hq_snapshot *snapshot; /* whose messages these are; may hold more by now */
    struct hq_query *query;
    GPtrArray *messages;     /* struct hq_message *, those that match, in order */
    struct hq_board *board;  /* of them; the groups' members are in the same order */
    struct hq_board *causes; /* by reason, for the diagnosis: BOARD, when that is */
    struct hq_totals totals; /* of them */
    int64_t cost;            /* microseconds it took to work out */
};

void hq_shown_free(struct hq_shown *shown); /* NULL is fine */

/* Works it out; DONE is called in the main context with the result, which it owns. */
typedef void (*hq_shown_fn)(struct hq_shown *shown, void *data);
void hq_shown_start(struct hq_snapshot *snapshot, struct hq_query *query, hq_shown_fn done,
                    void *data);

#endif
