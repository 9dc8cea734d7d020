/* SPDX-License-Identifier: ISC */
/* "queue compression" of OpenSMTPD: gzip around each file (compress_gzip.c). */
#ifndef HOPQ_SPOOL_OPENSMTPD_GZIP_H
#define HOPQ_SPOOL_OPENSMTPD_GZIP_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* How smtpd has written a file, by its first bytes (smtpctl.c). */
enum hq_smtpd_form { HQ_SMTPD_PLAIN, HQ_SMTPD_GZIP, HQ_SMTPD_ENCRYPTED };

enum hq_smtpd_form hq_smtpd_form(const char *bytes, size_t n);

/* Appends what N BYTES hold to OUT, at most MAX bytes. False: they are damaged or end too early;
 * what could be had is there. */
bool hq_smtpd_inflate(const char *bytes, size_t n, size_t max, GString *out);

/* The same of the file FD, of SIZE bytes, of which no more is read than MAX asks for. */
bool hq_smtpd_inflate_file(int fd, int64_t size, size_t max, GString *out);

/* How many bytes the gzip file FD of SIZE bytes holds, as it says at its end; HQ_NONE. */
int64_t hq_smtpd_inflated_size(int fd, int64_t size);

#endif
