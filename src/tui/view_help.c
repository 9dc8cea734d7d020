/* SPDX-License-Identifier: ISC */
/* Help: what people come for, the keys of the view below and of the others, what columns and marks
 * mean, the filter's fields, all from their tables. */
#include "hopq/fields.h"
#include "tui/app.h"

/* Columns where the texts begin. */
#define TAB_KEYS  18
#define TAB_TASKS 22

struct help_view {
    struct hq_view view;
    struct hq_lines lines;
    struct hq_text_layout layout;
};

static const char *const titles[HQ_VIEW_COUNT] = {
#define HQ_VIEW(id, name, title) [HQ_VIEW_##id] = (title),
#include "tui/views.def"
#undef HQ_VIEW
};

static void heading(struct hq_lines *lines, const char *text)
{
    if (lines->lines->len > 0)
        hq_lines_empty(lines);
    hq_lines_add(lines, HQ_ROLE_HEADING, text);
    hq_lines_end(lines);
}

static void entry(struct hq_lines *lines, enum hq_role role, const char *name, const char *text,
                  int tab)
{
    hq_lines_add(lines, HQ_ROLE_NORMAL, "  ");
    hq_lines_add(lines, role, name);
    hq_lines_tab(lines, tab);
    hq_lines_hang(lines);
    hq_lines_add(lines, HQ_ROLE_NORMAL, text);
    hq_lines_end(lines);
}

/* Adds the keys of the view HERE that do not work everywhere. HERE HQ_IN_ALL: those that do, save
 * on the page that asks something, whose own keys come first. */
static void add_keys(struct hq_lines *lines, const char *title, unsigned here, bool changes)
{
    heading(lines, title);
    for (unsigned i = 0; i < hq_key_count; i++) {
        const struct hq_key_info *info = &hq_keys[i];
        bool everywhere = (info->views & HQ_IN_READING) == HQ_IN_READING;
        if (here == HQ_IN_ALL ? !everywhere : everywhere || !(info->views & here))
            continue;
        bool dead = hq_key_changes(info) && !changes; /* does nothing but say why */
        g_autofree char *help = g_strconcat(info->help, dead ? " (not here)" : "", NULL);
        entry(lines, dead ? HQ_ROLE_DIM : HQ_ROLE_KEY, info->keys, help, TAB_KEYS);
    }
}

static void add_filter(struct hq_lines *lines)
{
    heading(lines, "Filter: all terms must match, e.g.  reason:throttled age:>2h !from:alice");
    entry(lines, HQ_ROLE_KEY, "a|b  !term", "one of these; not", TAB_KEYS);
    entry(lines, HQ_ROLE_KEY, "=x  x*  /x/", "exactly, with wildcards, as a regular expression",
          TAB_KEYS);
    entry(lines, HQ_ROLE_KEY, ">2h  <=10M", "numbers and ages compare: s m h d, k M G", TAB_KEYS);
    for (unsigned i = 0; i < hq_field_count; i++) {
        g_autofree char *name = g_strconcat(hq_fields[i].name, ":", NULL);
        entry(lines, HQ_ROLE_KEY, name, hq_fields[i].help, TAB_KEYS);
    }
}

/* What the status line only counts. */
static void add_notices(struct hq_lines *lines, const GPtrArray *notices)
{
    if (notices->len > 0)
        heading(lines, "What went wrong while the queue was read");
    for (unsigned i = 0; i < notices->len; i++)
        hq_lines_label(lines, " ", HQ_ROLE_WARN, g_ptr_array_index(notices, i));
}

static void add_tasks(struct hq_lines *lines)
{
    static const struct {
        const char *question, *keys;
    } tasks[] = {
#define HQ_TASK(question, keys) {question, keys},
#include "tui/tasks.def"
#undef HQ_TASK
    };
    heading(lines, "From the first screen");
    for (unsigned i = 0; i < G_N_ELEMENTS(tasks); i++)
        entry(lines, HQ_ROLE_STRONG, tasks[i].question, tasks[i].keys, TAB_TASKS);
}

static void add_signs(struct hq_lines *lines)
{
    static const struct {
        const char *sign, *meaning;
    } signs[] = {
#define HQ_SIGN(sign, meaning) {sign, meaning},
#include "tui/signs.def"
#undef HQ_SIGN
    };
    heading(lines, "Columns and marks");
    for (unsigned i = 0; i < G_N_ELEMENTS(signs); i++)
        entry(lines, HQ_ROLE_STRONG, signs[i].sign, signs[i].meaning, TAB_KEYS);
}

static void build(struct help_view *help)
{
    struct hq_lines *lines = &help->lines;
    add_notices(lines, help->view.app->snapshot->notices);
    const struct hq_view *below = help->view.app->views[help->view.app->depth - 2];
    bool changes = hq_chosen_may_change(below);
    if (below->ops->id == HQ_VIEW_BOARD)
        add_tasks(lines);
    add_keys(lines, titles[below->ops->id], 1u << below->ops->id, changes);
    add_keys(lines, "Everywhere", HQ_IN_ALL, changes);
    add_signs(lines);
    for (unsigned id = 0; id < HQ_VIEW_COUNT; id++)
        if (id != below->ops->id)
            add_keys(lines, titles[id], 1u << id, changes);
    add_filter(lines);
}

/* The first call makes the lines; the tables do not change. */
static void changed(struct hq_view *view)
{
    struct help_view *help = (struct help_view *)view;
    if (help->lines.text)
        return;
    hq_lines_init(&help->lines, &view->app->term);
    build(help);
}

static void close_view(struct hq_view *view)
{
    hq_lines_finish(&((struct help_view *)view)->lines);
}

static void draw(struct hq_view *view, int y, int height, int width)
{
    struct help_view *help = (struct help_view *)view;
    hq_view_text(view, &help->lines, &help->layout, y, height, width);
}

static bool match(void *data, int row)
{
    struct help_view *help = data;
    return hq_lines_match(&help->lines, row, help->view.app->needle);
}

static void copy(struct hq_view *view, GString *out)
{
    g_string_append(out, hq_lines_get(&((struct help_view *)view)->lines, view->list.cursor));
}

static void where(struct hq_view *view, GString *out)
{
    g_string_append_printf(out, "help, line %d of %d", view->list.cursor + 1, view->list.count);
}

const struct hq_view_ops hq_view_help = {
    .id = HQ_VIEW_HELP,
    .size = sizeof(struct help_view),
    .close = close_view,
    .changed = changed,
    .draw = draw,
    .match = match,
    .copy = copy,
    .where = where,
};
