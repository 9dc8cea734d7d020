/* SPDX-License-Identifier: ISC */
/* The records of the frames to and from [act]. */
#include "proc/wire_act.h"
#include "model/schema_rows.h"

static const struct hq_field way_rows[] = {
    HQ_INT(hq_wire_way, verb, "verb"),       HQ_INT(hq_wire_way, scope, "scope"),
    HQ_STR(hq_wire_way, refusal, "refusal"), HQ_STR(hq_wire_way, words, "words"),
    HQ_STR(hq_wire_way, then, "then"),       HQ_STR(hq_wire_way, note, "note"),
    HQ_INT(hq_wire_way, batch, "batch"),
};
static const struct hq_schema way_schema = HQ_SCHEMA(hq_wire_way, way_rows);

static const struct hq_field ways_rows[] = {
    HQ_INT(hq_wire_ways, source, "source"),
    HQ_STR(hq_wire_ways, refusal, "refusal"),
    HQ_STR(hq_wire_ways, saved, "saved"),
    HQ_STR(hq_wire_ways, log, "log"),
    HQ_ARRAY(hq_wire_ways, ways, way_count, "ways", way_schema),
};
const struct hq_schema hq_wire_ways_schema = HQ_SCHEMA(hq_wire_ways, ways_rows);

static const struct hq_field target_rows[] = {
    HQ_STR(hq_wire_target, id, "id"),
    HQ_MARK(hq_wire_target, stamp),
    HQ_TIME(hq_wire_target, arrived, "arrived"),
};
static const struct hq_schema target_schema = HQ_SCHEMA(hq_wire_target, target_rows);

static const struct hq_field change_rows[] = {
    HQ_MARK(hq_wire_change, run),
    HQ_INT(hq_wire_change, source, "source"),
    HQ_INT(hq_wire_change, verb, "verb"),
    HQ_INT(hq_wire_change, scope, "scope"),
    HQ_TRI(hq_wire_change, saved, "saved"),
    HQ_ARRAY(hq_wire_change, targets, target_count, "targets", target_schema),
};
const struct hq_schema hq_wire_change_schema = HQ_SCHEMA(hq_wire_change, change_rows);

static const struct hq_field fate_rows[] = {
    HQ_INT(hq_wire_fate, result, "result"),
    HQ_STR(hq_wire_fate, words, "words"),
};
static const struct hq_schema fate_schema = HQ_SCHEMA(hq_wire_fate, fate_rows);

static const struct hq_field changed_rows[] = {
    HQ_MARK(hq_wire_changed, run),
    HQ_STR(hq_wire_changed, failure, "failure"),
    HQ_STR(hq_wire_changed, folder, "folder"),
    HQ_ARRAY(hq_wire_changed, fates, fate_count, "fates", fate_schema),
};
const struct hq_schema hq_wire_changed_schema = HQ_SCHEMA(hq_wire_changed, changed_rows);

static const struct hq_field keep_rows[] = {
    HQ_ARRAY(hq_wire_keep, items, item_count, "items", hq_wire_item_schema),
};
const struct hq_schema hq_wire_keep_schema = HQ_SCHEMA(hq_wire_keep, keep_rows);

static const struct hq_field kept_rows[] = {
    HQ_ARRAY(hq_wire_kept, results, result_count, "results", hq_wire_refusal_schema),
};
const struct hq_schema hq_wire_kept_schema = HQ_SCHEMA(hq_wire_kept, kept_rows);
