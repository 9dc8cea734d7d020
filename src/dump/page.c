/* SPDX-License-Identifier: ISC */
#include "dump/page.h"
#include "base/utf8.h"
#include <stdarg.h>
#include <string.h>

/* Where the values of fields begin. */
enum { LABEL_INDENT = 2, VALUE_COLUMN = 14 };

void hq_page_init(struct hq_page *page, GString *out, int columns, bool ascii, int64_t now)
{
    page->out = out;
    page->columns = MAX(columns ? columns : 80, HQ_PAGE_MIN_COLUMNS);
    page->flags = ascii ? HQ_TEXT_ASCII : HQ_TEXT_PLAIN;
    page->now = now;
    page->raw = g_string_new(NULL);
    page->safe = g_string_new(NULL);
}

void hq_page_clear(struct hq_page *page)
{
    g_string_free(page->raw, TRUE);
    g_string_free(page->safe, TRUE);
}

GString *hq_page_raw(struct hq_page *page)
{
    return g_string_truncate(page->raw, 0);
}

void hq_page_line(struct hq_page *page, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_string_append_vprintf(page->out, format, arguments);
    va_end(arguments);
    g_string_append_c(page->out, '\n');
}

/* RAW made safe for one line: folded fields and replies of many lines are joined, as their line
 * ends are no attack. Most text is safe as it stands and returned as it is; else valid until the
 * next call. */
static const char *make_safe(struct hq_page *page, const char *raw)
{
    size_t n = strlen(raw);

    if (hq_utf8_plain(raw, n) == n)
        return raw;
    g_autofree char *flat = g_strdelimit(g_strndup(raw, n), "\r\n\t", ' ');

    g_string_truncate(page->safe, 0);
    hq_text_safe(page->safe, flat, n, page->flags);
    return page->safe->str;
}

static void append_blanks(GString *out, int n)
{
    for (; n > 0; n--)
        g_string_append_c(out, ' ');
}

struct block {
    GString *out;
    int hanging;
    bool first;
};

static void block_line(const char *line, size_t n, void *data)
{
    struct block *block = data;

    if (!block->first)
        append_blanks(block->out, block->hanging);
    block->first = false;
    g_string_append_len(block->out, line, (gssize)n);
    g_string_append_c(block->out, '\n');
}

void hq_page_block(struct hq_page *page, const char *lead, int hanging, const char *raw)
{
    int width = MAX((int)strlen(lead), hanging);
    struct block block = {page->out, hanging, true};
    const char *safe = make_safe(page, raw);

    g_string_append(page->out, lead);
    if (!*lead)
        append_blanks(page->out, hanging);
    hq_text_wrap(safe, page->columns - width, block_line, &block);
    if (block.first) /* there was nothing to wrap */
        g_string_append_c(page->out, '\n');
}

void hq_page_field(struct hq_page *page, const char *label, const char *raw)
{
    char lead[32];

    if (!raw)
        return;
    g_snprintf(lead, sizeof lead, "%*s%-*s", LABEL_INDENT, "", VALUE_COLUMN - LABEL_INDENT, label);
    hq_page_block(page, lead, VALUE_COLUMN, raw);
}

static void trim_right(GString *out)
{
    while (out->len && out->str[out->len - 1] == ' ')
        g_string_truncate(out, out->len - 1);
}

void hq_page_row(struct hq_page *page, const struct hq_page_cell *cells, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (i)
            g_string_append_c(page->out, ' ');
        hq_text_fit(page->out, make_safe(page, cells[i].raw ? cells[i].raw : "-"), cells[i].width,
                    cells[i].right, page->flags | (cells[i].keep_end ? HQ_TEXT_KEEP_END : 0));
    }
    trim_right(page->out);
    g_string_append_c(page->out, '\n');
}

char *hq_page_when(const struct hq_page *page, int64_t t, char buf[24])
{
    char span[16];
    int64_t left;

    if (t == HQ_NONE || __builtin_sub_overflow(t, page->now, &left))
        g_strlcpy(buf, "-", 24);
    else if (left / HQ_SECOND == 0)
        g_strlcpy(buf, "now", 24);
    else if (left > 0)
        g_snprintf(buf, 24, "in %s", hq_time_span(left, span));
    else
        g_snprintf(buf, 24, "%s ago", hq_time_span(-left, span));
    return buf;
}
