/* SPDX-License-Identifier: ISC */
/* Dates of mail headers. The parts of a date are recognised by what they look like, not by where
 * they stand, so one path reads RFC 5322 with its obsolete forms (section 4.3), ctime, ISO 8601, Go
 * and what only broken senders write. */
#include "hopq/date.h"
#include "date_words.h"
#include <glib.h>
#include <string.h>

enum { UNSET = -1 };

struct scan {
    const char *p, *end;
    struct hq_date *date;
    int year, month, day, hour, minute, second, weekday;
    int64_t fraction; /* microseconds */
    int zone;         /* minutes east */
    bool zone_seen, afternoon, morning;
    bool iso;          /* year first */
    const char *error; /* no time can be given */
    const char *oddity;
};

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static void fail(struct scan *scan, const char *error)
{
    if (!scan->error)
        scan->error = error;
}

static void odd(struct scan *scan, const char *oddity)
{
    if (!scan->oddity)
        scan->oddity = oddity;
}

/* Reads digits; the value is capped far above everything valid. Returns how many. */
static int read_number(struct scan *scan, int *value)
{
    const char *p = scan->p;
    int number = 0;

    for (; p < scan->end && digit(*p); p++) {
        if (number < 1000000)
            number = number * 10 + (*p - '0');
    }
    int count = (int)(p - scan->p);
    scan->p = p;
    *value = number;
    return count;
}

static bool at(const struct scan *scan, char c)
{
    return scan->p < scan->end && *scan->p == c;
}

static bool at_digit(const struct scan *scan)
{
    return scan->p < scan->end && digit(*scan->p);
}

/* Passes SEPARATOR, with blanks on both its sides (RFC 5322 section 4.3). */
static bool pass(struct scan *scan, char separator)
{
    const char *p = scan->p;

    while (p < scan->end && g_ascii_isspace(*p))
        p++;
    if (p == scan->end || *p != separator)
        return false;
    for (p++; p < scan->end && g_ascii_isspace(*p); p++)
        ;
    scan->p = p;
    return true;
}

/* "mm[:ss[.fraction]]" behind the hour and its SEPARATOR. */
static void read_time(struct scan *scan, int hour, char separator)
{
    scan->hour = hour;
    scan->second = 0;
    if (read_number(scan, &scan->minute) == 0)
        fail(scan, "invalid-time");
    if (pass(scan, separator) && read_number(scan, &scan->second) == 0)
        fail(scan, "invalid-time");
    if ((at(scan, '.') || at(scan, ',')) && scan->p + 1 < scan->end && digit(scan->p[1])) {
        int64_t unit = HQ_SECOND / 10;

        for (scan->p++; at_digit(scan); scan->p++, unit /= 10)
            scan->fraction += (*scan->p - '0') * unit;
    }
}

/* RFC 5322 section 4.3: 00-49 are 20xx, 50-99 and three digits count from 1900. */
static int full_year(int value, int digits)
{
    if (digits <= 2)
        return value + (value < 50 ? 2000 : 1900);
    return value < 1000 ? value + 1900 : value; /* also "0102", which broken senders wrote */
}

/* A number that is neither hour nor zone: the first free of day, month, year that it can be. */
static void take_number(struct scan *scan, int value, int digits)
{
    if (digits >= 3 && scan->year == UNSET && (scan->day != UNSET || value > 31)) {
        scan->iso = scan->day == UNSET && scan->month == UNSET;
        scan->year = full_year(value, digits);
    } else if (scan->day == UNSET && !(scan->iso && scan->month == UNSET)) {
        scan->day = value;
    } else if (scan->month == UNSET) {
        scan->month = value;
    } else if (scan->year == UNSET) {
        scan->year = full_year(value, digits);
    } else {
        odd(scan, "text-after-date");
        scan->p = scan->end;
    }
}

static bool has_day(const struct scan *scan)
{
    return scan->day != UNSET && scan->month != UNSET && scan->year != UNSET;
}

static void read_digits(struct scan *scan)
{
    int value;
    int digits = read_number(scan, &value);

    if (scan->hour == UNSET && pass(scan, ':'))
        read_time(scan, value, ':');
    else if (scan->hour == UNSET && has_day(scan) && at(scan, '.') && pass(scan, '.'))
        read_time(scan, value, '.'); /* "09.00.01", as in Denmark and Finland */
    else
        take_number(scan, value, digits);
    /* the separators of 10-Dec-2018 and 21/08/2002 */
    if ((at(scan, '-') || at(scan, '/')) && (scan->year == UNSET || scan->day == UNSET))
        scan->p++;
}

/* "+hhmm", "+hh:mm", "+hh". Exactly four digits belong to it: two fields may be glued. */
static void read_zone(struct scan *scan)
{
    bool west = *scan->p == '-';
    int digits = 0;
    int value = 0;

    for (scan->p++; digits < 4 && scan->p < scan->end; scan->p++) {
        if (digits == 2 && *scan->p == ':')
            continue;
        if (!digit(*scan->p))
            break;
        value = value * 10 + (*scan->p - '0');
        digits++;
    }
    if (digits < 3)
        value *= 100;
    if (digits == 3)
        odd(scan, "odd-zone"); /* "-400": the nought was lost */
    if (digits == 0 || value % 100 >= 60)
        fail(scan, "invalid-zone");
    scan->zone_seen = true;
    scan->zone = (value / 100 * 60 + value % 100) * (west ? -1 : 1);
    if (!west || value != 0)
        scan->date->zone = scan->zone;
    if (value > 1400)
        odd(scan, "absurd-zone");
    if (at_digit(scan))
        odd(scan, "text-after-date");
}

static void name_zone(struct scan *scan, const char *s, size_t n)
{
    if (scan->date->zone_name[0] == '\0' && n < sizeof scan->date->zone_name)
        memcpy(scan->date->zone_name, s, n);
}

/* A zone's name, either instead of an offset or behind it. */
static void read_zone_name(struct scan *scan, const char *s, size_t n)
{
    const struct hq_zone_name *zone = hq_date_zone(s, n);

    if (!zone && n != 1) {
        odd(scan, scan->zone_seen ? "text-after-date" : "unknown-zone");
        if (scan->zone_seen)
            scan->p = scan->end;
        return;
    }
    name_zone(scan, s, n);
    if (scan->zone_seen || !zone) /* one letter is military: no zone (RFC 5322 section 4.3) */
        return;
    if ((at(scan, '+') || at(scan, '-')) && zone->minutes == 0)
        return; /* GMT+0100 */
    scan->zone_seen = true;
    scan->zone = zone->minutes;
    scan->date->zone = zone->minutes;
}

static void read_word(struct scan *scan)
{
    const char *s = scan->p;

    while (scan->p < scan->end &&
           (g_ascii_isalpha(*scan->p) || (scan->p > s && digit(*scan->p) && scan->hour != UNSET)))
        scan->p++;
    size_t n = (size_t)(scan->p - s);
    int weekday = scan->weekday == UNSET && !scan->zone_seen ? hq_date_weekday(s, n) : -1;
    int month = weekday < 0 && scan->month == UNSET ? hq_date_month(s, n) : 0;

    if (month) {
        scan->month = month;
        if (at(scan, ',') && scan->day == UNSET)
            odd(scan, "month-comma-day"); /* "Jul, 17 2002": bulk mailers' forged hops only */
        if (at(scan, '-') || at(scan, '/') || at(scan, '.'))
            scan->p++;
    } else if (weekday >= 0) {
        scan->weekday = weekday;
    } else if (n == 2 && g_ascii_strncasecmp(s, "PM", 2) == 0) {
        scan->afternoon = true;
    } else if (n == 2 && g_ascii_strncasecmp(s, "AM", 2) == 0) {
        scan->morning = true;
    } else if (n == 1 && (*s | 0x20) == 't' && at_digit(scan) && scan->hour == UNSET) {
        return; /* 2018-12-10T11:43:59 */
    } else if (n == 1 && *s == 'm' && at(scan, '=')) {
        scan->p = scan->end; /* Go's monotonic clock, "m=+555016.7" */
    } else if (scan->hour != UNSET) {
        read_zone_name(scan, s, n);
    } else if (scan->day == UNSET && scan->year == UNSET && scan->weekday == UNSET) {
        odd(scan, "unknown-weekday"); /* a localised name */
    } else {
        fail(scan, "invalid-date-syntax");
    }
}

/* Passes over a comment; a word alone in one behind the zone names it. */
static void read_comment(struct scan *scan)
{
    const char *s = scan->p + 1;
    size_t depth = 0;

    for (; scan->p < scan->end; scan->p++) {
        if (*scan->p == '\\')
            scan->p++;
        else if (*scan->p == '(')
            depth++;
        else if (*scan->p == ')' && --depth == 0)
            break;
    }
    if (scan->p >= scan->end) {
        scan->p = scan->end;
        odd(scan, "text-after-date");
        return;
    }
    const char *end = scan->p++;
    while (s < end && g_ascii_isspace(*s))
        s++;
    size_t n = 0;
    while (s + n < end && (g_ascii_isalnum(s[n]) || s[n] == '+' || s[n] == '-'))
        n++;
    if (scan->hour != UNSET && s + n == end && n < sizeof scan->date->zone_name)
        name_zone(scan, s, n);
}

static void read_piece(struct scan *scan)
{
    char c = *scan->p;

    if (c == ' ') {
        scan->p++;
    } else if (digit(c)) {
        read_digits(scan);
    } else if (g_ascii_isalpha(c)) {
        read_word(scan);
    } else if (c == '(') {
        read_comment(scan);
    } else if ((c == '+' || c == '-') && scan->hour != UNSET && !scan->zone_seen) {
        read_zone(scan);
    } else if (scan->zone_seen && c != ',' && c != '.' && !g_ascii_isspace(c)) {
        odd(scan, c == ')' ? "unbalanced-parenthesis" : "text-after-date");
        scan->p = scan->end;
    } else {
        if ((unsigned char)c >= 0x80)
            odd(scan, "unknown-weekday");
        scan->p++;
    }
}

static int days_in(int month, int year)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* Twelve-hour clocks, and what the calendar allows. */
static void check(struct scan *scan)
{
    if (!has_day(scan)) {
        fail(scan, "invalid-date-syntax");
        return;
    }
    /* the American order in figures, when it cannot be another */
    if (scan->month > 12 && scan->day <= 12) {
        int month = scan->day;

        scan->day = scan->month;
        scan->month = month;
    }
    if (scan->month < 1 || scan->month > 12 || scan->year < 1900 || scan->year > 9999 ||
        scan->day < 1 || scan->day > days_in(scan->month, scan->year))
        fail(scan, "invalid-date");
    if (scan->hour == UNSET) {
        odd(scan, "no-time-of-day");
        scan->hour = scan->minute = scan->second = 0;
    } else if (!scan->zone_seen) {
        odd(scan, "no-zone");
    }
    if (scan->afternoon || scan->morning) {
        odd(scan, "twelve-hour-clock");
        if (scan->hour <= 12)
            scan->hour = scan->hour % 12 + (scan->afternoon ? 12 : 0);
    }
    if (scan->hour > 23 || scan->minute > 59 || scan->second > 60)
        fail(scan, "invalid-time");
}

void hq_date_parse(const char *s, size_t n, struct hq_date *date)
{
    struct scan scan = {
        .p = s,
        .end = s + n,
        .date = date,
        .year = UNSET,
        .month = UNSET,
        .day = UNSET,
        .hour = UNSET,
        .minute = UNSET,
        .second = UNSET,
        .weekday = UNSET,
    };

    *date = (struct hq_date){.time = HQ_NONE, .zone = HQ_NONE};
    while (scan.p < scan.end && !scan.error)
        read_piece(&scan);
    if (!scan.error)
        check(&scan);
    if (scan.error) {
        date->defect = scan.error;
        date->zone = HQ_NONE;
        return;
    }
    int64_t days = hq_time_from_civil(scan.year, scan.month, scan.day, 0, 0, 0) / HQ_DAY;
    if (scan.weekday != UNSET && (days % 7 + 11) % 7 != scan.weekday) /* 1970-01-01: a Thursday */
        odd(&scan, "weekday-mismatch");
    date->time = days * HQ_DAY + scan.hour * HQ_HOUR + (scan.minute - scan.zone) * HQ_MINUTE +
                 scan.second * HQ_SECOND + scan.fraction;
    date->defect = scan.oddity;
}
