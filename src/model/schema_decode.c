/* SPDX-License-Identifier: ISC */
/* Reads records from the wire (schema_wire.h). Their sender reads strangers' mail, and is trusted
 * no more than that mail: every length, count, enum and number is checked. */
#include "base/hash.h"
#include "hopq/message.h"
#include "model/schema_field.h"
#include "model/schema_wire.h"
#include <string.h>

struct cursor {
    const uint8_t *at;
    const uint8_t *end;
    struct hq_decoder *decoder;
};

/* Records decoded already, by schema and encoded bytes. */
struct shared {
    const struct hq_schema *schema;
    const uint8_t *bytes;
    size_t n;
    const void *record;
};

struct hq_decoder {
    struct hq_arena *arena;
    GHashTable *shared; /* struct shared, key and value */
};

static guint shared_hash(gconstpointer key)
{
    const struct shared *shared = key;

    return (guint)hq_hash_bytes(shared->bytes, shared->n);
}

static gboolean shared_equal(gconstpointer a, gconstpointer b)
{
    const struct shared *x = a;
    const struct shared *y = b;

    return x->schema == y->schema && x->n == y->n && memcmp(x->bytes, y->bytes, x->n) == 0;
}

struct hq_decoder *hq_decoder_new(struct hq_arena *arena)
{
    struct hq_decoder *decoder = g_new0(struct hq_decoder, 1);

    decoder->arena = arena;
    decoder->shared = g_hash_table_new(shared_hash, shared_equal);
    return decoder;
}

void hq_decoder_free(struct hq_decoder *decoder)
{
    if (!decoder)
        return;
    g_hash_table_destroy(decoder->shared);
    g_free(decoder);
}

struct hq_arena *hq_decoder_arena(struct hq_decoder *decoder)
{
    return decoder->arena;
}

static size_t left(const struct cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

static bool get(struct cursor *cursor, void *to, size_t n)
{
    if (left(cursor) < n)
        return false;
    memcpy(to, cursor->at, n);
    cursor->at += n;
    return true;
}

static bool get_u32(struct cursor *cursor, uint32_t *value)
{
    return get(cursor, value, sizeof *value);
}

static bool get_string(struct cursor *cursor, bool intern, const char **s)
{
    uint32_t n;

    *s = NULL;
    if (!get_u32(cursor, &n))
        return false;
    if (n == HQ_LENGTH_NULL)
        return true;
    if (n > left(cursor))
        return false;
    *s = (intern ? hq_arena_intern : hq_arena_dup)(cursor->decoder->arena, (const char *)cursor->at,
                                                   n);
    cursor->at += n;
    return true;
}

/* Reads a count. Each element takes at least LEAST bytes, so a count that exceeds what is left is a
 * lie; found out before memory is allocated for it. */
static bool get_count(struct cursor *cursor, size_t least, uint32_t *count)
{
    return get_u32(cursor, count) && *count <= left(cursor) / least;
}

static bool decode_record(const struct hq_schema *schema, void *record, struct cursor *cursor);

static bool decode_string(const struct hq_field *field, void *record, struct cursor *cursor)
{
    const char **string = hq_field_str(field, record);

    return get_string(cursor, field->type == HQ_TYPE_INTERN, string) &&
           (*string || !(field->flags & HQ_FIELD_NEEDED));
}

static bool decode_integer(const struct hq_field *field, void *record, struct cursor *cursor)
{
    int64_t *value = hq_field_int(field, record);

    if (!get(cursor, value, sizeof *value))
        return false;
    if (!hq_field_fits(field, *value))
        *value = HQ_NONE;
    return true;
}

static bool decode_enum(const struct hq_field *field, void *record, struct cursor *cursor)
{
    uint8_t *value = hq_field_enum(field, record);

    return get(cursor, value, 1) && *value < field->name_count;
}

static bool decode_tri(const struct hq_field *field, void *record, struct cursor *cursor)
{
    int8_t *value = hq_field_tri(field, record);

    return get(cursor, value, 1) && *value >= HQ_UNKNOWN && *value <= HQ_YES;
}

static bool decode_object(const struct hq_field *field, void *record, struct cursor *cursor)
{
    uint8_t present;

    if (!get(cursor, &present, 1) || present > 1)
        return false;
    if (!present)
        return !(field->flags & HQ_FIELD_NEEDED);
    void *object = hq_arena_alloc(cursor->decoder->arena, field->sub->size);
    *hq_field_pointer(field, record) = object;
    return decode_record(field->sub, object, cursor);
}

static struct shared *keep_shared(struct hq_decoder *decoder, const struct shared *seen,
                                  const void *record)
{
    struct shared *kept = hq_arena_alloc(decoder->arena, sizeof *kept + seen->n);

    *kept = *seen;
    kept->record = record;
    kept->bytes = memcpy(kept + 1, seen->bytes, seen->n);
    g_hash_table_add(decoder->shared, kept);
    return kept;
}

static bool decode_shared(const struct hq_field *field, void *record, struct cursor *cursor)
{
    struct hq_decoder *decoder = cursor->decoder;
    uint32_t n;

    if (!get_u32(cursor, &n))
        return false;
    if (n == HQ_LENGTH_NULL)
        return !(field->flags & HQ_FIELD_NEEDED);
    if (n > left(cursor))
        return false;
    struct shared key = {.schema = field->sub, .bytes = cursor->at, .n = n};
    const struct shared *known = g_hash_table_lookup(decoder->shared, &key);
    if (!known) {
        struct cursor inner = {cursor->at, cursor->at + n, decoder};
        void *object = hq_arena_alloc(decoder->arena, field->sub->size);
        if (!decode_record(field->sub, object, &inner) || left(&inner))
            return false;
        known = keep_shared(decoder, &key, object);
    }
    *hq_field_pointer(field, record) = (void *)known->record;
    cursor->at += n;
    return true;
}

static bool decode_array(const struct hq_field *field, void *record, struct cursor *cursor)
{
    uint32_t count;

    /* a field takes at least a byte: memory for a few times the size of the frame is the most */
    if (!get_count(cursor, field->sub->field_count, &count))
        return false;
    *hq_field_pointer(field, record) =
        hq_arena_alloc(cursor->decoder->arena, (size_t)count * field->sub->size);
    for (uint32_t i = 0; i < count; i++) {
        if (!decode_record(field->sub, hq_field_element(field, record, i), cursor))
            return false;
    }
    *hq_field_count_of(field, record) = count;
    return true;
}

static bool decode_strv(const struct hq_field *field, void *record, struct cursor *cursor)
{
    uint32_t count;

    if (!get_count(cursor, sizeof(uint32_t), &count)) /* a string has its length before it */
        return false;
    const char **strings = hq_arena_alloc(cursor->decoder->arena, count * sizeof *strings);
    for (uint32_t i = 0; i < count; i++) {
        if (!get_string(cursor, false, &strings[i]) || !strings[i])
            return false;
    }
    *hq_field_strv(field, record) = strings;
    *hq_field_count_of(field, record) = count;
    return true;
}

static bool decode_field(const struct hq_field *field, void *record, struct cursor *cursor)
{
    switch ((enum hq_type)field->type) {
    case HQ_TYPE_STR:
    case HQ_TYPE_INTERN:
        return decode_string(field, record, cursor);
    case HQ_TYPE_INT:
    case HQ_TYPE_TIME:
    case HQ_TYPE_SPAN:
        return decode_integer(field, record, cursor);
    case HQ_TYPE_TRI:
        return decode_tri(field, record, cursor);
    case HQ_TYPE_ENUM:
        return decode_enum(field, record, cursor);
    case HQ_TYPE_STRUCT:
        return decode_record(field->sub, hq_field_at(field, record), cursor);
    case HQ_TYPE_OBJECT:
        return decode_object(field, record, cursor);
    case HQ_TYPE_SHARED:
        return decode_shared(field, record, cursor);
    case HQ_TYPE_ARRAY:
        return decode_array(field, record, cursor);
    case HQ_TYPE_STRV:
        return decode_strv(field, record, cursor);
    }
    return false;
}

static bool decode_record(const struct hq_schema *schema, void *record, struct cursor *cursor)
{
    for (unsigned i = 0; i < schema->field_count; i++) {
        if (!decode_field(&schema->fields[i], record, cursor))
            return false;
    }
    return true;
}

void *hq_decoder_read(struct hq_decoder *decoder, const struct hq_schema *schema,
                      const uint8_t *bytes, size_t n)
{
    struct cursor cursor = {bytes, bytes + n, decoder};
    void *record = hq_arena_alloc(decoder->arena, schema->size);

    return decode_record(schema, record, &cursor) && left(&cursor) == 0 ? record : NULL;
}
