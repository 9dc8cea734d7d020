/* SPDX-License-Identifier: ISC */
/* The rows of what the mail log tells. */
#include "hopq/history.h"
#include "model/schema_rows.h"

const char *const hq_outcome_names[HQ_OUTCOME_COUNT] = {
    [HQ_OUTCOME_NOTE] = "note",         [HQ_OUTCOME_SENT] = "sent",
    [HQ_OUTCOME_DEFERRED] = "deferred", [HQ_OUTCOME_SUSPENDED] = "suspended",
    [HQ_OUTCOME_BOUNCED] = "bounced",   [HQ_OUTCOME_EXPIRED] = "expired",
    [HQ_OUTCOME_HELD] = "held",         [HQ_OUTCOME_RELEASED] = "released",
    [HQ_OUTCOME_ARRIVED] = "arrived",
};

static const struct hq_field attempt_rows[] = {
    HQ_TIME(hq_attempt, time, "time"),     HQ_INTERN(hq_attempt, recipient, "recipient"),
    HQ_INTERN(hq_attempt, relay, "relay"), HQ_ENUM(hq_attempt, result, "result", hq_outcome_names),
    HQ_INTERN(hq_attempt, text, "text"),   HQ_INTERN(hq_attempt, cause, "cause"),
};
const struct hq_schema hq_attempt_schema = HQ_SCHEMA(hq_attempt, attempt_rows);

static const struct hq_field tried_rows[] = {
    HQ_INT(hq_tried, recipient, "recipient"),
    HQ_INT(hq_tried, count, "count"),
    HQ_TIME(hq_tried, last, "last"),
};
static const struct hq_schema tried_schema = HQ_SCHEMA(hq_tried, tried_rows);

static const struct hq_field history_rows[] = {
    HQ_STR(hq_history, id, "id"),
    HQ_ARRAY(hq_history, tried, tried_count, "tried", tried_schema),
    HQ_ARRAY(hq_history, attempts, attempt_count, "attempts", hq_attempt_schema),
};
const struct hq_schema hq_history_schema = HQ_SCHEMA(hq_history, history_rows);

static const struct hq_field flow_rows[] = {
    HQ_INT(hq_flow, arrived, "arrived"),   HQ_INT(hq_flow, sent, "sent"),
    HQ_INT(hq_flow, deferred, "deferred"), HQ_INT(hq_flow, bounced, "bounced"),
    HQ_INT(hq_flow, expired, "expired"),
};
static const struct hq_schema flow_schema = HQ_SCHEMA(hq_flow, flow_rows);

static const struct hq_field rate_rows[] = {
    HQ_HIDE(hq_rate, domain, HQ_TYPE_STR),
    HQ_SPAN(hq_rate, span, "span"),
    HQ_STRUCT(hq_rate, hour, "hour", flow_schema),
    HQ_STRUCT(hq_rate, day, "day", flow_schema),
    HQ_STRUCT(hq_rate, window, "window", flow_schema),
    HQ_STR(hq_rate, through, "through"),
    HQ_INT(hq_rate, through_count, "through_count"),
};
const struct hq_schema hq_rate_schema = HQ_SCHEMA(hq_rate, rate_rows);
