/* SPDX-License-Identifier: ISC */
/* Files of one message in Sendmail's queue: see item.h. */
#include "item.h"
#include "sendmail.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* While mail comes in, a data file has no control file, and a temporary control file no lock, for a
 * moment only. */
#define YOUNG (60 * HQ_SECOND)

/* Milliseconds in all that a listing waits for locks of new control files. */
#define PATIENCE 100

void hq_sm_items_init(struct hq_sm_items *items)
{
    hq_sm_places_init(&items->places);
    hq_locks_init(&items->locks);
    items->id = g_string_new(NULL);
    items->ref = g_string_new(NULL);
    items->queue = g_string_new(NULL);
}

void hq_sm_items_clear(struct hq_sm_items *items)
{
    hq_sm_places_clear(&items->places);
    hq_locks_clear(&items->locks);
    g_string_free(items->id, TRUE);
    g_string_free(items->ref, TRUE);
    g_string_free(items->queue, TRUE);
}

static void append_part(GString *path, const char *part)
{
    if (*part && path->len && path->str[path->len - 1] != ':')
        g_string_append_c(path, '/');
    g_string_append(path, part);
}

void hq_sm_item_name(struct hq_sm_items *items, struct hq_item *item, const struct hq_sm_spot *spot,
                     const char *name, const char *kind)
{
    const char *id = hq_sm_id_of(name);

    g_string_assign(items->id, id ? id : "");
    g_string_printf(items->queue, "%s%s", spot->place->name, kind);
    g_string_truncate(items->ref, 0);
    if (id) /* else it is a directory's path that somebody reads */
        g_string_printf(items->ref, "%u:", spot->place->root);
    append_part(items->ref, spot->place->path);
    append_part(items->ref, spot->subdir);
    append_part(items->ref, name);
    item->id = items->id->str;
    item->ref = items->ref->str;
    item->queue = items->queue->str;
}

static void open_beside(int dir, char letter, const char *id, struct hq_item_file *file)
{
    g_autofree char *name = g_strdup_printf("%cf%s", letter, id);

    hq_file_init(file);
    if (dir >= 0)
        hq_file_open(dir, name, DT_UNKNOWN, file);
    else
        file->error = EACCES;
}

/* A data file may be in another directory of the queue (its d line tells which; we do not look). */
static void open_elsewhere(struct hq_sm_items *items, const char *id, struct hq_item_file *file)
{
    for (guint i = 0; i < items->places.all->len && file->fd < 0; i++) {
        struct hq_sm_parts parts;
        if (hq_sm_parts_open(&parts, &items->places, items->places.all->pdata[i]))
            open_beside(parts.data, 'd', id, file);
        hq_sm_parts_close(&parts);
    }
    if (file->fd < 0)
        file->error = ENOENT;
}

static bool is_there(int dir, const char *name)
{
    struct stat st;

    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_young(const struct hq_item_file *file)
{
    gint64 age = g_get_real_time() - file->mtime;

    return age < YOUNG && age > -YOUNG;
}

/* A new control file is made, locked and then written, in this order (queue.c, queueup()), so one
 * that is empty may be about to be locked. */
static bool is_locked(struct hq_sm_items *items, struct hq_item_file *control)
{
    bool locked = hq_locks_has(&items->locks, control->fd);
    struct stat st;

    while (!locked && control->size == 0 && is_young(control) && items->patience) {
        items->patience--;
        g_usleep(1000);
        hq_locks_forget(&items->locks);
        locked = hq_locks_has(&items->locks, control->fd);
        if (fstat(control->fd, &st) == 0)
            control->size = st.st_size;
    }
    return locked;
}

static const char *kind_of(char letter, bool locked, const struct hq_item_file *control)
{
    if (letter == 'Q')
        return HQ_SM_LOST;
    if (letter == 't')
        return locked || is_young(control) ? HQ_SM_INCOMING : HQ_SM_LOST;
    if (letter == 'h')
        return HQ_SM_QUARANTINED;
    return locked ? HQ_SM_ACTIVE : "";
}

bool hq_sm_item_open(struct hq_sm_items *items, const struct hq_sm_spot *spot, const char *name,
                     unsigned char type, struct hq_item *item)
{
    struct hq_item_file *control = &item->files[HQ_SM_CONTROL];
    struct hq_item_file *data = &item->files[HQ_SM_DATA];
    const char *id = hq_sm_id_of(name);
    bool locked;

    if (!hq_file_open(spot->dir, name, type, control) && control->error == ENOENT) {
        hq_file_init(control);
        return false;
    }
    locked = control->fd >= 0 && is_locked(items, control);
    hq_sm_item_name(items, item, spot, name, kind_of(name[0], locked, control));
    if (control->fd < 0)
        return true;
    open_beside(spot->parts->data, 'd', id, data);
    if (data->error == ENOENT) {
        if (!is_there(spot->dir, name)) { /* it was delivered: the data file goes first */
            close(control->fd);
            hq_item_init(item);
            return false;
        }
        open_elsewhere(items, id, data);
    }
    if (locked)
        open_beside(spot->parts->transcript, 'x', id, &item->files[HQ_SM_TRANSCRIPT]);
    return true;
}

bool hq_sm_item_find(struct hq_sm_items *items, const struct hq_sm_place *place,
                     const struct hq_sm_parts *parts, const char *id, struct hq_item *item)
{
    const struct hq_sm_spot spot = {place, parts, parts->split_control ? "qf" : "", parts->control};

    for (const char *letter = "qhQ"; *letter && parts->control >= 0; letter++) {
        g_autofree char *name = g_strdup_printf("%cf%s", *letter, id);
        if (hq_sm_item_open(items, &spot, name, DT_UNKNOWN, item))
            return true;
    }
    return false;
}

static bool open_alone(struct hq_sm_items *items, const struct hq_sm_place *place,
                       const struct hq_sm_parts *parts, const char *name, struct hq_item *item)
{
    struct hq_item_file *data = &item->files[HQ_SM_DATA];
    struct hq_sm_spot spot = {place, parts, "", -1};

    if (name[0] == 't') {
        spot.subdir = parts->split_control ? "qf" : "";
        spot.dir = parts->control;
        return spot.dir >= 0 && hq_sm_item_open(items, &spot, name, DT_UNKNOWN, item);
    }
    open_beside(parts->data, 'd', hq_sm_id_of(name), data);
    if (data->fd < 0 && data->error == ENOENT)
        return false;
    bool receiving = data->fd >= 0 && (hq_locks_has(&items->locks, data->fd) || is_young(data));
    if (data->fd < 0)
        item->files[HQ_SM_CONTROL].error = data->error;
    spot.subdir = parts->split_data ? "df" : "";
    hq_sm_item_name(items, item, &spot, name, receiving ? HQ_SM_INCOMING : HQ_SM_LOST);
    return true;
}

bool hq_sm_item_alone(struct hq_sm_items *items, const struct hq_sm_place *place,
                      const struct hq_sm_parts *parts, const char *id, struct hq_item *item)
{
    for (const char *letter = "td"; *letter; letter++) {
        g_autofree char *name = g_strdup_printf("%cf%s", *letter, id);
        if (open_alone(items, place, parts, name, item))
            return true;
    }
    return false;
}

void hq_sm_items_rewind(struct hq_sm_items *items)
{
    hq_locks_forget(&items->locks);
    items->patience = PATIENCE;
}

/* ---- one message again ---- */

static bool find_in(struct hq_sm_items *items, const struct hq_sm_place *place, const char *id,
                    struct hq_item *item)
{
    struct hq_sm_parts parts;
    bool found = hq_sm_parts_open(&parts, &items->places, place) &&
                 (hq_sm_item_find(items, place, &parts, id, item) ||
                  hq_sm_item_alone(items, place, &parts, id, item));

    hq_sm_parts_close(&parts);
    return found;
}

/* REF begins with the place's root and path: "0:q1/qf/qfID". */
static bool is_at(const struct hq_sm_place *place, const char *ref)
{
    char *rest;
    size_t n = strlen(place->path);

    return strtoul(ref, &rest, 10) == place->root && *rest == ':' &&
           strncmp(rest + 1, place->path, n) == 0 && (n == 0 || rest[1 + n] == '/');
}

bool hq_sm_items_find(struct hq_sm_items *items, const char *ref, const char *id,
                      struct hq_item *item)
{
    const GPtrArray *all = items->places.all;

    for (unsigned round = 0; round < 2; round++)
        for (guint i = 0; i < all->len; i++) {
            const struct hq_sm_place *place = all->pdata[i];
            if (is_at(place, ref) == (round == 0) && find_in(items, place, id, item))
                return true;
        }
    return false;
}
