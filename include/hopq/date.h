/* SPDX-License-Identifier: ISC */
/* Dates of mail headers: RFC 5322 with its obsolete forms, ctime, Go, ISO, milliseconds, comments
 * anywhere. */
#ifndef HOPQ_DATE_H
#define HOPQ_DATE_H

#include "hopq/time.h"
#include <stddef.h>

struct hq_date {
    int64_t time;       /* microseconds UTC; HQ_NONE when there is no valid date */
    int64_t zone;       /* minutes east as written; HQ_NONE: none, "-0000" or military */
    const char *defect; /* static text: what is wrong or odd; NULL: nothing */
    char zone_name[8];  /* "PDT" of a trailing comment or instead of an offset; "" none */
};

/* Parses the N bytes of S; never fails: TIME tells. Wrong weekday keeps the time and sets DEFECT;
 * an impossible day, hour or zone gives no time. */
void hq_date_parse(const char *s, size_t n, struct hq_date *date);

#endif
