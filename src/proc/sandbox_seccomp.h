/* SPDX-License-Identifier: ISC */
/* The system calls that a role may make. */
#ifndef HOPQ_PROC_SANDBOX_SECCOMP_H
#define HOPQ_PROC_SANDBOX_SECCOMP_H

#include "proc/helper.h"

/* Loads the filter of ROLE; anything else kills the process. False: the role has none, or the
 * kernel cannot. */
bool hq_seccomp_enter(enum hq_role role);

#endif
