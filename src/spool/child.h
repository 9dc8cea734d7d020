/* SPDX-License-Identifier: ISC */
/* A program of the MTA run for its output: argument list, absolute path, nothing of our
 * environment. */
#ifndef HOPQ_SPOOL_CHILD_H
#define HOPQ_SPOOL_CHILD_H

#include "hopq/spool.h"
#include <glib.h>

struct hq_child;

/* The first of PLACES (absolute paths, NULL-terminated) where a program is that none but root can
 * replace; NULL: there is none. */
const char *hq_child_program(const char *const *places);

/* Starts ARGV[0] (an absolute path). *OUT takes the read end of a pipe with its standard output,
 * and with its standard error when MERGE; the caller closes it. NULL with errno. */
struct hq_child *hq_child_start(const char *const *argv, gboolean merge, int *out);

/* Starts ARGV, which lists a queue: FILE takes all that it writes, or why it could not be started
 * (then NULL). */
struct hq_child *hq_child_list(const char *const *argv, struct hq_item_file *file);

/* Ends it if it still runs, and collects it. NULL is fine. */
void hq_child_free(struct hq_child *child);

/* Runs ARGV and returns what it wrote, at most MAX bytes; NULL when it failed or took longer than
 * TIMEOUT (milliseconds). Caller frees. */
char *hq_child_output(const char *const *argv, size_t max, int timeout);

/* Starts ARGV with INPUT (a file; -1: none) as its standard input, in a process group of its own:
 * what is typed at the terminal does not end it half way. *OUT is for hq_child_end. NULL with
 * errno. */
struct hq_child *hq_child_begin(const char *const *argv, int input, int *out);

/* Waits for its end and collects it. OUTPUT takes the first MAX bytes that it wrote to standard
 * output or error; as long as it writes some of these it is at work, and TIMEOUT (milliseconds)
 * counts anew. Its exit status; -1 with errno: it was killed (ECANCELED), or ended by us after
 * TIMEOUT (ETIME). */
int hq_child_end(struct hq_child *child, int out, size_t max, int timeout, GString *output);

/* The same, but TIMEOUT counts from now on, and a child that is not through by then is left to
 * itself (EINPROGRESS); the main loop collects it. */
int hq_child_watch(struct hq_child *child, int out, size_t max, int timeout, GString *output);

#endif
