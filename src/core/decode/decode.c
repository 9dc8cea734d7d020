/* SPDX-License-Identifier: ISC */
/* Header fields for people: RFC 2047 text, the summary of a message and its list of headers.
 * Most fields are plain ASCII and never reach GMime (7 times faster). */
#include "hopq/decode.h"
#include "base/scratch.h"
#include "gmime.h"
#include "hopq/date.h"
#include "hopq/text.h"
#include <iconv.h>
#include <string.h>

/* Charsets of mail, by how often they are seen; aliases are glibc's business. */
static const char *const charsets[] = {
    "UTF-8",        "US-ASCII",    "ISO-8859-1",  "ISO-8859-2",  "ISO-8859-3",   "ISO-8859-4",
    "ISO-8859-5",   "ISO-8859-6",  "ISO-8859-7",  "ISO-8859-8",  "ISO-8859-9",   "ISO-8859-10",
    "ISO-8859-13",  "ISO-8859-14", "ISO-8859-15", "ISO-8859-16", "WINDOWS-1250", "WINDOWS-1251",
    "WINDOWS-1252", "CP1253",      "CP1254",      "CP1255",      "CP1256",       "CP1257",
    "CP1258",       "CP437",       "CP850",       "CP866",       "CP874",        "KOI8-R",
    "KOI8-U",       "TIS-620",     "MACINTOSH",   "UTF-7",       "UTF-16",       "UTF-32",
    "GB2312",       "GBK",         "GB18030",     "BIG5",        "BIG5-HKSCS",   "EUC-TW",
    "ISO-2022-JP",  "EUC-JP",      "SHIFT_JIS",   "CP932",       "EUC-KR",       "CP949",
    "ISO-2022-KR",  "ISO-2022-CN",
};

/* Kept open for the life of the process: glibc may unload the converter of the last one closed. */
static iconv_t converters[G_N_ELEMENTS(charsets)];
static GMimeParserOptions *options;

void hq_decode_init(void)
{
    /* Bytes without a charset: GMime would ask the locale. */
    static const char *fallback[] = {"utf-8", "windows-1252", NULL};

    if (options)
        return;
    g_mime_init();
    options = g_mime_parser_options_new();
    g_mime_parser_options_set_fallback_charsets(options, fallback);
    for (size_t i = 0; i < G_N_ELEMENTS(charsets); i++)
        converters[i] = iconv_open("UTF-8", charsets[i]); /* one that is missing decodes to marks */
}

GMimeParserOptions *hq_decode_options(void)
{
    g_assert(options != NULL);
    return options;
}

GString *hq_decode_c_string(GString *text)
{
    for (char *nul = memchr(text->str, 0, text->len); nul;
         nul = memchr(nul, 0, text->len - (size_t)(nul - text->str)))
        *nul = '?';
    return text;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

GString *hq_decode_unfolded(const struct hq_field_span *field)
{
    static GString *text;

    if (!text)
        text = g_string_sized_new(1024);
    g_string_truncate(text, 0);
    hq_field_unfold(field, text);
    while (text->len > 0 && is_blank(text->str[text->len - 1]))
        g_string_truncate(text, text->len - 1);

    size_t lead = 0;

    while (lead < text->len && is_blank(text->str[lead]))
        lead++;
    if (lead > 0)
        g_string_erase(text, 0, (gssize)lead);
    return text;
}

/* No encoded word, no byte above 7F. */
static bool is_plain(const GString *text)
{
    for (const char *p = text->str; p < text->str + text->len; p++)
        if ((unsigned char)*p >= 0x80 || (p[0] == '=' && p[1] == '?'))
            return false;
    return true;
}

const char *hq_decode_keep(const char *s, size_t n, struct hq_arena *arena)
{
    if (g_utf8_validate(s, (gssize)n, NULL))
        return hq_arena_dup(arena, s, n);

    g_autoptr(GString) valid = g_string_sized_new(n + 16);

    hq_text_utf8(valid, s, n);
    return hq_arena_dup(arena, valid->str, valid->len);
}

static const char *decode_unstructured(GString *text, struct hq_arena *arena)
{
    if (is_plain(text))
        return hq_arena_dup(arena, text->str, text->len);
    if (text->len > DECODE_TEXT_MAX)
        return hq_decode_keep(text->str, text->len, arena);

    g_autofree char *decoded = g_mime_utils_header_decode_text(
        options, hq_decode_part_words(hq_decode_c_string(text))->str);

    return hq_decode_keep(decoded, strlen(decoded), arena);
}

const char *hq_decode_text(const struct hq_field_span *field, struct hq_arena *arena)
{
    if (!field)
        return NULL;
    return decode_unstructured(hq_decode_unfolded(field), arena);
}

const char *hq_decode_addresses(const struct hq_field_span *field, struct hq_arena *arena)
{
    if (!field)
        return NULL;

    GString *text = hq_decode_unfolded(field);
    GString *shown = hq_scratch_take();
    const char *addresses;

    if (is_plain(text) && hq_decode_plain_addresses(text, shown))
        addresses = hq_arena_dup(arena, shown->str, shown->len);
    else if (hq_decode_address_list(hq_decode_part_words(hq_decode_c_string(text)), shown))
        addresses = hq_decode_keep(shown->str, shown->len, arena);
    else
        addresses = decode_unstructured(text, arena);
    hq_scratch_give(shown);
    return addresses;
}

/* What a web server's host writes down about the script that called its sendmail: PHP's
 * mail.add_x_header (main/mail.c: "uid:file"), the patch that hosters used before it, cPanel's
 * Exim. */
static const char *const script_fields[] = {"X-PHP-Originating-Script", "X-PHP-Script",
                                            "X-Source-Dir"};

/* "shop.example/contact.php for 192.0.2.9": who called it is another thing. */
static const char *find_script(const struct hq_headers *headers, struct hq_arena *arena)
{
    const char *script = NULL;

    for (unsigned i = 0; i < G_N_ELEMENTS(script_fields) && !(script && *script); i++)
        script = hq_decode_text(hq_headers_find(headers, script_fields[i], 0), arena);
    if (!script || !*script)
        return NULL;
    const char *caller = strstr(script, " for ");
    return caller ? hq_arena_dup(arena, script, (size_t)(caller - script)) : script;
}

void hq_decode_summary(const struct hq_headers *headers, struct hq_message *message,
                       struct hq_arena *arena)
{
    const struct hq_field_span *date = hq_headers_find(headers, "Date", 0);

    message->subject = hq_decode_text(hq_headers_find(headers, "Subject", 0), arena);
    message->from = hq_decode_addresses(hq_headers_find(headers, "From", 0), arena);
    message->to = hq_decode_addresses(hq_headers_find(headers, "To", 0), arena);
    message->message_id = hq_decode_text(hq_headers_find(headers, "Message-ID", 0), arena);
    message->script = find_script(headers, arena);
    message->date = HQ_NONE;
    if (date) {
        struct hq_date parsed;

        hq_date_parse(date->value, date->value_length, &parsed);
        message->date = parsed.time;
    }
}

void hq_decode_headers(const struct hq_headers *headers, struct hq_detail *detail,
                       struct hq_arena *arena)
{
    struct hq_header *rows = hq_arena_alloc(arena, headers->count * sizeof *rows);

    for (unsigned i = 0; i < headers->count; i++) {
        const struct hq_field_span *field = &headers->fields[i];
        const char *start = headers->block + field->offset;

        rows[i].name = hq_arena_intern(arena, field->name, field->name_length);
        rows[i].value = hq_decode_text(field, arena);
        rows[i].raw =
            hq_arena_dup(arena, start, (size_t)(field->value + field->value_length - start));
        rows[i].offset = (int64_t)field->offset;
    }
    detail->headers = rows;
    detail->header_count = headers->count;
}
