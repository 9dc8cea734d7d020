/* SPDX-License-Identifier: ISC */
/* Postfix's queue: lists and opens queue files and their logs, never looking inside. Files of an
 * item: 0 queue file, 1 defer log, 2 bounce log. Who may not read the queue gets the output of
 * "postqueue -j" as the only item. */
#include "config.h"
#include "hopq/error.h"
#include "spool/locks.h"
#include "spool/spools.h"
#include "walk.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A message that moves to a queue that we have passed already would be missed. So the queues are
 * read again when the active queue has changed meanwhile, at most so often: more would be
 * chasing. */
#define PASSES_MAX 4

struct hq_layout {
    char *path;
    int root;
    struct hq_pf_walk walk;
    struct hq_pf_dir defer, bounce;
    struct hq_pf_dir queues[HQ_PF_QUEUES]; /* where single messages are looked for */
    bool queues_open;
    unsigned last; /* where the message before was found: the next is mostly there too */
    unsigned pass;
    struct timespec stamp;       /* of the active queue, when this pass began */
    GHashTable *seen;            /* ids of this listing */
    GString *id, *ref;           /* of the item given last */
    struct hq_pf_config *config; /* NULL: not looked for, or not found */
    bool config_sought;
    bool use_listing; /* the queue is not for us to read */
    bool omit_logs;   /* nobody wants to know what they tell */
    bool listed;
    struct hq_child *child; /* a running postqueue */
};

bool hq_postfix_recognise(const char *path)
{
    static const char *const names[] = {"active", "deferred", "incoming"};
    bool all = true;

    for (unsigned i = 0; all && i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = g_build_filename(path, names[i], NULL);
        all = g_file_test(name, G_FILE_TEST_IS_DIR);
    }
    return all;
}

static struct hq_pf_config *config(struct hq_layout *layout)
{
    if (!layout->config_sought)
        layout->config = hq_pf_config_find(layout->path);
    layout->config_sought = true;
    return layout->config;
}

static void close_queues(struct hq_layout *layout)
{
    for (unsigned i = 0; layout->queues_open && i < HQ_PF_QUEUES; i++)
        hq_pf_dir_close(&layout->queues[i]);
    layout->queues_open = false;
}

static void stop(struct hq_layout *layout)
{
    hq_pf_walk_end(&layout->walk);
    close_queues(layout);
    hq_pf_dir_close(&layout->defer);
    hq_pf_dir_close(&layout->bounce);
    hq_child_free(layout->child);
    layout->child = NULL;
}

static struct timespec active_stamp(const struct hq_layout *layout)
{
    struct stat st;

    return fstatat(layout->root, "active", &st, 0) == 0 ? st.st_mtim : (struct timespec){0};
}

static void start_pass(struct hq_layout *layout, unsigned pass)
{
    layout->pass = pass;
    layout->stamp = active_stamp(layout);
    hq_pf_walk_end(&layout->walk);
    hq_pf_walk_start(&layout->walk, layout->root);
}

static bool start_next_pass(struct hq_layout *layout)
{
    struct timespec now = active_stamp(layout);

    if (layout->pass + 1 == PASSES_MAX ||
        (now.tv_sec == layout->stamp.tv_sec && now.tv_nsec == layout->stamp.tv_nsec))
        return false;
    start_pass(layout, layout->pass + 1);
    return true;
}

static void postfix_rewind(struct hq_layout *layout)
{
    stop(layout);
    layout->listed = false;
    g_hash_table_remove_all(layout->seen);
    start_pass(layout, 0);
    hq_pf_dir_open(&layout->defer, layout->root, "defer");
    hq_pf_dir_open(&layout->bounce, layout->root, "bounce");
}

static void postfix_omit(struct hq_layout *layout, unsigned parts)
{
    layout->omit_logs = parts & HQ_NEED_REPLIES;
}

static void postfix_close(struct hq_layout *layout)
{
    stop(layout);
    hq_pf_config_free(layout->config);
    g_hash_table_destroy(layout->seen);
    g_string_free(layout->id, TRUE);
    g_string_free(layout->ref, TRUE);
    g_free(layout->path);
    close(layout->root);
    g_free(layout);
}

static bool is_denied(int root)
{
    int fd = hq_dir_open(root, "deferred");
    bool is = fd < 0 && errno == EACCES;

    if (fd >= 0)
        close(fd);
    return is;
}

static struct hq_layout *new_layout(const char *path, int root)
{
    struct hq_layout *layout = g_new0(struct hq_layout, 1);

    layout->path = g_strdup(path);
    layout->root = root;
    layout->defer.fd = layout->defer.hash_fd = -1;
    layout->bounce.fd = layout->bounce.hash_fd = -1;
    layout->id = g_string_new(NULL);
    layout->ref = g_string_new(NULL);
    layout->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return layout;
}

static struct hq_layout *postfix_open(const char *path, GError **error)
{
    /* the root itself may be a link: the user named it */
    int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    struct hq_layout *layout;

    if (root < 0) {
        hq_error_set(error, errno == EACCES ? HQ_EXIT_DENIED : HQ_EXIT_NO_SOURCE, errno,
                     "open queue", path, NULL);
        return NULL;
    }
    layout = new_layout(path, root);
    layout->use_listing = is_denied(root);
    if (layout->use_listing && !config(layout)) {
        hq_error_set(error, HQ_EXIT_DENIED, EACCES, "read queue", path, NULL);
        postfix_close(layout);
        return NULL;
    }
    postfix_rewind(layout);
    return layout;
}

/* ---- items ---- */

static void name_item(struct hq_layout *layout, struct hq_item *item, const char *queue,
                      const char *dir, const char *name)
{
    g_string_assign(layout->id, name);
    g_string_assign(layout->ref, dir);
    if (*name) {
        g_string_append_c(layout->ref, '/');
        g_string_append(layout->ref, name);
    }
    item->queue = queue;
    item->id = layout->id->str;
    item->ref = layout->ref->str;
}

static void open_logs(struct hq_layout *layout, const struct hq_pf_queue *queue, const char *id,
                      struct hq_item *item)
{
    if (layout->omit_logs || !queue->logs || item->files[0].fd < 0)
        return;
    hq_pf_dir_find(&layout->defer, id, &item->files[1]);
    /* a bounce log lives no longer than the delivery attempt */
    if (strcmp(queue->name, "active") == 0)
        hq_pf_dir_find(&layout->bounce, id, &item->files[2]);
}

/* False: the file is gone, or was listed before. */
static bool open_entry(struct hq_layout *layout, const struct hq_pf_entry *entry,
                       struct hq_item *item)
{
    bool is_id = hq_pf_id_ok(entry->name);

    if (is_id ? g_hash_table_contains(layout->seen, entry->name)
              : layout->pass > 0 || hq_pf_id_is_temporary(entry->name))
        return false;
    if (!hq_file_open(entry->dir, entry->name, entry->type, &item->files[0]) &&
        item->files[0].error == ENOENT)
        return false;
    if (!is_id)
        return true;
    g_hash_table_add(layout->seen, g_strdup(entry->name));
    open_logs(layout, entry->queue, entry->name, item);
    return true;
}

static bool list(struct hq_layout *layout, struct hq_item *item, const char *id)
{
    g_string_assign(layout->id, id);
    item->id = layout->id->str;
    item->listing = true;
    hq_child_free(layout->child);
    layout->child = hq_pf_config_list(layout->config, &item->files[0]);
    layout->listed = true;
    return true;
}

static bool postfix_next(struct hq_layout *layout, struct hq_item *item)
{
    struct hq_pf_entry entry;

    hq_item_init(item);
    if (layout->use_listing)
        return !layout->listed && list(layout, item, "");
    do {
        while (hq_pf_walk_next(&layout->walk, &entry)) {
            if (!entry.name && layout->pass == 0)
                item->files[0].error = entry.error;
            else if (!entry.name || !open_entry(layout, &entry, item))
                continue;
            name_item(layout, item, entry.queue->name, entry.path, entry.name ? entry.name : "");
            return true;
        }
    } while (start_next_pass(layout));
    return false;
}

/* ---- one message again ---- */

/* Looks where it was last: REF is "queue/…/id". A file that is there but cannot be opened counts as
 * found, with its error. */
static bool find_at(struct hq_layout *layout, const struct hq_pf_queue *queue, const char *ref,
                    const char *id, struct hq_item *item)
{
    size_t n = strlen(queue->name);
    const char *last;
    int dir;

    if (strncmp(ref, queue->name, n) != 0 || ref[n] != '/')
        return false;
    dir = hq_dir_open_parent(layout->root, ref, &last);
    if (dir < 0)
        return false;
    bool found = strcmp(last, id) == 0 && (hq_file_open(dir, last, DT_UNKNOWN, &item->files[0]) ||
                                           item->files[0].error != ENOENT);
    if (found) {
        g_autofree char *parent = g_strndup(ref, (size_t)(last - ref) - 1);
        name_item(layout, item, queue->name, parent, id);
    }
    close(dir);
    return found;
}

static bool find_in(struct hq_layout *layout, unsigned queue, const char *id, struct hq_item *item)
{
    struct hq_pf_dir *dir = &layout->queues[queue];

    if (!hq_pf_dir_find(dir, id, &item->files[0]))
        return false;
    g_autofree char *parent = g_strdup_printf("%s/%s", hq_pf_queues[queue].name, dir->hash);
    parent[strlen(parent) - 1] = '\0';
    name_item(layout, item, hq_pf_queues[queue].name, parent, id);
    open_logs(layout, &hq_pf_queues[queue], id, item);
    return true;
}

/* First in the directories as they were when they were opened, then in fresh ones, since
 * subdirectories come and go. Opening reads them: a run that saves thousands must not do it for
 * each. */
static bool find_anywhere(struct hq_layout *layout, const char *id, struct hq_item *item)
{
    for (bool fresh = !layout->queues_open;; fresh = true) {
        if (fresh)
            close_queues(layout);
        for (unsigned i = 0; fresh && i < HQ_PF_QUEUES; i++)
            hq_pf_dir_open(&layout->queues[i], layout->root, hq_pf_queues[i].name);
        layout->queues_open = true;
        for (unsigned i = 0; i < HQ_PF_QUEUES; i++) {
            unsigned queue = (layout->last + i) % HQ_PF_QUEUES;
            if (find_in(layout, queue, id, item)) {
                layout->last = queue;
                return true;
            }
        }
        if (fresh)
            return false;
    }
}

static bool postfix_find(struct hq_layout *layout, const char *ref, const char *id,
                         struct hq_item *item)
{
    bool is_id = hq_pf_id_ok(id);

    hq_item_init(item);
    if (layout->use_listing)
        return list(layout, item, id);
    for (unsigned i = 0; i < HQ_PF_QUEUES; i++)
        if (find_at(layout, &hq_pf_queues[i], ref, id, item)) {
            if (is_id)
                open_logs(layout, &hq_pf_queues[i], id, item);
            return true;
        }
    if (is_id && find_anywhere(layout, id, item))
        return true;
    errno = ENOENT;
    return false;
}

static void postfix_configure(struct hq_layout *layout, struct hq_context *context)
{
    if (config(layout))
        hq_pf_config_apply(layout->config, context);
}

static const char *postfix_hidden(const struct hq_layout *layout)
{
    return layout->use_listing
               ? "only root may read the queue (sudo hopq): this is what postqueue tells, "
                 "without headers, hops, clients and retry times"
               : NULL;
}

/* The master holds a lock on its pid file as long as it lives (master/master.c, open_lock()). */
static const char *postfix_idle(struct hq_layout *layout)
{
    struct hq_locks locks;
    struct stat st;

    if (access(HQ_LOCKS_TABLE, R_OK) != 0 || !config(layout))
        return NULL;
    bool found = fstatat(layout->root, "pid/master.pid", &st, 0) == 0;
    if (!found && errno != ENOENT)
        return NULL;
    hq_locks_init(&locks);
    bool runs = found && hq_locks_has_file(&locks, &st);
    hq_locks_clear(&locks);
    return runs ? NULL : "Postfix is not running: no mail is accepted and none is sent";
}

static const char *postfix_why_not(const char *path)
{
    static const char *const names[] = {"maildrop", "incoming", "active", "deferred",
                                        "hold",     "corrupt",  NULL};

    return hq_dir_may_have(path, names)
               ? NULL
               : "no queue of Postfix: neither incoming, active nor deferred is in it";
}

const struct hq_layout_ops hq_postfix_layout = {.prepare = hq_pf_instances_find,
                                                .open = postfix_open,
                                                .why_not = postfix_why_not,
                                                .close = postfix_close,
                                                .rewind = postfix_rewind,
                                                .omit = postfix_omit,
                                                .next = postfix_next,
                                                .find = postfix_find,
                                                .configure = postfix_configure,
                                                .hidden = postfix_hidden,
                                                .idle = postfix_idle};
