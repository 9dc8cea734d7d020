/* SPDX-License-Identifier: ISC */
/* Time in the model: calendar arithmetic that does not ask the C library for locale or zone, except
 * where a person reads local time. */
#include "hopq/time.h"
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static _Atomic int64_t stands_at = HQ_NONE; /* threads draw and sort by it */

void hq_time_stand_at(int64_t t)
{
    if (t > stands_at)
        stands_at = t;
}

int64_t hq_time_go_on(void)
{
    int64_t t = stands_at;

    stands_at = HQ_NONE;
    return t;
}

int64_t hq_time_now(void)
{
    const char *pinned = getenv("HOPQ_NOW");
    int64_t t;
    if (pinned && hq_time_parse_rfc3339(pinned, &t))
        return t;
    if (stands_at != HQ_NONE)
        return stands_at;
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec * HQ_SECOND + ts.tv_nsec / 1000;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days since 1970-01-01. Years are taken to begin in March, so that the leap day is their last:
 * 400 years always have 146097 days, and 719468 of them lie between 0000-03-01 and 1970. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static void civil_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    days += 719468;
    int64_t era = floor_div(days, 146097);
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153; /* 0 is March */
    *day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

int64_t hq_time_from_civil(int64_t year, int month, int day, int hour, int minute, int second)
{
    return days_from_civil(year, month, day) * HQ_DAY + hour * HQ_HOUR + minute * HQ_MINUTE +
           second * HQ_SECOND;
}

static void write_pair(char *s, int n)
{
    s[0] = (char)('0' + n / 10);
    s[1] = (char)('0' + n % 10);
}

/* By hand: a large queue in JSON has half a million of them, and snprintf is slow. */
static void write_rfc3339(char buf[32], int year, int month, int day, int seconds)
{
    static const char form[] = "0000-00-00T00:00:00Z";
    memcpy(buf, form, sizeof form);
    write_pair(buf, year / 100);
    write_pair(buf + 2, year % 100);
    write_pair(buf + 5, month);
    write_pair(buf + 8, day);
    write_pair(buf + 11, seconds / 3600);
    write_pair(buf + 14, seconds / 60 % 60);
    write_pair(buf + 17, seconds % 60);
}

char *hq_time_rfc3339(int64_t t, char buf[32])
{
    buf[0] = '\0';
    if (t == HQ_NONE)
        return buf;
    int64_t days = floor_div(t, HQ_DAY);
    int64_t of_day = t % HQ_DAY; /* not t - days * HQ_DAY, which overflows at the very beginning */
    int seconds = (int)((of_day < 0 ? of_day + HQ_DAY : of_day) / HQ_SECOND);
    int64_t year;
    int month;
    int day;
    civil_from_days(days, &year, &month, &day);
    if (year >= 0 && year <= 9999)
        write_rfc3339(buf, (int)year, month, day, seconds);
    return buf;
}

/* Exactly COUNT digits; advances *S. */
static bool take_digits(const char **s, int count, int *value)
{
    *value = 0;
    for (int i = 0; i < count; i++) {
        if (!g_ascii_isdigit((*s)[i]))
            return false;
        *value = *value * 10 + ((*s)[i] - '0');
    }
    *s += count;
    return true;
}

static bool take_any(const char **s, const char *set)
{
    if (!**s || !strchr(set, **s))
        return false;
    (*s)++;
    return true;
}

/* Digits after the point as microseconds; more than six are dropped. */
static bool take_fraction(const char **s, int64_t *microseconds)
{
    *microseconds = 0;
    if (!take_any(s, "."))
        return true;
    if (!g_ascii_isdigit(**s))
        return false;
    for (int64_t unit = HQ_SECOND / 10; g_ascii_isdigit(**s); (*s)++, unit /= 10)
        *microseconds += (**s - '0') * unit;
    return true;
}

static bool take_offset(const char **s, int64_t *offset)
{
    *offset = 0;
    if (take_any(s, "Zz"))
        return true;
    bool west = **s == '-';
    int hour;
    int minute;
    if (!take_any(s, "+-") || !take_digits(s, 2, &hour) || !take_any(s, ":") ||
        !take_digits(s, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *offset = (hour * HQ_HOUR + minute * HQ_MINUTE) * (west ? -1 : 1);
    return true;
}

static bool day_exists(int year, int month, int day)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap);
}

bool hq_time_parse_rfc3339(const char *s, int64_t *t)
{
    int year;
    int month;
    int day;
    int hour;
    int minute;
    int second;
    int64_t fraction;
    int64_t offset;
    if (!s || !take_digits(&s, 4, &year) || !take_any(&s, "-") || !take_digits(&s, 2, &month) ||
        !take_any(&s, "-") || !take_digits(&s, 2, &day) || !take_any(&s, "Tt ") ||
        !take_digits(&s, 2, &hour) || !take_any(&s, ":") || !take_digits(&s, 2, &minute) ||
        !take_any(&s, ":") || !take_digits(&s, 2, &second) || !take_fraction(&s, &fraction) ||
        !take_offset(&s, &offset) || *s)
        return false;
    if (!day_exists(year, month, day) || hour > 23 || minute > 59 || second > 60)
        return false;
    *t = hq_time_from_civil(year, month, day, hour, minute, second) + fraction - offset;
    return true;
}

char *hq_time_local(int64_t t, char buf[32])
{
    g_strlcpy(buf, "-", 32);
    if (t == HQ_NONE)
        return buf;
    time_t seconds = floor_div(t, HQ_SECOND);
    time_t now = floor_div(hq_time_now(), HQ_SECOND);
    struct tm then;
    struct tm today;
    if (!localtime_r(&seconds, &then) || !localtime_r(&now, &today))
        return buf;
    if (then.tm_year == today.tm_year)
        g_snprintf(buf, 32, "%2d %s %02d:%02d", then.tm_mday, months[then.tm_mon], then.tm_hour,
                   then.tm_min);
    else
        g_snprintf(buf, 32, "%2d %s %lld", then.tm_mday, months[then.tm_mon],
                   (long long)then.tm_year + 1900);
    return buf;
}

char *hq_time_local_full(int64_t t, char buf[32])
{
    struct tm then;
    time_t seconds = t == HQ_NONE ? 0 : floor_div(t, HQ_SECOND);
    if (t == HQ_NONE || !localtime_r(&seconds, &then) ||
        strftime(buf, 32, "%Y-%m-%d %H:%M:%S", &then) == 0)
        g_strlcpy(buf, "-", 32);
    return buf;
}

char *hq_time_span(int64_t d, char buf[16])
{
    if (d == HQ_NONE)
        return memcpy(buf, "-", 2);
    const char *sign = d < 0 ? "-" : "";
    int64_t length = d < 0 ? -d : d;
    int days = (int)(length / HQ_DAY);
    int hours = (int)(length / HQ_HOUR % 24);
    int minutes = (int)(length / HQ_MINUTE % 60);
    int wide = 10 + 90 * (d >= 0); /* first number of days, hours, that needs a column too many */
    if (length < HQ_MINUTE)
        g_snprintf(buf, 16, "%s%ds", length < HQ_SECOND ? "" : sign, (int)(length / HQ_SECOND));
    else if (length < HQ_HOUR)
        g_snprintf(buf, 16, "%s%dm", sign, minutes);
    else if (length < HQ_DAY && hours < wide)
        g_snprintf(buf, 16, "%s%dh%02dm", sign, hours, minutes);
    else if (length < HQ_DAY)
        g_snprintf(buf, 16, "%s%dh", sign, hours);
    else if (days < wide)
        g_snprintf(buf, 16, "%s%dd%02dh", sign, days, hours);
    else if (days < 10000)
        g_snprintf(buf, 16, "%s%dd", sign, days);
    else
        g_snprintf(buf, 16, "%s%dy", sign, MIN(days / 365, 9999));
    return buf;
}

/* Units of a span; in one they stand in this order. */
static const struct unit {
    char letter;
    int64_t length;
} units[] = {{'w', 7 * HQ_DAY}, {'d', HQ_DAY}, {'h', HQ_HOUR}, {'m', HQ_MINUTE}, {'s', HQ_SECOND}};

/* A number without overflow; at least one digit. */
static bool take_number(const char **s, int64_t *value)
{
    *value = 0;
    const char *start = *s;
    for (; g_ascii_isdigit(**s); (*s)++)
        if (__builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, **s - '0', value))
            return false;
    return *s > start;
}

bool hq_time_parse_span(const char *s, int64_t *d)
{
    int64_t part;
    int64_t sum = 0;
    if (!s || !take_number(&s, &part))
        return false;
    if (!*s)
        return !__builtin_mul_overflow(part, HQ_SECOND, d);
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (*s != units[i].letter)
            continue;
        if (__builtin_mul_overflow(part, units[i].length, &part) ||
            __builtin_add_overflow(sum, part, &sum))
            return false;
        if (!*++s) {
            *d = sum;
            return true;
        }
        if (!take_number(&s, &part))
            return false;
    }
    return false;
}
