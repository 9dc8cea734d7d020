/* SPDX-License-Identifier: ISC */
/* What the views have in common: rows of a list, lines of text. */
#include "tui/view.h"
#include "tui/app.h"

void hq_view_rows(struct hq_view *view, int y, int height, int width, hq_row_fn row)
{
    struct hq_list *list = &view->list;
    hq_list_resize(list, height);
    view->cursor_row = y + list->cursor - list->top;
    for (int i = 0; i < height && list->top + i < list->count; i++) {
        bool cursor = list->top + i == list->cursor;
        if (cursor)
            hq_term_blank(&view->app->term, y + i, width, HQ_ROLE_CURSOR);
        row(view, list->top + i, y + i, width, cursor);
    }
}

void hq_view_text(struct hq_view *view, struct hq_lines *lines, struct hq_text_layout *layout,
                  int y, int height, int width)
{
    struct hq_app *app = view->app;
    struct hq_list *list = &view->list;
    if (!layout->valid || layout->width != width || layout->wrap != app->wrap) {
        int line = hq_lines_line_of(lines, list->cursor);
        int count = hq_lines_layout(lines, width, app->wrap);
        hq_list_replace(list, count, layout->valid ? hq_lines_row_of(lines, line) : list->cursor);
        *layout = (struct hq_text_layout){.width = width, .wrap = app->wrap, .valid = true};
    }
    if (app->wrap)
        list->left = 0;
    hq_list_resize(list, height);
    view->cursor_row = y + list->cursor - list->top;
    for (int i = 0; i < height && list->top + i < list->count; i++)
        hq_lines_draw(lines, &app->term, list->top + i, y + i, list->left, width,
                      list->top + i == list->cursor, app->needle);
}

static const char *why_empty(const struct hq_app *app, const char *nothing)
{
    if (app->shown && app->shown->snapshot->complete && !app->stale)
        return nothing;
    if (!hq_session_can_list(app->session))
        return "nothing more can be read: hopq [spool] has ended; start hopq again";
    if (hq_feed_wants_full(app))
        return "reading the queue, every message in full";
    return "reading the queue";
}

static void add_paragraph(struct hq_lines *lines, enum hq_role role, const char *text)
{
    hq_lines_add(lines, HQ_ROLE_NORMAL, "  ");
    hq_lines_hang(lines);
    hq_lines_add(lines, role, text);
    hq_lines_end(lines);
}

/* Says in the empty rows why they are empty. */
void hq_view_empty(struct hq_view *view, int y, int height, int width, const char *nothing)
{
    const GPtrArray *notices = view->app->snapshot->notices;
    struct hq_lines lines;
    hq_lines_init(&lines, &view->app->term);
    add_paragraph(&lines, HQ_ROLE_STRONG, why_empty(view->app, nothing));
    for (guint i = 0; i < notices->len; i++) {
        hq_lines_empty(&lines);
        add_paragraph(&lines, HQ_ROLE_WARN, notices->pdata[i]);
    }
    int count = hq_lines_layout(&lines, width - 2, true);
    int top = y + MAX(height - count, 0) / 3;
    for (int i = 0; i < count && top + i < y + height; i++)
        hq_lines_draw(&lines, &view->app->term, i, top + i, 0, width - 2, false, NULL);
    hq_lines_finish(&lines);
    view->cursor_row = top;
}

/* A share of the screen and what a short list leaves empty, but no more than is needed. It does not
 * depend on the row, or the rule would jump while the cursor moves. */
int hq_view_preview_height(const struct hq_view *view, int height, int wanted)
{
    int share = height >= 30 ? wanted + 3 : height >= 20 ? wanted : 5;
    return CLAMP(height - 1 - view->list.count, share, MAX(share + 3, 10));
}

void hq_view_preview_begin(struct hq_view *view, struct hq_lines *lines)
{
    if (lines->text)
        hq_lines_clear(lines);
    else
        hq_lines_init(lines, &view->app->term);
}

void hq_view_preview_draw(struct hq_view *view, struct hq_lines *lines, const char *title, int y,
                          int height, int width)
{
    int count = hq_lines_layout(lines, width - 1, true);
    hq_term_rule(&view->app->term, y, width, HQ_ROLE_RULE);
    if (*title)
        hq_term_put(&view->app->term, y, 1, width - 2, HQ_ROLE_NORMAL, title);
    if (count > height - 1)
        hq_lines_fill(lines, height - 2, width - 2);
    for (int i = 0; i < count && i + 1 < height; i++)
        hq_lines_draw(lines, &view->app->term, i, y + 1 + i, 0, width, false, NULL);
    if (count > height - 1)
        hq_term_put(&view->app->term, y + height - 1, width - 2, 1, HQ_ROLE_DIM,
                    hq_glyph(&view->app->term, HQ_GLYPH_MORE_BELOW));
}
