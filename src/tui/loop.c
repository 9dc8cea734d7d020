/* SPDX-License-Identifier: ISC */
/* Events: keys, signals, the clock; drawing at most some thirty times a second; and the byte that
 * tells a test that all of it is done. */
#include "tui/app.h"
#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define FRAME (G_USEC_PER_SEC / 30)
/* Keys first, then drawing, then what the session brings (default priority). */
#define PRIORITY_KEYS G_PRIORITY_HIGH
#define PRIORITY_DRAW (G_PRIORITY_HIGH + 10)

/* Writes a byte to HOPQ_TEST_IDLE_FD when all that the user did has taken effect. */
static void tell_idle(struct hq_app *app)
{
    if (app->idle_fd < 0 || !app->acted || app->incoming || app->working || app->stale ||
        app->search_source || app->logging)
        return;
    for (unsigned i = 0; i < app->depth; i++)
        if (app->views[i]->pending)
            return;
    app->acted = false;
    if (write(app->idle_fd, ".", 1) != 1)
        app->idle_fd = -1;
}

static gboolean draw(gpointer data)
{
    struct hq_app *app = data;
    app->draw_source = 0;
    hq_frame_draw(app);
    app->drawn = g_get_monotonic_time();
    tell_idle(app);
    return G_SOURCE_REMOVE;
}

static void draw_after(struct hq_app *app, int64_t wait)
{
    app->draw_source = g_timeout_add_full(PRIORITY_DRAW, (guint)(wait / 1000), draw, app, NULL);
}

void hq_loop_damage(struct hq_app *app)
{
    if (app->loop && !app->draw_source) /* not before the terminal is ours, nor after */
        draw_after(app, CLAMP(app->drawn + FRAME - g_get_monotonic_time(), 0, FRAME));
}

static gboolean on_input(G_GNUC_UNUSED gint fd, GIOCondition condition, gpointer data)
{
    struct hq_app *app = data;
    int key;
    while ((key = hq_term_key(&app->term)) > 0) {
        app->acted = true;
        hq_app_key(app, key);
    }
    if (condition & (G_IO_HUP | G_IO_ERR)) {
        g_main_loop_quit(app->loop);
        return G_SOURCE_CONTINUE;
    }
    g_clear_handle_id(&app->draw_source, g_source_remove);
    draw_after(app, 0); /* an answer to a key does not wait for the frame */
    return G_SOURCE_CONTINUE;
}

static gboolean on_resize(gpointer data)
{
    struct hq_app *app = data;
    hq_term_resize(&app->term);
    on_input(-1, 0, app); /* KEY_RESIZE */
    return G_SOURCE_CONTINUE;
}

static gboolean on_quit(gpointer data)
{
    struct hq_app *app = data;
    g_main_loop_quit(app->loop);
    return G_SOURCE_CONTINUE;
}

/* "12s ago" grows older by itself. */
static gboolean on_tick(gpointer data)
{
    hq_loop_damage(data);
    return G_SOURCE_CONTINUE;
}

static int idle_fd(void)
{
    const char *number = getenv("HOPQ_TEST_IDLE_FD");
    gint64 fd;
    if (!number || !g_ascii_string_to_signed(number, 10, 3, 1024, &fd, NULL))
        return -1;
    return (int)fd;
}

void hq_loop_run(struct hq_app *app)
{
    guint sources[] = {
        g_unix_fd_add_full(PRIORITY_KEYS, fileno(app->term.in), G_IO_IN | G_IO_HUP | G_IO_ERR,
                           on_input, app, NULL),
        g_unix_signal_add_full(PRIORITY_KEYS, SIGWINCH, on_resize, app, NULL),
        g_unix_signal_add(SIGTERM, on_quit, app),
        g_unix_signal_add(SIGHUP, on_quit, app),
        g_unix_signal_add(SIGINT, on_quit, app),
        g_timeout_add_seconds(1, on_tick, app),
    };
    app->loop = g_main_loop_new(NULL, FALSE);
    app->idle_fd = idle_fd();
    app->acted = true;
    hq_feed_scan(app);
    hq_feed_work(app);
    g_main_loop_run(app->loop);
    for (unsigned i = 0; i < G_N_ELEMENTS(sources); i++)
        g_source_remove(sources[i]);
    g_clear_handle_id(&app->draw_source, g_source_remove);
    g_clear_handle_id(&app->search_source, g_source_remove);
    g_main_loop_unref(app->loop);
    app->loop = NULL;
}
