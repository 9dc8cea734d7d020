/* SPDX-License-Identifier: ISC */
/* A message whose every string, wherever the schema has one, is made to take over a terminal. */
#ifndef TEST_DUMP_HOSTILE_H
#define TEST_DUMP_HOSTILE_H

#include "../any_record.h"
#include "sample.h"

/* All of C0 and DEL, C1 in UTF-8 and as a byte, an OSC title, bidi, zero width, tags, bad UTF-8. */
#define HOSTILE                                                                    \
    "\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14"   \
    "\x15\x16\x17\x18\x19\x1a\x1b]0;evil\x07\x1b[2J\x1c\x1d\x1e\x1f\x7f\xc2\x9b"   \
    "31m\x9b\xc0\x80\xe2\x80\xae\xe2\x80\x8b\xef\xbb\xbf\xf3\xa0\x80\x81\xff\xfe " \
    "%s%n\"\\end"

static inline void *hostile_record(const struct hq_schema *schema, struct hq_arena *arena)
{
    struct any any = {.arena = arena, .always = HOSTILE};
    void *record = hq_schema_new(schema, arena);

    any_record(&any, schema, record);
    return record;
}

static inline struct hq_snapshot *hostile_snapshot(void)
{
    struct hq_snapshot *snapshot = hq_snapshot_new();
    for (int i = 0; i < 2; i++) {
        struct hq_message *message = hostile_record(&hq_message_schema, snapshot->arena);
        for (unsigned k = 0; k < message->recipient_count; k++)
            message->recipients[k].state = HQ_STATE_DEFERRED;
        message->detail->hops[0].trust = HQ_TRUST_BOUNDARY;
        hq_snapshot_add(snapshot, message);
    }
    hq_snapshot_notice(snapshot, HOSTILE, false);
    snapshot->complete = true;
    return snapshot;
}

#endif
