/* SPDX-License-Identifier: ISC */
/* Postfix: a queue file and its logs to a message. Files of an item: 0 queue file, 1 defer log,
 * 2 bounce log. */
#include "base/scratch.h"
#include "hopq/schedule.h"
#include "postfix.h"
#include <string.h>
#include <sys/stat.h>

enum hq_state hq_pf_state(const char *queue, bool delayed, bool force_expired)
{
    if (force_expired)
        return HQ_STATE_EXPIRED;
    if (strcmp(queue, "hold") == 0)
        return HQ_STATE_HELD;
    if (delayed || strcmp(queue, "deferred") == 0)
        return HQ_STATE_DEFERRED;
    return HQ_STATE_QUEUED;
}

/* What the file's mode says: global/mail_queue.h. Complete is 0700, marked as corrupt 0400;
 * "postsuper -e" sets the group's x. */
static void take_mode(struct hq_message *message, const struct hq_parse *parse, uint32_t mode)
{
    if ((mode & S_IRWXU) == S_IRUSR)
        hq_message_add_problem(message, parse->arena, "marked as corrupt by Postfix");
    message->incomplete = (mode & S_IRWXU) == S_IRUSR || (mode & S_IXUSR) ? HQ_NO : HQ_YES;
}

static void take_logs(struct hq_pf_envelope *envelope)
{
    static const enum hq_state states[] = {[1] = HQ_STATE_DEFERRED, [2] = HQ_STATE_FAILED};
    static const char *const names[] = {[1] = "defer", [2] = "bounce"};

    for (unsigned i = 1; i < G_N_ELEMENTS(states); i++) {
        const struct hq_item_file *file = &envelope->item->files[i];
        if (file->error)
            hq_message_add_problem(envelope->message, envelope->parse->arena,
                                   "its %s log cannot be read: %s", names[i],
                                   hq_item_file_why(file));
        hq_pf_log_read(envelope, file, states[i]);
    }
}

static void settle(struct hq_pf_envelope *envelope)
{
    struct hq_message *message = envelope->message;
    const struct hq_item_file *files = envelope->item->files;
    bool deferred = strcmp(envelope->item->queue, "deferred") == 0;

    if (message->arrived == HQ_NONE && !deferred) /* there it is the time of the next attempt */
        message->arrived = files[0].mtime;
    message->size = envelope->size != HQ_NONE ? envelope->size : files[0].size;
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        struct hq_recipient *recipient = &message->recipients[i];
        if (recipient->state == HQ_STATE_UNKNOWN || recipient->state == HQ_STATE_DEFERRED)
            recipient->state = (uint8_t)hq_pf_state(envelope->item->queue, recipient->reason,
                                                    files[0].mode & S_IXGRP);
    }
    hq_schedule_postfix(message, deferred ? files[0].mtime : HQ_NONE,
                        files[1].fd >= 0 ? files[1].mtime : HQ_NONE, envelope->parse->context);
    if (envelope->whole)
        hq_warning_postfix(message, envelope->warn, envelope->parse->context);
}

static void parse_file(struct hq_parse *parse, const struct hq_item *item,
                       struct hq_message *message)
{
    struct hq_pf_envelope envelope = {.parse = parse,
                                      .item = item,
                                      .message = message,
                                      .size = HQ_NONE,
                                      .data_offset = HQ_NONE,
                                      .expected = HQ_NONE,
                                      .content = HQ_NONE,
                                      .warn = HQ_NONE};
    GString *content = NULL;
    size_t max = hq_spool_wanted(parse);

    envelope.slots = g_array_new(FALSE, FALSE, sizeof(struct hq_pf_slot));
    hq_pf_reader_init(&envelope.reader, item->files[0].fd, item->files[0].size);
    take_mode(message, parse, item->files[0].mode);
    hq_pf_envelope_read(&envelope);
    if (envelope.content != HQ_NONE && !hq_spool_omits_text(parse, message))
        content = hq_pf_content_read(&envelope, hq_spool_wants_body(parse), max);
    hq_pf_envelope_finish(&envelope);
    take_logs(&envelope);
    settle(&envelope);
    parse->emit(parse, message, content ? content->str : NULL, content ? content->len : 0);
    if (content)
        hq_scratch_give(content);
    if (envelope.by_address)
        g_hash_table_destroy(envelope.by_address);
    g_array_free(envelope.slots, TRUE);
    hq_pf_reader_clear(&envelope.reader);
}

void hq_postfix_parse(struct hq_parse *parse, const struct hq_item *item)
{
    if (item->listing) {
        hq_postqueue_parse(parse, item);
        return;
    }
    struct hq_message *message = hq_spool_message(parse, item);
    if (item->files[0].fd >= 0)
        parse_file(parse, item, message);
    else
        parse->emit(parse, message, NULL, 0);
}
