/* SPDX-License-Identifier: ISC */
/* The triage board: why mail waits and for whom, the largest heap first; below it what the
 * destination said and what to do. */
#include "hopq/fields.h"
#include "hopq/reason.h"
#include "tui/app.h"
#include "tui/columns.h"

/* The rule; what it means, whom it is forwarded by, two or three lines each for the others. */
#define PREVIEW_ROWS 8

struct board_view {
    struct hq_view view;
    const struct hq_board *board; /* of app->shown */
    struct hq_lines preview;
    bool settled;                        /* whether there is a board to show is decided */
    const struct hq_group *forwarder_of; /* whose FORWARDER is known; NULL: none's */
    GString *forwarder;
};

static void show_reason(G_GNUC_UNUSED const struct hq_column *column,
                        G_GNUC_UNUSED const struct hq_term *term, const void *row,
                        G_GNUC_UNUSED int64_t now, GString *out)
{
    g_string_append(out, ((const struct hq_group *)row)->reason);
}

static void show_domain(G_GNUC_UNUSED const struct hq_column *column,
                        G_GNUC_UNUSED const struct hq_term *term, const void *row,
                        G_GNUC_UNUSED int64_t now, GString *out)
{
    const char *domain = ((const struct hq_group *)row)->domain;
    g_string_append(out, domain ? domain : "-");
}

static void show_provider(G_GNUC_UNUSED const struct hq_column *column,
                          G_GNUC_UNUSED const struct hq_term *term, const void *row,
                          G_GNUC_UNUSED int64_t now, GString *out)
{
    const char *provider = ((const struct hq_group *)row)->provider;
    g_string_append(out, provider ? provider : "-");
}

static void show_messages(G_GNUC_UNUSED const struct hq_column *column,
                          G_GNUC_UNUSED const struct hq_term *term, const void *row,
                          G_GNUC_UNUSED int64_t now, GString *out)
{
    g_string_append_printf(out, "%" G_GINT64_FORMAT, ((const struct hq_group *)row)->messages);
}

static void show_bytes(G_GNUC_UNUSED const struct hq_column *column,
                       G_GNUC_UNUSED const struct hq_term *term, const void *row,
                       G_GNUC_UNUSED int64_t now, GString *out)
{
    char size[16];
    g_string_append(out, hq_size_format(((const struct hq_group *)row)->bytes, size));
}

static void show_oldest(G_GNUC_UNUSED const struct hq_column *column,
                        G_GNUC_UNUSED const struct hq_term *term, const void *row, int64_t now,
                        GString *out)
{
    char span[16];
    int64_t oldest = ((const struct hq_group *)row)->oldest;
    g_string_append(out, hq_time_span(oldest == HQ_NONE ? HQ_NONE : now - oldest, span));
}

static void show_next(G_GNUC_UNUSED const struct hq_column *column,
                      G_GNUC_UNUSED const struct hq_term *term, const void *row, int64_t now,
                      GString *out)
{
    char span[16];
    int64_t next = ((const struct hq_group *)row)->next_attempt;
    if (next != HQ_NONE && next <= now)
        g_string_append(out, "due");
    else
        g_string_append(out, hq_time_span(next == HQ_NONE ? HQ_NONE : next - now, span));
}

/* Nothing is "-": the eye finds the numbers. */
static void append_count(GString *out, int64_t count)
{
    if (count > 0)
        g_string_append_printf(out, "%" G_GINT64_FORMAT, count);
    else
        g_string_append_c(out, '-');
}

static void show_expiring(G_GNUC_UNUSED const struct hq_column *column,
                          G_GNUC_UNUSED const struct hq_term *term, const void *row,
                          G_GNUC_UNUSED int64_t now, GString *out)
{
    append_count(out, ((const struct hq_group *)row)->expiring_6h);
}

static void show_forwarded(G_GNUC_UNUSED const struct hq_column *column,
                           G_GNUC_UNUSED const struct hq_term *term, const void *row,
                           G_GNUC_UNUSED int64_t now, GString *out)
{
    append_count(out, ((const struct hq_group *)row)->forwarded);
}

/* Young on the left, old on the right; the height of a bucket is its logarithm, because one
 * thousand beside three should leave the three visible. */
static void show_ages(G_GNUC_UNUSED const struct hq_column *column, const struct hq_term *term,
                      const void *row, G_GNUC_UNUSED int64_t now, GString *out)
{
    const struct hq_group *group = row;
    uint32_t most = 1;
    for (unsigned i = 0; i < G_N_ELEMENTS(group->ages); i++)
        most = MAX(most, group->ages[i]);
    unsigned steps = g_bit_storage(most);
    for (unsigned i = 0; i < G_N_ELEMENTS(group->ages); i++) {
        unsigned height = g_bit_storage(group->ages[i]);
        if (group->ages[i] == 0)
            g_string_append_c(out, ' ');
        else
            g_string_append(out, hq_glyph(term, HQ_GLYPH_SPARK0 + (height * 7 / steps)));
    }
}

static void show_sample(G_GNUC_UNUSED const struct hq_column *column,
                        G_GNUC_UNUSED const struct hq_term *term, const void *row,
                        G_GNUC_UNUSED int64_t now, GString *out)
{
    const char *sample = ((const struct hq_group *)row)->sample;
    g_string_append(out, sample ? sample : "");
}

static const enum hq_role trend_roles[HQ_TREND_STATE_COUNT] = {
    [HQ_TREND_UNKNOWN] = HQ_ROLE_DIM,   [HQ_TREND_DRAINING] = HQ_ROLE_GOOD,
    [HQ_TREND_STEADY] = HQ_ROLE_NORMAL, [HQ_TREND_GROWING] = HQ_ROLE_WARN,
    [HQ_TREND_STUCK] = HQ_ROLE_WARN,    [HQ_TREND_NEVER_DRAINS] = HQ_ROLE_BAD,
};

static enum hq_role trend_role(const void *row)
{
    return trend_roles[((const struct hq_group *)row)->trend.state];
}

static void show_trend(G_GNUC_UNUSED const struct hq_column *column,
                       G_GNUC_UNUSED const struct hq_term *term, const void *row,
                       G_GNUC_UNUSED int64_t now, GString *out)
{
    const char *name = hq_trend_names[((const struct hq_group *)row)->trend.state];
    g_string_append(out, name ? name : "-");
}

static enum hq_role expiring_role(const void *row)
{
    return ((const struct hq_group *)row)->expiring_6h > 0 ? HQ_ROLE_BAD : HQ_ROLE_DIM;
}

static enum hq_role count_role(G_GNUC_UNUSED const void *row)
{
    return HQ_ROLE_STRONG;
}

static enum hq_role spark_role(G_GNUC_UNUSED const void *row)
{
    return HQ_ROLE_SPARK;
}

static enum hq_role dim_role(G_GNUC_UNUSED const void *row)
{
    return HQ_ROLE_DIM;
}

static const struct hq_column columns[] = {
    {"WHY", 16, 0, 0, false, show_reason, count_role},
    {"DESTINATION", 12, 2, 0, false, show_domain, NULL},
    {"PROVIDER", 10, 0, 110, false, show_provider, NULL},
    {"MSGS", 6, 0, 0, true, show_messages, count_role},
    {"SIZE", 5, 0, 100, true, show_bytes, NULL},
    {"FWD", 4, 0, 90, true, show_forwarded, NULL},
    {"OLDEST", 6, 0, 0, true, show_oldest, NULL},
    {"NEXT", 6, 0, 0, true, show_next, NULL},
    {"LOST<6h", 7, 0, 0, true, show_expiring, expiring_role},
    {"TREND", 12, 0, 94, false, show_trend, trend_role},
    {"5m AGES 4d", 12, 0, 80, false, show_ages, spark_role},
    {"THEY SAID", 24, 5, 130, false, show_sample, dim_role},
};

static const struct hq_group *current(const struct board_view *board)
{
    if (!board->board || board->view.list.count == 0)
        return NULL;
    return hq_board_get(board->board, (unsigned)board->view.list.cursor);
}

static bool same_group(const struct hq_group *a, const struct hq_group *b)
{
    return g_strcmp0(a->reason, b->reason) == 0 && g_strcmp0(a->domain, b->domain) == 0 &&
           g_strcmp0(a->provider, b->provider) == 0;
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

/* Until the user has moved, the cursor stays on top, where the largest heap comes to stand. */
static void changed(struct hq_view *view)
{
    struct board_view *board = (struct board_view *)view;
    const struct hq_group *old = current(board);
    int cursor = view->list.cursor;
    board->board = view->app->shown->board;
    board->forwarder_of = NULL;
    int count = (int)hq_board_count(board->board);
    for (int i = 0; old && view->list.touched && i < count; i++)
        if (same_group(old, hq_board_get(board->board, (unsigned)i)))
            cursor = i;
    hq_list_replace(&view->list, count, cursor);
    start_elsewhere(board);
}

static void draw_row(struct hq_view *view, int row, int y, int width, bool cursor)
{
    const struct hq_board *board = ((struct board_view *)view)->board;
    hq_columns_row(columns, G_N_ELEMENTS(columns), &view->app->term,
                   hq_board_get(board, (unsigned)row), hq_time_now(), y, width, cursor);
}

/* A walk over all members, so not with each drawing. */
static const char *find_forwarder(struct board_view *board, const struct hq_group *group)
{
    if (!board->forwarder)
        board->forwarder = g_string_new(NULL);
    if (board->forwarder_of != group) {
        g_string_truncate(board->forwarder, 0);
        hq_group_forwarding(group, board->forwarder);
        board->forwarder_of = group;
    }
    return board->forwarder->str;
}

static void build_preview(struct board_view *board, const struct hq_group *group)
{
    struct hq_lines *lines = &board->preview;
    int category = hq_name_find(hq_category_names, HQ_CATEGORY_COUNT, group->reason);
    if (category > 0)
        hq_lines_label(lines, " it means", HQ_ROLE_NORMAL,
                       hq_category_meaning((enum hq_category)category));
    hq_lines_label(lines, " here", HQ_ROLE_BAD, hq_board_diagnosis(board->board));
    hq_lines_label(lines, " trend", trend_role(group), group->trend.text);
    hq_lines_label(lines, " forwarded", HQ_ROLE_WARN, find_forwarder(board, group));
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
        return "nothing waits to be sent; a lists the messages";
    if (app->snapshot->messages->len > 0)
        return "nothing matches the filter; Esc takes it off";
    if (app->snapshot->partial)
        return "nothing could be listed; ? tells what went wrong";
    return "the queue is empty";
}

static void draw(struct hq_view *view, int y, int height, int width)
{
    struct board_view *board = (struct board_view *)view;
    const struct hq_group *group = current(board);
    int below = hq_view_preview_height(view, height, PREVIEW_ROWS);
    hq_columns_heading(columns, G_N_ELEMENTS(columns), &view->app->term, y, width);
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

static bool act(struct hq_view *view, enum hq_action action, G_GNUC_UNUSED int key)
{
    const struct hq_group *group = current((struct board_view *)view);
    if (action == HQ_ACTION_TAG && group) {
        view->list.touched = true;
        hq_tagging_toggle(view->app, group->members);
        return true;
    }
    if (action != HQ_ACTION_OPEN && action != HQ_ACTION_ALL)
        return false;
    if (group || (view->app->shown && view->app->shown->messages->len > 0))
        hq_view_list_group(view->app, action == HQ_ACTION_OPEN ? group : NULL);
    return true;
}

static bool match(void *data, int row)
{
    const struct board_view *board = data;
    const struct hq_group *group = hq_board_get(board->board, (unsigned)row);
    const char *needle = board->view.app->needle;
    return hq_search_in(group->reason, needle) || hq_search_in(group->domain, needle) ||
           hq_search_in(group->provider, needle) || hq_search_in(group->sample, needle);
}

static void copy(struct hq_view *view, GString *out)
{
    const struct hq_group *group = current((struct board_view *)view);
    const char *text = group->sample ? group->sample : group->domain;
    g_string_append(out, text ? text : group->reason);
}

static void where(struct hq_view *view, GString *out)
{
    int count = view->list.count;
    g_string_append_printf(out, "group %d of %d", count ? view->list.cursor + 1 : 0, count);
}

static void close_view(struct hq_view *view)
{
    struct board_view *board = (struct board_view *)view;
    if (board->preview.text)
        hq_lines_finish(&board->preview);
    if (board->forwarder)
        g_string_free(board->forwarder, TRUE);
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
