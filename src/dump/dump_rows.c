/* SPDX-License-Identifier: ISC */
/* The rows of a long list, encoded by two threads: part by part, each pair written in order. What
 * runs after a scan is time that the user waits for. */
#include "dump/dump_internal.h"

enum { PART = 256 }; /* rows; some hundred KiB */

struct part {
    const struct hq_dump *dump;
    hq_dump_rows_fn write;
    unsigned from, to;
    GString *out;
};

static gpointer encode(gpointer data)
{
    const struct part *part = data;

    part->write(part->out, part->dump, part->from, part->to);
    return NULL;
}

void hq_dump_rows(struct hq_dump *dump, unsigned count, hq_dump_rows_fn write)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (unsigned from = 0; from < count; from += 2 * PART) {
        unsigned middle = MIN(from + PART, count), end = MIN(middle + PART, count);
        struct part first = {dump, write, from, middle, dump->sink->out};
        struct part second = {dump, write, middle, end, out};
        GThread *thread =
            middle < end ? g_thread_try_new("hopq-rows", encode, &second, NULL) : NULL;
        encode(&first);
        hq_sink_check(dump->sink);
        if (thread)
            g_thread_join(thread);
        else
            encode(&second);
        g_string_append_len(dump->sink->out, out->str, (gssize)out->len);
        g_string_truncate(out, 0);
        hq_sink_check(dump->sink);
    }
}
