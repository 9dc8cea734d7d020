/* SPDX-License-Identifier: ISC */
#include "dump/sink.h"
#include "hopq/error.h"
#include "hopq/io.h"
#include <errno.h>

enum { ENOUGH = 64 * 1024 };

static void flush(struct hq_sink *sink)
{
    if (!sink->error && !hq_io_write_all(sink->fd, sink->out->str, sink->out->len))
        sink->error = errno;
    g_string_truncate(sink->out, 0);
}

void hq_sink_init(struct hq_sink *sink, int fd)
{
    sink->out = g_string_sized_new(ENOUGH + ENOUGH / 4);
    sink->fd = fd;
    sink->error = 0;
}

void hq_sink_check(struct hq_sink *sink)
{
    if (sink->out->len >= ENOUGH)
        flush(sink);
}

bool hq_sink_finish(struct hq_sink *sink, GError **error)
{
    flush(sink);
    g_string_free(sink->out, TRUE);
    sink->out = NULL;
    if (sink->error)
        hq_error_set(error, HQ_EXIT_INTERNAL, sink->error, "write", "output", NULL);
    return sink->error == 0;
}
