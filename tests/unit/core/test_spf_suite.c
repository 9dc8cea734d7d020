/* SPDX-License-Identifier: ISC */
/* The official RFC 7208 test suite, all of its cases and explanations, over real DNS packets. Reads
 * spf/rfc7208.json of the development data (HOPQ_DATA) and is skipped without it. */
#include "spf_scenario.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../dev_data.h"

static bool accepted(json_t *wanted, const char *result)
{
    json_t *value;
    size_t i;
    json_array_foreach(wanted, i, value) if (!strcmp(json_string_value(value), result)) return true;
    return false;
}

static bool run_case(struct zone *zone, json_t *test, unsigned *explained)
{
    struct hq_arena *arena = hq_arena_new();
    struct hq_spf spf;
    scenario_check(zone, test, &spf, arena);
    const char *explanation = scenario_text(test, "explanation");
    const char *ours = spf.explanation ? spf.explanation : "DEFAULT";
    bool good = accepted(json_object_get(test, "result"), hq_result_names[spf.result]);
    if (explanation) {
        (*explained)++;
        good = good && !strcmp(explanation, ours);
    }
    if (!good) {
        g_autofree char *wanted = json_dumps(json_object_get(test, "result"), 0);
        printf("%s: %s, wanted %s; explanation %s, wanted %s; problem %s; term %s\n",
               scenario_text(test, "id"), hq_result_names[spf.result], wanted, ours,
               explanation ? explanation : "-", spf.problem, spf.term);
    }
    bool error = spf.result == HQ_RESULT_TEMPERROR || spf.result == HQ_RESULT_PERMERROR;
    assert_true(!error || (spf.problem && *spf.problem));
    hq_arena_free(arena);
    return good;
}

static void test_suite(void **state)
{
    (void)state;
    const char *path = dev_data("spf/rfc7208.json");
    json_error_t error;
    json_t *suite = json_load_file(path, JSON_ALLOW_NUL, &error);
    assert_non_null(suite);
    json_t *scenarios = json_object_get(suite, "scenarios"), *scenario, *test;
    size_t i, j;
    unsigned count = 0, passed = 0, explained = 0;
    json_array_foreach(scenarios, i, scenario)
    {
        struct zone *zone = scenario_zone(scenario);
        json_array_foreach(json_object_get(scenario, "tests"), j, test)
        {
            passed += run_case(zone, test, &explained);
            count++;
        }
        zone_free(zone);
    }
    json_decref(suite);
    printf("%u of %u cases, %u with explanation\n", passed, count, explained);
    assert_int_equal(count, 203);
    assert_int_equal(explained, 22);
    assert_int_equal(passed, count);
}

int main(void)
{
    hq_spf_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_suite)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
