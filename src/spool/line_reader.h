/* SPDX-License-Identifier: ISC */
/* Lines of a descriptor, file or pipe, in pieces: whatever its size, memory stays bounded. */
#ifndef HOPQ_SPOOL_LINE_READER_H
#define HOPQ_SPOOL_LINE_READER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct hq_line_reader {
    int fd;
    int64_t offset; /* where the next piece is read */
    int64_t end;    /* nothing behind it is read */
    size_t max;     /* longest line */
    GString *buffer;
    size_t used; /* of the buffer: lines already given */
    bool over;   /* no more to read */
    bool cut;    /* the line given was longer than MAX: only its beginning */
};

/* Reads FD up to the offset END, INT64_MAX for a pipe. */
void hq_line_reader_init(struct hq_line_reader *lines, int fd, int64_t end, size_t max);
void hq_line_reader_clear(struct hq_line_reader *lines);

/* The next line without its end (LF), NUL-terminated, valid until the next call; NULL: no more. The
 * last one may lack its line end. */
char *hq_line_reader_next(struct hq_line_reader *lines, size_t *length);

#endif
