/* SPDX-License-Identifier: ISC */
/* Runs a plan through [act], a batch at a time, from the main loop: between two batches it can be
 * stopped. One at a time for a session. */
#ifndef HOPQ_ACT_RUN_H
#define HOPQ_ACT_RUN_H

#include "act/plan.h"

struct hq_run;

struct hq_run_events {
    void (*progress)(void *data); /* a batch is through */
    void (*finished)(void *data); /* the plan's targets have their fates; the run is freed */
};

/* PLAN outlives it. */
struct hq_run *hq_run_start(struct hq_session *session, struct hq_plan *plan,
                            const struct hq_run_events *events, void *data);
/* After the batch at hand nothing more is done; FINISHED comes then. */
void hq_run_cancel(struct hq_run *run);
/* The batch at hand is not even waited for: FINISHED comes at once. [act] ends that batch, and logs
 * it. */
void hq_run_leave(struct hq_run *run);
/* The same, and nobody is told: FINISHED does not come. NULL is fine. */
void hq_run_drop(struct hq_run *run);
/* "saving 200 of 5000", "delete: 1000 of 5000". Caller frees. */
char *hq_run_describe(const struct hq_run *run);

#endif
