/* SPDX-License-Identifier: ISC */
/* Text on the terminal. The one place where strangers' bytes reach it: all of them go through
 * hq_text_safe() here, or were made safe by a line builder (lines.c). */
#include "tui/term.h"
#include <ncurses.h>
#include <string.h>

static const char *const glyphs[HQ_GLYPH_COUNT][2] = {
#define HQ_GLYPH(id, unicode, ascii) [HQ_GLYPH_##id] = {(unicode), (ascii)},
#include "tui/glyphs.def"
#undef HQ_GLYPH
};

const char *hq_glyph(const struct hq_term *term, enum hq_glyph glyph)
{
    return glyphs[glyph][term->text & HQ_TEXT_ASCII ? 1 : 0];
}

/* How many bytes of a text can show in COLUMNS: it may be a header of 100 KB, drawn thirty times a
 * second, and the rest need not be looked at. */
static size_t most(int columns)
{
    return (size_t)columns * 16 + 64;
}

static const char *make_safe(struct hq_term *term, const char *text, int columns)
{
    g_string_truncate(term->safe, 0);
    if (text)
        hq_text_safe(term->safe, text, strnlen(text, most(columns)), term->text);
    return term->safe->str;
}

static void write_bytes(struct hq_term *term, int y, int x, enum hq_role role, const char *safe,
                        size_t n)
{
    if (y < 0 || y >= LINES || x < 0 || x >= COLS)
        return;
    attrset((int)term->style[role]);
    mvaddnstr(y, x, safe, (int)n);
    attrset(A_NORMAL);
}

int hq_term_put(struct hq_term *term, int y, int x, int columns, enum hq_role role,
                const char *text)
{
    if (columns <= 0)
        return 0;
    const char *safe = make_safe(term, text, columns);
    int width = hq_text_width(safe);
    if (width <= columns) {
        write_bytes(term, y, x, role, safe, term->safe->len);
        return width;
    }
    g_string_truncate(term->fit, 0);
    hq_text_fit(term->fit, safe, columns, false, term->text);
    write_bytes(term, y, x, role, term->fit->str, term->fit->len);
    return columns;
}

void hq_term_cell(struct hq_term *term, int y, int x, int columns, enum hq_role role,
                  enum hq_align align, const char *text)
{
    if (columns <= 0)
        return;
    /* make_safe() cuts a longer text: its end is not at hand */
    bool ends = align == HQ_ENDS && strlen(text) <= most(columns);
    g_string_truncate(term->fit, 0);
    hq_text_fit(term->fit, make_safe(term, text, columns), columns, align == HQ_RIGHT,
                term->text | (ends ? HQ_TEXT_KEEP_END : 0));
    write_bytes(term, y, x, role, term->fit->str, term->fit->len);
}

int hq_term_slice(struct hq_term *term, int y, int x, int columns, enum hq_role role,
                  const char *safe, size_t n)
{
    if (columns <= 0)
        return 0;
    g_string_truncate(term->fit, 0);
    g_string_append_len(term->fit, safe, (gssize)n);
    g_string_truncate(term->fit, hq_text_cut(term->fit->str, columns));
    write_bytes(term, y, x, role, term->fit->str, term->fit->len);
    return hq_text_width(term->fit->str);
}

static void fill(struct hq_term *term, int y, int width, enum hq_role role, const char *glyph)
{
    g_string_truncate(term->fit, 0);
    for (int i = 0; i < width; i++)
        g_string_append(term->fit, glyph);
    write_bytes(term, y, 0, role, term->fit->str, term->fit->len);
}

void hq_term_blank(struct hq_term *term, int y, int width, enum hq_role role)
{
    fill(term, y, width, role, " ");
}

void hq_term_rule(struct hq_term *term, int y, int width, enum hq_role role)
{
    fill(term, y, width, role, hq_glyph(term, HQ_GLYPH_HLINE));
}
