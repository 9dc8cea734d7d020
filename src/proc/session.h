/* SPDX-License-Identifier: ISC */
/* A session: the front's handle on the three helper processes. Starts them, watches them, restarts
 * the ones that die, and turns what they say into callbacks of the default main context. */
#ifndef HOPQ_PROC_SESSION_H
#define HOPQ_PROC_SESSION_H

#include "hopq/detail.h"
#include "hopq/history.h"
#include <glib.h>
#include <stdbool.h>

struct hq_session;

struct hq_session_options {
    const char *dns;        /* "system", "off", "ADDR[:PORT]" */
    int dns_timeout;        /* milliseconds a try */
    const char *const *our; /* NULL-terminated lists, NULL: empty */
    const char *const *trust;
    const char *const *egress;
    const char *const *ids; /* only these messages; NULL: all */
    bool changes;           /* queues may be changed: [act] is started */
    bool first;    /* another session will be started before this one is used, and gives root up for
                      both */
    unsigned omit; /* parts that no message of a scan is read in (enum hq_need, bits) */
    bool full;     /* the in-full part with every message of a scan; a message comes once,
                      when its DNS answers are in */
};

struct hq_session_events {
    /* A message of the running scan, in the arena of the decoder that the scan was given. */
    void (*message)(struct hq_message *message, void *data);
    /* What hq_session_open() asked for; owns ARENA and what is in it. Comes again when DNS answers
     * change it: detail->spf.pending tells. MESSAGE NULL: it is gone (REF, ID as asked). */
    void (*detail)(struct hq_message *message, struct hq_arena *arena, const char *source,
                   const char *id, void *data);
    /* Something to tell the user: "hopq [parse] was killed …; started again". LOST: and because of
     * it something that should be listed is not. */
    void (*notice)(const char *text, bool lost, void *data);
    /* The scan has ended; all its messages were delivered. */
    void (*scanned)(void *data);
    /* What the log tells, after hq_session_read_log(); valid during the call. May be NULL. */
    void (*history)(const struct hq_history *history, void *data);
    void (*rate)(const struct hq_rate *rate, void *data);
    /* The log is read, from BEGINS on; NAME NULL: there is none. May be NULL. */
    void (*logged)(const char *name, int64_t begins, void *data);
};

/* Spawns the helpers; the front's own privileges are dropped (to the user of sudo, else nobody)
 * when it has any. NULL with ERROR. */
struct hq_session *hq_session_start(const struct hq_session_options *options,
                                    const struct hq_session_events *events, void *data,
                                    GError **error);
void hq_session_stop(struct hq_session *session); /* NULL is fine */

/* SOURCE as on the command line; "-" takes standard input. Opened by [spool]: false with ERROR
 * (no such source, denied, not known). NAME takes "scheme:path" (owned by the session), NULL when
 * it is one that was added before. Blocks for the answer. */
bool hq_session_add(struct hq_session *session, const char *source, const char **name,
                    GError **error);
/* Adds the queue of every MTA found here; how many, or -1 with ERROR. */
int hq_session_add_all(struct hq_session *session, GError **error);
/* Adds all of SOURCES (NULL-terminated; NULL or empty: the queues found here). False with ERROR:
 * nothing can be listed. MISSED: where only some cannot be opened, the others are to be listed all
 * the same; it takes what the first is refused for, the rest become notices. NULL: none may be. */
bool hq_session_add_sources(struct hq_session *session, const char *const *sources, GError **missed,
                            GError **error);

/* char *, "scheme:path" of all that was added; borrowed. */
const GPtrArray *hq_session_names(const struct hq_session *session);

/* Whether the scans that begin from now on have the in-full part; until then the option holds. */
void hq_session_set_full(struct hq_session *session, bool full);
/* False: [spool] has ended. Nothing can be listed or opened any more: as root it had rights that
 * the front gave up, so none can be started again. */
bool hq_session_can_list(const struct hq_session *session);
/* Lists all sources into DECODER's arena. One scan at a time. */
void hq_session_scan(struct hq_session *session, struct hq_decoder *decoder);

/* Reads the mail log: NAME as of --log, NULL: the one that belongs to the sources, if any. One at a
 * time. TEXTS: histories with attempts. IDS (NULL-terminated): those of these messages and no
 * rates, from the beginning; NULL: all, the next time only what is new. */
void hq_session_read_log(struct hq_session *session, const char *name, bool texts,
                         const char *const *ids);

/* Reads one message in full, body too. */
void hq_session_open(struct hq_session *session, const struct hq_message *message);

/* ---- changes: only when the options allow them ---- */

struct hq_wire_ways;
struct hq_wire_change;
struct hq_wire_changed;

/* FN is called whenever [act] has told what can be done with a source. */
void hq_session_on_ways(struct hq_session *session, void (*fn)(void *data), void *data);
/* What can be done with the messages of SOURCE (as in struct hq_message): NULL until [act] has
 * said. Asks for it the first time. */
const struct hq_wire_ways *hq_session_ways(struct hq_session *session, const char *source);
/* False: no queue is changed by this session; WHY says. */
bool hq_session_may_change(const struct hq_session *session, const char **why);
/* CHANGED NULL: [act] died of it; what it did is not known. */
typedef void (*hq_session_changed_fn)(const struct hq_wire_changed *changed, void *data);
/* Sends ORDER (of SOURCE; its number is put in here): to SAVE its messages, or to carry it out. One
 * at a time; FN takes the answer. */
void hq_session_order(struct hq_session *session, const char *source, struct hq_wire_change *order,
                      bool save, hq_session_changed_fn fn, void *data);
/* Nobody waits for the answer any more: the session is about to be stopped. */
void hq_session_forget_order(struct hq_session *session);

/* One SPF check without a message, its result in ARENA. Blocks until the DNS has answered. NULL
 * with ERROR. */
const struct hq_spf *hq_session_check_spf(struct hq_session *session, const char *ip,
                                          const char *helo, const char *sender,
                                          struct hq_arena *arena, GError **error);

/* "seccomp, Landlock ABI 4, uid 65534, no new privileges" of what is in force in [parse]. Blocks.
 */
char *hq_session_describe_sandbox(struct hq_session *session);

/* Entry of a helper process: main() calls it first; returns only when ARGV is no helper's, else
 * never. */
void hq_process_main(int argc, char **argv);

#endif
