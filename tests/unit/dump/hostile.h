/* SPDX-License-Identifier: ISC */
/* A message whose every string, wherever the schema has one, is made to take over a terminal. */
#ifndef TEST_DUMP_HOSTILE_H
#define TEST_DUMP_HOSTILE_H

#include "model/schema_field.h"
#include "sample.h"

/* All of C0 and DEL, C1 in UTF-8 and as a byte, an OSC title, bidi, zero width, tags, bad UTF-8. */
#define HOSTILE                                                                    \
    "\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14"   \
    "\x15\x16\x17\x18\x19\x1a\x1b]0;evil\x07\x1b[2J\x1c\x1d\x1e\x1f\x7f\xc2\x9b"   \
    "31m\x9b\xc0\x80\xe2\x80\xae\xe2\x80\x8b\xef\xbb\xbf\xf3\xa0\x80\x81\xff\xfe " \
    "%s%n\"\\end"

static inline void hostile_fill(const struct hq_schema *schema, void *record,
                                struct hq_arena *arena);

static inline void *hostile_records(const struct hq_schema *schema, unsigned count,
                                    struct hq_arena *arena)
{
    char *records = hq_arena_alloc(arena, (size_t)schema->size * count);
    for (unsigned i = 0; i < count; i++) {
        hq_schema_init(schema, records + (size_t)i * schema->size);
        hostile_fill(schema, records + (size_t)i * schema->size, arena);
    }
    return records;
}

static inline void hostile_field(const struct hq_field *field, void *record, struct hq_arena *arena)
{
    static const char *const strings[] = {HOSTILE, HOSTILE};
    char *at = (char *)record + field->offset;
    uint32_t *count = (uint32_t *)((char *)record + field->count_offset);

    switch ((enum hq_type)field->type) {
    case HQ_TYPE_STR:
    case HQ_TYPE_INTERN:
        *(const char **)at = HOSTILE;
        break;
    case HQ_TYPE_INT:
    case HQ_TYPE_TIME:
    case HQ_TYPE_SPAN:
        *(int64_t *)at = INT64_MAX;
        break;
    case HQ_TYPE_TRI:
        *(int8_t *)at = HQ_YES;
        break;
    case HQ_TYPE_ENUM:
        *(uint8_t *)at = (uint8_t)(field->name_count - 1);
        break;
    case HQ_TYPE_STRUCT:
        hostile_fill(field->sub, at, arena);
        break;
    case HQ_TYPE_OBJECT:
    case HQ_TYPE_SHARED:
        *(void **)at = hostile_records(field->sub, 1, arena);
        break;
    case HQ_TYPE_ARRAY:
        *(void **)at = hostile_records(field->sub, 2, arena);
        *count = 2;
        break;
    case HQ_TYPE_STRV:
        *(const char *const **)at = strings;
        *count = 2;
        break;
    }
}

static inline void hostile_fill(const struct hq_schema *schema, void *record,
                                struct hq_arena *arena)
{
    for (unsigned i = 0; i < schema->field_count; i++)
        hostile_field(&schema->fields[i], record, arena);
}

static inline struct hq_snapshot *hostile_snapshot(void)
{
    struct hq_snapshot *snapshot = hq_snapshot_new();
    for (int i = 0; i < 2; i++) {
        struct hq_message *message = hostile_records(&hq_message_schema, 1, snapshot->arena);
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
