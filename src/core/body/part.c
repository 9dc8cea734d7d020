/* SPDX-License-Identifier: ISC */
/* One part of a MIME message: what its header tells (through GMime: RFC 2045, 2183, 2231) and its
 * bytes as UTF-8. */
#include "body.h"
#include "core/decode/gmime.h"
#include "hopq/text.h"
#include <iconv.h>
#include <string.h>

/* Longer Content fields are cut before GMime sees them. */
#define CONTENT_FIELD_MAX (16UL * 1024)

static const char *content_field(const struct hq_headers *headers, const char *name)
{
    const struct hq_field_span *field = hq_headers_find(headers, name, 0);

    if (!field)
        return NULL;

    GString *text = hq_decode_c_string(hq_decode_unfolded(field));

    if (text->len > CONTENT_FIELD_MAX)
        g_string_truncate(text, CONTENT_FIELD_MAX);
    return text->str;
}

static const char *keep(const char *s, struct hq_arena *arena)
{
    return s ? hq_decode_keep(s, strlen(s), arena) : NULL;
}

static void describe_type(const struct hq_headers *headers, const char *fallback,
                          struct body_part *part, char **boundary, struct hq_arena *arena)
{
    const char *field = content_field(headers, "Content-Type");
    GMimeContentType *type =
        g_mime_content_type_parse(hq_decode_options(), field && *field ? field : fallback);
    g_autofree char *full = g_mime_content_type_get_mime_type(type);
    g_autofree char *lower = g_ascii_strdown(full, -1);

    part->shown.type = keep(lower, arena);
    part->shown.charset = keep(g_mime_content_type_get_parameter(type, "charset"), arena);
    part->shown.name = keep(g_mime_content_type_get_parameter(type, "name"), arena);
    if (g_str_has_prefix(lower, "multipart/")) {
        const char *value = g_mime_content_type_get_parameter(type, "boundary");

        *boundary = value && *value ? g_strdup(value) : NULL;
    }
    g_object_unref(type);
}

/* The file name of Content-Disposition. Where Content-Type has another one, both: programs differ
 * in which one they save under, and attackers use that. */
static void describe_disposition(const struct hq_headers *headers, struct body_part *part,
                                 struct hq_arena *arena)
{
    const char *field = content_field(headers, "Content-Disposition");

    if (!field)
        return;

    GMimeContentDisposition *disposition =
        g_mime_content_disposition_parse(hq_decode_options(), field);
    const char *name =
        keep(g_mime_content_disposition_get_parameter(disposition, "filename"), arena);

    part->attachment = g_mime_content_disposition_is_attachment(disposition);
    if (name && part->shown.name && strcmp(name, part->shown.name) != 0)
        part->shown.name = hq_arena_printf(arena, "%s | %s", name, part->shown.name);
    else if (name)
        part->shown.name = name;
    g_object_unref(disposition);
}

void hq_body_describe(const char *header, size_t n, const char *fallback, struct body_part *part,
                      char **boundary, struct hq_arena *arena)
{
    struct hq_headers headers = {0};

    hq_headers_scan(&headers, header, n);
    describe_type(&headers, fallback, part, boundary, arena);
    describe_disposition(&headers, part, arena);

    const char *encoding = content_field(&headers, "Content-Transfer-Encoding");

    if (encoding) {
        part->encoding = g_mime_content_encoding_from_string(encoding);
        part->shown.encoding = keep(encoding, arena);
    }
    hq_headers_clear(&headers);
}

/* iconv_open() takes more than names ("x//TRANSLIT", module paths). */
static bool is_charset_name(const char *s)
{
    size_t n = 0;

    while (g_ascii_isalnum(s[n]) || (s[n] && strchr("-_.:+", s[n])))
        n++;
    return n > 0 && n < 64 && s[n] == '\0';
}

/* Bytes that CHARSET has no character for become U+FFFD. False: no such charset. */
static bool convert(GString *out, const char *s, size_t n, const char *charset)
{
    char *in = (char *)s;
    char buffer[4096];

    if (!is_charset_name(charset))
        return false;

    iconv_t converter = iconv_open("UTF-8", charset);

    if (converter == (iconv_t)-1)
        return false;
    while (n > 0) {
        char *to = buffer;
        size_t room = sizeof buffer;
        bool stuck = iconv(converter, &in, &n, &to, &room) == (size_t)-1 && room == sizeof buffer;

        g_string_append_len(out, buffer, to - buffer);
        if (stuck) {
            g_string_append(out, "\xEF\xBF\xBD");
            in++;
            n--;
        }
    }
    iconv_close(converter);
    return true;
}

void hq_body_to_utf8(GString *out, const char *s, size_t n, const char *charset)
{
    /* "us-ascii" is often wrong, and bytes that are valid UTF-8 are hardly ever anything else */
    bool told = charset && g_ascii_strcasecmp(charset, "us-ascii") != 0 &&
                g_ascii_strcasecmp(charset, "utf-8") != 0;

    if (told && convert(out, s, n, g_mime_charset_iconv_name(charset)))
        return;
    if (g_utf8_validate(s, (gssize)n, NULL))
        g_string_append_len(out, s, (gssize)n);
    else if (charset || !convert(out, s, n, "WINDOWS-1252"))
        hq_text_utf8(out, s, n);
}
