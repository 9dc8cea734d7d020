/* SPDX-License-Identifier: ISC */
/* Opening what lies below a spool's root: see files.h. */
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* O_NONBLOCK: a FIFO planted in a queue must not hang us. */
#define FILE_FLAGS (O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY)
#define DIR_FLAGS  (O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_DIRECTORY)

void hq_file_init(struct hq_item_file *file)
{
    *file = (struct hq_item_file){.fd = -1, .size = HQ_NONE, .mtime = HQ_NONE, .stamp = HQ_NONE};
}

void hq_file_close(struct hq_item_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    hq_file_init(file);
}

void hq_item_init(struct hq_item *item)
{
    *item = (struct hq_item){.queue = "", .id = "", .ref = ""};
    for (unsigned i = 0; i < HQ_ITEM_FILES; i++)
        hq_file_init(&item->files[i]);
}

void hq_item_close(struct hq_item *item)
{
    for (unsigned i = 0; i < HQ_ITEM_FILES; i++)
        hq_file_close(&item->files[i]);
}

static bool fail(struct hq_item_file *file, int error)
{
    file->error = error;
    return false;
}

/* Inode and time of birth in one number: files that had the same inode differ in it for sure. */
static int64_t make_stamp(const struct statx *st)
{
    if (!(st->stx_mask & STATX_BTIME) || st->stx_btime.tv_sec <= 0)
        return HQ_NONE;
    uint64_t born = (uint64_t)st->stx_btime.tv_sec * 1000000000 + st->stx_btime.tv_nsec;
    /* an odd factor spreads inodes over all bits; without the sign it is never HQ_NONE */
    return (int64_t)((born ^ st->stx_ino * UINT64_C(0x9E3779B97F4A7C15)) & INT64_MAX);
}

int64_t hq_file_stamp(int dir, const char *name, struct statx *st)
{
    if (statx(dir, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, st) != 0) {
        st->stx_mask = 0;
        return HQ_NONE;
    }
    return make_stamp(st);
}

/* name_to_handle_at(2). The kernel wants the length in front of the bytes. */
union handle {
    struct file_handle handle;
    char room[sizeof(struct file_handle) + sizeof((struct hq_mark *)NULL)->bytes];
};

int hq_file_mount(int root)
{
    union handle at = {.handle.handle_bytes = sizeof((struct hq_mark *)NULL)->bytes};
    int mount;

    return name_to_handle_at(root, "", &at.handle, &mount, AT_EMPTY_PATH) == 0 ? mount : -1;
}

void hq_file_mark(int mount, int dir, const char *name, struct hq_mark *mark)
{
    union handle at = {.handle.handle_bytes = sizeof mark->bytes};
    int mount_of_it;

    mark->length = 0;
    if (name_to_handle_at(dir, name, &at.handle, &mount_of_it, 0) != 0 || mount_of_it != mount)
        return;
    mark->length = (uint8_t)at.handle.handle_bytes;
    mark->type = at.handle.handle_type;
    memcpy(mark->bytes, at.handle.f_handle, mark->length);
}

bool hq_file_is_gone(int root, const struct hq_mark *mark)
{
    union handle at = {0};
    struct stat st;

    if (mark->length == 0)
        return false;
    at.handle.handle_bytes = mark->length;
    at.handle.handle_type = mark->type;
    memcpy(at.handle.f_handle, mark->bytes, mark->length);
    int fd = open_by_handle_at(root, &at.handle, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ESTALE;
    bool gone = fstat(fd, &st) == 0 && st.st_nlink == 0;
    close(fd);
    return gone;
}

bool hq_file_take(int fd, struct hq_item_file *file)
{
    struct statx st;

    hq_file_init(file);
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st) != 0) {
        int error = errno;
        close(fd);
        return fail(file, error);
    }
    file->mode = st.stx_mode;
    if (!S_ISREG(st.stx_mode)) {
        close(fd);
        return fail(file, ENOTSUP);
    }
    file->fd = fd;
    file->size = (int64_t)st.stx_size;
    file->mtime = st.stx_mtime.tv_sec * HQ_SECOND + st.stx_mtime.tv_nsec / 1000;
    file->stamp = make_stamp(&st);
    return true;
}

bool hq_file_open(int dir, const char *name, unsigned char type, struct hq_item_file *file)
{
    int fd;

    hq_file_init(file);
    if (type != DT_UNKNOWN && type != DT_REG) {
        file->mode = DTTOIF(type);
        return fail(file, ENOTSUP);
    }
    fd = openat(dir, name, FILE_FLAGS);
    if (fd < 0) {
        if (errno == ELOOP) /* O_NOFOLLOW met a link */
            file->mode = S_IFLNK;
        else if (errno == ENXIO) /* a socket, or a device without a driver */
            file->mode = S_IFSOCK;
        return fail(file, errno);
    }
    return hq_file_take(fd, file);
}

bool hq_file_ends_line(const struct hq_item_file *file)
{
    char last;

    return file->size > 0 && pread(file->fd, &last, 1, file->size - 1) == 1 && last == '\n';
}

int hq_dir_open(int dir, const char *name)
{
    return openat(dir, name, DIR_FLAGS);
}

int hq_dir_open_parent(int root, const char *path, const char **last)
{
    int dir = fcntl(root, F_DUPFD_CLOEXEC, 0);
    const char *slash;

    while (dir >= 0 && (slash = strchr(path, '/'))) {
        char name[NAME_MAX + 1];
        size_t n = (size_t)(slash - path);
        int next = -1;

        bool up = path[0] == '.' && (n == 1 || (n == 2 && path[1] == '.'));
        if (n == 0 || n > NAME_MAX || up) {
            errno = EINVAL;
        } else {
            memcpy(name, path, n);
            name[n] = '\0';
            next = hq_dir_open(dir, name);
        }
        int error = errno;
        close(dir);
        errno = error;
        dir = next;
        path = slash + 1;
    }
    *last = path;
    return dir;
}

DIR *hq_dir_stream(int root, const char *path)
{
    const char *last = path;
    int parent = strchr(path, '/') ? hq_dir_open_parent(root, path, &last) : root;
    int fd = parent >= 0 ? hq_dir_open(parent, last) : -1;
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    int error = errno;

    if (parent >= 0 && parent != root)
        close(parent);
    if (fd >= 0 && !stream)
        close(fd);
    errno = error;
    return stream;
}

void hq_dir_stream_end(DIR **stream)
{
    if (*stream)
        closedir(*stream);
    *stream = NULL;
}

/* ---- what the user named ---- */

bool hq_dir_may_have(const char *path, const char *const *names)
{
    struct stat st;

    for (; *names; names++) {
        g_autofree char *name = g_build_filename(path, *names, NULL);
        if (stat(name, &st) == 0 ? S_ISDIR(st.st_mode) : errno == EACCES)
            return true;
    }
    return false;
}

bool hq_dir_has_only_others(const char *path, const char *(*id)(const char *name))
{
    GDir *dir = g_dir_open(path, 0, NULL);
    bool others = false, ours = false;
    const char *name;

    while (dir && !ours && (name = g_dir_read_name(dir))) {
        g_autofree char *whole = g_build_filename(path, name, NULL);
        ours = id(name) != NULL;
        others |= name[0] != '.' && g_file_test(whole, G_FILE_TEST_IS_REGULAR);
    }
    if (dir)
        g_dir_close(dir);
    return others && !ours;
}
