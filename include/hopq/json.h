/* SPDX-License-Identifier: ISC */
/* Streaming JSON writer: appends to a GString, remembers where commas go. Always valid UTF-8. */
#ifndef HOPQ_JSON_H
#define HOPQ_JSON_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct hq_json {
    GString *out; /* borrowed */
    bool comma;   /* the next value wants one */
};

void hq_json_init(struct hq_json *json, GString *out);
void hq_json_begin_object(struct hq_json *json);
void hq_json_end_object(struct hq_json *json);
void hq_json_begin_array(struct hq_json *json);
void hq_json_end_array(struct hq_json *json);
/* KEY is our own plain ASCII. */
void hq_json_key(struct hq_json *json, const char *key);
/* S: bytes, made valid (hq_text_utf8); an embedded NUL (C0 80) becomes \u0000. NULL is null. What
 * hq_text_safe() would mark is escaped (\u202e), as people look at JSON on terminals too. */
void hq_json_string(struct hq_json *json, const char *s);
void hq_json_int(struct hq_json *json, int64_t value);
void hq_json_bool(struct hq_json *json, bool value);
void hq_json_null(struct hq_json *json);
/* Seconds with up to 6 decimals and no trailing zeros, from microseconds. */
void hq_json_seconds(struct hq_json *json, int64_t microseconds);

#endif
