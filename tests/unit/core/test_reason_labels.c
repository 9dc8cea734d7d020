/* SPDX-License-Identifier: ISC */
/* The reason engine over development data: how often labelled replies are judged right, and that
 * no string of an MTA is unknown. */
#include "hopq/arena.h"
#include "hopq/reason.h"
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../dev_data.h"

struct rates {
    unsigned n, right, given, given_right, unknown;
};

static bool json_names(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (g_strcmp0(json_string_value(json_array_get(list, i)), name) == 0)
            return true;
    return false;
}

/* Prose is no reply, and what public classifiers disagree about is no label. */
static bool is_rated(const json_t *record)
{
    const json_t *accept = json_object_get(record, "accept");

    return json_array_size(accept) > 0 && !json_names(accept, "not-yet") &&
           !json_is_true(json_object_get(record, "label_conflict")) &&
           g_strcmp0(json_string_value(json_object_get(record, "kind")), "prose") != 0;
}

/* Without ACCEPT every category but unknown is right. */
static void rate(struct rates *rates, const char *text, const json_t *accept, const char *got)
{
    bool given = strcmp(got, "unknown") != 0;
    bool right = accept ? json_names(accept, got) : given;

    rates->n++;
    rates->right += right;
    rates->given += given;
    rates->given_right += given && right;
    rates->unknown += !given && !right;
    if (!accept && !given)
        print_error("unknown: %s\n", text);
}

static void rate_file(const char *name, bool labelled, struct rates *rates)
{
    struct hq_reasons *reasons;
    struct hq_arena *arena;
    char *content = NULL;

    assert_true(g_file_get_contents(dev_data(name), &content, NULL, NULL));
    reasons = hq_reasons_new();
    arena = hq_arena_new();
    char **lines = g_strsplit(content, "\n", -1);
    for (unsigned i = 0; lines[i]; i++) {
        json_t *record = json_loads(lines[i], 0, NULL);
        const char *text = json_string_value(json_object_get(record, "text"));
        if (text && (!labelled || is_rated(record)))
            rate(rates, text, labelled ? json_object_get(record, "accept") : NULL,
                 hq_category_names[hq_reason_parse(reasons, text, NULL, arena)->kind->category]);
        json_decref(record);
    }
    g_strfreev(lines);
    g_free(content);
    hq_arena_free(arena);
    hq_reasons_free(reasons);
}

static void test_labelled_replies(void **state)
{
    static const char *const files[] = {
        "reasons/open-bounceparser.jsonl", "reasons/open-exim-errno.jsonl",
        "reasons/open-kumomta.jsonl",      "reasons/open-phpmailer-bmh.jsonl",
        "reasons/open-postalsys.jsonl",    "reasons/open-sisimai-rhost.jsonl",
        "reasons/open-sisimai.jsonl",      "reasons/open-zone-mta.jsonl"};
    struct rates rates = {0};
    (void)state;

    for (unsigned i = 0; i < G_N_ELEMENTS(files); i++)
        rate_file(files[i], true, &rates);
    print_message("%u replies: accuracy %.1f %%, precision %.1f %%, unknown %.1f %%\n", rates.n,
                  100.0 * rates.right / rates.n, 100.0 * rates.given_right / rates.given,
                  100.0 * rates.unknown / rates.n);
    assert_true(rates.right * 100 >= rates.n * 94);
    assert_true(rates.given_right * 100 >= rates.given * 94);
    assert_true(rates.unknown * 100 <= rates.n * 3);
}

static void test_strings_of_the_mtas(void **state)
{
    struct rates rates = {0};
    (void)state;

    rate_file("reasons/mta-strings.jsonl", false, &rates);
    assert_true(rates.n > 0);
    assert_int_equal(rates.unknown, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labelled_replies),
        cmocka_unit_test(test_strings_of_the_mtas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
