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
        hq_lines_hang_at(lines, 4);
    }
    hq_lines_add(lines, HQ_ROLE_NORMAL, header->value ? header->value : header->raw);
    hq_lines_end(lines);
}

static bool is_in(const struct hq_finding *finding, const struct hq_header *header)
{
    int64_t end = header->offset + (header->raw ? (int64_t)strlen(header->raw) : 0);
    return finding->offset != HQ_NONE && finding->offset >= header->offset && finding->offset < end;
}

static void add_evidence(const struct hq_pane_input *in, struct hq_lines *lines,
                         const struct hq_header *header)
{
    for (uint32_t i = 0; i < in->detail->finding_count; i++) {
        const struct hq_finding *finding = &in->detail->findings[i];
        if (!is_in(finding, header))
            continue;
        if (finding == in->explain) {
            hq_pane_explain(lines, finding);
            continue;
        }
        hq_lines_mark(lines, (int)i + 1);
        hq_pane_finding(lines, finding, 2, true);
    }
}

/* The field as it stands, with the bytes of the finding to explain marked. */
static void add_raw(const struct hq_pane_input *in, struct hq_lines *lines,
                    const struct hq_header *header)
{
    const char *raw = header->raw;
    size_t n = strlen(raw);
    size_t begin = n, end = n;
    if (in->explain && is_in(in->explain, header)) {
        begin = (size_t)(in->explain->offset - header->offset);
        end = begin + MIN(n - begin, (size_t)MAX(in->explain->length, 0));
    }
    hq_lines_text_marked(lines, HQ_ROLE_NORMAL, raw, n, begin, end);
}

void hq_pane_headers(const struct hq_pane_input *in, struct hq_lines *lines)
{
    if (in->detail->header_count == 0) {
        hq_lines_add(lines, HQ_ROLE_DIM, "There is no header.");
        hq_lines_end(lines);
    }
    if (in->explain && in->explain->offset == HQ_NONE) {
        hq_pane_explain(lines, in->explain);
        hq_lines_empty(lines);
    }
    for (uint32_t i = 0; i < in->detail->header_count; i++) {
        const struct hq_header *header = &in->detail->headers[i];
        if (in->raw && header->raw)
            add_raw(in, lines, header);
        else
            add_decoded(lines, header);
        add_evidence(in, lines, header);
    }
}
