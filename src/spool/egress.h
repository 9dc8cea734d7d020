/* SPDX-License-Identifier: ISC */
/* Addresses that this machine sends mail from, where its MTA's settings name none. */
#ifndef HOPQ_SPOOL_EGRESS_H
#define HOPQ_SPOOL_EGRESS_H

#include "hopq/context.h"

/* Adds the public addresses of the interfaces that are up. Only where an MTA of this machine was
 * found (it told its name) and nothing else tells: neither the user, nor the MTA's settings, nor a
 * relay host that does the sending. */
void hq_egress_find(struct hq_context *context);

#endif
