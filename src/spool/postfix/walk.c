/* SPDX-License-Identifier: ISC */
/* A walk through Postfix's queue directories: see walk.h. */
#include "walk.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

const struct hq_pf_queue hq_pf_queues[HQ_PF_QUEUES] = {{"maildrop", false}, {"incoming", false},
                                                       {"active", true},    {"deferred", true},
                                                       {"hold", true},      {"corrupt", true}};

void hq_pf_walk_start(struct hq_pf_walk *walk, int root)
{
    *walk = (struct hq_pf_walk){.root = root, .path = g_string_new(NULL)};
}

void hq_pf_walk_end(struct hq_pf_walk *walk)
{
    while (walk->depth > 0)
        closedir(walk->levels[--walk->depth]);
    if (walk->path)
        g_string_free(walk->path, TRUE);
    walk->path = NULL;
}

/* Opens NAME of directory DIR as the next level; false with errno. */
static bool enter(struct hq_pf_walk *walk, int dir, const char *name)
{
    DIR *stream = hq_dir_stream(dir, name);

    if (stream)
        walk->levels[walk->depth++] = stream;
    return stream != NULL;
}

static bool unreadable(struct hq_pf_walk *walk, struct hq_pf_entry *entry, int error)
{
    *entry = (struct hq_pf_entry){
        .queue = &hq_pf_queues[walk->queue], .path = walk->path->str, .dir = -1, .error = error};
    return true;
}

/* Begins the queue at hand. True: it cannot be read, which ENTRY says. */
static bool begin_queue(struct hq_pf_walk *walk, struct hq_pf_entry *entry)
{
    const char *name = hq_pf_queues[walk->queue].name;

    g_string_assign(walk->path, name);
    if (enter(walk, walk->root, name))
        return false;
    int error = errno;
    bool told = error != ENOENT && unreadable(walk, entry, error);
    walk->queue++;
    return told;
}

/* Leaves the directory at hand, whose end ERROR (0: none) brought. */
static bool leave(struct hq_pf_walk *walk, struct hq_pf_entry *entry, int error)
{
    bool told = error && unreadable(walk, entry, error);

    closedir(walk->levels[--walk->depth]);
    if (walk->depth == 0)
        walk->queue++;
    return told;
}

/* A name of one character is a level of hashing. True: ENTRY says that it cannot be read; false
 * with *ENTERED, or it is something else. */
static bool try_subdir(struct hq_pf_walk *walk, int dir, const char *name,
                       struct hq_pf_entry *entry, bool *entered)
{
    *entered = false;
    if (name[1] != '\0' || walk->depth == G_N_ELEMENTS(walk->levels))
        return false;
    *entered = enter(walk, dir, name);
    if (*entered || errno == ENOTDIR || errno == ELOOP)
        return false;
    int error = errno;
    g_string_append_printf(walk->path, "/%c", name[0]);
    return unreadable(walk, entry, error);
}

/* Takes one name from the directory at hand. True: ENTRY is filled. */
static bool step(struct hq_pf_walk *walk, struct hq_pf_entry *entry)
{
    const struct hq_pf_queue *queue = &hq_pf_queues[walk->queue];
    DIR *level = walk->levels[walk->depth - 1];
    const struct dirent *found;
    bool entered;

    g_string_truncate(walk->path, strlen(queue->name) + 2 * (size_t)(walk->depth - 1));
    errno = 0;
    found = readdir(level);
    if (!found)
        return leave(walk, entry, errno);
    if (found->d_name[0] == '.')
        return false;
    if (try_subdir(walk, dirfd(level), found->d_name, entry, &entered))
        return true;
    if (entered) {
        g_string_append_printf(walk->path, "/%c", found->d_name[0]);
        return false;
    }
    *entry =
        (struct hq_pf_entry){queue, walk->path->str, dirfd(level), found->d_name, found->d_type, 0};
    return true;
}

bool hq_pf_walk_next(struct hq_pf_walk *walk, struct hq_pf_entry *entry)
{
    while (walk->queue < HQ_PF_QUEUES)
        if (walk->depth == 0 ? begin_queue(walk, entry) : step(walk, entry))
            return true;
    return false;
}
