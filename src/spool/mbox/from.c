/* SPDX-License-Identifier: ISC */
/* From_ lines: RFC 4155 wants an address and asctime(3); delivery programs add a zone before or
 * behind the year, leave out seconds or the weekday, and write "remote from host" (UUCP). */
#include "mbox.h"
#include <glib.h>
#include <string.h>

static size_t line_length(const char *s, size_t n)
{
    size_t i = 0;

    n = MIN(n, HQ_FROM_MAX);
    while (i < n && s[i] != '\n' && s[i] != '\r')
        i++;
    return i;
}

size_t hq_from_line_length(const char *s, size_t n)
{
    size_t i = line_length(s, n);

    if (i < n && s[i] == '\r' && i + 1 < n && s[i + 1] == '\n')
        return i + 2;
    return i < n ? i + 1 : i;
}

/* TOKEN is one of the three-letter words in WORDS. */
static bool is_one_of(const char *token, size_t n, const char *words)
{
    for (; n == 3 && *words; words += 3)
        if (memcmp(token, words, 3) == 0)
            return true;
    return false;
}

/* "9:05", "09:05", "09:05:59" */
static bool is_time(const char *token, size_t n)
{
    size_t colon = n > 1 && token[1] == ':' ? 1 : 2;

    if (n < colon + 3 || token[colon] != ':')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!g_ascii_isdigit(token[i]) && token[i] != ':')
            return false;
    return true;
}

static bool is_year(const char *token, size_t n)
{
    return n == 4 && (memcmp(token, "19", 2) == 0 || memcmp(token, "20", 2) == 0) &&
           g_ascii_isdigit(token[2]) && g_ascii_isdigit(token[3]);
}

bool hq_from_line_read(const char *s, size_t n, struct hq_from_line *line)
{
    const char *end = s + line_length(s, n), *date = NULL;
    bool month = false, hour = false, year = false;

    if (end - s < 5 || memcmp(s, "From ", 5) != 0)
        return false;
    for (const char *p = s + 5; p < end;) {
        while (p < end && (*p == ' ' || *p == '\t'))
            p++;
        const char *token = p;
        while (p < end && *p != ' ' && *p != '\t')
            p++;
        size_t length = (size_t)(p - token);
        bool is_month = is_one_of(token, length, "JanFebMarAprMayJunJulAugSepOctNovDec");
        if (!date && (is_month || is_one_of(token, length, "MonTueWedThuFriSatSun")))
            date = token;
        month |= is_month;
        hour |= month && is_time(token, length);
        year |= month && is_year(token, length);
    }
    if (!hour || !year)
        return false;
    *line =
        (struct hq_from_line){.address = s + 5, .date = date, .date_length = (size_t)(end - date)};
    line->address_length = (size_t)(date - line->address);
    while (line->address_length > 0 && g_ascii_isspace(line->address[line->address_length - 1]))
        line->address_length--;
    return true;
}

const char *hq_from_line_sender(struct hq_arena *arena, const struct hq_from_line *line)
{
    const char *address = line->address;
    size_t n = line->address_length;

    if (n >= 2 && address[0] == '<' && address[n - 1] == '>') {
        address++;
        n -= 2;
    }
    if (n == 1 && *address == '-') /* as Mozilla writes it */
        return NULL;
    if (n == strlen("MAILER-DAEMON") && g_ascii_strncasecmp(address, "MAILER-DAEMON", n) == 0)
        n = 0;
    return hq_arena_dup(arena, address, n);
}
