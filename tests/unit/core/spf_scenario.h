/* SPDX-License-Identifier: ISC */
/* SPF checks as JSON: a zone and the cases that are asked in it. One scenario is
 * {"zone": {OWNER: [{"type":…, "value":… or "strings":[…], "pref":…, "timeout":true}]},
 *  "tests": [{"id":…, "host":…, "helo":…, "mailfrom":…}]}
 * A name that begins with "error." and is not there fails; type "*" stands for all others. */
#ifndef HOPQ_TESTS_SPF_SCENARIO_H
#define HOPQ_TESTS_SPF_SCENARIO_H

#include "dns_fixture.h"
#include "hopq/spf.h"
#include <jansson.h>

static inline int scenario_type(const char *name)
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

static inline void scenario_record(struct zone *zone, const char *owner, json_t *record)
{
    int type = scenario_type(json_string_value(json_object_get(record, "type")));
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

static inline struct zone *scenario_zone(json_t *scenario)
{
    struct zone *zone = zone_new();
    const char *owner;
    json_t *records, *record;
    size_t i;
    zone->failing = "error.";
    json_object_foreach(json_object_get(scenario, "zone"), owner, records)
        json_array_foreach(records, i, record) scenario_record(zone, owner, record);
    return zone;
}

static inline const char *scenario_text(json_t *test, const char *key)
{
    return json_string_value(json_object_get(test, key));
}

/* One check with a cache of its own. ZONE->asked: its questions. */
static inline void scenario_check(struct zone *zone, json_t *test, struct hq_spf *spf,
                                  struct hq_arena *arena)
{
    struct hq_dns_cache *cache = hq_dns_cache_new();
    unsigned runs = 0;
    zone->asked = 0;
    while (!hq_spf_check(cache, scenario_text(test, "host"), scenario_text(test, "helo"),
                         scenario_text(test, "mailfrom"), NULL, spf, arena)) {
        g_assert(spf->pending == HQ_YES);
        g_assert(zone_serve(zone, cache) > 0); /* or it would never end */
        g_assert(++runs < 60);
    }
    hq_dns_cache_free(cache);
}

#endif
