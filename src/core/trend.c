/* SPDX-License-Identifier: ISC */
/* The verdict on a destination. A provider that takes S a day of the A that arrive leaves A - S a
 * day to be lost after the lifetime of the queue: its backlog tends to (A - S) × lifetime. Counts
 * are samples: differences within the square root of their sum say nothing. */
#include "hopq/trend.h"
#include "hopq/arena.h"
#include "model/schema_rows.h"
#include <glib.h>
#include <math.h>

const char *const hq_trend_names[HQ_TREND_STATE_COUNT] = {
    [HQ_TREND_DRAINING] = "draining",         [HQ_TREND_STEADY] = "steady",
    [HQ_TREND_GROWING] = "growing",           [HQ_TREND_STUCK] = "stuck",
    [HQ_TREND_NEVER_DRAINS] = "never-drains",
};

static const struct hq_field trend_rows[] = {
    HQ_ENUM(hq_trend, state, "state", hq_trend_names),
    HQ_STR(hq_trend, text, "text"),
    HQ_INT(hq_trend, arriving, "arriving"),
    HQ_INT(hq_trend, accepted, "accepted"),
    HQ_INT(hq_trend, lost, "lost"),
    HQ_INT(hq_trend, backlog, "backlog"),
    HQ_SPAN(hq_trend, empty_in, "empty_in"),
};
const struct hq_schema hq_trend_schema = HQ_SCHEMA(hq_trend, trend_rows);

static int64_t a_day(int64_t count, int64_t span)
{
    return (int64_t)llround((double)count * (double)HQ_DAY / (double)MAX(span, HQ_MINUTE));
}

/* "; 76 % of it comes through ann@ours.example": of what arrived, else of what waits. A few, or
 * less than a fifth, may be chance, and distract. */
static void append_through(GString *text, const struct hq_trend_facts *facts)
{
    bool arrives = facts->arrived > 0;
    int64_t whole = arrives ? facts->arrived : facts->waiting;
    int64_t part = MIN(facts->through_count, whole);

    if (facts->through && part >= 3 && part * 5 >= whole)
        g_string_append_printf(text, "; %d %% of it %s through %s", (int)(part * 100 / whole),
                               arrives ? "comes" : "came", facts->through);
}

static void say_never(struct hq_trend *trend, const struct hq_trend_facts *facts, GString *text)
{
    char span[16];

    trend->lost = trend->arriving - trend->accepted;
    trend->backlog = trend->lost * facts->lifetime / HQ_DAY;
    g_string_append_printf(text,
                           "never drains: %s accepts %" G_GINT64_FORMAT " a day, %" G_GINT64_FORMAT
                           " a day arrive: %" G_GINT64_FORMAT
                           " a day are lost after %s, when %" G_GINT64_FORMAT " wait",
                           facts->domain ? facts->domain : "it", trend->accepted, trend->arriving,
                           trend->lost, hq_time_span(facts->lifetime, span), trend->backlog);
    append_through(text, facts);
}

/* Numbers of a few minutes are told as they are, not as a rate a day. */
static void say_flow(const struct hq_trend *trend, const struct hq_trend_facts *facts,
                     GString *text)
{
    char span[16];

    if (facts->span < HQ_HOUR) {
        g_string_append_printf(
            text, "%" G_GINT64_FORMAT " recipients arrived, %" G_GINT64_FORMAT " %s in %s",
            facts->arrived, facts->sent, facts->gone ? "left (sent or given up)" : "were accepted",
            hq_time_span(facts->span, span));
        return;
    }
    g_string_append_printf(text, "%" G_GINT64_FORMAT " a day arrive, %" G_GINT64_FORMAT " a day %s",
                           trend->arriving, trend->accepted,
                           facts->gone ? "leave (sent or given up)" : "are accepted");
}

static void say_stuck(const struct hq_trend_facts *facts, GString *text)
{
    char span[16];

    g_string_append_printf(text, "stuck: nothing left for %s", hq_time_span(facts->span, span));
    if (facts->tried != HQ_NONE && facts->tried > 0)
        g_string_append_printf(text, ", %" G_GINT64_FORMAT " attempts failed", facts->tried);
    if (facts->arrived > 0)
        g_string_append_printf(text, ", %" G_GINT64_FORMAT " more arrived", facts->arrived);
}

static void say_draining(struct hq_trend *trend, const struct hq_trend_facts *facts, GString *text)
{
    char span[16];

    trend->empty_in = (int64_t)((double)facts->waiting * (double)facts->span /
                                (double)(facts->sent - facts->arrived));
    g_string_append_printf(text, "draining: empty in about %s; ",
                           hq_time_span(trend->empty_in, span));
    say_flow(trend, facts, text);
}

static enum hq_trend_state state_of(const struct hq_trend_facts *facts)
{
    int64_t net = facts->arrived - facts->sent;
    bool clear = (double)ABS(net) > sqrt((double)(facts->arrived + facts->sent));
    bool capped = facts->category == HQ_CATEGORY_THROTTLED && !facts->gone && facts->sent > 0;

    if (facts->waiting == 0 || facts->span <= 0)
        return HQ_TREND_UNKNOWN;
    if (facts->sent == 0)
        return facts->span >= facts->patience && facts->tried != 0 ? HQ_TREND_STUCK
               : clear                                             ? HQ_TREND_GROWING
                                                                   : HQ_TREND_UNKNOWN;
    if (!clear)
        return HQ_TREND_STEADY;
    if (net < 0)
        return HQ_TREND_DRAINING;
    /* the cap of a provider is one a day: less than a day of it proves nothing */
    return capped && facts->span >= HQ_DAY ? HQ_TREND_NEVER_DRAINS : HQ_TREND_GROWING;
}

void hq_trend_judge(struct hq_trend *trend, const struct hq_trend_facts *facts,
                    struct hq_arena *arena)
{
    g_autoptr(GString) text = g_string_new(NULL);

    hq_schema_init(&hq_trend_schema, trend);
    trend->state = (uint8_t)state_of(facts);
    if (trend->state == HQ_TREND_UNKNOWN)
        return;
    trend->arriving = a_day(facts->arrived, facts->span);
    trend->accepted = a_day(facts->sent, facts->span);
    if (trend->state == HQ_TREND_NEVER_DRAINS) {
        say_never(trend, facts, text);
    } else if (trend->state == HQ_TREND_STUCK) {
        say_stuck(facts, text);
    } else if (trend->state == HQ_TREND_DRAINING) {
        say_draining(trend, facts, text);
    } else {
        g_string_append_printf(text, "%s: ", hq_trend_names[trend->state]);
        say_flow(trend, facts, text);
        if (trend->state == HQ_TREND_GROWING)
            append_through(text, facts);
    }
    trend->text = hq_arena_dup(arena, text->str, text->len);
}

/* Bucket I is as wide as all before it: 5 5 10 20 40 … minutes. */
void hq_trend_guess(struct hq_trend *trend, const uint32_t *ages, unsigned count)
{
    unsigned last = count - 1, filled = 0;
    double total = 0;

    hq_schema_init(&hq_trend_schema, trend);
    for (unsigned i = 0; i < count; i++) {
        total += ages[i];
        filled += ages[i] > 0;
    }
    while (last > 0 && ages[last] == 0)
        last--;
    if (total < 40 || filled < 5 || last < 5 || last == count - 1)
        return; /* too few, or the last bucket, which has no end */
    /* the bucket before the oldest is full; the share of all younger ones would equal it */
    double older = ages[last - 1], younger = 0;
    for (unsigned i = 0; i + 1 < last; i++)
        younger += ages[i];
    if (older + 2 * sqrt(older) >= younger) {
        trend->state = HQ_TREND_STUCK;
        trend->text = "stuck, by the ages (an estimate): as many are old as are young";
    } else if (older * 3 < younger) {
        trend->state = HQ_TREND_DRAINING;
        trend->text = "leaving, by the ages (an estimate): few of what came early are still here";
    }
}
