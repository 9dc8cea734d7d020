/* SPDX-License-Identifier: ISC */
/* Records as a helper could send them that strangers have taken over: whole by their schema, and
 * with no sense in them. Strings are missing, empty, long, no UTF-8 or full of escapes, numbers lie
 * at the ends of what fits. */
#ifndef TEST_ANY_RECORD_H
#define TEST_ANY_RECORD_H

#include "hopq/message.h"
#include "hopq/schema.h"
#include <string.h>

/* A row of numbers that is the same on every machine (Knuth's MMIX generator); or with ALWAYS that
 * string for each, and the last of everything else: nothing is missing then. */
struct any {
    uint64_t state;
    struct hq_arena *arena;
    const char *always;
};

static inline uint32_t any_number(struct any *any, uint32_t below)
{
    if (any->always)
        return below - 1;
    any->state = any->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((any->state >> 33) % below);
}

static inline const char *any_string(struct any *any)
{
    static const char *const strings[] = {
        "",
        "a@b.example",
        "postfix:/var/spool/postfix",
        "<",
        "@",
        "a@",
        ":",
        "4fXyz",
        "203.0.113.7",
        "2001:db8::7",
        "\x1b]52;c;aGk=\a\x1b[2J",
        "\xff\xfe\xc0\x80",
        "line\r\nline\ttab",
        "\xe2\x80\xae bidi \xf0\x9f\x92\xa9",
        "From: x\r\n folded\r\n",
        "%s%n%1$s",
    };
    uint32_t which = any_number(any, G_N_ELEMENTS(strings) + 3);

    if (any->always)
        return any->always;
    if (which < G_N_ELEMENTS(strings))
        return strings[which];
    if (which > G_N_ELEMENTS(strings))
        return NULL;
    char *large = hq_arena_alloc(any->arena, 5001);
    return memset(large, '@' + (int)any_number(any, 60), 5000);
}

static inline int64_t any_integer(struct any *any)
{
    static const int64_t integers[] = {
        HQ_NONE,
        0,
        1,
        -1,
        2,
        48,
        421,
        INT64_MAX,
        -INT64_MAX,
        INT32_MAX,
        INT32_MIN,
        UINT32_MAX,
        1LL << 62,
        -(1LL << 62),
        1LL << 53,
        1LL << 50,
        1795312800LL * HQ_SECOND,
        1795312801LL * HQ_SECOND,
    };

    return any->always ? INT64_MAX : integers[any_number(any, G_N_ELEMENTS(integers))];
}

static inline void any_record(struct any *any, const struct hq_schema *schema, void *record);

static inline void any_array(struct any *any, const struct hq_field *field, char *at,
                             uint32_t *count)
{
    *count = any_number(any, 4);
    char *elements = hq_arena_alloc(any->arena, *count * (size_t)field->sub->size);

    *(void **)(void *)at = elements;
    for (uint32_t i = 0; i < *count; i++)
        any_record(any, field->sub, elements + (size_t)i * field->sub->size);
}

static inline void any_strings(struct any *any, char *at, uint32_t *count)
{
    *count = any_number(any, 4);
    const char **strings = hq_arena_alloc(any->arena, *count * sizeof *strings);

    *(const char ***)(void *)at = strings;
    for (uint32_t i = 0; i < *count; i++)
        while (!strings[i]) /* none is missing inside a list */
            strings[i] = any_string(any);
}

static inline void any_field(struct any *any, const struct hq_field *field, char *record)
{
    char *at = record + field->offset;
    uint32_t *count = (uint32_t *)(void *)(record + field->count_offset);

    switch ((enum hq_type)field->type) {
    case HQ_TYPE_STR:
    case HQ_TYPE_INTERN:
        do
            *(const char **)(void *)at = any_string(any);
        while (field->flags & HQ_FIELD_NEEDED && !*(const char **)(void *)at);
        break;
    case HQ_TYPE_INT:
    case HQ_TYPE_TIME:
    case HQ_TYPE_SPAN:
        *(int64_t *)(void *)at = any_integer(any);
        break;
    case HQ_TYPE_TRI:
        *(int8_t *)at = (int8_t)any_number(any, 3) - 1;
        break;
    case HQ_TYPE_ENUM:
        *(uint8_t *)at = (uint8_t)any_number(any, field->name_count);
        break;
    case HQ_TYPE_STRUCT:
        any_record(any, field->sub, at);
        break;
    case HQ_TYPE_OBJECT:
    case HQ_TYPE_SHARED:
        if (!(field->flags & HQ_FIELD_NEEDED) && any_number(any, 4) == 0)
            break;
        *(void **)(void *)at = hq_arena_alloc(any->arena, field->sub->size);
        any_record(any, field->sub, *(void **)(void *)at);
        break;
    case HQ_TYPE_ARRAY:
        any_array(any, field, at, count);
        break;
    case HQ_TYPE_STRV:
        any_strings(any, at, count);
        break;
    }
}

static inline void any_record(struct any *any, const struct hq_schema *schema, void *record)
{
    for (unsigned i = 0; i < schema->field_count; i++)
        any_field(any, &schema->fields[i], record);
}

/* One of SCHEMA after its way over the wire, in the memory of DECODER; NULL: refused there. */
static inline void *any_received(struct any *any, const struct hq_schema *schema,
                                 struct hq_decoder *decoder)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    void *record = hq_arena_alloc(any->arena, schema->size);

    any_record(any, schema, record);
    hq_schema_encode(schema, record, bytes);
    return hq_decoder_read(decoder, schema, bytes->data, bytes->len);
}

#endif
