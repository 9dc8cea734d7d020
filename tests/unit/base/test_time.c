/* SPDX-License-Identifier: ISC */
/* Time: the calendar before 1970 and around leap days, what is no time, spans in six columns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the above, as cmocka asks */
#include <cmocka.h>

#include "hopq/time.h"
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
    const char *text;
    int64_t seconds;
} moments[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1969-12-31T23:59:59Z", -1},
    {"1900-03-01T00:00:00Z", -2203891200},
    {"1900-02-28T23:59:59Z", -2203891201}, /* 1900 had no leap day */
    {"2000-02-29T12:00:00Z", 951825600},
    {"2000-03-01T00:00:00Z", 951868800},
    {"2024-02-29T23:59:59Z", 1709251199},
    {"2026-11-22T00:48:03Z", 1795308483},
    {"2038-01-19T03:14:08Z", 2147483648},
    {"2100-03-01T00:00:00Z", 4107542400},
    {"0000-01-01T00:00:00Z", -62167219200},
    {"0001-01-01T00:00:00Z", -62135596800},
    {"9999-12-31T23:59:59Z", 253402300799},
};

static void test_rfc3339_both_ways(void **state)
{
    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(moments); i++) {
        char buf[32];
        int64_t t = 1;
        assert_true(hq_time_parse_rfc3339(moments[i].text, &t));
        assert_int_equal(t, moments[i].seconds * HQ_SECOND);
        assert_string_equal(hq_time_rfc3339(t, buf), moments[i].text);
        /* rounded down, before 1970 as well */
        assert_string_equal(hq_time_rfc3339(t + 999999, buf), moments[i].text);
    }
}

static void test_every_day_of_eight_centuries(void **state)
{
    (void)state;
    int64_t day = hq_time_from_civil(1600, 1, 1, 0, 0, 0);
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int year = 1600; year < 2400; year++) {
        bool leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
        for (int month = 1; month <= 12; month++) {
            for (int d = 1; d <= lengths[month - 1] + (leap && month == 2); d++) {
                char buf[32];
                char wanted[32];
                assert_int_equal(hq_time_from_civil(year, month, d, 0, 0, 0), day);
                g_snprintf(wanted, sizeof(wanted), "%04d-%02d-%02dT00:00:00Z", year, month, d);
                assert_string_equal(hq_time_rfc3339(day, buf), wanted);
                day += HQ_DAY;
            }
        }
    }
    assert_int_equal(day, hq_time_from_civil(2400, 1, 1, 0, 0, 0));
}

static void test_format_at_the_edges(void **state)
{
    (void)state;
    char buf[32] = "x";
    assert_string_equal(hq_time_rfc3339(HQ_NONE, buf), "");
    assert_string_equal(hq_time_rfc3339(INT64_MAX, buf), "");
    assert_string_equal(hq_time_rfc3339(INT64_MIN + 1, buf), "");
    assert_string_equal(hq_time_rfc3339(INT64_C(253402300800) * HQ_SECOND, buf), "");
    assert_string_equal(hq_time_rfc3339(INT64_C(-62167219200) * HQ_SECOND - 1, buf), "");
}

static void test_parse_offsets_and_fractions(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t microseconds;
    } rows[] = {
        {"1970-01-01T02:00:00+02:00", 0},
        {"1969-12-31T18:30:00-05:30", 0},
        {"1970-01-01T00:00:00-00:00", 0},
        {"1970-01-01t00:00:01z", 1000000},
        {"1970-01-01 00:00:01Z", 1000000},
        {"1970-01-01T00:00:00.5Z", 500000},
        {"1970-01-01T00:00:00.000001Z", 1},
        {"1970-01-01T00:00:00.1234567891234567891234567890Z", 123456},
        {"1969-12-31T23:59:59.25Z", -750000},
        {"1998-12-31T23:59:60Z", INT64_C(915148800) * 1000000}, /* a leap second */
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        int64_t t = 42;
        assert_true(hq_time_parse_rfc3339(rows[i].text, &t));
        assert_int_equal(t, rows[i].microseconds);
    }
}

static void test_parse_rejects(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "1",
        "1970-01-01",
        "1970-01-01T00:00:00",
        "1970-01-01T00:00Z",
        "1970-01-01T00:00:00Zx",
        " 1970-01-01T00:00:00Z",
        "1970-00-01T00:00:00Z",
        "1970-13-01T00:00:00Z",
        "1970-01-00T00:00:00Z",
        "1970-01-32T00:00:00Z",
        "1970-04-31T00:00:00Z",
        "1970-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2000-02-30T00:00:00Z",
        "1970-01-01T24:00:00Z",
        "1970-01-01T00:60:00Z",
        "1970-01-01T00:00:61Z",
        "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00,5Z",
        "1970-01-01T00:00:00+24:00",
        "1970-01-01T00:00:00+00:60",
        "1970-01-01T00:00:00+0000",
        "1970-01-01T00:00:00+",
        "19700-01-01T00:00:00Z",
        "-970-01-01T00:00:00Z",
        "1970-1-01T00:00:00Z",
        "1970-01-01X00:00:00Z",
        "+970-01-01T00:00:00Z",
        "now",
    };
    int64_t t = 42;
    assert_false(hq_time_parse_rfc3339(NULL, &t));
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++)
        if (hq_time_parse_rfc3339(bad[i], &t))
            fail_msg("took '%s'", bad[i]);
    assert_int_equal(t, 42);
    const char whole[] = "1970-01-01T00:00:00.5+01:00";
    for (size_t n = 0; n < strlen(whole); n++) {
        char *cut = g_strndup(whole, n);
        assert_false(hq_time_parse_rfc3339(cut, &t));
        g_free(cut);
    }
}

static void test_now(void **state)
{
    (void)state;
    setenv("HOPQ_NOW", "2026-11-22T00:48:03Z", 1);
    assert_int_equal(hq_time_now(), INT64_C(1795308483) * HQ_SECOND);
    setenv("HOPQ_NOW", "yesterday", 1);
    assert_true(llabs(hq_time_now() - time(NULL) * HQ_SECOND) < 2 * HQ_SECOND);
    unsetenv("HOPQ_NOW");
    assert_true(llabs(hq_time_now() - time(NULL) * HQ_SECOND) < 2 * HQ_SECOND);
}

static void test_local(void **state)
{
    (void)state;
    char buf[32];
    setenv("TZ", "XYZ-2", 1); /* two hours east */
    tzset();
    setenv("HOPQ_NOW", "2026-11-22T00:00:00Z", 1);
    assert_string_equal(hq_time_local(HQ_NONE, buf), "-");
    assert_string_equal(hq_time_local_full(HQ_NONE, buf), "-");
    assert_string_equal(hq_time_local_full(hq_time_from_civil(2025, 11, 2, 0, 48, 3), buf),
                        "2025-11-02 02:48:03");
    assert_string_equal(hq_time_local(hq_time_from_civil(2026, 11, 22, 0, 48, 3), buf),
                        "22 Nov 02:48");
    assert_string_equal(hq_time_local(hq_time_from_civil(2026, 1, 2, 3, 4, 5), buf),
                        " 2 Jan 05:04");
    assert_string_equal(hq_time_local(hq_time_from_civil(2025, 12, 31, 22, 0, 0), buf),
                        " 1 Jan 00:00"); /* already 2026 here */
    assert_string_equal(hq_time_local(hq_time_from_civil(2025, 11, 22, 0, 0, 0), buf),
                        "22 Nov 2025");
    assert_string_equal(hq_time_local(hq_time_from_civil(1969, 7, 20, 0, 0, 0), buf),
                        "20 Jul 1969");
    assert_true(strlen(hq_time_local(INT64_MAX, buf)) < 32);
    assert_true(strlen(hq_time_local(INT64_MIN + 1, buf)) < 32);
    unsetenv("HOPQ_NOW");
    unsetenv("TZ");
    tzset();
}

static void test_span(void **state)
{
    (void)state;
    static const struct {
        int64_t span;
        const char *text;
    } rows[] = {
        {0, "0s"},
        {999999, "0s"},
        {-999999, "0s"},
        {59 * HQ_SECOND + 999999, "59s"},
        {-HQ_SECOND, "-1s"},
        {HQ_MINUTE, "1m"},
        {12 * HQ_MINUTE + 59 * HQ_SECOND, "12m"},
        {HQ_HOUR, "1h00m"},
        {3 * HQ_HOUR + 5 * HQ_MINUTE, "3h05m"},
        {24 * HQ_HOUR - 1, "23h59m"},
        {-3 * HQ_HOUR, "-3h00m"},
        {-24 * HQ_HOUR + 1, "-23h"},
        {4 * HQ_DAY + 12 * HQ_HOUR, "4d12h"},
        {100 * HQ_DAY - 1, "99d23h"},
        {-10 * HQ_DAY + 1, "-9d23h"},
        {-10 * HQ_DAY, "-10d"},
        {120 * HQ_DAY, "120d"},
        {9999 * HQ_DAY, "9999d"},
        {10000 * HQ_DAY, "27y"},
        {INT64_MAX, "9999y"},
        {INT64_MIN + 1, "-9999y"},
        {HQ_NONE, "-"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        char buf[16];
        assert_string_equal(hq_time_span(rows[i].span, buf), rows[i].text);
        assert_true(strlen(buf) <= 6);
    }
}

static void test_parse_span(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t span;
    } rows[] = {
        {"0", 0},
        {"90", 90 * HQ_SECOND},
        {"90s", 90 * HQ_SECOND},
        {"007m", 7 * HQ_MINUTE},
        {"2h", 2 * HQ_HOUR},
        {"4d12h", 4 * HQ_DAY + 12 * HQ_HOUR},
        {"1w", 7 * HQ_DAY},
        {"1w2d3h4m5s", 9 * HQ_DAY + 3 * HQ_HOUR + 4 * HQ_MINUTE + 5 * HQ_SECOND},
        {"9223372036854", INT64_C(9223372036854) * HQ_SECOND},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        int64_t d = 42;
        assert_true(hq_time_parse_span(rows[i].text, &d));
        assert_int_equal(d, rows[i].span);
    }
    static const char *const bad[] = {"",
                                      "s",
                                      "-1s",
                                      "+1s",
                                      " 1s",
                                      "1s ",
                                      "1x",
                                      "1.5h",
                                      "4d12",
                                      "12h4d",
                                      "1h1h",
                                      "1S",
                                      "1hh",
                                      "1 h",
                                      "9223372036855",
                                      "99999999999999999999",
                                      "15250285w",
                                      "106751991d24h"};
    int64_t d;
    assert_false(hq_time_parse_span(NULL, &d));
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++)
        if (hq_time_parse_span(bad[i], &d))
            fail_msg("took '%s'", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc3339_both_ways),
        cmocka_unit_test(test_every_day_of_eight_centuries),
        cmocka_unit_test(test_format_at_the_edges),
        cmocka_unit_test(test_parse_offsets_and_fractions),
        cmocka_unit_test(test_parse_rejects),
        cmocka_unit_test(test_now),
        cmocka_unit_test(test_local),
        cmocka_unit_test(test_span),
        cmocka_unit_test(test_parse_span),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
