/* SPDX-License-Identifier: ISC */
/* "postqueue -j": one JSON object a line, what those who may not read the queue files can know.
 * postqueue/showq_json.c (3.7). */
#include "hopq/schedule.h"
#include "postfix.h"
#include "spool/line_reader.h"
#include <jansson.h>
#include <string.h>

/* A message with 50,000 recipients and their reasons fits. */
#define JSON_LINE_MAX ((size_t)32 * 1024 * 1024)

static const char *string_of(struct hq_parse *parse, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_string(value)
               ? hq_arena_dup(parse->arena, json_string_value(value), json_string_length(value))
               : NULL;
}

static int64_t integer_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_integer(value) ? json_integer_value(value) : HQ_NONE;
}

static void take_recipient(struct hq_parse *parse, struct hq_message *message, const json_t *entry,
                           bool force_expired)
{
    struct hq_recipient *recipient = hq_message_add_recipient(message, parse->arena);
    const struct hq_reason_hint hint = {.mta = parse->mta};
    const char *why = string_of(parse, entry, "delay_reason");

    recipient->address = string_of(parse, entry, "address");
    if (why && *why)
        recipient->reason = hq_reason_parse(parse->reasons, why, &hint, parse->arena);
    recipient->state =
        (uint8_t)hq_pf_state(message->queue, recipient->reason != NULL, force_expired);
}

/* showq has a word for the null sender (empty_address_recipient). */
static const char *sender_of(struct hq_parse *parse, const json_t *object)
{
    const char *sender = string_of(parse, object, "sender");
    const char *null_sender =
        hq_context_setting(parse->context, "empty_address_recipient", "MAILER-DAEMON");

    return sender && strcmp(sender, null_sender) == 0 ? "" : sender;
}

static void take_message(struct hq_parse *parse, struct hq_message *message, const json_t *object)
{
    const json_t *recipients = json_object_get(object, "recipients");
    const char *queue = string_of(parse, object, "queue_name");
    bool force_expired = json_is_true(json_object_get(object, "forced_expire"));
    int64_t arrived = integer_of(object, "arrival_time");
    const json_t *entry;
    size_t i;

    message->id = message->ref = string_of(parse, object, "queue_id");
    message->queue = queue ? queue : "";
    message->size = integer_of(object, "message_size");
    message->sender = sender_of(parse, object);
    if (arrived > 0 && arrived < INT64_MAX / HQ_SECOND)
        message->arrived = arrived * HQ_SECOND;
    json_array_foreach(recipients, i, entry) take_recipient(parse, message, entry, force_expired);
    hq_schedule_postfix(message, HQ_NONE, HQ_NONE, parse->context);
}

/* A line that is no object is what postqueue had to say: "mail system is down". */
static void take_line(struct hq_parse *parse, const struct hq_item *item, const char *line,
                      size_t n, bool cut)
{
    json_error_t error;
    json_t *object = cut ? NULL : json_loadb(line, n, JSON_ALLOW_NUL, &error);
    const json_t *id = json_object_get(object, "queue_id");
    struct hq_message *message;

    if (*item->id && json_is_string(id) && strcmp(json_string_value(id), item->id) != 0) {
        json_decref(object);
        return;
    }
    message = hq_spool_message(parse, item);
    if (json_is_string(id))
        take_message(parse, message, object);
    else
        hq_message_add_problem(message, parse->arena, "postqueue: %s%.*s",
                               cut ? "line too long: " : "", (int)MIN(n, 200), line);
    parse->emit(parse, message, NULL, 0);
    json_decref(object);
}

void hq_postqueue_parse(struct hq_parse *parse, const struct hq_item *item)
{
    struct hq_line_reader lines;
    char *line;
    size_t n;

    if (item->files[0].fd < 0) {
        parse->emit(parse, hq_spool_message(parse, item), NULL, 0);
        return;
    }
    hq_line_reader_init(&lines, item->files[0].fd, INT64_MAX, JSON_LINE_MAX);
    while ((line = hq_line_reader_next(&lines, &n)))
        if (n > 0)
            take_line(parse, item, line, n, lines.cut);
    hq_line_reader_clear(&lines);
}
