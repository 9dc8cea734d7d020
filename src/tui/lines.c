/* SPDX-License-Identifier: ISC */
/* Building styled lines and breaking them into rows; lines_draw.c puts rows on the screen. */
#include "tui/lines.h"
#include "tui/lines_internal.h"
#include <string.h>

#define LABEL_COLUMNS 13

void hq_lines_init(struct hq_lines *lines, const struct hq_term *term)
{
    *lines = (struct hq_lines){
        .text = g_string_new(NULL),
        .runs = g_array_new(FALSE, FALSE, sizeof(struct hq_run)),
        .lines = g_array_new(FALSE, FALSE, sizeof(struct hq_text_line)),
        .rows = g_array_new(FALSE, FALSE, sizeof(struct hq_row)),
        .term = term,
    };
}

void hq_lines_clear(struct hq_lines *lines)
{
    g_string_truncate(lines->text, 0);
    g_array_set_size(lines->runs, 0);
    g_array_set_size(lines->lines, 0);
    g_array_set_size(lines->rows, 0);
    lines->begin = 0;
    lines->first = 0;
    lines->hang = 0;
    lines->spare = 0;
    lines->rail = false;
    lines->mark = 0;
}

void hq_lines_finish(struct hq_lines *lines)
{
    g_string_free(lines->text, TRUE);
    g_array_unref(lines->runs);
    g_array_unref(lines->lines);
    g_array_unref(lines->rows);
}

static void add_bytes(struct hq_lines *lines, enum hq_role role, const char *text, size_t n,
                      enum hq_text_flags flags)
{
    struct hq_run run = {.offset = lines->text->len, .role = role};
    hq_text_safe(lines->text, text, n, lines->term->text | flags);
    if (lines->text->len > run.offset)
        g_array_append_val(lines->runs, run);
}

void hq_lines_add(struct hq_lines *lines, enum hq_role role, const char *text)
{
    if (text)
        add_bytes(lines, role, text, strlen(text), HQ_TEXT_PLAIN);
}

void hq_lines_glyph(struct hq_lines *lines, enum hq_role role, enum hq_glyph glyph)
{
    hq_lines_add(lines, role, hq_glyph(lines->term, glyph));
}

void hq_lines_printf(struct hq_lines *lines, enum hq_role role, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    hq_lines_add(lines, role, text);
}

static int column(const struct hq_lines *lines)
{
    return hq_text_width(lines->text->str + lines->begin);
}

void hq_lines_tab(struct hq_lines *lines, int wanted)
{
    for (int i = column(lines); i < wanted; i++)
        hq_lines_add(lines, HQ_ROLE_NORMAL, " ");
}

void hq_lines_hang(struct hq_lines *lines)
{
    lines->hang = column(lines);
}

void hq_lines_hang_at(struct hq_lines *lines, int columns)
{
    lines->hang = columns;
}

void hq_lines_spare(struct hq_lines *lines)
{
    lines->spare = lines->text->len;
}

void hq_lines_rail(struct hq_lines *lines)
{
    lines->rail = true;
}

void hq_lines_end(struct hq_lines *lines)
{
    struct hq_text_line line = {.begin = lines->begin,
                                .end = lines->text->len,
                                .first_run = lines->first,
                                .mark = lines->mark,
                                .hang = lines->hang,
                                .spare = lines->spare,
                                .rail = lines->rail};
    g_array_append_val(lines->lines, line);
    g_string_append_c(lines->text, '\0');
    lines->begin = lines->text->len;
    lines->first = lines->runs->len;
    lines->hang = 0;
    lines->spare = 0;
    lines->rail = false;
    lines->mark = 0;
}

void hq_lines_mark(struct hq_lines *lines, int mark)
{
    lines->mark = mark;
}

void hq_lines_empty(struct hq_lines *lines)
{
    hq_lines_end(lines);
}

void hq_lines_label(struct hq_lines *lines, const char *label, enum hq_role role, const char *value)
{
    if (!value || !*value)
        return;
    hq_lines_add(lines, HQ_ROLE_LABEL, label);
    hq_lines_tab(lines, LABEL_COLUMNS);
    hq_lines_hang(lines);
    hq_lines_add(lines, role, value);
    hq_lines_end(lines);
}

void hq_lines_text_marked(struct hq_lines *lines, enum hq_role role, const char *text, size_t n,
                          size_t begin, size_t end)
{
    for (size_t at = 0; at < n;) {
        const char *stop = memchr(text + at, '\n', n - at);
        size_t next = stop ? (size_t)(stop - text) + 1 : n;
        size_t last = stop ? next - 1 : n;
        if (last > at && text[last - 1] == '\r')
            last--;
        size_t from = CLAMP(begin, at, last), to = CLAMP(end, from, last);
        add_bytes(lines, role, text + at, from - at, HQ_TEXT_KEEP_LINES);
        add_bytes(lines, HQ_ROLE_MATCH, text + from, to - from, HQ_TEXT_KEEP_LINES);
        add_bytes(lines, role, text + to, last - to, HQ_TEXT_KEEP_LINES);
        hq_lines_end(lines);
        at = next;
    }
}

void hq_lines_text(struct hq_lines *lines, enum hq_role role, const char *text, size_t n)
{
    hq_lines_text_marked(lines, role, text, n, n, n);
}

/* Bytes of the N of REST for a row of COLUMNS: to the last blank when the word behind it fits the
 * next row of NEXT columns whole, so that addresses of pages can be copied; else to the edge; at
 * least one character. */
static size_t break_at(const char *rest, size_t n, int columns, int next)
{
    size_t cut = hq_text_cut(rest, columns);
    if (cut >= n)
        return n;
    if (cut == 0)
        return (size_t)(g_utf8_next_char(rest) - rest);
    if (rest[cut] == ' ')
        return cut;
    size_t word = cut;
    while (word > 0 && rest[word - 1] != ' ')
        word--;
    size_t length = strcspn(rest + word, " ");
    bool fits = word > 0 && hq_text_cut(rest + word, next) >= MIN(length, n - word);
    return fits || word > cut / 2 ? word : cut;
}

static void wrap_line(struct hq_lines *lines, unsigned index, int width)
{
    const struct hq_text_line *line = &g_array_index(lines->lines, struct hq_text_line, index);
    struct hq_row row = {.line = index, .begin = line->begin};
    int hang = line->hang < width / 2 ? line->hang : 2;
    const char *text = lines->text->str;
    bool whole = line->begin + hq_text_cut(text + line->begin, width) >= line->end;
    size_t end = line->spare && !whole ? line->spare : line->end;
    do {
        row.end = row.begin + break_at(text + row.begin, end - row.begin,
                                       MAX(width - row.indent, 1), MAX(width - hang, 1));
        g_array_append_val(lines->rows, row);
        row.begin = row.end;
        while (row.begin < end && text[row.begin] == ' ')
            row.begin++;
        row.indent = hang;
    } while (row.begin < end);
}

int hq_lines_layout(struct hq_lines *lines, int width, bool wrap)
{
    g_array_set_size(lines->rows, 0);
    for (unsigned i = 0; i < lines->lines->len; i++) {
        if (wrap) {
            wrap_line(lines, i, width);
            continue;
        }
        const struct hq_text_line *line = &g_array_index(lines->lines, struct hq_text_line, i);
        struct hq_row row = {.line = i, .begin = line->begin, .end = line->end};
        g_array_append_val(lines->rows, row);
    }
    return (int)lines->rows->len;
}

void hq_lines_fill(struct hq_lines *lines, int row, int width)
{
    if (row < 0 || row >= (int)lines->rows->len)
        return;
    struct hq_row *last = &g_array_index(lines->rows, struct hq_row, row);
    const char *text = lines->text->str + last->begin;
    size_t cut = hq_text_cut(text, width - last->indent), word = cut;
    while (word > 0 && text[word - 1] != ' ')
        word--;
    size_t length = strcspn(text + word, " ");
    if (cut < word + length && word > 0 && g_strstr_len(text + word, (gssize)length, "://"))
        cut = word; /* half the address of a page leads to another one */
    last->end = last->begin + cut;
}
