/* SPDX-License-Identifier: ISC */
/* The records of the frames, as schemas, and the shorthands for sending them. */
#include "proc/wire.h"
#include "model/schema_rows.h"

static const struct hq_field text_rows[] = {HQ_STR(hq_wire_text, text, "text")};
const struct hq_schema hq_wire_text_schema = HQ_SCHEMA(hq_wire_text, text_rows);

static const struct hq_field number_rows[] = {HQ_TIME(hq_wire_number, number, "number")};
const struct hq_schema hq_wire_number_schema = HQ_SCHEMA(hq_wire_number, number_rows);

static const struct hq_field source_rows[] = {
    HQ_INT(hq_wire_source, index, "index"),
    HQ_STR(hq_wire_source, scheme, "scheme"),
    HQ_STR(hq_wire_source, name, "name"),
    HQ_STR(hq_wire_source, hostname, "hostname"),
    HQ_STRV(hq_wire_source, our, our_count, "our"),
    HQ_STRV(hq_wire_source, trust, trust_count, "trust"),
    HQ_STRV(hq_wire_source, egress, egress_count, "egress"),
    HQ_STRV(hq_wire_source, settings, setting_count, "settings"),
    HQ_TIME(hq_wire_source, now, "now"),
    HQ_INT(hq_wire_source, omit, "omit"),
};
const struct hq_schema hq_wire_source_schema = HQ_SCHEMA(hq_wire_source, source_rows);

static const struct hq_field refusal_rows[] = {
    HQ_INT(hq_wire_refusal, code, "code"),
    HQ_STR(hq_wire_refusal, text, "text"),
};
const struct hq_schema hq_wire_refusal_schema = HQ_SCHEMA(hq_wire_refusal, refusal_rows);

static const struct hq_field scan_rows[] = {
    HQ_TRI(hq_wire_scan, full, "full"),
    HQ_STRV(hq_wire_scan, ids, id_count, "ids"),
};
const struct hq_schema hq_wire_scan_schema = HQ_SCHEMA(hq_wire_scan, scan_rows);

static const struct hq_field file_rows[] = {
    HQ_TRI(hq_wire_file, present, "present"), HQ_INT(hq_wire_file, error, "error"),
    HQ_INT(hq_wire_file, size, "size"),       HQ_TIME(hq_wire_file, mtime, "mtime"),
    HQ_INT(hq_wire_file, mode, "mode"),       HQ_MARK(hq_wire_file, stamp),
};
static const struct hq_schema file_schema = HQ_SCHEMA(hq_wire_file, file_rows);

static const struct hq_field item_rows[] = {
    HQ_INT(hq_wire_item, source, "source"),
    HQ_INTERN(hq_wire_item, queue, "queue"),
    HQ_STR(hq_wire_item, id, "id"),
    HQ_STR(hq_wire_item, ref, "ref"),
    HQ_TRI(hq_wire_item, listing, "listing"),
    HQ_ARRAY(hq_wire_item, files, file_count, "files", file_schema),
};
const struct hq_schema hq_wire_item_schema = HQ_SCHEMA(hq_wire_item, item_rows);

static const struct hq_field batch_rows[] = {
    HQ_INT(hq_wire_batch, number, "number"),
    HQ_TRI(hq_wire_batch, scan, "scan"),
    HQ_TRI(hq_wire_batch, full, "full"),
    HQ_TRI(hq_wire_batch, want_body, "want_body"),
    HQ_INT(hq_wire_batch, omit, "omit"),
    HQ_STRV(hq_wire_batch, ids, id_count, "ids"),
    HQ_ARRAY(hq_wire_batch, items, item_count, "items", hq_wire_item_schema),
};
const struct hq_schema hq_wire_batch_schema = HQ_SCHEMA(hq_wire_batch, batch_rows);

static const struct hq_field result_rows[] = {
    HQ_INT(hq_wire_result, batch, "batch"),
    HQ_TRI(hq_wire_result, scan, "scan"),
};
const struct hq_schema hq_wire_result_schema = HQ_SCHEMA(hq_wire_result, result_rows);

static const struct hq_field question_rows[] = {
    HQ_STR(hq_wire_question, name, "name"),
    HQ_INT(hq_wire_question, type, "type"),
    HQ_INT(hq_wire_question, status, "status"),
};
const struct hq_schema hq_wire_question_schema = HQ_SCHEMA(hq_wire_question, question_rows);

static const struct hq_field log_rows[] = {
    HQ_STR(hq_wire_log, name, "name"),      HQ_TRI(hq_wire_log, pipe, "pipe"),
    HQ_TRI(hq_wire_log, texts, "texts"),    HQ_STRV(hq_wire_log, ids, id_count, "ids"),
    HQ_TIME(hq_wire_log, begins, "begins"),
};
const struct hq_schema hq_wire_log_schema = HQ_SCHEMA(hq_wire_log, log_rows);

static const struct hq_field check_rows[] = {
    HQ_STR(hq_wire_check, ip, "ip"),
    HQ_STR(hq_wire_check, helo, "helo"),
    HQ_STR(hq_wire_check, sender, "sender"),
};
const struct hq_schema hq_wire_check_schema = HQ_SCHEMA(hq_wire_check, check_rows);

void hq_wire_send(struct hq_channel *channel, enum hq_wire type, const struct hq_schema *schema,
                  const void *record)
{
    hq_channel_send(channel, type, schema, record, NULL, 0, NULL, 0);
}

void hq_wire_send_text(struct hq_channel *channel, enum hq_wire type, const char *text)
{
    hq_wire_send(channel, type, &hq_wire_text_schema, &(struct hq_wire_text){text});
}

void hq_wire_send_number(struct hq_channel *channel, enum hq_wire type, int64_t number)
{
    hq_wire_send(channel, type, &hq_wire_number_schema, &(struct hq_wire_number){number});
}
