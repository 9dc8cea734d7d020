/* SPDX-License-Identifier: ISC */
/* A hash of bytes for tables in memory. Strings come from strangers, so it is keyed, afresh in
 * every process: nobody can prepare texts that all meet in one slot. */
#ifndef HOPQ_BASE_HASH_H
#define HOPQ_BASE_HASH_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

uint64_t hq_hash_bytes(const void *bytes, size_t n);
/* GHashFunc of C strings. */
guint hq_hash_str(gconstpointer s);
/* Of a mail address, whatever the case of its letters: the same in every process, so no key to a
 * table. Who prepares two addresses of one hash confuses what is counted of them. */
uint32_t hq_hash_address(const char *s, size_t n);

#endif
