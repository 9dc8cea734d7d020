/* SPDX-License-Identifier: ISC */
/* JSON: one document, or one object a line (NDJSON, also the form of a snapshot file). The objects
 * are those of hopq(1); the schema tables write them. */
#include "dump/dump_internal.h"
#include <string.h>

enum { SCHEMA_VERSION = 1 };

/* ---- objects ---- */

static void begin(struct hq_json *json, const char *type)
{
    hq_json_begin_object(json);
    hq_json_key(json, "type");
    hq_json_string(json, type);
}

static void begin_versioned(struct hq_json *json, const char *type)
{
    begin(json, type);
    hq_json_key(json, "schema");
    hq_json_int(json, SCHEMA_VERSION);
}

static void write_message(struct hq_json *json, const struct hq_dump *dump, unsigned i)
{
    struct hq_message message = *(const struct hq_message *)dump->messages->pdata[i];

    if (!dump->options->full) /* the filter alone may have wanted it in full */
        message.detail = NULL;
    else if (!message.detail) /* keys are always there */
        message.detail = (struct hq_detail *)&dump->no_detail;
    begin_versioned(json, "message");
    hq_schema_json_members(&hq_message_schema, &message, json);
    hq_json_end_object(json);
}

static void write_group(struct hq_json *json, const struct hq_dump *dump, unsigned i)
{
    struct hq_group group = *hq_board_get(dump->board, i);

    /* what stands for a reason where there is none is no category */
    if (group.reason && hq_name_find(hq_category_names, HQ_CATEGORY_COUNT, group.reason) < 0) {
        group.name = group.reason;
        group.reason = NULL;
    }
    hq_schema_json(&hq_group_schema, &group, "group", json);
}

/* Writes counts by queue. A folder's name is whatever a user chose, and JSON parsers are stricter
 * about keys than about values (no NUL, none twice), so it is written as text shows it. */
static void write_queues(struct hq_json *json, const GArray *queues)
{
    g_autoptr(GString) name = g_string_new(NULL);

    hq_json_key(json, "queues");
    hq_json_begin_object(json);
    for (unsigned i = 0; i < queues->len; i++) {
        const struct hq_dump_queue *queue = &g_array_index(queues, struct hq_dump_queue, i);
        g_string_truncate(name, 0);
        hq_text_safe(name, queue->name, strlen(queue->name), HQ_TEXT_PLAIN);
        hq_json_string(json, name->str);
        g_string_append_c(json->out, ':');
        json->comma = false;
        hq_json_int(json, queue->count);
    }
    hq_json_end_object(json);
}

static void write_number(struct hq_json *json, const char *key, int64_t value)
{
    hq_json_key(json, key);
    hq_json_int(json, value);
}

static void write_summary(struct hq_json *json, const struct hq_dump *dump)
{
    const struct hq_snapshot *snapshot = dump->snapshot;

    begin_versioned(json, "summary");
    write_number(json, "messages", dump->matched);
    write_number(json, "recipients", dump->recipients);
    write_queues(json, dump->queues);
    write_number(json, "unreadable", snapshot->unreadable);
    hq_json_key(json, "expiring_6h");
    hq_json_int(json, dump->expiring_6h);
    hq_json_key(json, "diagnosis");
    if (hq_board_diagnosis(dump->board))
        hq_json_string(json, hq_board_diagnosis(dump->board));
    else
        hq_json_null(json);
    hq_json_key(json, "log");
    if (hq_logbook_name(dump->snapshot->log))
        hq_json_string(json, hq_logbook_name(dump->snapshot->log));
    else
        hq_json_null(json);
    hq_json_key(json, "took");
    if (dump->options->took == HQ_NONE)
        hq_json_null(json);
    else
        hq_json_seconds(json, dump->options->took);
    char taken[32];
    hq_json_key(json, "taken");
    hq_json_string(json, hq_time_rfc3339(dump->options->now, taken));
    hq_json_key(json, "notices");
    hq_json_begin_array(json);
    for (unsigned i = 0; i < snapshot->notices->len; i++)
        hq_json_string(json, snapshot->notices->pdata[i]);
    hq_json_end_array(json);
    hq_json_end_object(json);
}

/* ---- NDJSON ---- */

static void end_line(struct hq_json *json, struct hq_sink *sink)
{
    g_string_append_c(sink->out, '\n');
    hq_sink_check(sink);
    hq_json_init(json, sink->out);
}

static void message_lines(GString *out, const struct hq_dump *dump, unsigned from, unsigned to)
{
    struct hq_json_memo memo = {0};

    for (unsigned i = from; i < to; i++) {
        struct hq_json json = {.out = out, .memo = &memo};
        write_message(&json, dump, i);
        g_string_append_c(out, '\n');
    }
}

static void group_lines(GString *out, const struct hq_dump *dump, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        struct hq_json json;
        hq_json_init(&json, out);
        write_group(&json, dump, i);
        g_string_append_c(out, '\n');
    }
}

void hq_dump_ndjson_snapshot(struct hq_dump *dump)
{
    struct hq_json json;

    hq_dump_rows(dump, dump->messages->len, message_lines);
    hq_dump_await_board(dump);
    hq_dump_rows(dump, hq_board_count(dump->board), group_lines);
    hq_json_init(&json, dump->sink->out);
    write_summary(&json, dump);
    end_line(&json, dump->sink);
}

void hq_dump_ndjson_reasons(const GPtrArray *reasons,
                            G_GNUC_UNUSED const struct hq_dump_options *options,
                            struct hq_sink *sink)
{
    struct hq_json json;

    hq_json_init(&json, sink->out);
    for (unsigned i = 0; i < reasons->len; i++) {
        hq_schema_json(&hq_reason_schema, reasons->pdata[i], "reason", &json);
        end_line(&json, sink);
    }
}

/* ---- one document ---- */

static void message_elements(GString *out, const struct hq_dump *dump, unsigned from, unsigned to)
{
    struct hq_json_memo memo = {0};
    struct hq_json json = {.out = out, .comma = from > 0, .memo = &memo};

    for (unsigned i = from; i < to; i++)
        write_message(&json, dump, i);
}

static void group_elements(GString *out, const struct hq_dump *dump, unsigned from, unsigned to)
{
    struct hq_json json = {.out = out, .comma = from > 0};

    for (unsigned i = from; i < to; i++)
        write_group(&json, dump, i);
}

/* "KEY":[ … ]: COUNT objects by WRITE. */
static void write_list(struct hq_json *json, struct hq_dump *dump, const char *key, unsigned count,
                       hq_dump_rows_fn write)
{
    hq_json_key(json, key);
    hq_json_begin_array(json);
    hq_dump_rows(dump, count, write);
    hq_json_end_array(json);
}

void hq_dump_json_snapshot(struct hq_dump *dump)
{
    struct hq_json json;

    hq_json_init(&json, dump->sink->out);
    hq_json_begin_object(&json);
    write_list(&json, dump, "messages", dump->messages->len, message_elements);
    hq_dump_await_board(dump);
    write_list(&json, dump, "groups", hq_board_count(dump->board), group_elements);
    hq_json_key(&json, "summary");
    write_summary(&json, dump);
    hq_json_end_object(&json);
    end_line(&json, dump->sink);
}

void hq_dump_json_reasons(const GPtrArray *reasons,
                          G_GNUC_UNUSED const struct hq_dump_options *options, struct hq_sink *sink)
{
    struct hq_json json;

    hq_json_init(&json, sink->out);
    hq_json_begin_object(&json);
    hq_json_key(&json, "reasons");
    hq_json_begin_array(&json);
    for (unsigned i = 0; i < reasons->len; i++) {
        hq_schema_json(&hq_reason_schema, reasons->pdata[i], "reason", &json);
        hq_sink_check(sink);
    }
    hq_json_end_array(&json);
    hq_json_end_object(&json);
    end_line(&json, sink);
}

void hq_dump_json_spf(const struct hq_spf *spf, G_GNUC_UNUSED const struct hq_dump_options *options,
                      struct hq_sink *sink)
{
    struct hq_json json;

    hq_json_init(&json, sink->out);
    hq_schema_json(&hq_spf_schema, spf, "spf", &json);
    end_line(&json, sink);
}
