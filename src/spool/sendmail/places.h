/* SPDX-License-Identifier: ISC */
/* Queue directories of Sendmail below one or more roots: the flat one, those of a wildcard
 * (QueueDirectory=/var/spool/mqueue/q*), of queue groups, and of the submission program; each may
 * have qf, df and xf as directories. */
#ifndef HOPQ_SPOOL_SENDMAIL_PLACES_H
#define HOPQ_SPOOL_SENDMAIL_PLACES_H

#include "spool/files.h"
#include <glib.h>

struct hq_sm_root {
    char *path;
    char *name; /* of its own files' queue */
    int fd;
};

/* A directory that holds, or may hold, a queue. */
struct hq_sm_place {
    unsigned root;
    unsigned depth;
    char *path; /* below the root, "" is the root itself */
    char *name; /* of the queue: the path, or the root's name */
};

struct hq_sm_places {
    GPtrArray *roots; /* struct hq_sm_root * */
    GPtrArray *all;   /* struct hq_sm_place * */
};

void hq_sm_places_init(struct hq_sm_places *places);
void hq_sm_places_clear(struct hq_sm_places *places);

/* Adds the directory at PATH as a root, and as a place; false with errno. */
bool hq_sm_places_add_root(struct hq_sm_places *places, const char *path);

/* Adds the directory at PATH, which a queue group has, behind the first root. Below that it is a
 * place of it, and its queues tell the group: "slow/q1". */
bool hq_sm_places_add_group(struct hq_sm_places *places, const char *path);

/* Adds NAME, a directory or a link in the directory FD of PLACE, unless it is known or is none that
 * may hold a queue. */
void hq_sm_places_add(struct hq_sm_places *places, const struct hq_sm_place *place, int fd,
                      const char *name, unsigned char type);

/* Looks for all queue directories, and hands the ids of the queues' files to SEEN (may be NULL). */
typedef void (*hq_sm_seen_fn)(const char *id, void *data);
void hq_sm_places_discover(struct hq_sm_places *places, hq_sm_seen_fn seen, void *data);

/* Parts of a place: the directory itself, then where its control and data files and transcripts
 * are. Each is -1 when it is not there or not for us; those after the first are the first's
 * copies where the queue is flat. */
struct hq_sm_parts {
    int self, control, data, transcript;
    bool split_control, split_data; /* in directories of their own */
};

bool hq_sm_parts_open(struct hq_sm_parts *parts, const struct hq_sm_places *places,
                      const struct hq_sm_place *place);
void hq_sm_parts_close(struct hq_sm_parts *parts);

/* "qf6AM18qr6002223": the letter and the id behind it. NULL: no file of a queue. */
const char *hq_sm_id_of(const char *name);
bool hq_sm_id_ok(const char *id);

#endif
