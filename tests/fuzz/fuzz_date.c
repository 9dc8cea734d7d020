/* SPDX-License-Identifier: ISC */
/* libFuzzer: one date. Without a time there is a defect; with one it lies in the years that are
 * accepted, give or take a zone. */
#include "hopq/date.h"
#include <glib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct hq_date date;

    hq_date_parse((const char *)bytes, n, &date);
    if (date.time == HQ_NONE) {
        g_assert(date.defect);
    } else {
        g_assert(date.time > hq_time_from_civil(1899, 1, 1, 0, 0, 0));
        g_assert(date.time < hq_time_from_civil(10001, 1, 1, 0, 0, 0));
    }
    g_assert(date.zone == HQ_NONE || (date.zone > -6000 && date.zone < 6000));
    g_assert(memchr(date.zone_name, '\0', sizeof date.zone_name));
    return 0;
}
