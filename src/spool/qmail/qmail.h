/* SPDX-License-Identifier: ISC */
/* The files of a message in qmail's queue, by their place in an item. */
#ifndef HOPQ_SPOOL_QMAIL_H
#define HOPQ_SPOOL_QMAIL_H

enum {
    HQ_QMAIL_MESS,
    HQ_QMAIL_INFO,
    HQ_QMAIL_LOCAL,
    HQ_QMAIL_REMOTE,
    HQ_QMAIL_BOUNCE,
    HQ_QMAIL_TODO
};

#endif
