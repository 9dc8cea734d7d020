/* SPDX-License-Identifier: ISC */
/* Reading and writing descriptors: whole, bounded, EINTR and short counts dealt with. */
#ifndef HOPQ_IO_H
#define HOPQ_IO_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Appends up to MAX bytes from FD at OFFSET (pread; where FD cannot seek, read). Returns the
 * bytes read, -1 with errno; fewer than MAX means the end of the file. */
ssize_t hq_io_read_at(int fd, int64_t offset, size_t max, GString *out);

/* Writes all N bytes (blocking descriptor); false with errno. */
bool hq_io_write_all(int fd, const void *bytes, size_t n);

/* All of a small file of ours (configuration, theme), at most MAX bytes. NULL and ERROR: "open",
 * "read" or "larger than". Caller frees with g_free. */
char *hq_io_slurp(const char *path, size_t max, size_t *length, GError **error);

#endif
