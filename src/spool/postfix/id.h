/* SPDX-License-Identifier: ISC */
/* Queue ids of Postfix, and the directories that they are hashed into. */
#ifndef HOPQ_SPOOL_POSTFIX_ID_H
#define HOPQ_SPOOL_POSTFIX_ID_H

#include <stdbool.h>
#include <stddef.h>

#define HQ_PF_ID_MAX    100 /* mail_queue_id_ok() of global/mail_queue.c */
#define HQ_PF_DEPTH_MAX 10  /* hash_queue_depth: 1 to 10, global/mail_params.h */

/* NAME can be a queue file: letters and digits (and "_"), at most HQ_PF_ID_MAX. */
bool hq_pf_id_ok(const char *name);

/* NAME is what cleanup and postdrop write to before the file has its id: "microseconds.pid"
 * (mail_queue_enter()). */
bool hq_pf_id_is_temporary(const char *name);

/* ID is a long one: seconds, microseconds and inode (enable_long_queue_ids). */
bool hq_pf_id_is_long(const char *id);

/* The directory that ID is hashed into at DEPTH, "" or with a slash behind each level: "E/",
 * "3/6/". */
void hq_pf_id_hash(const char *id, unsigned depth, char hash[2 * HQ_PF_DEPTH_MAX + 1]);

#endif
