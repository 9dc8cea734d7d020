/* SPDX-License-Identifier: ISC */
/* Lines of styled text: what panes and the help are made of. Built from any bytes (made safe as
 * they come in), laid out for a width with or without wrapping, drawn row by row. */
#ifndef HOPQ_TUI_LINES_H
#define HOPQ_TUI_LINES_H

#include "tui/term.h"

struct hq_lines {
    GString *text;  /* all lines, each with its NUL; safe */
    GArray *runs;   /* of one role each, by offset */
    GArray *lines;  /* logical lines */
    GArray *rows;   /* what the layout made of them */
    size_t begin;   /* of the line being built */
    unsigned first; /* its first run */
    int mark;       /* of the line being built */
    int hang;       /* columns that continuation rows are set in */
    size_t spare;   /* where what can be done without begins; 0: nothing can */
    bool rail;      /* they begin with a bar */
    const struct hq_term *term;
};

void hq_lines_init(struct hq_lines *lines, const struct hq_term *term);
void hq_lines_clear(struct hq_lines *lines); /* no lines; the term stays */
void hq_lines_finish(struct hq_lines *lines);

/* Append to the line being built. NULL text is nothing. */
void hq_lines_add(struct hq_lines *lines, enum hq_role role, const char *text);
void hq_lines_glyph(struct hq_lines *lines, enum hq_role role, enum hq_glyph glyph);
void hq_lines_printf(struct hq_lines *lines, enum hq_role role, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Appends blanks up to COLUMN. */
void hq_lines_tab(struct hq_lines *lines, int column);
/* Where the line wraps, the rows behind it begin at this column. */
void hq_lines_hang(struct hq_lines *lines);
void hq_lines_hang_at(struct hq_lines *lines, int columns);
/* What follows is left out when the line would have to wrap. */
void hq_lines_spare(struct hq_lines *lines);
/* Rows that continue the line begin with a bar, so that it joins the lines around it. */
void hq_lines_rail(struct hq_lines *lines);
/* Enter on this line opens something: MARK is the pane's own number for it, from 1. */
void hq_lines_mark(struct hq_lines *lines, int mark);
void hq_lines_end(struct hq_lines *lines);

/* Whole lines. LABEL in a column of its own; a NULL or empty value gives no line. */
void hq_lines_label(struct hq_lines *lines, const char *label, enum hq_role role,
                    const char *value);
/* N bytes with line ends of any kind, a line each; tabs become blanks. */
void hq_lines_text(struct hq_lines *lines, enum hq_role role, const char *text, size_t n);
/* The same with the bytes from BEGIN up to END as matches. */
void hq_lines_text_marked(struct hq_lines *lines, enum hq_role role, const char *text, size_t n,
                          size_t begin, size_t end);
void hq_lines_empty(struct hq_lines *lines);

/* Lays out; returns the number of rows. */
int hq_lines_layout(struct hq_lines *lines, int width, bool wrap);
/* ROW is the last row that is shown: fills it with as much of its line as fits, but
 * with no part of a page's address. */
void hq_lines_fill(struct hq_lines *lines, int row, int width);
/* Draws row ROW, LEFT columns scrolled away. CURSOR: the whole row in that role; NEEDLE, when not
 * NULL, is marked. */
void hq_lines_draw(const struct hq_lines *lines, struct hq_term *term, int row, int y, int left,
                   int width, bool cursor, const char *needle);
/* NEEDLE is in the line whose first row is ROW. */
bool hq_lines_match(const struct hq_lines *lines, int row, const char *needle);
/* The mark of ROW's line; 0: none. */
int hq_lines_mark_of(const struct hq_lines *lines, int row);
/* The line that ROW belongs to. */
const char *hq_lines_get(const struct hq_lines *lines, int row);
/* The number of ROW's line, and the first row of a line: to keep the place when the layout
 * changes. */
int hq_lines_line_of(const struct hq_lines *lines, int row);
int hq_lines_row_of(const struct hq_lines *lines, int line);

#endif
