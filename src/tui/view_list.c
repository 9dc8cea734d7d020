/* SPDX-License-Identifier: ISC */
/* The messages of one group of the board, or of all; below them what is known of the current one.
 */
#include "hopq/fields.h"
#include "tui/app.h"
#include "tui/list_columns.h"

#define PREVIEW_ROWS 7

struct list_view {
    struct hq_view view;
    bool grouped;
    struct hq_group group; /* its key alone */
    char *range;           /* id of the message where a range begins; NULL: none does */
    const GPtrArray *rows; /* of app->shown; NULL: the group is no more */
    struct hq_column columns[HQ_LIST_COLUMNS];
    unsigned column_count;
    struct hq_lines preview;
};

static enum hq_list_kind kind_of(const struct list_view *list)
{
    bool waits = hq_board_count(list->view.app->shown->board) > 0;
    return list->group.reason ? HQ_LIST_GROUP : waits ? HQ_LIST_ALL : HQ_LIST_MAILBOX;
}

static const struct hq_message *current(const struct list_view *list)
{
    if (!list->rows || list->view.list.count == 0)
        return NULL;
    return g_ptr_array_index(list->rows, list->view.list.cursor);
}

static struct hq_list_row row_of(const struct list_view *list, const struct hq_message *message)
{
    const struct hq_recipient *recipient =
        list->grouped ? hq_group_recipient(&list->group, message) : NULL;
    return (struct hq_list_row){message, recipient ? recipient : hq_message_worst(message)};
}

static const GPtrArray *find_rows(const struct list_view *list)
{
    const struct hq_shown *shown = list->view.app->shown;
    if (!list->grouped)
        return shown->messages;
    for (unsigned i = 0; i < hq_board_count(shown->board); i++) {
        const struct hq_group *group = hq_board_get(shown->board, i);
        if (hq_group_same(group, &list->group))
            return group->members;
    }
    return NULL;
}

/* The row of the same message in the new rows; if it is gone, of the one that took its place. */
static int follow(const struct list_view *list, const struct hq_message *old, int cursor)
{
    const struct hq_snapshot *snapshot = list->view.app->shown->snapshot;
    const struct hq_message *same = hq_snapshot_find(snapshot, old->source, old->id);
    guint row;
    if (same && list->rows && g_ptr_array_find((GPtrArray *)list->rows, same, &row))
        return (int)row;
    return cursor;
}

static void changed(struct hq_view *view)
{
    struct list_view *list = (struct list_view *)view;
    const struct hq_message *old = current(list);
    list->rows = find_rows(list);
    list->column_count = hq_list_columns(list->columns, kind_of(list), list->rows);
    int cursor = view->list.cursor;
    if (old && view->list.touched)
        cursor = follow(list, old, cursor);
    hq_list_replace(&view->list, list->rows ? (int)list->rows->len : 0, cursor);
}

void hq_view_list_group(struct hq_app *app, const struct hq_group *group)
{
    struct hq_view *view = hq_app_push(app, &hq_view_list);
    struct list_view *list = (struct list_view *)view;
    if (!view)
        return;
    if (group) {
        list->grouped = true;
        list->group = (struct hq_group){.by = group->by, /* a constant */
                                        .reason = g_strdup(group->reason),
                                        .domain = g_strdup(group->domain),
                                        .provider = g_strdup(group->provider),
                                        .name = g_strdup(group->name)};
    }
    changed(view);
}

/* In the margin, where no column is. */
static void draw_mark(const struct list_view *list, const struct hq_message *message, int y,
                      bool cursor)
{
    struct hq_app *app = list->view.app;
    bool tagged = hq_tags_has(app->tags, message);
    bool begins = g_strcmp0(list->range, message->id) == 0;
    if (tagged || begins)
        hq_term_put(&app->term, y, 0, 1, cursor ? HQ_ROLE_CURSOR : HQ_ROLE_BAD, tagged ? "*" : "v");
}

static void draw_row(struct hq_view *view, int row, int y, int width, bool cursor)
{
    const struct list_view *list = (const struct list_view *)view;
    struct hq_list_row shown = row_of(list, g_ptr_array_index(list->rows, row));
    hq_columns_row(list->columns, list->column_count, &view->app->term, &shown, hq_time_now(), y,
                   width, cursor);
    draw_mark(list, shown.message, y, cursor);
}

static void build_preview(struct hq_lines *lines, const struct hq_list_row *row)
{
    const struct hq_message *message = row->message;
    hq_lines_label(lines, " subject", HQ_ROLE_STRONG, message->subject);
    if (row->recipient && row->recipient->reason)
        hq_lines_label(lines, " they said", HQ_ROLE_NORMAL, row->recipient->reason->text);
    if (message->forwarded.is == HQ_YES)
        hq_lines_label(lines, " forwarded", HQ_ROLE_WARN,
                       message->forwarded.original ? message->forwarded.original : "yes");
    for (uint32_t i = 0; i < message->problem_count; i++)
        hq_lines_label(lines, " problem", HQ_ROLE_WARN, message->problems[i].what);
    hq_lines_label(lines, " id", HQ_ROLE_DIM, message->id);
}

static void draw(struct hq_view *view, int y, int height, int width)
{
    struct list_view *list = (struct list_view *)view;
    const struct hq_message *message = current(list);
    int below = hq_view_preview_height(view, height, PREVIEW_ROWS);
    hq_columns_heading(list->columns, list->column_count, &view->app->term, y, width);
    if (!message) {
        hq_view_empty(view, y + 1, height - 1, width,
                      "nothing is waiting here; q goes back to the board");
        return;
    }
    hq_view_rows(view, y + 1, height - 1 - below, width, draw_row);
    hq_view_preview_begin(view, &list->preview);
    struct hq_list_row row = row_of(list, message);
    build_preview(&list->preview, &row);
    hq_view_preview_draw(view, &list->preview, "", y + height - below, below, width);
}

const struct hq_message *hq_view_list_step(struct hq_view *view, int step)
{
    const struct list_view *list = (const struct list_view *)view;
    int row = view->list.cursor + step;
    if (!list->rows || row < 0 || row >= view->list.count)
        return NULL;
    view->list.touched = true;
    hq_list_goto(&view->list, row);
    return g_ptr_array_index(list->rows, row);
}

static void tag_current(struct list_view *list, const struct hq_message *message)
{
    g_autoptr(GPtrArray) one = g_ptr_array_new();
    g_ptr_array_add(one, (gpointer)message);
    hq_tagging_toggle(list->view.app, one);
    hq_list_act(&list->view.list, HQ_ACTION_DOWN);
}

/* The first key marks one end, the second tags from there to here. */
static void tag_range(struct list_view *list, const struct hq_message *message)
{
    guint from = 0;
    if (!list->range) {
        list->range = g_strdup(message->id);
        hq_app_say(list->view.app, HQ_ROLE_NOTICE,
                   "go to the other end; v tags from here to there");
        return;
    }
    while (from < list->rows->len &&
           g_strcmp0(((const struct hq_message *)list->rows->pdata[from])->id, list->range) != 0)
        from++;
    g_clear_pointer(&list->range, g_free);
    if (from == list->rows->len)
        hq_app_say(list->view.app, HQ_ROLE_WARN,
                   "the message where the range started has left the list");
    else
        hq_tagging_range(list->view.app, list->rows, from, (guint)list->view.list.cursor);
}

static bool tag(struct list_view *list, enum hq_action action)
{
    const struct hq_message *message = current(list);
    if (action != HQ_ACTION_TAG && action != HQ_ACTION_TAG_RANGE)
        return false;
    list->view.list.touched = true;
    if (message && action == HQ_ACTION_TAG)
        tag_current(list, message);
    else if (message)
        tag_range(list, message);
    return true;
}

static void chosen(const struct hq_view *view, GPtrArray *out)
{
    const struct hq_message *message = current((const struct list_view *)view);
    if (message)
        g_ptr_array_add(out, (gpointer)message);
}

static const GPtrArray *rows(const struct hq_view *view)
{
    return ((const struct list_view *)view)->rows;
}

static bool act(struct hq_view *view, enum hq_action action, G_GNUC_UNUSED int key)
{
    const struct hq_message *message = current((struct list_view *)view);
    if (tag((struct list_view *)view, action))
        return true;
    if (action != HQ_ACTION_OPEN)
        return false;
    view->list.touched = true;
    if (message)
        hq_view_message_open(view->app, message);
    return true;
}

static bool match(void *data, int row)
{
    const struct list_view *list = data;
    const struct hq_message *message = g_ptr_array_index(list->rows, row);
    const char *needle = list->view.app->needle;
    const struct hq_recipient *of = row_of(list, message).recipient;
    bool found = hq_search_in(message->id, needle) || hq_search_in(message->sender, needle) ||
                 hq_search_in(message->subject, needle) ||
                 (of && of->reason && hq_search_in(of->reason->text, needle));
    for (uint32_t i = 0; !found && i < message->recipient_count; i++)
        found = hq_search_in(message->recipients[i].address, needle);
    return found;
}

static void copy(struct hq_view *view, GString *out)
{
    g_string_append(out, current((struct list_view *)view)->id);
}

static void where(struct hq_view *view, GString *out)
{
    const struct list_view *list = (const struct list_view *)view;
    g_string_append_printf(out, "%d of %d", view->list.count ? view->list.cursor + 1 : 0,
                           view->list.count);
    const struct hq_group *group = &list->group;
    if (group->name)
        g_string_append_printf(out, " %s %s", group->by, hq_group_title(group));
    else if (list->grouped)
        g_string_append_printf(out, " %s %s", group->reason, group->domain ? group->domain : "");
}

static void close_view(struct hq_view *view)
{
    struct list_view *list = (struct list_view *)view;
    g_free(list->range);
    g_free((char *)list->group.reason);
    g_free((char *)list->group.domain);
    g_free((char *)list->group.provider);
    g_free((char *)list->group.name);
    if (list->preview.text)
        hq_lines_finish(&list->preview);
}

const struct hq_view_ops hq_view_list = {
    .id = HQ_VIEW_LIST,
    .size = sizeof(struct list_view),
    .close = close_view,
    .changed = changed,
    .draw = draw,
    .act = act,
    .match = match,
    .copy = copy,
    .chosen = chosen,
    .rows = rows,
    .where = where,
};
