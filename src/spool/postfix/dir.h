/* SPDX-License-Identifier: ISC */
/* One directory of Postfix in which files lie by queue id, hashed or not: defer, bounce, and the
 * queues when one message is looked for. */
#ifndef HOPQ_SPOOL_POSTFIX_DIR_H
#define HOPQ_SPOOL_POSTFIX_DIR_H

#include "id.h"
#include "spool/files.h"

struct hq_pf_dir {
    int fd;                             /* -1: not there, or not for us */
    unsigned depth;                     /* of hashing, as its subdirectories tell */
    char hash[2 * HQ_PF_DEPTH_MAX + 1]; /* of the subdirectory open now */
    int hash_fd;                        /* -1: there is none of that hash */
    int error;                          /* why the last one could not be opened; 0 */
};

void hq_pf_dir_open(struct hq_pf_dir *dir, int root, const char *name);
void hq_pf_dir_close(struct hq_pf_dir *dir);

/* The subdirectory that the file of ID belongs in, -1: there is none. Open until the next call. */
int hq_pf_dir_enter(struct hq_pf_dir *dir, const char *id);

/* Opens the file of ID. False: there is none, or it cannot be opened (FILE->error). */
bool hq_pf_dir_find(struct hq_pf_dir *dir, const char *id, struct hq_item_file *file);

#endif
