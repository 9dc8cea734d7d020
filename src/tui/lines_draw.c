/* SPDX-License-Identifier: ISC */
/* Rows of styled text on the screen, their search and their place in the text. */
#include "tui/lines_internal.h"
#include "tui/list.h"
#include <string.h>

static const struct hq_row *row_at(const struct hq_lines *lines, int row)
{
    return &g_array_index(lines->rows, struct hq_row, row);
}

static const struct hq_text_line *line_at(const struct hq_lines *lines, unsigned line)
{
    return &g_array_index(lines->lines, struct hq_text_line, line);
}

/* End of run I within the line, and its role. */
static size_t run_end(const struct hq_lines *lines, unsigned i, size_t limit)
{
    if (i + 1 >= lines->runs->len)
        return limit;
    return MIN(g_array_index(lines->runs, struct hq_run, i + 1).offset, limit);
}

static void draw_runs(const struct hq_lines *lines, struct hq_term *term, const struct hq_row *row,
                      size_t from, int y, int x, int width, bool cursor)
{
    size_t line_end = line_at(lines, row->line)->end;
    for (unsigned i = line_at(lines, row->line)->first_run; i < lines->runs->len; i++) {
        const struct hq_run *run = &g_array_index(lines->runs, struct hq_run, i);
        size_t begin = MAX(run->offset, from), end = MIN(run_end(lines, i, line_end), row->end);
        if (run->offset >= row->end || x >= width)
            break;
        if (begin < end)
            x += hq_term_slice(term, y, x, width - x, cursor ? HQ_ROLE_CURSOR : run->role,
                               lines->text->str + begin, end - begin);
    }
}

/* Marks each NEEDLE in the row by drawing it again. */
static void draw_matches(const struct hq_lines *lines, struct hq_term *term,
                         const struct hq_row *row, size_t from, int y, int x0, int width,
                         const char *needle)
{
    size_t n = strlen(needle);
    g_autoptr(GString) before = g_string_new(NULL);
    for (size_t at = from; n > 0 && at + n <= row->end; at++) {
        const char *p = lines->text->str + at;
        if (g_ascii_strncasecmp(p, needle, n) != 0)
            continue;
        g_string_truncate(before, 0);
        g_string_append_len(before, lines->text->str + from, (gssize)(at - from));
        int x = x0 + hq_text_width(before->str);
        if (x >= width)
            break;
        hq_term_slice(term, y, x, width - x, HQ_ROLE_MATCH, p, n);
        at += n - 1;
    }
}

void hq_lines_draw(const struct hq_lines *lines, struct hq_term *term, int row, int y, int left,
                   int width, bool cursor, const char *needle)
{
    const struct hq_row *place = row_at(lines, row);
    size_t from = place->begin;
    if (cursor)
        hq_term_blank(term, y, width, HQ_ROLE_CURSOR);
    if (left > 0) {
        from += hq_text_cut(lines->text->str + from, left);
        from = MIN(from, place->end);
    }
    if (left == 0 && place->begin > line_at(lines, place->line)->begin &&
        line_at(lines, place->line)->rail)
        hq_term_put(term, y, 0, 1, cursor ? HQ_ROLE_CURSOR : HQ_ROLE_RULE,
                    hq_glyph(term, HQ_GLYPH_VLINE));
    draw_runs(lines, term, place, from, y, place->indent, width, cursor);
    if (needle && *needle)
        draw_matches(lines, term, place, from, y, place->indent, width, needle);
    if (from > place->begin)
        hq_term_put(term, y, 0, 1, HQ_ROLE_DIM, hq_glyph(term, HQ_GLYPH_MORE_LEFT));
    if (from + hq_text_cut(lines->text->str + from, width - place->indent) < place->end)
        hq_term_put(term, y, width - 1, 1, HQ_ROLE_DIM, hq_glyph(term, HQ_GLYPH_MORE_RIGHT));
}

bool hq_lines_match(const struct hq_lines *lines, int row, const char *needle)
{
    bool first = row == 0 || row_at(lines, row)->line != row_at(lines, row - 1)->line;
    return first && hq_search_in(hq_lines_get(lines, row), needle);
}

const char *hq_lines_get(const struct hq_lines *lines, int row)
{
    if (row < 0 || row >= (int)lines->rows->len)
        return "";
    return lines->text->str + line_at(lines, row_at(lines, row)->line)->begin;
}

int hq_lines_mark_of(const struct hq_lines *lines, int row)
{
    if (row < 0 || row >= (int)lines->rows->len)
        return 0;
    return line_at(lines, row_at(lines, row)->line)->mark;
}

int hq_lines_line_of(const struct hq_lines *lines, int row)
{
    if (row < 0 || row >= (int)lines->rows->len)
        return 0;
    return (int)row_at(lines, row)->line;
}

int hq_lines_row_of(const struct hq_lines *lines, int line)
{
    unsigned low = 0, high = lines->rows->len;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if ((int)row_at(lines, (int)middle)->line < line)
            low = middle + 1;
        else
            high = middle;
    }
    return (int)low;
}
