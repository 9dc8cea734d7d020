/* SPDX-License-Identifier: ISC */
/* Verdicts on destinations from counts, and what few counts must not be taken for. */
#include "hopq/arena.h"
#include "hopq/trend.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct hq_trend_facts usual = {
    .domain = "b.example",
    .category = HQ_CATEGORY_NETWORK,
    .waiting = 100,
    .span = HQ_DAY,
    .tried = 500,
    .patience = HQ_HOUR,
    .lifetime = 5 * HQ_DAY,
};

static void test_states(void **state)
{
    (void)state;
    static const struct {
        int64_t span, waiting, arrived, sent, tried;
        bool gone;
        enum hq_category category;
        enum hq_trend_state wanted;
        const char *words; /* in the text */
    } rows[] = {
        {HQ_DAY, 100, 50, 150, 9, false, HQ_CATEGORY_NETWORK, HQ_TREND_DRAINING,
         "empty in about 1d00h; 50 a day arrive, 150 a day are accepted"},
        {HQ_DAY, 100, 100, 105, 9, false, HQ_CATEGORY_NETWORK, HQ_TREND_STEADY, "100 a day arrive"},
        {HQ_DAY, 100, 150, 50, 9, false, HQ_CATEGORY_NETWORK, HQ_TREND_GROWING, "growing: 150"},
        {HQ_DAY, 100, 150, 50, 9, false, HQ_CATEGORY_THROTTLED, HQ_TREND_NEVER_DRAINS,
         "100 a day are lost after 5d00h, when 500 wait"},
        /* half a day proves no daily cap; nor does it when it is not known what was sent */
        {HQ_DAY / 2, 100, 150, 50, 9, false, HQ_CATEGORY_THROTTLED, HQ_TREND_GROWING, "300 a day"},
        {HQ_DAY, 100, 150, 50, 9, true, HQ_CATEGORY_THROTTLED, HQ_TREND_GROWING, "given up"},
        {2 * HQ_HOUR, 100, 3, 0, 9, false, HQ_CATEGORY_NETWORK, HQ_TREND_STUCK,
         "nothing left for 2h00m, 9 attempts failed, 3 more arrived"},
        /* too short for anything to have been tried; nothing was tried */
        {HQ_MINUTE, 100, 0, 0, 9, false, HQ_CATEGORY_NETWORK, HQ_TREND_UNKNOWN, NULL},
        {HQ_DAY, 100, 0, 0, 0, false, HQ_CATEGORY_NETWORK, HQ_TREND_UNKNOWN, NULL},
        {HQ_DAY, 0, 100, 50, 9, false, HQ_CATEGORY_NETWORK, HQ_TREND_UNKNOWN, NULL},
        {0, 100, 100, 50, 9, false, HQ_CATEGORY_NETWORK, HQ_TREND_UNKNOWN, NULL},
    };
    struct hq_arena *arena = hq_arena_new();
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hq_trend_facts facts = usual;
        struct hq_trend trend;
        facts.span = rows[i].span;
        facts.waiting = rows[i].waiting;
        facts.arrived = rows[i].arrived;
        facts.sent = rows[i].sent;
        facts.tried = rows[i].tried;
        facts.gone = rows[i].gone;
        facts.category = rows[i].category;
        hq_trend_judge(&trend, &facts, arena);
        if (trend.state != rows[i].wanted)
            fail_msg("row %u: %d", i, trend.state);
        if (rows[i].words && !(trend.text && strstr(trend.text, rows[i].words)))
            fail_msg("row %u: %s", i, trend.text ? trend.text : "no text");
        if (!rows[i].words)
            assert_null(trend.text);
    }
    hq_arena_free(arena);
}

static void test_ages(void **state)
{
    (void)state;
    static const struct {
        uint32_t ages[12];
        enum hq_trend_state wanted;
    } rows[] = {
        {{10, 10, 20, 40, 80, 160, 90}, HQ_TREND_STUCK}, /* as many a minute all along */
        {{90, 60, 40, 20, 9, 5, 2}, HQ_TREND_DRAINING},  /* few stay */
        {{0, 0, 0, 0, 0, 0, 500}, HQ_TREND_UNKNOWN},     /* one mailing */
        {{1, 1, 2, 4, 8, 9, 3}, HQ_TREND_UNKNOWN},       /* too few */
        {{0}, HQ_TREND_UNKNOWN},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hq_trend trend;
        hq_trend_guess(&trend, rows[i].ages, 12);
        if (trend.state != rows[i].wanted)
            fail_msg("row %u: %d", i, trend.state);
        assert_int_equal(trend.text != NULL, trend.state != HQ_TREND_UNKNOWN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_states), cmocka_unit_test(test_ages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
