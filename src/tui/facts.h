/* SPDX-License-Identifier: ISC */
/* What the messages of a group have in common, for the lines under the board. Found by a walk over
 * all of them, so not with each drawing. */
#ifndef HOPQ_TUI_FACTS_H
#define HOPQ_TUI_FACTS_H

#include "store/board.h"
#include "tui/lines.h"

enum {
    HQ_FACT_FORWARDED,
    HQ_FACT_SENDER,
    HQ_FACT_USER,
    HQ_FACT_CLIENT,
    HQ_FACT_SUBJECT,
    HQ_FACT_ARRIVED,
    HQ_FACT_COUNT
};

struct hq_facts {
    const struct hq_group *of; /* NULL: of none yet */
    char *text[HQ_FACT_COUNT]; /* NULL: nothing to tell */
};

/* Finds what is true of GROUP, unless that was done. */
void hq_facts_find(struct hq_facts *facts, const struct hq_group *group);
/* Appends them to LINES, with labels. */
void hq_facts_show(const struct hq_facts *facts, struct hq_lines *lines);
void hq_facts_clear(struct hq_facts *facts);

#endif
