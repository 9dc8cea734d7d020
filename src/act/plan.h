/* SPDX-License-Identifier: ISC */
/* A plan: what would be done to which messages by which commands. Made before anything is asked,
 * shown, and run as it was shown. It copies what it needs of the messages. */
#ifndef HOPQ_ACT_PLAN_H
#define HOPQ_ACT_PLAN_H

#include "hopq/change.h"
#include "proc/session.h"
#include "proc/wire_act.h"
#include "store/snapshot.h"

/* One message of the plan, and in the end what became of it. */
struct hq_plan_target {
    const char *source;
    struct hq_wire_target wire; /* id, stamp, arrival: what identifies it */
    const char *sender;
    const char *to; /* a recipient that waits, NULL: none */
    uint8_t fate;   /* enum hq_fate; HQ_FATE_NOT_RUN before */
    const char *words;
};

/* What one kind of command does, for one source. */
struct hq_plan_step {
    const char *source;
    const struct hq_wire_way *way; /* the session's */
    GPtrArray *targets;            /* struct hq_plan_target * */
};

struct hq_plan {
    struct hq_arena *arena;
    enum hq_verb verb;
    bool save; /* before a delete; true at first */
    const char *saved_base;
    const char *log;     /* where what is done is told, a line for each message */
    unsigned count;      /* targets of the steps */
    unsigned chosen;     /* messages that were asked for */
    GPtrArray *steps;    /* struct hq_plan_step * */
    GPtrArray *refused;  /* struct hq_plan_target *: fate REFUSED or GONE, with words */
    GPtrArray *warnings; /* const char * */
    const char *folder;  /* where they were saved, once that is so; NULL */
    const char *failure; /* what ended the run early; NULL */
};

/* The session knows what can be done with the sources of MESSAGES (struct hq_message *). It is
 * asked where it does not. */
bool hq_plan_ready(struct hq_session *session, const GPtrArray *messages);

/* SNAPSHOT: all that was listed, to see whether all of a queue was chosen; NULL: it was not. */
struct hq_plan *hq_plan_new(struct hq_session *session, enum hq_verb verb,
                            const GPtrArray *messages, const struct hq_snapshot *snapshot);
/* ID was asked for, and no message has it. */
void hq_plan_add_missing(struct hq_plan *plan, const char *id);
void hq_plan_free(struct hq_plan *plan); /* NULL is fine */

/* True: the question must be asked with more care, as the plan loses more mail than fits a
 * screen. */
bool hq_plan_is_grave(const struct hq_plan *plan);

/* What a line of a plan's or a result's text is. */
enum hq_plan_line {
    HQ_PLAN_HEAD,
    HQ_PLAN_COMMAND,
    HQ_PLAN_TEXT,
    HQ_PLAN_WARNING,
    HQ_PLAN_REFUSED,
    HQ_PLAN_GOOD
};
/* TEXT may have strangers' bytes in it. */
typedef void (*hq_plan_line_fn)(enum hq_plan_line line, const char *text, void *data);

/* What would be done. */
void hq_plan_show(const struct hq_plan *plan, hq_plan_line_fn line, void *data);
/* What was done; each message that it was not done for. */
void hq_plan_show_result(const struct hq_plan *plan, hq_plan_line_fn line, void *data);
/* How many of the plan's targets have FATE. */
unsigned hq_plan_count(const struct hq_plan *plan, enum hq_fate fate);

#endif
