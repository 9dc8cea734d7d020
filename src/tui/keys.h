/* SPDX-License-Identifier: ISC */
/* The key table: which key is which action in which view, and how it is spelled. */
#ifndef HOPQ_TUI_KEYS_H
#define HOPQ_TUI_KEYS_H

#include <glib.h>
#include <stdbool.h>
#include <wchar.h>

enum hq_view_id {
#define HQ_VIEW(id, name, title) HQ_VIEW_##id,
#include "tui/views.def"
#undef HQ_VIEW
    HQ_VIEW_COUNT
};

#define HQ_IN_BOARD   (1u << HQ_VIEW_BOARD)
#define HQ_IN_LIST    (1u << HQ_VIEW_LIST)
#define HQ_IN_MESSAGE (1u << HQ_VIEW_MESSAGE)
#define HQ_IN_HELP    (1u << HQ_VIEW_HELP)
#define HQ_IN_ACT     (1u << HQ_VIEW_ACT)
#define HQ_IN_LISTS   (HQ_IN_BOARD | HQ_IN_LIST)
#define HQ_IN_TEXT    (HQ_IN_MESSAGE | HQ_IN_HELP | HQ_IN_ACT)
#define HQ_IN_ALL     (HQ_IN_LISTS | HQ_IN_TEXT)
#define HQ_IN_READING (HQ_IN_ALL & ~HQ_IN_ACT) /* where letters are no answers */

enum hq_action {
    HQ_ACTION_NONE,
    HQ_ACTION_ALL,
    HQ_ACTION_BACK,
    HQ_ACTION_COPY,
    HQ_ACTION_DELETE,
    HQ_ACTION_DOWN,
    HQ_ACTION_EXPIRE,
    HQ_ACTION_FILTER,
    HQ_ACTION_FIND_NEXT,
    HQ_ACTION_FIND_PREVIOUS,
    HQ_ACTION_FIRST,
    HQ_ACTION_FLUSH,
    HQ_ACTION_GROUP,
    HQ_ACTION_HALF_DOWN,
    HQ_ACTION_HALF_UP,
    HQ_ACTION_HELP,
    HQ_ACTION_HOLD,
    HQ_ACTION_LAST,
    HQ_ACTION_LEFT,
    HQ_ACTION_NEWER,
    HQ_ACTION_OLDER,
    HQ_ACTION_OPEN,
    HQ_ACTION_PAGE_DOWN,
    HQ_ACTION_PAGE_UP,
    HQ_ACTION_PANE,
    HQ_ACTION_PANE_NEXT,
    HQ_ACTION_PANE_PREVIOUS,
    HQ_ACTION_QUIT,
    HQ_ACTION_RAW,
    HQ_ACTION_REDRAW,
    HQ_ACTION_REFRESH,
    HQ_ACTION_RELEASE,
    HQ_ACTION_REQUEUE,
    HQ_ACTION_RIGHT,
    HQ_ACTION_SAVE,
    HQ_ACTION_SEARCH,
    HQ_ACTION_SOON,
    HQ_ACTION_SORT,
    HQ_ACTION_TAG,
    HQ_ACTION_TAG_ALL,
    HQ_ACTION_TAG_FILTER,
    HQ_ACTION_TAG_RANGE,
    HQ_ACTION_UNTAG,
    HQ_ACTION_UP,
    HQ_ACTION_WRAP,
    HQ_ACTION_YES
};

struct hq_key_info {
    enum hq_action action;
    const char *name;
    const char *keys; /* "j Down C-n"; may be bound anew by hq_key_bind() */
    unsigned views;   /* HQ_IN_… */
    const char *hint; /* NULL: not in the hint line */
    const char *help;
    bool bound; /* by the user: comes before what the table says */
};

extern struct hq_key_info hq_keys[];
extern const unsigned hq_key_count;

/* A key as one number: a character, or HQ_KEY_FUNCTION + ncurses' KEY_…. */
#define HQ_KEY_FUNCTION 0x200000

/* The code of a spelled key ("C-d", "PgDn", "\\"); 0: none. N bytes of NAME. */
int hq_key_parse(const char *name, size_t n);
enum hq_action hq_key_find(int key, enum hq_view_id view);
/* Binds KEYS (spelled, blanks between) to the row NAME in place of its own, unless the user did so
 * before; they win over what the table has for them. Before the screen starts. False with ERROR. */
bool hq_key_bind(const char *name, const char *keys, GError **error);
/* True: the key changes the queue. */
bool hq_key_changes(const struct hq_key_info *info);
/* The first of a row's keys, as it is spelled: its length in bytes. */
size_t hq_key_first(const struct hq_key_info *info);

#endif
