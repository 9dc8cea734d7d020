/* SPDX-License-Identifier: ISC */
/* How the rows of a schema are written: each macro takes the struct, the member and its key. */
#ifndef HOPQ_MODEL_SCHEMA_ROWS_H
#define HOPQ_MODEL_SCHEMA_ROWS_H

#include "hopq/schema.h"
#include <stddef.h>

#define HQ_ROW(s, m, k, t, ...)                                                            \
    {                                                                                      \
        .key = k, .json_key = ",\"" k "\":", .json_key_length = sizeof(",\"" k "\":") - 1, \
        .type = t, .offset = offsetof(struct s, m), ##__VA_ARGS__                          \
    }

#define HQ_STR(s, m, k)    HQ_ROW(s, m, k, HQ_TYPE_STR)
#define HQ_NAME(s, m, k)   HQ_ROW(s, m, k, HQ_TYPE_STR, .flags = HQ_FIELD_NEEDED)
#define HQ_INTERN(s, m, k) HQ_ROW(s, m, k, HQ_TYPE_INTERN)
#define HQ_INT(s, m, k)    HQ_ROW(s, m, k, HQ_TYPE_INT)
#define HQ_TIME(s, m, k)   HQ_ROW(s, m, k, HQ_TYPE_TIME)
#define HQ_SPAN(s, m, k)   HQ_ROW(s, m, k, HQ_TYPE_SPAN)
#define HQ_TRI(s, m, k)    HQ_ROW(s, m, k, HQ_TYPE_TRI)

#define HQ_ENUM(s, m, k, table) \
    HQ_ROW(s, m, k, HQ_TYPE_ENUM, .names = (table), .name_count = G_N_ELEMENTS(table))
#define HQ_STRUCT(s, m, k, schema) HQ_ROW(s, m, k, HQ_TYPE_STRUCT, .sub = &(schema))
#define HQ_OBJECT(s, m, k, schema) HQ_ROW(s, m, k, HQ_TYPE_OBJECT, .sub = &(schema))
#define HQ_SHARED(s, m, k, schema) HQ_ROW(s, m, k, HQ_TYPE_SHARED, .sub = &(schema))
#define HQ_ARRAY(s, m, count, k, schema) \
    HQ_ROW(s, m, k, HQ_TYPE_ARRAY, .count_offset = offsetof(struct s, count), .sub = &(schema))
#define HQ_STRV(s, m, count, k) \
    HQ_ROW(s, m, k, HQ_TYPE_STRV, .count_offset = offsetof(struct s, count))

/* The same row, not in JSON; or with its members standing in the parent's object. */
#define HQ_HIDE(s, m, t)           HQ_ROW(s, m, #m, t, .flags = HQ_FIELD_HIDDEN)
#define HQ_MARK(s, m)              HQ_ROW(s, m, #m, HQ_TYPE_INT, .flags = HQ_FIELD_HIDDEN | HQ_FIELD_MARK)
#define HQ_SPLICE(s, m, t, schema) HQ_ROW(s, m, #m, t, .sub = &(schema), .flags = HQ_FIELD_SPLICE)

#define HQ_SCHEMA(s, rows)                                                                        \
    {                                                                                             \
        .name = #s, .size = sizeof(struct s), .field_count = G_N_ELEMENTS(rows), .fields = (rows) \
    }

#endif
