/* SPDX-License-Identifier: ISC */
/* The triage board: why mail waits and for whom, or who it comes from, the largest heap first;
 * above it what fails here, below it what the destination said and what to do. */
#include "hopq/reason.h"
#include "tui/app.h"
#include "tui/board_columns.h"
#include "tui/facts.h"

/* The rule; what it means, two lines each for the trend, whom it is forwarded by and what to do,
 * and one at least of what they said. */
#define PREVIEW_ROWS 9
#define BANNER_ROWS  2

struct board_view {
    struct hq_view view;
    const struct hq_board *board; /* of app->shown */
    enum hq_board_key by;         /* its groups */
    struct hq_lines banner, preview;
    bool settled; /* whether there is a board to show is decided */
    struct hq_facts facts;
};

static const struct hq_group *current(const struct board_view *board)
{
    if (!board->board || board->view.list.count == 0)
        return NULL;
    return hq_board_get(board->board, (unsigned)board->view.list.cursor);
}

/* In a mailbox nothing waits: what there is to see is its list, or the one message. */
static void start_elsewhere(struct board_view *board)
{
    struct hq_app *app = board->view.app;
    if (board->settled || !app->shown->snapshot->complete || app->stale)
        return;
    board->settled = true;
    const GPtrArray *messages = app->shown->messages;
    if (board->view.list.count > 0 || messages->len == 0 || app->depth > 1)
        return;
    hq_view_list_group(app, NULL);
    if (messages->len == 1)
        hq_view_message_open(app, g_ptr_array_index(messages, 0));
}

/* Until the user moves it, the cursor stays on top, where the largest group goes. */
static void changed(struct hq_view *view)
{
    struct board_view *board = (struct board_view *)view;
    const struct hq_group *old = current(board);
    int cursor = view->list.cursor;
    bool other = board->by != view->app->shown->query->by;
    board->board = view->app->shown->board;
    board->by = view->app->shown->query->by;
    hq_facts_clear(&board->facts);
    int count = (int)hq_board_count(board->board);
    if (other) {
        cursor = 0;
        view->list.touched = false;
    }
    for (int i = 0; old && view->list.touched && i < count; i++)
        if (hq_group_same(old, hq_board_get(board->board, (unsigned)i)))
            cursor = i;
    hq_list_replace(&view->list, count, cursor);
    start_elsewhere(board);
}

static void draw_row(struct hq_view *view, int row, int y, int width, bool cursor)
{
    const struct board_view *board = (const struct board_view *)view;
    unsigned n = 0;
    const struct hq_column *columns = hq_board_columns(board->by, &n);
    hq_columns_row(columns, n, &view->app->term, hq_board_get(board->board, (unsigned)row),
                   hq_time_now(), y, width, cursor);
}

/* "our address or domain is on a block list; fault: us"; where that is not true of all: "dnsbl (6
 * of 33): our …" */
static void add_meaning(struct hq_lines *lines, const struct hq_group *group)
{
    int category = hq_name_find(hq_category_names, HQ_CATEGORY_COUNT, group->reason);
    const struct hq_reason_kind *kind = group->reason_of ? group->reason_of->kind : NULL;
    if (!group->reason && kind)
        category = kind->category;
    if (category <= 0)
        return;
    const char *fault = kind && kind->category == category ? hq_fault_names[kind->fault] : NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    if (!group->reason && group->mostly < group->recipients)
        g_string_append_printf(text, "%s (%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT "): ",
                               hq_category_names[category], group->mostly, group->recipients);
    g_string_append(text, hq_category_meaning((enum hq_category)category));
    if (fault)
        g_string_append_printf(text, "; fault: %s", fault);
    hq_lines_label(lines, " it means", HQ_ROLE_NORMAL, text->str);
}

/* Mail on hold waits for nothing but its release, whatever the last reply was. */
static void add_held(struct hq_lines *lines, const struct hq_group *group)
{
    g_autofree char *text = NULL;
    if (group->held == 0)
        return;
    if (hq_group_is_held(group))
        text = g_strdup("all of it: nothing is tried until released (L)");
    else
        text = g_strdup_printf("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                               " recipients: not tried until released (L)",
                               group->held, group->recipients);
    hq_lines_label(lines, " on hold", HQ_ROLE_WARN, text);
}

static void build_preview(struct board_view *board, const struct hq_group *group)
{
    struct hq_lines *lines = &board->preview;
    add_held(lines, group);
    hq_facts_find(&board->facts, group);
    if (group->name)
        hq_facts_show(&board->facts, lines);
    add_meaning(lines, group);
    hq_lines_label(lines, " trend", hq_board_trend_role(group), group->trend.text);
    if (!group->name)
        hq_facts_show(&board->facts, lines);
    if (!hq_group_is_held(group))
        hq_lines_label(lines, " to do", HQ_ROLE_STRONG, group->advice);
    hq_lines_label(lines, " they said", HQ_ROLE_NORMAL, group->sample);
}

/* What waits in all stands where a table has its sums. */
static void draw_preview(struct board_view *board, int y, int height, int width)
{
    g_autoptr(GString) sums = g_string_new(" ");
    hq_totals_format(&board->view.app->shown->totals, sums);
    g_string_append_c(sums, ' ');
    hq_view_preview_draw(&board->view, &board->preview, sums->str, y, height, width);
}

static const char *nothing(const struct hq_app *app)
{
    if (app->shown && app->shown->messages->len > 0)
        return "nothing is waiting to be sent; a lists the messages";
    if (app->snapshot->messages->len > 0)
        return "nothing matches the filter; Esc removes it";
    if (app->snapshot->partial)
        return "nothing could be listed:";
    return "there are no messages";
}

/* Says above the board that this machine is what fails, when it is; no single group can tell.
 * Returns the rows it took. */
static int draw_banner(struct board_view *board, int y, int width)
{
    struct hq_app *app = board->view.app;
    const char *diagnosis = app->shown ? hq_board_diagnosis(app->shown->causes) : NULL;
    if (!diagnosis)
        return 0;
    hq_view_preview_begin(&board->view, &board->banner);
    hq_lines_label(&board->banner, " it is here", HQ_ROLE_BAD, diagnosis);
    int count = MIN(hq_lines_layout(&board->banner, width - 1, true), BANNER_ROWS);
    for (int i = 0; i < count; i++)
        hq_lines_draw(&board->banner, &app->term, i, y + i, 0, width, false, NULL);
    return count;
}

static void draw(struct hq_view *view, int y, int height, int width)
{
    struct board_view *board = (struct board_view *)view;
    const struct hq_group *group = current(board);
    int above = draw_banner(board, y, width);
    y += above;
    height -= above;
    int below = hq_view_preview_height(view, height, PREVIEW_ROWS);
    unsigned n = 0;
    const struct hq_column *columns = hq_board_columns(board->by, &n);
    hq_columns_heading(columns, n, &view->app->term, y, width);
    if (!group) {
        hq_view_empty(view, y + 1, height - 1, width, nothing(view->app));
        return;
    }
    hq_view_rows(view, y + 1, height - 1 - below, width, draw_row);
    hq_view_preview_begin(view, &board->preview);
    build_preview(board, group);
    draw_preview(board, y + height - below, below, width);
}

static void chosen(const struct hq_view *view, GPtrArray *out)
{
    const struct hq_group *group = current((const struct board_view *)view);
    if (group)
        g_ptr_array_extend(out, group->members, NULL, NULL);
}

static void group_by_next(struct hq_app *app)
{
    const struct hq_query *query = app->query;
    enum hq_board_key by = (query->by + 1) % HQ_BOARD_KEYS;
    hq_feed_ask(app, hq_query_new(query->filter_text, query->sort_text, by, NULL, NULL));
    hq_app_say(app, HQ_ROLE_NOTICE, "by %s: %s", hq_board_key_names[by], hq_board_meaning(by));
}

static bool act(struct hq_view *view, enum hq_action action, G_GNUC_UNUSED int key)
{
    const struct hq_group *group = current((struct board_view *)view);
    if (action == HQ_ACTION_GROUP) {
        group_by_next(view->app);
        return true;
    }
    if (action == HQ_ACTION_TAG && group) {
        view->list.touched = true;
        hq_tagging_toggle(view->app, group->members);
        return true;
    }
    if (action != HQ_ACTION_OPEN && action != HQ_ACTION_ALL)
        return false;
    if (group || (view->app->shown && view->app->shown->messages->len > 0))
        hq_view_list_group(view->app, action == HQ_ACTION_OPEN ? group : NULL);
    else
        hq_app_say(view->app, HQ_ROLE_NOTICE, "there is nothing to open");
    return true;
}

static bool match(void *data, int row)
{
    const struct board_view *board = data;
    const struct hq_group *group = hq_board_get(board->board, (unsigned)row);
    const char *needle = board->view.app->needle;
    return hq_search_in(group->reason, needle) || hq_search_in(group->domain, needle) ||
           hq_search_in(group->provider, needle) || hq_search_in(group->name, needle) ||
           hq_search_in(group->sample, needle);
}

static void copy(struct hq_view *view, GString *out)
{
    const struct hq_group *group = current((struct board_view *)view);
    const char *text = group->name ? group->name : group->sample;
    if (!text)
        text = group->domain ? group->domain : group->reason;
    g_string_append(out, text);
}

static void where(struct hq_view *view, GString *out)
{
    int count = view->list.count;
    enum hq_board_key by = ((struct board_view *)view)->by;
    g_string_append_printf(out, "%s %d of %d",
                           by == HQ_BOARD_REASON ? "group" : hq_board_key_names[by],
                           count ? view->list.cursor + 1 : 0, count);
}

static void close_view(struct hq_view *view)
{
    struct board_view *board = (struct board_view *)view;
    if (board->preview.text)
        hq_lines_finish(&board->preview);
    if (board->banner.text)
        hq_lines_finish(&board->banner);
    hq_facts_clear(&board->facts);
}

const struct hq_view_ops hq_view_board = {
    .id = HQ_VIEW_BOARD,
    .size = sizeof(struct board_view),
    .close = close_view,
    .changed = changed,
    .draw = draw,
    .act = act,
    .match = match,
    .copy = copy,
    .chosen = chosen,
    .where = where,
};
