/* SPDX-License-Identifier: ISC */
/* The line editor of the prompts: search, filter, sort. */
#ifndef HOPQ_TUI_EDIT_H
#define HOPQ_TUI_EDIT_H

#include "tui/term.h"

enum hq_edit_result { HQ_EDIT_MORE, HQ_EDIT_DONE, HQ_EDIT_CANCELLED };

struct hq_edit {
    GString *text;
    size_t cursor; /* byte offset */
};

void hq_edit_start(struct hq_edit *edit, const char *text);
enum hq_edit_result hq_edit_key(struct hq_edit *edit, int key);
/* Takes a character of pasted text: control characters are no keys here, and left out. */
void hq_edit_paste(struct hq_edit *edit, int key);
/* Draws prompt and text at row Y, scrolled so that the cursor shows; returns the cursor's
 * column. */
int hq_edit_draw(const struct hq_edit *edit, struct hq_term *term, int y, int width,
                 const char *prompt);

#endif
