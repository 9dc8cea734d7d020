/* SPDX-License-Identifier: ISC */
/* Sandbox: gives up everything that a role does not need, for good. */
#ifndef HOPQ_PROC_SANDBOX_H
#define HOPQ_PROC_SANDBOX_H

#include "proc/helper.h"
#include <stdbool.h>
#include <sys/types.h>

/* Confines this process for ROLE (not for HQ_ROLE_ACT). Returns what is in force in words
 * ("seccomp, Landlock ABI 4, uid 65534, no new privileges"); caller frees. Privileges that cannot
 * be dropped end the process; what the kernel does not offer is left out of the words. */
char *hq_sandbox_enter(enum hq_role role);

/* The front: gives up root for the user who called sudo, else nobody. False with errno. Does
 * nothing when not root. */
bool hq_sandbox_drop_front(void);

/* Whether programs that [spool] starts may read all that it may read itself: no, except
 * journalctl. */
void hq_sandbox_lend_reading(bool lend);

/* What follows may take SECONDS of processor time; beyond that SIGPROF ends the process. 0: as long
 * as it likes. Not the clock's time: to wait, on a busy machine or for a slow disk, is no fault of
 * the mail. */
void hq_sandbox_bound_work(unsigned seconds);

#endif
