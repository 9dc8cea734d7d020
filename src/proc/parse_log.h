/* SPDX-License-Identifier: ISC */
/* [parse]'s part in reading the mail log: piece by piece between the batches, then what it tells
 * goes to the front. */
#ifndef HOPQ_PROC_PARSE_LOG_H
#define HOPQ_PROC_PARSE_LOG_H

#include "proc/channel.h"

/* A frame LOG has come, with the descriptors. What is under way is given up. */
void hq_parse_log(struct hq_frame *frame, struct hq_channel *front);

#endif
