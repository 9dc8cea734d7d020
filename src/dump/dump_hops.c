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

/* Of a hop that names no host it came from. */
static const char *const kind_words[HQ_HOP_KIND_COUNT] = {
    [HQ_HOP_UNPARSEABLE] = "not understood",
    [HQ_HOP_RELAY] = "from a host that it does not name",
    [HQ_HOP_LOCAL] = "made on this host",
    [HQ_HOP_FETCH] = "fetched from a mailbox",
    [HQ_HOP_SCANNER] = "passed through a filter",
    [HQ_HOP_NO_IP] = "from a host that it does not name",
};

static void write_from(GString *line, const struct hq_hop *hop)
{
    bool host = hop->from.name || hop->from.ip;

    g_string_append(line, "from");
    append_host(line, hop->from.name, hop->from.ip);
    append_word(line, host ? ", HELO " : " HELO ", hop->from.helo);
    if (hop->kind == HQ_HOP_UNPARSEABLE) {
        g_string_assign(line, kind_words[hop->kind]);
        append_word(line, ": ", hop->problem);
    } else if (!host && !hop->from.helo) {
        g_string_assign(line, kind_words[hop->kind]);
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

/* "clock of x is 10m behind; corrected 0s" */
static void print_note(struct hq_page *page, const struct hq_hop *hop)
{
    char span[16];
    GString *line = hq_page_raw(page);

    append_word(line, "", hop->delay_note);
    if (hop->delay_corrected != HQ_NONE)
        append_word(line, line->len ? "; corrected: " : "corrected: ",
                    hq_time_span(hop->delay_corrected, span));
    if (line->len)
        hq_page_block(page, "", TEXT_COLUMN, line->str);
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
    print_note(page, hop);
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

/* "received at hop 3 (a claim): name [192.0.2.1]" */
static void print_claim(struct hq_page *page, const struct hq_origin_claim *claim)
{
    GString *line = hq_page_raw(page);

    append_word(line, "", claim->source);
    if (claim->hop != HQ_NONE)
        g_string_append_printf(line, " at hop %d", (int)claim->hop);
    g_string_append(line, claim->fact == HQ_YES ? " (a fact):" : " (a claim):");
    append_host(line, claim->name, claim->ip);
    append_word(line, " HELO ", claim->helo);
    if (claim->masked)
        g_string_append_printf(line, " hidden (%s)", claim->masked);
    append_word(line, " ", claim->text);
    hq_page_block(page, "  ", 4, line->str);
}

static void print_origins(struct hq_page *page, const struct hq_detail *detail)
{
    if (detail->origin_count < 2) /* the origin among the verdicts says it all */
        return;
    hq_page_line(page, "\nWhere it may come from");
    for (uint32_t i = 0; i < detail->origin_count; i++)
        print_claim(page, &detail->origins[i]);
}

/* "example.com: MX 10 mx1.example.com [192.0.2.1] (this host)" */
static void print_mx(struct hq_page *page, const struct hq_detail *detail)
{
    if (detail->mx_count > 0)
        hq_page_line(page, "\nWhere it goes, by the DNS now");
    for (uint32_t i = 0; i < detail->mx_count; i++) {
        const struct hq_mx *mx = &detail->mx[i];
        GString *line = hq_page_raw(page);

        g_string_append_printf(line, "%s:", mx->domain);
        if (mx->host && mx->preference != HQ_NONE)
            g_string_append_printf(line, " MX %d", (int)mx->preference);
        append_word(line, " ", mx->host);
        for (uint32_t k = 0; k < mx->address_count; k++)
            g_string_append_printf(line, " [%s]", mx->addresses[k]);
        if (mx->note)
            g_string_append_printf(line, " (%s)", mx->note);
        hq_page_block(page, "  ", 4, line->str);
    }
}

/* The line stands below the boundary hop; where there is none, above the first claim. */
static void print_table(struct hq_page *page, const struct hq_detail *detail)
{
    bool drawn = false;

    for (uint32_t i = 0; i < detail->hop_count; i++) {
        const struct hq_hop *hop = &detail->hops[i];
        if (hop->trust == HQ_TRUST_CLAIMED && !drawn) {
            print_boundary(page, detail);
            drawn = true;
        }
        print_hop(page, hop);
        if (hop->trust == HQ_TRUST_BOUNDARY) {
            print_boundary(page, detail);
            drawn = true;
        }
    }
    if (!drawn && detail->boundary_reason)
        hq_page_block(page, "     no boundary: ", 5, detail->boundary_reason);
}

static void print_chain(struct hq_page *page, const struct hq_detail *detail)
{
    char span[16];

    if (detail->hop_count == 0)
        return;
    hq_page_line(page, "\nHops, newest first%s%s",
                 detail->transit == HQ_NONE ? "" : "; in transit for ",
                 detail->transit == HQ_NONE ? "" : hq_time_span(detail->transit, span));
    hq_page_line(page, "  #   Delay  Trust");
    print_table(page, detail);
}

void hq_dump_text_hops(struct hq_page *page, const struct hq_detail *detail)
{
    print_chain(page, detail);
    print_origins(page, detail);
    print_mx(page, detail);
}
