/* SPDX-License-Identifier: ISC */
/* The columns of the board, for each key that its groups are made by. Rows are struct hq_group. */
#ifndef HOPQ_TUI_BOARD_COLUMNS_H
#define HOPQ_TUI_BOARD_COLUMNS_H

#include "store/board.h"
#include "tui/columns.h"

const struct hq_column *hq_board_columns(enum hq_board_key by, unsigned *n);
const char *hq_board_meaning(enum hq_board_key by); /* what its groups are, in words */
enum hq_role hq_board_trend_role(const void *row);

#endif
