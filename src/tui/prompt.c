/* SPDX-License-Identifier: ISC */
/* What is asked on the last row: search, filter, sort. */
#include "hopq/fields.h"
#include "tui/app.h"
#include <string.h>

struct hq_prompt {
    const char *label;
    const char *help; /* while it is open, on the row above; NULL: none */
    /* False: TEXT is not accepted, the prompt stays open. */
    bool (*done)(struct hq_app *app, const char *text);
};

/* The first line of a mistake's text says what is wrong; the caret of the others is our cursor. */
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

static const struct hq_prompt search = {"search: ", NULL, search_done};
static const struct hq_prompt filter = {
    "filter: ", "as in  reason:throttled domain:example.org age:>2h !from:alice   (? tells all)",
    filter_done};
static const struct hq_prompt tag = {
    "tag: ", "a filter, as in  domain:example.org reason:user-unknown   (? tells all)", tag_done};
static const struct hq_prompt count = {
    "how many messages? ", "type the number to do it; Esc: nothing is done", hq_view_act_typed};
static const struct hq_prompt sort = {"sort by: ", "fields with commas, - turns one around",
                                      sort_done};

void hq_prompt_search(struct hq_app *app)
{
    app->prompt = &search;
    hq_edit_start(&app->edit, NULL);
}

void hq_prompt_filter(struct hq_app *app)
{
    app->prompt = &filter;
    hq_edit_start(&app->edit, app->query->filter_text);
}

void hq_prompt_tag(struct hq_app *app)
{
    app->prompt = &tag;
    hq_edit_start(&app->edit, NULL);
}

void hq_prompt_count(struct hq_app *app)
{
    app->prompt = &count;
    hq_edit_start(&app->edit, NULL);
}

void hq_prompt_sort(struct hq_app *app)
{
    app->prompt = &sort;
    hq_edit_start(&app->edit, app->query->sort_text);
}

const char *hq_prompt_label(const struct hq_app *app)
{
    return app->prompt->label;
}

/* For the row above: the help of the prompt; for sorting, the fields there are. */
void hq_prompt_help(const struct hq_app *app, GString *out)
{
    if (!app->prompt->help)
        return;
    g_string_append(out, app->prompt->help);
    for (unsigned i = 0; app->prompt == &sort && i < hq_field_count; i++)
        if (hq_fields[i].title)
            g_string_append_printf(out, "%s%s", i == 0 ? ": " : " ", hq_fields[i].name);
}

void hq_prompt_key(struct hq_app *app, int key)
{
    switch (hq_edit_key(&app->edit, key)) {
    case HQ_EDIT_MORE:
        break;
    case HQ_EDIT_CANCELLED:
        app->prompt = NULL;
        break;
    case HQ_EDIT_DONE:
        if (app->prompt->done(app, app->edit.text->str))
            app->prompt = NULL;
        break;
    }
}
