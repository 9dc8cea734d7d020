/* SPDX-License-Identifier: ISC */
/* OpenSMTPD's spool: an item a message, its envelopes copied into a pack, unread. Files of an item:
 * see opensmtpd.h. */
#include "config.h"
#include "hopq/error.h"
#include "item.h"
#include "opensmtpd.h"
#include "scheduler.h"
#include "spool/daemons.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct hq_layout {
    int root;
    bool ours; /* the spool that the smtpd of this machine works in */
    struct hq_smtpd_walk walk;
    GHashTable *seen;  /* ids of this listing */
    GPtrArray *odd;    /* char *: ids in queue/ that lack a part, looked at once more at the end */
    guint odd_next;    /* of them */
    GString *id, *ref; /* of the item given last */
    struct hq_smtpd_scheduler *scheduler; /* NULL: it cannot be asked */
};

bool hq_opensmtpd_recognise(const char *path)
{
    static const char *const names[] = {"queue", "incoming", "offline"};
    bool all = true;

    for (unsigned i = 0; all && i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = g_build_filename(path, names[i], NULL);
        all = g_file_test(name, G_FILE_TEST_IS_DIR);
    }
    return all;
}

const char *hq_opensmtpd_default(void)
{
    return hq_opensmtpd_recognise(HQ_SMTPD_SPOOL) ? HQ_SMTPD_SPOOL : NULL;
}

static bool is_same(int root, const char *path)
{
    struct stat a, b;

    return fstat(root, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static void smtpd_rewind(struct hq_layout *layout)
{
    hq_smtpd_walk_end(&layout->walk);
    hq_smtpd_walk_start(&layout->walk, layout->root);
    g_hash_table_remove_all(layout->seen);
    g_ptr_array_set_size(layout->odd, 0);
    layout->odd_next = 0;
    if (layout->scheduler)
        hq_smtpd_scheduler_ask(layout->scheduler, NULL);
}

static void smtpd_close(struct hq_layout *layout)
{
    hq_smtpd_walk_end(&layout->walk);
    hq_smtpd_scheduler_free(layout->scheduler);
    g_hash_table_destroy(layout->seen);
    g_ptr_array_free(layout->odd, TRUE);
    g_string_free(layout->id, TRUE);
    g_string_free(layout->ref, TRUE);
    close(layout->root);
    g_free(layout);
}

/* queue/ is smtpd's own, and smtpctl(8) shows it to none but root. */
static bool is_denied(int root)
{
    int fd = hq_dir_open(root, hq_smtpd_places[HQ_SMTPD_QUEUE]);
    bool is = fd < 0 && errno == EACCES;

    if (fd >= 0)
        close(fd);
    return is;
}

static struct hq_layout *smtpd_open(const char *path, GError **error)
{
    /* the root itself may be a link: the user named it */
    int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    bool denied = root < 0 ? errno == EACCES : is_denied(root);
    struct hq_layout *layout;

    if (root < 0 || denied) {
        hq_error_set(error, denied ? HQ_EXIT_DENIED : HQ_EXIT_NO_SOURCE, errno, "open queue", path,
                     denied ? "only root may read it: smtpctl too shows it to nobody else" : NULL);
        if (root >= 0)
            close(root);
        return NULL;
    }
    layout = g_new0(struct hq_layout, 1);
    layout->root = root;
    layout->ours = is_same(root, HQ_SMTPD_SPOOL);
    layout->scheduler = layout->ours ? hq_smtpd_scheduler_new() : NULL;
    layout->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    layout->odd = g_ptr_array_new_with_free_func(g_free);
    layout->id = g_string_new(NULL);
    layout->ref = g_string_new(NULL);
    smtpd_rewind(layout);
    return layout;
}

/* ---- items ---- */

static void name_item(struct hq_layout *layout, struct hq_item *item, enum hq_smtpd_place place,
                      const char *dir, const char *name)
{
    g_string_assign(layout->id, name);
    g_string_assign(layout->ref, dir);
    if (*name) {
        g_string_append_c(layout->ref, '/');
        g_string_append(layout->ref, name);
    }
    item->queue = hq_smtpd_places[place];
    item->id = layout->id->str;
    item->ref = layout->ref->str;
}

static void add_states(const struct hq_layout *layout, struct hq_item *item)
{
    if (layout->scheduler && item->files[HQ_SMTPD_MESSAGE].fd >= 0)
        hq_smtpd_scheduler_lines(layout->scheduler, item->id, &item->files[HQ_SMTPD_STATES]);
}

/* A directory of corrupt/ may have a number behind its id. */
static bool is_message(enum hq_smtpd_place place, const char *name)
{
    g_autofree char *id = g_strndup(name, HQ_SMTPD_MESSAGE_ID);
    size_t n = strlen(id);

    return hq_smtpd_id_ok(id, HQ_SMTPD_MESSAGE_ID) &&
           (name[n] == '\0' || (place == HQ_SMTPD_CORRUPT && name[n] == '.'));
}

/* Opens the name NAME of DIR, a directory of PLACE. */
static enum hq_smtpd_found open_name(const struct hq_layout *layout, enum hq_smtpd_place place,
                                     int dir, const char *name, struct hq_item *item)
{
    bool found;

    hq_item_init(item);
    if (place != HQ_SMTPD_OFFLINE && place != HQ_SMTPD_TEMPORARY)
        return is_message(place, name) ? hq_smtpd_item_open(layout->root, place, dir, name, item)
                                       : HQ_SMTPD_GONE;
    found = place == HQ_SMTPD_TEMPORARY ? hq_smtpd_item_open_rest(layout->root, dir, name, item)
                                        : hq_file_open(dir, name, DT_UNKNOWN, &item->files[0]) ||
                                              item->files[0].error != ENOENT;
    return found ? HQ_SMTPD_FOUND : HQ_SMTPD_GONE;
}

/* False: it is gone, was listed before, or will be listed later. */
static bool open_entry(struct hq_layout *layout, const struct hq_smtpd_entry *entry,
                       struct hq_item *item)
{
    if (g_hash_table_contains(layout->seen, entry->name))
        return false;
    enum hq_smtpd_found found = open_name(layout, entry->place, entry->dir, entry->name, item);
    if (found == HQ_SMTPD_ODD && entry->place == HQ_SMTPD_QUEUE) {
        hq_item_close(item);
        g_ptr_array_add(layout->odd, g_strdup(entry->name));
        return false;
    }
    if (found != HQ_SMTPD_GONE)
        g_hash_table_add(layout->seen, g_strdup(entry->name));
    return found != HQ_SMTPD_GONE;
}

/* The message ID in PLACE, whatever it lacks. */
static bool find_in(struct hq_layout *layout, enum hq_smtpd_place place, const char *id,
                    struct hq_item *item)
{
    g_autofree char *path = place == HQ_SMTPD_QUEUE
                                ? g_strdup_printf("%s/%.2s", hq_smtpd_places[place], id)
                                : g_strdup(hq_smtpd_places[place]);
    g_autofree char *below = g_strconcat(path, "/", id, NULL);
    const char *last;
    int dir = hq_dir_open_parent(layout->root, below, &last);

    if (dir < 0)
        return false;
    enum hq_smtpd_found found = open_name(layout, place, dir, last, item);
    close(dir);
    if (found != HQ_SMTPD_GONE)
        name_item(layout, item, place, path, id);
    return found != HQ_SMTPD_GONE;
}

/* Those that lacked a part and still do. */
static bool next_odd(struct hq_layout *layout, struct hq_item *item)
{
    while (layout->odd_next < layout->odd->len)
        if (find_in(layout, HQ_SMTPD_QUEUE, layout->odd->pdata[layout->odd_next++], item))
            return true;
    return false;
}

static bool next_entry(struct hq_layout *layout, struct hq_item *item)
{
    struct hq_smtpd_entry entry;

    while (hq_smtpd_walk_next(&layout->walk, &entry)) {
        hq_item_init(item);
        if (!entry.name)
            item->files[0].error = entry.error;
        else if (!open_entry(layout, &entry, item))
            continue;
        name_item(layout, item, entry.place, entry.path, entry.name ? entry.name : "");
        return true;
    }
    return false;
}

static bool smtpd_next(struct hq_layout *layout, struct hq_item *item)
{
    if (!next_entry(layout, item) && !next_odd(layout, item))
        return false;
    add_states(layout, item);
    return true;
}

/* ---- one message again ---- */

/* "queue/1f" of a ref; HQ_SMTPD_PLACES: it is none of ours. */
static enum hq_smtpd_place place_of(const char *ref)
{
    size_t n = strcspn(ref, "/");
    unsigned place = 0;

    while (place < HQ_SMTPD_PLACES &&
           (strlen(hq_smtpd_places[place]) != n || strncmp(hq_smtpd_places[place], ref, n) != 0))
        place++;
    return place;
}

static bool has_envelope_id(const char *id)
{
    return hq_smtpd_id_ok(id, HQ_SMTPD_ENVELOPE_ID);
}

static bool smtpd_find(struct hq_layout *layout, const char *ref, const char *id,
                       struct hq_item *item)
{
    enum hq_smtpd_place place = place_of(ref);
    g_autofree char *name = has_envelope_id(id) ? g_strndup(id, HQ_SMTPD_MESSAGE_ID) : g_strdup(id);
    bool found = !strchr(name, '/') && *name && *name != '.';

    if (!found) {
        errno = ENOENT;
        return false;
    }
    hq_item_init(item);
    found = place != HQ_SMTPD_PLACES && find_in(layout, place, name, item);
    for (unsigned i = HQ_SMTPD_INCOMING;
         !found && i < HQ_SMTPD_PLACES && hq_smtpd_id_ok(name, HQ_SMTPD_MESSAGE_ID); i++)
        found = find_in(layout, i, name, item);
    if (found) {
        if (layout->scheduler && hq_smtpd_id_ok(name, HQ_SMTPD_MESSAGE_ID))
            hq_smtpd_scheduler_ask(layout->scheduler, name);
        add_states(layout, item);
        return true;
    }
    errno = ENOENT;
    return false;
}

static bool smtpd_names(const char *id, const char *wanted)
{
    return hq_smtpd_id_ok(id, HQ_SMTPD_MESSAGE_ID) && has_envelope_id(wanted) &&
           strncmp(id, wanted, HQ_SMTPD_MESSAGE_ID) == 0;
}

static void smtpd_configure(struct hq_layout *layout, struct hq_context *context)
{
    if (layout->ours)
        hq_smtpd_config_read(HQ_SMTPD_CONFIG, context);
}

static bool is_down(const struct hq_layout *layout)
{
    static const char *const options[] = {NULL};

    return layout->ours && hq_daemon_find("smtpd", "smtpd: ", options) == HQ_DAEMON_NONE;
}

static const char *smtpd_idle(struct hq_layout *layout)
{
    return is_down(layout) ? "smtpd is not running: no mail is accepted and none is sent" : NULL;
}

static const char *smtpd_hidden(const struct hq_layout *layout)
{
    return layout->ours && !layout->scheduler && !is_down(layout)
               ? "smtpctl could not be asked: which envelopes are paused or being tried is not "
                 "known"
               : NULL;
}

static const char *smtpd_why_not(const char *path)
{
    static const char *const names[] = {"queue",     "incoming", "offline",
                                        "temporary", "corrupt",  NULL};

    return hq_dir_may_have(path, names)
               ? NULL
               : "no spool of OpenSMTPD: neither queue, incoming nor offline is in it";
}

const struct hq_layout_ops hq_opensmtpd_layout = {.prepare = hq_smtpd_scheduler_prepare,
                                                  .open = smtpd_open,
                                                  .why_not = smtpd_why_not,
                                                  .close = smtpd_close,
                                                  .rewind = smtpd_rewind,
                                                  .next = smtpd_next,
                                                  .find = smtpd_find,
                                                  .configure = smtpd_configure,
                                                  .hidden = smtpd_hidden,
                                                  .idle = smtpd_idle,
                                                  .names = smtpd_names};
