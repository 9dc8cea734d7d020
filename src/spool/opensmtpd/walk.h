/* SPDX-License-Identifier: ISC */
/* A walk through OpenSMTPD's spool: the directories of messages in incoming/ID, queue/XX/ID (XX are
 * the first two digits of ID) and corrupt/ID, and the files in offline/ and temporary/. One name at
 * a time, as readdir gives them. queue_fs.c and queue_backend.c of 6.8 and 7; corrupt/ is of 6.3
 * and older. */
#ifndef HOPQ_SPOOL_OPENSMTPD_WALK_H
#define HOPQ_SPOOL_OPENSMTPD_WALK_H

#include "spool/files.h"
#include <glib.h>

/* In the direction of the flow: a message that moves on while we look is seen twice rather than
 * never. */
enum hq_smtpd_place {
    HQ_SMTPD_OFFLINE,
    HQ_SMTPD_TEMPORARY, /* text that is coming in, by the id of its message */
    HQ_SMTPD_INCOMING,
    HQ_SMTPD_QUEUE,
    HQ_SMTPD_CORRUPT,
    HQ_SMTPD_PLACES
};

/* Names of the directories, and of the queues that users see. */
extern const char *const hq_smtpd_places[HQ_SMTPD_PLACES];

struct hq_smtpd_walk {
    int root;       /* borrowed */
    unsigned place; /* enum hq_smtpd_place */
    DIR *dir;       /* of the place; NULL: to be opened */
    DIR *bucket;    /* of queue/: the one at hand */
    GString *path;  /* of the directory at hand */
};

struct hq_smtpd_entry {
    enum hq_smtpd_place place;
    const char *path;   /* of its directory, or of the one that cannot be read */
    int dir;            /* descriptor of it, borrowed */
    const char *name;   /* NULL: the directory cannot be read */
    unsigned char type; /* d_type */
    int error;
};

void hq_smtpd_walk_start(struct hq_smtpd_walk *walk, int root);
void hq_smtpd_walk_end(struct hq_smtpd_walk *walk);
/* The next name; false: no more. What it gives is valid until the next call. */
bool hq_smtpd_walk_next(struct hq_smtpd_walk *walk, struct hq_smtpd_entry *entry);

#endif
