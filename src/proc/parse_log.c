/* SPDX-License-Identifier: ISC */
/* Reading the mail log, a piece at a time between other work: [spool] sees by the batches that wait
 * that this parser has less time, and gives the others more. */
#include "proc/parse_log.h"
#include "hopq/logfile.h"
#include "proc/wire.h"

static struct hq_log *kept; /* of all that was read so far */
static struct hq_log_reader *reader;
static char *name;
static guint idle;

static void send_history(const struct hq_history *history, void *data)
{
    hq_wire_send(data, HQ_WIRE_HISTORY, &hq_history_schema, history);
}

static void send_rate(const struct hq_rate *rate, void *data)
{
    hq_wire_send(data, HQ_WIRE_RATE, &hq_rate_schema, rate);
}

static gboolean step(gpointer data)
{
    struct hq_channel *front = data;

    if (hq_log_reader_step(reader))
        return G_SOURCE_CONTINUE;
    hq_channel_cork(front);
    hq_log_each_history(kept, send_history, front);
    hq_log_each_rate(kept, send_rate, front);
    hq_wire_send(front, HQ_WIRE_LOGGED, &hq_wire_log_schema,
                 &(struct hq_wire_log){.name = name, .begins = hq_log_begins(kept)});
    hq_channel_uncork(front);
    idle = 0;
    return G_SOURCE_REMOVE;
}

void hq_parse_log(struct hq_frame *frame, struct hq_channel *front)
{
    struct hq_arena *arena = hq_arena_new();
    const struct hq_wire_log *log = hq_frame_record(frame, &hq_wire_log_schema, arena);
    int64_t now = hq_time_now();

    g_assert(log && frame->fd_count <= HQ_LOG_FILES);
    if (!kept) {
        kept = hq_log_new(now, now - HQ_LOG_AGE);
        reader = hq_log_reader_new(kept);
    }
    g_free(name);
    name = g_strdup(log->name);
    hq_log_reader_open(reader, frame->fds, frame->fd_count, log->pipe == HQ_YES, now);
    for (unsigned i = 0; i < frame->fd_count; i++)
        frame->fds[i] = -1; /* the reader's now */
    if (!idle)
        idle = g_idle_add_full(G_PRIORITY_DEFAULT, step, front, NULL);
    hq_arena_free(arena);
}
