/* SPDX-License-Identifier: ISC */
/* Opening what lies below a spool's root, for layouts that run with privileges: never through a
 * symbolic link, never blocking, never anything but a regular file. */
#ifndef HOPQ_SPOOL_FILES_H
#define HOPQ_SPOOL_FILES_H

#include "hopq/change.h"
#include "hopq/spool.h"
#include <dirent.h>

/* An item with no files and empty names. */
void hq_item_init(struct hq_item *item);

/* No file: neither descriptor nor error. */
void hq_file_init(struct hq_item_file *file);
/* Closes it, if it is open; then it is as after hq_file_init(). */
void hq_file_close(struct hq_item_file *file);

/* Opens the regular file NAME (one component) of directory DIR for reading. TYPE is readdir's
 * d_type, DT_UNKNOWN where not known: what it says is no file is not even opened. False with
 * FILE->error (ENOTSUP and MODE when it is no regular file). */
bool hq_file_open(int dir, const char *name, unsigned char type, struct hq_item_file *file);

/* Fills FILE from the descriptor FD, which it then owns; false and closed when it is no regular
 * file. */
bool hq_file_take(int fd, struct hq_item_file *file);

/* Is the last byte a line's end? Not that of an empty file, nor of one that cannot be read. */
bool hq_file_ends_line(const struct hq_item_file *file);

/* Opens the directory NAME (one component) of DIR; -1 with errno. */
int hq_dir_open(int dir, const char *name);

/* The names in the directory PATH below ROOT ("." is ROOT itself), reached as by
 * hq_dir_open_parent(). NULL with errno. */
DIR *hq_dir_stream(int root, const char *path);
/* Closes *STREAM if there is one, and forgets it. */
void hq_dir_stream_end(DIR **stream);

/* Whether PATH has a directory of one of these names (NULL-terminated), or one that cannot be
 * asked for. */
bool hq_dir_may_have(const char *path, const char *const *names);

/* Whether PATH has files, but none that ID tells a message of. */
bool hq_dir_has_only_others(const char *path, const char *(*id)(const char *name));

/* The stamp (struct hq_item_file) of the file NAME of DIR, links not followed, and what else is
 * known of it; ST->stx_mask is 0 when there is no such file. */
struct statx;
int64_t hq_file_stamp(int dir, const char *name, struct statx *st);

/* Sets MARK to the handle of the file NAME in DIR, which stays its own under whatever name until it
 * is deleted. Length 0: the file system has no handles, or the file is not in MOUNT. */
void hq_file_mark(int mount, int dir, const char *name, struct hq_mark *mark);
/* The kernel's number of the mount that ROOT is in; -1: not known. */
int hq_file_mount(int root);
/* True: the file of MARK does not exist any more. False: it does, or nobody can tell. */
bool hq_file_is_gone(int root, const struct hq_mark *mark);

/* Walks from ROOT to the directory that holds the last component of PATH ("deferred/A/AB12"), each
 * step without links, "." or ".."; LAST points to that component. Returns a descriptor that the
 * caller closes, -1 with errno. */
int hq_dir_open_parent(int root, const char *path, const char **last);

#endif
