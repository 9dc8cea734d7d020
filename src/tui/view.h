/* SPDX-License-Identifier: ISC */
/* A view: one file view_<name>.c, one row in views.def, one table of functions. */
#ifndef HOPQ_TUI_VIEW_H
#define HOPQ_TUI_VIEW_H

#include "hopq/message.h"
#include "tui/keys.h"
#include "tui/lines.h"
#include "tui/list.h"
#include "tui/term.h"
#include <glib.h>

struct hq_app;
struct hq_view;
struct hq_group;

struct hq_view_ops {
    enum hq_view_id id;
    size_t size;                           /* of its own struct, which begins with struct hq_view */
    void (*close)(struct hq_view *view);   /* NULL: nothing to free */
    void (*changed)(struct hq_view *view); /* app->shown is another; the old one still lives */
    /* Draws into the rows from Y on, HEIGHT of them, and sets view->cursor_row. */
    void (*draw)(struct hq_view *view, int y, int height, int width);
    bool (*act)(struct hq_view *view, enum hq_action action,
                int key);   /* false: not mine; or NULL */
    hq_list_match_fn match; /* DATA is the view */
    /* What `y` copies of the cursor's row. */
    void (*copy)(struct hq_view *view, GString *out);
    /* The messages that capital keys mean here (struct hq_message *); NULL: none. */
    void (*chosen)(const struct hq_view *view, GPtrArray *out);
    /* The messages that it lists; NULL (also the member): all that are shown. */
    const GPtrArray *(*rows)(const struct hq_view *view);
    /* Where the user is, for the status line. */
    void (*where)(struct hq_view *view, GString *out);
};

struct hq_view {
    const struct hq_view_ops *ops;
    struct hq_app *app;
    struct hq_list list;
    int cursor_row; /* of the screen: the hardware cursor goes there */
    bool pending;   /* waits for an answer of the session */
    bool settled;   /* it asks nothing (any more): keys that are its own are not offered */
};

#define HQ_VIEW(id, name, title) extern const struct hq_view_ops hq_view_##name;
#include "tui/views.def"
#undef HQ_VIEW

/* What views open each other with. */
void hq_view_list_group(struct hq_app *app, const struct hq_group *group); /* NULL: all */
void hq_view_message_open(struct hq_app *app, const struct hq_message *message);
/* The list's neighbour of its current row, with the cursor moved there; NULL: none. */
const struct hq_message *hq_view_list_step(struct hq_view *view, int step);
/* The session's answer: takes ARENA when the view waits for it. */
bool hq_view_message_detail(struct hq_view *view, struct hq_message *message,
                            struct hq_arena *arena, const char *source, const char *id);

/* The log has been read, or lines of it that were asked for. */
void hq_view_message_logged(struct hq_view *view);

/* Opens the page of a change that ACTION asks for; false: it asks for none. */
bool hq_view_act_open(struct hq_app *app, enum hq_action action);
void hq_view_act_ways(struct hq_app *app); /* what can be done is known */
/* The number of messages, typed to confirm; false: it is another. */
bool hq_view_act_typed(struct hq_app *app, const char *text);

/* Draws the rows of the view's list from Y on, ROW each. */
typedef void (*hq_row_fn)(struct hq_view *view, int row, int y, int width, bool cursor);
void hq_view_rows(struct hq_view *view, int y, int height, int width, hq_row_fn row);

/* Why there are no rows. NOTHING: the queue is read, and none is of this view. */
void hq_view_empty(struct hq_view *view, int y, int height, int width, const char *nothing);

/* The lines under a list that say more of its current row: how many rows of HEIGHT they get, the
 * rule with them (WANTED on a screen of usual size); start anew (LINES zeroed the first time);
 * drawn under a rule with TITLE in it. */
int hq_view_preview_height(const struct hq_view *view, int height, int wanted);
void hq_view_preview_begin(struct hq_view *view, struct hq_lines *lines);
void hq_view_preview_draw(struct hq_view *view, struct hq_lines *lines, const char *title, int y,
                          int height, int width);

/* Text views: lays LINES out for the view's list when WIDTH or wrapping changed (FORCE: or when
 * they are new), keeping the place, and draws them. */
struct hq_text_layout {
    int width;
    bool wrap;
    bool valid;
};
void hq_view_text(struct hq_view *view, struct hq_lines *lines, struct hq_text_layout *layout,
                  int y, int height, int width);

#endif
