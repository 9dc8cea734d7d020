/* SPDX-License-Identifier: ISC */
/* Filter, sort and group in a thread. The thread gets its own copy of the array, which the main
 * thread may be filling; the messages stay where they are in their arena. */
#include "tui/shown.h"
#include "hopq/time.h"
#include <gio/gio.h>

struct job {
    GPtrArray *messages;
    struct hq_shown *shown;
    hq_shown_fn done;
    void *data;
};

struct hq_query *hq_query_new(const char *filter, const char *sort, enum hq_board_key by,
                              size_t *offset, GError **error)
{
    struct hq_filter *parsed = hq_filter_parse(filter ? filter : "", offset, error);
    struct hq_order *order = parsed ? hq_order_parse(sort, error) : NULL;
    if (!order) {
        if (parsed)
            hq_filter_free(parsed);
        return NULL;
    }
    struct hq_query *query = g_atomic_rc_box_new0(struct hq_query);
    query->filter_text = g_strdup(filter ? filter : "");
    query->sort_text = g_strdup(sort ? sort : "");
    query->by = by;
    query->filter = parsed;
    query->order = order;
    return query;
}

static void clear_query(gpointer data)
{
    struct hq_query *query = data;
    g_free(query->filter_text);
    g_free(query->sort_text);
    hq_filter_free(query->filter);
    hq_order_free(query->order);
}

void hq_query_unref(struct hq_query *query)
{
    if (query)
        g_atomic_rc_box_release_full(query, clear_query);
}

void hq_shown_free(struct hq_shown *shown)
{
    if (!shown)
        return;
    if (shown->causes != shown->board)
        hq_board_free(shown->causes);
    hq_board_free(shown->board);
    g_ptr_array_unref(shown->messages);
    hq_query_unref(shown->query);
    hq_snapshot_unref(shown->snapshot);
    g_free(shown);
}

static void work(GTask *task, G_GNUC_UNUSED gpointer source, gpointer data,
                 G_GNUC_UNUSED GCancellable *cancellable)
{
    struct job *job = data;
    struct hq_shown *shown = job->shown;
    int64_t now = hq_time_now(), begin = g_get_monotonic_time();
    shown->messages = g_ptr_array_sized_new(job->messages->len);
    for (unsigned i = 0; i < job->messages->len; i++) {
        struct hq_message *message = g_ptr_array_index(job->messages, i);
        if (hq_filter_match(shown->query->filter, message, now))
            g_ptr_array_add(shown->messages, message);
    }
    hq_order_sort(shown->query->order, shown->messages, now);
    shown->board = shown->causes = hq_board_new(shown->messages, now);
    if (shown->query->by != HQ_BOARD_REASON)
        shown->board = hq_board_new_by(shown->messages, now, shown->query->by);
    shown->totals = hq_totals_count(shown->messages, now);
    shown->cost = g_get_monotonic_time() - begin;
    g_task_return_boolean(task, TRUE);
}

static void finished(G_GNUC_UNUSED GObject *source, G_GNUC_UNUSED GAsyncResult *result,
                     gpointer data)
{
    struct job *job = data;
    job->done(job->shown, job->data);
    g_ptr_array_unref(job->messages);
    g_free(job);
}

void hq_shown_start(struct hq_snapshot *snapshot, struct hq_query *query, hq_shown_fn done,
                    void *data)
{
    struct job *job = g_new0(struct job, 1);
    job->messages = g_ptr_array_copy(snapshot->messages, NULL, NULL);
    g_ptr_array_set_free_func(job->messages, NULL);
    job->shown = g_new0(struct hq_shown, 1);
    job->shown->snapshot = hq_snapshot_ref(snapshot);
    job->shown->query = g_atomic_rc_box_acquire(query);
    job->done = done;
    job->data = data;
    g_autoptr(GTask) task = g_task_new(NULL, NULL, finished, job);
    g_task_set_task_data(task, job, NULL);
    g_task_run_in_thread(task, work);
}
