/* SPDX-License-Identifier: ISC */
/* Records from JSON (jansson trees): what hq_schema_json() wrote, and nothing more is promised. */
#include "hopq/message.h"
#include "model/schema_field.h"
#include <jansson.h>
#include <math.h>

struct reading {
    struct hq_arena *arena;
    const char *bad_key;
};

static bool read_record(const struct hq_schema *schema, void *record, json_t *object,
                        struct reading *reading);

static const char *dup_string(json_t *value, struct hq_arena *arena)
{
    return hq_arena_dup(arena, json_string_value(value), json_string_length(value));
}

static bool read_str(const struct hq_field *field, void *record, json_t *value,
                     struct reading *reading)
{
    if (!json_is_string(value))
        return false;
    *hq_field_str(field, record) = dup_string(value, reading->arena);
    return true;
}

static bool read_int(const struct hq_field *field, void *record, json_t *value,
                     struct reading *reading)
{
    (void)reading;
    if (!json_is_integer(value))
        return false;
    *hq_field_int(field, record) = json_integer_value(value);
    return hq_field_fits(field, json_integer_value(value));
}

static bool read_time(const struct hq_field *field, void *record, json_t *value,
                      struct reading *reading)
{
    (void)reading;
    return json_is_string(value) &&
           hq_time_parse_rfc3339(json_string_value(value), hq_field_int(field, record));
}

static bool read_span(const struct hq_field *field, void *record, json_t *value,
                      struct reading *reading)
{
    const double limit = 9e12; /* seconds: below what fits in 64 bits of microseconds */

    (void)reading;
    if (!json_is_number(value) || fabs(json_number_value(value)) > limit)
        return false;
    *hq_field_int(field, record) = (int64_t)llround(json_number_value(value) * (double)HQ_SECOND);
    return hq_field_fits(field, *hq_field_int(field, record));
}

static bool read_tri(const struct hq_field *field, void *record, json_t *value,
                     struct reading *reading)
{
    (void)reading;
    if (!json_is_boolean(value))
        return false;
    *hq_field_tri(field, record) = json_is_true(value) ? HQ_YES : HQ_NO;
    return true;
}

static bool read_enum(const struct hq_field *field, void *record, json_t *value,
                      struct reading *reading)
{
    int index = hq_name_find(field->names, field->name_count, json_string_value(value));

    (void)reading;
    if (index < 0)
        return false;
    *hq_field_enum(field, record) = (uint8_t)index;
    return true;
}

static bool read_struct(const struct hq_field *field, void *record, json_t *value,
                        struct reading *reading)
{
    return json_is_object(value) &&
           read_record(field->sub, hq_field_at(field, record), value, reading);
}

static bool read_object(const struct hq_field *field, void *record, json_t *value,
                        struct reading *reading)
{
    if (!json_is_object(value))
        return false;
    void *object = hq_schema_new(field->sub, reading->arena);
    *hq_field_pointer(field, record) = object;
    return read_record(field->sub, object, value, reading);
}

static bool read_array(const struct hq_field *field, void *record, json_t *value,
                       struct reading *reading)
{
    size_t count = json_array_size(value);

    if (!json_is_array(value) || count > UINT32_MAX)
        return false;
    *hq_field_pointer(field, record) = hq_arena_alloc(reading->arena, count * field->sub->size);
    *hq_field_count_of(field, record) = (uint32_t)count;
    for (uint32_t i = 0; i < count; i++) /* also those behind one that is bad */
        hq_schema_init(field->sub, hq_field_element(field, record, i));
    for (uint32_t i = 0; i < count; i++) {
        if (!read_record(field->sub, hq_field_element(field, record, i), json_array_get(value, i),
                         reading))
            return false;
    }
    return true;
}

static bool read_strv(const struct hq_field *field, void *record, json_t *value,
                      struct reading *reading)
{
    size_t count = json_array_size(value);

    if (!json_is_array(value) || count > UINT32_MAX)
        return false;
    const char **strings = hq_arena_alloc(reading->arena, count * sizeof *strings);
    for (size_t i = 0; i < count; i++) {
        if (!json_is_string(json_array_get(value, i)))
            return false;
        strings[i] = dup_string(json_array_get(value, i), reading->arena);
    }
    *hq_field_strv(field, record) = strings;
    *hq_field_count_of(field, record) = (uint32_t)count;
    return true;
}

typedef bool (*read_fn)(const struct hq_field *field, void *record, json_t *value,
                        struct reading *reading);

static const read_fn readers[] = {
    [HQ_TYPE_STR] = read_str,       [HQ_TYPE_INTERN] = read_str,    [HQ_TYPE_INT] = read_int,
    [HQ_TYPE_TIME] = read_time,     [HQ_TYPE_SPAN] = read_span,     [HQ_TYPE_TRI] = read_tri,
    [HQ_TYPE_ENUM] = read_enum,     [HQ_TYPE_STRUCT] = read_struct, [HQ_TYPE_OBJECT] = read_object,
    [HQ_TYPE_SHARED] = read_object, [HQ_TYPE_ARRAY] = read_array,   [HQ_TYPE_STRV] = read_strv,
};

/* The members of a spliced record stand in OBJECT itself. An optional one exists when its first key
 * is there: the writer leaves out all of them or none. */
static bool read_spliced(const struct hq_field *field, void *record, json_t *object,
                         struct reading *reading)
{
    const struct hq_field *first = field->sub->fields;

    if (field->type == HQ_TYPE_STRUCT)
        return read_record(field->sub, hq_field_at(field, record), object, reading);
    while (first->flags & HQ_FIELD_HIDDEN)
        first++;
    return !json_object_get(object, first->key) || read_object(field, record, object, reading);
}

static bool read_record(const struct hq_schema *schema, void *record, json_t *object,
                        struct reading *reading)
{
    for (unsigned i = 0; i < schema->field_count; i++) {
        const struct hq_field *field = &schema->fields[i];
        json_t *value = json_object_get(object, field->key);
        bool good = true;

        if (field->flags & HQ_FIELD_HIDDEN)
            continue;
        if (field->flags & HQ_FIELD_SPLICE)
            good = read_spliced(field, record, object, reading);
        else if (value && !json_is_null(value))
            good = readers[field->type](field, record, value, reading);
        if (!good) {
            if (!reading->bad_key)
                reading->bad_key = field->key;
            return false;
        }
    }
    return true;
}

bool hq_schema_from_json(const struct hq_schema *schema, void *record, const void *value,
                         struct hq_arena *arena, const char **bad_key)
{
    struct reading reading = {arena, NULL};
    bool good = read_record(schema, record, (json_t *)value, &reading);

    if (bad_key)
        *bad_key = reading.bad_key;
    return good;
}
