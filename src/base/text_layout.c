/* SPDX-License-Identifier: ISC */
/* Safe strings in columns: measured, cut, padded, wrapped; never inside a character. */
#include "base/utf8.h"
#include "hopq/text.h"
#include <limits.h>
#include <string.h>

/* Bytes and columns of the character at S, which is not at its end. A byte that is no UTF-8, which
 * no safe string has, counts as a column. */
static size_t next(const char *s, int *columns)
{
    uint32_t character;
    if (s[0] >= 0x20 && s[0] < 0x7F) {
        *columns = 1;
        return 1;
    }
    unsigned length = hq_utf8_decode(s, strnlen(s, 4), &character);
    *columns = length ? hq_utf8_columns(character) : 1;
    return length ? length : 1;
}

/* Bytes that fit; *WIDTH takes their columns. */
static size_t measure(const char *safe, int columns, int *width)
{
    size_t n = 0;
    *width = 0;
    while (safe[n]) {
        int one;
        size_t length = next(safe + n, &one);
        if (one > columns - *width)
            break;
        *width += one;
        n += length;
    }
    return n;
}

int hq_text_width(const char *safe)
{
    int width;
    measure(safe, INT_MAX, &width);
    return width;
}

size_t hq_text_cut(const char *safe, int columns)
{
    int width;
    return columns > 0 ? measure(safe, columns, &width) : 0;
}

static void append_blanks(GString *out, int n)
{
    for (; n > 0; n--)
        g_string_append_c(out, ' ');
}

/* When a text is cut to COLUMNS in its middle: how many of them show its end. That is the domain
 * with what follows it, but a third is left for the local part. */
static int end_columns(const char *safe, int columns, enum hq_text_flags flags)
{
    const char *at = strrchr(safe, '@');
    int most = flags & HQ_TEXT_KEEP_END ? columns - 1 - columns / 3 : 0;
    return MIN(hq_text_width(at ? at : safe), MAX(most, 0));
}

/* The end of SAFE that takes at most COLUMNS; *WIDTH takes its own. */
static const char *end_of(const char *safe, int columns, int *width)
{
    int all = hq_text_width(safe), before, one = 0;
    const char *end = safe + measure(safe, all - columns, &before);
    if (before < all - columns) { /* a wide character: not halved */
        end += next(end, &one);
        end += measure(end, 0, &(int){0}); /* with the marks that stand on it */
    }
    *width = all - before - one;
    return end;
}

void hq_text_fit(GString *out, const char *safe, int columns, bool right, enum hq_text_flags flags)
{
    if (columns <= 0)
        return;
    const char *mark = "", *end = "";
    int width, end_width = 0;
    size_t n = measure(safe, columns, &width);
    if (safe[n]) {
        end = end_of(safe, end_columns(safe, columns, flags), &end_width);
        n = measure(safe, columns - 1 - end_width, &width);
        mark = flags & HQ_TEXT_ASCII ? "~" : "…";
        width += 1 + end_width;
    }
    if (right)
        append_blanks(out, columns - width);
    g_string_append_len(out, safe, (gssize)n);
    g_string_append(out, mark);
    g_string_append(out, end);
    if (!right)
        append_blanks(out, columns - width);
}

static size_t trim_blanks(const char *line, size_t n)
{
    while (n && line[n - 1] == ' ')
        n--;
    return n;
}

/* Bytes of the next line, and in *SKIP those with what parts it from the one after. */
static size_t next_line(const char *safe, int columns, size_t *skip)
{
    int width;
    size_t fits = measure(safe, columns, &width);
    if (!fits) /* a wide character in one column: go on all the same */
        fits = next(safe, &width);
    const char *end = memchr(safe, '\n', fits + (safe[fits] == '\n'));
    if (end || !safe[fits]) {
        size_t n = end ? (size_t)(end - safe) : fits;
        *skip = n + (end != NULL);
        return n;
    }
    size_t n = fits;
    if (safe[fits] != ' ') {
        while (n && safe[n - 1] != ' ')
            n--;
        if (!trim_blanks(safe, n)) /* a word longer than the line */
            n = fits;
    }
    *skip = n + strspn(safe + n, " ");
    return trim_blanks(safe, n);
}

void hq_text_wrap(const char *safe, int columns,
                  void (*each)(const char *line, size_t n, void *data), void *data)
{
    while (*safe) {
        size_t skip;
        size_t n = next_line(safe, columns, &skip);
        each(safe, n, data);
        safe += skip;
    }
}
