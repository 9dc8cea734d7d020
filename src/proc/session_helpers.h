/* SPDX-License-Identifier: ISC */
/* The three helpers of a session: started, connected with each other, and replaced when they die.
 * DNS questions are passed on here, and remembered until they are answered. */
#ifndef HOPQ_PROC_SESSION_HELPERS_H
#define HOPQ_PROC_SESSION_HELPERS_H

#include "proc/helper.h"
#include "proc/session.h"
#include "proc/wire.h"

struct hq_helpers;

struct hq_helpers_events {
    /* A frame for the front. False: it is none that a sound helper sends; the helper is killed. */
    bool (*frame)(enum hq_role role, struct hq_frame *frame, void *data);
    /* A helper has died; TEXT for the user. REPLACED: another one runs. */
    void (*death)(enum hq_role role, const char *text, bool replaced, void *data);
};

/* Starts all, then drops the front's own privileges. */
struct hq_helpers *hq_helpers_start(const struct hq_session_options *options,
                                    const struct hq_helpers_events *events, void *data,
                                    GError **error);
void hq_helpers_stop(struct hq_helpers *helpers); /* NULL is fine */

/* The ways to them; NULL: it is dead. */
struct hq_channel *hq_helpers_spool(struct hq_helpers *helpers);
struct hq_channel *hq_helpers_parse(struct hq_helpers *helpers);
/* Lets [spool] send more. */
void hq_helpers_batch_done(struct hq_helpers *helpers, int64_t number);

bool hq_helpers_alive(const struct hq_helpers *helpers, enum hq_role role);
/* What the helper said of its confinement; NULL: nothing yet. */
const char *hq_helpers_words(const struct hq_helpers *helpers, enum hq_role role);

#endif
