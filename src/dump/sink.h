/* SPDX-License-Identifier: ISC */
/* A buffer before a descriptor. After a failed write it swallows everything and keeps the
 * error. */
#ifndef HOPQ_DUMP_SINK_H
#define HOPQ_DUMP_SINK_H

#include <glib.h>
#include <stdbool.h>

struct hq_sink {
    GString *out; /* append here, then call hq_sink_check() */
    int fd;
    int error; /* errno of the write that failed; 0: none */
};

void hq_sink_init(struct hq_sink *sink, int fd);
/* Writes when there is enough. */
void hq_sink_check(struct hq_sink *sink);
/* Writes what is left and frees the buffer. False with ERROR when any write failed. */
bool hq_sink_finish(struct hq_sink *sink, GError **error);

#endif
