/* SPDX-License-Identifier: ISC */
/* Why a message still waits: from the text that the MTA stored to category, fault, and advice.
 * Rules: reasons.def and providers.def of src/core/reason. Each kind is worked out once. */
#ifndef HOPQ_REASON_H
#define HOPQ_REASON_H

#include "hopq/message.h"

struct hq_reasons; /* the kinds seen so far */

struct hq_reasons *hq_reasons_new(void);
void hq_reasons_free(struct hq_reasons *reasons);

/* What the caller knows besides the text; zero and NULL where it does not. What the text says comes
 * first, except for phase and relay. */
struct hq_reason_hint {
    const char *mta;      /* "postfix": whose way of quoting to expect; NULL: any */
    const char *relay;    /* host, when stored apart from the text */
    const char *enhanced; /* status stored apart from the text ("4.4.1") */
    int64_t code;         /* 0: not known */
    enum hq_phase phase;
};

/* TEXT as the MTA stored it. The result and its strings live as long as REASONS but for text,
 * relay and relay_ip, which are copied to ARENA; so is a kind when there are too many to keep. Time
 * is bounded whatever TEXT is. NULL TEXT gives NULL; HINT may be NULL. */
const struct hq_reason *hq_reason_parse(struct hq_reasons *reasons, const char *text,
                                        const struct hq_reason_hint *hint, struct hq_arena *arena);

/* Plain words of a category, for the board and --explain: what it means; what to do. */
const char *hq_category_meaning(enum hq_category category);
const char *hq_category_advice(enum hq_category category);

#endif
