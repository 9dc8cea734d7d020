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
    *file = (struct hq_item_file){.fd = -1, .size = HQ_NONE, .mtime = HQ_NONE};
}

void hq_item_init(struct hq_item *item)
{
    *item = (struct hq_item){.queue = "", .id = "", .ref = ""};
    for (unsigned i = 0; i < HQ_ITEM_FILES; i++)
        hq_file_init(&item->files[i]);
}

static bool fail(struct hq_item_file *file, int error)
{
    file->error = error;
    return false;
}

bool hq_file_take(int fd, struct hq_item_file *file)
{
    struct stat st;

    hq_file_init(file);
    if (fstat(fd, &st) != 0) {
        int error = errno;
        close(fd);
        return fail(file, error);
    }
    file->mode = st.st_mode;
    if (!S_ISREG(st.st_mode)) {
        close(fd);
        return fail(file, ENOTSUP);
    }
    file->fd = fd;
    file->size = st.st_size;
    file->mtime = (int64_t)st.st_mtim.tv_sec * HQ_SECOND + st.st_mtim.tv_nsec / 1000;
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
