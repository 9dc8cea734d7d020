/* SPDX-License-Identifier: ISC */
/* The opened message: its parts and the text that a person would read, within bounds. */
#include "body.h"
#include "core/decode/gmime.h"
#include "hopq/decode.h"
#include <string.h>

/* So many encoded bytes are read for a byte of text: base64, two-byte charsets, tags of HTML. */
#define ENCODED_PER_TEXT 8
#define ENCODED_SLACK    (64UL * 1024)

static const struct body_part *find_text(const GArray *parts, const char *type)
{
    for (unsigned i = 0; i < parts->len; i++) {
        const struct body_part *part = &g_array_index(parts, struct body_part, i);

        if (!part->attachment && strcmp(part->shown.type, type) == 0)
            return part;
    }
    return NULL;
}

/* Undoes base64, quoted-printable or uuencode; false when the content is stored as it is. */
static bool undo_encoding(GString *out, GMimeContentEncoding encoding, const char *s, size_t n)
{
    GMimeEncoding state;

    if (encoding != GMIME_CONTENT_ENCODING_BASE64 &&
        encoding != GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE &&
        encoding != GMIME_CONTENT_ENCODING_UUENCODE)
        return false;
    g_mime_encoding_init_decode(&state, encoding);
    g_string_set_size(out, g_mime_encoding_outlen(&state, n));
    g_string_truncate(out, g_mime_encoding_flush(&state, s, n, out->str));
    return true;
}

/* At most MAX bytes of TEXT, never half a character. True: there was more. */
static bool cut(GString *text, size_t max)
{
    if (text->len <= max)
        return false;
    while (max > 0 && ((unsigned char)text->str[max] & 0xC0) == 0x80)
        max--;
    g_string_truncate(text, max);
    return true;
}

static size_t bytes_to_look_at(size_t stored, size_t max_text)
{
    if (max_text >= stored)
        return stored;
    return MIN(stored, max_text * ENCODED_PER_TEXT + ENCODED_SLACK);
}

static void read_text(const char *message, const struct body_part *part, size_t max_text,
                      struct hq_detail *detail, struct hq_arena *arena)
{
    size_t stored = (size_t)part->shown.size;
    size_t looked_at = bytes_to_look_at(stored, max_text);
    const char *content = message + part->start;
    g_autoptr(GString) decoded = g_string_new(NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    GString *shown = text;

    if (undo_encoding(decoded, part->encoding, content, looked_at))
        hq_body_to_utf8(text, decoded->str, decoded->len, part->shown.charset);
    else
        hq_body_to_utf8(text, content, looked_at, part->shown.charset);
    if (strcmp(part->shown.type, "text/html") == 0) {
        g_string_truncate(decoded, 0);
        hq_body_html_text(decoded, text->str, text->len);
        shown = decoded;
    }

    bool more = cut(shown, max_text) || looked_at < stored;

    detail->body = hq_arena_dup(arena, shown->str, shown->len);
    detail->body_truncated = more ? HQ_YES : HQ_NO;
}

void hq_decode_body(const char *message, size_t n, size_t max_text, struct hq_detail *detail,
                    struct hq_arena *arena)
{
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(struct body_part));

    hq_body_tree(message, n, parts, arena);
    detail->parts = hq_arena_alloc(arena, parts->len * sizeof *detail->parts);
    detail->part_count = parts->len;
    for (unsigned i = 0; i < parts->len; i++)
        detail->parts[i] = g_array_index(parts, struct body_part, i).shown;

    const struct body_part *text = find_text(parts, "text/plain");

    if (!text)
        text = find_text(parts, "text/html");
    detail->body = NULL;
    detail->body_truncated = HQ_NO;
    if (text)
        read_text(message, text, max_text, detail, arena);
}
