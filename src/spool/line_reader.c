/* SPDX-License-Identifier: ISC */
/* Lines of a descriptor: see line_reader.h. */
#include "line_reader.h"
#include "base/scratch.h"
#include "hopq/io.h"
#include <string.h>

#define PIECE ((size_t)16 * 1024)

void hq_line_reader_init(struct hq_line_reader *lines, int fd, int64_t end, size_t max)
{
    *lines = (struct hq_line_reader){.fd = fd, .end = end, .max = max};
    lines->buffer = hq_scratch_take();
}

void hq_line_reader_clear(struct hq_line_reader *lines)
{
    hq_scratch_give(lines->buffer);
}

/* Reads one more piece behind what is left; false: there is none. */
static bool more(struct hq_line_reader *lines)
{
    size_t want = (size_t)MIN((int64_t)PIECE, MAX(lines->end - lines->offset, 0));
    ssize_t n;

    if (lines->over)
        return false;
    g_string_erase(lines->buffer, 0, (gssize)lines->used);
    lines->used = 0;
    n = want ? hq_io_read_at(lines->fd, lines->offset, want, lines->buffer) : 0;
    if (n > 0)
        lines->offset += n;
    lines->over = n < (ssize_t)want || want == 0;
    return n > 0;
}

/* Passes over the rest of a line that is too long. */
static void skip_line(struct hq_line_reader *lines)
{
    do {
        char *start = lines->buffer->str + lines->used;
        char *lf = memchr(start, '\n', lines->buffer->len - lines->used);
        if (lf) {
            lines->used = (size_t)(lf + 1 - lines->buffer->str);
            return;
        }
        lines->used = lines->buffer->len;
    } while (more(lines));
}

char *hq_line_reader_next(struct hq_line_reader *lines, size_t *length)
{
    size_t searched = 0;
    char *lf;

    if (lines->cut)
        skip_line(lines);
    lines->cut = false;
    while (!(lf = memchr(lines->buffer->str + lines->used + searched, '\n',
                         lines->buffer->len - lines->used - searched))) {
        searched = lines->buffer->len - lines->used;
        if (searched > lines->max || !more(lines))
            break;
    }
    char *line = lines->buffer->str + lines->used;
    *length = lf ? (size_t)(lf - line) : lines->buffer->len - lines->used;
    if (!lf && *length == 0)
        return NULL;
    if (*length > lines->max) {
        *length = lines->max;
        lines->used += lines->max;
        lines->cut = true;
    } else {
        lines->used += *length + (lf ? 1 : 0);
    }
    line[*length] = '\0';
    return line;
}
