/* SPDX-License-Identifier: ISC */
/* A session's inside, shared by what asks (session.c) and what takes the answers
 * (session_frames.c). */
#ifndef HOPQ_PROC_SESSION_INTERNAL_H
#define HOPQ_PROC_SESSION_INTERNAL_H

#include "proc/session.h"
#include "proc/session_helpers.h"
#include "proc/wire_act.h"

struct hq_session {
    const struct hq_session_events *events;
    void *data;
    struct hq_helpers *helpers;
    struct hq_arena *arena; /* options, kept for restarts */
    struct hq_arena *spare; /* for the records of the next frame; NULL: it is in use */
    struct hq_wire_scan request;
    GPtrArray *names;           /* char *: sources by index */
    GHashTable *held;           /* number of a batch → GPtrArray of struct hq_message * */
    struct hq_decoder *decoder; /* of the scan that runs; NULL: none */
    bool changes;               /* [act] was started */
    bool adding;                /* an answer to ADD is awaited */
    bool logging;               /* a LOGGED is awaited */
    bool checking;              /* a VERDICT is awaited */
    const struct hq_spf *verdict;
    struct hq_arena *verdict_arena; /* borrowed from the caller that waits */
    GError *refused;

    /* session_act.c */
    void (*on_ways)(void *data); /* NULL: nobody listens */
    void *on_ways_data;
    hq_session_changed_fn on_changed; /* NULL: no answer is awaited */
    void *on_changed_data;
    GPtrArray *asked; /* char *: sources that [act] was asked about, by its index */
    GPtrArray *ways;  /* struct hq_wire_ways *, in their order */
    struct hq_arena *ways_arena;
};

/* What takes the helpers' frames and deaths; their DATA is the session. */
extern const struct hq_helpers_events hq_session_helper_events;

void hq_session_notice(struct hq_session *session, const char *text, bool lost);
/* Tells the owner that the scan is over. */
void hq_session_end_scan(struct hq_session *session);

/* session_act.c: frames of [act], and its death. */
bool hq_session_take_ways(struct hq_session *session, struct hq_frame *frame,
                          struct hq_arena *arena);
bool hq_session_take_changed(struct hq_session *session, struct hq_frame *frame,
                             struct hq_arena *arena);
void hq_session_act_died(struct hq_session *session);
void hq_session_act_clear(struct hq_session *session);

/* Tells the owner that the log is read. */
void hq_session_end_log(struct hq_session *session, const char *name, int64_t begins);

#endif
