/* SPDX-License-Identifier: ISC */
/* The one widget: rows with a cursor, scrolled and searched. The board, the list and every text
 * view draw through it; who owns the rows draws and matches them. */
#ifndef HOPQ_TUI_LIST_H
#define HOPQ_TUI_LIST_H

#include "tui/keys.h"
#include <stdbool.h>
#include <stdint.h>

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
/* A search from the cursor, forward or back, around the ends; the cursor's own row counts last. In
 * slices, because a hundred thousand rows take longer than a key may wait. */
struct hq_list_search {
    bool back;
    bool wrapped; /* an end was passed */
    int row;      /* looked at last */
    int left;     /* rows to look at */
    int count;    /* rows that the list had */
};

enum hq_search_result { HQ_SEARCH_FOUND, HQ_SEARCH_NONE, HQ_SEARCH_MORE };

void hq_list_search_begin(const struct hq_list *list, bool back, struct hq_list_search *search);
/* Looks at rows until one matches (the cursor goes there) or the clock passes UNTIL (monotonic):
 * some in any case. A list of another length is searched anew. */
enum hq_search_result hq_list_search_go(struct hq_list *list, struct hq_list_search *search,
                                        hq_list_match_fn match, void *data, int64_t until);

/* HAY has NEEDLE, ASCII letters of either case alike; NULL and "" have nothing. */
bool hq_search_in(const char *hay, const char *needle);

#endif
