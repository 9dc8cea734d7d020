/* SPDX-License-Identifier: ISC */
/* One message in one file, or on standard input: path "-", or "-7" where descriptor 7 is it. */
#include "files.h"
#include "hopq/error.h"
#include "hopq/io.h"
#include "mailfile.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a pipe, which must be kept to be read again. */
#define INPUT_MAX ((size_t)256 * 1024 * 1024)

struct hq_layout {
    char *path;
    int input; /* standard input, or a copy of it in memory; -1: a file by name */
    bool given;
};

bool hq_eml_recognise(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

const char *hq_eml_default(void)
{
    return NULL;
}

static bool copy(int from, int to)
{
    char piece[16384];
    size_t total = 0;

    for (;;) {
        ssize_t n = read(from, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        total += (size_t)n;
        if (total > INPUT_MAX) {
            errno = EFBIG;
            return false;
        }
        if (!hq_io_write_all(to, piece, (size_t)n))
            return false;
    }
}

/* A descriptor that can be read again and again; -1 with errno. */
static int keep(int fd)
{
    struct stat st;
    int memory;

    if (fstat(fd, &st) != 0)
        return -1;
    if (S_ISREG(st.st_mode))
        return fcntl(fd, F_DUPFD_CLOEXEC, 0);
    memory = memfd_create("hopq-input", MFD_CLOEXEC);
    if (memory >= 0 && !copy(fd, memory)) {
        int error = errno;
        close(memory);
        errno = error;
        return -1;
    }
    return memory;
}

/* Here the file is the whole source: one that cannot be opened is refused, not listed as a message
 * that cannot be read. */
static bool can_open(const char *path, GError **error)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    int errnum = errno;
    struct stat st;
    bool folder = fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);

    if (fd >= 0)
        close(fd);
    if (fd < 0)
        hq_error_set(error, errnum == EACCES ? HQ_EXIT_DENIED : HQ_EXIT_NO_SOURCE, errnum, "open",
                     path, NULL);
    if (folder)
        hq_error_set(error, HQ_EXIT_NO_SOURCE, 0, "open", path, "not a file");
    return fd >= 0 && !folder;
}

static struct hq_layout *eml_open(const char *path, GError **error)
{
    bool is_input = path[0] == '-' && strspn(path + 1, "0123456789") == strlen(path + 1);

    if (!is_input && !can_open(path, error))
        return NULL;
    struct hq_layout *layout = g_new0(struct hq_layout, 1);

    layout->path = g_strdup(path);
    layout->input = -1;
    if (is_input) {
        layout->input = keep((int)g_ascii_strtoll(path + 1, NULL, 10));
        if (layout->input < 0) {
            hq_error_set(error, HQ_EXIT_NO_SOURCE, errno, "read", "standard input", NULL);
            g_free(layout->path);
            g_free(layout);
            return NULL;
        }
    }
    return layout;
}

static void eml_close(struct hq_layout *layout)
{
    if (layout->input >= 0)
        close(layout->input);
    g_free(layout->path);
    g_free(layout);
}

static void eml_rewind(struct hq_layout *layout)
{
    layout->given = false;
}

static void open_file(struct hq_layout *layout, struct hq_item *item)
{
    int fd = layout->input >= 0 ? fcntl(layout->input, F_DUPFD_CLOEXEC, 0)
                                /* links are followed: the user named this file */
                                : open(layout->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        item->files[0].error = errno;
    else
        hq_file_take(fd, &item->files[0]);
}

static bool eml_next(struct hq_layout *layout, struct hq_item *item)
{
    const char *slash = strrchr(layout->path, '/');

    if (layout->given)
        return false;
    layout->given = true;
    hq_item_init(item);
    item->id = layout->input >= 0 ? "-" : slash ? slash + 1 : layout->path;
    item->ref = item->id;
    open_file(layout, item);
    return true;
}

static bool eml_find(struct hq_layout *layout, const char *ref, const char *id,
                     struct hq_item *item)
{
    bool given = layout->given; /* of a listing under way */

    (void)ref;
    (void)id;
    layout->given = false;
    eml_next(layout, item);
    layout->given = given;
    errno = item->files[0].error;
    return item->files[0].fd >= 0;
}

const struct hq_layout_ops hq_eml_layout = {
    .open = eml_open, .close = eml_close, .rewind = eml_rewind, .next = eml_next, .find = eml_find};

void hq_eml_parse(struct hq_parse *parse, const struct hq_item *item)
{
    hq_mailfile_parse(parse, item);
}
