/* SPDX-License-Identifier: ISC */
/* Addresses and times as Exim writes them into its logs and keys. src/tod.c, src/string.c of 4.96
 */
#include "base/append.h"
#include "base/scratch.h"
#include "exim.h"
#include <string.h>
#include <time.h>

char *hq_ex_fold(const char *address, size_t n)
{
    GString *folded = g_string_sized_new(n);
    const char *at = memrchr(address, '@', n);
    const char *local_end = at ? at : address + n;
    bool quoted = n > 0 && *address == '"';

    for (const char *p = address; p < address + n; p++) {
        if (quoted && p < local_end) {
            if (*p == '"')
                continue;
            if (*p == '\\' && p + 1 < local_end)
                p++;
        }
        g_string_append_c(folded, g_ascii_tolower(*p));
    }
    return g_string_free(folded, FALSE);
}

void hq_ex_unescape(GString *out, const char *s, size_t n)
{
    for (const char *p = s, *end = s + n; p < end; p++) {
        bool octal = end - p > 3 && *p == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' &&
                     p[2] <= '7' && p[3] >= '0' && p[3] <= '7';
        if (octal) {
            hq_append_char(out, (char)((p[1] - '0') * 64 + (p[2] - '0') * 8 + (p[3] - '0')));
            p += 3;
        } else {
            hq_append_char(out, *p);
        }
    }
}

const char *hq_ex_unescaped(struct hq_arena *arena, const char *s, size_t n)
{
    GString *plain = hq_scratch_take();
    const char *kept;

    hq_ex_unescape(plain, s, n);
    kept = hq_arena_dup(arena, plain->str, plain->len);
    hq_scratch_give(plain);
    return kept;
}

static bool digits_at(const char *s, const char *form)
{
    for (; *form; s++, form++)
        if (*form == '0' ? !g_ascii_isdigit(*s) : *s != *form)
            return false;
    return true;
}

static int two(const char *s)
{
    return (s[0] - '0') * 10 + s[1] - '0';
}

/* "+0100 " at S, which log_timezone adds; false: it is none. */
static bool read_zone(const char *s, int64_t *offset)
{
    if (!digits_at(s, "+0000 ") && !digits_at(s, "-0000 "))
        return false;
    *offset = (two(s + 1) * 60 + two(s + 3)) * (*s == '-' ? -HQ_MINUTE : HQ_MINUTE);
    return true;
}

const char *hq_ex_time_read(const char *s, int64_t *time, bool *zoned)
{
    int64_t offset = 0;

    if (!digits_at(s, "0000-00-00 00:00:00"))
        return NULL;
    struct tm tm = {.tm_year = two(s) * 100 + two(s + 2) - 1900,
                    .tm_mon = two(s + 5) - 1,
                    .tm_mday = two(s + 8),
                    .tm_hour = two(s + 11),
                    .tm_min = two(s + 14),
                    .tm_sec = two(s + 17),
                    .tm_isdst = -1};
    s += 19;
    if (*s == '.')
        s += 1 + strspn(s + 1, "0123456789");
    if (*s++ != ' ')
        return NULL;
    *zoned = read_zone(s, &offset);
    time_t local = *zoned ? timegm(&tm) : mktime(&tm);
    *time = (int64_t)local * HQ_SECOND - offset;
    return *zoned ? s + 6 : s;
}
