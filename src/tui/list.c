/* SPDX-License-Identifier: ISC */
/* Cursor, scrolling and search over rows that somebody else keeps. */
#include "tui/list.h"
#include "base/utf8.h"
#include <glib.h>
#include <string.h>

/* A search looks at the clock every so many rows. */
#define ROWS_A_LOOK 16

static void settle(struct hq_list *list)
{
    list->cursor = CLAMP(list->cursor, 0, MAX(list->count - 1, 0));
    if (list->cursor < list->top)
        list->top = list->cursor;
    if (list->cursor >= list->top + list->height)
        list->top = list->cursor - list->height + 1;
    list->top = CLAMP(list->top, 0, MAX(list->count - list->height, 0));
}

/* Rows that a motion moves; a page leaves one row of the last on the screen. */
static int distance(const struct hq_list *list, enum hq_action action)
{
    int page = MAX(list->height - 1, 1), half = MAX(list->height / 2, 1);
    switch (action) {
    case HQ_ACTION_DOWN:
        return 1;
    case HQ_ACTION_UP:
        return -1;
    case HQ_ACTION_PAGE_DOWN:
        return page;
    case HQ_ACTION_PAGE_UP:
        return -page;
    case HQ_ACTION_HALF_DOWN:
        return half;
    case HQ_ACTION_HALF_UP:
        return -half;
    case HQ_ACTION_FIRST:
        return -list->count;
    case HQ_ACTION_LAST:
        return list->count;
    default:
        return 0;
    }
}

bool hq_list_act(struct hq_list *list, enum hq_action action)
{
    int way = distance(list, action);
    if (way == 0 && action != HQ_ACTION_FIRST && action != HQ_ACTION_LAST)
        return false;
    list->touched = true;
    if (ABS(way) > 1 && ABS(way) < list->count)
        list->top += way; /* a page moves the rows under the cursor, not the cursor alone */
    list->cursor += way;
    settle(list);
    return true;
}

void hq_list_resize(struct hq_list *list, int height)
{
    list->height = MAX(height, 1);
    settle(list);
}

void hq_list_replace(struct hq_list *list, int count, int cursor)
{
    int line = list->cursor - list->top;
    list->count = count;
    list->cursor = cursor;
    list->top = MAX(cursor - line, 0);
    settle(list);
}

void hq_list_goto(struct hq_list *list, int row)
{
    list->cursor = row;
    settle(list);
}

void hq_list_search_begin(const struct hq_list *list, bool back, struct hq_list_search *search)
{
    *search = (struct hq_list_search){
        .back = back, .row = list->cursor, .left = list->count, .count = list->count};
}

/* Moves to the next row; true: that was beyond an end. */
static bool step(const struct hq_list *list, struct hq_list_search *search)
{
    int last = list->count - 1, from = search->row;
    int end = search->back ? 0 : last, other = search->back ? last : 0;
    search->row = from == end ? other : from + (search->back ? -1 : 1);
    search->left--;
    return from == end;
}

enum hq_search_result hq_list_search_go(struct hq_list *list, struct hq_list_search *search,
                                        hq_list_match_fn match, void *data, int64_t until)
{
    if (search->count != list->count)
        hq_list_search_begin(list, search->back, search);
    while (search->left > 0) {
        search->wrapped |= step(list, search);
        if (match(data, search->row)) {
            list->touched = true;
            hq_list_goto(list, search->row);
            return HQ_SEARCH_FOUND;
        }
        if (search->left > 0 && search->left % ROWS_A_LOOK == 0 && g_get_monotonic_time() > until)
            return HQ_SEARCH_MORE;
    }
    return HQ_SEARCH_NONE;
}

bool hq_search_in(const char *hay, const char *needle)
{
    size_t n = needle ? strlen(needle) : 0;
    if (!hay || n == 0)
        return false;
    char first = hq_lower(needle[0]);
    for (; *hay != '\0'; hay++)
        if (hq_lower(*hay) == first && g_ascii_strncasecmp(hay, needle, n) == 0)
            return true;
    return false;
}
