/* SPDX-License-Identifier: ISC */
/* The one widget: rows with a cursor, scrolled and searched. The board, the list and every text
 * view draw through it; who owns the rows draws and matches them. */
#ifndef HOPQ_TUI_LIST_H
#define HOPQ_TUI_LIST_H

#include "tui/keys.h"
#include <stdbool.h>

struct hq_list {
    int count;
    int cursor;   /* 0 when there are no rows */
    int top;      /* first row on the screen */
    int height;   /* rows on the screen */
    int left;     /* columns scrolled away */
    bool touched; /* the user has moved: the cursor stays with its row from now on */
};

/* Row ROW has what is searched for (DATA knows). */
typedef bool (*hq_list_match_fn)(void *data, int row);

/* A motion; false: the action is none. */
bool hq_list_act(struct hq_list *list, enum hq_action action);
void hq_list_resize(struct hq_list *list, int height);
/* New rows of which CURSOR is the one the user was on; it keeps its place on the screen. */
void hq_list_replace(struct hq_list *list, int count, int cursor);
void hq_list_goto(struct hq_list *list, int row);
/* Goes to the next match from the cursor, forward or back, around the ends; the cursor's own row
 * counts last. False: there is none. WRAPPED, when not NULL, tells that an end was passed. */
bool hq_list_search(struct hq_list *list, bool back, hq_list_match_fn match, void *data,
                    bool *wrapped);

/* HAY has NEEDLE, ASCII letters of either case alike; NULL and "" have nothing. */
bool hq_search_in(const char *hay, const char *needle);

#endif
