/* SPDX-License-Identifier: ISC */
/* SPF checks for scripts: a scenario (see spf_scenario.h) on each line of standard input, an array
 * with what came of its cases on each line of standard output. */
#include "unit/core/spf_scenario.h"
#include <stdio.h>
#include <stdlib.h>

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *run_case(struct zone *zone, json_t *test)
{
    struct hq_arena *arena = hq_arena_new();
    struct hq_spf spf;
    scenario_check(zone, test, &spf, arena);
    json_t *found = json_pack("{s:s, s:s, s:i, s:o, s:o, s:o}", "id", scenario_text(test, "id"),
                              "result", hq_result_names[spf.result], "asked", (int)zone->asked,
                              "explanation", text_or_null(spf.explanation), "problem",
                              text_or_null(spf.problem), "term", text_or_null(spf.term));
    g_assert(found);
    hq_arena_free(arena);
    return found;
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    hq_spf_init();
    while (getline(&line, &size, stdin) > 0) {
        json_error_t error;
        json_t *scenario = json_loads(line, JSON_ALLOW_NUL, &error), *test;
        json_t *all = json_array();
        size_t i;
        if (!scenario)
            g_error("%s", error.text);
        struct zone *zone = scenario_zone(scenario);
        json_array_foreach(json_object_get(scenario, "tests"), i, test)
            json_array_append_new(all, run_case(zone, test));
        json_dumpf(all, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(all);
        json_decref(scenario);
        zone_free(zone);
    }
    free(line);
    return EXIT_SUCCESS;
}
