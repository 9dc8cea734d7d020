/* SPDX-License-Identifier: ISC */
/* The keys that tag: one, a range, what a filter matches, all that is shown. */
#include "hopq/error.h"
#include "hopq/time.h"
#include "tui/app.h"

/* Says on the last row how many messages are tagged now. */
static void say_count(struct hq_app *app)
{
    unsigned count = hq_tags_count(app->tags);
    bool change = hq_session_may_change(app->session, &(const char *){NULL});
    if (count == 0)
        hq_app_say(app, HQ_ROLE_NOTICE, "nothing is tagged");
    else
        hq_app_say(app, HQ_ROLE_NOTICE, "%u tagged%s; u untags all", count,
                   change ? ": H L F E Q D act on these" : "");
}

void hq_tagging_toggle(struct hq_app *app, const GPtrArray *messages)
{
    bool all = true;
    for (guint i = 0; all && i < messages->len; i++)
        all = hq_tags_has(app->tags, messages->pdata[i]);
    for (guint i = 0; i < messages->len; i++)
        hq_tags_set(app->tags, messages->pdata[i], !all);
    say_count(app);
}

void hq_tagging_range(struct hq_app *app, const GPtrArray *rows, guint from, guint to)
{
    for (guint i = MIN(from, to); i <= MAX(from, to) && i < rows->len; i++)
        hq_tags_set(app->tags, rows->pdata[i], true);
    say_count(app);
}

void hq_tagging_none(struct hq_app *app)
{
    hq_tags_clear(app->tags);
    say_count(app);
}

/* The messages that the view on top lists; of the board, all that its groups hold. */
static const GPtrArray *shown(const struct hq_app *app)
{
    const struct hq_view *view = hq_app_top(app);
    const GPtrArray *rows = view->ops->rows ? view->ops->rows(view) : NULL;
    return rows ? rows : app->shown ? app->shown->messages : NULL;
}

void hq_tagging_all(struct hq_app *app)
{
    const GPtrArray *rows = shown(app);
    if (rows && rows->len)
        hq_tagging_range(app, rows, 0, rows->len - 1);
    else
        say_count(app);
}

bool hq_tagging_filter(struct hq_app *app, const char *text, size_t *offset, GError **error)
{
    const GPtrArray *rows = shown(app);
    int64_t now = hq_time_now();
    struct hq_filter *filter = hq_filter_parse(text, offset, error);
    if (!filter)
        return false;
    if (hq_filter_wants_detail(filter) && !hq_feed_wants_full(app)) {
        hq_filter_free(filter);
        g_set_error_literal(
            error, HQ_ERROR, HQ_EXIT_USAGE,
            "this needs messages in full: filter by it first (\\), then * tags all");
        return false;
    }
    for (guint i = 0; rows && i < rows->len; i++)
        if (hq_filter_match(filter, rows->pdata[i], now))
            hq_tags_set(app->tags, rows->pdata[i], true);
    hq_filter_free(filter);
    say_count(app);
    return true;
}
