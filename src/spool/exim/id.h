/* SPDX-License-Identifier: ISC */
/* Message ids of Exim, and the names of the files that belong to them. */
#ifndef HOPQ_SPOOL_EXIM_ID_H
#define HOPQ_SPOOL_EXIM_ID_H

#include <stdbool.h>
#include <stddef.h>

#define HQ_EX_ID_MAX 23

/* The first N bytes of S are an id: base 62 in groups of 6-6-2, since 4.97 6-11-4 (Exim
 * specification, "Message identification"). */
bool hq_ex_id_ok(const char *s, size_t n);

/* The id in NAME, which is the id and a hyphen and KIND ('H', 'D', …). False: it is no such name.
 */
bool hq_ex_id_of_file(const char *name, char id[HQ_EX_ID_MAX + 1], char *kind);

/* The subdirectory of a split spool is named by this character of the id (4.96
 * src/functions.h, set_subdir_str()). */
#define HQ_EX_SPLIT(id) ((id)[5])

#endif
