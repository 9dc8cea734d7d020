/* SPDX-License-Identifier: ISC */
/* Opening what makes one message of OpenSMTPD. */
#ifndef HOPQ_SPOOL_OPENSMTPD_ITEM_H
#define HOPQ_SPOOL_OPENSMTPD_ITEM_H

#include "walk.h"

enum hq_smtpd_found {
    HQ_SMTPD_GONE, /* it is not there; ITEM has no files */
    HQ_SMTPD_ODD,  /* it lacks a part, which may be its beginning or its end just now */
    HQ_SMTPD_FOUND
};

/* The message in the directory NAME of DIR, which lies in PLACE of the spool ROOT. What of it
 * cannot be read is told by the files of ITEM, which must be empty. */
enum hq_smtpd_found hq_smtpd_item_open(int root, enum hq_smtpd_place place, int dir,
                                       const char *name, struct hq_item *item);

/* The file NAME of temporary/ (DIR), when nothing else is left of its message. Text that comes in
 * has a directory in incoming/ from its beginning to its end; smtpd drops what has none when it
 * starts. */
bool hq_smtpd_item_open_rest(int root, int dir, const char *name, struct hq_item *item);

/* Closes all files of ITEM. */
void hq_smtpd_item_clear(struct hq_item *item);

#endif
