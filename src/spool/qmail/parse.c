/* SPDX-License-Identifier: ISC */
/* The files of a message in qmail's queue to a message: records that end with NUL, their kind the
 * first byte (qmail-queue.c, qmail-send.c of notqmail 1.08). Why a recipient waits is in the log
 * alone; when it is tried is arithmetic on the age. */
#include "base/scratch.h"
#include "hopq/schedule.h"
#include "qmail.h"
#include "spool/dirs.h"
#include "spool/mailfile.h"
#include <string.h>

#define FILE_MAX_BYTES ((size_t)16 * 1024 * 1024)

/* The next record of TEXT at *AT, a string; NULL: no more, or none that ends. */
static const char *next_record(const GString *text, size_t *at)
{
    const char *record = text->str + *at;
    const char *end = memchr(record, '\0', text->len - *at);

    if (!end)
        return NULL;
    *at = (size_t)(end + 1 - text->str);
    return record;
}

static void add_recipient(struct hq_parse *parse, struct hq_message *message, const char *address,
                          enum hq_state state)
{
    struct hq_recipient *recipient = hq_message_add_recipient(message, parse->arena);

    recipient->address = hq_arena_strdup(parse->arena, address);
    recipient->state = (uint8_t)state;
}

/* T is to do, D done: delivered, or failed for good, which only the bounce file tells apart. */
static void read_records(struct hq_parse *parse, struct hq_message *message,
                         const struct hq_item_file *file, const char *name)
{
    GString *text = hq_dirs_slurp(file, FILE_MAX_BYTES);
    size_t at = 0;
    const char *record;

    while ((record = next_record(text, &at))) {
        if (record[0] == 'F')
            message->sender = hq_arena_strdup(parse->arena, record + 1);
        else if (record[0] == 'T' || record[0] == 'D')
            add_recipient(parse, message, record + 1,
                          record[0] == 'T' ? HQ_STATE_QUEUED : HQ_STATE_DELIVERED);
    }
    if (file->fd >= 0 && (at < text->len || text->len == 0))
        hq_message_add_problem(message, parse->arena, "its %s file is damaged", name);
    hq_scratch_give(text);
}

/* qmail-send.c, stripvdomprepend(): "prefix-" of a virtual domain is left out. */
static bool is_about(const char *address, const char *named, size_t n)
{
    size_t length = strlen(address);

    return length >= n && memcmp(address + length - n, named, n) == 0 &&
           (length == n || address[length - n - 1] == '-');
}

static void fail_recipient(struct hq_parse *parse, struct hq_message *message, const char *named,
                           size_t n, const char *report)
{
    const struct hq_reason_hint hint = {.mta = parse->mta};

    for (uint32_t i = 0; i < message->recipient_count; i++) {
        struct hq_recipient *recipient = &message->recipients[i];
        if (recipient->state != HQ_STATE_DELIVERED || !is_about(recipient->address, named, n))
            continue;
        recipient->state = HQ_STATE_FAILED;
        recipient->reason = hq_reason_parse(parse->reasons, report, &hint, parse->arena);
        return;
    }
}

/* Blocks of "<address>:", the report's lines and an empty one: addbounce(), which lets no empty
 * line into a report. */
static void read_bounces(struct hq_parse *parse, struct hq_message *message,
                         const struct hq_item_file *file)
{
    GString *text = hq_dirs_slurp(file, FILE_MAX_BYTES);
    char *next = text->str;

    for (char *block = next; *block; block = next) {
        char *end = strstr(block, "\n\n");
        char *named = strstr(block, ">:\n");
        next = end ? end + 2 : block + strlen(block);
        if (end)
            *end = '\0';
        if (*block != '<' || !named || named >= next)
            continue;
        char *report = named + 3;
        g_strdelimit(report, "\n", ' ');
        fail_recipient(parse, message, block + 1, (size_t)(named - block) - 1, g_strstrip(report));
    }
    hq_scratch_give(text);
}

/* The envelope is in todo/ until qmail-send has read it, then in info/, local/ and remote/; without
 * any it is still being received. */
static void read_envelope(struct hq_parse *parse, struct hq_message *message,
                          const struct hq_item_file *files)
{
    bool todo = files[HQ_QMAIL_TODO].fd >= 0, info = files[HQ_QMAIL_INFO].fd >= 0;
    const struct hq_item_file *envelope = &files[todo   ? HQ_QMAIL_TODO
                                                 : info ? HQ_QMAIL_INFO
                                                        : HQ_QMAIL_MESS];

    message->arrived = envelope->mtime;
    message->incomplete = todo || info ? HQ_NO : HQ_YES;
    if (!info || todo)
        message->queue = todo ? "todo" : "incoming";
    if (todo || info)
        read_records(parse, message, envelope, todo ? "todo" : "info");
    if (todo)
        return;
    read_records(parse, message, &files[HQ_QMAIL_LOCAL], "local");
    uint32_t locals = message->recipient_count;
    read_records(parse, message, &files[HQ_QMAIL_REMOTE], "remote");
    read_bounces(parse, message, &files[HQ_QMAIL_BOUNCE]);
    hq_schedule_qmail(message, locals, files[HQ_QMAIL_LOCAL].mtime, files[HQ_QMAIL_REMOTE].mtime,
                      parse->context);
}

void hq_qmail_parse(struct hq_parse *parse, const struct hq_item *item)
{
    static const char *const names[] = {"mess", "info", "local", "remote", "bounce", "todo"};
    const struct hq_item_file *files = item->files;
    struct hq_message *message = hq_spool_message(parse, item);

    for (unsigned i = 1; i < G_N_ELEMENTS(names); i++)
        if (files[i].error)
            hq_message_add_problem(message, parse->arena, "its %s file cannot be read: %s",
                                   names[i], hq_item_file_why(&files[i]));
    if (files[0].fd < 0) {
        parse->emit(parse, message, NULL, 0);
        return;
    }
    read_envelope(parse, message, files);
    message->size = files[0].size;
    hq_mailfile_emit(parse, message, files[0].fd, 0, files[0].size);
}
