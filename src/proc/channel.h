/* SPDX-License-Identifier: ISC */
/* A channel: frames between two of our processes over a socket pair, in the GLib main loop. A
 * frame has a type, a record of a schema, a blob of bytes, and descriptors. */
#ifndef HOPQ_PROC_CHANNEL_H
#define HOPQ_PROC_CHANNEL_H

#include "hopq/schema.h"
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Kernel: SCM_MAX_FD is 253. */
#define HQ_FRAME_FDS 253
/* A frame beyond this is refused: its sender is broken. */
#define HQ_FRAME_MAX (64u << 20)

struct hq_frame {
    uint32_t type;
    const uint8_t *record;
    size_t record_length;
    const uint8_t *blob;
    size_t blob_length;
    int *fds; /* the receiver takes one by setting it to -1; the others are closed */
    unsigned fd_count;
};

struct hq_channel;

struct hq_channel_events {
    void (*frame)(struct hq_channel *channel, struct hq_frame *frame, void *data);
    /* The other end is gone, or has sent what no frame can be. Called once; the channel stays
     * valid until freed (also from here). */
    void (*closed)(struct hq_channel *channel, void *data);
    /* The other end may send descriptors; if it may not and does, it is broken. */
    bool takes_fds;
};

/* Takes over FD. */
struct hq_channel *hq_channel_new(int fd, const struct hq_channel_events *events, void *data);
/* NULL is fine; what is not sent yet is lost. Allowed inside its own callbacks. */
void hq_channel_free(struct hq_channel *channel);

/* Queues a frame; never blocks. On a channel that is closed, or NULL, it is dropped. RECORD (of
 * SCHEMA) and BLOB may be NULL. FDS are taken over: closed when sent, or when the channel goes. */
void hq_channel_send(struct hq_channel *channel, uint32_t type, const struct hq_schema *schema,
                     const void *record, const void *blob, size_t blob_length, const int *fds,
                     unsigned fd_count);

/* Between these, frames are queued but not sent: many small ones leave in one call. */
void hq_channel_cork(struct hq_channel *channel);
void hq_channel_uncork(struct hq_channel *channel);
/* Bytes that are queued: whoever has much to send should wait while they are many. */
size_t hq_channel_queued(const struct hq_channel *channel);

/* Decodes the frame's record; NULL when it is none of SCHEMA's. Lives in ARENA. */
void *hq_frame_record(const struct hq_frame *frame, const struct hq_schema *schema,
                      struct hq_arena *arena);

#endif
