/* SPDX-License-Identifier: ISC */
/* Schema: what a record of the model holds, as a table. One row of it gives a field its place in
 * JSON, in snapshots and on the wire between the processes; nothing else knows the fields one by
 * one. The rows are in src/model/schema_*.c. */
#ifndef HOPQ_SCHEMA_H
#define HOPQ_SCHEMA_H

#include "hopq/arena.h"
#include "hopq/json.h"
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hq_type {
    HQ_TYPE_STR,    /* const char *, NULL is null */
    HQ_TYPE_INTERN, /* the same; few distinct values, the decoder keeps each once */
    HQ_TYPE_INT,    /* int64_t, HQ_NONE is null */
    HQ_TYPE_TIME,   /* int64_t microseconds UTC; RFC 3339 in JSON */
    HQ_TYPE_SPAN,   /* int64_t microseconds; seconds in JSON */
    HQ_TYPE_TRI,    /* int8_t: enum hq_tri */
    HQ_TYPE_ENUM,   /* uint8_t; NAMES[value], NULL name is null */
    HQ_TYPE_STRUCT, /* a struct inside the struct */
    HQ_TYPE_OBJECT, /* pointer to a struct of its own, NULL is null */
    HQ_TYPE_SHARED, /* the same, const; equal ones are kept once by the decoder */
    HQ_TYPE_ARRAY,  /* pointer to N structs; the count is a uint32_t */
    HQ_TYPE_STRV    /* const char *const *, the count is a uint32_t */
};

enum hq_field_flags {
    HQ_FIELD_HIDDEN = 1 << 0, /* on the wire, not in JSON */
    HQ_FIELD_SPLICE = 1 << 1, /* the members of the sub-record stand in the parent's JSON object;
                                 a NULL one adds no key */
    HQ_FIELD_NEEDED = 1 << 2, /* never NULL: a record without it is not decoded;
                                 a string that is unknown is "" */
    HQ_FIELD_MARK = 1 << 3    /* an integer that is only compared: any bits */
};

struct hq_schema;

struct hq_field {
    const char *key;
    const char *json_key; /* as it stands behind another member: ,"key": */
    uint8_t json_key_length;
    uint8_t type;  /* enum hq_type */
    uint8_t flags; /* enum hq_field_flags */
    uint16_t offset;
    uint16_t count_offset;       /* ARRAY, STRV */
    const struct hq_schema *sub; /* STRUCT OBJECT SHARED ARRAY */
    const char *const *names;    /* ENUM: NAMES[0..name_count-1] */
    uint16_t name_count;
};

struct hq_schema {
    const char *name;
    uint16_t size; /* of the struct */
    uint16_t field_count;
    const struct hq_field *fields;
    /* Sets what "unknown" is in a zeroed struct (HQ_NONE, HQ_UNKNOWN); derived from the rows. */
};

/* Fills a struct with "unknown" in every field (NULL, HQ_NONE, HQ_UNKNOWN, enum 0; "" where NULL
 * may not be). */
void hq_schema_init(const struct hq_schema *schema, void *record);
/* The same in new memory of ARENA. */
void *hq_schema_new(const struct hq_schema *schema, struct hq_arena *arena);

/* ---- wire: between our processes on one machine; never stored ---- */

/* Appends RECORD. */
void hq_schema_encode(const struct hq_schema *schema, const void *record, GByteArray *out);

struct hq_decoder; /* keeps the SHARED records of one arena */
struct hq_decoder *hq_decoder_new(struct hq_arena *arena); /* ARENA is borrowed, must outlive it */
void hq_decoder_free(struct hq_decoder *decoder);
struct hq_arena *hq_decoder_arena(struct hq_decoder *decoder);
/* Decodes the N bytes, all of them, into new memory of the decoder's arena. Counts, lengths and
 * enum values are checked against what is there: NULL for anything that hq_schema_encode() cannot
 * have written. Integers beyond a terabyte and times beyond the year 11104 become HQ_NONE, so that
 * sums and differences of them fit. The sender may be taken over by whoever wrote the mail it
 * reads. */
void *hq_decoder_read(struct hq_decoder *decoder, const struct hq_schema *schema,
                      const uint8_t *bytes, size_t n);

/* ---- JSON ---- */

/* Writes RECORD as an object; TYPE, when not NULL, is its first member "type". */
void hq_schema_json(const struct hq_schema *schema, const void *record, const char *type,
                    struct hq_json *json);
/* The members alone, inside an object already begun. */
void hq_schema_json_members(const struct hq_schema *schema, const void *record,
                            struct hq_json *json);
/* Reads what hq_schema_json() wrote (a snapshot); VALUE is a jansson json_t object. Unknown keys
 * are skipped, missing ones stay unknown; a value of the wrong type is reported as false with the
 * key's name in BAD_KEY (borrowed). */
bool hq_schema_from_json(const struct hq_schema *schema, void *record, const void *value,
                         struct hq_arena *arena, const char **bad_key);

#endif
