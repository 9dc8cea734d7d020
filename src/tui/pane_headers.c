/* SPDX-License-Identifier: ISC */
/* The header, decoded or as it stands; a finding follows the field that is its evidence. */
#include "tui/pane.h"
#include <string.h>

static void add_decoded(struct hq_lines *lines, const struct hq_header *header)
{
    if (!header->name || !*header->name) {
        hq_lines_add(lines, HQ_ROLE_WARN, "(no field) ");
        hq_lines_hang(lines);
    } else {
        hq_lines_add(lines, HQ_ROLE_LABEL, header->name);
        hq_lines_add(lines, HQ_ROLE_LABEL, ": ");
        hq_lines_tab(lines, 4);
    }
    hq_lines_add(lines, HQ_ROLE_NORMAL, header->value ? header->value : header->raw);
    hq_lines_end(lines);
}

static void add_evidence(const struct hq_pane_input *in, struct hq_lines *lines,
                         const struct hq_header *header)
{
    int64_t end = header->offset + (header->raw ? (int64_t)strlen(header->raw) : 0);
    for (uint32_t i = 0; i < in->detail->finding_count; i++) {
        const struct hq_finding *finding = &in->detail->findings[i];
        if (finding->offset != HQ_NONE && finding->offset >= header->offset &&
            finding->offset < end)
            hq_pane_finding(lines, finding, 2, true);
    }
}

void hq_pane_headers(const struct hq_pane_input *in, struct hq_lines *lines)
{
    for (uint32_t i = 0; i < in->detail->header_count; i++) {
        const struct hq_header *header = &in->detail->headers[i];
        if (in->raw && header->raw)
            hq_lines_text(lines, HQ_ROLE_NORMAL, header->raw, strlen(header->raw));
        else
            add_decoded(lines, header);
        add_evidence(in, lines, header);
    }
}
