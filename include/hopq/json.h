/* SPDX-License-Identifier: ISC */
/* Streaming JSON writer: appends to a GString, remembers where commas go. Always valid UTF-8. */
#ifndef HOPQ_JSON_H
#define HOPQ_JSON_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Where in OUT the JSON of a record begins and how long it is, for records that come again: half of
 * a large queue's JSON is the same reasons. Zero it first. Good for one OUT that only grows, and
 * for records that live as long as it. */
struct hq_json_memo {
    struct {
        const void *record;
        size_t start, length;
    } seen[128];
};

struct hq_json {
    GString *out;              /* borrowed */
    bool comma;                /* the next value wants one */
    struct hq_json_memo *memo; /* borrowed; NULL: none */
};

void hq_json_init(struct hq_json *json, GString *out);
void hq_json_begin_object(struct hq_json *json);
void hq_json_end_object(struct hq_json *json);
void hq_json_begin_array(struct hq_json *json);
void hq_json_end_array(struct hq_json *json);
/* KEY is our own plain ASCII. */
void hq_json_key(struct hq_json *json, const char *key);
/* The same of ,"key": written out, N bytes. */
void hq_json_member(struct hq_json *json, const char *member, size_t n);
/* Writes again what was remembered of RECORD, a value or some members; false: nothing was. */
bool hq_json_repeat(struct hq_json *json, const void *record);
/* Where the next thing written begins. */
size_t hq_json_start(const struct hq_json *json);
/* What was written since START is RECORD's. It must not be empty. */
void hq_json_remember(struct hq_json *json, const void *record, size_t start);
/* S: bytes, made valid (hq_text_utf8); an embedded NUL (C0 80) becomes \u0000. NULL is null. What
 * hq_text_safe() would mark is escaped (\u202e), as people look at JSON on terminals too. */
void hq_json_string(struct hq_json *json, const char *s);
void hq_json_int(struct hq_json *json, int64_t value);
void hq_json_bool(struct hq_json *json, bool value);
void hq_json_null(struct hq_json *json);
/* Seconds with up to 6 decimals and no trailing zeros, from microseconds. */
void hq_json_seconds(struct hq_json *json, int64_t microseconds);

#endif
