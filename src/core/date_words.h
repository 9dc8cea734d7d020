/* SPDX-License-Identifier: ISC */
/* Words of dates: months, weekdays, zone names. */
#ifndef HOPQ_CORE_DATE_WORDS_H
#define HOPQ_CORE_DATE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 1-12, 0: no month. Three letters or more of an English name; other languages' abbreviations that
 * mail programs wrote. */
int hq_date_month(const char *s, size_t n);
/* 0 is Sunday; -1: no weekday. */
int hq_date_weekday(const char *s, size_t n);

struct hq_zone_name {
    char name[8];
    int16_t minutes; /* east of UTC */
    bool certain;    /* used for one offset only, so another one contradicts it */
};
/* NULL: not known. */
const struct hq_zone_name *hq_date_zone(const char *s, size_t n);

#endif
