/* SPDX-License-Identifier: ISC */
/* Envelopes of one message in one piece: OpenSMTPD has a file for each recipient, far more than
 * descriptors can travel at once. The layout half copies them, unread, into a file in memory; the
 * parser half takes them out. */
#ifndef HOPQ_SPOOL_OPENSMTPD_PACK_H
#define HOPQ_SPOOL_OPENSMTPD_PACK_H

#include "hopq/spool.h"

/* smtpd reads no envelope that is larger than its struct envelope, some 8 KiB. */
#define HQ_SMTPD_ENVELOPE_MAX ((size_t)16 * 1024)

/* In front of the bytes of each envelope. */
struct hq_smtpd_part {
    char name[17];   /* of its file: sixteen hexadecimal digits */
    int32_t error;   /* errno, when it could not be opened or read; 0 */
    int64_t size;    /* of its file */
    int64_t mtime;   /* microseconds */
    uint32_t copied; /* bytes that follow */
};

/* ---- layout half ---- */

/* An empty pack: a descriptor, -1 with errno. */
int hq_smtpd_pack_new(void);
/* Adds the file NAME of the directory DIR, of *SIZE bytes; false: it is not there any more. */
bool hq_smtpd_pack_add(int pack, int dir, const char *name, int64_t *size);

/* ---- parser half ---- */

struct hq_smtpd_unpack {
    int fd;
    int64_t offset; /* of what is not in the buffer yet */
    size_t used;
    GString *buffer;
};

void hq_smtpd_unpack_init(struct hq_smtpd_unpack *unpack, int fd);
void hq_smtpd_unpack_clear(struct hq_smtpd_unpack *unpack);
/* The next envelope; TEXT is NUL-terminated, may be written to, and is valid until the next call.
 * False: there is none, or the pack is no pack. */
bool hq_smtpd_unpack_next(struct hq_smtpd_unpack *unpack, struct hq_smtpd_part *part, char **text);

#endif
