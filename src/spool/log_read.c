/* SPDX-License-Identifier: ISC */
/* The bytes of the mail log, piece by piece and oldest first: the end of the rotated parts as far
 * as the bounds reach, then the file itself; later only what has been added. */
#include "hopq/io.h"
#include "hopq/logfile.h"
#include <gio/gio.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE        ((size_t)256 * 1024)
#define UNPACKED_MAX (INT64_C(512) << 20) /* of a packed part that is passed over to its end */
#define PIPE_WAIT    20                   /* milliseconds */

/* A file, or what is left of it. */
struct part {
    int fd;
    int64_t offset, end; /* bytes of the file */
    int64_t skip;        /* bytes of text to pass over */
    GZlibDecompressor *packed;
    bool pipe;
};

struct hq_log_reader {
    struct hq_log *log;
    GQueue parts; /* struct part *, oldest first */
    GString *raw; /* read, not unpacked */
    GString *text;
    dev_t device; /* of the file that is the newest, and how far it is read */
    ino_t inode;
    int64_t offset;
    bool known;
    bool cut;      /* the first line is the end of one */
    int64_t after; /* lines up to then are known: a pipe begins too early; HQ_NONE: none */
};

static void part_free(struct part *part)
{
    close(part->fd);
    g_clear_object(&part->packed);
    g_free(part);
}

struct hq_log_reader *hq_log_reader_new(struct hq_log *log)
{
    struct hq_log_reader *reader = g_new0(struct hq_log_reader, 1);

    reader->log = log;
    reader->raw = g_string_new(NULL);
    reader->text = g_string_new(NULL);
    return reader;
}

static void drop_parts(struct hq_log_reader *reader)
{
    struct part *part;

    while ((part = g_queue_pop_head(&reader->parts)))
        part_free(part);
}

void hq_log_reader_free(struct hq_log_reader *reader)
{
    if (!reader)
        return;
    drop_parts(reader);
    g_string_free(reader->raw, TRUE);
    g_string_free(reader->text, TRUE);
    g_free(reader);
}

/* ---- what is to be read ---- */

/* RFC 1952: magic at the beginning, length of the text modulo 2^32 at the end. -1: not packed. */
static int64_t packed_length(int fd, int64_t size)
{
    uint8_t head[2], tail[4];

    if (size < 18 || pread(fd, head, 2, 0) != 2 || head[0] != 0x1f || head[1] != 0x8b ||
        pread(fd, tail, 4, size - 4) != 4)
        return -1;
    return (int64_t)((uint32_t)tail[0] | (uint32_t)tail[1] << 8 | (uint32_t)tail[2] << 16 |
                     (uint32_t)tail[3] << 24);
}

static struct part *part_new(int fd, int64_t offset, int64_t end)
{
    struct part *part = g_new0(struct part, 1);

    part->fd = fd;
    part->offset = offset;
    part->end = end;
    return part;
}

/* Puts the end of FD, as much as there is ROOM for, in front of what is newer. Returns the room
 * left. */
static int64_t add_end(struct hq_log_reader *reader, int fd, int64_t size, int64_t room)
{
    int64_t length = packed_length(fd, size);
    int64_t text = length < 0 ? size : length;
    int64_t skip = MAX(text - room, 0);

    if (room <= 0 || (length >= 0 && length > UNPACKED_MAX)) {
        close(fd);
        return 0;
    }
    struct part *part = part_new(fd, length < 0 ? skip : 0, size);
    if (length >= 0) {
        part->packed = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP);
        part->skip = skip;
    }
    reader->cut = skip > 0;
    g_queue_push_head(&reader->parts, part);
    return room - text;
}

/* Takes what was added to the file read last, whatever its name is now, then all newer files.
 * False: that file is not among FDS. */
static bool add_news(struct hq_log_reader *reader, const int *fds, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct stat st;
        bool same = fstat(fds[i], &st) == 0 && st.st_dev == reader->device &&
                    st.st_ino == reader->inode && st.st_size >= reader->offset;
        if (!same)
            continue;
        g_queue_push_tail(&reader->parts, part_new(fds[i], reader->offset, st.st_size));
        for (unsigned k = i; k-- > 0;)
            if (fstat(fds[k], &st) == 0)
                g_queue_push_tail(&reader->parts, part_new(fds[k], 0, st.st_size));
            else
                close(fds[k]);
        for (unsigned k = i + 1; k < count; k++)
            close(fds[k]);
        return true;
    }
    return false;
}

static void add_all(struct hq_log_reader *reader, const int *fds, unsigned count)
{
    int64_t room = HQ_LOG_BYTES;

    for (unsigned i = 0; i < count; i++) {
        struct stat st;
        if (fstat(fds[i], &st) == 0)
            room = add_end(reader, fds[i], st.st_size, room);
        else
            close(fds[i]);
    }
}

void hq_log_reader_open(struct hq_log_reader *reader, const int *fds, unsigned count, bool pipe,
                        int64_t now)
{
    struct stat st = {0};

    hq_log_set_now(reader->log, now);
    drop_parts(reader);
    if (count == 0)
        return;
    bool newest = fstat(fds[0], &st) == 0;
    reader->after = pipe ? hq_log_ends(reader->log) : HQ_NONE;
    if (pipe) {
        g_queue_push_tail(&reader->parts, part_new(fds[0], 0, HQ_LOG_BYTES));
        ((struct part *)reader->parts.tail->data)->pipe = true;
    } else if (!reader->known || !add_news(reader, fds, count)) {
        g_string_truncate(reader->text, 0);
        add_all(reader, fds, count);
    }
    reader->known = newest && !pipe;
    reader->device = st.st_dev;
    reader->inode = st.st_ino;
    reader->offset = st.st_size;
}

/* ---- reading ---- */

static void take_line(struct hq_log_reader *reader, const char *line, size_t n)
{
    size_t used;

    if (reader->after == HQ_NONE || hq_log_stamp(line, n, reader->after, &used) > reader->after)
        hq_log_take(reader->log, line, n);
}

/* Hands over all whole lines; LAST: the rest is a line, too. */
static void take_lines(struct hq_log_reader *reader, bool last)
{
    const char *s = reader->text->str, *end = s + reader->text->len, *lf;

    while ((lf = memchr(s, '\n', (size_t)(end - s)))) {
        if (!reader->cut)
            take_line(reader, s, (size_t)(lf - s));
        reader->cut = false;
        s = lf + 1;
    }
    bool endless = end - s > (ptrdiff_t)PIECE; /* no log has such lines: passed over */
    if ((last || endless) && s < end) {
        if (!reader->cut)
            take_line(reader, s, (size_t)(end - s));
        reader->cut = endless && !last;
        s = end;
    }
    g_string_erase(reader->text, 0, s - reader->text->str);
}

/* Unpacks RAW as far as it goes; false: it is damaged, or its end has come. */
static bool unpack(struct hq_log_reader *reader, struct part *part, bool last)
{
    GConverterFlags flags = last ? G_CONVERTER_INPUT_AT_END : G_CONVERTER_NO_FLAGS;
    char out[16 * 1024];
    gsize used = 0, read, written;

    for (;;) {
        GConverterResult result = g_converter_convert(
            G_CONVERTER(part->packed), reader->raw->str + used, reader->raw->len - used, out,
            sizeof out, flags, &read, &written, NULL);
        if (result == G_CONVERTER_ERROR)
            break;
        used += read;
        gsize passed = (gsize)MIN(part->skip, (int64_t)written);
        part->skip -= (int64_t)passed;
        g_string_append_len(reader->text, out + passed, (gssize)(written - passed));
        take_lines(reader, false);
        if (result == G_CONVERTER_FINISHED) {
            g_string_truncate(reader->raw, 0);
            return false;
        }
        if (used == reader->raw->len && written < sizeof out)
            break;
    }
    bool stuck = used == 0;
    g_string_erase(reader->raw, 0, (gssize)used);
    return !last && !stuck;
}

/* One piece of PART; false: there is no more of it. */
static bool read_piece(struct hq_log_reader *reader, struct part *part)
{
    size_t want = (size_t)MIN((int64_t)PIECE, MAX(part->end - part->offset, 0));
    struct pollfd ready = {.fd = part->fd, .events = POLLIN};

    if (part->pipe && poll(&ready, 1, PIPE_WAIT) == 0)
        return true;
    ssize_t n = want ? hq_io_read_at(part->fd, part->offset, want,
                                     part->packed ? reader->raw : reader->text)
                     : 0;
    bool more = n == (ssize_t)want && n > 0;
    part->offset += MAX(n, 0);
    if (part->packed)
        return unpack(reader, part, !more) && more;
    take_lines(reader, false);
    return more;
}

bool hq_log_reader_step(struct hq_log_reader *reader)
{
    struct part *part = g_queue_peek_head(&reader->parts);

    if (!part)
        return false;
    if (read_piece(reader, part))
        return true;
    g_queue_pop_head(&reader->parts);
    /* a line that is being written is taken when it is whole */
    if (part->pipe || part->packed || !g_queue_is_empty(&reader->parts))
        take_lines(reader, true);
    part_free(part);
    g_string_truncate(reader->raw, 0);
    return !g_queue_is_empty(&reader->parts);
}
