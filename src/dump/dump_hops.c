/* SPDX-License-Identifier: ISC */
/* The way a message came as a table: delay, trust and hand-over of each hop, and the line below
 * which everything is the sender's claim. */
#include "dump/dump_internal.h"

/* "  0     3s  ours     from …": where the hand-over begins. */
enum { NUMBER_WIDTH = 3, DELAY_WIDTH = 7, TRUST_WIDTH = 9, TEXT_COLUMN = 23 };

static void append_host(GString *line, const char *name, const char *ip)
{
    if (name)
        g_string_append_printf(line, " %s", name);
    if (ip)
        g_string_append_printf(line, " [%s]", ip);
}

static void append_word(GString *line, const char *before, const char *value)
{
    if (value)
        g_string_append_printf(line, "%s%s", before, value);
}

static void append_security(GString *line, const struct hq_hop *hop)
{
    if (hop->tls) {
        append_word(line, ", ", hop->tls->version ? hop->tls->version : "TLS");
        append_word(line, " ", hop->tls->cipher);
    }
    if (hop->auth == HQ_YES)
        g_string_append(line, ", authenticated");
    append_word(line, " as ", hop->auth_user);
}

static void write_from(GString *line, const struct hq_hop *hop)
{
    g_string_append(line, "from");
    append_host(line, hop->from.name, hop->from.ip);
    append_word(line, ", HELO ", hop->from.helo);
    if (hop->kind == HQ_HOP_UNPARSEABLE) {
        g_string_assign(line, "not understood");
        append_word(line, ": ", hop->problem);
    } else if (!hop->from.name && !hop->from.ip && !hop->from.helo) {
        const char *kind = hq_hop_kind_names[hop->kind];
        g_string_assign(line, kind ? kind : "local");
    }
}

static void write_by(GString *line, const struct hq_hop *hop)
{
    g_string_append(line, "by");
    append_host(line, hop->by.name ? hop->by.name : "?", hop->by.ip);
    append_word(line, " with ", hop->with);
    append_word(line, " id ", hop->id);
    append_security(line, hop);
    append_word(line, ", for ", hop->for_address);
}

static void write_date(GString *line, const struct hq_hop *hop)
{
    char buf[32];

    if (hop->date != HQ_NONE)
        g_string_append(line, hq_time_rfc3339(hop->date, buf));
    append_word(line, line->len ? "; " : "", hop->date_defect);
}

static void print_hop(struct hq_page *page, const struct hq_hop *hop)
{
    char lead[64], span[16];
    const char *trust = hq_trust_names[hop->trust];
    GString *line = hq_page_raw(page);

    g_snprintf(lead, sizeof lead, "%*d %*s  %-*s ", NUMBER_WIDTH, (int)hop->n, DELAY_WIDTH,
               hop->delay == HQ_NONE ? "-" : hq_time_span(hop->delay, span), TRUST_WIDTH,
               trust ? trust : "-");
    write_from(line, hop);
    hq_page_block(page, lead, TEXT_COLUMN, line->str);
    line = hq_page_raw(page);
    if (hop->kind == HQ_HOP_UNPARSEABLE)
        append_word(line, "", hop->raw);
    else
        write_by(line, hop);
    hq_page_block(page, "", TEXT_COLUMN, line->str);
    line = hq_page_raw(page);
    write_date(line, hop);
    if (line->len)
        hq_page_block(page, "", TEXT_COLUMN, line->str);
}

static void print_boundary(struct hq_page *page, const struct hq_detail *detail)
{
    static const char words[] = "---- boundary: what is older is the sender's claim ";

    g_string_append(page->out, words);
    for (int i = (int)sizeof words - 1; i < page->columns; i++)
        g_string_append_c(page->out, '-');
    g_string_append_c(page->out, '\n');
    if (detail->boundary_reason)
        hq_page_block(page, "     ", 5, detail->boundary_reason);
}

void hq_dump_text_hops(struct hq_page *page, const struct hq_detail *detail)
{
    char span[16];

    if (detail->hop_count == 0)
        return;
    hq_page_line(page, "\nHops, newest first%s%s",
                 detail->transit == HQ_NONE ? "" : "; on the way for ",
                 detail->transit == HQ_NONE ? "" : hq_time_span(detail->transit, span));
    hq_page_line(page, "  #   Delay  Trust");
    for (uint32_t i = 0; i < detail->hop_count; i++) {
        print_hop(page, &detail->hops[i]);
        if (detail->hops[i].trust == HQ_TRUST_BOUNDARY)
            print_boundary(page, detail);
    }
}
