/* SPDX-License-Identifier: ISC */
/* What stands around the view: title on top; status, then keys, message or prompt at the bottom. */
#include "hopq/time.h"
#include "tui/app.h"
#include <ncurses.h>
#include <string.h>

#define MIN_COLUMNS 60
#define MIN_ROWS    16
#define NAMES_MIN   30 /* "postfix:/var/spool/postfix" is 26 */
/* Shorter scans are not worth a word. Microseconds. */
#define SLOW (HQ_SECOND / 2)

static bool scanning_slowly(const struct hq_app *app)
{
    return app->incoming && g_get_monotonic_time() - app->scan_began > SLOW;
}

/* "read 12s ago"; where it will not be read again, that too; or what a scan has found so far. */
static void freshness(const struct hq_app *app, GString *out)
{
    char age[16];
    if (!app->snapshot->complete || scanning_slowly(app)) {
        const struct hq_snapshot *snapshot = app->incoming ? app->incoming : app->snapshot;
        g_string_append_printf(out, "reading: %u", snapshot->messages->len);
        if (app->complete)
            g_string_append_printf(out, " of %u", app->complete->messages->len);
        return;
    }
    g_string_append_printf(out, "%sread %s ago",
                           hq_session_can_list(app->session) ? "" : "no more updates, ",
                           hq_time_span(MAX(hq_time_now() - app->snapshot->taken, 0), age));
}

/* Keeps of "lost<6h 4, deferred 75" the whole parts that fit. */
static void keep_parts(GString *safe, int columns)
{
    while (safe->len && hq_text_width(safe->str) > columns) {
        const char *last = strrchr(safe->str, ',');
        g_string_truncate(safe, last ? (gsize)(last - safe->str) : 0);
    }
}

/* Draws the totals beside the sources' names, which shrink to NAMES_MIN for them. Returns where
 * they begin. */
static int draw_totals(struct hq_app *app, int x, int end)
{
    g_autoptr(GString) totals = g_string_new(NULL);
    g_autoptr(GString) safe = g_string_new(NULL);
    if (app->shown)
        hq_totals_queues(&app->shown->totals, totals);
    hq_text_safe(safe, totals->str, totals->len, app->term.text);
    keep_parts(safe, end - x - MIN(hq_text_width(app->sources), NAMES_MIN) - 4);
    if (!safe->len)
        return end;
    int begin = end - hq_text_width(safe->str) - 2;
    hq_term_put(&app->term, 0, begin, end - begin, HQ_ROLE_TITLE, safe->str);
    return begin - 1;
}

static void draw_title(struct hq_app *app, int width)
{
    struct hq_term *term = &app->term;
    g_autoptr(GString) right = g_string_new(NULL);
    freshness(app, right);
    g_string_append_c(right, ' ');
    hq_term_blank(term, 0, width, HQ_ROLE_TITLE);
    int end = width - hq_text_width(right->str);
    hq_term_put(term, 0, end, width - end, HQ_ROLE_TITLE, right->str);
    int x = hq_term_put(term, 0, 0, width, HQ_ROLE_TITLE, " hopq  ");
    if (app->options->demo)
        x += hq_term_put(term, 0, x, width - x, HQ_ROLE_DEMO, "DEMO: ");
    else if (app->options->read_only) /* samples are that in any case */
        x += hq_term_put(term, 0, x, width - x, HQ_ROLE_DEMO, "READ-ONLY  ");
    end = draw_totals(app, x, end);
    hq_term_put(term, 0, x, end - x - 1, HQ_ROLE_TITLE, app->sources);
}

/* "12 of 5678 messages, 3 unreadable, sorted by -size" */
static void describe(const struct hq_app *app, GString *out)
{
    unsigned total = app->snapshot->messages->len;
    unsigned shown = app->shown ? app->shown->messages->len : 0;
    if (*app->query->filter_text)
        g_string_append_printf(out, " %u of %u messages", shown, total);
    else
        g_string_append_printf(out, " %u message%s", total, total == 1 ? "" : "s");
    if (app->snapshot->unreadable)
        g_string_append_printf(out, ", %u unreadable", app->snapshot->unreadable);
    if (app->snapshot->notices->len)
        g_string_append_printf(out, ", %u notice%s (?)", app->snapshot->notices->len,
                               app->snapshot->notices->len == 1 ? "" : "s");
    if (hq_tags_count(app->tags))
        g_string_append_printf(out, ", %u TAGGED", hq_tags_count(app->tags));
    if (*app->query->sort_text)
        g_string_append_printf(out, ", by %s", app->query->sort_text);
    g_string_append_c(out, ' ');
}

static void draw_status(struct hq_app *app, int y, int width)
{
    struct hq_term *term = &app->term;
    struct hq_view *view = hq_app_top(app);
    g_autoptr(GString) left = g_string_new(NULL);
    g_autoptr(GString) where = g_string_new(NULL);
    g_autoptr(GString) right = g_string_new(NULL);
    g_autofree char *chip = NULL;
    describe(app, left);
    view->ops->where(view, where);
    hq_text_safe(right, where->str, where->len, term->text);
    g_string_append_c(right, ' ');
    hq_term_blank(term, y, width, HQ_ROLE_STATUS);
    if (*app->query->filter_text)
        chip = g_strdup_printf(" \\ %s ", app->query->filter_text);
    int wanted = hq_text_width(left->str) + (chip ? (int)strlen(chip) + 1 : 0);
    int end = MAX(width - hq_text_width(right->str), MIN(wanted, width / 2));
    hq_term_cell(term, y, end, width - end, HQ_ROLE_STATUS, HQ_ENDS, right->str);
    int x = hq_term_put(term, y, 0, end - 1, HQ_ROLE_STATUS, left->str);
    if (chip)
        hq_term_put(term, y, x, end - x - 1, HQ_ROLE_FILTER, chip);
}

static bool is_offered(const struct hq_key_info *info, const struct hq_view *view, bool changes)
{
    unsigned here = 1u << view->ops->id;
    if (!info->hint || !(info->views & here) || (!changes && hq_key_changes(info)))
        return false;
    return !view->settled || info->views != here;
}

/* The hints of this view's keys, as many as fit; where nothing can be changed, without those that
 * would. */
static void draw_hints(struct hq_app *app, int y, int width)
{
    struct hq_term *term = &app->term;
    const struct hq_view *view = hq_app_top(app);
    bool changes = hq_chosen_may_change(view);
    int x = 1;
    for (unsigned i = 0; i < hq_key_count; i++) {
        const struct hq_key_info *info = &hq_keys[i];
        if (!is_offered(info, view, changes))
            continue;
        g_autofree char *key = g_strndup(info->keys, hq_key_first(info));
        if (x + hq_text_width(key) + 1 + hq_text_width(info->hint) > width)
            break;
        x += hq_term_put(term, y, x, width - x, HQ_ROLE_KEY, key) + 1;
        x += hq_term_put(term, y, x, width - x, HQ_ROLE_HINT, info->hint) + 2;
    }
}

/* The prompt's help in the rows above it, over the view, or what is wrong with the answer. */
static void draw_prompt_help(struct hq_app *app, int y, int width)
{
    struct hq_lines lines;
    g_autoptr(GString) help = g_string_new(NULL);
    hq_lines_init(&lines, &app->term);
    hq_prompt_help(app, help);
    if (app->message || help->len) {
        hq_lines_add(&lines, HQ_ROLE_NORMAL, " ");
        hq_lines_hang(&lines);
        hq_lines_add(&lines, app->message ? app->message_role : HQ_ROLE_NORMAL,
                     app->message ? app->message : help->str);
        hq_lines_end(&lines);
    }
    int count = hq_lines_layout(&lines, width - 1, true);
    for (int i = 0; i < count; i++) {
        hq_term_blank(&app->term, y - count + i, width, HQ_ROLE_NORMAL);
        hq_lines_draw(&lines, &app->term, i, y - count + i, 0, width, false, NULL);
    }
    hq_lines_finish(&lines);
}

/* Places the hardware cursor: in the prompt, else on the view's row, where screen readers and
 * magnifiers look for it. */
static void draw_last(struct hq_app *app, int y, int width)
{
    int row = hq_app_top(app)->cursor_row, column = 0;
    if (app->prompt) {
        draw_prompt_help(app, y, width);
        column = hq_edit_draw(&app->edit, &app->term, y, width, hq_prompt_label(app));
        row = y;
    } else if (app->message) {
        hq_term_put(&app->term, y, 1, width - 2, app->message_role, app->message);
    } else {
        draw_hints(app, y, width);
    }
    curs_set(app->prompt ? 1 : 0);
    move(row, column);
}

static void draw_too_small(struct hq_app *app, int height, int width)
{
    g_autofree char *text =
        g_strdup_printf("hopq needs %dx%d, this is %dx%d", MIN_COLUMNS, MIN_ROWS, width, height);
    hq_term_put(&app->term, height / 2, 0, width, HQ_ROLE_WARN, text);
    move(height / 2, 0);
}

void hq_frame_draw(struct hq_app *app)
{
    int height = 0, width = 0;
    getmaxyx(stdscr, height, width);
    erase();
    if (width < MIN_COLUMNS || height < MIN_ROWS) {
        draw_too_small(app, height, width);
    } else {
        struct hq_view *view = hq_app_top(app);
        draw_title(app, width);
        view->ops->draw(view, 1, height - 3, width);
        draw_status(app, height - 2, width);
        draw_last(app, height - 1, width);
    }
    refresh();
}
