/* SPDX-License-Identifier: ISC */
/* A walk through Exim's queues: input/ of the default queue and NAME/input/ of named ones, each
 * flat and, whatever split_spool_directory says now, in its 62 subdirectories: Exim too takes what
 * an earlier setting left. One name at a time, as readdir gives them. */
#ifndef HOPQ_SPOOL_EXIM_WALK_H
#define HOPQ_SPOOL_EXIM_WALK_H

#include "spool/files.h"
#include <glib.h>

struct hq_ex_walk {
    int root;          /* borrowed */
    GPtrArray *queues; /* char *: names, "" is the default queue */
    guint queue;       /* the one at hand */
    int split;         /* subdirectory at hand: index of its character, -1 the flat directory */
    DIR *dir;          /* NULL: to be opened */
    GString *path;     /* of it below the spool: "input", "NAME/input/T" */
};

struct hq_ex_entry {
    const char *queue; /* "" or a name */
    const char *path;  /* of the directory, or of the one that cannot be read */
    int dir;           /* descriptor of it, borrowed */
    const char *name;  /* NULL: the directory cannot be read */
    int error;
};

void hq_ex_walk_start(struct hq_ex_walk *walk, int root);
void hq_ex_walk_end(struct hq_ex_walk *walk);
/* The next name; false: no more. What it gives is valid until the next call. */
bool hq_ex_walk_next(struct hq_ex_walk *walk, struct hq_ex_entry *entry);

/* The directories of a spool that messages are looked for in, one after the other: they stay open,
 * since to open them takes longer than to look. */
struct hq_ex_dirs {
    int root;          /* borrowed */
    GPtrArray *queues; /* char *: as the walk's; NULL: to be read */
    GHashTable *fds;   /* char *: "input", "NAME/msglog/T"; to descriptor */
    GString *path;
};

void hq_ex_dirs_init(struct hq_ex_dirs *dirs, int root);
void hq_ex_dirs_clear(struct hq_ex_dirs *dirs);
/* All is read and opened anew. */
void hq_ex_dirs_forget(struct hq_ex_dirs *dirs);
const GPtrArray *hq_ex_dirs_queues(struct hq_ex_dirs *dirs);
/* The directory BASE[/SPLIT] of QUEUE ("input", "msglog"); SPLIT '\0' is the flat one. -1 with
 * errno. Borrowed until the next call; DIRS->path has its name below the spool. */
int hq_ex_dirs_get(struct hq_ex_dirs *dirs, const char *queue, const char *base, char split);

/* Exim locks the data file of a message while it receives or delivers (4.96 src/spool_in.c,
 * spool_open_datafile()). FD -1 is not locked. */
bool hq_ex_is_locked(int data);

#endif
