/* SPDX-License-Identifier: ISC */
/* The helpers of a session: started, connected with each other, and replaced when they die. There
 * is one [spool], one [dns], and a [parse] for each of a few processors. */
#ifndef HOPQ_PROC_SESSION_HELPERS_H
#define HOPQ_PROC_SESSION_HELPERS_H

#include "proc/helper.h"
#include "proc/session.h"
#include "proc/wire.h"

struct hq_helpers;

struct hq_helper_name {
    enum hq_role role;
    unsigned number; /* of several with the role, from 0 */
};

struct hq_helpers_events {
    /* A frame for the front. False: it is none that a sound helper sends; the helper is killed. */
    bool (*frame)(const struct hq_helper_name *from, struct hq_frame *frame, void *data);
    /* A helper has died, and is replaced if it could be; TEXT for the user. */
    void (*death)(const struct hq_helper_name *who, const char *text, void *data);
};

/* Starts all, then drops the front's own privileges. */
struct hq_helpers *hq_helpers_start(const struct hq_session_options *options,
                                    const struct hq_helpers_events *events, void *data,
                                    GError **error);
void hq_helpers_stop(struct hq_helpers *helpers); /* NULL is fine */

/* The ways to them; NULL: it is dead. Of several parsers the first that lives. */
struct hq_channel *hq_helpers_spool(struct hq_helpers *helpers);
struct hq_channel *hq_helpers_parse(struct hq_helpers *helpers);
struct hq_channel *hq_helpers_act(struct hq_helpers *helpers);
/* Lets [spool] send more. */
void hq_helpers_batch_done(struct hq_helpers *helpers, int64_t number);

/* At least one of them. */
bool hq_helpers_alive(const struct hq_helpers *helpers, enum hq_role role);
/* What the first of them said of its confinement; NULL: nothing yet. */
const char *hq_helpers_words(const struct hq_helpers *helpers, enum hq_role role);

#endif
