/* SPDX-License-Identifier: ISC */
/* A walk through Postfix's queue directories and the one-character subdirectories below them: one
 * name at a time, as readdir gives them. */
#ifndef HOPQ_SPOOL_POSTFIX_WALK_H
#define HOPQ_SPOOL_POSTFIX_WALK_H

#include "dir.h"
#include <dirent.h>
#include <glib.h>

/* In the direction of the flow: a message that moves on while we look is seen twice rather than
 * never. */
struct hq_pf_queue {
    const char *name;
    bool logs; /* a delivery may have been tried */
};

#define HQ_PF_QUEUES 6
extern const struct hq_pf_queue hq_pf_queues[HQ_PF_QUEUES];

struct hq_pf_walk {
    int root;                         /* borrowed */
    unsigned queue;                   /* index of the one at hand */
    DIR *levels[HQ_PF_DEPTH_MAX + 1]; /* its directory, and subdirectories below it */
    unsigned depth;                   /* of LEVELS in use */
    GString *path;                    /* of the directory at hand: "deferred/E" */
};

struct hq_pf_entry {
    const struct hq_pf_queue *queue;
    const char *path;   /* of its directory, or of the one that cannot be read */
    int dir;            /* descriptor of it, borrowed */
    const char *name;   /* NULL: the directory cannot be read */
    unsigned char type; /* d_type */
    int error;
};

void hq_pf_walk_start(struct hq_pf_walk *walk, int root);
void hq_pf_walk_end(struct hq_pf_walk *walk);
/* The next file; false: no more. What it gives is valid until the next call. */
bool hq_pf_walk_next(struct hq_pf_walk *walk, struct hq_pf_entry *entry);

#endif
