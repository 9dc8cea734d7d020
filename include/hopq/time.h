/* SPDX-License-Identifier: ISC */
/* Time in the model: microseconds since 1970 UTC, HQ_NONE where unknown. Durations too. */
#ifndef HOPQ_TIME_H
#define HOPQ_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HQ_NONE   INT64_MIN /* "unknown" of every integer of the model */
#define HQ_SECOND INT64_C(1000000)
#define HQ_MINUTE (60 * HQ_SECOND)
#define HQ_HOUR   (60 * HQ_MINUTE)
#define HQ_DAY    (24 * HQ_HOUR)

/* Now, or the moment that HOPQ_NOW (RFC 3339) pins, or else the last one given below. */
int64_t hq_time_now(void);

/* The clock stands at T, or at a later moment that it stood at before. */
void hq_time_stand_at(int64_t t);
/* The clock runs again. Returns where it stood; HQ_NONE: it did not. */
int64_t hq_time_go_on(void);

/* The earlier of two moments, where only one is known that one. */
static inline int64_t hq_time_sooner(int64_t a, int64_t b)
{
    if (a == HQ_NONE || b == HQ_NONE)
        return a == HQ_NONE ? b : a;
    return a < b ? a : b;
}

/* "2026-11-22T00:48:03Z": whole seconds, rounded down. BUF of 32 bytes; HQ_NONE gives "".
 * Returns BUF. Years outside 0000-9999 give "". */
char *hq_time_rfc3339(int64_t t, char buf[32]);

/* RFC 3339 date-time (any offset, optional fraction); false when it is none. */
bool hq_time_parse_rfc3339(const char *s, int64_t *t);

/* UTC calendar date to time, proleptic Gregorian; no checks (the caller's business). */
int64_t hq_time_from_civil(int64_t year, int month, int day, int hour, int minute, int second);

/* Local "22 Nov 00:48" (this year) or "22 Nov 2025"; BUF of 32; HQ_NONE gives "-". */
char *hq_time_local(int64_t t, char buf[32]);
/* The same with year and seconds, "2026-11-22 10:00:05": to hold against the lines of a log. */
char *hq_time_local_full(int64_t t, char buf[32]);

/* A duration in at most 6 columns: "0s" "59s" "12m" "3h05m" "4d12h" "120d"; negative with "-".
 * BUF of 16; HQ_NONE gives "-". */
char *hq_time_span(int64_t d, char buf[16]);

/* "90s", "2h", "4d12h", a bare number is seconds, also "1w"; false when it is none. */
bool hq_time_parse_span(const char *s, int64_t *d);

#endif
