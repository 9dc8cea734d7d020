/* SPDX-License-Identifier: ISC */
/* Queue ids: most MTAs make theirs from the clock, so that an id tells when it was made, and no two
 * organisations make the same one. */
#include "hopq/org.h"
#include "parts.h"
#include <glib.h>
#include <string.h>
#include <time.h>

#define FIGURES "0123456789"
#define UPPER   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER   "abcdefghijklmnopqrstuvwxyz"

/* The first N characters of S as a number whose figures are DIGITS; -1: not all are. */
static int64_t number_of(const char *s, size_t n, const char *digits)
{
    int64_t base = (int64_t)strlen(digits);
    int64_t value = 0;

    for (size_t i = 0; i < n; i++) {
        const char *at = s[i] ? strchr(digits, s[i]) : NULL;

        if (!at)
            return -1;
        value = value * base + (at - digits);
    }
    return value;
}

static int64_t from_seconds(int64_t seconds)
{
    return seconds < 0 ? HQ_NONE : seconds * HQ_SECOND;
}

/* Exim specification, "Message identification": seconds in base 62, six characters. */
static int64_t exim_time(const struct hq_hop *hop)
{
    size_t n = strlen(hop->id);

    if (!g_str_has_prefix(hop->software, "Exim ") || (n != 16 && n != 23) || hop->id[6] != '-')
        return HQ_NONE;
    return from_seconds(number_of(hop->id, 6, FIGURES UPPER LOWER));
}

/* Postfix src/global/mail_queue.h, long queue ids: seconds in base 52, six characters; four of
 * microseconds; "z"; the inode. */
static int64_t postfix_time(const struct hq_hop *hop)
{
    static const char digits[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";

    if (!g_str_has_prefix(hop->software, "Postfix") || strlen(hop->id) < 12 || hop->id[10] != 'z')
        return HQ_NONE;
    return from_seconds(number_of(hop->id, 6, digits));
}

static int64_t utc(int year, int month, int day, int hour, int minute, int second)
{
    struct tm tm = {.tm_year = year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hour,
                    .tm_min = minute,
                    .tm_sec = second};

    return from_seconds(timegm(&tm));
}

/* Sendmail 8.10 and later, sendmail/queue.c assign_queueid(): year modulo 60, month, day, hour,
 * minute, second (UTC), a character each; two of a sequence; the process id in figures. */
static int64_t sendmail_time(const struct hq_hop *hop)
{
    static const char digits[] = FIGURES UPPER "abcdefghijklmnopqrstuvwx";
    int part[6];
    size_t n = strlen(hop->id);

    if (!g_str_has_prefix(hop->software, "Sendmail 8.1") || n < 13 || n > 15 ||
        strspn(hop->id + 8, FIGURES) != n - 8)
        return HQ_NONE;
    for (size_t i = 0; i < 6; i++) {
        part[i] = (int)number_of(hop->id + i, 1, digits);
        if (part[i] < 0)
            return HQ_NONE;
    }
    int year = (part[0] < 30 ? 2020 : 1960) + part[0];
    return utc(year, part[1] + 1, part[2], part[3], part[4], part[5]);
}

/* Gmail: "….2023.12.14.06.48.20", Pacific time; for the days asked about it may pass for UTC. */
static int64_t google_time(const struct hq_hop *hop)
{
    int part[6];
    size_t n = strlen(hop->id);
    const char *p = hop->id + n - 20;

    if (n < 22 || !hop->by.name || !g_str_has_suffix(hop->by.name, ".google.com"))
        return HQ_NONE;
    for (size_t i = 0; i < 6; i++) {
        size_t width = i == 0 ? 4 : 2;

        if (*p++ != '.')
            return HQ_NONE;
        part[i] = (int)number_of(p, width, FIGURES);
        if (part[i] < 0)
            return HQ_NONE;
        p += width;
    }
    return utc(part[0], part[1], part[2], part[3], part[4], part[5]);
}

static int64_t time_of_id(const struct hq_hop *hop)
{
    static int64_t (*const readers[])(const struct hq_hop *hop) = {exim_time, postfix_time,
                                                                   sendmail_time};
    int64_t time = HQ_NONE;

    for (size_t i = 0; hop->software && time == HQ_NONE && i < G_N_ELEMENTS(readers); i++)
        time = readers[i](hop);
    return time == HQ_NONE ? google_time(hop) : time;
}

/* A version ("15.20.1.1") or a counter is nobody's own. */
static bool is_distinct(const char *id)
{
    return strlen(id) >= 8 && strspn(id, FIGURES ".") != strlen(id);
}

static const struct hq_hop *find_same(const struct trail *trail, const struct hq_hop *hop)
{
    for (int64_t i = 0; i < hop->n; i++) {
        const struct hq_hop *newer = &trail->detail->hops[i];

        if (newer->id && newer->by.name && strcmp(newer->id, hop->id) == 0 &&
            !hq_trail_same_name(newer->by.name, hop->by.name) &&
            !hq_org_same(newer->by.name, hop->by.name))
            return newer;
    }
    return NULL;
}

/* Id and date are both made when the transaction begins, but gateways that embed Sendmail were seen
 * to write the date hours later. */
enum { MOST_DAYS_APART = 7 };

const char *hq_finding_id_reuse(const struct trail *trail, const struct hq_hop *hop)
{
    if (!hop->id || !hop->by.name || hop->kind == HQ_HOP_LOCAL)
        return NULL;
    int64_t made = hop->date == HQ_NONE ? HQ_NONE : time_of_id(hop);
    if (made != HQ_NONE && ABS(made - hop->date) > MOST_DAYS_APART * HQ_DAY)
        return hq_arena_printf(trail->arena, "its id was made %d days away from its date",
                               (int)(ABS(made - hop->date) / HQ_DAY));
    const struct hq_hop *newer = is_distinct(hop->id) ? find_same(trail, hop) : NULL;
    if (!newer)
        return NULL;
    return hq_arena_printf(trail->arena, "%.80s and %.80s have the same id", hop->by.name,
                           newer->by.name);
}
