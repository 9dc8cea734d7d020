/* SPDX-License-Identifier: ISC */
/* Addresses of Postfix: queue files hold them without quotes, logs and listings with them and with
 * question marks for what does not print. */
#include "postfix.h"
#include <string.h>

/* global/quote_822_local.c, is_822_dot_string() with QUOTE_FLAG_8BITCLEAN */
static bool is_dot_string(const char *p, const char *end)
{
    char before = '.';

    for (; p < end; p++) {
        if (*p == '.' && before == '.')
            return false;
        if (!g_ascii_isalnum(*p) && (g_ascii_iscntrl(*p) || strchr(" ()<>@,;:\\\"[]", *p)))
            return false;
        before = *p;
    }
    return before != '.';
}

static const char *quote(struct hq_arena *arena, const char *address, size_t n, const char *start,
                         const char *end)
{
    GString *quoted = g_string_sized_new(n + 8);
    const char *result;

    g_string_append_len(quoted, address, start - address);
    g_string_append_c(quoted, '"');
    for (const char *p = start; p < end; p++) {
        if (*p == '"' || *p == '\\' || *p == '\r')
            g_string_append_c(quoted, '\\');
        g_string_append_c(quoted, *p);
    }
    g_string_append_c(quoted, '"');
    g_string_append_len(quoted, end, address + n - end);
    result = hq_arena_dup(arena, quoted->str, quoted->len);
    g_string_free(quoted, TRUE);
    return result;
}

const char *hq_pf_address(struct hq_arena *arena, const char *address, size_t n)
{
    const char *start = address, *end = address + n;
    const char *at;

    if (n == 0)
        return "";
    if (*address == '@') { /* a source route ends with a colon */
        const char *colon = memchr(address, ':', n);
        start = colon ? colon + 1 : address;
    }
    at = memrchr(start, '@', (size_t)(end - start));
    if (at)
        end = at;
    if (is_dot_string(start, end))
        return hq_arena_dup(arena, address, n);
    return quote(arena, address, n, start, end);
}

/* util/printable.c with UTF-8 on */
char *hq_pf_printable(const char *address)
{
    char *copy = g_strdup(address);

    for (char *p = copy; *p;) {
        gunichar c = (unsigned char)*p < 0x80 ? (gunichar)*p
                                              : g_utf8_get_char_validated(p, (gssize)strlen(p));
        if (c >= 0x80 && !(c & 0x80000000)) {
            p = g_utf8_next_char(p);
            continue;
        }
        if (c < 0x20 || c >= 0x7f)
            *p = '?';
        p++;
    }
    return copy;
}
