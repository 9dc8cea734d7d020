/* SPDX-License-Identifier: ISC */
/* What the mail log tells: the attempts that were made for a message, and how much mail comes and
 * goes for a destination. Strings are the log's bytes, not made safe, NULL where unknown. */
#ifndef HOPQ_HISTORY_H
#define HOPQ_HISTORY_H

#include "hopq/schema.h"
#include "hopq/time.h"
#include <stdint.h>

enum hq_outcome {
    HQ_OUTCOME_NOTE, /* a line about the message that is no end of an attempt */
    HQ_OUTCOME_SENT,
    HQ_OUTCOME_DEFERRED,
    HQ_OUTCOME_SUSPENDED, /* deferred without a connection: the destination was given up before */
    HQ_OUTCOME_BOUNCED,
    HQ_OUTCOME_EXPIRED,
    HQ_OUTCOME_HELD,
    HQ_OUTCOME_RELEASED,
    HQ_OUTCOME_ARRIVED,
    HQ_OUTCOME_COUNT
};

/* One line of the log about a message. */
struct hq_attempt {
    int64_t time;
    const char *recipient; /* NULL: of the message as a whole */
    const char *relay;     /* as logged: "mx.example[192.0.2.1]:25" */
    uint8_t result;        /* enum hq_outcome */
    const char *text;
    const char *cause; /* what the same process logged before it, as "TLS library problem: …" */
};

/* How often a recipient was tried. */
struct hq_tried {
    int64_t recipient; /* hq_hash_address() of its address: nobody but the queue needs to know it */
    int64_t count;
    int64_t last;
};

/* Of one message. */
struct hq_history {
    const char *id; /* of the queue */
    struct hq_tried *tried;
    uint32_t tried_count;
    struct hq_attempt *attempts; /* oldest first; none: not asked for */
    uint32_t attempt_count;
};

/* Recipients in a span of time. */
struct hq_flow {
    int64_t arrived;
    int64_t sent;
    int64_t deferred; /* attempts that a remote host put off */
    int64_t bounced;
    int64_t expired;
};

/* Of one destination. */
struct hq_rate {
    const char *domain; /* lower case; NULL: all those that there was no room for */
    int64_t span;       /* microseconds that WINDOW tells of: whole days where there are any */
    struct hq_flow hour, day, window; /* the last full hour; 24 hours and this one; SPAN */
    const char *through;              /* the address that most of it first came to, by the log */
    int64_t through_count;            /* how many arrivals did, in all that was read */
};

extern const struct hq_schema hq_attempt_schema, hq_history_schema, hq_rate_schema;
extern const char *const hq_outcome_names[HQ_OUTCOME_COUNT];

#endif
