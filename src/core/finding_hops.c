/* SPDX-License-Identifier: ISC */
/* Rules on the trail: what a single hop or the chain shows, and their sum "forged-below". A rule is
 * a row and a function; where SCOPE is CLAIMED, hops that our side wrote are not asked. */
#include "date_words.h"
#include "finding_parts.h"
#include "hopq/date.h"
#include "hopq/ip.h"
#include "hopq/org.h"
#include <glib.h>
#include <string.h>

enum { LOOP_SAME = 3, LOOP_HOPS = 25 };

bool hq_finding_date_text(const struct hq_hop *hop, const char **s, size_t *n)
{
    const char *semicolon = hop->raw ? strrchr(hop->raw, ';') : NULL;

    *s = semicolon ? semicolon + 1 : NULL;
    *n = semicolon ? strlen(*s) : 0;
    return semicolon != NULL;
}

static const char *mta_habit(const struct trail *trail, const struct hq_hop *hop)
{
    (void)trail;
    return hq_finding_habit(hop);
}

static const char *tail_junk(const struct trail *trail, const struct hq_hop *hop)
{
    (void)trail;
    if (hop->date_defect && strcmp(hop->date_defect, "unbalanced-parenthesis") == 0)
        return "a bracket behind the date closes nothing";
    return NULL;
}

static const char *date_as_ip(const struct trail *trail, const struct hq_hop *hop)
{
    (void)trail;
    return hop->problem && strcmp(hop->problem, "date-as-ip") == 0
               ? "a date stands where the client's address belongs"
               : NULL;
}

static const char *ratware_date(const struct trail *trail, const struct hq_hop *hop)
{
    (void)trail;
    if (!hop->date_defect)
        return NULL;
    if (strcmp(hop->date_defect, "twelve-hour-clock") == 0)
        return "no mail server writes a clock of twelve hours";
    if (strcmp(hop->date_defect, "month-comma-day") == 0)
        return "no mail server writes a comma behind the month";
    return NULL;
}

/* NNFMP is spoken between Yahoo's own servers only. */
static const char *proto_nonsense(const struct trail *trail, const struct hq_hop *hop)
{
    char org[256];

    (void)trail;
    if (!hop->with || g_ascii_strcasecmp(hop->with, "NNFMP") != 0 || !hop->by.name)
        return NULL;
    hq_org_domain(hop->by.name, org);
    if (!org[0] || strcmp(org, "yahoo.com") == 0 || g_str_has_prefix(org, "yahoo."))
        return NULL;
    return "only Yahoo's servers speak NNFMP";
}

static const char *impossible_ip(const struct trail *trail, const struct hq_hop *hop)
{
    struct hq_ip ip;

    (void)trail;
    if (hop->problem && strcmp(hop->problem, "impossible-ip") == 0)
        return "the client's address has a number over 255";
    if (!hq_ip_parse_str(hop->from.ip, &ip))
        return NULL;
    if (strcmp(hop->from.ip, "255.255.255.255") == 0 && hop->with &&
        g_str_has_prefix(hop->with, "Microsoft"))
        return NULL; /* Exchange Online's own word for "nobody" */
    switch (hq_ip_classify(&ip)) {
    case HQ_IP_INVALID:
    case HQ_IP_MULTICAST:
        return "no client can have this address";
    case HQ_IP_DOCUMENTATION:
        return "the client's address is from a range for documentation";
    default:
        return NULL;
    }
}

/* A claimed hop later than the fact; an hour's multiple is a wrong zone, no more. */
static const char *time_travel(const struct trail *trail, const struct hq_hop *hop)
{
    const struct hq_hop *fact = hq_trail_boundary(trail->detail);

    if (hop->date == HQ_NONE)
        return NULL;
    if (hop->date > trail->context->now + HQ_DAY)
        return "the hop's date lies in the future";
    if (!fact || fact->date == HQ_NONE || hop->date - fact->date <= 5 * HQ_MINUTE)
        return NULL;
    int64_t rest = (hop->date - fact->date) % HQ_HOUR;
    if (rest <= HQ_MINUTE || rest >= HQ_HOUR - HQ_MINUTE)
        return NULL;
    return "the hop is later than the one that took the message from it";
}

static const char *tz_contradict(const struct trail *trail, const struct hq_hop *hop)
{
    struct hq_date date;
    const char *s;
    size_t n;

    (void)trail;
    if (hop->zone == HQ_NONE || !hq_finding_date_text(hop, &s, &n))
        return NULL;
    hq_date_parse(s, n, &date);
    const struct hq_zone_name *zone = hq_date_zone(date.zone_name, strlen(date.zone_name));
    return zone && zone->certain && zone->minutes != hop->zone
               ? "the zone's name contradicts its offset"
               : NULL;
}

static const char *unparseable(const struct trail *trail, const struct hq_hop *hop)
{
    (void)trail;
    return hop->kind == HQ_HOP_UNPARSEABLE ? hop->problem : NULL;
}

enum scope { SCOPE_ANY, SCOPE_CLAIMED };

/* What a rule adds to "forged-below". */
enum weight { WEIGHT_NONE, WEIGHT_WEAK, WEIGHT_STRONG, WEIGHT_CERTAIN, WEIGHT_COUNT };

static const struct rule {
    const char *id;
    enum scope scope;
    enum weight weight;
    const char *(*broken)(const struct trail *trail, const struct hq_hop *hop);
} rules[] = {
    {"received-unparseable", SCOPE_ANY, WEIGHT_NONE, unparseable},
    {"date-as-ip", SCOPE_ANY, WEIGHT_CERTAIN, date_as_ip},
    {"ratware-date", SCOPE_ANY, WEIGHT_CERTAIN, ratware_date},
    {"mta-habit", SCOPE_CLAIMED, WEIGHT_STRONG, mta_habit},
    {"tail-junk", SCOPE_CLAIMED, WEIGHT_STRONG, tail_junk},
    {"proto-nonsense", SCOPE_CLAIMED, WEIGHT_STRONG, proto_nonsense},
    {"impossible-ip", SCOPE_CLAIMED, WEIGHT_WEAK, impossible_ip},
    {"tz-contradict", SCOPE_CLAIMED, WEIGHT_WEAK, tz_contradict},
    {"time-travel", SCOPE_CLAIMED, WEIGHT_WEAK, time_travel},
};

struct sum {
    unsigned count[WEIGHT_COUNT]; /* signs; a weak rule counts once, however many hops show it */
    const struct rule *last_weak;
    int newest; /* index of the newest hop with a sign; -1: none */
    GString *evidence;
};

static void ask(struct trail *trail, const struct rule *rule, const struct hq_hop *hop,
                struct sum *sum)
{
    if (rule->scope == SCOPE_CLAIMED && hop->trust != HQ_TRUST_CLAIMED)
        return;
    const char *broken = rule->broken(trail, hop);
    if (!broken)
        return;
    hq_finding_add(trail->detail, trail->arena, rule->id, (int)hop->n, "%s", broken);
    if (rule->weight == WEIGHT_NONE || (rule->weight == WEIGHT_WEAK && rule == sum->last_weak))
        return;
    if (rule->weight == WEIGHT_WEAK)
        sum->last_weak = rule;
    sum->count[rule->weight]++;
    if (sum->newest < 0 || (int)hop->n < sum->newest)
        sum->newest = (int)hop->n;
    if (sum->evidence->len < 200)
        g_string_append_printf(sum->evidence, "%s%s at hop %d", sum->evidence->len ? ", " : "",
                               rule->id, (int)hop->n);
}

/* One weak sign proves nothing, two are "possible"; a strong one is "likely"; two strong ones or a
 * certain one "certain". */
static void conclude(struct trail *trail, const struct sum *sum)
{
    enum hq_level confidence = HQ_LEVEL_LOW;

    if (sum->count[WEIGHT_CERTAIN] || sum->count[WEIGHT_STRONG] > 1)
        confidence = HQ_LEVEL_HIGH;
    else if (sum->count[WEIGHT_STRONG])
        confidence = HQ_LEVEL_MEDIUM;
    else if (sum->count[WEIGHT_WEAK] < 2)
        return;
    struct hq_finding *finding =
        hq_finding_add(trail->detail, trail->arena, "forged-below", MAX(sum->newest - 1, 0),
                       "hops from %d on are made up: %s", sum->newest, sum->evidence->str);
    finding->confidence = confidence;
}

static bool same(const char *a, const char *b)
{
    return a && b && g_ascii_strcasecmp(a, b) == 0;
}

/* Only pairs with a public client count: filters on one host hand mail to themselves again and
 * again. */
static unsigned count_pair(const struct hq_detail *detail, const struct hq_hop *hop)
{
    struct hq_ip ip;
    unsigned count = 0;

    if (!hq_ip_parse_str(hop->from.ip, &ip) || hq_ip_classify(&ip) != HQ_IP_GLOBAL)
        return 0;
    for (uint32_t i = 0; i < detail->hop_count && i <= LOOP_HOPS; i++)
        count += same(detail->hops[i].by.name, hop->by.name) &&
                 same(detail->hops[i].from.ip, hop->from.ip);
    return count;
}

static void find_loop(struct trail *trail)
{
    struct hq_detail *detail = trail->detail;

    if (detail->hop_count > LOOP_HOPS) {
        hq_finding_add(detail, trail->arena, "loop", -1, "%u hops", detail->hop_count);
        return;
    }
    for (uint32_t i = 0; i < detail->hop_count; i++) {
        const struct hq_hop *hop = &detail->hops[i];
        unsigned count = hop->by.name ? count_pair(detail, hop) : 0;

        if (count >= LOOP_SAME) {
            hq_finding_add(detail, trail->arena, "loop", (int)i, "%s took it from %s %u times",
                           hop->by.name, hop->from.ip, count);
            return;
        }
    }
}

static void find_masked(struct trail *trail)
{
    const char *masked = trail->detail->origin.masked;

    if (masked)
        hq_finding_add(trail->detail, trail->arena, "origin-masked", -1,
                       "%s stands in for the sender's address", masked);
}

/* The chain may be as long as the sender likes; findings stop where no one reads on. */
enum { HOPS_ASKED = 100 };

void hq_trail_find_findings(struct trail *trail)
{
    struct sum sum = {.newest = -1, .evidence = g_string_new(NULL)};
    uint32_t asked = MIN(trail->detail->hop_count, HOPS_ASKED);

    for (size_t r = 0; r < G_N_ELEMENTS(rules); r++) {
        for (uint32_t i = 0; i < asked; i++)
            ask(trail, &rules[r], &trail->detail->hops[i], &sum);
    }
    conclude(trail, &sum);
    g_string_free(sum.evidence, TRUE);
    find_loop(trail);
    find_masked(trail);
}
