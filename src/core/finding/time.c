/* SPDX-License-Identifier: ISC */
/* Rules on clocks: a hop's against the fact, its own zone name and Date; Date against all hops. */
#include "core/date_words.h"
#include "hopq/date.h"
#include "parts.h"
#include <string.h>

bool hq_finding_date_text(const struct hq_hop *hop, const char **s, size_t *n)
{
    const char *semicolon = hop->raw ? strrchr(hop->raw, ';') : NULL;

    *s = semicolon ? semicolon + 1 : NULL;
    *n = semicolon ? strlen(*s) : 0;
    return semicolon != NULL;
}

/* A claimed hop later than the fact; an hour's multiple is a wrong zone, as far as zones go. */
const char *hq_finding_time_travel(const struct trail *trail, const struct hq_hop *hop)
{
    const struct hq_hop *fact = hq_trail_boundary(trail->detail);

    if (hop->date == HQ_NONE)
        return NULL;
    if (hop->date > trail->context->now + HQ_DAY)
        return "the hop's date lies in the future";
    if (!fact || fact->date == HQ_NONE || hop->date - fact->date <= 5 * HQ_MINUTE)
        return NULL;
    int64_t later = hop->date - fact->date;
    int64_t rest = later % HQ_HOUR;
    if (later < 15 * HQ_HOUR && (rest <= HQ_MINUTE || rest >= HQ_HOUR - HQ_MINUTE))
        return NULL;
    return "the hop is later than the one that took the message from it";
}

const char *hq_finding_tz_contradict(const struct trail *trail, const struct hq_hop *hop)
{
    struct hq_date date;
    const char *s;
    size_t n;

    (void)trail;
    if (hop->date_defect && strcmp(hop->date_defect, "absurd-zone") == 0)
        return "no zone is that far from UTC";
    if (hop->zone == HQ_NONE || !hq_finding_date_text(hop, &s, &n))
        return NULL;
    hq_date_parse(s, n, &date);
    const struct hq_zone_name *zone = hq_date_zone(date.zone_name, strlen(date.zone_name));
    return zone && zone->certain && zone->minutes != hop->zone
               ? "the zone's name contradicts its offset"
               : NULL;
}

/* Mail servers derive the weekday from the date. */
const char *hq_finding_wrong_weekday(const struct trail *trail, const struct hq_hop *hop)
{
    (void)trail;
    return hop->date_defect && strcmp(hop->date_defect, "weekday-mismatch") == 0
               ? "the day of the week is not that of the date"
               : NULL;
}

/* The clock was read once for both. Honest where the author's own host hands in its mail, so it
 * counts only beside other signs. */
const char *hq_finding_date_eq_hop(const struct trail *trail, const struct hq_hop *hop)
{
    const struct hq_field_span *field = hq_headers_find(trail->headers, "Date", 0);
    struct hq_date date;
    struct hq_ip ip;

    if (!field || hop->date == HQ_NONE || !hq_finding_public_client(hop, &ip) ||
        hq_finding_is_authenticated(trail, hop))
        return NULL;
    hq_date_parse(field->value, field->value_length, &date);
    return date.time == hop->date ? "a relay's clock shows the very second of Date" : NULL;
}

/* The newest sender's date: a message that its reader sends on is only as old as that. */
static const struct hq_field_span *sender_date(const struct trail *trail, int64_t *time)
{
    static const char *const names[] = {"Resent-Date", "Date"};
    const struct hq_field_span *field = NULL;
    struct hq_date date = {.time = HQ_NONE};

    for (size_t i = 0; !field && i < G_N_ELEMENTS(names); i++)
        field = hq_headers_find(trail->headers, names[i], 0);
    if (field)
        hq_date_parse(field->value, field->value_length, &date);
    *time = date.time;
    return date.time == HQ_NONE ? NULL : field;
}

/* How far TIME is ahead of the hop nearest to it, as SpamAssassin does it (HeaderEval.pm): one
 * wrong clock on the way must accuse nobody. */
static bool nearest_hop(const struct trail *trail, int64_t time, int64_t *ahead)
{
    bool found = false;

    for (uint32_t i = 0; i < trail->detail->hop_count; i++) {
        int64_t hop = trail->detail->hops[i].date;

        if (hop == HQ_NONE || (found && ABS(time - hop) >= ABS(*ahead)))
            continue;
        *ahead = time - hop;
        found = true;
    }
    return found;
}

/* Mail written offline may be days old when it is sent; none comes from the future. */
enum { DAYS_OLD = 4, HOURS_AHEAD = 3 };

void hq_finding_date_far(struct trail *trail)
{
    int64_t time, ahead = 0;
    const struct hq_field_span *field = sender_date(trail, &time);

    if (!field || !nearest_hop(trail, time, &ahead) ||
        (ahead <= HOURS_AHEAD * HQ_HOUR && ahead >= -DAYS_OLD * HQ_DAY))
        return;
    bool hours = ABS(ahead) < 2 * HQ_DAY;
    struct hq_finding *finding = hq_finding_add(
        trail->detail, trail->arena, "date-far", -1,
        "%.*s is %" G_GINT64_FORMAT " %s %s than any host saw the message", (int)field->name_length,
        field->name, ABS(ahead) / (hours ? HQ_HOUR : HQ_DAY), hours ? "hours" : "days",
        ahead > 0 ? "later" : "earlier");
    finding->offset = (int64_t)field->offset;
    finding->length = (int64_t)field->length;
}
