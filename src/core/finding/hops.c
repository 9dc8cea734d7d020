/* SPDX-License-Identifier: ISC */
/* Rules on the trail: the table of what is asked of which hops, and their sum "forged-below"; loops
 * and masked origins, which are no single hop's. A rule is a row and a function. */
#include "parts.h"
#include <glib.h>
#include <string.h>

enum { LOOP_SAME = 3, LOOP_HOPS = 25 };

enum scope {
    SCOPE_ANY,
    SCOPE_EDGE,    /* the boundary: its client is a fact */
    SCOPE_OUTSIDE, /* the boundary and what is older */
    SCOPE_CLAIMED, /* what is older */
};

/* What a rule adds to "forged-below". */
enum weight { WEIGHT_NONE, WEIGHT_WEAK, WEIGHT_STRONG, WEIGHT_CERTAIN, WEIGHT_COUNT };

static const struct rule {
    const char *id;
    enum scope scope;
    enum weight weight;
    bool companion; /* common in honest mail: asked only where another sign was found */
    enum hq_evidence evidence;
    finding_rule_fn broken;
} rules[] = {
    {"received-unparseable", SCOPE_ANY, WEIGHT_NONE, false, HQ_EVIDENCE_FIELD,
     hq_finding_unparseable},
    {"date-as-ip", SCOPE_ANY, WEIGHT_CERTAIN, false, HQ_EVIDENCE_CLIENT, hq_finding_date_as_ip},
    {"ratware-date", SCOPE_ANY, WEIGHT_CERTAIN, false, HQ_EVIDENCE_DATE, hq_finding_ratware_date},
    {"mta-habit", SCOPE_CLAIMED, WEIGHT_STRONG, false, HQ_EVIDENCE_ID, hq_finding_id_habit},
    {"mta-habit", SCOPE_CLAIMED, WEIGHT_STRONG, false, HQ_EVIDENCE_DATE, hq_finding_date_habit},
    {"tail-junk", SCOPE_CLAIMED, WEIGHT_STRONG, false, HQ_EVIDENCE_DATE, hq_finding_tail_junk},
    {"proto-nonsense", SCOPE_CLAIMED, WEIGHT_STRONG, false, HQ_EVIDENCE_WITH,
     hq_finding_proto_nonsense},
    {"wrong-weekday", SCOPE_CLAIMED, WEIGHT_STRONG, false, HQ_EVIDENCE_DATE,
     hq_finding_wrong_weekday},
    {"id-reuse", SCOPE_CLAIMED, WEIGHT_WEAK, false, HQ_EVIDENCE_ID, hq_finding_id_reuse},
    {"provider-false", SCOPE_CLAIMED, WEIGHT_WEAK, false, HQ_EVIDENCE_BY,
     hq_finding_provider_false},
    {"edge-copied", SCOPE_CLAIMED, WEIGHT_WEAK, false, HQ_EVIDENCE_BY, hq_finding_edge_copied},
    {"impossible-ip", SCOPE_CLAIMED, WEIGHT_WEAK, false, HQ_EVIDENCE_CLIENT,
     hq_finding_impossible_ip},
    {"tz-contradict", SCOPE_CLAIMED, WEIGHT_WEAK, false, HQ_EVIDENCE_DATE,
     hq_finding_tz_contradict},
    {"time-travel", SCOPE_CLAIMED, WEIGHT_WEAK, false, HQ_EVIDENCE_DATE, hq_finding_time_travel},
    {"below-headers", SCOPE_CLAIMED, WEIGHT_WEAK, false, HQ_EVIDENCE_FIELD,
     hq_finding_below_headers},
    {"same-ip-twice", SCOPE_CLAIMED, WEIGHT_WEAK, false, HQ_EVIDENCE_IP, hq_finding_same_ip_twice},
    {"helo-big", SCOPE_OUTSIDE, WEIGHT_WEAK, false, HQ_EVIDENCE_HELO, hq_finding_helo_big},
    {"helo-ip-ne", SCOPE_OUTSIDE, WEIGHT_WEAK, false, HQ_EVIDENCE_HELO, hq_finding_helo_ip_ne},
    {"helo-is-me", SCOPE_OUTSIDE, WEIGHT_WEAK, false, HQ_EVIDENCE_HELO, hq_finding_helo_is_me},
    {"rdns-dynamic", SCOPE_EDGE, WEIGHT_WEAK, false, HQ_EVIDENCE_NAME, hq_finding_rdns_dynamic},
    {"rdns-none", SCOPE_EDGE, WEIGHT_NONE, false, HQ_EVIDENCE_CLIENT, hq_finding_rdns_none},
    {"rdns-localhost", SCOPE_EDGE, WEIGHT_WEAK, false, HQ_EVIDENCE_NAME, hq_finding_rdns_localhost},
    {"mid-by-relay", SCOPE_OUTSIDE, WEIGHT_NONE, false, HQ_EVIDENCE_MESSAGE_ID,
     hq_finding_mid_by_relay},
    {"backup-mx", SCOPE_ANY, WEIGHT_NONE, false, HQ_EVIDENCE_BY, hq_finding_backup_mx},
    {"origin-claimed", SCOPE_CLAIMED, WEIGHT_NONE, false, HQ_EVIDENCE_IP,
     hq_finding_origin_claimed},
    {"gap", SCOPE_CLAIMED, WEIGHT_WEAK, true, HQ_EVIDENCE_BY, hq_finding_gap},
    {"date-eq-hop", SCOPE_CLAIMED, WEIGHT_WEAK, true, HQ_EVIDENCE_DATE, hq_finding_date_eq_hop},
};

static bool is_in_scope(const struct rule *rule, const struct hq_hop *hop)
{
    switch (rule->scope) {
    case SCOPE_EDGE:
        return hop->trust == HQ_TRUST_BOUNDARY;
    case SCOPE_OUTSIDE:
        return hop->trust == HQ_TRUST_BOUNDARY || hop->trust == HQ_TRUST_CLAIMED;
    case SCOPE_CLAIMED:
        return hop->trust == HQ_TRUST_CLAIMED;
    default:
        return true;
    }
}

struct sum {
    unsigned count[WEIGHT_COUNT]; /* signs; a weak rule counts once, however many hops show it */
    const struct rule *last_weak;
    int newest; /* index of the newest claimed hop with a sign; -1: none */
    GString *evidence;
};

static void count_sign(struct sum *sum, const struct rule *rule, const struct hq_hop *hop)
{
    if (rule->weight == WEIGHT_NONE || (rule->weight == WEIGHT_WEAK && rule == sum->last_weak))
        return;
    if (rule->weight == WEIGHT_WEAK)
        sum->last_weak = rule;
    sum->count[rule->weight]++;
    if (hop->trust != HQ_TRUST_BOUNDARY && (sum->newest < 0 || (int)hop->n < sum->newest))
        sum->newest = (int)hop->n;
    if (sum->evidence->len < 200)
        g_string_append_printf(sum->evidence, "%s%s at hop %d", sum->evidence->len ? ", " : "",
                               rule->id, (int)hop->n);
}

static void ask(struct trail *trail, const struct rule *rule, const struct hq_hop *hop,
                struct sum *sum)
{
    const char *broken = is_in_scope(rule, hop) ? rule->broken(trail, hop) : NULL;

    if (!broken)
        return;
    hq_finding_show(
        trail, hop, rule->evidence,
        hq_finding_add(trail->detail, trail->arena, rule->id, (int)hop->n, "%s", broken));
    count_sign(sum, rule, hop);
}

/* One weak sign proves nothing, two are "possible"; a strong one is "likely"; two strong ones or a
 * certain one "certain". The boundary's client adds to what older hops show; alone it is a liar, no
 * forger of hops. */
static void conclude(struct trail *trail, const struct sum *sum)
{
    static const char *const words[HQ_LEVEL_COUNT] = {
        [HQ_LEVEL_LOW] = "may be", [HQ_LEVEL_MEDIUM] = "are likely", [HQ_LEVEL_HIGH] = "are"};
    enum hq_level confidence = HQ_LEVEL_LOW;

    if (sum->newest < 0)
        return;
    if (sum->count[WEIGHT_CERTAIN] || sum->count[WEIGHT_STRONG] > 1)
        confidence = HQ_LEVEL_HIGH;
    else if (sum->count[WEIGHT_STRONG])
        confidence = HQ_LEVEL_MEDIUM;
    else if (sum->count[WEIGHT_WEAK] < 2)
        return;
    struct hq_finding *finding = hq_finding_add(
        trail->detail, trail->arena, "forged-below", MAX(sum->newest - 1, 0),
        "hops from %d on %s made up: %s", sum->newest, words[confidence], sum->evidence->str);
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

    if (!hq_finding_public_client(hop, &ip))
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
    const struct hq_field_span *field = masked ? hq_headers_find(trail->headers, masked, 0) : NULL;

    if (!field)
        return;
    struct hq_finding *finding = hq_finding_add(trail->detail, trail->arena, "origin-masked", -1,
                                                "%s stands in for the sender's address", masked);
    finding->offset = (int64_t)field->offset;
    finding->length = (int64_t)field->length;
}

/* The chain may be as long as the sender likes; findings stop where no one reads on. */
enum { HOPS_ASKED = 100 };

void hq_trail_find_findings(struct trail *trail)
{
    struct sum sum = {.newest = -1, .evidence = g_string_new(NULL)};
    uint32_t asked = MIN(trail->detail->hop_count, HOPS_ASKED);

    for (size_t r = 0; r < G_N_ELEMENTS(rules); r++) {
        for (uint32_t i = 0; i < asked && (!rules[r].companion || sum.evidence->len); i++)
            ask(trail, &rules[r], &trail->detail->hops[i], &sum);
    }
    conclude(trail, &sum);
    g_string_free(sum.evidence, TRUE);
    find_loop(trail);
    find_masked(trail);
    hq_finding_date_far(trail);
}
