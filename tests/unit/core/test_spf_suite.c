/* SPDX-License-Identifier: ISC */
/* The official RFC 7208 test suite, all of its cases and explanations, over real DNS packets. Reads
 * spf/rfc7208.json of the development data (HOPQ_DATA) and is skipped without it. */
#include "dns_fixture.h"
#include "hopq/spf.h"
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "../dev_data.h"

static int type_number(const char *name)
{
    static const struct {
        const char *name;
        int type;
    } types[] = {
        {"A", HQ_DNS_A},         {"AAAA", HQ_DNS_AAAA}, {"MX", HQ_DNS_MX}, {"PTR", HQ_DNS_PTR},
        {"CNAME", HQ_DNS_CNAME}, {"TXT", HQ_DNS_TXT},   {"*", ZONE_ANY},   {"SPF", 99}};
    for (unsigned i = 0; i < G_N_ELEMENTS(types); i++)
        if (!strcmp(types[i].name, name))
            return types[i].type;
    g_error("record type %s", name);
}

static void add_record(struct zone *zone, const char *owner, json_t *record)
{
    int type = type_number(json_string_value(json_object_get(record, "type")));
    const char *value = json_string_value(json_object_get(record, "value"));
    if (json_is_true(json_object_get(record, "timeout"))) {
        zone_add(zone, owner, type, NULL);
    } else if (type == HQ_DNS_TXT || type == 99) {
        json_t *strings = json_object_get(record, "strings"), *string;
        size_t i;
        GByteArray *data = g_byte_array_new();
        json_array_foreach(strings, i, string)
            zone_txt_string(data, json_string_value(string), json_string_length(string));
        zone_add(zone, owner, type, data);
    } else if (type == HQ_DNS_A || type == HQ_DNS_AAAA) {
        zone_address(zone, owner, value);
    } else {
        zone_name(zone, owner, type, (unsigned)json_integer_value(json_object_get(record, "pref")),
                  value);
    }
}

static struct zone *read_zone(json_t *names)
{
    struct zone *zone = zone_new();
    const char *owner;
    json_t *records, *record;
    size_t i;
    zone->failing = "error.";
    json_object_foreach(names, owner, records) json_array_foreach(records, i, record)
        add_record(zone, owner, record);
    return zone;
}

static bool accepted(json_t *wanted, const char *result)
{
    json_t *value;
    size_t i;
    json_array_foreach(wanted, i, value) if (!strcmp(json_string_value(value), result)) return true;
    return false;
}

static const char *text_of(json_t *test, const char *key)
{
    return json_string_value(json_object_get(test, key));
}

static bool run_case(struct zone *zone, json_t *test, unsigned *explained)
{
    struct hq_arena *arena = hq_arena_new();
    struct hq_dns_cache *cache = hq_dns_cache_new();
    struct hq_spf spf;
    unsigned runs = 0;
    while (!hq_spf_check(cache, text_of(test, "host"), text_of(test, "helo"),
                         text_of(test, "mailfrom"), NULL, &spf, arena)) {
        assert_int_equal(spf.pending, HQ_YES);
        assert_true(zone_serve(zone, cache) > 0); /* or it would never end */
        assert_true(++runs < 60);
    }
    const char *explanation = text_of(test, "explanation");
    const char *ours = spf.explanation ? spf.explanation : "DEFAULT";
    bool good = accepted(json_object_get(test, "result"), hq_result_names[spf.result]);
    if (explanation) {
        (*explained)++;
        good = good && !strcmp(explanation, ours);
    }
    if (!good) {
        g_autofree char *wanted = json_dumps(json_object_get(test, "result"), 0);
        printf("%s: %s, wanted %s; explanation %s, wanted %s; problem %s; term %s\n",
               text_of(test, "id"), hq_result_names[spf.result], wanted, ours,
               explanation ? explanation : "-", spf.problem, spf.term);
    }
    bool error = spf.result == HQ_RESULT_TEMPERROR || spf.result == HQ_RESULT_PERMERROR;
    assert_true(!error || (spf.problem && *spf.problem));
    hq_dns_cache_free(cache);
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
        struct zone *zone = read_zone(json_object_get(scenario, "zone"));
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
