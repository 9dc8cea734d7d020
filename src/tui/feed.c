/* SPDX-License-Identifier: ISC */
/* Where the data comes from: scans fill snapshots, snapshots are worked out to what is shown. A
 * scan is shown while it runs when there is nothing else (the first; the first in full); later ones
 * only when they are complete, so that a refresh never shortens the list under the user. */
#include "hopq/time.h"
#include "proc/session.h"
#include "tui/app.h"
#include <string.h>

/* Milliseconds between two looks at a growing snapshot; the first rows do not wait so long. */
#define WORK_INTERVAL 150
#define WORK_FIRST    30
/* Seconds between scans; a slow scan (network file system, 100,000 files) is run at most a tenth
 * of the time. */
#define SCAN_INTERVAL 15
#define SCAN_SHARE    10

bool hq_feed_wants_full(const struct hq_app *app)
{
    return app->options->session->full || hq_filter_wants_detail(app->query->filter);
}

/* A filter that asks for the in-full part sees no snapshot without it: "!header:x" would match all
 * of it. */
static void choose_snapshot(struct hq_app *app)
{
    bool full = hq_feed_wants_full(app);
    struct hq_snapshot *old = app->snapshot;
    if (app->complete && (!full || app->complete_full))
        app->snapshot = hq_snapshot_ref(app->complete);
    else if (app->incoming && (!full || app->incoming_full))
        app->snapshot = hq_snapshot_ref(app->incoming);
    else
        app->snapshot = hq_snapshot_new();
    hq_snapshot_unref(old);
}

static gboolean work_again(gpointer data)
{
    struct hq_app *app = data;
    app->work_timer = 0;
    if (app->stale)
        hq_feed_work(app);
    return G_SOURCE_REMOVE;
}

/* While rows stream in, at most a third of the time goes into showing them. */
static void work_later(struct hq_app *app)
{
    int64_t cost = app->shown ? app->shown->cost / 1000 : 0;
    bool empty = !app->shown || app->shown->messages->len == 0;
    app->stale = true;
    if (!app->work_timer && !app->working)
        app->work_timer = g_timeout_add((guint)MAX(empty ? WORK_FIRST : WORK_INTERVAL, 2 * cost),
                                        work_again, app);
}

/* Here, not in the thread, because the log may be growing. The comparison must see what the filter
 * hides, or that would seem to have gone. */
static void judge(struct hq_app *app, struct hq_shown *shown)
{
    bool compare = app->first && shown->snapshot->complete;
    if (compare)
        hq_trend_base_compare(app->first, shown->snapshot->messages, shown->snapshot->taken);
    hq_board_set_trends(shown->board, app->log, compare ? app->first : NULL); /* by reason alone */
}

static void worked(struct hq_shown *shown, void *data)
{
    struct hq_app *app = data;
    struct hq_shown *old = app->shown;
    app->working = false;
    judge(app, shown);
    app->shown = shown;
    hq_app_changed(app);
    hq_shown_free(old);
    if (shown->query != app->query)
        hq_feed_work(app);
    else if (app->stale)
        work_later(app);
    hq_loop_damage(app);
}

void hq_feed_work(struct hq_app *app)
{
    app->stale = true;
    if (app->working)
        return;
    g_clear_handle_id(&app->work_timer, g_source_remove);
    app->stale = false;
    app->working = true;
    hq_shown_start(app->snapshot, app->query, worked, app);
}

static gboolean scan_again(gpointer data)
{
    struct hq_app *app = data;
    app->scan_timer = 0;
    hq_feed_scan(app);
    return G_SOURCE_REMOVE;
}

void hq_feed_scan(struct hq_app *app)
{
    if (app->incoming)
        return;
    if (!hq_session_can_list(app->session)) {
        hq_app_say(app, HQ_ROLE_WARN,
                   "hopq [spool] has ended: nothing more can be read; start hopq again");
        return;
    }
    g_clear_handle_id(&app->scan_timer, g_source_remove);
    app->incoming = hq_snapshot_new();
    for (guint i = 0; i < app->standing->len; i++)
        hq_snapshot_notice(app->incoming, app->standing->pdata[i], false);
    app->changed = false;
    app->incoming_full = hq_feed_wants_full(app);
    app->scan_began = g_get_monotonic_time();
    choose_snapshot(app);
    hq_session_set_full(app->session, app->incoming_full);
    hq_session_scan(app->session, app->incoming->decoder);
    hq_loop_damage(app);
}

void hq_feed_rescan(struct hq_app *app)
{
    if (app->incoming)
        app->changed = true;
    else
        hq_feed_scan(app);
}

static void scan_later(struct hq_app *app)
{
    int64_t took = (g_get_monotonic_time() - app->scan_began) / HQ_SECOND;
    int wait = app->options->refresh > 0 ? app->options->refresh : SCAN_INTERVAL;
    if (app->options->refresh >= 0 && hq_session_can_list(app->session))
        app->scan_timer =
            g_timeout_add_seconds((guint)MAX(wait, took * SCAN_SHARE), scan_again, app);
}

static void on_message(struct hq_message *message, void *data)
{
    struct hq_app *app = data;
    if (!app->incoming)
        return;
    hq_snapshot_add(app->incoming, message);
    if (app->incoming == app->snapshot)
        work_later(app);
    hq_loop_damage(app);
}

/* The listing is there: now the log, which is no reason to wait. */
static void read_log(struct hq_app *app)
{
    if (!app->first)
        app->first = hq_trend_base_new(app->complete->messages, app->complete->taken);
    if (app->logging || g_strcmp0(app->options->log, "off") == 0)
        return;
    if (!app->log)
        app->log = hq_logbook_new();
    app->logging = true;
    hq_session_read_log(app->session, app->options->log, false, NULL);
}

/* Reads the log's lines about the messages that were asked for. */
static void read_lines(struct hq_app *app)
{
    if (app->logging || !hq_logbook_name(app->log))
        return;
    app->log_ids = hq_logbook_asked(app->log);
    if (!app->log_ids)
        return;
    app->logging = true;
    hq_session_read_log(app->session, app->options->log, true, (const char *const *)app->log_ids);
}

void hq_feed_read_lines(struct hq_app *app, const char *id)
{
    if (!app->log || !id)
        return;
    hq_logbook_ask(app->log, id);
    read_lines(app);
}

/* [spool] died while it listed again: the whole list of before is worth more than a part. */
static bool was_cut(struct hq_app *app)
{
    if (!app->complete || hq_session_can_list(app->session))
        return false;
    g_autoptr(GPtrArray) notices = g_ptr_array_ref(app->incoming->notices);
    for (guint i = 0; i < notices->len; i++)
        hq_snapshot_notice(app->complete, notices->pdata[i], false);
    g_clear_pointer(&app->incoming, hq_snapshot_unref);
    choose_snapshot(app);
    hq_feed_work(app);
    return true;
}

static void on_scanned(void *data)
{
    struct hq_app *app = data;
    if (!app->incoming || was_cut(app))
        return;
    app->incoming->complete = true;
    if (app->incoming_full && app->complete && !app->complete_full)
        hq_app_say(app, HQ_ROLE_NOTICE, "all messages have been read in full");
    hq_snapshot_unref(app->complete);
    app->complete = g_steal_pointer(&app->incoming);
    app->complete_full = app->incoming_full;
    choose_snapshot(app);
    hq_feed_work(app);
    read_log(app);
    if (app->changed || (hq_feed_wants_full(app) && !app->complete_full))
        hq_feed_scan(app); /* it was asked for while this one ran */
    else
        scan_later(app);
}

void hq_feed_ask(struct hq_app *app, struct hq_query *query)
{
    hq_query_unref(app->query);
    app->query = query;
    choose_snapshot(app);
    if (hq_feed_wants_full(app) && !app->snapshot->complete) {
        hq_app_say(app, HQ_ROLE_NOTICE, "reading all messages in full: the filter needs it");
        hq_feed_scan(app);
    }
    hq_feed_work(app);
}

static void on_notice(const char *text, bool lost, void *data)
{
    struct hq_app *app = data;
    if (app->incoming)
        hq_snapshot_notice(app->incoming, text, lost);
    else if (app->snapshot) /* no scan runs: nothing that is listed is lost */
        hq_snapshot_notice(app->snapshot, text, false);
    else /* while the sources are opened: true of all that will be read of them */
        g_ptr_array_add(app->standing, g_strdup(text));
    hq_app_say(app, HQ_ROLE_WARN, "%s", text);
}

static void on_detail(struct hq_message *message, struct hq_arena *arena, const char *source,
                      const char *id, void *data)
{
    struct hq_app *app = data;
    for (unsigned i = 0; i < app->depth; i++) {
        if (app->views[i]->ops->id == HQ_VIEW_MESSAGE &&
            hq_view_message_detail(app->views[i], message, arena, source, id)) {
            hq_loop_damage(app);
            return;
        }
    }
    hq_arena_free(arena);
}

static void on_history(const struct hq_history *history, void *data)
{
    hq_logbook_add_history(((struct hq_app *)data)->log, history);
}

static void on_rate(const struct hq_rate *rate, void *data)
{
    hq_logbook_add_rate(((struct hq_app *)data)->log, rate);
}

/* A few messages a time, and none while a thread reads them. */
static gboolean apply_some(gpointer data)
{
    struct hq_app *app = data;
    const unsigned some = 500;
    if (app->working)
        return G_SOURCE_CONTINUE;
    bool more = hq_logbook_apply(app->log, app->complete, false, app->log_next, some);
    app->log_next += some;
    if (more)
        return G_SOURCE_CONTINUE;
    app->log_source = 0;
    hq_feed_work(app);
    return G_SOURCE_REMOVE;
}

static void on_lines(struct hq_app *app)
{
    hq_logbook_answer(app->log, app->log_ids);
    g_clear_pointer(&app->log_ids, g_strfreev);
}

static void on_counted(struct hq_app *app, const char *name, int64_t begins)
{
    hq_logbook_end(app->log, name, begins);
    app->log_next = 0;
    if (name && app->complete && !app->log_source)
        app->log_source = g_timeout_add(1, apply_some, app);
}

static void on_logged(const char *name, int64_t begins, void *data)
{
    struct hq_app *app = data;
    app->logging = false;
    if (app->log_ids)
        on_lines(app);
    else
        on_counted(app, name, begins);
    read_lines(app);
    for (unsigned i = 0; i < app->depth; i++)
        if (app->views[i]->ops->id == HQ_VIEW_MESSAGE)
            hq_view_message_logged(app->views[i]);
    hq_loop_damage(app);
}

const struct hq_session_events hq_feed_events = {.message = on_message,
                                                 .detail = on_detail,
                                                 .notice = on_notice,
                                                 .scanned = on_scanned,
                                                 .history = on_history,
                                                 .rate = on_rate,
                                                 .logged = on_logged};

void hq_feed_finish(struct hq_app *app)
{
    g_clear_handle_id(&app->work_timer, g_source_remove);
    g_clear_handle_id(&app->scan_timer, g_source_remove);
    g_clear_handle_id(&app->log_source, g_source_remove);
    while (app->working) { /* the thread reads the snapshot: let it end */
        app->stale = false;
        g_main_context_iteration(NULL, TRUE);
    }
    g_clear_handle_id(&app->work_timer, g_source_remove);
    hq_shown_free(app->shown);
    hq_logbook_free(app->log);
    g_strfreev(app->log_ids);
    hq_trend_base_free(app->first);
    hq_snapshot_unref(app->incoming);
    hq_snapshot_unref(app->complete);
    hq_snapshot_unref(app->snapshot);
    hq_query_unref(app->query);
}
