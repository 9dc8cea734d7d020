/* SPDX-License-Identifier: ISC */
/* One scan from beginning to end. */
#include "collect.h"

struct collection {
    struct hq_snapshot *snapshot;
    bool scanned;
};

static void on_message(struct hq_message *message, void *data)
{
    hq_snapshot_add(((struct collection *)data)->snapshot, message);
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
    hq_snapshot_notice(((struct collection *)data)->snapshot, text, lost);
}

static void on_scanned(void *data)
{
    ((struct collection *)data)->scanned = true;
}

static bool add_sources(struct hq_session *session, const char *const *sources, GError **error)
{
    if (!sources[0])
        return hq_session_add_all(session, error) > 0;
    for (unsigned i = 0; sources[i]; i++) {
        if (!hq_session_add(session, sources[i], NULL, error))
            return false;
    }
    return true;
}

struct hq_snapshot *hq_collect(const struct hq_session_options *options, const char *const *sources,
                               GError **error)
{
    static const struct hq_session_events events = {on_message, on_detail, on_notice, on_scanned};
    struct collection collection = {.snapshot = hq_snapshot_new()};
    struct hq_session *session = hq_session_start(options, &events, &collection, error);

    if (!session || !add_sources(session, sources, error)) {
        hq_session_stop(session);
        hq_snapshot_unref(collection.snapshot);
        return NULL;
    }
    hq_session_scan(session, collection.snapshot->decoder);
    while (!collection.scanned)
        g_main_context_iteration(NULL, TRUE);
    collection.snapshot->complete = true;
    hq_session_stop(session);
    return collection.snapshot;
}
