/* SPDX-License-Identifier: ISC */
/* One scan from beginning to end. */
#include "collect.h"

static void on_message(struct hq_message *message, void *data)
{
    hq_snapshot_add(data, message);
}

static void on_detail(struct hq_message *message, struct hq_arena *arena, const char *source,
                      const char *id, void *data)
{
    (void)message;
    (void)source;
    (void)id;
    (void)data;
    hq_arena_free(arena); /* nobody opens messages here */
}

static void on_notice(const char *text, bool lost, void *data)
{
    hq_snapshot_notice(data, text, lost);
}

static void on_scanned(void *data)
{
    ((struct hq_snapshot *)data)->complete = true;
}

static void on_history(const struct hq_history *history, void *data)
{
    hq_logbook_add_history(((struct hq_snapshot *)data)->log, history);
}

static void on_rate(const struct hq_rate *rate, void *data)
{
    hq_logbook_add_rate(((struct hq_snapshot *)data)->log, rate);
}

static void on_logged(const char *name, int64_t begins, void *data)
{
    struct hq_logbook *log = ((struct hq_snapshot *)data)->log;
    g_auto(GStrv) asked = hq_logbook_asked(log);

    if (hq_logbook_ended(log) && asked) /* the second time: the name is known */
        hq_logbook_answer(log, asked);
    else
        hq_logbook_end(log, name, begins);
}

/* The lines of a few messages. */
static void read_lines(struct hq_session *session, struct hq_logbook *log, const char *name,
                       const char *const *ids)
{
    for (; *ids; ids++)
        hq_logbook_ask(log, *ids);
    g_auto(GStrv) asked = hq_logbook_asked(log);
    if (!asked)
        return;
    hq_session_read_log(session, name, true, (const char *const *)asked);
    while (hq_logbook_awaits(log, *asked))
        g_main_context_iteration(NULL, TRUE);
}

/* Lists the queue, and reads the log at the same time: nothing is printed before both are there. */
static void read_all(struct hq_session *session, struct hq_snapshot *snapshot, const char *log,
                     const struct hq_session_options *options)
{
    bool some = options->ids && *options->ids;

    if (options->changes) /* [act] finds out meanwhile */
        for (guint i = 0; i < hq_session_names(session)->len; i++)
            hq_session_ways(session, hq_session_names(session)->pdata[i]);
    hq_session_scan(session, snapshot->decoder);
    if (g_strcmp0(log, "off") != 0) {
        snapshot->log = hq_logbook_new();
        hq_session_read_log(session, log, options->full && !some, NULL);
    }
    while (!snapshot->complete || (snapshot->log && !hq_logbook_ended(snapshot->log)))
        g_main_context_iteration(NULL, TRUE);
    if (!snapshot->log)
        return;
    if (options->full && some && hq_logbook_name(snapshot->log))
        read_lines(session, snapshot->log, log, options->ids);
    hq_logbook_apply(snapshot->log, snapshot, options->full, 0, G_MAXUINT);
}

static const struct hq_session_events collecting = {
    .message = on_message,
    .detail = on_detail,
    .notice = on_notice,
    .scanned = on_scanned,
    .history = on_history,
    .rate = on_rate,
    .logged = on_logged,
};

struct hq_snapshot *hq_collect(const struct hq_session_options *options, const char *const *sources,
                               const char *log, struct hq_session **kept, GError **missed,
                               GError **error)
{
    struct hq_snapshot *snapshot = hq_snapshot_new();
    struct hq_session *session = hq_session_start(options, &collecting, snapshot, error);

    if (!session || !hq_session_add_sources(session, sources, missed, error)) {
        hq_session_stop(session);
        hq_snapshot_unref(snapshot);
        return NULL;
    }
    snapshot->partial |= missed && *missed;
    read_all(session, snapshot, log, options);
    if (kept)
        *kept = session;
    else
        hq_session_stop(session);
    return snapshot;
}

/* ---- an earlier look ---- */

struct hq_earlier {
    struct hq_session *session;
    struct hq_snapshot *snapshot;
    char *source;
};

struct hq_earlier *hq_earlier_start(const char *path, GError **error)
{
    static const struct hq_session_options options = {.dns = "off", .first = true};
    struct hq_earlier *earlier = g_new0(struct hq_earlier, 1);

    earlier->snapshot = hq_snapshot_new();
    earlier->source = g_strconcat("snapshot:", path, NULL);
    earlier->session = hq_session_start(&options, &collecting, earlier->snapshot, error);
    if (earlier->session)
        return earlier;
    hq_earlier_free(earlier);
    return NULL;
}

/* A snapshot makes the clock stand at its own time. */
struct hq_trend_base *hq_earlier_read(struct hq_earlier *earlier, GError **error)
{
    static const struct hq_session_options nothing_more;
    int64_t now = hq_time_go_on();
    struct hq_trend_base *base = NULL;

    if (hq_session_add(earlier->session, earlier->source, NULL, error)) {
        read_all(earlier->session, earlier->snapshot, "off", &nothing_more);
        int64_t taken = hq_time_go_on();
        base = hq_trend_base_new(earlier->snapshot->messages,
                                 taken == HQ_NONE ? earlier->snapshot->taken : taken);
    }
    if (now != HQ_NONE)
        hq_time_stand_at(now);
    return base;
}

void hq_earlier_free(struct hq_earlier *earlier)
{
    if (!earlier)
        return;
    hq_session_stop(earlier->session);
    hq_snapshot_unref(earlier->snapshot);
    g_free(earlier->source);
    g_free(earlier);
}
