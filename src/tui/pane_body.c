/* SPDX-License-Identifier: ISC */
/* The parts of the message and its text. */
#include "hopq/fields.h"
#include "tui/pane.h"
#include <string.h>

static void add_part(struct hq_lines *lines, const struct hq_part *part)
{
    char size[16];
    hq_lines_tab(lines, 2 * (int)CLAMP(part->depth, 0, 10));
    hq_lines_glyph(lines, HQ_ROLE_RULE, HQ_GLYPH_LEAF);
    hq_lines_add(lines, HQ_ROLE_LABEL, " ");
    hq_lines_add(lines, HQ_ROLE_LABEL, part->type ? part->type : "unknown type");
    if (part->size != HQ_NONE)
        hq_lines_printf(lines, HQ_ROLE_NORMAL, "  %s", hq_size_format(part->size, size));
    if (part->name)
        hq_lines_printf(lines, HQ_ROLE_STRONG, "  %s", part->name);
    if (part->charset)
        hq_lines_printf(lines, HQ_ROLE_DIM, "  %s", part->charset);
    if (part->encoding)
        hq_lines_printf(lines, HQ_ROLE_DIM, "  %s", part->encoding);
    hq_lines_end(lines);
}

void hq_pane_body(const struct hq_pane_input *in, struct hq_lines *lines)
{
    const struct hq_detail *detail = in->detail;
    for (uint32_t i = 0; i < detail->part_count; i++)
        add_part(lines, &detail->parts[i]);
    if (detail->part_count > 0)
        hq_lines_empty(lines);
    if (detail->body)
        hq_lines_text(lines, HQ_ROLE_NORMAL, detail->body, strlen(detail->body));
    else
        hq_lines_label(lines, "text", HQ_ROLE_DIM, "none that can be shown");
    if (detail->body_truncated == HQ_YES)
        hq_lines_label(lines, "text", HQ_ROLE_WARN, "there is more, not read");
}
