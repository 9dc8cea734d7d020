/* SPDX-License-Identifier: ISC */
/* A way round GMime 3.2.13: it decodes neighbouring base64 words as one text and stops at the
 * padding of the first, so that all that follows is lost ("=?UTF-8?B?YQ==?= =?UTF-8?B?Yg==?=" gives
 * "a"). Such words are handed to it as quoted-printable. */
#include "gmime.h"
#include <string.h>

/* An encoded word, =?charset?B?text?= (RFC 2047 section 2); all pointers into the field. */
struct word {
    const char *start, *text, *text_end, *end;
    bool padded; /* base64 that ends with "=" */
};

/* The word that begins at START ("=?"). */
static bool read_word(const char *start, struct word *word)
{
    const char *charset_end = strchr(start + 2, '?');
    if (!charset_end || charset_end[1] == '\0' || charset_end[2] != '?')
        return false;
    word->start = start;
    word->text = charset_end + 3;
    word->text_end = word->text + strcspn(word->text, "? \t");
    if (word->text_end[0] != '?' || word->text_end[1] != '=')
        return false;
    word->end = word->text_end + 2;
    word->padded = (charset_end[1] == 'B' || charset_end[1] == 'b') &&
                   word->text_end > word->text && word->text_end[-1] == '=';
    return true;
}

static bool another_follows(const struct word *word)
{
    const char *next = word->end + strspn(word->end, " \t\r\n");

    return next > word->end && next[0] == '=' && next[1] == '?';
}

static void append_quoted(GString *out, const struct word *word)
{
    g_autofree char *base64 = g_strndup(word->text, (size_t)(word->text_end - word->text));
    gsize n;
    g_autofree guchar *bytes = g_base64_decode(base64, &n);

    g_string_append_len(out, word->start, word->text - 2 - word->start);
    g_string_append(out, "Q?");
    for (gsize i = 0; i < n; i++)
        g_string_append_printf(out, "=%02X", bytes[i]);
    g_string_append(out, "?=");
}

const GString *hq_decode_part_words(const GString *text)
{
    static GString *out;
    const char *done = text->str;
    const char *at = text->str;
    struct word word;

    if (!out)
        out = g_string_sized_new(1024);
    g_string_truncate(out, 0);
    while ((at = strstr(at, "=?"))) {
        if (!read_word(at, &word)) {
            at += 2;
            continue;
        }
        if (word.padded && another_follows(&word)) {
            g_string_append_len(out, done, word.start - done);
            append_quoted(out, &word);
            done = word.end;
        }
        at = word.end;
    }
    if (done == text->str)
        return text;
    return g_string_append(out, done);
}
