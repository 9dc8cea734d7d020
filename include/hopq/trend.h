/* SPDX-License-Identifier: ISC */
/* Does the backlog of a destination shrink? The verdict, and its numbers in a sentence. */
#ifndef HOPQ_TREND_H
#define HOPQ_TREND_H

#include "hopq/message.h"

enum hq_trend_state {
    HQ_TREND_UNKNOWN,
    HQ_TREND_DRAINING,
    HQ_TREND_STEADY,
    HQ_TREND_GROWING,
    HQ_TREND_STUCK,        /* nothing leaves */
    HQ_TREND_NEVER_DRAINS, /* they take less a day than arrives: the rest is lost */
    HQ_TREND_STATE_COUNT
};

/* Recipients; a day's where nothing else is said, HQ_NONE where not known. */
struct hq_trend {
    uint8_t state; /* enum hq_trend_state */
    const char *text;
    int64_t arriving;
    int64_t accepted;
    int64_t lost;     /* that will be, at this rate */
    int64_t backlog;  /* that it tends to, when it never drains */
    int64_t empty_in; /* microseconds */
};

/* What is known about a destination. */
struct hq_trend_facts {
    const char *domain;
    enum hq_category category; /* why most of it waits */
    int64_t waiting;           /* now */
    int64_t span;              /* that the following counts are of */
    int64_t arrived;
    int64_t sent;          /* or gone in any way, when GONE */
    bool gone;             /* from two looks at the queue: how it left is not known */
    int64_t tried;         /* attempts that failed; HQ_NONE: not known */
    int64_t patience;      /* so long without any leaving is stuck */
    int64_t lifetime;      /* after that mail is given up */
    const char *through;   /* the address that most of it came for at first; NULL: none */
    int64_t through_count; /* of ARRIVED, or of WAITING when the first is not known */
};

void hq_trend_judge(struct hq_trend *trend, const struct hq_trend_facts *facts,
                    struct hq_arena *arena);

/* From ages alone (messages a bucket: under 5 10 20 40 … minutes, older): where as many are old as
 * are young, nothing leaves. An estimate, and called so. */
void hq_trend_guess(struct hq_trend *trend, const uint32_t *ages, unsigned count);

extern const struct hq_schema hq_trend_schema;
extern const char *const hq_trend_names[HQ_TREND_STATE_COUNT];

#endif
