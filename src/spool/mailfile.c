/* SPDX-License-Identifier: ISC */
/* A message in a file of its own: see mailfile.h. */
#include "mailfile.h"
#include "hopq/date.h"
#include "hopq/headers.h"
#include "hopq/io.h"
#include <string.h>

/* Most headers end within; those that do not are read again in pieces four times as large. */
#define FIRST_PIECE ((size_t)16 * 1024)

GString *hq_mailfile_read(int fd, int64_t offset, int64_t length, size_t wanted,
                          struct hq_headers *headers)
{
    GString *content = g_string_sized_new(FIRST_PIECE);
    size_t max = (size_t)CLAMP(length, 0, (int64_t)wanted);
    size_t want = wanted >= HQ_CONTENT_MAX ? max : MIN(FIRST_PIECE, max);

    for (;;) {
        size_t missing = want - content->len;
        ssize_t n = hq_io_read_at(fd, offset + (int64_t)content->len, missing, content);
        hq_headers_scan(headers, content->str, content->len);
        if (n < (ssize_t)missing || headers->complete || want >= max)
            return content;
        want = MIN(want * 4, max);
    }
}

/* What a trace field's value names: "<a@b>" without brackets and blanks. */
static const char *address_of(struct hq_arena *arena, const struct hq_field_span *field)
{
    g_autoptr(GString) value = g_string_new(NULL);
    char *start;

    hq_field_unfold(field, value);
    start = g_strstrip(value->str);
    size_t n = strlen(start);
    if (n >= 2 && start[0] == '<' && start[n - 1] == '>')
        return hq_arena_dup(arena, start + 1, n - 2);
    return hq_arena_dup(arena, start, n);
}

static bool has_recipient(const struct hq_message *message, const char *address)
{
    for (uint32_t i = 0; i < message->recipient_count; i++)
        if (g_ascii_strcasecmp(message->recipients[i].address, address) == 0)
            return true;
    return false;
}

/* Delivered-To is written by each delivery on the way, the newest on top: the first is where the
 * message lies. X-Original-To (Postfix) and Envelope-To (Exim) name it before aliases. */
static void take_recipients(struct hq_parse *parse, struct hq_message *message,
                            const struct hq_headers *headers)
{
    static const char *const names[] = {"Delivered-To", "Envelope-To", "X-Original-To"};

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        const struct hq_field_span *field = hq_headers_find(headers, names[i], 0);
        const char *address = field ? address_of(parse->arena, field) : NULL;
        if (!address || !*address || has_recipient(message, address))
            continue;
        if (i == 2 && message->recipient_count > 0) {
            message->recipients[0].original = address;
            continue;
        }
        struct hq_recipient *recipient = hq_message_add_recipient(message, parse->arena);
        recipient->address = address;
        recipient->state = HQ_STATE_DELIVERED;
    }
}

/* The date of a Received field is behind its last semicolon (RFC 5321 section 4.4). */
static int64_t received_time(const struct hq_headers *headers)
{
    const struct hq_field_span *field = hq_headers_find(headers, "Received", 0);
    const char *semicolon =
        field && field->value_length ? memrchr(field->value, ';', field->value_length) : NULL;
    struct hq_date date;

    if (!semicolon)
        return HQ_NONE;
    hq_date_parse(semicolon + 1, (size_t)(field->value + field->value_length - semicolon - 1),
                  &date);
    return date.time;
}

void hq_mailfile_envelope(struct hq_parse *parse, struct hq_message *message,
                          const struct hq_headers *headers)
{
    const struct hq_field_span *path = hq_headers_find(headers, "Return-Path", 0);

    if (path)
        message->sender = address_of(parse->arena, path);
    message->arrived = received_time(headers);
    take_recipients(parse, message, headers);
}

void hq_mailfile_emit(struct hq_parse *parse, struct hq_message *message, int fd, int64_t offset,
                      int64_t length)
{
    struct hq_headers headers = {0};
    GString *content = hq_mailfile_read(fd, offset, length, hq_spool_wanted(parse), &headers);

    parse->emit(parse, message, content->str, content->len);
    hq_headers_clear(&headers);
    g_string_free(content, TRUE);
}

/* Any file can be named as a message, and what a full disk leaves of one is empty. */
static void judge(struct hq_parse *parse, struct hq_message *message,
                  const struct hq_headers *headers, const GString *content)
{
    static const char *const usual[] = {
        "From",       "Received",     "Date", "To",          "Subject",      "Sender",      "Cc",
        "Message-ID", "Delivered-To", "Bcc",  "Return-Path", "Content-Type", "MIME-Version"};
    bool found = false;

    for (unsigned i = 0; i < G_N_ELEMENTS(usual) && !found; i++)
        found = hq_headers_find(headers, usual[i], 0) != NULL;
    if (content->len == 0)
        hq_message_add_problem(message, parse->arena, "an empty file: no mail is in it");
    else if (!found)
        hq_message_add_problem(message, parse->arena,
                               "no mail, or a damaged one: no field of a mail header is in it");
}

void hq_mailfile_parse(struct hq_parse *parse, const struct hq_item *item)
{
    const struct hq_item_file *file = &item->files[0];
    struct hq_message *message = hq_spool_message(parse, item);
    struct hq_headers headers = {0};

    if (file->fd < 0) {
        parse->emit(parse, message, NULL, 0);
        return;
    }
    GString *content = hq_mailfile_read(file->fd, 0, INT64_MAX, hq_spool_wanted(parse), &headers);
    message->size = file->size;
    hq_mailfile_envelope(parse, message, &headers);
    if (message->arrived == HQ_NONE)
        message->arrived = file->mtime;
    judge(parse, message, &headers, content);
    parse->emit(parse, message, content->str, content->len);
    hq_headers_clear(&headers);
    g_string_free(content, TRUE);
}
