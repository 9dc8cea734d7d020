/* SPDX-License-Identifier: ISC */
/* A walk through OpenSMTPD's spool: see walk.h. */
#include "walk.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

const char *const hq_smtpd_places[HQ_SMTPD_PLACES] = {"offline", "temporary", "incoming", "queue",
                                                      "corrupt"};

void hq_smtpd_walk_start(struct hq_smtpd_walk *walk, int root)
{
    *walk = (struct hq_smtpd_walk){.root = root, .path = g_string_new(NULL)};
}

void hq_smtpd_walk_end(struct hq_smtpd_walk *walk)
{
    hq_dir_stream_end(&walk->bucket);
    hq_dir_stream_end(&walk->dir);
    if (walk->path)
        g_string_free(walk->path, TRUE);
    *walk = (struct hq_smtpd_walk){.root = -1, .place = HQ_SMTPD_PLACES};
}

/* What is not there, or is no directory, is passed over; the rest is told. */
static bool unreadable(const struct hq_smtpd_walk *walk, int error, struct hq_smtpd_entry *entry)
{
    *entry = (struct hq_smtpd_entry){
        .place = walk->place, .path = walk->path->str, .dir = -1, .error = error};
    return error && error != ENOENT && error != ENOTDIR && error != ELOOP;
}

/* The next place. True: it cannot be read, which ENTRY says. */
static bool enter_place(struct hq_smtpd_walk *walk, struct hq_smtpd_entry *entry)
{
    g_string_assign(walk->path, hq_smtpd_places[walk->place]);
    walk->dir = hq_dir_stream(walk->root, hq_smtpd_places[walk->place]);
    if (walk->dir)
        return false;
    bool told = errno != ENOENT;
    unreadable(walk, errno, entry);
    walk->place++;
    return told;
}

/* The bucket NAME of queue/. True: it cannot be read, which ENTRY says. */
static bool enter_bucket(struct hq_smtpd_walk *walk, const char *name, struct hq_smtpd_entry *entry)
{
    g_string_printf(walk->path, "%s/%s", hq_smtpd_places[walk->place], name);
    walk->bucket = hq_dir_stream(dirfd(walk->dir), name);
    return !walk->bucket && unreadable(walk, errno, entry);
}

/* The end of a directory. True: it could not be read to its end. */
static bool leave(struct hq_smtpd_walk *walk, int error, struct hq_smtpd_entry *entry)
{
    bool told = unreadable(walk, error, entry);

    if (walk->bucket) {
        hq_dir_stream_end(&walk->bucket);
    } else {
        hq_dir_stream_end(&walk->dir);
        walk->place++;
    }
    return told;
}

/* One name. True: ENTRY is filled. */
static bool step(struct hq_smtpd_walk *walk, struct hq_smtpd_entry *entry)
{
    DIR *stream = walk->bucket ? walk->bucket : walk->dir;

    errno = 0;
    const struct dirent *found = readdir(stream);
    if (!found)
        return leave(walk, errno, entry);
    if (found->d_name[0] == '.')
        return false;
    if (walk->place == HQ_SMTPD_QUEUE && !walk->bucket)
        return strlen(found->d_name) == 2 && enter_bucket(walk, found->d_name, entry);
    *entry = (struct hq_smtpd_entry){.place = walk->place,
                                     .path = walk->path->str,
                                     .dir = dirfd(stream),
                                     .name = found->d_name,
                                     .type = found->d_type};
    return true;
}

bool hq_smtpd_walk_next(struct hq_smtpd_walk *walk, struct hq_smtpd_entry *entry)
{
    while (walk->place < HQ_SMTPD_PLACES)
        if (walk->dir ? step(walk, entry) : enter_place(walk, entry))
            return true;
    return false;
}
