/* SPDX-License-Identifier: ISC */
/* Lays columns out and draws them, each at its own place: a character whose width terminal and
 * libc disagree on cannot push the others. */
#include "tui/columns.h"

#define MARGIN 1

/* Where the columns start and how wide they are. */
struct place {
    int spare; /* columns of the screen for those that grow */
    int grow;  /* shares still to be given */
    int x;
};

static struct place begin(const struct hq_column *columns, unsigned n, int width)
{
    struct place place = {.spare = width - 2 * MARGIN + 1, .x = MARGIN};
    for (unsigned i = 0; i < n; i++) {
        if (width < columns[i].from)
            continue;
        place.spare -= columns[i].width + 1;
        place.grow += columns[i].grow;
    }
    place.spare = MAX(place.spare, 0);
    return place;
}

/* Width of the column; moves the place behind it. */
static int take(struct place *place, const struct hq_column *column, int *x)
{
    int more = place->grow > 0 ? place->spare * column->grow / place->grow : 0;
    *x = place->x;
    place->spare -= more;
    place->grow -= column->grow;
    place->x += column->width + more + 1;
    return column->width + more;
}

void hq_columns_heading(const struct hq_column *columns, unsigned n, struct hq_term *term, int y,
                        int width)
{
    struct place place = begin(columns, n, width);
    for (unsigned i = 0; i < n; i++) {
        int x = 0;
        if (width < columns[i].from)
            continue;
        int wide = take(&place, &columns[i], &x);
        hq_term_cell(term, y, x, wide, HQ_ROLE_HEADING, columns[i].align, columns[i].title);
    }
}

void hq_columns_row(const struct hq_column *columns, unsigned n, struct hq_term *term,
                    const void *row, int64_t now, int y, int width, bool cursor)
{
    struct place place = begin(columns, n, width);
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < n; i++) {
        int x = 0;
        if (width < columns[i].from)
            continue;
        int wide = take(&place, &columns[i], &x);
        enum hq_role role = columns[i].role ? columns[i].role(row) : HQ_ROLE_NORMAL;
        g_string_truncate(text, 0);
        columns[i].show(&columns[i], term, row, now, text);
        hq_term_cell(term, y, x, wide, cursor ? HQ_ROLE_CURSOR : role, columns[i].align, text->str);
    }
}
