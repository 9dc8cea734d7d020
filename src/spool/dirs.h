/* SPDX-License-Identifier: ISC */
/* The layout of queues whose messages are files in a few directories: which directories, which
 * names, and which files belong together is a table row and two functions of each spool. */
#ifndef HOPQ_SPOOL_DIRS_H
#define HOPQ_SPOOL_DIRS_H

#include "files.h"
#include "spools.h"

struct hq_dirs_place {
    const char *queue;
    const char *path; /* below the root; "." is the root */
    bool hashed;      /* the files lie in subdirectories that are numbers */
};

struct hq_dirs {
    const struct hq_dirs_place *places;
    unsigned count;
    /* The message's id in the file name NAME, NULL: it is no message's. */
    const char *(*id)(const char *name);
    /* Opens the files of the message at NAME of the directory DIR, which is PATH; files[0] without
     * descriptor and ENOENT: it is gone. */
    void (*open)(int root, int dir, const char *path, const char *name, struct hq_item *item);
    /* Only where the id is inside the file, so that items come without one: the file name of an
     * id. */
    char *(*name)(const char *id);
    void (*configure)(const char *path, struct hq_context *context);
};

struct hq_layout *hq_dirs_open(const struct hq_dirs *dirs, const char *path, GError **error);
void hq_dirs_close(struct hq_layout *layout);
void hq_dirs_rewind(struct hq_layout *layout);
bool hq_dirs_next(struct hq_layout *layout, struct hq_item *item);
bool hq_dirs_find(struct hq_layout *layout, const char *ref, const char *id, struct hq_item *item);
void hq_dirs_configure(struct hq_layout *layout, struct hq_context *context);

#define HQ_DIRS_LAYOUT(opens, why)                                                           \
    {                                                                                        \
        .open = (opens), .why_not = (why), .close = hq_dirs_close, .rewind = hq_dirs_rewind, \
        .next = hq_dirs_next, .find = hq_dirs_find, .configure = hq_dirs_configure,          \
    }

/* PATH has directories of all these names (NULL-terminated). */
bool hq_dirs_has(const char *path, const char *const *names);

/* Adds the setting NAME: the first line of the small configuration file DIRECTORY/NAME. */
void hq_dirs_setting(struct hq_context *context, const char *directory, const char *name);

/* The host's name, in the file "me" of DIRECTORY: a setting, the hostname, and ours. */
void hq_dirs_me(struct hq_context *context, const char *directory);

/* A small queue file, whole, or its first MAX bytes. Caller gives it back with
 * hq_scratch_give(). */
GString *hq_dirs_slurp(const struct hq_item_file *file, size_t max);

#endif
