/* SPDX-License-Identifier: ISC */
/* What the groups of a board add up to: trends, the forwarding behind a group, and whether it is
 * this machine that fails. */
#include "store/board_internal.h"
#include "store/rates.h"
#include "store/trend.h"
#include <string.h>

#define LIFETIME    (5 * HQ_DAY)       /* of Postfix's and Sendmail's queues, if nothing tells */
#define PATIENCE    (4000 * HQ_SECOND) /* Postfix's longest wait between two attempts */
#define LOOKS_APART (5 * HQ_MINUTE)    /* so that they weigh more than the log */

/* ---- trends ---- */

/* How long a message may wait, by the first one that tells its arrival and its end. */
static int64_t lifetime_of(const struct hq_group *group)
{
    for (guint i = 0; i < group->members->len; i++) {
        const struct hq_message *message = group->members->pdata[i];
        if (message->recipient_count && message->arrived != HQ_NONE &&
            message->recipients[0].expires != HQ_NONE &&
            message->recipients[0].expires > message->arrived)
            return message->recipients[0].expires - message->arrived;
    }
    return LIFETIME;
}

/* Recipients of all groups of a destination, by its name. */
static GHashTable *count_waiting(const struct hq_board *board)
{
    GHashTable *waiting = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < board->groups->len; i++) {
        const struct hq_group *group = board->groups->pdata[i];
        gpointer domain = (gpointer)(group->domain ? group->domain : "");
        gsize sum = GPOINTER_TO_SIZE(g_hash_table_lookup(waiting, domain));
        g_hash_table_insert(waiting, domain, GSIZE_TO_POINTER(sum + (gsize)group->recipients));
    }
    return waiting;
}

/* A later look has the last word where it saw a movement, else where nothing is known yet. */
static void judge_again(struct hq_group *group, const struct hq_trend_facts *facts,
                        struct hq_arena *arena)
{
    struct hq_trend trend;

    hq_trend_judge(&trend, facts, arena);
    if (trend.state == HQ_TREND_DRAINING || trend.state == HQ_TREND_GROWING ||
        group->trend.state == HQ_TREND_UNKNOWN)
        group->trend = trend;
}

static bool is_proven(const struct hq_group *group)
{
    return group->trend.state == HQ_TREND_NEVER_DRAINS || group->trend.state == HQ_TREND_STUCK;
}

/* First by the whole log, then by its last full hour: what piled up this morning may be going by
 * now. */
static void judge_by_log(struct hq_group *group, const struct hq_rate *rate,
                         struct hq_trend_facts *facts, struct hq_arena *arena)
{
    struct hq_trend_facts hour = *facts;

    facts->span = rate->span;
    facts->arrived = rate->window.arrived;
    facts->sent = rate->window.sent;
    facts->tried = rate->window.deferred + rate->window.bounced;
    if (rate->through) {
        facts->through = rate->through;
        facts->through_count = rate->through_count;
    }
    hq_trend_judge(&group->trend, facts, arena);
    hour.span = HQ_HOUR;
    hour.arrived = rate->hour.arrived;
    hour.sent = rate->hour.sent;
    hour.tried = rate->hour.deferred + rate->hour.bounced;
    if (rate->span > 2 * HQ_HOUR && !is_proven(group))
        judge_again(group, &hour, arena);
    struct hq_rate *copy = hq_arena_alloc(arena, sizeof *copy);
    *copy = *rate;
    copy->domain = group->domain;
    copy->through = hq_arena_strdup(arena, rate->through);
    group->rates = copy;
}

/* Counted between two looks, which is no estimate; over a few seconds it says little. */
static void judge_by_looks(struct hq_group *group, const struct hq_trend_base *base,
                           struct hq_trend_facts *facts, struct hq_arena *arena)
{
    struct hq_trend_moves moves;

    if (!hq_trend_base_moves(base, group->domain, &moves))
        return;
    if (group->trend.state != HQ_TREND_UNKNOWN && moves.span < LOOKS_APART)
        return;
    facts->span = moves.span;
    facts->arrived = moves.came;
    facts->sent = moves.went;
    facts->gone = true;
    facts->tried = HQ_NONE;
    judge_again(group, facts, arena);
}

static void judge(struct hq_board *board, struct hq_group *group, const struct hq_logbook *book,
                  const struct hq_trend_base *base, int64_t waiting)
{
    const struct hq_rate *rate = hq_logbook_rate(book, group->domain);
    struct hq_trend_facts facts = {
        .domain = group->domain,
        .category = group->reason_of ? group->reason_of->kind->category : (uint8_t)HQ_CATEGORY_NONE,
        .waiting = waiting,
        .tried = HQ_NONE,
        .patience = PATIENCE,
        .lifetime = lifetime_of(group),
        .through = group->through,
        .through_count = group->through_count,
    };

    if (rate)
        judge_by_log(group, rate, &facts, board->arena);
    if (base && !is_proven(group))
        judge_by_looks(group, base, &facts, board->arena);
    if (group->trend.state == HQ_TREND_UNKNOWN && !rate)
        hq_trend_guess(&group->trend, group->ages, G_N_ELEMENTS(group->ages));
}

void hq_board_set_trends(struct hq_board *board, const struct hq_logbook *book,
                         const struct hq_trend_base *base)
{
    g_autoptr(GHashTable) waiting = NULL;

    if (board->key != HQ_BOARD_REASON)
        return;
    waiting = count_waiting(board);
    for (guint i = 0; i < board->groups->len; i++) {
        struct hq_group *group = board->groups->pdata[i];
        const char *domain = group->domain ? group->domain : "";
        judge(board, group, book, base,
              (int64_t)GPOINTER_TO_SIZE(g_hash_table_lookup(waiting, domain)));
    }
}

/* ---- forwarding ---- */

void hq_group_forwarding(const struct hq_group *group, GString *out)
{
    int64_t share = group->messages ? group->through_count * 100 / group->messages : 0;

    if (!group->through || share < 20 || group->through_count < 3) /* may be chance */
        return;
    g_string_append_printf(out, "%s%d %% of these come through %s",
                           group->forwarded * 2 >= group->messages ? "this is forwarding: " : "",
                           (int)share, group->through);
    if (group->through_to)
        g_string_append_printf(out, " -> %s", group->through_to);
}

/* ---- this machine ---- */

/* When many unrelated destinations fail in the same way, the cause is here. */
enum { DESTINATIONS_MIN = 5, SHARE_MIN = 80 /* percent of those that fail */ };

static const struct cause {
    enum hq_category category;
    enum hq_phase phase; /* UNKNOWN: any */
    const char *what;
    const char *words;
} causes[] = {
    {HQ_CATEGORY_NETWORK, HQ_PHASE_CONNECT, "at connect",
     "it is your own way out: port 25, firewall, address or IPv6"},
    {HQ_CATEGORY_DNS_TEMP, HQ_PHASE_UNKNOWN, "in the DNS", "it is your own resolver"},
    {HQ_CATEGORY_TLS, HQ_PHASE_UNKNOWN, "in TLS", "it is your own TLS settings or certificates"},
    {HQ_CATEGORY_AUTH_REQUIRED, HQ_PHASE_UNKNOWN, "to log in", "it is your login at the relay"},
    {HQ_CATEGORY_LOCAL_ERROR, HQ_PHASE_UNKNOWN, "on this machine",
     "it is your own mail system: filter, delivery program, maps or disk"},
};

/* Destinations by the cause that most of their recipients have. */
struct destination {
    int64_t recipients;
    int cause; /* -1: none of ours */
};

struct tally {
    unsigned destinations, failing[G_N_ELEMENTS(causes)];
    const char *relay[G_N_ELEMENTS(causes)]; /* the one of all; "" when there are several */
};

static int cause_of(const struct hq_group *group)
{
    const struct hq_reason_kind *kind = group->reason_of ? group->reason_of->kind : NULL;

    for (unsigned i = 0; kind && i < G_N_ELEMENTS(causes); i++)
        if (kind->category == causes[i].category &&
            (causes[i].phase == HQ_PHASE_UNKNOWN || kind->phase == causes[i].phase))
            return (int)i;
    return -1;
}

static void note_relay(struct tally *tally, int cause, const struct hq_group *group)
{
    const char **relay = &tally->relay[cause];
    const char *own = group->reason_of->relay ? group->reason_of->relay : "";

    if (!*relay)
        *relay = own;
    else if (strcmp(*relay, own) != 0)
        *relay = "";
}

static void tally_up(const struct hq_board *board, struct tally *tally)
{
    g_autoptr(GHashTable) destinations =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    GHashTableIter iter;
    gpointer value;

    for (guint i = 0; i < board->groups->len; i++) {
        const struct hq_group *group = board->groups->pdata[i];
        if (!group->domain || !group->reason_of)
            continue;
        struct destination *known = g_hash_table_lookup(destinations, group->domain);
        if (!known) {
            known = g_new0(struct destination, 1);
            g_hash_table_insert(destinations, (gpointer)group->domain, known);
        }
        int cause = cause_of(group);
        if (group->recipients > known->recipients)
            *known = (struct destination){group->recipients, cause};
        if (cause >= 0)
            note_relay(tally, cause, group);
    }
    g_hash_table_iter_init(&iter, destinations);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const struct destination *destination = value;
        tally->destinations++;
        if (destination->cause >= 0)
            tally->failing[destination->cause]++;
    }
}

const char *hq_board_diagnosis(const struct hq_board *board)
{
    struct hq_board *self = (struct hq_board *)board; /* only what it remembers changes */
    struct tally tally = {0};

    if (board->diagnosed || board->key != HQ_BOARD_REASON)
        return board->diagnosis;
    self->diagnosed = true;
    tally_up(board, &tally);
    for (unsigned i = 0; i < G_N_ELEMENTS(causes); i++) {
        unsigned failing = tally.failing[i];
        if (failing < DESTINATIONS_MIN || failing * 100 < tally.destinations * SHARE_MIN)
            continue;
        const char *relay = tally.relay[i] && *tally.relay[i] ? tally.relay[i] : NULL;
        g_autofree char *share = failing == tally.destinations
                                     ? g_strdup_printf("all %u", failing)
                                     : g_strdup_printf("%u of %u", failing, tally.destinations);
        self->diagnosis =
            hq_arena_printf(board->arena, "%s destinations fail %s%s%s: %s", share, causes[i].what,
                            relay ? " of " : "", relay ? relay : "",
                            relay ? "it is this relay, or the way to it" : causes[i].words);
        break;
    }
    return self->diagnosis;
}
