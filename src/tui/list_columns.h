/* SPDX-License-Identifier: ISC */
/* Which columns a list of messages has: of a whole queue, of one group of it, of a mailbox. */
#ifndef HOPQ_TUI_LIST_COLUMNS_H
#define HOPQ_TUI_LIST_COLUMNS_H

#include "hopq/message.h"
#include "tui/columns.h"

enum hq_list_kind {
    HQ_LIST_ALL,
    HQ_LIST_GROUP,  /* by reason: that is said once, in the status line */
    HQ_LIST_MAILBOX /* nothing waits */
};

/* What the columns take as their row. */
struct hq_list_row {
    const struct hq_message *message;
    const struct hq_recipient *recipient; /* for whom it is in the list; NULL: it has none */
};

#define HQ_LIST_COLUMNS 11

/* Fills COLUMNS, as wide as the ids of ROWS (may be NULL) want it; returns how many there are. */
unsigned hq_list_columns(struct hq_column columns[HQ_LIST_COLUMNS], enum hq_list_kind kind,
                         const GPtrArray *rows);

#endif
