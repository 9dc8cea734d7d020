/* SPDX-License-Identifier: ISC */
/* Stamps without zone or year where the zone is not UTC: the turn of the year, the change of the
 * clocks, the leap day. A process has one zone, so this is a program of its own. */
#include "hopq/log.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int64_t utc(const char *rfc3339)
{
    int64_t t;

    assert_true(hq_time_parse_rfc3339(rfc3339, &t));
    return t;
}

static void test_local(void **state)
{
    (void)state;
    static const struct {
        const char *now, *stamp, *time;
    } rows[] = {
        /* the turn of the year, seen from both sides; the year of the zone, not of UTC */
        {"2027-01-01T00:10:00Z", "Dec 31 23:59:59 x", "2026-12-31T22:59:59Z"},
        {"2027-01-01T00:10:00Z", "Jan  1 00:00:01 x", "2026-12-31T23:00:01Z"},
        {"2026-12-31T23:00:20Z", "Jan  1 00:00:10 x", "2026-12-31T23:00:10Z"},
        {"2026-12-31T22:59:50Z", "Dec 31 23:59:40 x", "2026-12-31T22:59:40Z"},
        {"2026-12-31T22:59:50Z", "Jan  1 00:00:10 x", "2026-12-31T23:00:10Z"}, /* a clock ahead */
        {"2026-12-31T22:59:50Z", "Jan  2 12:00:00 x", "2026-01-02T11:00:00Z"},
        {"2027-01-01T00:10:00Z", "Jan  1 01:09:00 x", "2027-01-01T00:09:00Z"},
        {"2027-01-07T12:00:00Z", "Dec 25 12:00:00 x", "2026-12-25T11:00:00Z"},
        /* summer, winter, and the quarters beside the change */
        {"2026-11-22T05:20:00Z", "Jul  1 12:00:00 x", "2026-07-01T10:00:00Z"},
        {"2026-11-22T05:20:00Z", "Oct 25 01:59:59 x", "2026-10-24T23:59:59Z"},
        {"2026-11-22T05:20:00Z", "Oct 25 03:00:00 x", "2026-10-25T02:00:00Z"},
        {"2026-11-22T05:20:00Z", "Mar 29 01:59:59 x", "2026-03-29T00:59:59Z"},
        {"2026-11-22T05:20:00Z", "Mar 29 03:00:00 x", "2026-03-29T01:00:00Z"},
        /* Exim's own stamps are local, too; those with a zone are not */
        {"2026-11-22T05:20:00Z", "2026-07-01 12:00:00 x", "2026-07-01T10:00:00Z"},
        {"2026-11-22T05:20:00Z", "2026-07-01 12:00:00 +0000 x", "2026-07-01T12:00:00Z"},
        {"2026-11-22T05:20:00Z", "2026-07-01T12:00:00Z x", "2026-07-01T12:00:00Z"},
        {"2026-11-22T05:20:00Z", "2026-07-01T12:00:00.25-07:00 x", "2026-07-01T19:00:00.25Z"},
        /* the leap day is of a year that has one */
        {"2028-03-02T12:00:00Z", "Feb 29 12:00:00 x", "2028-02-29T11:00:00Z"},
        {"2029-01-02T12:00:00Z", "Feb 29 12:00:00 x", "2028-02-29T11:00:00Z"},
        {"2028-12-31T23:30:00Z", "Jan  1 00:29:00 x", "2028-12-31T23:29:00Z"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        size_t used;
        int64_t time = hq_log_stamp(rows[i].stamp, strlen(rows[i].stamp), utc(rows[i].now), &used);
        char got[32];
        if (time != utc(rows[i].time))
            fail_msg("%s at %s: %s, not %s", rows[i].stamp, rows[i].now,
                     time == HQ_NONE ? "nothing" : hq_time_rfc3339(time, got), rows[i].time);
    }
}

/* In the hour that comes twice either is right, and order is kept on each side of it. */
static void test_twice(void **state)
{
    (void)state;
    size_t used;
    int64_t now = utc("2026-11-22T05:20:00Z");
    int64_t time = hq_log_stamp("Oct 25 02:30:00 x", 17, now, &used);
    assert_true(time == utc("2026-10-25T00:30:00Z") || time == utc("2026-10-25T01:30:00Z"));
    time = hq_log_stamp("Mar 29 02:30:00 x", 17, now, &used); /* and this one never */
    assert_true(time >= utc("2026-03-29T00:30:00Z") && time <= utc("2026-03-29T01:30:00Z"));
}

int main(void)
{
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1); /* needs no file */
    hq_log_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_local), cmocka_unit_test(test_twice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
