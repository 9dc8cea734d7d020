/* SPDX-License-Identifier: ISC */
/* [spool]'s part in reading the mail log: finds and opens it, and sends it to [parse]. */
#ifndef HOPQ_PROC_SPOOL_LOG_H
#define HOPQ_PROC_SPOOL_LOG_H

#include "proc/spool_scan.h"

/* Opens the log that WISH names and sends it. Without a name: that of the first of SOURCES (struct
 * hq_spool_source *) that has one, as its MTA's configuration says; for the queue of an MTA of this
 * machine also the usual files and the journal. False: there is none, CAUSE says why ("" when none
 * was asked for). */
bool hq_spool_log_send(const GPtrArray *sources, const struct hq_wire_log *wish,
                       struct hq_channel *parser, const char **cause);

#endif
