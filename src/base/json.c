/* SPDX-License-Identifier: ISC */
/* Streaming JSON writer (RFC 8259). Everything that could steer a terminal is escaped, although
 * JSON does not ask for it: people look at --dump=ndjson on one. */
#include "hopq/json.h"
#include "base/append.h"
#include "base/utf8.h"
#include <string.h>

void hq_json_init(struct hq_json *json, GString *out)
{
    *json = (struct hq_json){.out = out};
}

static void value_begins(struct hq_json *json)
{
    if (json->comma)
        hq_append_char(json->out, ',');
    json->comma = true;
}

static void append_value(struct hq_json *json, const char *literal, size_t n)
{
    value_begins(json);
    hq_append(json->out, literal, n);
}

static void open_with(struct hq_json *json, char bracket)
{
    value_begins(json);
    hq_append_char(json->out, bracket);
    json->comma = false;
}

static void close_with(struct hq_json *json, char bracket)
{
    hq_append_char(json->out, bracket);
    json->comma = true;
}

void hq_json_begin_object(struct hq_json *json)
{
    open_with(json, '{');
}

void hq_json_end_object(struct hq_json *json)
{
    close_with(json, '}');
}

void hq_json_begin_array(struct hq_json *json)
{
    open_with(json, '[');
}

void hq_json_end_array(struct hq_json *json)
{
    close_with(json, ']');
}

void hq_json_key(struct hq_json *json, const char *key)
{
    size_t n = strlen(key);

    value_begins(json);
    char *p = hq_append_room(json->out, n + 3);
    p[0] = '"';
    memcpy(p + 1, key, n);
    memcpy(p + 1 + n, "\":", 2);
    json->comma = false;
}

void hq_json_member(struct hq_json *json, const char *member, size_t n)
{
    hq_append(json->out, member + !json->comma, n - !json->comma);
    json->comma = false;
}

/* ---- records that come again ---- */

static unsigned slot_of(const void *record)
{
    return (unsigned)((uintptr_t)record * UINT64_C(0x9E3779B97F4A7C15) >> 57);
}

bool hq_json_repeat(struct hq_json *json, const void *record)
{
    if (!json->memo || json->memo->seen[slot_of(record)].record != record)
        return false;
    size_t start = json->memo->seen[slot_of(record)].start;
    size_t n = json->memo->seen[slot_of(record)].length;
    value_begins(json);
    char *to = hq_append_room(json->out, n); /* this may move what is copied */
    memcpy(to, json->out->str + start, n);
    return true;
}

size_t hq_json_start(const struct hq_json *json)
{
    return json->out->len + json->comma;
}

void hq_json_remember(struct hq_json *json, const void *record, size_t start)
{
    if (!json->memo)
        return;
    json->memo->seen[slot_of(record)].record = record;
    json->memo->seen[slot_of(record)].start = start;
    json->memo->seen[slot_of(record)].length = json->out->len - start;
}

/* ---- strings ---- */

static bool is_verbatim(char c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

/* The same of 16 bytes at once; -128 to -1 are those above 7F. */
static bool all_verbatim(const char *s)
{
    typedef int8_t lanes __attribute__((vector_size(16)));
    typedef uint64_t halves __attribute__((vector_size(16)));
    lanes c;
    memcpy(&c, s, sizeof c);
    halves odd = (halves)((c < 0x20) | (c == 0x7F) | (c == '"') | (c == '\\'));
    return (odd[0] | odd[1]) == 0;
}

/* Length of the bytes S begins with that JSON takes as they are: ASCII without " and \. */
static size_t verbatim(const char *s, size_t n)
{
    size_t i = 0;
    while (n - i >= 16 && all_verbatim(s + i))
        i += 16;
    if (n >= 16 && n - i < 16 && all_verbatim(s + n - 16)) /* the rest, and some bytes again */
        return n;
    while (i < n && is_verbatim(s[i]))
        i++;
    return i;
}

static void append_hex(GString *out, uint32_t unit)
{
    static const char digits[] = "0123456789abcdef";
    const char text[] = {'\\',
                         'u',
                         digits[unit >> 12 & 15],
                         digits[unit >> 8 & 15],
                         digits[unit >> 4 & 15],
                         digits[unit & 15]};
    hq_append(out, text, sizeof(text));
}

static void append_escaped(GString *out, uint32_t character)
{
    static const char shorts[][3] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r"};
    if (character < G_N_ELEMENTS(shorts) && shorts[character][0]) {
        hq_append(out, shorts[character], 2);
    } else if (character < 0x10000) {
        append_hex(out, character);
    } else { /* a surrogate pair, RFC 8259 section 7 */
        append_hex(out, 0xD800 + ((character - 0x10000) >> 10));
        append_hex(out, 0xDC00 + ((character - 0x10000) & 0x3FF));
    }
}

/* One character, or one byte that is none; returns the bytes used. */
static size_t append_character(GString *out, const char *s, size_t n)
{
    uint32_t character;
    unsigned length = hq_utf8_decode(s, n, &character);
    if (!length) {
        if (hq_utf8_is_nul(s, n)) {
            append_hex(out, 0);
            return 2;
        }
        hq_append(out, "\xEF\xBF\xBD", 3); /* U+FFFD */
        return 1;
    }
    if (character == '"' || character == '\\') {
        hq_append_char(out, '\\');
        hq_append_char(out, (char)character);
    } else if (hq_utf8_hidden(character)) {
        append_escaped(out, character);
    } else {
        hq_append(out, s, length);
    }
    return length;
}

/* N bytes of which the first RUN need no escape. */
static void append_mixed(GString *out, const char *s, size_t n, size_t run)
{
    for (;;) {
        hq_append(out, s, run);
        s += run;
        n -= run;
        if (!n)
            return;
        size_t used = append_character(out, s, n);
        s += used;
        n -= used;
        run = verbatim(s, n);
    }
}

void hq_json_string(struct hq_json *json, const char *s)
{
    if (!s) {
        hq_json_null(json);
        return;
    }
    size_t n = strlen(s);
    size_t run = verbatim(s, n);
    value_begins(json);
    if (run == n) {
        char *p = hq_append_room(json->out, n + 2);
        p[0] = p[n + 1] = '"';
        memcpy(p + 1, s, n);
        return;
    }
    hq_append_char(json->out, '"');
    append_mixed(json->out, s, n, run);
    hq_append_char(json->out, '"');
}

enum { DIGITS = 20 }; /* of the largest uint64_t */

/* Decimal digits of VALUE, at least WIDTH, at the end of BUF; returns the first. */
static char *to_digits(char *end, uint64_t value, int width)
{
    for (; value || width > 0; value /= 10, width--)
        *--end = (char)('0' + value % 10);
    return end;
}

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

void hq_json_int(struct hq_json *json, int64_t value)
{
    char buf[1 + DIGITS];
    char *end = buf + sizeof(buf);
    char *p = to_digits(end, magnitude(value), 1);
    if (value < 0)
        *--p = '-';
    append_value(json, p, (size_t)(end - p));
}

void hq_json_bool(struct hq_json *json, bool value)
{
    append_value(json, value ? "true" : "false", value ? 4 : 5);
}

void hq_json_null(struct hq_json *json)
{
    append_value(json, "null", 4);
}

void hq_json_seconds(struct hq_json *json, int64_t microseconds)
{
    char buf[1 + DIGITS + 1 + 6];
    char *end = buf + sizeof(buf);
    uint64_t all = magnitude(microseconds);
    char *p = to_digits(end, all % 1000000, 6);
    while (end > p && end[-1] == '0')
        end--;
    if (end > p)
        *--p = '.';
    else
        end = p;
    p = to_digits(p, all / 1000000, 1);
    if (microseconds < 0)
        *--p = '-';
    append_value(json, p, (size_t)(end - p));
}
