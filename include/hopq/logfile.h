/* SPDX-License-Identifier: ISC */
/* Where the mail log is and how its bytes come in. As with spools, one half, in [spool], opens
 * files and never looks inside; the other, in [parse], sees descriptors only. The end of the log is
 * read: at most HQ_LOG_BYTES of text, HQ_LOG_AGE back. */
#ifndef HOPQ_LOGFILE_H
#define HOPQ_LOGFILE_H

#include "hopq/log.h"
#include <stdbool.h>

#define HQ_LOG_BYTES (INT64_C(64) << 20)
#define HQ_LOG_AGE   (7 * HQ_DAY)
#define HQ_LOG_FILES 8

struct hq_child;

/* An open log: the file, and its rotated parts, newest first; or a pipe. */
struct hq_log_files {
    char *name;
    int fds[HQ_LOG_FILES];
    unsigned count;
    struct hq_child *child; /* writes into the pipe that is the only descriptor; NULL: files */
};

/* ---- in [spool] ---- */

/* Opens the log NAME: a file, "journal", or a directory of journal files. NULL: the first there
 * is of LOGS (NULL-terminated) and, with JOURNAL, the journal. The journal is read from SINCE on.
 * False with errno. */
bool hq_log_open(struct hq_log_files *files, const char *name, const char *const *logs,
                 bool journal, int64_t since);
/* Closes what is still there. */
void hq_log_close(struct hq_log_files *files);

/* ---- in [parse] ---- */

struct hq_log_reader; /* remembers how far it has come in which file */

/* LOG is borrowed. */
struct hq_log_reader *hq_log_reader_new(struct hq_log *log);
void hq_log_reader_free(struct hq_log_reader *reader);
/* What comes next; takes over the descriptors (newest first). PIPE: the one is a pipe. */
void hq_log_reader_open(struct hq_log_reader *reader, const int *fds, unsigned count, bool pipe,
                        int64_t now);
/* Reads a piece of some hundred kilobytes. False: all is read. */
bool hq_log_reader_step(struct hq_log_reader *reader);

#endif
