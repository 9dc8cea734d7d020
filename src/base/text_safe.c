/* SPDX-License-Identifier: ISC */
/* Bytes from mail made safe to print. ncurses shows C0 and broken bytes somehow but lets bidi
 * controls, zero-width and tag characters through, and --dump goes to a terminal with no ncurses
 * between: so everything is marked here, before widths are counted. */
#include "base/utf8.h"
#include "hopq/text.h"

enum { MARKS = 2, TAB = 8 }; /* combining marks a base may carry; columns of a tab stop */

struct safe {
    GString *out;
    enum hq_text_flags flags;
    int column; /* since the last line feed */
    int marks;  /* combining marks that the last character may still take */
};

/* A mark of ours takes no combining character: it would be drawn over. */
static void append_mark(struct safe *safe, const char *mark, size_t n)
{
    g_string_append_len(safe->out, mark, (gssize)n);
    safe->column += (int)n;
    safe->marks = 0;
}

static char hex_digit(uint32_t value)
{
    return "0123456789ABCDEF"[value & 15];
}

static void append_byte(struct safe *safe, uint8_t byte)
{
    const char mark[] = {'\\', 'x', hex_digit(byte >> 4), hex_digit(byte)};
    append_mark(safe, mark, sizeof(mark));
}

static void append_code_point(struct safe *safe, uint32_t character)
{
    char mark[] = "<U+XXXXXX>";
    size_t n = 3;
    for (int shift = character > 0xFFFFF  ? 20
                     : character > 0xFFFF ? 16
                                          : 12;
         shift >= 0; shift -= 4)
        mark[n++] = hex_digit(character >> shift);
    mark[n++] = '>';
    append_mark(safe, mark, n);
}

static void append_control(struct safe *safe, uint32_t character)
{
    if (safe->flags & HQ_TEXT_KEEP_LINES && character == '\n') {
        g_string_append_c(safe->out, '\n');
        safe->column = 0;
        safe->marks = 0;
    } else if (safe->flags & HQ_TEXT_KEEP_LINES && character == '\t') {
        size_t blanks = TAB - (size_t)safe->column % TAB;
        append_mark(safe, "        ", blanks);
    } else { /* DEL is ^? */
        const char mark[] = {'^', (char)(character ^ 0x40)};
        append_mark(safe, mark, sizeof(mark));
    }
}

static void append_character(struct safe *safe, uint32_t character, const char *bytes, size_t n)
{
    if (character < 0x20 || character == 0x7F) {
        append_control(safe, character);
        return;
    }
    int columns = hq_utf8_columns(character);
    bool ascii = safe->flags & HQ_TEXT_ASCII;
    if (ascii || hq_utf8_hidden(character) || (columns == 0 && safe->marks == 0)) {
        append_code_point(safe, character);
        return;
    }
    g_string_append_len(safe->out, bytes, (gssize)n);
    safe->column += columns;
    safe->marks = columns ? MARKS : safe->marks - 1;
}

/* What is no printable ASCII; returns the bytes used. */
static size_t append_other(struct safe *safe, const char *s, size_t n)
{
    uint32_t character;
    unsigned length = hq_utf8_decode(s, n, &character);
    if (length) {
        append_character(safe, character, s, length);
        return length;
    }
    if (hq_utf8_is_nul(s, n)) {
        append_mark(safe, "^@", 2);
        return 2;
    }
    append_byte(safe, (uint8_t)s[0]);
    return 1;
}

void hq_text_safe(GString *out, const char *s, size_t n, enum hq_text_flags flags)
{
    struct safe safe = {.out = out, .flags = flags};
    while (n) {
        size_t used = hq_utf8_plain(s, n);
        if (used) {
            g_string_append_len(out, s, (gssize)used);
            safe.column = (safe.column + (int)(used % TAB)) % TAB; /* only tabs ask */
            safe.marks = MARKS;
        } else {
            used = append_other(&safe, s, n);
        }
        s += used;
        n -= used;
    }
}

void hq_text_utf8(GString *out, const char *s, size_t n)
{
    while (n) {
        uint32_t character;
        size_t used = hq_utf8_plain(s, n);
        if (!used)
            used = hq_utf8_decode(s, n, &character);
        if (used) {
            g_string_append_len(out, s, (gssize)used);
        } else {
            g_string_append_len(out, "\xEF\xBF\xBD", 3); /* U+FFFD */
            used = 1;
        }
        s += used;
        n -= used;
    }
}
