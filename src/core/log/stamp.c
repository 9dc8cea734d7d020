/* SPDX-License-Identifier: ISC */
/* Time stamps of logs: "Nov 22 05:17:01" of the old syslog (RFC 3164: local time, no year),
 * "2026-11-22T05:17:01.123456+01:00" (RFC 3339, rsyslog's default), "2026-11-22 05:17:01.123 +0100"
 * (Exim, with the log selectors millisec and a zone), "1795324621.123456" (journalctl
 * -o short-unix). */
#include "hopq/log.h"
#include <string.h>

static GTimeZone *local;

void hq_log_init(void)
{
    if (!local)
        local = g_time_zone_new_local();
}

/* Local time to time. Zones change at full quarters of an hour only, and a quarter has thousands of
 * lines. */
static int64_t from_local(int64_t wall)
{
    static int64_t quarter = HQ_NONE, offset;

    if (!local)
        return wall;
    if (quarter != wall / (15 * HQ_MINUTE)) {
        gint64 seconds = wall / HQ_SECOND;
        gint interval = g_time_zone_adjust_time(local, G_TIME_TYPE_STANDARD, &seconds);
        offset = g_time_zone_get_offset(local, interval) * HQ_SECOND;
        quarter = wall / (15 * HQ_MINUTE);
    }
    return wall - offset;
}

static bool digits(const char *s, unsigned n, int *value)
{
    *value = 0;
    for (unsigned i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        *value = *value * 10 + (s[i] - '0');
    }
    return true;
}

/* "05:17:01" */
static bool clock_time(const char *s, int64_t *time)
{
    int hour, minute, second;

    if (s[2] != ':' || s[5] != ':' || !digits(s, 2, &hour) || !digits(s + 3, 2, &minute) ||
        !digits(s + 6, 2, &second) || hour > 23 || minute > 59 || second > 60)
        return false;
    *time = hour * HQ_HOUR + minute * HQ_MINUTE + second * HQ_SECOND;
    return true;
}

/* ".123456": how many bytes, at most those that N has. */
static size_t fraction(const char *s, size_t n, int64_t *time)
{
    int64_t unit = HQ_SECOND / 10;
    size_t i = 1;

    if (n < 2 || (s[0] != '.' && s[0] != ','))
        return 0;
    for (; i < n && g_ascii_isdigit(s[i]); i++, unit /= 10)
        *time += (s[i] - '0') * unit;
    return i;
}

/* "Z", "+01:00", "+0100"; how many bytes, 0: there is none. */
static size_t zone(const char *s, size_t n, int64_t *offset)
{
    int hour, minute;

    *offset = 0;
    if (n >= 1 && *s == 'Z')
        return 1;
    if (n < 5 || (*s != '+' && *s != '-') || !digits(s + 1, 2, &hour))
        return 0;
    size_t colon = s[3] == ':' && n >= 6;
    if (!digits(s + 3 + colon, 2, &minute))
        return 0;
    *offset = (hour * HQ_HOUR + minute * HQ_MINUTE) * (*s == '-' ? -1 : 1);
    return 5 + colon;
}

static int64_t iso(const char *s, size_t n, size_t *used)
{
    int year, month, day;
    int64_t time, offset;

    if (n < 19 || s[4] != '-' || s[7] != '-' || (s[10] != 'T' && s[10] != ' ') ||
        !digits(s, 4, &year) || !digits(s + 5, 2, &month) || !digits(s + 8, 2, &day) || month < 1 ||
        month > 12 || day < 1 || day > 31 || !clock_time(s + 11, &time))
        return HQ_NONE;
    time += hq_time_from_civil(year, month, day, 0, 0, 0);
    *used = 19 + fraction(s + 19, n - 19, &time);
    size_t blank = *used + 1 < n && s[*used] == ' ' && (s[*used + 1] == '+' || s[*used + 1] == '-');
    size_t width = zone(s + *used + blank, n - *used - blank, &offset);
    if (!width)
        return from_local(time);
    *used += blank + width;
    return time - offset;
}

/* The year is the last one in which this is not in the future (a clock may be a day ahead). */
static int64_t with_year(int month, int day, int64_t time, int64_t now)
{
    int64_t guess = now / (366 * HQ_DAY) + 1970 + 2;

    for (int i = 0; i < 4; i++, guess--) {
        int64_t wall = hq_time_from_civil(guess, month, day, 0, 0, 0) + time;
        if (wall > now + 2 * HQ_DAY) /* whatever the zone, which takes longer */
            continue;
        int64_t t = from_local(wall);
        if (t <= now + HQ_DAY)
            return t;
    }
    return HQ_NONE;
}

static int64_t traditional(const char *s, size_t n, int64_t now, size_t *used)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int day;
    int64_t time;

    if (n < 15 || s[3] != ' ' || s[6] != ' ' || !clock_time(s + 7, &time) ||
        !(s[4] == ' ' ? digits(s + 5, 1, &day) : digits(s + 4, 2, &day)) || day < 1 || day > 31)
        return HQ_NONE;
    for (int month = 0; month < 12; month++) {
        if (memcmp(names + 3 * (size_t)month, s, 3) == 0) {
            *used = 15;
            return with_year(month + 1, day, time, now);
        }
    }
    return HQ_NONE;
}

static int64_t epoch(const char *s, size_t n, size_t *used)
{
    int high, low;
    int64_t time;

    if (n < 11 || s[10] != '.' || !digits(s, 5, &high) || !digits(s + 5, 5, &low))
        return HQ_NONE;
    time = (high * INT64_C(100000) + low) * HQ_SECOND;
    *used = 10 + fraction(s + 10, n - 10, &time);
    return time;
}

/* Many lines have the same second: the stamp before is reused. */
static int64_t traditional_again(const char *s, size_t n, int64_t now, size_t *used)
{
    static char last[15];
    static int64_t last_now = HQ_NONE, time = HQ_NONE;

    if (n < sizeof last)
        return HQ_NONE;
    if (now != last_now || memcmp(s, last, sizeof last) != 0) {
        memcpy(last, s, sizeof last);
        last_now = now;
        time = traditional(s, n, now, used);
    }
    *used = time == HQ_NONE ? 0 : sizeof last;
    return time;
}

int64_t hq_log_stamp(const char *s, size_t n, int64_t now, size_t *used)
{
    int64_t time = HQ_NONE;

    *used = 0;
    if (n && g_ascii_isdigit(*s)) {
        time = iso(s, n, used);
        if (time == HQ_NONE)
            time = epoch(s, n, used);
    } else if (n) {
        time = traditional_again(s, n, now, used);
    }
    if (time == HQ_NONE || *used >= n || s[*used] != ' ')
        return HQ_NONE;
    while (*used < n && s[*used] == ' ')
        ++*used;
    return time;
}
