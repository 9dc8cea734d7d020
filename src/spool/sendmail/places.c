/* SPDX-License-Identifier: ISC */
/* Queue directories of Sendmail: see places.h. */
#include "places.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "/var/spool" as the root has queue directories two levels down; more of them than MANY is no
 * spool. */
#define DEPTH_MAX 3
#define MANY      4096

#define ID_MIN 5
#define ID_MAX 40

bool hq_sm_id_ok(const char *id)
{
    size_t n = 0;
    bool digit = false;

    for (; g_ascii_isalnum(id[n]); n++)
        digit |= g_ascii_isdigit(id[n]);
    return id[n] == '\0' && n >= ID_MIN && n <= ID_MAX && digit;
}

const char *hq_sm_id_of(const char *name)
{
    if (!*name || !strchr("qhQtdx", name[0]) || name[1] != 'f' || !hq_sm_id_ok(name + 2))
        return NULL;
    return name + 2;
}

static void root_free(gpointer data)
{
    struct hq_sm_root *root = data;

    g_free(root->path);
    g_free(root->name);
    close(root->fd);
    g_free(root);
}

static void place_free(gpointer data)
{
    struct hq_sm_place *place = data;

    g_free(place->path);
    g_free(place->name);
    g_free(place);
}

void hq_sm_places_init(struct hq_sm_places *places)
{
    places->roots = g_ptr_array_new_with_free_func(root_free);
    places->all = g_ptr_array_new_with_free_func(place_free);
}

void hq_sm_places_clear(struct hq_sm_places *places)
{
    g_ptr_array_free(places->all, TRUE);
    g_ptr_array_free(places->roots, TRUE);
}

/* PATH and NAME are taken over. */
static void add_place(struct hq_sm_places *places, unsigned root, unsigned depth, char *path,
                      char *name)
{
    struct hq_sm_place *place = g_new(struct hq_sm_place, 1);

    *place = (struct hq_sm_place){.root = root, .depth = depth, .path = path, .name = name};
    g_ptr_array_add(places->all, place);
}

static bool same_file(int fd, const struct stat *st)
{
    struct stat other;

    return fstat(fd, &other) == 0 && other.st_dev == st->st_dev && other.st_ino == st->st_ino;
}

static bool is_root(const struct hq_sm_places *places, int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return false;
    for (guint i = 0; i < places->roots->len; i++) {
        const struct hq_sm_root *root = places->roots->pdata[i];
        if (same_file(root->fd, &st))
            return true;
    }
    return false;
}

/* FD is taken over. */
static void add_root(struct hq_sm_places *places, int fd, const char *path, char *name)
{
    struct hq_sm_root *root = g_new(struct hq_sm_root, 1);

    *root = (struct hq_sm_root){.path = g_strdup(path), .name = name, .fd = fd};
    g_ptr_array_add(places->roots, root);
    add_place(places, places->roots->len - 1, 0, g_strdup(""), g_strdup(name));
}

bool hq_sm_places_add_root(struct hq_sm_places *places, const char *path)
{
    /* it may be a link: the user or the configuration named it */
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return false;
    if (is_root(places, fd)) {
        close(fd);
    } else {
        g_autofree char *whole = realpath(path, NULL);
        add_root(places, fd, path, g_path_get_basename(whole ? whole : path));
    }
    return true;
}

static bool is_known(const struct hq_sm_places *places, unsigned root, const char *path)
{
    for (guint i = 0; i < places->all->len; i++) {
        const struct hq_sm_place *place = places->all->pdata[i];
        if (place->root == root && strcmp(place->path, path) == 0)
            return true;
    }
    return false;
}

/* Where PATH lies below the root at hand; NULL: elsewhere. */
static char *path_below(const struct hq_sm_root *root, const char *path)
{
    g_autofree char *base = realpath(root->path, NULL);
    g_autofree char *whole = realpath(path, NULL);
    size_t n = base ? strlen(base) : 0;
    bool is_below = whole && n > 1 && strncmp(whole, base, n) == 0 && whole[n] == '/';

    return is_below ? g_strdup(whole + n + 1) : NULL;
}

bool hq_sm_places_add_group(struct hq_sm_places *places, const char *path)
{
    char *below = path_below(places->roots->pdata[0], path);

    if (!below)
        return hq_sm_places_add_root(places, path);
    if (is_known(places, 0, below))
        g_free(below);
    else
        add_place(places, 0, 0, below, g_strdup(below));
    return true;
}

/* Links to queue directories are usual ("directories or symbolic links to directories", op/op.me
 * section 5.6.42); they are followed where only root can have put them. */
static bool is_trusted_link(int fd, const char *name)
{
    struct stat dir, link;

    return fstat(fd, &dir) == 0 && fstatat(fd, name, &link, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISLNK(link.st_mode) && dir.st_uid == 0 && link.st_uid == 0 &&
           !(dir.st_mode & (S_IWGRP | S_IWOTH));
}

static void add_link(struct hq_sm_places *places, const struct hq_sm_place *place, int fd,
                     const char *name)
{
    int target = is_trusted_link(fd, name)
                     ? openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)
                     : -1;

    if (target < 0)
        return;
    if (is_root(places, target)) {
        close(target);
        return;
    }
    const struct hq_sm_root *root = places->roots->pdata[place->root];
    g_autofree char *path = g_build_filename(root->path, place->path, name, NULL);
    add_root(places, target, path, g_strdup(name));
}

void hq_sm_places_add(struct hq_sm_places *places, const struct hq_sm_place *place, int fd,
                      const char *name, unsigned char type)
{
    static const char *const parts[] = {"qf", "df", "xf"};
    struct stat st;

    for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++)
        if (strcmp(name, parts[i]) == 0)
            return;
    if (type == DT_UNKNOWN && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        type = IFTODT(st.st_mode);
    if (name[0] == '.' || place->depth + 1 >= DEPTH_MAX || places->all->len >= MANY ||
        (type != DT_DIR && type != DT_LNK))
        return;
    g_autofree char *path = g_build_filename(place->path, name, NULL);
    if (is_known(places, place->root, path))
        return;
    if (type == DT_LNK)
        add_link(places, place, fd, name);
    else
        add_place(places, place->root, place->depth + 1, g_strdup(path), g_strdup(path));
}

/* ---- parts ---- */

static int open_place(const struct hq_sm_places *places, const struct hq_sm_place *place)
{
    const struct hq_sm_root *root = places->roots->pdata[place->root];
    const char *last;

    if (!*place->path)
        return openat(root->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int parent = hq_dir_open_parent(root->fd, place->path, &last);
    if (parent < 0)
        return -1;
    int fd = hq_dir_open(parent, last);
    int error = errno;
    close(parent);
    errno = error;
    return fd;
}

static int open_part(int self, const char *name, bool *split)
{
    int fd = hq_dir_open(self, name);

    *split = fd >= 0 || (errno != ENOENT && errno != ENOTDIR);
    return *split ? fd : fcntl(self, F_DUPFD_CLOEXEC, 0);
}

bool hq_sm_parts_open(struct hq_sm_parts *parts, const struct hq_sm_places *places,
                      const struct hq_sm_place *place)
{
    bool split;

    *parts = (struct hq_sm_parts){-1, -1, -1, -1, false, false};
    parts->self = open_place(places, place);
    if (parts->self < 0)
        return false;
    parts->control = open_part(parts->self, "qf", &parts->split_control);
    parts->data = open_part(parts->self, "df", &parts->split_data);
    parts->transcript = open_part(parts->self, "xf", &split);
    return true;
}

void hq_sm_parts_close(struct hq_sm_parts *parts)
{
    int *const fds[] = {&parts->self, &parts->control, &parts->data, &parts->transcript};

    for (unsigned i = 0; i < G_N_ELEMENTS(fds); i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
        *fds[i] = -1;
    }
}

/* ---- all of them ---- */

static void discover_in(struct hq_sm_places *places, const struct hq_sm_place *place, int dir,
                        hq_sm_seen_fn seen, void *data)
{
    DIR *stream = dir >= 0 ? hq_dir_stream(dir, ".") : NULL;
    const struct dirent *entry;

    while (stream && (entry = readdir(stream))) {
        const char *id = hq_sm_id_of(entry->d_name);
        if (!id)
            hq_sm_places_add(places, place, dir, entry->d_name, entry->d_type);
        else if (seen)
            seen(id, data);
    }
    hq_dir_stream_end(&stream);
}

void hq_sm_places_discover(struct hq_sm_places *places, hq_sm_seen_fn seen, void *data)
{
    for (guint i = 0; i < places->all->len; i++) { /* it grows on the way */
        const struct hq_sm_place *place = places->all->pdata[i];
        struct hq_sm_parts parts;
        if (!hq_sm_parts_open(&parts, places, place))
            continue;
        discover_in(places, place, parts.self, seen, data);
        if (parts.split_control && seen)
            discover_in(places, place, parts.control, seen, data);
        hq_sm_parts_close(&parts);
    }
}
