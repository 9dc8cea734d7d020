/* SPDX-License-Identifier: ISC */
/* Two looks at the queue: what came and what went between them, by destination. */
#ifndef HOPQ_STORE_TREND_H
#define HOPQ_STORE_TREND_H

#include "hopq/message.h"
#include <glib.h>
#include <stdbool.h>

struct hq_trend_base; /* what waited at an earlier time, and what of it still does */

struct hq_trend_base *hq_trend_base_new(const GPtrArray *messages, int64_t taken);
void hq_trend_base_free(struct hq_trend_base *base); /* NULL is fine */

/* The later look: MESSAGES at NOW. */
void hq_trend_base_compare(struct hq_trend_base *base, const GPtrArray *messages, int64_t now);

/* Recipients of a destination (lower case) between the two looks; false: neither saw any. */
struct hq_trend_moves {
    int64_t span;
    int64_t came;
    int64_t went;
};
bool hq_trend_base_moves(const struct hq_trend_base *base, const char *domain,
                         struct hq_trend_moves *moves);

#endif
