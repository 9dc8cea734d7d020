/* SPDX-License-Identifier: ISC */
/* What is asked on the last row: search, filter, sort. */
#include "hopq/fields.h"
#include "tui/app.h"
#include <ncurses.h>
#include <string.h>

#define PAST_MAX 50

struct hq_prompt {
    enum hq_past past; /* where its answers are kept */
    const char *label;
    const char *help; /* while it is open, on the row above; NULL: none */
    /* False: TEXT is not accepted, the prompt stays open. */
    bool (*done)(struct hq_app *app, const char *text);
};

/* Remembers an answer as the newest one; the same given before is dropped. */
static void remember(struct hq_app *app, enum hq_past which, const char *text)
{
    if (!*text || which == HQ_PAST_NONE)
        return;
    if (!app->past[which])
        app->past[which] = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *past = app->past[which];
    for (guint i = 0; i < past->len; i++)
        if (strcmp(past->pdata[i], text) == 0)
            g_ptr_array_remove_index(past, i--);
    g_ptr_array_add(past, g_strdup(text));
    if (past->len > PAST_MAX)
        g_ptr_array_remove_index(past, 0);
}

/* Brings back the answer given BACK times ago; 0 is an empty line. */
static void recall(struct hq_app *app, int back)
{
    const GPtrArray *past = app->past[app->prompt->past];
    if (back < 0 || back > (past ? (int)past->len : 0))
        return;
    app->past_back = back;
    hq_edit_start(&app->edit, back ? past->pdata[past->len - (guint)back] : NULL);
}

/* Shows the first line of the error, which says what is wrong; the prompt's cursor does the work of
 * the caret below it. */
static void complain(struct hq_app *app, const GError *error)
{
    hq_app_say(app, HQ_ROLE_BAD, "%.*s", (int)strcspn(error->message, "\n"), error->message);
}

static bool ask(struct hq_app *app, const char *filter, const char *sort)
{
    size_t offset = app->edit.text->len;
    g_autoptr(GError) error = NULL;
    struct hq_query *query = hq_query_new(filter, sort, app->query->by, &offset, &error);
    if (!query) {
        app->edit.cursor = MIN(offset, app->edit.text->len);
        complain(app, error);
        return false;
    }
    hq_feed_ask(app, query);
    return true;
}

static bool search_done(struct hq_app *app, const char *text)
{
    if (*text) { /* an empty one repeats the last, as in less */
        g_free(app->needle);
        app->needle = g_strdup(text);
    }
    app->prompt = NULL;
    hq_search_start(app, false);
    return true;
}

static bool filter_done(struct hq_app *app, const char *text)
{
    return ask(app, text, app->query->sort_text);
}

static bool sort_done(struct hq_app *app, const char *text)
{
    return ask(app, app->query->filter_text, text);
}

static bool tag_done(struct hq_app *app, const char *text)
{
    size_t offset = app->edit.text->len;
    g_autoptr(GError) error = NULL;
    if (hq_tagging_filter(app, text, &offset, &error))
        return true;
    app->edit.cursor = MIN(offset, app->edit.text->len);
    complain(app, error);
    return false;
}

static const struct hq_prompt search_prompt = {HQ_PAST_SEARCH, "search: ", NULL, search_done};
static const struct hq_prompt filter_prompt = {
    HQ_PAST_FILTER,
    "filter: ", "e.g.  reason:throttled domain:example.org age:>2h !from:alice  (Up: history)",
    filter_done};
static const struct hq_prompt tag_prompt = {
    HQ_PAST_FILTER,
    "tag: ", "a filter, e.g.  domain:example.org reason:user-unknown  (Up: history)", tag_done};
static const struct hq_prompt count_prompt = {HQ_PAST_NONE, "how many messages? ",
                                              "type the number to confirm; Esc: cancel",
                                              hq_view_act_typed};
static const struct hq_prompt sort_prompt = {
    HQ_PAST_SORT, "sort by: ", "fields separated by commas, - reverses one", sort_done};

static void start(struct hq_app *app, const struct hq_prompt *prompt, const char *text)
{
    app->prompt = prompt;
    app->past_back = 0;
    hq_edit_start(&app->edit, text);
}

void hq_prompt_search(struct hq_app *app)
{
    start(app, &search_prompt, NULL);
}

void hq_prompt_filter(struct hq_app *app)
{
    start(app, &filter_prompt, app->query->filter_text);
}

void hq_prompt_tag(struct hq_app *app)
{
    start(app, &tag_prompt, NULL);
}

void hq_prompt_count(struct hq_app *app)
{
    start(app, &count_prompt, NULL);
}

void hq_prompt_sort(struct hq_app *app)
{
    start(app, &sort_prompt, app->query->sort_text);
}

const char *hq_prompt_label(const struct hq_app *app)
{
    return app->prompt->label;
}

/* What stands above the prompt: its help, and for sorting the names of the fields. */
void hq_prompt_help(const struct hq_app *app, GString *out)
{
    if (!app->prompt->help)
        return;
    g_string_append(out, app->prompt->help);
    for (unsigned i = 0; app->prompt == &sort_prompt && i < hq_field_count; i++)
        if (hq_fields[i].title)
            g_string_append_printf(out, "%s%s", i == 0 ? ": " : " ", hq_fields[i].name);
}

static void answer(struct hq_app *app)
{
    const struct hq_prompt *prompt = app->prompt;
    remember(app, prompt->past,
             app->edit.text->str); /* also a mistake: Up brings it to be mended */
    if (prompt->done(app, app->edit.text->str))
        app->prompt = NULL;
}

void hq_prompt_key(struct hq_app *app, int key)
{
    if (key == HQ_KEY_FUNCTION + KEY_UP || key == ('P' & 0x1f)) {
        recall(app, app->past_back + 1);
        return;
    }
    if (key == HQ_KEY_FUNCTION + KEY_DOWN || key == ('N' & 0x1f)) {
        recall(app, app->past_back - 1);
        return;
    }
    switch (hq_edit_key(&app->edit, key)) {
    case HQ_EDIT_MORE:
        break;
    case HQ_EDIT_CANCELLED:
        app->prompt = NULL;
        break;
    case HQ_EDIT_DONE:
        answer(app);
        break;
    }
}
