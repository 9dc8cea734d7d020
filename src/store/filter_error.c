/* SPDX-License-Identifier: ISC */
/* Mistakes in a filter: a caret under the place, and the word that was probably meant. */
#include "hopq/error.h"
#include "hopq/text.h"
#include "store/filter_internal.h"
#include <stdarg.h>
#include <string.h>

/* What is shown of a long expression: this much before and after the mistake. */
enum { SHOWN_BEFORE = 48, SHOWN_AFTER = 24 };

/* Appends the expression and, on the next line, a caret under byte AT. */
static void append_caret(GString *out, const char *text, size_t at)
{
    size_t n = strlen(text), from = at > SHOWN_BEFORE ? at - SHOWN_BEFORE : 0;
    size_t to = MIN(n, at + SHOWN_AFTER);
    g_autoptr(GString) before = g_string_new(from ? "..." : "");
    g_autoptr(GString) after = g_string_new(NULL);

    while (from < at && (text[from] & 0xC0) == 0x80) /* not inside of a character */
        from++;
    while (to < n && (text[to] & 0xC0) == 0x80)
        to++;
    hq_text_safe(before, text + from, at - from, HQ_TEXT_PLAIN);
    hq_text_safe(after, text + at, to - at, HQ_TEXT_PLAIN);
    g_string_append_printf(out, "\n  %s%s%s\n  %*s^", before->str, after->str, to < n ? "..." : "",
                           hq_text_width(before->str), "");
}

bool hq_filter_fail(struct hq_filter_scan *scan, size_t at, const char *format, ...)
{
    g_autoptr(GString) what = g_string_new(NULL);
    g_autoptr(GString) message = g_string_new("filter: ");
    va_list arguments;

    va_start(arguments, format);
    g_string_append_vprintf(what, format, arguments);
    va_end(arguments);
    hq_text_safe(message, what->str, what->len, HQ_TEXT_PLAIN);
    append_caret(message, scan->text, at);
    if (scan->offset)
        *scan->offset = at;
    g_set_error_literal(scan->error, HQ_ERROR, HQ_EXIT_USAGE, message->str);
    return false;
}

/* Longest name that is looked at: all of ours are shorter. */
enum { MAX_NAME = 24 };

/* Levenshtein distance of two words of at most MAX_NAME bytes, case ignored. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[MAX_NAME + 1];
    size_t na = strlen(a), nb = strlen(b);

    for (size_t j = 0; j <= nb; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            bool same = g_ascii_tolower(a[i - 1]) == g_ascii_tolower(b[j - 1]);
            unsigned change = diagonal + !same;
            diagonal = row[j];
            row[j] = MIN(change, 1 + MIN(row[j], row[j - 1]));
        }
    }
    return row[nb];
}

const char *hq_filter_nearest(const char *word, const char *const *names, unsigned count)
{
    const char *nearest = NULL;
    size_t length = strlen(word);
    unsigned least = length < 4 ? 2 : 3; /* one letter wrong in a short word, two in a long one */

    if (length > MAX_NAME)
        return NULL;
    for (unsigned i = 0; i < count; i++) {
        if (!names[i] || strlen(names[i]) > MAX_NAME)
            continue;
        unsigned d = distance(word, names[i]);
        if (d < least) {
            least = d;
            nearest = names[i];
        }
    }
    return nearest;
}
