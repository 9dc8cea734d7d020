/* SPDX-License-Identifier: ISC */
/* A hash of Berkeley DB read page by page: what Debian's Exim keeps its hints in. No library: it
 * would want the file's name, a lock, and trust. */
#ifndef HOPQ_SPOOL_EXIM_DB_H
#define HOPQ_SPOOL_EXIM_DB_H

#include "hopq/spool.h"

typedef void (*hq_ex_db_fn)(const char *key, size_t key_length, const char *value,
                            size_t value_length, void *data);

/* Calls EACH for every pair in FILE, which may be written to meanwhile: what is damaged is passed
 * over. Returns NULL, or why it cannot be read at all. */
const char *hq_ex_db_read(const struct hq_item_file *file, hq_ex_db_fn each, void *data);

#endif
