/* SPDX-License-Identifier: ISC */
/* Labelled dates of other projects' tests, where the development data is present (HOPQ_DATA). */
#include "labels.h"

#include "hopq/date.h"
#include "hopq/time.h"

static bool has_date(json_t *expect, const struct hq_date *date)
{
    static const char *const keys[] = {"year", "month", "day", "hour", "minute", "second"};
    int64_t zone = 60 * json_integer_value(json_object_get(expect, "tz_hour")) +
                   json_integer_value(json_object_get(expect, "tz_minute"));
    int v[G_N_ELEMENTS(keys)];

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        v[i] = (int)json_integer_value(json_object_get(expect, keys[i]));
    if (json_is_true(json_object_get(expect, "tz_before_gmt")))
        zone = -zone;
    return date->time == hq_time_from_civil(v[0], v[1], v[2], v[3], v[4], v[5]) - zone * HQ_MINUTE;
}

static void score_parts(json_t *row, void *data)
{
    json_t *text = json_object_get(row, "date");
    json_t *expect = json_object_get(row, "expect");
    struct score *score = data;
    struct hq_date date;

    if (!json_object_get(expect, "year"))
        return;
    hq_date_parse(json_string_value(text), json_string_length(text), &date);
    bool right = has_date(expect, &date);
    score->asked++;
    score->right += right;
    if (!right)
        print_message("date: %s\n", json_string_value(text));
}

static void stalwart_dates(void **state)
{
    struct score score = {0, 0};

    (void)state;
    each_label("hops/stalwart_date.jsonl", score_parts, &score);
    score_must("stalwart_date.jsonl", &score, 0.9);
}

static void score_date(json_t *row, void *data)
{
    struct score *score = data;
    json_t *text = json_object_get(row, "date");
    json_t *epoch = json_object_get(json_object_get(row, "expect"), "epoch");
    struct hq_date date;

    if (!epoch)
        return;
    hq_date_parse(json_string_value(text), json_string_length(text), &date);
    score->asked++;
    score->right += json_is_null(epoch) ? date.time == HQ_NONE
                                        : date.time == json_integer_value(epoch) * HQ_SECOND;
}

static void hard_dates(void **state)
{
    struct score score = {0, 0};

    (void)state;
    each_label("hops/hard_dates.jsonl", score_date, &score);
    score_must("hard_dates.jsonl", &score, 1.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stalwart_dates),
        cmocka_unit_test(hard_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
