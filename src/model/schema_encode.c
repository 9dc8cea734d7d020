/* SPDX-License-Identifier: ISC */
/* Writing records for the wire (schema_wire.h). */
#include "hopq/schema.h"
#include "model/schema_field.h"
#include "model/schema_wire.h"
#include <string.h>

/* The array is kept longer than what is written, and cut at the end: most fields take a few bytes,
 * and asking the array for room for each costs more than writing them. */
struct writer {
    GByteArray *out;
    size_t used;
};

static inline uint8_t *room(struct writer *writer, size_t n)
{
    if (writer->out->len - writer->used < n)
        g_byte_array_set_size(writer->out, (guint)(2 * writer->used + n + 1024));
    writer->used += n;
    return writer->out->data + writer->used - n;
}

static inline void put(struct writer *writer, const void *bytes, size_t n)
{
    memcpy(room(writer, n), bytes, n);
}

static inline void put_u32(struct writer *writer, uint32_t value)
{
    put(writer, &value, sizeof value);
}

static void put_string(struct writer *writer, const char *s)
{
    uint32_t n = s ? (uint32_t)strlen(s) : HQ_LENGTH_NULL;

    put_u32(writer, n);
    if (s)
        put(writer, s, n);
}

static void encode_record(const struct hq_schema *schema, const void *record,
                          struct writer *writer);

/* A record with its length before it, so that the reader can compare it without decoding. */
static void put_shared(struct writer *writer, const struct hq_schema *schema, const void *record)
{
    size_t start = writer->used;

    put_u32(writer, record ? 0 : HQ_LENGTH_NULL);
    if (!record)
        return;
    encode_record(schema, record, writer);
    uint32_t n = (uint32_t)(writer->used - start - sizeof n);
    memcpy(writer->out->data + start, &n, sizeof n);
}

static void put_object(struct writer *writer, const struct hq_schema *schema, const void *record)
{
    uint8_t present = record != NULL;

    put(writer, &present, 1);
    if (record)
        encode_record(schema, record, writer);
}

static void encode_field(const struct hq_field *field, const void *record, struct writer *writer)
{
    switch ((enum hq_type)field->type) {
    case HQ_TYPE_STR:
    case HQ_TYPE_INTERN:
        put_string(writer, *hq_field_str(field, record));
        break;
    case HQ_TYPE_INT:
    case HQ_TYPE_TIME:
    case HQ_TYPE_SPAN:
        put(writer, hq_field_int(field, record), sizeof(int64_t));
        break;
    case HQ_TYPE_TRI:
    case HQ_TYPE_ENUM:
        put(writer, hq_field_at(field, record), 1);
        break;
    case HQ_TYPE_STRUCT:
        encode_record(field->sub, hq_field_at(field, record), writer);
        break;
    case HQ_TYPE_OBJECT:
        put_object(writer, field->sub, *hq_field_pointer(field, record));
        break;
    case HQ_TYPE_SHARED:
        put_shared(writer, field->sub, *hq_field_pointer(field, record));
        break;
    case HQ_TYPE_ARRAY:
        put_u32(writer, *hq_field_count_of(field, record));
        for (uint32_t i = 0; i < *hq_field_count_of(field, record); i++)
            encode_record(field->sub, hq_field_element(field, record, i), writer);
        break;
    case HQ_TYPE_STRV:
        put_u32(writer, *hq_field_count_of(field, record));
        for (uint32_t i = 0; i < *hq_field_count_of(field, record); i++)
            put_string(writer, (*hq_field_strv(field, record))[i]);
        break;
    }
}

static void encode_record(const struct hq_schema *schema, const void *record, struct writer *writer)
{
    for (unsigned i = 0; i < schema->field_count; i++)
        encode_field(&schema->fields[i], record, writer);
}

void hq_schema_encode(const struct hq_schema *schema, const void *record, GByteArray *out)
{
    struct writer writer = {out, out->len};

    encode_record(schema, record, &writer);
    g_byte_array_set_size(out, (guint)writer.used);
}
