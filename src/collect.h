/* SPDX-License-Identifier: ISC */
/* Collects a whole scan into a snapshot, for the jobs without a screen. */
#ifndef HOPQ_COLLECT_H
#define HOPQ_COLLECT_H

#include "proc/session.h"
#include "store/rates.h"
#include "store/snapshot.h"
#include "store/trend.h"

/* Lists SOURCES (NULL-terminated; empty: the queues of all MTAs found here). Then
 * reads the mail log LOG as of --log: "off", a name, NULL for the one that belongs to the sources.
 * NULL with ERROR. The caller unrefs. KEPT, when not NULL, takes the session, to be stopped before
 * the snapshot goes. MISSED as of hq_session_add_sources(). */
struct hq_snapshot *hq_collect(const struct hq_session_options *options, const char *const *sources,
                               const char *log, struct hq_session **kept, GError **missed,
                               GError **error);

/* An earlier snapshot, that another session is to be compared with. Both need root to open what
 * they read, and the second to start gives it up: so this one is started first, and read
 * afterwards. */
struct hq_earlier;

struct hq_earlier *hq_earlier_start(const char *path, GError **error);
/* NULL with ERROR. The clock stands as it did. */
struct hq_trend_base *hq_earlier_read(struct hq_earlier *earlier, GError **error);
void hq_earlier_free(struct hq_earlier *earlier); /* NULL is fine */

#endif
