/* SPDX-License-Identifier: ISC */
/* Record reader of Postfix queue files. */
#include "postfix_records.h"
#include "hopq/io.h"
#include <errno.h>

/* The envelope and header of most messages lie in the first 4 KiB; who needs more mostly needs much
 * more. */
static const size_t fill_sizes[] = {4096, 16384, 65536};

/* Longest record that is believed. Postfix writes lines in pieces of line_length_limit (2048) and
 * nothing longer than an address or an attribute elsewhere. */
#define RECORD_MAX ((size_t)1024 * 1024)

/* Bytes that a length can take: record.c refuses more than an int holds. */
#define LENGTH_GROUPS 5

void hq_pf_reader_init(struct hq_pf_reader *reader, int fd, int64_t size)
{
    *reader = (struct hq_pf_reader){.fd = fd, .size = MAX(size, 0), .budget = MAX(size, 0)};
    reader->buffer = g_string_sized_new(fill_sizes[0]);
}

void hq_pf_reader_clear(struct hq_pf_reader *reader)
{
    g_string_free(reader->buffer, TRUE);
}

void hq_pf_reader_seek(struct hq_pf_reader *reader, int64_t offset)
{
    reader->offset = offset;
    reader->budget = reader->size;
}

bool hq_pf_is_buffered(const struct hq_pf_reader *reader, int64_t offset)
{
    return offset >= reader->start && offset < reader->start + (int64_t)reader->buffer->len;
}

/* Makes up to NEED bytes at OFFSET available; *N tells how many are (fewer: the end of the file).
 */
static const char *bytes_at(struct hq_pf_reader *reader, int64_t offset, size_t need, size_t *n)
{
    int64_t have = reader->start + (int64_t)reader->buffer->len - offset;
    int64_t rest = MAX(reader->size - offset, 0);

    need = (size_t)MIN((int64_t)need, rest);
    if (offset < reader->start || have < (int64_t)need) {
        unsigned step = MIN(reader->fills, G_N_ELEMENTS(fill_sizes) - 1);
        int64_t want = MIN((int64_t)MAX(fill_sizes[step], need), rest);

        reader->fills++;
        reader->start = offset;
        g_string_truncate(reader->buffer, 0);
        if (hq_io_read_at(reader->fd, offset, (size_t)want, reader->buffer) < 0)
            reader->damage = g_strerror(errno);
        have = (int64_t)reader->buffer->len;
    }
    *n = (size_t)MIN(have, (int64_t)need);
    return reader->buffer->str + (offset - reader->start);
}

static enum hq_pf_status damaged(struct hq_pf_reader *reader, const char *why)
{
    reader->damage = why;
    return HQ_PF_DAMAGED;
}

/* Type and length; HEAD takes their bytes' count. */
static enum hq_pf_status read_head(struct hq_pf_reader *reader, struct hq_pf_record *record,
                                   size_t *head)
{
    size_t n;
    const char *bytes = bytes_at(reader, reader->offset, 1 + LENGTH_GROUPS, &n);
    uint64_t length = 0;

    if (n == 0)
        return reader->damage ? HQ_PF_DAMAGED : HQ_PF_END;
    for (size_t i = 1; i <= LENGTH_GROUPS; i++) {
        if (i >= n)
            return HQ_PF_TRUNCATED;
        length |= (uint64_t)(bytes[i] & 0x7f) << (7 * (i - 1));
        if (bytes[i] & 0x80)
            continue;
        if (length > RECORD_MAX)
            return damaged(reader, "record too long");
        record->type = (unsigned char)bytes[0];
        record->length = (size_t)length;
        record->offset = reader->offset;
        *head = i + 1;
        return HQ_PF_RECORD;
    }
    return damaged(reader, "record length without an end");
}

static enum hq_pf_status read_record(struct hq_pf_reader *reader, struct hq_pf_record *record)
{
    size_t head = 0, n;
    enum hq_pf_status status = read_head(reader, record, &head);

    if (status != HQ_PF_RECORD)
        return status;
    record->data = bytes_at(reader, record->offset, head + record->length, &n) + head;
    if (n < head + record->length)
        return HQ_PF_TRUNCATED;
    reader->budget -= (int64_t)n;
    if (reader->budget < 0)
        return damaged(reader, "records lead back to themselves");
    reader->offset += (int64_t)n;
    return HQ_PF_RECORD;
}

/* global/record.c, rec_goto(): the data is the offset to go on at; 0 is a place kept free for a
 * later pointer. */
static bool follow(struct hq_pf_reader *reader, const struct hq_pf_record *record)
{
    const char *cursor = record->data;
    int64_t target;

    if (!hq_pf_number(&cursor, record->data + record->length, &target) || target < 0 ||
        target > reader->size)
        return false;
    if (target > 0)
        reader->offset = target;
    return true;
}

enum hq_pf_status hq_pf_next(struct hq_pf_reader *reader, struct hq_pf_record *record)
{
    enum hq_pf_status status;

    while ((status = read_record(reader, record)) == HQ_PF_RECORD) {
        if (record->type == 'p') {
            if (!follow(reader, record))
                return damaged(reader, "pointer to nowhere");
        } else if (record->type != 'w') {
            break;
        }
    }
    return status;
}

bool hq_pf_number(const char **cursor, const char *end, int64_t *value)
{
    const char *p = *cursor;
    bool negative = false;
    int64_t n = 0;

    while (p < end && *p == ' ')
        p++;
    if (p < end && *p == '-') {
        negative = true;
        p++;
    }
    if (p == end || !g_ascii_isdigit(*p))
        return false;
    for (; p < end && g_ascii_isdigit(*p); p++)
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *p - '0', &n))
            return false;
    *value = negative ? -n : n;
    *cursor = p;
    return true;
}
