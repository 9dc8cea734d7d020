/* SPDX-License-Identifier: ISC */
/* From a row of a schema to the member of a record: the casts, once. The record may be const;
 * whoever writes through a result has made it. */
#ifndef HOPQ_MODEL_SCHEMA_FIELD_H
#define HOPQ_MODEL_SCHEMA_FIELD_H

#include "hopq/schema.h"

static inline void *hq_field_at(const struct hq_field *field, const void *record)
{
    return (char *)record + field->offset;
}

static inline const char **hq_field_str(const struct hq_field *field, const void *record)
{
    return hq_field_at(field, record);
}

static inline int64_t *hq_field_int(const struct hq_field *field, const void *record)
{
    return hq_field_at(field, record);
}

static inline int8_t *hq_field_tri(const struct hq_field *field, const void *record)
{
    return hq_field_at(field, record);
}

static inline uint8_t *hq_field_enum(const struct hq_field *field, const void *record)
{
    return hq_field_at(field, record);
}

static inline void **hq_field_pointer(const struct hq_field *field, const void *record)
{
    return hq_field_at(field, record);
}

static inline const char *const **hq_field_strv(const struct hq_field *field, const void *record)
{
    return hq_field_at(field, record);
}

static inline uint32_t *hq_field_count_of(const struct hq_field *field, const void *record)
{
    return (uint32_t *)(void *)((char *)record + field->count_offset);
}

/* A number that can be reckoned with: a million of them have a sum, and two moments a difference.
 */
static inline bool hq_field_fits(const struct hq_field *field, int64_t value)
{
    const int64_t most = INT64_C(1) << (field->type == HQ_TYPE_INT ? 40 : 58); /* year 11104 */

    return (value <= most && value >= -most) || field->flags & HQ_FIELD_MARK;
}

/* The Ith element of an ARRAY. */
static inline void *hq_field_element(const struct hq_field *field, const void *record, uint32_t i)
{
    return (char *)*hq_field_pointer(field, record) + (size_t)i * field->sub->size;
}

#endif
