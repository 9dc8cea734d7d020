/* SPDX-License-Identifier: ISC */
/* The stack of views and what keys do in all of them; hq_tui_run(). */
#include "tui/app.h"
#include "hopq/error.h"
#include "proc/session.h"
#include <ncurses.h>
#include <string.h>

struct hq_view *hq_app_top(const struct hq_app *app)
{
    return app->views[app->depth - 1];
}

struct hq_view *hq_app_push(struct hq_app *app, const struct hq_view_ops *ops)
{
    if (app->depth == HQ_VIEWS_MAX)
        return NULL;
    struct hq_view *view = g_malloc0(ops->size);
    view->ops = ops;
    view->app = app;
    view->list.height = 1;
    app->views[app->depth++] = view;
    return view;
}

void hq_app_pop(struct hq_app *app)
{
    struct hq_view *view = app->views[--app->depth];
    if (view->ops->close)
        view->ops->close(view);
    g_free(view);
}

void hq_app_changed(struct hq_app *app)
{
    for (unsigned i = 0; i < app->depth; i++)
        if (app->views[i]->ops->changed)
            app->views[i]->ops->changed(app->views[i]);
    if (app->shown->snapshot->complete)
        hq_tags_keep(app->tags, app->shown->snapshot);
    hq_search_restart(app);
}

void hq_app_say(struct hq_app *app, enum hq_role role, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_free(app->message);
    app->message = g_strdup_vprintf(format, arguments);
    app->message_role = role;
    va_end(arguments);
    hq_loop_damage(app);
}

/* ---- what keys do in every view ---- */

static void do_back(struct hq_app *app)
{
    if (app->depth > 1)
        hq_app_pop(app);
    else if (*app->query->filter_text) {
        hq_feed_ask(app, hq_query_new(NULL, app->query->sort_text, app->query->by, NULL, NULL));
    } else
        hq_app_say(app, HQ_ROLE_NOTICE, "q leaves hopq");
}

static void do_quit(struct hq_app *app)
{
    g_main_loop_quit(app->loop);
}

static void do_copy(struct hq_app *app)
{
    struct hq_view *view = hq_app_top(app);
    g_autoptr(GString) text = g_string_new(NULL);
    if (view->list.count > 0)
        view->ops->copy(view, text);
    if (text->len == 0) {
        hq_app_say(app, HQ_ROLE_NOTICE, "nothing here to copy");
        return;
    }
    hq_term_copy(&app->term, text->str);
    hq_app_say(app, HQ_ROLE_NOTICE, "copied: %s", text->str);
}

static void do_help(struct hq_app *app)
{
    if (hq_app_top(app)->ops != &hq_view_help && hq_app_push(app, &hq_view_help))
        hq_app_top(app)->ops->changed(hq_app_top(app));
}

static void do_refresh(struct hq_app *app)
{
    hq_app_say(app, HQ_ROLE_NOTICE, "reading the queue again");
    hq_feed_scan(app);
}

static void do_redraw(struct hq_app *app)
{
    (void)app;
    clearok(curscr, TRUE);
}

static void do_wrap(struct hq_app *app)
{
    app->wrap = !app->wrap;
    hq_app_say(app, HQ_ROLE_NOTICE, app->wrap ? "long lines are wrapped" : "long lines are cut");
}

#define SOON "expires:<6h"

/* FILTER without the term SOON, which this key puts at its end. Caller frees. NULL: it is not
 * there. Quoted words may hold blanks, so nothing is looked for inside. */
static char *without_soon(const char *filter)
{
    size_t n = strlen(filter);

    if (strcmp(filter, SOON) == 0)
        return g_strdup("");
    if (g_str_has_suffix(filter, " " SOON))
        return g_strndup(filter, n - strlen(" " SOON));
    if (g_str_has_prefix(filter, SOON " "))
        return g_strdup(filter + strlen(SOON " "));
    return NULL;
}

static void do_soon(struct hq_app *app)
{
    const char *filter = app->query->filter_text;
    g_autofree char *text = without_soon(filter);
    bool was = text != NULL;

    if (!was)
        text = g_strconcat(filter, *filter ? " " : "", SOON, NULL);
    hq_feed_ask(app, hq_query_new(text, app->query->sort_text, app->query->by, NULL, NULL));
    if (!was)
        hq_app_say(app, HQ_ROLE_NOTICE, "only what is lost within six hours; x again: all");
}

static void do_find_next(struct hq_app *app)
{
    hq_search_start(app, false);
}

static void do_find_previous(struct hq_app *app)
{
    hq_search_start(app, true);
}

static const struct {
    enum hq_action action;
    void (*run)(struct hq_app *app);
} common[] = {
    {HQ_ACTION_BACK, do_back},
    {HQ_ACTION_QUIT, do_quit},
    {HQ_ACTION_COPY, do_copy},
    {HQ_ACTION_HELP, do_help},
    {HQ_ACTION_REFRESH, do_refresh},
    {HQ_ACTION_REDRAW, do_redraw},
    {HQ_ACTION_WRAP, do_wrap},
    {HQ_ACTION_SEARCH, hq_prompt_search},
    {HQ_ACTION_FILTER, hq_prompt_filter},
    {HQ_ACTION_SOON, do_soon},
    {HQ_ACTION_SORT, hq_prompt_sort},
    {HQ_ACTION_FIND_NEXT, do_find_next},
    {HQ_ACTION_FIND_PREVIOUS, do_find_previous},
    {HQ_ACTION_TAG_ALL, hq_tagging_all},
    {HQ_ACTION_TAG_FILTER, hq_prompt_tag},
    {HQ_ACTION_UNTAG, hq_tagging_none},
};

static bool scroll_sideways(struct hq_app *app, enum hq_action action)
{
    struct hq_list *list = &hq_app_top(app)->list;
    if (action != HQ_ACTION_LEFT && action != HQ_ACTION_RIGHT)
        return false;
    if (app->wrap)
        hq_app_say(app, HQ_ROLE_NOTICE, "long lines are wrapped: w cuts them and lets you scroll");
    else
        list->left = CLAMP(list->left + (action == HQ_ACTION_RIGHT ? 8 : -8), 0, 1 << 20);
    return true;
}

static void say_nothing_done(struct hq_app *app)
{
    hq_app_say(app, HQ_ROLE_NOTICE, "this key does nothing here; ? lists the keys");
}

static void dispatch(struct hq_app *app, enum hq_action action, int key)
{
    struct hq_view *view = hq_app_top(app);
    if (view->ops->act && view->ops->act(view, action, key))
        return;
    if (hq_list_act(&view->list, action) || scroll_sideways(app, action) ||
        hq_view_act_open(app, action))
        return;
    for (unsigned i = 0; i < G_N_ELEMENTS(common); i++) {
        if (common[i].action == action) {
            common[i].run(app);
            return;
        }
    }
    say_nothing_done(app);
}

void hq_app_key(struct hq_app *app, int key)
{
    if (key == HQ_KEY_FUNCTION + KEY_RESIZE || hq_paste_take(app, key))
        return;
    g_clear_pointer(&app->message, g_free);
    if (hq_search_stop(app, key))
        return;
    if (app->prompt) {
        hq_prompt_key(app, key);
        return;
    }
    enum hq_action action = hq_key_find(key, hq_app_top(app)->ops->id);
    if (action == HQ_ACTION_NONE)
        say_nothing_done(app);
    else
        dispatch(app, action, key);
}

/* ---- from start to end ---- */

/* One source by its name; of several there is room for the kinds alone: "2 sources: postfix
 * maildir". */
static char *title_of(const struct hq_app *app, const GPtrArray *names)
{
    if (app->options->demo)
        return g_strdup("sample queue and Maildir");
    if (names->len == 1)
        return g_strdup(g_ptr_array_index(names, 0));
    g_autoptr(GString) title = g_string_new(NULL);
    g_string_printf(title, "%u sources:", names->len);
    for (unsigned i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_string_append_printf(title, " %.*s", (int)strcspn(name, ":"), name);
    }
    return g_string_free(g_steal_pointer(&title), FALSE);
}

static bool add_sources(struct hq_app *app, GError **error)
{
    if (!hq_session_add_sources(app->session, app->options->sources, &app->missed, error))
        return false;
    if (app->missed)
        hq_feed_events.notice(app->missed->message, true, app);
    app->sources = title_of(app, hq_session_names(app->session));
    return true;
}

static void on_ways(void *data)
{
    hq_view_act_ways(data);
}

/* Everything that can fail, before anything touches the terminal. */
static bool start(struct hq_app *app, GError **error)
{
    const struct hq_tui_options *options = app->options;
    app->query = hq_query_new(options->filter, options->sort, HQ_BOARD_REASON, NULL, error);
    if (!app->query)
        return false;
    app->session = hq_session_start(options->session, &hq_feed_events, app, error);
    if (app->session)
        hq_session_on_ways(app->session, on_ways, app);
    if (!app->session || !add_sources(app, error))
        return false;
    if (options->since && !(app->first = options->since(options->since_data, error)))
        return false;
    return hq_term_open(&app->term, options, error);
}

static void finish(struct hq_app *app)
{
    hq_session_stop(app->session);
    hq_feed_finish(app);
    if (app->edit.text)
        g_string_free(app->edit.text, TRUE);
    for (unsigned i = 0; i < HQ_PAST_COUNT; i++)
        if (app->past[i])
            g_ptr_array_unref(app->past[i]);
    hq_tags_free(app->tags);
    g_ptr_array_unref(app->standing);
    g_free(app->sources);
    g_free(app->needle);
    g_free(app->message);
}

int hq_tui_run(const struct hq_tui_options *options, GError **error)
{
    struct hq_app app = {.options = options, .wrap = true, .idle_fd = -1};
    GError *cause = NULL;
    int status = HQ_EXIT_OK;
    app.tags = hq_tags_new();
    app.standing = g_ptr_array_new_with_free_func(g_free);
    if (start(&app, &cause)) {
        hq_app_push(&app, &hq_view_board);
        hq_loop_run(&app);
        while (app.depth > 0)
            hq_app_pop(&app);
        hq_term_close(&app.term);
    } else {
        status = cause->domain == HQ_ERROR ? cause->code : HQ_EXIT_INTERNAL;
        g_propagate_error(error, cause);
    }
    finish(&app);
    hq_error_keep(error, app.missed);
    return status;
}
