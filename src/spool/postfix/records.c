/* SPDX-License-Identifier: ISC */
/* Record reader of Postfix queue files. */
#include "records.h"
#include "base/scratch.h"
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
    reader->buffer = hq_scratch_take();
}

void hq_pf_reader_clear(struct hq_pf_reader *reader)
{
    hq_scratch_give(reader->buffer);
}

void hq_pf_reader_seek(struct hq_pf_reader *reader, int64_t offset)
{
    reader->offset = offset;
    reader->budget = reader->size;
}

/* How many bytes the buffer has from OFFSET on. */
static size_t buffered(const struct hq_pf_reader *reader, int64_t offset)
{
    int64_t end = reader->start + (int64_t)reader->buffer->len;

    return offset >= reader->start && offset < end ? (size_t)(end - offset) : 0;
}

bool hq_pf_is_buffered(const struct hq_pf_reader *reader, int64_t offset)
{
    return buffered(reader, offset) > 0;
}

/* Reads the file from OFFSET on, NEED bytes at the least, unless the buffer has all there is. */
static void fill(struct hq_pf_reader *reader, int64_t offset, size_t need)
{
    unsigned step = MIN(reader->fills, G_N_ELEMENTS(fill_sizes) - 1);
    int64_t rest = reader->size - offset;

    if (rest <= (int64_t)buffered(reader, offset))
        return;
    reader->fills++;
    reader->start = offset;
    g_string_truncate(reader->buffer, 0);
    if (hq_io_read_at(reader->fd, offset, (size_t)MIN((int64_t)MAX(fill_sizes[step], need), rest),
                      reader->buffer) < 0)
        reader->damage = g_strerror(errno);
}

/* Makes NEED bytes at OFFSET available; returns how many are (fewer: the end of the file). */
static inline size_t provide(struct hq_pf_reader *reader, int64_t offset, size_t need)
{
    size_t n = buffered(reader, offset);

    if (n >= need)
        return n;
    fill(reader, offset, need);
    return buffered(reader, offset);
}

static const char *at(const struct hq_pf_reader *reader, int64_t offset)
{
    return reader->buffer->str + (offset - reader->start);
}

static enum hq_pf_status damaged(struct hq_pf_reader *reader, const char *why)
{
    reader->damage = why;
    return HQ_PF_DAMAGED;
}

/* Type and length from the N bytes that there are at the offset; DATA is behind them. */
static enum hq_pf_status read_head(struct hq_pf_reader *reader, size_t n,
                                   struct hq_pf_record *record)
{
    if (n == 0)
        return reader->damage ? HQ_PF_DAMAGED : HQ_PF_END;
    const char *bytes = at(reader, reader->offset);
    uint64_t length = 0;
    for (size_t i = 1; i <= LENGTH_GROUPS; i++) {
        if (i >= n)
            return HQ_PF_TRUNCATED;
        length |= (uint64_t)(bytes[i] & 0x7f) << (7 * (i - 1));
        if (bytes[i] & 0x80)
            continue;
        if (length > RECORD_MAX)
            return damaged(reader, "record too long");
        record->type = (unsigned char)bytes[0];
        record->data = bytes + i + 1;
        record->length = (size_t)length;
        record->offset = reader->offset;
        return HQ_PF_RECORD;
    }
    return damaged(reader, "record length without an end");
}

static enum hq_pf_status read_record(struct hq_pf_reader *reader, struct hq_pf_record *record)
{
    size_t n = provide(reader, reader->offset, 1 + LENGTH_GROUPS);
    enum hq_pf_status status = read_head(reader, n, record);

    if (status != HQ_PF_RECORD)
        return status;
    size_t head = (size_t)(record->data - at(reader, reader->offset));
    size_t whole = head + record->length;
    if (n < whole) {
        if (provide(reader, reader->offset, whole) < whole)
            return HQ_PF_TRUNCATED;
        record->data = at(reader, reader->offset) + head;
    }
    reader->budget -= (int64_t)whole;
    if (reader->budget < 0)
        return damaged(reader, "records lead back to themselves");
    reader->offset += (int64_t)whole;
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
