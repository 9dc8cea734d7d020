/* SPDX-License-Identifier: ISC */
/* Delays between dated hops, and whose clock is wrong where they cannot be true. Hops that one host
 * wrote one after the other share its clock. A host that is behind makes the delay before it
 * negative and the one after it too long by as much; one that is ahead the other way round. */
#include "hopq/time.h"
#include "hopq/arena.h"
#include "trail.h"
#include <glib.h>
#include <string.h>

/* Differences up to here are rounding and mail that is quick; measured on 27,000 pairs of honest
 * mail. */
#define ROUNDING     (5 * HQ_SECOND)
#define ZONE_ROUNDED HQ_MINUTE
#define WAIT         (5 * HQ_MINUTE) /* a delay worth a word */

/* Dated hops of one host in a row, oldest first. */
struct run {
    struct hq_hop *first; /* oldest */
    struct hq_hop *last;
    int64_t gap;   /* from the run before to this one, HQ_NONE for the first; corrected as we go */
    int64_t clock; /* how far this host's clock is ahead; 0: right or not known */
};

static bool same_host(const struct hq_hop *a, const struct hq_hop *b)
{
    return a->by.name && b->by.name && g_ascii_strcasecmp(a->by.name, b->by.name) == 0;
}

static int64_t whole(int64_t t)
{
    int64_t part = t % HQ_SECOND;

    return t - (part < 0 ? part + HQ_SECOND : part);
}

/* In whole seconds, as dates are shown: whoever subtracts two of them on the screen gets the
 * same. */
static int64_t apart(const struct hq_hop *newer, const struct hq_hop *older)
{
    return whole(newer->date) - whole(older->date);
}

/* Sets each hop's delay to the next older one with a date; without one it is unknown, not
 * nought. */
static GArray *set_delays(struct hq_detail *detail)
{
    GArray *runs = g_array_new(FALSE, FALSE, sizeof(struct run));
    struct hq_hop *older = NULL;
    const struct hq_hop *oldest = NULL;

    detail->transit = HQ_NONE;
    for (uint32_t i = detail->hop_count; i-- > 0;) {
        struct hq_hop *hop = &detail->hops[i];

        hop->clock = hop->delay_corrected = HQ_NONE;
        if (hop->date == HQ_NONE)
            continue;
        if (older)
            hop->delay = apart(hop, older);
        else
            oldest = hop;
        if (older && same_host(older, hop))
            g_array_index(runs, struct run, runs->len - 1).last = hop;
        else
            g_array_append_val(runs, ((struct run){hop, hop, hop->delay, 0}));
        older = hop;
    }
    if (older && older != oldest)
        detail->transit = apart(older, oldest);
    return runs;
}

/* A whole number of hours but for a minute is a wrong zone. */
static bool is_zone_error(int64_t off)
{
    int64_t rest = ABS(off) % HQ_HOUR;

    return ABS(off) >= HQ_HOUR - ZONE_ROUNDED &&
           (rest <= ZONE_ROUNDED || rest >= HQ_HOUR - ZONE_ROUNDED);
}

static int64_t whole_hours(int64_t off)
{
    return (off + (off < 0 ? -HQ_HOUR : HQ_HOUR) / 2) / HQ_HOUR * HQ_HOUR;
}

/* The gap on the other side of a run is too long by what is missing here. */
static bool makes_up(int64_t gap, int64_t missing)
{
    return gap != HQ_NONE && gap >= missing - missing / 10 - ROUNDING;
}

static bool is_claimed(const struct run *run)
{
    return run->last->trust == HQ_TRUST_CLAIMED;
}

enum blame { NOBODY, OLDER, NEWER };

/* Which of the two runs at the negative gap before RUNS[I] is wrong. At the ends of the chain there
 * is no other gap to tell; the sender's claims are doubted first. */
static enum blame find_blame(const struct run *runs, guint count, guint i)
{
    int64_t missing = -runs[i].gap;
    bool older_end = i == 1;
    bool newer_end = i + 1 == count;
    bool older = !older_end && makes_up(runs[i - 1].gap, missing);
    bool newer = !newer_end && makes_up(runs[i + 1].gap, missing);

    if (older && newer)
        return runs[i - 1].gap <= runs[i + 1].gap ? OLDER : NEWER;
    if (older || newer)
        return older ? OLDER : NEWER;
    if (older_end && newer_end)
        return is_claimed(&runs[i - 1]) && !is_claimed(&runs[i]) ? OLDER : NOBODY;
    if (older_end || newer_end)
        return older_end ? OLDER : NEWER;
    return NOBODY;
}

static const char *host_of(const struct run *run)
{
    return run->first->by.name ? run->first->by.name : "a host without a name";
}

static void note(struct trail *trail, struct run *runs, guint i, enum blame blame)
{
    const struct run *wrong = blame == OLDER ? &runs[i - 1] : &runs[i];
    struct hq_hop *hop = runs[i].first;
    char span[16];

    hq_time_span(ABS(blame == NOBODY ? runs[i].gap : wrong->clock), span);
    if (blame == NOBODY)
        hop->delay_note =
            hq_arena_printf(trail->arena, "the clocks of %.80s and %.80s are at least %s apart",
                            host_of(&runs[i - 1]), host_of(&runs[i]), span);
    else
        hop->delay_note =
            hq_arena_printf(trail->arena, "the clock of %.80s is %s %s%s", host_of(wrong), span,
                            wrong->clock > 0 ? "ahead" : "behind",
                            is_zone_error(wrong->clock) ? ": a wrong zone" : "");
}

/* Moves the wrong clock so far that the gap is nought. */
static void correct(struct trail *trail, struct run *runs, guint count, guint i)
{
    enum blame blame = find_blame(runs, count, i);
    int64_t off = runs[i].gap;

    if (is_zone_error(off))
        off = whole_hours(off);
    if (blame == OLDER) {
        runs[i - 1].clock -= off;
        if (i > 1)
            runs[i - 1].gap += off;
    } else if (blame == NEWER) {
        runs[i].clock += off;
        if (i + 1 < count)
            runs[i + 1].gap += off;
    }
    note(trail, runs, i, blame);
    if (blame != NOBODY)
        runs[i].gap -= off;
}

static void keep(struct run *runs, guint count)
{
    for (guint i = 0; i < count; i++) {
        struct run *run = &runs[i];

        for (struct hq_hop *hop = run->first; run->clock && hop >= run->last; hop--)
            hop->clock = hop->date == HQ_NONE ? HQ_NONE : run->clock;
        if (run->gap != run->first->delay)
            run->first->delay_corrected = run->gap;
    }
}

/* ---- where a long delay was spent ---- */

static bool is_list_mail(const struct trail *trail)
{
    return hq_headers_find(trail->headers, "List-Id", 0) ||
           hq_headers_find(trail->headers, "List-Post", 0);
}

static const char *where_spent(const struct trail *trail, const struct hq_hop *older,
                               const struct hq_hop *hop, int64_t delay)
{
    if (same_host(older, hop))
        return "inside of";
    if (hop->trust == HQ_TRUST_BOUNDARY && delay <= HQ_HOUR)
        return "before we took it: our greylisting, or the queue of";
    if (delay >= HQ_HOUR && is_list_mail(trail) && hop->trust == HQ_TRUST_CLAIMED)
        return "in a list's moderation, or the queue of";
    return "in the queue of";
}

static void explain_waits(struct trail *trail)
{
    const struct hq_hop *older = NULL;
    char span[16];

    for (uint32_t i = trail->detail->hop_count; i-- > 0;) {
        struct hq_hop *hop = &trail->detail->hops[i];
        int64_t delay = hop->delay_corrected != HQ_NONE ? hop->delay_corrected : hop->delay;

        if (hop->date == HQ_NONE)
            continue;
        if (older && delay != HQ_NONE && delay >= WAIT && !hop->delay_note)
            hop->delay_note =
                hq_arena_printf(trail->arena, "%s %s %.80s", hq_time_span(delay, span),
                                where_spent(trail, older, hop, delay),
                                older->by.name ? older->by.name : "the host before");
        older = hop;
    }
}

void hq_trail_find_times(struct trail *trail)
{
    g_autoptr(GArray) runs = set_delays(trail->detail);
    struct run *all = (struct run *)(void *)runs->data;

    for (guint i = 1; i < runs->len; i++) {
        if (all[i].gap < -ROUNDING)
            correct(trail, all, runs->len, i);
    }
    keep(all, runs->len);
    explain_waits(trail);
}
