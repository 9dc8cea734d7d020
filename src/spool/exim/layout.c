/* SPDX-License-Identifier: ISC */
/* Exim's spool: lists and opens the files of its messages, never looking inside. Files of an item:
 * see exim.h. Who may not read the spool gets the output of "exim -bp" as the only item. */
#include "config.h"
#include "exim.h"
#include "hopq/error.h"
#include "spool/daemons.h"
#include "walk.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Exim makes and removes the files of a message one after the other. Half a message is looked at
 * again after a millisecond: so often in a listing, and so often for one message. */
#define PATIENCE     200
#define PATIENCE_ONE 10

struct hq_layout {
    char *path;
    int root;
    struct hq_ex_walk walk;
    struct hq_ex_dirs dirs;    /* that messages are looked for in */
    GHashTable *seen;          /* ids of this listing */
    GString *id, *ref, *queue; /* of the item given last */
    struct hq_item_file retry; /* the hints, as they were when the listing began */
    unsigned patience;
    bool use_listing; /* the spool is not for us to read */
    bool listed;
    struct hq_child *child; /* a running "exim -bp" */
};

static void stop(struct hq_layout *layout)
{
    hq_ex_walk_end(&layout->walk);
    hq_file_close(&layout->retry);
    hq_child_free(layout->child);
    layout->child = NULL;
}

static void open_retry(struct hq_layout *layout)
{
    int db = hq_dir_open(layout->root, "db");

    hq_file_close(&layout->retry);
    if (db < 0)
        return;
    hq_file_open(db, "retry", DT_UNKNOWN, &layout->retry);
    if (layout->retry.fd < 0)
        hq_file_init(&layout->retry); /* none, or no file: the hints are lost, no message is */
    close(db);
}

static void exim_rewind(struct hq_layout *layout)
{
    stop(layout);
    layout->listed = false;
    layout->patience = PATIENCE;
    g_hash_table_remove_all(layout->seen);
    hq_ex_dirs_forget(&layout->dirs);
    if (layout->use_listing)
        return;
    hq_ex_walk_start(&layout->walk, layout->root);
    open_retry(layout);
}

static void exim_close(struct hq_layout *layout)
{
    stop(layout);
    hq_ex_dirs_clear(&layout->dirs);
    g_hash_table_destroy(layout->seen);
    g_string_free(layout->id, TRUE);
    g_string_free(layout->ref, TRUE);
    g_string_free(layout->queue, TRUE);
    g_free(layout->path);
    if (layout->root >= 0)
        close(layout->root);
    g_free(layout);
}

/* Opens what can be opened: the spool itself is closed to strangers too. */
static int open_root(const char *path, bool *denied)
{
    /* the root itself may be a link: the user named it */
    int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    int input = root >= 0 ? hq_dir_open(root, "input") : -1;

    *denied = input < 0 && errno == EACCES;
    int error = errno;
    if (input >= 0)
        close(input);
    errno = error;
    return root;
}

static struct hq_layout *exim_open(const char *path, GError **error)
{
    struct hq_layout *layout;
    bool denied;
    int root = open_root(path, &denied);

    if ((root < 0 && !denied) ||
        (denied && (!hq_ex_config_owns(path) || !hq_ex_config_may_list()))) {
        int why = denied ? EACCES : errno;
        hq_error_set(error, why == EACCES ? HQ_EXIT_DENIED : HQ_EXIT_NO_SOURCE, why, "open spool",
                     path,
                     denied && hq_ex_config_owns(path)
                         ? "denied: Exim lists it to root and its own group alone "
                           "(queue_list_requires_admin)"
                         : NULL);
        if (root >= 0)
            close(root);
        return NULL;
    }
    layout = g_new0(struct hq_layout, 1);
    layout->path = g_strdup(path);
    layout->root = root;
    layout->walk.root = -1;
    hq_ex_dirs_init(&layout->dirs, root);
    layout->use_listing = denied;
    hq_file_init(&layout->retry);
    layout->id = g_string_new(NULL);
    layout->ref = g_string_new(NULL);
    layout->queue = g_string_new(NULL);
    layout->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    exim_rewind(layout);
    return layout;
}

/* ---- items ---- */

static void name_item(struct hq_layout *layout, struct hq_item *item, const char *queue,
                      const char *dir, const char *id)
{
    g_string_assign(layout->id, id);
    g_string_printf(layout->ref, "%s%s%s", dir, *id ? "/" : "", id);
    g_string_assign(layout->queue, queue);
    item->queue = layout->queue->str;
    item->id = layout->id->str;
    item->ref = layout->ref->str;
}

static void open_kind(int dir, const char *id, const char *kind, struct hq_item_file *file)
{
    char name[HQ_EX_ID_MAX + 3];

    g_snprintf(name, sizeof name, "%s%s", id, kind);
    if (!hq_file_open(dir, name, DT_UNKNOWN, file) && file->error == ENOENT)
        hq_file_init(file);
}

static bool is_there(const struct hq_item_file *file)
{
    return file->fd >= 0 || file->error;
}

static bool is_removed(const struct hq_item_file *file)
{
    struct stat st;

    return file->fd >= 0 && fstat(file->fd, &st) == 0 && st.st_nlink == 0;
}

/* Half a message: it is just coming or going, or the other half is lost. False: it is gone. */
static bool settle_half(struct hq_layout *layout, int dir, const char *id, struct hq_item *item)
{
    struct hq_item_file *header = &item->files[HQ_EX_HEADER], *data = &item->files[HQ_EX_DATA];

    for (unsigned i = 0; i < PATIENCE_ONE; i++) {
        if (is_removed(is_there(header) ? header : data)) {
            hq_file_close(header);
            hq_file_close(data);
            return false;
        }
        if (!is_there(header)) {
            open_kind(dir, id, "-H", header);
            hq_file_close(data); /* what it was before its other half came is no longer its size */
            open_kind(dir, id, "-D", data);
        }
        if (is_there(header) == is_there(data) || hq_ex_is_locked(data->fd) || !layout->patience)
            break;
        layout->patience--;
        g_usleep(1000);
    }
    return true;
}

static void open_log(struct hq_layout *layout, const char *queue, const char *id,
                     struct hq_item_file *file)
{
    const char splits[] = {'\0', HQ_EX_SPLIT(id)};

    for (unsigned i = 0; i < G_N_ELEMENTS(splits) && !is_there(file); i++) {
        int dir = hq_ex_dirs_get(&layout->dirs, queue, "msglog", splits[i]);
        if (dir >= 0)
            open_kind(dir, id, "", file);
        else if (errno != ENOENT)
            file->error = errno;
    }
}

static void share_retry(const struct hq_layout *layout, struct hq_item_file *file)
{
    *file = layout->retry;
    if (file->fd >= 0)
        file->fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
}

/* Names the queue by what the spool shows of the message's state, in the words of exim(8). A named
 * queue keeps its name in front. */
static void name_queue(struct hq_layout *layout, struct hq_item *item, const char *queue)
{
    const char *state = hq_ex_is_locked(item->files[HQ_EX_DATA].fd)
                            ? is_there(&item->files[HQ_EX_HEADER]) ? "active" : "incoming"
                            : "input";

    if (*queue && strcmp(state, "input") != 0)
        g_string_printf(layout->queue, "%s/%s", queue, state);
    else
        g_string_assign(layout->queue, *queue ? queue : state);
    item->queue = layout->queue->str;
}

/* False: no such message, or it is gone meanwhile. */
static bool open_message(struct hq_layout *layout, int dir, const char *queue, const char *path,
                         const char *id, struct hq_item *item)
{
    struct hq_item_file *header = &item->files[HQ_EX_HEADER], *data = &item->files[HQ_EX_DATA];

    open_kind(dir, id, "-H", header);
    open_kind(dir, id, "-D", data);
    if ((!is_there(header) && !is_there(data)) ||
        (is_there(header) != is_there(data) && !settle_half(layout, dir, id, item)))
        return false;
    open_kind(dir, id, "-J", &item->files[HQ_EX_JOURNAL]);
    open_log(layout, queue, id, &item->files[HQ_EX_LOG]);
    share_retry(layout, &item->files[HQ_EX_RETRY]);
    name_item(layout, item, queue, path, id);
    name_queue(layout, item, queue);
    return true;
}

static bool list(struct hq_layout *layout, struct hq_item *item, const char *id)
{
    g_string_assign(layout->id, id);
    item->id = layout->id->str;
    item->queue = "input";
    item->listing = true;
    hq_child_free(layout->child);
    layout->child = hq_ex_config_list(&item->files[0]);
    layout->listed = true;
    return true;
}

static bool open_entry(struct hq_layout *layout, const struct hq_ex_entry *entry,
                       struct hq_item *item)
{
    char id[HQ_EX_ID_MAX + 1];
    char kind;

    if (!hq_ex_id_of_file(entry->name, id, &kind) || (kind != 'H' && kind != 'D') ||
        g_hash_table_contains(layout->seen, id) ||
        !open_message(layout, entry->dir, entry->queue, entry->path, id, item))
        return false;
    g_hash_table_add(layout->seen, g_strdup(id));
    return true;
}

static bool exim_next(struct hq_layout *layout, struct hq_item *item)
{
    struct hq_ex_entry entry;

    hq_item_init(item);
    if (layout->use_listing)
        return !layout->listed && list(layout, item, "");
    while (hq_ex_walk_next(&layout->walk, &entry)) {
        if (!entry.name) {
            item->files[0].error = entry.error;
            name_item(layout, item, entry.queue, entry.path, "");
            return true;
        }
        if (open_entry(layout, &entry, item))
            return true;
    }
    return false;
}

/* ---- one message again ---- */

/* The queue's name in "input/ID", "NAME/input/T/ID". NULL: REF is none of ours. */
static char *queue_of_ref(const char *ref)
{
    if (g_str_has_prefix(ref, "input/"))
        return g_strdup("");
    const char *slash = strchr(ref, '/');

    return slash && g_str_has_prefix(slash, "/input/") ? g_strndup(ref, (gsize)(slash - ref))
                                                       : NULL;
}

static bool find_at(struct hq_layout *layout, const char *ref, const char *id, struct hq_item *item)
{
    g_autofree char *queue = queue_of_ref(ref);
    const char *last;
    int dir = queue ? hq_dir_open_parent(layout->root, ref, &last) : -1;

    if (dir < 0)
        return false;
    g_autofree char *parent = g_strndup(ref, (gsize)(last - ref) - 1);
    bool found = strcmp(last, id) == 0 && open_message(layout, dir, queue, parent, id, item);
    close(dir);
    return found;
}

static bool find_in(struct hq_layout *layout, const char *queue, char split, const char *id,
                    struct hq_item *item)
{
    int dir = hq_ex_dirs_get(&layout->dirs, queue, "input", split);
    g_autofree char *path = g_strdup(layout->dirs.path->str);

    return dir >= 0 && open_message(layout, dir, queue, path, id, item);
}

/* In the directories that are open; then anew, since queues come and go. */
static bool find_anywhere(struct hq_layout *layout, const char *id, struct hq_item *item)
{
    for (bool fresh = !layout->dirs.queues;; fresh = true) {
        if (fresh)
            hq_ex_dirs_forget(&layout->dirs);
        const GPtrArray *queues = hq_ex_dirs_queues(&layout->dirs);
        for (guint i = 0; i < queues->len; i++)
            if (find_in(layout, queues->pdata[i], '\0', id, item) ||
                find_in(layout, queues->pdata[i], HQ_EX_SPLIT(id), id, item))
                return true;
        if (fresh)
            return false;
    }
}

static bool exim_find(struct hq_layout *layout, const char *ref, const char *id,
                      struct hq_item *item)
{
    hq_item_init(item);
    if (layout->use_listing)
        return list(layout, item, id);
    bool found = hq_ex_id_ok(id, strlen(id)) &&
                 (find_at(layout, ref, id, item) || find_anywhere(layout, id, item));
    errno = ENOENT;
    return found;
}

static void exim_configure(struct hq_layout *layout, struct hq_context *context)
{
    if (hq_ex_config_owns(layout->path))
        hq_ex_config_apply(context);
}

static const char *exim_hidden(const struct hq_layout *layout)
{
    return layout->use_listing ? "only root and Exim's group may read the spool: what exim -bp "
                                 "tells is here, reasons, headers, clients and retry times are not"
                               : NULL;
}

static const char *exim_idle(struct hq_layout *layout)
{
    static const char *const options[] = {"-bd", "-bw", "-q", NULL};

    return hq_ex_config_owns(layout->path) &&
                   hq_daemon_find("exim", NULL, options) == HQ_DAEMON_NONE
               ? "no daemon of Exim is running: nothing is tried but by queue runs that something "
                 "else starts (exim -q)"
               : NULL;
}

static const char *exim_why_not(const char *path)
{
    static const char *const names[] = {"input", "msglog", "db", NULL};

    return hq_dir_may_have(path, names) ? NULL
                                        : "no spool of Exim: neither input, msglog nor db is in it";
}

const struct hq_layout_ops hq_exim_layout = {.prepare = hq_ex_config_find,
                                             .open = exim_open,
                                             .why_not = exim_why_not,
                                             .close = exim_close,
                                             .rewind = exim_rewind,
                                             .next = exim_next,
                                             .find = exim_find,
                                             .configure = exim_configure,
                                             .hidden = exim_hidden,
                                             .idle = exim_idle};
