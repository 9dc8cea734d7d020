/* SPDX-License-Identifier: ISC */
/* Sendmail's queues: lists and opens control files (qf, quarantined hf, lost Qf), their data files
 * and transcripts, never looking inside; then data files and temporary control files that stand
 * alone. Slots and queue names: sendmail.h. */
#include "config.h"
#include "hopq/error.h"
#include "item.h"
#include "sendmail.h"
#include "spool/daemons.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* New mail comes while we list: a directory that has changed is read again for what was missed. */
#define PASSES_MAX 4
#define STEPS      3 /* the place itself, its qf, its df */

struct alone {
    guint place;
    char *name;
};

struct hq_layout {
    char *path;
    struct hq_sm_items items;
    struct hq_sm_config *config; /* NULL: none is this queue's */
    guint place;                 /* listed now */
    struct hq_sm_parts parts;    /* of it; self -1: not begun */
    unsigned pass, step;
    struct timespec stamp; /* of its control directory, when this pass began */
    DIR *stream;
    const char *subdir; /* of the place, that STREAM lists */
    GHashTable *seen;   /* ids of this listing */
    GArray *alone;      /* struct alone: df and tf that were seen before their control file */
    guint parts_of;     /* when all places are listed: the place that PARTS are of */
    bool use_listing;   /* the queue is not for us to read */
    bool listed;
    struct hq_child *child; /* a running mailq */
};

/* ---- opening ---- */

static void stop_place(struct hq_layout *layout)
{
    hq_dir_stream_end(&layout->stream);
    hq_sm_parts_close(&layout->parts);
    layout->pass = layout->step = 0;
}

static void sendmail_rewind(struct hq_layout *layout)
{
    stop_place(layout);
    hq_child_free(layout->child);
    layout->child = NULL;
    layout->listed = false;
    layout->place = 0;
    g_array_set_size(layout->alone, 0);
    g_hash_table_remove_all(layout->seen);
    hq_sm_items_rewind(&layout->items);
}

static void sendmail_close(struct hq_layout *layout)
{
    stop_place(layout);
    hq_child_free(layout->child);
    g_hash_table_destroy(layout->seen);
    g_array_free(layout->alone, TRUE);
    hq_sm_items_clear(&layout->items);
    hq_sm_config_free(layout->config);
    g_free(layout->path);
    g_free(layout);
}

static void clear_alone(gpointer data)
{
    struct alone *alone = data;

    g_free(alone->name);
}

static struct hq_layout *new_layout(const char *path)
{
    struct hq_layout *layout = g_new0(struct hq_layout, 1);

    layout->path = g_strdup(path);
    layout->parts = (struct hq_sm_parts){-1, -1, -1, -1, false, false};
    layout->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    layout->alone = g_array_new(FALSE, FALSE, sizeof(struct alone));
    g_array_set_clear_func(layout->alone, clear_alone);
    hq_sm_items_init(&layout->items);
    return layout;
}

static void add_others(struct hq_sm_places *places, const struct hq_sm_config *config)
{
    for (char **path = config->others; *path; path++)
        hq_sm_places_add_group(places, *path);
    for (char **path = config->submission; *path; path++)
        hq_sm_places_add_root(places, *path);
}

static struct hq_layout *sendmail_open(const char *path, GError **error)
{
    struct hq_layout *layout = new_layout(path);

    bool read = hq_sm_places_add_root(&layout->items.places, path);
    int why = errno;

    layout->config = hq_sm_config_find(path);
    layout->use_listing = !read && why == EACCES && layout->config;
    if (!read && !layout->use_listing) {
        hq_error_set(error, why == EACCES ? HQ_EXIT_DENIED : HQ_EXIT_NO_SOURCE, why, "open queue",
                     path, why == EACCES ? "denied: only root may read it" : NULL);
        sendmail_close(layout);
        return NULL;
    }
    if (read && layout->config)
        add_others(&layout->items.places, layout->config);
    return layout;
}

/* ---- listing ---- */

static bool see(struct hq_layout *layout, const char *id)
{
    return g_hash_table_add(layout->seen, g_strdup(id));
}

/* One name of the directory at hand. True: ITEM is filled. */
static bool take_name(struct hq_layout *layout, const struct hq_sm_place *place,
                      const struct dirent *entry, struct hq_item *item)
{
    const char *id = hq_sm_id_of(entry->d_name);

    if (!id) {
        if (layout->step == 1)
            hq_sm_places_add(&layout->items.places, place, dirfd(layout->stream), entry->d_name,
                             entry->d_type);
        return false;
    }
    if (entry->d_name[0] == 'x' || g_hash_table_contains(layout->seen, id))
        return false;
    if (entry->d_name[0] == 'd' || entry->d_name[0] == 't') {
        const struct alone alone = {layout->place, g_strdup(entry->d_name)};
        g_array_append_val(layout->alone, alone);
        return false;
    }
    const struct hq_sm_spot spot = {place, &layout->parts, layout->subdir, dirfd(layout->stream)};
    return hq_sm_item_open(&layout->items, &spot, entry->d_name, entry->d_type, item) &&
           see(layout, id);
}

static bool unreadable(struct hq_layout *layout, const struct hq_sm_place *place,
                       struct hq_item *item, int error)
{
    const struct hq_sm_spot spot = {place, &layout->parts, layout->subdir, -1};

    hq_sm_item_name(&layout->items, item, &spot, "", "");
    item->files[0].error = error;
    return true;
}

/* The next of the place's directories. True: it cannot be read, which ITEM says. */
static bool step_directory(struct hq_layout *layout, const struct hq_sm_place *place,
                           struct hq_item *item)
{
    const struct {
        const char *name;
        int fd;
        bool wanted;
    } steps[STEPS] = {{"", layout->parts.self, true},
                      {"qf", layout->parts.control, layout->parts.split_control},
                      {"df", layout->parts.data, layout->parts.split_data}};
    unsigned step = layout->step++;

    if (!steps[step].wanted)
        return false;
    layout->subdir = steps[step].name;
    layout->stream = steps[step].fd >= 0 ? hq_dir_stream(steps[step].fd, ".") : NULL;
    return !layout->stream && layout->pass == 0 &&
           unreadable(layout, place, item, steps[step].fd >= 0 ? errno : EACCES);
}

static struct timespec control_stamp(const struct hq_layout *layout)
{
    struct stat st;

    return fstat(layout->parts.control, &st) == 0 ? st.st_mtim : (struct timespec){0};
}

/* Begins the place at hand. True: it cannot be read. */
static bool begin_place(struct hq_layout *layout, const struct hq_sm_place *place,
                        struct hq_item *item)
{
    layout->step = layout->pass = 0;
    layout->subdir = "";
    if (hq_sm_parts_open(&layout->parts, &layout->items.places, place)) {
        layout->stamp = control_stamp(layout);
        return false;
    }
    layout->place++;
    return errno != ENOENT && unreadable(layout, place, item, errno);
}

/* Takes one of those that were put aside, when all places are listed: its control file may have
 * come meanwhile, or been in another place. */
static bool take_alone(struct hq_layout *layout, struct hq_item *item)
{
    guint last = layout->alone->len - 1;
    const struct alone *alone = &g_array_index(layout->alone, struct alone, last);
    const struct hq_sm_place *place = layout->items.places.all->pdata[alone->place];
    const char *id = hq_sm_id_of(alone->name);
    bool found = false;

    if (layout->parts.self >= 0 && layout->parts_of != alone->place)
        hq_sm_parts_close(&layout->parts);
    layout->parts_of = alone->place;
    if (!g_hash_table_contains(layout->seen, id) &&
        (layout->parts.self >= 0 || hq_sm_parts_open(&layout->parts, &layout->items.places, place)))
        found = (hq_sm_item_find(&layout->items, place, &layout->parts, id, item) ||
                 hq_sm_item_alone(&layout->items, place, &layout->parts, id, item)) &&
                see(layout, id);
    g_array_set_size(layout->alone, last);
    return found;
}

/* The place has been listed: once more, when its directory has changed meanwhile. */
static void end_pass(struct hq_layout *layout)
{
    struct timespec now = control_stamp(layout);
    bool same = now.tv_sec == layout->stamp.tv_sec && now.tv_nsec == layout->stamp.tv_nsec;

    if (same || layout->pass + 1 == PASSES_MAX) {
        stop_place(layout);
        layout->place++;
        return;
    }
    layout->pass++;
    layout->step = 0;
    layout->stamp = now;
}

static bool next_name(struct hq_layout *layout, const struct hq_sm_place *place,
                      struct hq_item *item)
{
    errno = 0;
    const struct dirent *entry = readdir(layout->stream);

    if (entry)
        return take_name(layout, place, entry, item);
    int error = errno;
    hq_dir_stream_end(&layout->stream);
    return error && unreadable(layout, place, item, error);
}

/* The submission program's own listing as the only item. */
static bool list(struct hq_layout *layout, const char *id, struct hq_item *item)
{
    g_string_assign(layout->items.id, id);
    item->id = layout->items.id->str;
    item->queue = "submission";
    item->listing = true;
    hq_child_free(layout->child);
    layout->child = hq_sm_config_list(&item->files[0]);
    layout->listed = true;
    return true;
}

static bool sendmail_next(struct hq_layout *layout, struct hq_item *item)
{
    hq_item_init(item);
    if (layout->use_listing)
        return !layout->listed && list(layout, "", item);
    while (layout->place < layout->items.places.all->len) {
        const struct hq_sm_place *place = layout->items.places.all->pdata[layout->place];
        bool found = false;
        if (layout->parts.self < 0)
            found = begin_place(layout, place, item);
        else if (layout->stream)
            found = next_name(layout, place, item);
        else if (layout->step < STEPS)
            found = step_directory(layout, place, item);
        else
            end_pass(layout);
        if (found)
            return true;
    }
    while (layout->alone->len)
        if (take_alone(layout, item))
            return true;
    return false;
}

/* ---- one message again ---- */

static bool sendmail_find(struct hq_layout *layout, const char *ref, const char *id,
                          struct hq_item *item)
{
    hq_item_init(item);
    if (layout->use_listing)
        return list(layout, id, item);
    hq_sm_items_rewind(&layout->items);
    if (hq_sm_id_ok(id)) {
        if (hq_sm_items_find(&layout->items, ref, id, item))
            return true;
        hq_sm_places_discover(&layout->items.places, NULL, NULL);
        if (hq_sm_items_find(&layout->items, ref, id, item))
            return true;
    }
    errno = ENOENT;
    return false;
}

static void sendmail_configure(struct hq_layout *layout, struct hq_context *context)
{
    if (layout->config)
        hq_sm_config_apply(layout->config, context);
}

static const char *sendmail_hidden(const struct hq_layout *layout)
{
    return layout->use_listing
               ? "only root may read Sendmail's queue (sudo hopq): this is what mailq -Ac tells of "
                 "mail that has yet to get there, its reasons cut at 100 bytes"
               : NULL;
}

static const char *sendmail_idle(struct hq_layout *layout)
{
    static const char *const options[] = {"-bd", "-bD", "-q", NULL};

    return layout->config && hq_daemon_find("sendmail", "sendmail: ", options) == HQ_DAEMON_NONE
               ? "no daemon of Sendmail is running: nothing is tried but by queue runs that "
                 "something else starts (sendmail -q)"
               : NULL;
}

static const char *sendmail_why_not(const char *path)
{
    return hq_dir_has_only_others(path, hq_sm_id_of)
               ? "no queue of Sendmail: none of its files is a message's"
               : NULL;
}

const struct hq_layout_ops hq_sendmail_layout = {.open = sendmail_open,
                                                 .why_not = sendmail_why_not,
                                                 .hidden = sendmail_hidden,
                                                 .close = sendmail_close,
                                                 .rewind = sendmail_rewind,
                                                 .next = sendmail_next,
                                                 .find = sendmail_find,
                                                 .configure = sendmail_configure,
                                                 .idle = sendmail_idle};

/* ---- is it one? ---- */

/* Looks at a bounded number of names: a directory that has many and none of ours is another's. */
static bool has_queue_files(const char *path, unsigned depth)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;
    bool found = false;

    for (unsigned i = 0; dir && !found && i < 1000 && (name = g_dir_read_name(dir)); i++) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        found = hq_sm_id_of(name) && g_file_test(below, G_FILE_TEST_IS_REGULAR);
        /* "q1", "qf": going into all there is would find a queue in "/" */
        if (!found && depth > 0 && name[0] == 'q' && g_file_test(below, G_FILE_TEST_IS_DIR) &&
            !g_file_test(below, G_FILE_TEST_IS_SYMLINK))
            found = has_queue_files(below, depth - 1);
    }
    if (dir)
        g_dir_close(dir);
    return found;
}

bool hq_sendmail_recognise(const char *path)
{
    return hq_sm_config_owns(path) || has_queue_files(path, 2);
}
