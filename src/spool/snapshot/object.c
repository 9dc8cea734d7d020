/* SPDX-License-Identifier: ISC */
/* The objects of a snapshot: see object.h. */
#include "object.h"
#include <glib.h>
#include <string.h>

/* A message with 50,000 recipients and their reasons has 30 MB and a million values. */
#define LENGTH_MAX ((size_t)64 * 1024 * 1024)
#define VALUES_MAX 4000000u
#define DEPTH_MAX  32u

/* The end of the string that begins at I (its quote): behind its closing quote, or where it is cut
 * off. A snapshot has no line end in a string. */
static size_t string_end(const char *s, size_t n, size_t i)
{
    for (i++; i < n && s[i] != '"' && s[i] != '\n'; i++)
        if (s[i] == '\\')
            i++;
    return i < n && s[i] == '"' ? i + 1 : MIN(i, n);
}

enum hq_object_state hq_snapshot_object(const char *s, size_t n, size_t *length)
{
    unsigned depth = 0, values = 0;
    size_t i = 0;

    while (i < n && i < LENGTH_MAX && values < VALUES_MAX && depth <= DEPTH_MAX) {
        size_t next = s[i] == '"' ? string_end(s, n, i) : i + 1;
        bool closed = s[i] != '"' || (next > i + 1 && s[next - 1] == '"');
        depth += s[i] == '{' || s[i] == '[';
        values += s[i] == ',' || s[i] == '[' || s[i] == '{';
        if (s[i] == '}' || s[i] == ']')
            depth--;
        if (s[i] == '\n' || !closed) {
            *length = s[i] == '\n' ? i : next;
            return HQ_OBJECT_TORN;
        }
        i = next;
        if (depth == 0) {
            *length = i;
            return HQ_OBJECT_WHOLE;
        }
    }
    *length = i;
    return i < n ? HQ_OBJECT_UNSOUND : HQ_OBJECT_TORN;
}

/* What one document has around its lists: dump_json.c. */
static const char *const scaffold[] = {"{\"messages\":[", "],\"groups\":[", "],\"summary\":", ",",
                                       "}"};

static size_t skip_blanks(const char *s, size_t n)
{
    size_t i = 0;

    while (i < n && g_ascii_isspace(s[i]))
        i++;
    return i;
}

bool hq_snapshot_begins(const char *s, size_t n)
{
    const char *const begins[] = {HQ_OBJECT_BEGIN "message\"", HQ_OBJECT_BEGIN "group\"",
                                  HQ_OBJECT_BEGIN "summary\"", scaffold[0]};
    size_t blanks = skip_blanks(s, n);

    for (unsigned i = 0; i < G_N_ELEMENTS(begins); i++)
        if (n - blanks >= strlen(begins[i]) &&
            memcmp(s + blanks, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

bool hq_snapshot_gap_ok(const char *s, size_t n)
{
    size_t at = skip_blanks(s, n), i = 0;

    while (at < n && i < G_N_ELEMENTS(scaffold)) {
        size_t word = strlen(scaffold[i]);
        if (n - at >= word && memcmp(s + at, scaffold[i], word) == 0) {
            at += word;
            at += skip_blanks(s + at, n - at);
            i = 0;
        } else {
            i++;
        }
    }
    return at == n;
}
