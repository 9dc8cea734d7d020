/* SPDX-License-Identifier: ISC */
/* Labelled Received fields and dates of other projects' tests, where the development data is
 * present (HOPQ_DATA): the share that is read as labelled must not fall below the bars. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../dev_data.h"
#include "hopq/arena.h"
#include "hopq/date.h"
#include "hopq/ip.h"
#include "hopq/received.h"
#include <glib.h>
#include <jansson.h>
#include <string.h>

struct score {
    unsigned right, asked;
};

static const char *labels(const char *name)
{
    char relative[64];

    g_snprintf(relative, sizeof relative, "hops/%s", name);
    return dev_data(relative);
}

/* Calls EACH with every object of a file of JSON lines. */
static void each_line(const char *name, void (*each)(json_t *row, void *data), void *data)
{
    g_autofree char *text = NULL;

    assert_true(g_file_get_contents(labels(name), &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        json_t *row = json_loads(*line, JSON_ALLOW_NUL, NULL);

        if (row)
            each(row, data);
        json_decref(row);
    }
}

static bool same_address(const char *a, const char *b)
{
    struct hq_ip x, y;

    return hq_ip_parse_str(a, &x) && hq_ip_parse_str(b, &y) && hq_ip_equal(&x, &y);
}

/* KEY absent: not asked. JSON null: must be unknown. */
static void compare(struct score *score, json_t *expect, const char *key, const char *got)
{
    json_t *want = json_object_get(expect, key);
    const char *text = json_string_value(want);

    if (!want)
        return;
    score->asked++;
    bool right =
        text ? got && (g_ascii_strcasecmp(text, got) == 0 || same_address(text, got)) : got == NULL;
    score->right += right;
    if (!right)
        print_message("%s: want %s got %s\n", key, text ? text : "null", got ? got : "null");
}

struct fields {
    struct hq_arena *arena;
    const char *ip_key;
    bool null_is_unasked; /* the labels' "null" is no label */
    struct score ip, by;
};

static void score_field(json_t *row, void *data)
{
    struct fields *fields = data;
    json_t *header = json_object_get(row, "header");
    json_t *expect = json_object_get(row, "expect");
    struct hq_hop hop;

    if (!header || !expect)
        return;
    hq_received_parse(json_string_value(header), json_string_length(header), &hop, fields->arena);
    if (!fields->null_is_unasked || json_is_string(json_object_get(expect, fields->ip_key)))
        compare(&fields->ip, expect, fields->ip_key, hop.from.ip);
    if (!fields->null_is_unasked || json_is_string(json_object_get(expect, "by")))
        compare(&fields->by, expect, "by", hop.by.name);
}

static void check_fields(const char *name, const char *ip_key, bool null_is_unasked, double bar)
{
    labels(name); /* or skip, before anything is made */
    struct fields fields = {hq_arena_new(), ip_key, null_is_unasked, {0, 0}, {0, 0}};

    each_line(name, score_field, &fields);
    print_message("%s: ip %u/%u by %u/%u\n", name, fields.ip.right, fields.ip.asked,
                  fields.by.right, fields.by.asked);
    assert_true(fields.ip.asked > 0 && fields.by.asked > 0);
    assert_true(fields.ip.right >= bar * fields.ip.asked);
    assert_true(fields.by.right >= bar * fields.by.asked);
    hq_arena_free(fields.arena);
}

static void spamassassin(void **state)
{
    (void)state;
    check_fields("sa_rcvd_parser.jsonl", "ip", true, 1.0);
}

static void stalwart(void **state)
{
    (void)state;
    check_fields("stalwart_received.jsonl", "from_ip", true, 0.98); /* one label is "by uid" */
}

static void rspamd(void **state)
{
    (void)state;
    check_fields("rspamd_received.jsonl", "ip", false, 1.0);
}

static void hard(void **state)
{
    (void)state;
    check_fields("hard_received.jsonl", "ip", false, 1.0);
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

static void dates(void **state)
{
    struct score score = {0, 0};

    (void)state;
    each_line("hard_dates.jsonl", score_date, &score);
    print_message("dates: %u/%u\n", score.right, score.asked);
    assert_true(score.asked > 0);
    assert_int_equal(score.right, score.asked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spamassassin), cmocka_unit_test(stalwart), cmocka_unit_test(rspamd),
        cmocka_unit_test(hard),         cmocka_unit_test(dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
