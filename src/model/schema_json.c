/* SPDX-License-Identifier: ISC */
/* Records as JSON objects: a key a row, null for what is unknown. */
#include "hopq/message.h"
#include "model/schema_field.h"

static void write_int(struct hq_json *json, int64_t value)
{
    if (value == HQ_NONE)
        hq_json_null(json);
    else
        hq_json_int(json, value);
}

static void write_time(struct hq_json *json, int64_t value)
{
    char buf[32];

    hq_json_string(json, *hq_time_rfc3339(value, buf) ? buf : NULL);
}

static void write_span(struct hq_json *json, int64_t value)
{
    if (value == HQ_NONE)
        hq_json_null(json);
    else
        hq_json_seconds(json, value);
}

static void write_tri(struct hq_json *json, int8_t value)
{
    if (value == HQ_UNKNOWN)
        hq_json_null(json);
    else
        hq_json_bool(json, value == HQ_YES);
}

static void write_object(struct hq_json *json, const struct hq_schema *schema, const void *record)
{
    if (record)
        hq_schema_json(schema, record, NULL, json);
    else
        hq_json_null(json);
}

/* The decoder keeps equal ones once, so the pointer tells that one has been written before. */
static void write_shared(struct hq_json *json, const struct hq_field *field, const void *record)
{
    size_t start = hq_json_start(json);

    if (!record) {
        if (!(field->flags & HQ_FIELD_SPLICE))
            hq_json_null(json);
        return;
    }
    if (hq_json_repeat(json, record))
        return;
    if (field->flags & HQ_FIELD_SPLICE)
        hq_schema_json_members(field->sub, record, json);
    else
        hq_schema_json(field->sub, record, NULL, json);
    hq_json_remember(json, record, start);
}

static void write_array(struct hq_json *json, const struct hq_field *field, const void *record)
{
    hq_json_begin_array(json);
    for (uint32_t i = 0; i < *hq_field_count_of(field, record); i++)
        hq_schema_json(field->sub, hq_field_element(field, record, i), NULL, json);
    hq_json_end_array(json);
}

static void write_strv(struct hq_json *json, const struct hq_field *field, const void *record)
{
    hq_json_begin_array(json);
    for (uint32_t i = 0; i < *hq_field_count_of(field, record); i++)
        hq_json_string(json, (*hq_field_strv(field, record))[i]);
    hq_json_end_array(json);
}

static void write_value(struct hq_json *json, const struct hq_field *field, const void *record)
{
    switch ((enum hq_type)field->type) {
    case HQ_TYPE_STR:
    case HQ_TYPE_INTERN:
        hq_json_string(json, *hq_field_str(field, record));
        break;
    case HQ_TYPE_INT:
        write_int(json, *hq_field_int(field, record));
        break;
    case HQ_TYPE_TIME:
        write_time(json, *hq_field_int(field, record));
        break;
    case HQ_TYPE_SPAN:
        write_span(json, *hq_field_int(field, record));
        break;
    case HQ_TYPE_TRI:
        write_tri(json, *hq_field_tri(field, record));
        break;
    case HQ_TYPE_ENUM:
        hq_json_string(json, field->names[*hq_field_enum(field, record)]);
        break;
    case HQ_TYPE_STRUCT:
        write_object(json, field->sub, hq_field_at(field, record));
        break;
    case HQ_TYPE_OBJECT:
        write_object(json, field->sub, *hq_field_pointer(field, record));
        break;
    case HQ_TYPE_SHARED:
        write_shared(json, field, *hq_field_pointer(field, record));
        break;
    case HQ_TYPE_ARRAY:
        write_array(json, field, record);
        break;
    case HQ_TYPE_STRV:
        write_strv(json, field, record);
        break;
    }
}

static void write_spliced(struct hq_json *json, const struct hq_field *field, const void *record)
{
    const void *sub = field->type == HQ_TYPE_STRUCT ? hq_field_at(field, record)
                                                    : *hq_field_pointer(field, record);

    if (field->type == HQ_TYPE_SHARED)
        write_shared(json, field, sub);
    else if (sub)
        hq_schema_json_members(field->sub, sub, json);
}

void hq_schema_json_members(const struct hq_schema *schema, const void *record,
                            struct hq_json *json)
{
    for (unsigned i = 0; i < schema->field_count; i++) {
        const struct hq_field *field = &schema->fields[i];
        if (field->flags & HQ_FIELD_HIDDEN)
            continue;
        if (field->flags & HQ_FIELD_SPLICE) {
            write_spliced(json, field, record);
            continue;
        }
        hq_json_member(json, field->json_key, field->json_key_length);
        write_value(json, field, record);
    }
}

void hq_schema_json(const struct hq_schema *schema, const void *record, const char *type,
                    struct hq_json *json)
{
    hq_json_begin_object(json);
    if (type) {
        hq_json_key(json, "type");
        hq_json_string(json, type);
    }
    hq_schema_json_members(schema, record, json);
    hq_json_end_object(json);
}
