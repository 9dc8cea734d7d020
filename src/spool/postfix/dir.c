/* SPDX-License-Identifier: ISC */
/* One directory of Postfix with files by queue id: see dir.h. */
#include "dir.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* A subdirectory of DIR with a name of one character, the first that readdir gives; -1: none. */
static int open_first_subdir(int dir)
{
    DIR *stream = hq_dir_stream(dir, ".");
    int found = -1;
    struct dirent *entry;

    while (stream && found < 0 && (entry = readdir(stream)))
        if (strlen(entry->d_name) == 1 && entry->d_name[0] != '.')
            found = hq_dir_open(dir, entry->d_name);
    hq_dir_stream_end(&stream);
    return found;
}

/* The setting hash_queue_depth is not asked: what counts is how the directory is laid out now. */
static unsigned probe_depth(int fd)
{
    unsigned depth = 0;

    for (int dir = open_first_subdir(fd); dir >= 0; depth++) {
        int next = depth + 1 < HQ_PF_DEPTH_MAX ? open_first_subdir(dir) : -1;
        close(dir);
        dir = next;
    }
    return depth;
}

void hq_pf_dir_open(struct hq_pf_dir *dir, int root, const char *name)
{
    *dir = (struct hq_pf_dir){.fd = hq_dir_open(root, name), .hash_fd = -1};
    dir->error = dir->fd < 0 ? errno : 0;
    if (dir->fd >= 0)
        dir->depth = probe_depth(dir->fd);
}

void hq_pf_dir_close(struct hq_pf_dir *dir)
{
    if (dir->hash_fd >= 0)
        close(dir->hash_fd);
    if (dir->fd >= 0)
        close(dir->fd);
    dir->fd = dir->hash_fd = -1;
}

/* A scan goes through the ids hash by hash: the subdirectory of the last one stays open. */
int hq_pf_dir_enter(struct hq_pf_dir *dir, const char *id)
{
    char hash[sizeof dir->hash];
    const char *last;

    if (dir->fd < 0 || dir->depth == 0)
        return dir->fd;
    hq_pf_id_hash(id, dir->depth, hash);
    if (strcmp(hash, dir->hash) == 0)
        return dir->hash_fd;
    if (dir->hash_fd >= 0)
        close(dir->hash_fd);
    memcpy(dir->hash, hash, sizeof hash);
    dir->hash_fd = hq_dir_open_parent(dir->fd, hash, &last);
    dir->error = dir->hash_fd < 0 ? errno : 0;
    return dir->hash_fd;
}

bool hq_pf_dir_find(struct hq_pf_dir *dir, const char *id, struct hq_item_file *file)
{
    int fd = hq_pf_dir_enter(dir, id);

    hq_file_init(file);
    if (fd < 0)
        file->error = dir->error;
    else
        hq_file_open(fd, id, DT_UNKNOWN, file);
    if (file->error == ENOENT)
        file->error = 0;
    return file->fd >= 0;
}
