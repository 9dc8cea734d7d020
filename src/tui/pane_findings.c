/* SPDX-License-Identifier: ISC */
/* Findings and results as lines: what several panes show alike. */
#include "hopq/trail.h"
#include "tui/pane.h"
#include <string.h>

static const enum hq_role severity_roles[HQ_LEVEL_COUNT] = {
    [HQ_LEVEL_INFO] = HQ_ROLE_NORMAL,
    [HQ_LEVEL_LOW] = HQ_ROLE_NORMAL,
    [HQ_LEVEL_MEDIUM] = HQ_ROLE_WARN,
    [HQ_LEVEL_HIGH] = HQ_ROLE_BAD,
};

/* How sure, in the words of the rule catalogue. */
static const char *const sure[HQ_LEVEL_COUNT] = {
    [HQ_LEVEL_INFO] = "noted",
    [HQ_LEVEL_LOW] = "possible",
    [HQ_LEVEL_MEDIUM] = "likely",
    [HQ_LEVEL_HIGH] = "certain",
};

void hq_pane_finding(struct hq_lines *lines, const struct hq_finding *finding, int indent,
                     bool where)
{
    enum hq_role role = severity_roles[finding->severity];
    hq_lines_tab(lines, indent);
    hq_lines_glyph(lines, role, HQ_GLYPH_FINDING);
    hq_lines_add(lines, role, " ");
    hq_lines_hang(lines);
    hq_lines_add(lines, role, finding->id);
    hq_lines_printf(lines, HQ_ROLE_DIM, " (%s, %s", hq_level_names[finding->severity],
                    sure[finding->confidence]);
    if (where && finding->hop != HQ_NONE)
        hq_lines_printf(lines, HQ_ROLE_DIM, ", hop %" G_GINT64_FORMAT, finding->hop);
    hq_lines_add(lines, HQ_ROLE_DIM, ") ");
    hq_lines_add(lines, HQ_ROLE_NORMAL, finding->detail);
    hq_lines_end(lines);
}

void hq_pane_findings_of(const struct hq_pane_input *in, struct hq_lines *lines, int64_t hop,
                         int indent)
{
    for (uint32_t i = 0; i < in->detail->finding_count; i++) {
        if (in->detail->findings[i].hop != hop)
            continue;
        hq_lines_mark(lines, (int)i + 1);
        if (hop != HQ_NONE) { /* the chain goes on beside it */
            hq_lines_glyph(lines, HQ_ROLE_RULE, HQ_GLYPH_VLINE);
            hq_lines_rail(lines);
        }
        hq_pane_finding(lines, &in->detail->findings[i], indent, false);
    }
}

void hq_pane_findings_ranked(const struct hq_pane_input *in, struct hq_lines *lines, int indent)
{
    for (int rank = HQ_LEVEL_COUNT * HQ_LEVEL_COUNT - 1; rank >= 0; rank--)
        for (uint32_t i = 0; i < in->detail->finding_count; i++) {
            const struct hq_finding *finding = &in->detail->findings[i];
            if (rank != (int)finding->severity * HQ_LEVEL_COUNT + (int)finding->confidence)
                continue;
            hq_lines_mark(lines, (int)i + 1);
            hq_pane_finding(lines, finding, indent, true);
        }
}

static void add_paragraph(struct hq_lines *lines, const char *label, const char *text)
{
    if (!text)
        return;
    hq_lines_mark(lines, HQ_PANE_EXPLANATION);
    hq_lines_tab(lines, 2);
    hq_lines_glyph(lines, HQ_ROLE_RULE, HQ_GLYPH_VLINE);
    hq_lines_printf(lines, HQ_ROLE_LABEL, " %-9s ", label);
    hq_lines_hang(lines);
    hq_lines_add(lines, HQ_ROLE_NORMAL, text);
    hq_lines_end(lines);
}

void hq_pane_explain(struct hq_lines *lines, const struct hq_finding *finding)
{
    static const char *const sure_words[HQ_LEVEL_COUNT] = {
        [HQ_LEVEL_INFO] = "for information only",
        [HQ_LEVEL_LOW] = "possible: honest mail shows it too",
        [HQ_LEVEL_MEDIUM] = "likely: honest mail rarely shows it",
        [HQ_LEVEL_HIGH] = "certain: honest mail never shows it",
    };
    add_paragraph(lines, "rule", finding->id);
    add_paragraph(lines, "means", hq_finding_words(finding->id));
    add_paragraph(lines, "evidence", finding->detail);
    add_paragraph(lines, "how sure", sure_words[finding->confidence]);
    add_paragraph(lines, "", "Enter or q goes back");
}

void hq_pane_problems(struct hq_lines *lines, const struct hq_message *message)
{
    for (uint32_t i = 0; i < message->problem_count; i++)
        hq_lines_label(lines, "problem", HQ_ROLE_WARN, message->problems[i].what);
}

enum hq_role hq_pane_result_role(const char *result)
{
    static const struct {
        const char *word;
        enum hq_role role;
    } roles[] = {
        {"pass", HQ_ROLE_GOOD},     {"fail", HQ_ROLE_BAD},       {"hardfail", HQ_ROLE_BAD},
        {"softfail", HQ_ROLE_WARN}, {"permerror", HQ_ROLE_WARN}, {"temperror", HQ_ROLE_WARN},
        {"passes", HQ_ROLE_GOOD},   {"fails", HQ_ROLE_BAD},      {"may-pass-by-dkim", HQ_ROLE_WARN},
    };
    for (unsigned i = 0; result && i < G_N_ELEMENTS(roles); i++)
        if (g_ascii_strcasecmp(result, roles[i].word) == 0)
            return roles[i].role;
    return HQ_ROLE_STRONG;
}
