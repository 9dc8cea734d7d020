/* SPDX-License-Identifier: ISC */
/* One file with many messages, in pieces: see pieces.h. */
#include "pieces.h"
#include "files.h"
#include "hopq/error.h"
#include "hopq/io.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PARTS    32 /* of a piece that kills the parser */
#define WINDOW   ((size_t)128 * 1024)
#define PART_MIN 64 /* hardly more than one message begins in so few bytes */

struct hq_layout {
    char *path;
    struct hq_item_file file; /* as it was when the listing began */
    int64_t at;               /* where the next piece begins */
    bool begun;               /* a piece of this listing was given */
    GString *ref;             /* of the item given last */
    char *queue;              /* the file's name */
    char *id;                 /* of the last find */
};

static bool read_offset(const char **p, int64_t *offset)
{
    char *end;

    if (!g_ascii_isdigit(**p))
        return false;
    *offset = g_ascii_strtoll(*p, &end, 10);
    *p = end;
    return *offset < INT64_MAX;
}

static bool read_piece(const char *ref, struct hq_piece *piece)
{
    *piece = (struct hq_piece){0, INT64_MAX, false};
    if (!read_offset(&ref, &piece->begin))
        return false;
    piece->one = *ref == '\0';
    if (piece->one)
        return true;
    return *ref++ == '-' && read_offset(&ref, &piece->end) && *ref == '\0' &&
           piece->end >= piece->begin;
}

struct hq_piece hq_piece_of(const struct hq_item *item)
{
    struct hq_piece piece;

    if (!read_piece(item->ref, &piece))
        piece = (struct hq_piece){0, INT64_MAX, false};
    piece.end = MIN(piece.end, item->files[0].size);
    return piece;
}

/* Links are followed: the user named this file. */
static bool open_file(struct hq_layout *layout, struct hq_item_file *file)
{
    int fd = open(layout->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

    hq_file_init(file);
    if (fd >= 0)
        return hq_file_take(fd, file);
    file->error = errno;
    return false;
}

void hq_pieces_rewind(struct hq_layout *layout)
{
    hq_file_close(&layout->file);
    layout->at = 0;
    layout->begun = false;
    open_file(layout, &layout->file);
}

struct hq_layout *hq_pieces_open(const char *path, GError **error)
{
    struct hq_layout *layout = g_new0(struct hq_layout, 1);
    int problem;

    layout->path = g_strdup(path);
    layout->queue = g_path_get_basename(path);
    layout->ref = g_string_new(NULL);
    hq_file_init(&layout->file);
    hq_pieces_rewind(layout);
    problem = layout->file.error;
    if (!problem)
        return layout;
    hq_error_set(error, problem == EACCES ? HQ_EXIT_DENIED : HQ_EXIT_NO_SOURCE, problem, "open",
                 path, problem == ENOTSUP ? "not a file" : NULL);
    hq_pieces_close(layout);
    return NULL;
}

void hq_pieces_close(struct hq_layout *layout)
{
    hq_file_close(&layout->file);
    g_string_free(layout->ref, TRUE);
    g_free(layout->queue);
    g_free(layout->path);
    g_free(layout->id);
    g_free(layout);
}

static void give(struct hq_layout *layout, struct hq_item *item, const char *id)
{
    item->queue = layout->queue;
    item->ref = layout->ref->str;
    item->id = id;
}

/* It was there a moment ago: the mailbox is being rewritten, or its owner has locked us out. */
static bool give_error(struct hq_layout *layout, struct hq_item *item)
{
    if (layout->begun)
        return false;
    layout->begun = true;
    g_string_assign(layout->ref, layout->queue);
    give(layout, item, "");
    item->files[0].error = layout->file.error;
    return true;
}

bool hq_pieces_next(struct hq_layout *layout, struct hq_item *item)
{
    int64_t begin = layout->at;
    int copy;

    hq_item_init(item);
    if (layout->file.fd < 0)
        return give_error(layout, item);
    if (begin >= layout->file.size)
        return false;
    layout->begun = true;
    layout->at = MIN(begin + HQ_PIECE_SIZE, layout->file.size);
    g_string_printf(layout->ref, "%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, begin, layout->at);
    give(layout, item, "");
    item->files[0] = layout->file;
    copy = fcntl(layout->file.fd, F_DUPFD_CLOEXEC, 0);
    item->files[0].fd = copy;
    item->files[0].error = copy < 0 ? errno : 0;
    return true;
}

/* The file is opened anew: a mail program may have put another in its place. Whether the message is
 * still where it was, only the parser can see. */
bool hq_pieces_find(struct hq_layout *layout, const char *ref, const char *id, struct hq_item *item)
{
    struct hq_piece piece;

    hq_item_init(item);
    g_free(layout->id);
    layout->id = g_strdup(id);
    g_string_assign(layout->ref, read_piece(ref, &piece) ? ref : "");
    give(layout, item, layout->id);
    if (open_file(layout, &item->files[0]))
        return true;
    errno = item->files[0].error;
    return false;
}

GPtrArray *hq_pieces_split(const char *ref)
{
    struct hq_piece piece;
    GPtrArray *parts;

    if (!read_piece(ref, &piece) || piece.one || piece.end - piece.begin <= PART_MIN)
        return NULL;
    parts = g_ptr_array_new_with_free_func(g_free);
    int64_t step = MAX((piece.end - piece.begin + PARTS - 1) / PARTS, PART_MIN);
    for (int64_t at = piece.begin; at < piece.end; at += step)
        g_ptr_array_add(parts, g_strdup_printf("%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, at,
                                               MIN(at + step, piece.end)));
    return parts;
}

/* ---- for the parsers ---- */

void hq_window_init(struct hq_window *window, const struct hq_item_file *file)
{
    *window =
        (struct hq_window){.fd = file->fd, .size = file->size, .bytes = g_string_sized_new(WINDOW)};
}

void hq_window_clear(struct hq_window *window)
{
    g_string_free(window->bytes, TRUE);
}

const char *hq_window_see(struct hq_window *window, int64_t at, size_t want, size_t *n)
{
    int64_t ahead = window->at + (int64_t)window->bytes->len - at;

    if (at < window->at || (ahead < (int64_t)want && at + ahead < window->size)) {
        size_t room = MAX(WINDOW, want);
        g_string_truncate(window->bytes, 0);
        window->at = at;
        if (hq_io_read_at(window->fd, at, room, window->bytes) < (ssize_t)room)
            window->size = MIN(window->size, at + (int64_t)window->bytes->len);
        ahead = (int64_t)window->bytes->len;
    }
    *n = (size_t)CLAMP(ahead, 0, MAX(window->size - at, 0));
    return window->bytes->str + (at - window->at);
}
