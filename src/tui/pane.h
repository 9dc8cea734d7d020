/* SPDX-License-Identifier: ISC */
/* A pane of the message view: builds lines from the message. One file pane_<name>.c, one row in
 * panes.def. */
#ifndef HOPQ_TUI_PANE_H
#define HOPQ_TUI_PANE_H

#include "hopq/detail.h"
#include "store/rates.h"
#include "tui/lines.h"

struct hq_pane_input {
    const struct hq_message *message; /* as the last scan saw it */
    const struct hq_detail *detail;   /* NULL: not here yet; panes that need it are not called */
    int64_t now;
    bool raw;
    const struct hq_logbook *log;     /* NULL: not read (yet) */
    const struct hq_finding *explain; /* the one that the headers are to explain; NULL: none */
};

typedef void (*hq_pane_fn)(const struct hq_pane_input *in, struct hq_lines *lines);

#define HQ_PANE(name, title, full) \
    void hq_pane_##name(const struct hq_pane_input *in, struct hq_lines *lines);
#include "tui/panes.def"
#undef HQ_PANE

/* Mark of the lines that explain a finding in the headers. A finding's own line is marked with its
 * number, from 1. */
#define HQ_PANE_EXPLANATION G_MAXINT

/* A finding with its sign, rule, how bad, how sure, where (unless INDENT columns under its hop say
 * that) and evidence. In pane_findings.c, as are those below. */
void hq_pane_finding(struct hq_lines *lines, const struct hq_finding *finding, int indent,
                     bool where);
/* The rule in plain words, and how sure it is. */
void hq_pane_explain(struct hq_lines *lines, const struct hq_finding *finding);
/* All findings of HOP (HQ_NONE: those of the message as a whole). */
void hq_pane_findings_of(const struct hq_pane_input *in, struct hq_lines *lines, int64_t hop,
                         int indent);
/* All findings, the worst and surest first. */
void hq_pane_findings_ranked(const struct hq_pane_input *in, struct hq_lines *lines, int indent);
/* The colour that a result word ("pass", "fail", "hardfail", …) has. */
enum hq_role hq_pane_result_role(const char *result);
/* What could not be read of MESSAGE, if anything. */
void hq_pane_problems(struct hq_lines *lines, const struct hq_message *message);

#endif
