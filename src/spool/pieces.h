/* SPDX-License-Identifier: ISC */
/* One file with many messages. The layout must not look inside, so it cuts the file into pieces of
 * bytes; the parser lists the messages that begin in a piece, wherever they end. Rows appear while
 * a large file is read, and a message that kills the parser is found by cutting its piece. */
#ifndef HOPQ_SPOOL_PIECES_H
#define HOPQ_SPOOL_PIECES_H

#include "spools.h"

#define HQ_PIECE_SIZE ((int64_t)2 * 1024 * 1024)

/* The ref of an item: "BEGIN-END", or "BEGIN" for the one message that begins there. */
struct hq_piece {
    int64_t begin, end;
    bool one; /* END is the file's */
};

/* The piece that ITEM is; all of the file when its ref is no such thing. */
struct hq_piece hq_piece_of(const struct hq_item *item);

/* The bytes of a file, those at hand in memory. SIZE shrinks when the file does. */
struct hq_window {
    int fd;
    int64_t size;
    GString *bytes;
    int64_t at; /* of the first of them */
};

void hq_window_init(struct hq_window *window, const struct hq_item_file *file);
void hq_window_clear(struct hq_window *window);
/* The bytes at AT: N of them, at least WANT unless the file ends. Valid until the next call. */
const char *hq_window_see(struct hq_window *window, int64_t at, size_t want, size_t *n);

struct hq_layout *hq_pieces_open(const char *path, GError **error);
void hq_pieces_close(struct hq_layout *layout);
void hq_pieces_rewind(struct hq_layout *layout);
bool hq_pieces_next(struct hq_layout *layout, struct hq_item *item);
bool hq_pieces_find(struct hq_layout *layout, const char *ref, const char *id,
                    struct hq_item *item);
GPtrArray *hq_pieces_split(const char *ref);

#define HQ_PIECES_LAYOUT                                                              \
    {                                                                                 \
        .open = hq_pieces_open, .close = hq_pieces_close, .rewind = hq_pieces_rewind, \
        .next = hq_pieces_next, .find = hq_pieces_find, .split = hq_pieces_split,     \
    }

#endif
