/* SPDX-License-Identifier: ISC */
/* What only smtpd's scheduler knows, which is in its memory: what is paused, what is being tried.
 * smtpctl(8) tells it to root, which [spool] is not. So a process is left behind that still is; all
 * it can do is run "smtpctl show queue". */
#ifndef HOPQ_SPOOL_OPENSMTPD_SCHEDULER_H
#define HOPQ_SPOOL_OPENSMTPD_SCHEDULER_H

#include "hopq/spool.h"

/* Path of smtpctl(8): where none is, one where it might be. */
const char *hq_smtpd_ctl(void);

/* Leaves that process behind, where there is an smtpd to ask and we are root. Before that is given
 * up. */
void hq_smtpd_scheduler_prepare(void);

struct hq_smtpd_scheduler;

/* NULL: there is nobody to ask. */
struct hq_smtpd_scheduler *hq_smtpd_scheduler_new(void);
void hq_smtpd_scheduler_free(struct hq_smtpd_scheduler *scheduler);

/* Asks for all envelopes, or those of the message ID. Without an answer there are no lines. */
void hq_smtpd_scheduler_ask(struct hq_smtpd_scheduler *scheduler, const char *id);

/* Opens the lines about the message ID (files[HQ_SMTPD_STATES] of an item); none: no file. */
void hq_smtpd_scheduler_lines(const struct hq_smtpd_scheduler *scheduler, const char *id,
                              struct hq_item_file *file);

#endif
