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

/* Opens the message in the directory NAME of DIR, which lies in PLACE of the spool ROOT. ITEM must
 * be empty; its files say what could not be read. */
enum hq_smtpd_found hq_smtpd_item_open(int root, enum hq_smtpd_place place, int dir,
                                       const char *name, struct hq_item *item);

/* Opens the file NAME of temporary/ (DIR), if nothing else is left of its message. Text that is
 * coming in has a directory in incoming/ from beginning to end; smtpd drops what has none when it
 * starts. */
bool hq_smtpd_item_open_rest(int root, int dir, const char *name, struct hq_item *item);

#endif
