/* SPDX-License-Identifier: ISC */
/* How Sendmail's queues are changed: by sendmail(8) with a queue run limited to ids, and for what
 * it has no tool for, deleting, by its own protocol: whoever holds the lock of the control file
 * owns the message (sendmail/queue.c, readqf(), 8.17). */
#include "hopq/change.h"
#include "config.h"
#include "hopq/error.h"
#include "item.h"
#include "sendmail.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SENDMAIL HQ_SM_PROGRAM

/* A queue run compares each name in the queue with every id that it is limited to. Up to some
 * thousand ids the walk through the queue costs more than that, and few runs are better, as they go
 * on in the background. */
#define BATCH 2000

/* The queue of a message in the submission program's directories, when the source is another. */
#define OTHER "/submission"

/* Ids since 8.12: eight characters of time and sequence, then the process in six or seven digits
 * (queue.c, assign_queueid()). The limit of a queue run is a part of a name: a shorter one would
 * match others. */
#define ID_MIN 14
#define ID_MAX 15

/* Queue directories that are kept open, at four descriptors each. */
#define PLACES_OPEN 50

struct hq_changer {
    struct hq_sm_items items;
    struct hq_sm_config *config;
    guint first, last;  /* roots of the submission program, whose tool is another */
    GHashTable *pieces; /* char *: the parts of longer ids that are as long as the shortest id; as
                           of the batch's beginning */
    GArray *parts;      /* struct hq_sm_parts: of the places, in their order, for the batch */
};

static void close_parts(struct hq_changer *changer)
{
    for (guint i = 0; i < changer->parts->len; i++)
        hq_sm_parts_close(&g_array_index(changer->parts, struct hq_sm_parts, i));
    g_array_set_size(changer->parts, 0);
}

/* Once for a batch: opening them takes longer than all else that is done to a message. */
static void open_parts(struct hq_changer *changer)
{
    const struct hq_sm_places *places = &changer->items.places;

    close_parts(changer);
    for (guint i = 0; i < MIN(places->all->len, PLACES_OPEN); i++) {
        struct hq_sm_parts parts;
        hq_sm_parts_open(&parts, places, places->all->pdata[i]);
        g_array_append_val(changer->parts, parts);
    }
}

static void sendmail_close(struct hq_changer *changer)
{
    close_parts(changer);
    g_array_free(changer->parts, TRUE);
    hq_sm_items_clear(&changer->items);
    hq_sm_config_free(changer->config);
    g_hash_table_destroy(changer->pieces);
    g_free(changer);
}

static void add_others(struct hq_changer *changer)
{
    struct hq_sm_places *places = &changer->items.places;

    for (char **path = changer->config->others; *path; path++)
        hq_sm_places_add_group(places, *path);
    changer->first = places->roots->len;
    for (char **path = changer->config->submission; *path; path++)
        hq_sm_places_add_root(places, *path);
    changer->last = places->roots->len;
}

static struct hq_changer *sendmail_open(const char *path, GError **error)
{
    struct hq_sm_config *config = hq_sm_config_find(path);
    struct hq_changer *changer;

    if (!config) {
        hq_error_set(error, HQ_EXIT_DENIED, 0, "open for changes", path,
                     "no Sendmail of this machine works in this queue");
        return NULL;
    }
    changer = g_new0(struct hq_changer, 1);
    changer->config = config;
    changer->pieces = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    changer->parts = g_array_new(FALSE, FALSE, sizeof(struct hq_sm_parts));
    hq_sm_items_init(&changer->items);
    if (!hq_sm_places_add_root(&changer->items.places, path)) {
        hq_error_set(error, errno == EACCES ? HQ_EXIT_DENIED : HQ_EXIT_NO_SOURCE, errno,
                     "open for changes", path, NULL);
        sendmail_close(changer);
        return NULL;
    }
    add_others(changer);
    return changer;
}

static bool sendmail_id_ok(const char *id)
{
    size_t n = strlen(id);

    return hq_sm_id_ok(id) && n >= ID_MIN && n <= ID_MAX && strspn(id + 8, "0123456789") == n - 8;
}

/* "m": by sendmail.cf, "c": by submit.cf. */
static const char *sendmail_value(struct hq_changer *changer, const char *name)
{
    return strcmp(name, "program") != 0 ? NULL : changer->config->is_submission ? "c" : "m";
}

static const char *sendmail_unfit(enum hq_verb verb, const char *queue)
{
    static const struct {
        const char *kind; /* "": just waiting */
        unsigned verbs;   /* that make no sense there */
        const char *why;
    } rules[] = {
        {HQ_SM_INCOMING, ~0u, "it is still being received"},
        {HQ_SM_LOST, ~(1u << HQ_VERB_DELETE), "Sendmail has lost it, and its tools pass over it"},
        {HQ_SM_QUARANTINED, 1u << HQ_VERB_HOLD, "it is quarantined already"},
        {HQ_SM_QUARANTINED, 1u << HQ_VERB_FLUSH, "it is quarantined: release it first"},
        {HQ_SM_ACTIVE, ~0u, "Sendmail is at work on it"},
        {OTHER, ~0u,
         "it is in the queue of the submission program: name that queue as a source of its own"},
    };
    bool plain = true;

    for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++) {
        if (!g_str_has_suffix(queue, rules[i].kind))
            continue;
        plain = false;
        if (rules[i].verbs & 1u << verb)
            return rules[i].why;
    }
    return plain && verb == HQ_VERB_RELEASE ? "it is not quarantined" : NULL;
}

static void note_pieces(const char *id, void *data)
{
    size_t n = strlen(id);

    for (size_t i = 0; n > ID_MIN && i + ID_MIN <= n; i++)
        g_hash_table_add(data, g_strndup(id + i, ID_MIN));
}

/* Queue directories come and go; so do ids that contain others. */
static void sendmail_begin(struct hq_changer *changer, G_GNUC_UNUSED enum hq_verb verb,
                           G_GNUC_UNUSED bool after, G_GNUC_UNUSED const char *const *ids,
                           G_GNUC_UNUSED unsigned count)
{
    g_hash_table_remove_all(changer->pieces);
    hq_sm_items_rewind(&changer->items);
    hq_sm_places_discover(&changer->items.places, note_pieces, changer->pieces);
    open_parts(changer);
}

static bool is_part_of_another(const struct hq_changer *changer, const char *id)
{
    return strlen(id) == ID_MIN && g_hash_table_contains(changer->pieces, id);
}

/* The parts of place I. Those that are not kept open are opened in OWN, which the caller closes. */
static const struct hq_sm_parts *parts_of(const struct hq_changer *changer, guint i,
                                          struct hq_sm_parts *own)
{
    const struct hq_sm_places *places = &changer->items.places;

    *own = (struct hq_sm_parts){-1, -1, -1, -1, false, false};
    if (i < changer->parts->len)
        return &g_array_index(changer->parts, struct hq_sm_parts, i);
    hq_sm_parts_open(own, places, places->all->pdata[i]);
    return own;
}

static bool find_in(struct hq_changer *changer, guint i, const char *id, bool alone,
                    struct hq_item *item)
{
    const struct hq_sm_place *place = changer->items.places.all->pdata[i];
    struct hq_sm_parts own;
    const struct hq_sm_parts *parts = parts_of(changer, i, &own);
    bool found = false;

    hq_item_init(item);
    if (parts->self >= 0)
        found = alone ? hq_sm_item_alone(&changer->items, place, parts, id, item)
                      : hq_sm_item_find(&changer->items, place, parts, id, item);
    hq_sm_parts_close(&own);
    return found;
}

/* The place of message ID, with ITEM's files open; NULL: it is nowhere. */
static const struct hq_sm_place *find(struct hq_changer *changer, const char *id,
                                      struct hq_item *item)
{
    const GPtrArray *all = changer->items.places.all;

    for (unsigned round = 0; round < 2; round++) /* what has no control file is looked for last */
        for (guint i = 0; i < all->len; i++)
            if (find_in(changer, i, id, round == 1, item))
                return all->pdata[i];
    return NULL;
}

static void sendmail_look(struct hq_changer *changer, const char *id, struct hq_look *look)
{
    struct hq_item item;

    *look = (struct hq_look){.stamp = HQ_NONE, .mtime = HQ_NONE};
    const struct hq_sm_place *place = find(changer, id, &item);
    if (!place)
        return;
    const struct hq_item_file *files = item.files;
    bool data = files[HQ_SM_DATA].fd >= 0;
    look->queue = g_intern_string(item.queue);
    look->stamp = files[data ? HQ_SM_DATA : HQ_SM_CONTROL].stamp;
    look->mtime = files[HQ_SM_CONTROL].mtime;
    look->mode = files[HQ_SM_CONTROL].mode;
    look->busy = g_str_has_suffix(item.queue, HQ_SM_ACTIVE) || is_part_of_another(changer, id) ||
                 (files[HQ_SM_CONTROL].fd >= 0 &&
                  hq_locks_has(&changer->items.locks, files[HQ_SM_CONTROL].fd));
    if (place->root >= changer->first && place->root < changer->last)
        look->queue = OTHER;
    hq_item_close(&item);
}

static bool is_quarantined(const struct hq_look *look)
{
    return look->queue && g_str_has_suffix(look->queue, HQ_SM_QUARANTINED);
}

static enum hq_seen seen(bool done)
{
    return done ? HQ_SEEN_DONE : HQ_SEEN_NOT;
}

/* Attempts go on in the background. They show by the lock, and in the end by a new control file or
 * none. */
static enum hq_seen sendmail_judge(enum hq_verb verb, const struct hq_look *before,
                                   const struct hq_look *after)
{
    bool other = !after->queue || after->stamp != before->stamp;

    switch (verb) {
    case HQ_VERB_HOLD:
        return seen(is_quarantined(after) && !other);
    case HQ_VERB_RELEASE:
        return seen(other || !is_quarantined(after));
    case HQ_VERB_DELETE:
        return seen(other);
    default:
        return other || after->busy || after->mtime != before->mtime ? HQ_SEEN_DONE
                                                                     : HQ_SEEN_UNSURE;
    }
}

/* ---- deleting ---- */

/* Opens and locks the file NAME of DIR, and makes sure that it still is that file. -1 with WHY. */
static int lock_file(int dir, const char *name, GString *why)
{
    int fd = openat(dir, name, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    struct stat open, named;

    if (fd < 0) {
        g_string_append(why, g_strerror(errno));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        g_string_append(why,
                        errno == EWOULDBLOCK ? "Sendmail is at work on it" : g_strerror(errno));
    else if (fstat(fd, &open) != 0 || fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) != 0 ||
             open.st_ino != named.st_ino || open.st_dev != named.st_dev || open.st_nlink != 1)
        g_string_append(why, "Sendmail has just worked on it");
    else
        return fd;
    close(fd);
    return -1;
}

static void remove_beside(int dir, char letter, const char *id)
{
    g_autofree char *name = g_strdup_printf("%cf%s", letter, id);

    if (dir >= 0)
        unlinkat(dir, name, 0);
}

/* Also where the data file lies in another directory than its control file. */
static void remove_data(struct hq_changer *changer, const char *id)
{
    for (guint i = 0; i < changer->items.places.all->len; i++) {
        struct hq_sm_parts own;
        const struct hq_sm_parts *parts = parts_of(changer, i, &own);
        remove_beside(parts->data, 'd', id);
        remove_beside(parts->transcript, 'x', id);
        hq_sm_parts_close(&own);
    }
}

/* The control file goes first: without it there is no message, whatever happens to us then. Nothing
 * is synced, as with rm(1): after a crash of the machine the message may be there again. */
static bool delete_at(struct hq_changer *changer, int dir, const char *name, const char *id,
                      GString *why)
{
    int fd = lock_file(dir, name, why);
    bool done = fd >= 0 && unlinkat(dir, name, 0) == 0;

    if (fd >= 0 && !done)
        g_string_append(why, g_strerror(errno));
    if (done)
        remove_data(changer, id);
    if (fd >= 0)
        close(fd);
    return done;
}

static bool sendmail_delete(struct hq_changer *changer, const char *id, GString *why)
{
    struct hq_item item;
    const char *last;
    const struct hq_sm_place *place = find(changer, id, &item);

    if (!place) {
        g_string_append(why, "it is not in the queue any more");
        return false;
    }
    hq_item_close(&item);
    const struct hq_sm_root *root = changer->items.places.roots->pdata[place->root];
    int dir = hq_dir_open_parent(root->fd, strchr(item.ref, ':') + 1, &last);
    bool done = false;
    if (dir >= 0) {
        done = delete_at(changer, dir, last, id, why);
        close(dir);
    } else {
        g_string_append(why, g_strerror(errno));
    }
    return done;
}

const struct hq_changer_ops hq_sendmail_changer =
    {
        .open = sendmail_open,
        .close = sendmail_close,
        .id_ok = sendmail_id_ok,
        .value = sendmail_value,
        .unfit = sendmail_unfit,
        .begin = sendmail_begin,
        .look = sendmail_look,
        .judge = sendmail_judge,
        .ways =
            {
                [HQ_VERB_HOLD] = {{.argv = {SENDMAIL, "-A", "{program}", "-Qheld by hopq",
                                            "-qI{id}"},
                                   .batch = BATCH,
                                   .root = true,
                                   .note = "quarantined messages do not expire"}},
                [HQ_VERB_RELEASE] = {{.argv = {SENDMAIL, "-A", "{program}", "-Q", "-qQ", "-qI{id}"},
                                      .batch = BATCH,
                                      .root = true,
                                      .note = "tried in the next run of the queue"}},
                [HQ_VERB_FLUSH] =
                    {
                        [HQ_SCOPE_IDS] = {.argv = {SENDMAIL, "-A", "{program}", "-qI{id}"},
                                          .batch = BATCH,
                                          .root = true},
                        [HQ_SCOPE_ALL] = {.argv = {SENDMAIL, "-A", "{program}", "-q"},
                                          .root = true},
                    },
                [HQ_VERB_EXPIRE] = {{.refusal = "Sendmail cannot expire a message early "
                                                "(Timeout.queuereturn)"}},
                [HQ_VERB_REQUEUE] = {{.refusal = "Sendmail cannot requeue: each attempt routes the "
                                                 "message again anyway (use flush)"}},
                [HQ_VERB_DELETE] = {{.own = sendmail_delete,
                                     .words =
                                         "removes qf, df and xf of {id}, under Sendmail's lock",
                                     .root = true,
                                     .note = "no bounce is sent"}},
            },
};
