/* SPDX-License-Identifier: ISC */
/* Records with everything unknown. */
#include "hopq/schema.h"
#include "hopq/message.h"
#include "model/schema_field.h"
#include <string.h>

static void init_field(const struct hq_field *field, void *record)
{
    switch (field->type) {
    case HQ_TYPE_STR:
        if (field->flags & HQ_FIELD_NEEDED)
            *hq_field_str(field, record) = "";
        break;
    case HQ_TYPE_INT:
    case HQ_TYPE_TIME:
    case HQ_TYPE_SPAN:
        *hq_field_int(field, record) = HQ_NONE;
        break;
    case HQ_TYPE_TRI:
        *hq_field_tri(field, record) = HQ_UNKNOWN;
        break;
    case HQ_TYPE_STRUCT:
        hq_schema_init(field->sub, hq_field_at(field, record));
        break;
    default: /* all others are unknown when zero */
        break;
    }
}

void hq_schema_init(const struct hq_schema *schema, void *record)
{
    memset(record, 0, schema->size);
    for (unsigned i = 0; i < schema->field_count; i++)
        init_field(&schema->fields[i], record);
}

void *hq_schema_new(const struct hq_schema *schema, struct hq_arena *arena)
{
    void *record = hq_arena_alloc(arena, schema->size);

    hq_schema_init(schema, record);
    return record;
}
