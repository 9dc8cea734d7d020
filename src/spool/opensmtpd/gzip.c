/* SPDX-License-Identifier: ISC */
/* "queue compression" of OpenSMTPD: see gzip.h. */
#include "gzip.h"
#include "base/append.h"
#include "base/scratch.h"
#include "hopq/io.h"
#include "hopq/time.h"
#define ZLIB_CONST /* input is const */
#include <zlib.h>

#define PIECE  ((size_t)16 * 1024)
#define WINDOW (15 + 16) /* largest, in gzip's wrapping */

enum hq_smtpd_form hq_smtpd_form(const char *bytes, size_t n)
{
    if (n >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b')
        return HQ_SMTPD_GZIP;
    return n >= 1 && bytes[0] == '\x01' ? HQ_SMTPD_ENCRYPTED : HQ_SMTPD_PLAIN;
}

/* Inflates N BYTES until OUT is MAX bytes longer than START, or the end. Z_OK: it wants more. */
static int inflate_some(z_stream *stream, const char *bytes, size_t n, size_t start, size_t max,
                        GString *out)
{
    int status;

    stream->next_in = (const Bytef *)bytes;
    stream->avail_in = (uInt)n;
    do {
        size_t room = MIN(PIECE, max - (out->len - start));
        stream->next_out = (Bytef *)hq_append_room(out, room);
        stream->avail_out = (uInt)room;
        status = inflate(stream, Z_NO_FLUSH);
        g_string_truncate(out, out->len - stream->avail_out);
    } while (status == Z_OK && stream->avail_out == 0 && out->len - start < max);
    return status == Z_BUF_ERROR ? Z_OK : status; /* nothing was left to be done */
}

bool hq_smtpd_inflate(const char *bytes, size_t n, size_t max, GString *out)
{
    z_stream stream = {0};
    size_t start = out->len;

    if (inflateInit2(&stream, WINDOW) != Z_OK)
        return false;
    int status = inflate_some(&stream, bytes, n, start, max, out);
    inflateEnd(&stream);
    return status == Z_STREAM_END || out->len - start == max;
}

bool hq_smtpd_inflate_file(int fd, int64_t size, size_t max, GString *out)
{
    z_stream stream = {0};
    size_t start = out->len;
    int status = Z_OK;
    GString *piece;

    if (inflateInit2(&stream, WINDOW) != Z_OK)
        return false;
    piece = hq_scratch_take();
    for (int64_t offset = 0; status == Z_OK && out->len - start < max && offset < size;) {
        g_string_truncate(piece, 0);
        ssize_t n = hq_io_read_at(fd, offset, PIECE, piece);
        if (n <= 0)
            break;
        offset += n;
        status = inflate_some(&stream, piece->str, (size_t)n, start, max, out);
    }
    inflateEnd(&stream);
    hq_scratch_give(piece);
    return status == Z_STREAM_END || out->len - start == max;
}

/* RFC 1952 section 2.3.1: ISIZE, the length modulo 2^32, is the last four bytes, low ones first. */
int64_t hq_smtpd_inflated_size(int fd, int64_t size)
{
    GString *tail = hq_scratch_take();
    int64_t length = HQ_NONE;

    if (size >= 18 && hq_io_read_at(fd, size - 4, 4, tail) == 4) {
        const unsigned char *p = (const unsigned char *)tail->str;
        length = p[0] | p[1] << 8 | p[2] << 16 | (int64_t)p[3] << 24;
    }
    hq_scratch_give(tail);
    return length;
}
