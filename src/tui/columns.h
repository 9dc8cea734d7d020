/* SPDX-License-Identifier: ISC */
/* Columns of the board and the list: a table says which, the width of the screen how many. */
#ifndef HOPQ_TUI_COLUMNS_H
#define HOPQ_TUI_COLUMNS_H

#include "tui/term.h"
#include <stdint.h>

struct hq_column {
    const char *title;
    int width; /* at least */
    int grow;  /* share of what is left over */
    int from;  /* screens narrower than this do without it */
    enum hq_align align;
    /* Appends the value; made safe afterwards. */
    void (*show)(const struct hq_column *column, const struct hq_term *term, const void *row,
                 int64_t now, GString *out);
    /* NULL: normal. */
    enum hq_role (*role)(const void *row);
};

void hq_columns_heading(const struct hq_column *columns, unsigned n, struct hq_term *term, int y,
                        int width);
/* CURSOR: the whole row in the cursor's role. */
void hq_columns_row(const struct hq_column *columns, unsigned n, struct hq_term *term,
                    const void *row, int64_t now, int y, int width, bool cursor);

#endif
