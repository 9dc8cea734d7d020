/* SPDX-License-Identifier: ISC */
/* A walk through Exim's queues: see walk.h. */
#include "walk.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Of two queues that are split; of more the descriptors come and go. */
#define DIRS_OPEN 256

static const char splits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* The components one by one: none of them may be a link. */
static int open_below(int root, const char *path)
{
    const char *last;
    int parent = hq_dir_open_parent(root, path, &last);
    int dir = parent >= 0 ? hq_dir_open(parent, last) : -1;
    int error = errno;

    if (parent >= 0)
        close(parent);
    errno = error;
    return dir;
}

static void name_dir(GString *path, const char *queue, const char *base, char split)
{
    g_string_assign(path, queue);
    if (*queue)
        g_string_append_c(path, '/');
    g_string_append(path, base);
    if (split)
        g_string_append_printf(path, "/%c", split);
}

/* Opens the directory BASE[/SPLIT] of QUEUE; PATH takes its name below the spool. -1 with errno. */
static int open_dir(int root, const char *queue, const char *base, char split, GString *path)
{
    name_dir(path, queue, base, split);
    return open_below(root, path->str);
}

/* Directories of the spool with an input/ of their own are named queues (Exim specification, "Named
 * queues"). */
static GPtrArray *find_queues(int root)
{
    GPtrArray *queues = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) path = g_string_new(NULL);
    DIR *spool = hq_dir_stream(root, ".");
    const struct dirent *found;

    g_ptr_array_add(queues, g_strdup(""));
    while (spool && (found = readdir(spool))) {
        if (found->d_name[0] == '.' || (found->d_type != DT_DIR && found->d_type != DT_UNKNOWN))
            continue;
        int input = open_dir(root, found->d_name, "input", '\0', path);
        if (input < 0)
            continue;
        close(input);
        g_ptr_array_add(queues, g_strdup(found->d_name));
    }
    hq_dir_stream_end(&spool);
    return queues;
}

void hq_ex_walk_start(struct hq_ex_walk *walk, int root)
{
    *walk = (struct hq_ex_walk){.root = root, .split = -1, .path = g_string_new(NULL)};
    walk->queues = find_queues(root);
}

void hq_ex_walk_end(struct hq_ex_walk *walk)
{
    hq_dir_stream_end(&walk->dir);
    if (walk->path)
        g_string_free(walk->path, TRUE);
    if (walk->queues)
        g_ptr_array_free(walk->queues, TRUE);
    *walk = (struct hq_ex_walk){.root = -1};
}

static void leave(struct hq_ex_walk *walk)
{
    hq_dir_stream_end(&walk->dir);
    if (splits[++walk->split] == '\0') {
        walk->split = -1;
        walk->queue++;
    }
}

static bool unreadable(const struct hq_ex_walk *walk, struct hq_ex_entry *entry, int error)
{
    *entry = (struct hq_ex_entry){.queue = walk->queues->pdata[walk->queue],
                                  .path = walk->path->str,
                                  .dir = -1,
                                  .error = error};
    return true;
}

/* Opens the directory at hand. True: it cannot be read, which ENTRY says. */
static bool enter(struct hq_ex_walk *walk, struct hq_ex_entry *entry)
{
    const char *queue = walk->queues->pdata[walk->queue];
    char split = walk->split >= 0 ? splits[walk->split] : '\0';
    int fd = open_dir(walk->root, queue, "input", split, walk->path);

    walk->dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (walk->dir)
        return false;
    int error = errno;
    if (fd >= 0)
        close(fd);
    /* below input/ whatever is no directory is passed over */
    bool told = error != ENOENT && (walk->split < 0 || (error != ENOTDIR && error != ELOOP)) &&
                unreadable(walk, entry, error);
    leave(walk);
    return told;
}

bool hq_ex_walk_next(struct hq_ex_walk *walk, struct hq_ex_entry *entry)
{
    while (walk->queue < walk->queues->len) {
        if (!walk->dir) {
            if (enter(walk, entry))
                return true;
            continue;
        }
        errno = 0;
        const struct dirent *found = readdir(walk->dir);
        int error = errno;
        if (found) {
            *entry = (struct hq_ex_entry){.queue = walk->queues->pdata[walk->queue],
                                          .path = walk->path->str,
                                          .dir = dirfd(walk->dir),
                                          .name = found->d_name};
            return true;
        }
        bool told = error && unreadable(walk, entry, error);
        leave(walk);
        if (told)
            return true;
    }
    return false;
}

bool hq_ex_is_locked(int data)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

    return data >= 0 && fcntl(data, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* ---- directories that stay open ---- */

static void close_dir(gpointer fd)
{
    close(GPOINTER_TO_INT(fd));
}

void hq_ex_dirs_init(struct hq_ex_dirs *dirs, int root)
{
    *dirs = (struct hq_ex_dirs){
        .root = root,
        .fds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, close_dir),
        .path = g_string_new(NULL),
    };
}

void hq_ex_dirs_forget(struct hq_ex_dirs *dirs)
{
    g_clear_pointer(&dirs->queues, g_ptr_array_unref);
    g_hash_table_remove_all(dirs->fds);
}

void hq_ex_dirs_clear(struct hq_ex_dirs *dirs)
{
    hq_ex_dirs_forget(dirs);
    g_hash_table_destroy(dirs->fds);
    g_string_free(dirs->path, TRUE);
}

const GPtrArray *hq_ex_dirs_queues(struct hq_ex_dirs *dirs)
{
    if (!dirs->queues)
        dirs->queues = find_queues(dirs->root);
    return dirs->queues;
}

int hq_ex_dirs_get(struct hq_ex_dirs *dirs, const char *queue, const char *base, char split)
{
    gpointer found;

    name_dir(dirs->path, queue, base, split);
    if (g_hash_table_lookup_extended(dirs->fds, dirs->path->str, NULL, &found))
        return GPOINTER_TO_INT(found);
    int fd = open_below(dirs->root, dirs->path->str);
    if (fd < 0)
        return -1;
    if (g_hash_table_size(dirs->fds) == DIRS_OPEN)
        g_hash_table_remove_all(dirs->fds);
    g_hash_table_insert(dirs->fds, g_strdup(dirs->path->str), GINT_TO_POINTER(fd));
    return fd;
}
