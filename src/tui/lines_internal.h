/* SPDX-License-Identifier: ISC */
/* What lines.c builds and lines_draw.c draws. */
#ifndef HOPQ_TUI_LINES_INTERNAL_H
#define HOPQ_TUI_LINES_INTERNAL_H

#include "tui/lines.h"

/* Text of one role, up to the next run or the end of the line. */
struct hq_run {
    size_t offset;
    enum hq_role role;
};

struct hq_text_line {
    size_t begin;
    size_t end;
    unsigned first_run;
    int mark;
    int hang;
    size_t spare;
    bool rail;
};

/* A line, or the part of it that stands on one row of the screen. */
struct hq_row {
    unsigned line;
    size_t begin;
    size_t end;
    int indent;
};

#endif
