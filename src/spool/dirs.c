/* SPDX-License-Identifier: ISC */
/* The layout of queues whose messages are files in a few directories: see dirs.h. */
#include "dirs.h"
#include "base/scratch.h"
#include "hopq/error.h"
#include "hopq/io.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SETTING_MAX 4096

/* A walk through the places: names as readdir gives them. */
struct walk {
    unsigned place; /* at hand; begins before its directories are open */
    DIR *top;       /* of a hashed place */
    DIR *files;
    GString *path; /* of FILES */
};

struct hq_layout {
    const struct hq_dirs *dirs;
    char *path;
    int root;
    struct walk walk;
    GString *id, *ref; /* of the item given last */
};

static void walk_end(struct walk *walk)
{
    hq_dir_stream_end(&walk->top);
    hq_dir_stream_end(&walk->files);
}

/* What a step of the walk came upon. */
enum step { STEP_NAME, STEP_ERROR, STEP_END };

/* The directory at walk->path could not be opened or read: worth telling unless it went away. */
static bool is_failure(int error)
{
    return error != 0 && error != ENOENT;
}

static bool is_number(const char *name)
{
    return *name && strspn(name, "0123456789") == strlen(name);
}

/* Opens the next directory of files. False: ERROR takes why, 0 at the end of this place. */
static bool next_directory(struct hq_layout *layout, struct walk *walk, int *error)
{
    const struct hq_dirs_place *place = &layout->dirs->places[walk->place];
    const struct dirent *entry = NULL;

    *error = 0;
    if (!place->hashed || !walk->top) {
        g_string_assign(walk->path, place->path);
        DIR *stream = hq_dir_stream(layout->root, place->path);
        *error = stream ? 0 : errno;
        *(place->hashed ? &walk->top : &walk->files) = stream;
        if (!place->hashed || !stream)
            return stream != NULL;
    }
    do {
        errno = 0;
        entry = readdir(walk->top);
    } while (entry && !is_number(entry->d_name));
    *error = errno;
    if (!entry) {
        hq_dir_stream_end(&walk->top);
        return false;
    }
    g_string_printf(walk->path, "%s/%s", place->path, entry->d_name);
    walk->files = hq_dir_stream(layout->root, walk->path->str);
    *error = walk->files ? 0 : errno;
    return walk->files != NULL;
}

static enum step walk_next(struct hq_layout *layout, struct walk *walk, const struct dirent **entry,
                           int *error)
{
    while (walk->place < layout->dirs->count) {
        bool hashed = layout->dirs->places[walk->place].hashed;
        if (!walk->files && !next_directory(layout, walk, error)) {
            if (!walk->top)
                walk->place++;
            if (is_failure(*error))
                return STEP_ERROR;
            continue;
        }
        errno = 0;
        *entry = readdir(walk->files);
        *error = errno;
        if (*entry)
            return STEP_NAME;
        hq_dir_stream_end(&walk->files);
        walk->place += !hashed;
        if (is_failure(*error))
            return STEP_ERROR;
    }
    return STEP_END;
}

/* ---- layout ---- */

struct hq_layout *hq_dirs_open(const struct hq_dirs *dirs, const char *path, GError **error)
{
    /* the root itself may be a link: the user named it */
    int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    struct hq_layout *layout;

    if (root < 0) {
        hq_error_set(error, errno == EACCES ? HQ_EXIT_DENIED : HQ_EXIT_NO_SOURCE, errno,
                     "open queue", path, NULL);
        return NULL;
    }
    layout = g_new0(struct hq_layout, 1);
    layout->dirs = dirs;
    layout->path = g_strdup(path);
    layout->root = root;
    layout->walk.path = g_string_new(NULL);
    layout->id = g_string_new(NULL);
    layout->ref = g_string_new(NULL);
    return layout;
}

void hq_dirs_close(struct hq_layout *layout)
{
    walk_end(&layout->walk);
    close(layout->root);
    g_string_free(layout->walk.path, TRUE);
    g_string_free(layout->id, TRUE);
    g_string_free(layout->ref, TRUE);
    g_free(layout->path);
    g_free(layout);
}

void hq_dirs_rewind(struct hq_layout *layout)
{
    walk_end(&layout->walk);
    layout->walk.place = 0;
}

static void name_item(struct hq_layout *layout, struct hq_item *item, const char *queue,
                      const char *path, const char *name)
{
    bool here = strcmp(path, ".") == 0;
    const char *id = layout->dirs->name || !*name ? NULL : layout->dirs->id(name);

    g_string_printf(layout->ref, "%s%s%s", here ? "" : path, here || !*name ? "" : "/", name);
    g_string_assign(layout->id, id ? id : "");
    item->queue = queue;
    item->id = layout->id->str;
    item->ref = layout->ref->str;
}

static bool is_open(const struct hq_item *item)
{
    return item->files[0].fd >= 0 || item->files[0].error != ENOENT;
}

bool hq_dirs_next(struct hq_layout *layout, struct hq_item *item)
{
    struct walk *walk = &layout->walk;
    const struct dirent *entry = NULL;
    enum step step;
    int error;

    hq_item_init(item);
    while ((step = walk_next(layout, walk, &entry, &error)) == STEP_NAME) {
        if (entry->d_name[0] == '.' || !layout->dirs->id(entry->d_name))
            continue;
        layout->dirs->open(layout->root, dirfd(walk->files), walk->path->str, entry->d_name, item);
        if (!is_open(item)) {
            for (unsigned i = 1; i < HQ_ITEM_FILES; i++)
                if (item->files[i].fd >= 0)
                    close(item->files[i].fd);
            hq_item_init(item);
            continue;
        }
        name_item(layout, item, layout->dirs->places[walk->place].queue, walk->path->str,
                  entry->d_name);
        return true;
    }
    if (step == STEP_END)
        return false;
    name_item(layout, item, "", walk->path->str, "");
    item->files[0].error = error;
    return true;
}

/* The place that the directory PATH belongs to; NULL: to none. */
static const struct hq_dirs_place *place_of(const struct hq_dirs *dirs, const char *path)
{
    for (unsigned i = 0; i < dirs->count; i++) {
        size_t n = strlen(dirs->places[i].path);
        if (strncmp(path, dirs->places[i].path, n) == 0 &&
            (dirs->places[i].hashed ? path[n] == '/' && is_number(path + n + 1) : path[n] == '\0'))
            return &dirs->places[i];
    }
    return NULL;
}

/* NAME is the file of the message ID; "" is any. */
static bool is_of(const struct hq_dirs *dirs, const char *name, const char *id)
{
    const char *has = dirs->id(name);

    if (!has || !*id)
        return has != NULL;
    g_autofree char *wanted = dirs->name ? dirs->name(id) : NULL;
    return dirs->name ? g_strcmp0(wanted, name) == 0 : strcmp(has, id) == 0;
}

static bool find_at(struct hq_layout *layout, const char *path, const char *name, const char *id,
                    struct hq_item *item)
{
    const struct hq_dirs_place *place = place_of(layout->dirs, path);
    DIR *stream = place ? hq_dir_stream(layout->root, path) : NULL;

    if (!stream)
        return false;
    layout->dirs->open(layout->root, dirfd(stream), path, name, item);
    closedir(stream);
    if (!is_open(item))
        return false;
    name_item(layout, item, place->queue, path, name);
    if (layout->dirs->name) { /* the parser checks whether it is still the same message */
        g_string_assign(layout->id, id);
        item->id = layout->id->str;
    }
    return true;
}

/* Looks in all directories: the message has moved. */
static bool find_elsewhere(struct hq_layout *layout, const char *id, struct hq_item *item)
{
    struct walk walk = {.path = g_string_new(NULL)};
    const struct dirent *entry = NULL;
    bool found = false;
    enum step step;
    int error;

    while (!found && *id && (step = walk_next(layout, &walk, &entry, &error)) != STEP_END)
        found = step == STEP_NAME && is_of(layout->dirs, entry->d_name, id) &&
                find_at(layout, walk.path->str, entry->d_name, id, item);
    walk_end(&walk);
    g_string_free(walk.path, TRUE);
    return found;
}

bool hq_dirs_find(struct hq_layout *layout, const char *ref, const char *id, struct hq_item *item)
{
    const char *slash = strrchr(ref, '/');
    g_autofree char *path = slash ? g_strndup(ref, (size_t)(slash - ref)) : g_strdup(".");
    const char *name = slash ? slash + 1 : ref;

    hq_item_init(item);
    /* an id that is inside the file is compared by the parser */
    if ((layout->dirs->name ? layout->dirs->id(name) != NULL : is_of(layout->dirs, name, id)) &&
        find_at(layout, path, name, id, item))
        return true;
    hq_item_init(item);
    if (find_elsewhere(layout, id, item))
        return true;
    errno = ENOENT;
    return false;
}

void hq_dirs_configure(struct hq_layout *layout, struct hq_context *context)
{
    if (layout->dirs->configure)
        layout->dirs->configure(layout->path, context);
}

/* ---- for the spools ---- */

bool hq_dirs_has(const char *path, const char *const *names)
{
    for (; *names; names++) {
        g_autofree char *name = g_build_filename(path, *names, NULL);
        if (!g_file_test(name, G_FILE_TEST_IS_DIR))
            return false;
    }
    return true;
}

void hq_dirs_setting(struct hq_context *context, const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *text = hq_io_slurp(path, SETTING_MAX, NULL, NULL);

    if (!text)
        return;
    text[strcspn(text, "\n")] = '\0';
    g_hash_table_replace(context->mta, g_strdup(name), g_strdup(g_strstrip(text)));
}

void hq_dirs_me(struct hq_context *context, const char *directory)
{
    hq_dirs_setting(context, directory, "me");
    const char *me = hq_context_setting(context, "me", NULL);
    if (!me)
        return;
    if (!context->hostname)
        context->hostname = g_strdup(me);
    hq_context_add_our(context, me);
}

GString *hq_dirs_slurp(const struct hq_item_file *file, size_t max)
{
    GString *text = hq_scratch_take();

    if (file->fd >= 0)
        hq_io_read_at(file->fd, 0, MIN((size_t)MAX(file->size, 0), max), text);
    return text;
}
