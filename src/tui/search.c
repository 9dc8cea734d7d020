/* SPDX-License-Identifier: ISC */
/* Searching the rows of the view on top, a slice at a time when nothing else is to be done: the
 * keys never wait for it. */
#include "tui/app.h"

/* Microseconds. What is found within the first slice is found at once. */
#define SLICE (10 * G_USEC_PER_SEC / 1000)
/* Shorter searches are not worth a word. */
#define SLOW (G_USEC_PER_SEC / 2)

/* No group matches, but a message may: the search goes on in the list, so that ids and subjects can
 * be searched from the first screen. */
static bool goes_below(struct hq_app *app)
{
    if (hq_app_top(app)->ops != &hq_view_board || !app->shown || !app->shown->messages->len)
        return false;
    hq_view_list_group(app, NULL);
    if (hq_app_top(app)->ops == &hq_view_board)
        return false;
    app->search_below = true;
    hq_list_search_begin(&hq_app_top(app)->list, app->search.back, &app->search);
    app->search.row = app->search.back ? 0 : app->search.count - 1; /* all of them, in order */
    return true;
}

static void say_none(struct hq_app *app)
{
    if (app->search_below)
        hq_app_pop(app);
    hq_app_say(app, HQ_ROLE_WARN, "not found: %s", app->needle);
}

static void say_found(struct hq_app *app)
{
    g_clear_pointer(&app->message, g_free);
    if (app->search_below)
        hq_app_say(app, HQ_ROLE_NOTICE, "found among all messages; n: next, q: back to the board");
    else if (app->search.wrapped)
        hq_app_say(app, HQ_ROLE_NOTICE, "search wrapped around");
    hq_loop_damage(app);
}

/* False: there is more to look at. */
static bool search_slice(struct hq_app *app)
{
    struct hq_view *view = hq_app_top(app);
    int64_t now = g_get_monotonic_time();
    switch (hq_list_search_go(&view->list, &app->search, view->ops->match, view, now + SLICE)) {
    case HQ_SEARCH_NONE:
        if (goes_below(app))
            return false;
        say_none(app);
        return true;
    case HQ_SEARCH_FOUND:
        say_found(app);
        return true;
    case HQ_SEARCH_MORE:
        break;
    }
    if (now - app->search_began > SLOW)
        hq_app_say(app, HQ_ROLE_NOTICE, "searching: %d of %d; Esc stops",
                   view->list.count - app->search.left, view->list.count);
    return false;
}

static gboolean go_on(gpointer data)
{
    struct hq_app *app = data;
    if (!search_slice(app))
        return G_SOURCE_CONTINUE;
    app->search_source = 0;
    hq_loop_damage(app);
    return G_SOURCE_REMOVE;
}

void hq_search_start(struct hq_app *app, bool back)
{
    if (!app->needle || !*app->needle) {
        hq_app_say(app, HQ_ROLE_NOTICE, "no search yet: / starts one");
        return;
    }
    hq_list_search_begin(&hq_app_top(app)->list, back, &app->search);
    app->search_below = false;
    app->search_began = g_get_monotonic_time();
    bool done = search_slice(app);
    if (!done && app->search_below) /* so far the board alone was looked at */
        done = search_slice(app);
    if (!done)
        app->search_source = g_idle_add(go_on, app);
}

void hq_search_restart(struct hq_app *app)
{
    if (app->search_source)
        hq_list_search_begin(&hq_app_top(app)->list, app->search.back, &app->search);
}

bool hq_search_stop(struct hq_app *app, int key)
{
    bool escape = app->search_source && key == 27;
    if (app->search_source && app->search_below)
        hq_app_pop(app);
    g_clear_handle_id(&app->search_source, g_source_remove);
    if (escape)
        hq_app_say(app, HQ_ROLE_NOTICE, "search stopped");
    return escape;
}
