/* SPDX-License-Identifier: ISC */
/* Dates: every form that mail shows, what is odd about it, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hopq/date.h"
#include <string.h>

#define T0 (INT64_C(1790856000) * HQ_SECOND) /* 2026-10-01T12:00:00Z, a Thursday */

static const struct {
    const char *text;
    int64_t time;
    int64_t zone;
    const char *name;
    const char *defect;
} dates[] = {
    {"Thu, 01 Oct 2026 14:00:00 +0200 (CEST)", T0, 120, "CEST", NULL},
    {"Thu, 1 Oct 2026 14:00 +0200", T0, 120, "", NULL},
    {"1 Oct 26 12:00:00 GMT", T0, 0, "GMT", NULL},
    {"Thu, 01 Oct 126 12:00:00GMT", T0, 0, "GMT", NULL},
    {"Thursday, 01-Oct-2026 05:00:00 PDT", T0, -420, "PDT", NULL},
    {"Thu, 01 Oct 2026 12:00:00 -0000", T0, HQ_NONE, "", NULL},
    {"Thu, 01 Oct 2026 12:00:00 A", T0, HQ_NONE, "A", "no-zone"},
    {"Thu,\r\n\t01 Oct\r\n 2026 12:00:00.250 +0000 (UTC)", T0 + HQ_SECOND / 4, 0, "UTC", NULL},
    {"2026-10-01 12:00:00.5 +0000 UTC m=+555016.7", T0 + HQ_SECOND / 2, 0, "UTC", NULL},
    {"2026-10-01T14:00:00+02:00", T0, 120, "", NULL},
    {"Thu (a (nested) comment) , 1 Oct 2026 12:00:00 +0000", T0, 0, "", NULL},
    {"Thu Oct  1 12:00:00 2026", T0, HQ_NONE, "", "no-zone"},
    {"01/10/2026 12:00:00 +0000", T0, 0, "", NULL},
    {"Wed, 01 Oct 2026 12:00:00 +0000", T0, 0, "", "weekday-mismatch"},
    {"Thu, 01 Oct 2026 12:00:00 +0000)", T0, 0, "", "unbalanced-parenthesis"},
    {"Thu, 01 Oct 2026 12:00:00 +0000Date: Sun,", T0, 0, "", "text-after-date"},
    {"Thu, 01 Oct 2026 07:00:00 -500", T0, -300, "", "odd-zone"},
    {"Oct, 01 2026 12:00:00 +0000", T0, 0, "", "month-comma-day"},
    {"Thu, 01 Oct 2026 02:00:00 PM +0200", T0, 120, "", "twelve-hour-clock"},
    {"Thu, 01 Oct 2026 12:00:00 XYZT", T0, HQ_NONE, "", "unknown-zone"},
    {"Thu, 01 Oct 2026 11:59:60 +0000", T0, 0, "", NULL},
    {"Wed, 30 Sep 2026 23:59:60 +0000", T0 - 12 * HQ_HOUR, 0, "", NULL},
    {"Thu, 01 Oct 2026 12 : 00 :00 +0000", T0, 0, "", NULL},
    {"Thu, 01 Oct 2026 12.00.00 +0000", T0, 0, "", NULL},
    {"01.10.2026 12.00 +0000", T0, 0, "", NULL},
    {"Do, 1 Okt 2026 14:00:00 +0200", T0, 120, "", "unknown-weekday"},
    {"1 Oct 2026", T0 - 12 * HQ_HOUR, HQ_NONE, "", "no-time-of-day"},
    {"Thu, 31 Sep 2026 12:00:00 +0000", HQ_NONE, HQ_NONE, "", "invalid-date"},
    {"29 Feb 2023 12:00:00 +0000", HQ_NONE, HQ_NONE, "", "invalid-date"},
    {"Thu, 01 Oct 2026 24:00:00 +0000", HQ_NONE, HQ_NONE, "", "invalid-time"},
    {"Thu, 01 Oct 2026 12:61:00 +0000", HQ_NONE, HQ_NONE, "", "invalid-time"},
    {"Thu, 01 Oct 2026 12:00:00 +0260", HQ_NONE, HQ_NONE, "", "invalid-zone"},
    {"Thu, 01 Foo 2026 12:00:00 +0000", HQ_NONE, HQ_NONE, "", "invalid-date-syntax"},
    {"tomorrow", HQ_NONE, HQ_NONE, "", "invalid-date-syntax"},
    {"", HQ_NONE, HQ_NONE, "", "invalid-date-syntax"},
};

static void forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        struct hq_date date;

        print_message("%s\n", dates[i].text);
        hq_date_parse(dates[i].text, strlen(dates[i].text), &date);
        assert_int_equal(date.time, dates[i].time);
        if (dates[i].time != HQ_NONE) {
            assert_int_equal(date.zone, dates[i].zone);
            assert_string_equal(date.zone_name, dates[i].name);
        }
        if (dates[i].defect)
            assert_string_equal(date.defect, dates[i].defect);
        else
            assert_null(date.defect);
    }
}

/* Every cut of a date is read without a look beyond its end. */
static void cuts(void **state)
{
    const char *text = dates[0].text;

    (void)state;
    for (size_t n = 0; n <= strlen(text); n++) {
        char *exact = n ? test_malloc(n) : test_malloc(1);
        struct hq_date date;

        memcpy(exact, text, n);
        hq_date_parse(exact, n, &date);
        assert_true(n < 12 ? date.time == HQ_NONE : n < 28 || date.time != HQ_NONE);
        test_free(exact);
    }
}

static void hostile(void **state)
{
    enum { SIZE = 1000000 };
    static char text[SIZE];
    struct hq_date date;

    (void)state;
    for (const char *c = "(9:+,J\xFF"; *c; c++) {
        memset(text, *c, SIZE);
        hq_date_parse(text, SIZE, &date);
        assert_int_equal(date.time, HQ_NONE);
        assert_non_null(date.defect);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(cuts),
        cmocka_unit_test(hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
