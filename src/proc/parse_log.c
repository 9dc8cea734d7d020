/* SPDX-License-Identifier: ISC */
/* Reads the mail log, a piece at a time between other work. [spool] sees by the batches that wait
 * that this parser has less time, and gives more to the others. */
#include "proc/parse_log.h"
#include "hopq/logfile.h"
#include "proc/wire.h"

#define SLICE  256                  /* histories sent in one turn of the loop */
#define QUEUED ((size_t)512 * 1024) /* bytes on the way to the front that are enough */
#define PAUSE  2                    /* milliseconds */

/* A log and how far it is read. */
struct reading {
    struct hq_log *log;
    struct hq_log_reader *reader;
    bool read; /* all of it is read; what it tells is yet to be sent */
};

static struct reading whole; /* of all messages: goes on where it ended the last time */
static struct reading some;  /* of some messages: read from the beginning, forgotten when sent */
static struct reading *now_read;
static struct hq_channel *front;
static char *name;
static guint source;

static void send_history(const struct hq_history *history, void *data)
{
    (void)data;
    hq_wire_send(front, HQ_WIRE_HISTORY, &hq_history_schema, history);
}

static void send_rate(const struct hq_rate *rate, void *data)
{
    (void)data;
    hq_wire_send(front, HQ_WIRE_RATE, &hq_rate_schema, rate);
}

static void close_reading(struct reading *reading)
{
    hq_log_reader_free(reading->reader);
    hq_log_free(reading->log);
    *reading = (struct reading){0};
}

static void finish(void)
{
    if (now_read == &whole)
        hq_log_each_rate(whole.log, send_rate, NULL);
    hq_wire_send(front, HQ_WIRE_LOGGED, &hq_wire_log_schema,
                 &(struct hq_wire_log){.name = name, .begins = hq_log_begins(now_read->log)});
    close_reading(&some);
}

/* Reads a piece, or sends a slice; false: all is done. */
static bool work(void)
{
    if (!now_read->read) {
        now_read->read = !hq_log_reader_step(now_read->reader);
        return true;
    }
    hq_channel_cork(front);
    bool more = hq_log_each_history(now_read->log, SLICE, send_history, NULL);
    if (!more)
        finish();
    hq_channel_uncork(front);
    return more;
}

static gboolean step(gpointer data);

/* Now, or when the front has taken some of what is on the way. */
static void go_on(void)
{
    source = hq_channel_queued(front) > QUEUED
                 ? g_timeout_add(PAUSE, step, NULL)
                 : g_idle_add_full(G_PRIORITY_DEFAULT, step, NULL, NULL);
}

static gboolean step(gpointer data)
{
    (void)data;
    source = 0;
    if (hq_channel_queued(front) > QUEUED || work())
        go_on();
    return G_SOURCE_REMOVE;
}

static void open_reading(struct reading *reading, const struct hq_wire_log *log, int64_t now,
                         struct hq_arena *arena)
{
    reading->read = false;
    if (reading->log)
        return;
    reading->log = hq_log_new(now, now - HQ_LOG_AGE);
    if (log->texts == HQ_YES) {
        const char **ids = hq_arena_alloc(arena, (log->id_count + 1) * sizeof *ids);
        for (uint32_t i = 0; i < log->id_count; i++)
            ids[i] = log->ids[i];
        hq_log_want_texts(reading->log, log->id_count ? ids : NULL);
    }
    reading->reader = hq_log_reader_new(reading->log);
}

void hq_parse_log(struct hq_frame *frame, struct hq_channel *to)
{
    struct hq_arena *arena = hq_arena_new();
    const struct hq_wire_log *log = hq_frame_record(frame, &hq_wire_log_schema, arena);
    int64_t now = hq_time_now();

    g_assert(log && frame->fd_count <= HQ_LOG_FILES);
    front = to;
    close_reading(&some);
    now_read = log->id_count ? &some : &whole;
    open_reading(now_read, log, now, arena);
    g_free(name);
    name = g_strdup(log->name);
    hq_log_reader_open(now_read->reader, frame->fds, frame->fd_count, log->pipe == HQ_YES, now);
    for (unsigned i = 0; i < frame->fd_count; i++)
        frame->fds[i] = -1; /* the reader's now */
    if (!source)
        go_on();
    hq_arena_free(arena);
}
