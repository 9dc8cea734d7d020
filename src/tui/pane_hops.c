/* SPDX-License-Identifier: ISC */
/* The way the message came, newest hop on top as in the header: each with its delay, encryption
 * and findings, the boundary as a line across, the sender's mere claims dimmed below it. */
#include "tui/pane.h"
#include <string.h>

#define BAR_COLUMNS 16
/* So much the clocks of well-kept hosts differ. */
#define ROUNDING (5 * HQ_SECOND)
#define INDENT   2

static enum hq_role role_of(const struct hq_hop *hop)
{
    return hop->trust == HQ_TRUST_CLAIMED ? HQ_ROLE_CLAIMED : HQ_ROLE_NORMAL;
}

/* The stem that joins the hops. */
static void stem(struct hq_lines *lines)
{
    hq_lines_glyph(lines, HQ_ROLE_RULE, HQ_GLYPH_VLINE);
    hq_lines_tab(lines, INDENT + 2);
    hq_lines_hang(lines);
    hq_lines_rail(lines);
}

/* The real delay, as far as wrong clocks let it be known. */
static int64_t true_delay(const struct hq_hop *hop)
{
    return hop->delay_corrected != HQ_NONE ? hop->delay_corrected : hop->delay;
}

static int64_t longest_delay(const struct hq_detail *detail)
{
    int64_t longest = HQ_SECOND;
    for (uint32_t i = 0; i < detail->hop_count; i++)
        if (detail->hops[i].delay != HQ_NONE)
            longest = MAX(longest, true_delay(&detail->hops[i]));
    return longest;
}

static void add_delay(struct hq_lines *lines, const struct hq_hop *hop)
{
    char text[16];
    if (hop->delay == HQ_NONE)
        return;
    bool skew = hop->delay < -ROUNDING;
    hq_lines_printf(lines, skew ? HQ_ROLE_WARN : HQ_ROLE_NORMAL, "  %s%s%s",
                    hop->delay < 0 ? "" : "+", hq_time_span(hop->delay, text),
                    skew && !hop->delay_note ? " clocks disagree" : "");
    if (hop->delay_corrected != HQ_NONE)
        hq_lines_printf(lines, HQ_ROLE_DIM, " (corrected %s)",
                        hq_time_span(hop->delay_corrected, text));
}

static void add_bar(struct hq_lines *lines, const struct hq_hop *hop, int64_t longest)
{
    if (hop->delay == HQ_NONE)
        return;
    int64_t bar = true_delay(hop) / MAX(longest / BAR_COLUMNS, 1);
    hq_lines_spare(lines);
    if (bar > 0)
        hq_lines_add(lines, HQ_ROLE_BAR, " ");
    for (int64_t i = 0; i < MIN(bar, BAR_COLUMNS); i++)
        hq_lines_glyph(lines, HQ_ROLE_BAR, HQ_GLYPH_BAR);
}

static void add_by(struct hq_lines *lines, const struct hq_hop *hop, int64_t longest)
{
    char when[32];
    bool claimed = hop->trust == HQ_TRUST_CLAIMED;
    hq_lines_glyph(lines, role_of(hop), claimed ? HQ_GLYPH_HOP_CLAIMED : HQ_GLYPH_HOP);
    hq_lines_printf(lines, role_of(hop), " %" G_GINT64_FORMAT " ", hop->n);
    hq_lines_hang(lines);
    const char *by = hop->by.name ? hop->by.name : hop->by.ip;
    hq_lines_add(lines, claimed ? HQ_ROLE_CLAIMED : HQ_ROLE_STRONG,
                 by ? by : "(names no receiving host)");
    hq_lines_printf(lines, HQ_ROLE_DIM, "  %s", hq_time_local_full(hop->date, when));
    if (claimed)
        hq_lines_add(lines, HQ_ROLE_CLAIMED, "  claimed");
    add_delay(lines, hop);
    add_bar(lines, hop, longest);
    hq_lines_rail(lines);
    hq_lines_end(lines);
}

static void add_from(struct hq_lines *lines, const struct hq_hop *hop)
{
    const struct hq_hop_from *from = &hop->from;
    enum hq_role role = role_of(hop);
    if (!from->helo && !from->name && !from->ip)
        return;
    stem(lines);
    const char *name = from->name ? from->name : from->helo;
    hq_lines_add(lines, role, name ? "from " : "from");
    hq_lines_add(lines, role, name);
    if (from->ip)
        hq_lines_printf(lines, hop->trust == HQ_TRUST_BOUNDARY ? HQ_ROLE_STRONG : role, " [%s]",
                        from->ip);
    if (from->helo && from->name && g_ascii_strcasecmp(from->helo, from->name) != 0)
        hq_lines_printf(lines, role, ", said it was %s", from->helo);
    if (hop->link == HQ_LINK_GAP)
        hq_lines_printf(lines, HQ_ROLE_DIM, " (not the host of hop %" G_GINT64_FORMAT ")",
                        hop->n + 1);
    hq_lines_end(lines);
}

/* Words of RFC 3848, which end in S or SA when there was TLS. */
static bool tells_no_tls(const struct hq_hop *hop)
{
    static const char *const words[] = {"ESMTP", "ESMTPA", "UTF8SMTP", "UTF8SMTPA"};
    for (unsigned i = 0; !hop->tls && hop->with && i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strcasecmp(hop->with, words[i]) == 0)
            return true;
    return false;
}

/* Says "no TLS" only where the protocol word would show it: a host that writes plain SMTP in any
 * case tells nothing. */
static void add_protocol(struct hq_lines *lines, const struct hq_hop *hop)
{
    enum hq_role role = role_of(hop);
    if (!hop->with && !hop->tls && hop->auth != HQ_YES && !hop->software && !hop->id)
        return;
    stem(lines);
    if (hop->with)
        hq_lines_printf(lines, role, "%s  ", hop->with);
    if (hop->tls)
        hq_lines_printf(lines, hop->trust == HQ_TRUST_CLAIMED ? role : HQ_ROLE_GOOD, "%s%s%s  ",
                        hop->tls->version ? hop->tls->version : "TLS", hop->tls->cipher ? " " : "",
                        hop->tls->cipher ? hop->tls->cipher : "");
    else if (tells_no_tls(hop) && hop->from.ip)
        hq_lines_add(lines, HQ_ROLE_DIM, "no TLS  ");
    if (hop->auth == HQ_YES)
        hq_lines_printf(lines, role, "logged in%s%s  ", hop->auth_user ? " as " : "",
                        hop->auth_user ? hop->auth_user : "");
    if (hop->software && g_strcmp0(hop->software, hop->with) != 0)
        hq_lines_printf(lines, role, "%s  ", hop->software);
    if (hop->id)
        hq_lines_printf(lines, HQ_ROLE_DIM, "id %s", hop->id);
    hq_lines_end(lines);
}

static void add_for(struct hq_lines *lines, const struct hq_hop *hop)
{
    if (!hop->for_address && !hop->envelope_from)
        return;
    stem(lines);
    if (hop->for_address)
        hq_lines_printf(lines, role_of(hop), "for %s  ", hop->for_address);
    if (hop->envelope_from)
        hq_lines_printf(lines, role_of(hop), "sender %s", hop->envelope_from);
    hq_lines_end(lines);
}

/* Whose clock is wrong, or where the time was spent. */
static void add_note(struct hq_lines *lines, const struct hq_hop *hop)
{
    if (!hop->delay_note)
        return;
    stem(lines);
    hq_lines_add(lines, hop->delay < -ROUNDING ? HQ_ROLE_WARN : role_of(hop), hop->delay_note);
    hq_lines_end(lines);
}

/* Adds what is wrong with the field or its date, BEFORE in front of it. */
static void add_trouble(struct hq_lines *lines, const struct hq_hop *hop, const char *before,
                        const char *text)
{
    if (!text)
        return;
    stem(lines);
    hq_lines_printf(lines, hop->kind == HQ_HOP_UNPARSEABLE ? HQ_ROLE_WARN : role_of(hop), "%s%s",
                    before, text);
    hq_lines_end(lines);
}

/* OLDER: there are hops below the line. */
static void add_boundary(struct hq_lines *lines, const struct hq_pane_input *in, bool older)
{
    for (int i = 0; i < 3; i++)
        hq_lines_glyph(lines, HQ_ROLE_BOUNDARY, HQ_GLYPH_DOUBLE);
    hq_lines_add(lines, HQ_ROLE_BOUNDARY, " trust ends here ");
    for (int i = 0; i < 3; i++)
        hq_lines_glyph(lines, HQ_ROLE_BOUNDARY, HQ_GLYPH_DOUBLE);
    if (older)
        hq_lines_add(lines, HQ_ROLE_NORMAL, "  below is what the sender claims");
    hq_lines_end(lines);
    if (in->detail->boundary_reason) {
        hq_lines_tab(lines, INDENT + 2);
        hq_lines_hang(lines);
        hq_lines_add(lines, HQ_ROLE_DIM, in->detail->boundary_reason);
        hq_lines_end(lines);
    }
}

static void add_hop(struct hq_lines *lines, const struct hq_pane_input *in,
                    const struct hq_hop *hop, int64_t longest)
{
    add_by(lines, hop, longest);
    add_from(lines, hop);
    add_protocol(lines, hop);
    add_for(lines, hop);
    add_note(lines, hop);
    add_trouble(lines, hop,
                hop->kind == HQ_HOP_UNPARSEABLE ? "not understood: " : "address: ", hop->problem);
    add_trouble(lines, hop, "date: ", hop->date_defect);
    if (hop->kind == HQ_HOP_UNPARSEABLE && hop->raw) {
        g_autofree char *unfolded = g_strdelimit(g_strdup(hop->raw), "\r\n\t", ' ');
        add_trouble(lines, hop, "", unfolded);
    }
    hq_pane_findings_of(in, lines, hop->n, INDENT);
}

/* The line across goes below the boundary hop; mail that was made here has none, but what its
 * header claims is no better for that. */
static void add_hops(struct hq_lines *lines, const struct hq_pane_input *in)
{
    const struct hq_detail *detail = in->detail;
    int64_t longest = longest_delay(detail);
    bool drawn = false;
    for (uint32_t i = 0; i < detail->hop_count; i++) {
        const struct hq_hop *hop = &detail->hops[i];
        if (hop->trust == HQ_TRUST_CLAIMED && !drawn) {
            add_boundary(lines, in, true);
            drawn = true;
        }
        add_hop(lines, in, hop, longest);
        if (hop->trust == HQ_TRUST_BOUNDARY && !drawn) {
            add_boundary(lines, in, i + 1 < detail->hop_count);
            drawn = true;
        }
    }
    if (!drawn && detail->hop_count > 0 && detail->boundary_reason) {
        hq_lines_empty(lines);
        hq_lines_label(lines, "no boundary", HQ_ROLE_DIM, detail->boundary_reason);
    }
}

static const char *source_words(const char *source)
{
    if (strcmp(source, "envelope") == 0)
        return "the envelope";
    return strcmp(source, "received") == 0 ? "a Received field" : source;
}

static void add_origin(struct hq_lines *lines, const struct hq_origin *origin)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (origin->masked)
        g_string_printf(text, "masked by the provider in %s", origin->masked);
    if (text->len && origin->ip)
        g_string_append(text, "; ");
    if (origin->name && origin->ip)
        g_string_append_printf(text, "%s ", origin->name);
    if (origin->ip)
        g_string_append_printf(text, "[%s]", origin->ip);
    if (origin->ip && !origin->name && origin->helo)
        g_string_append_printf(text, ", said it was %s", origin->helo);
    if (origin->ip && origin->source)
        g_string_append_printf(text, ", from %s", source_words(origin->source));
    hq_lines_label(lines, "origin", HQ_ROLE_STRONG, text->str);
}

/* "envelope: name [192.0.2.1], HELO x"; each is a fact, or the sender's word. */
static void add_claim(struct hq_lines *lines, const struct hq_origin_claim *claim)
{
    bool fact = claim->fact == HQ_YES;
    g_autoptr(GString) text = g_string_new(claim->source);
    if (claim->hop != HQ_NONE)
        g_string_append_printf(text, ", hop %" G_GINT64_FORMAT, claim->hop);
    g_string_append_c(text, ':');
    if (claim->name)
        g_string_append_printf(text, " %s", claim->name);
    if (claim->ip)
        g_string_append_printf(text, " [%s]", claim->ip);
    if (claim->helo)
        g_string_append_printf(text, " HELO %s", claim->helo);
    if (claim->masked)
        g_string_append_printf(text, " hidden (%s)", claim->masked);
    if (claim->text)
        g_string_append_printf(text, " %s", claim->text);
    hq_lines_label(lines, fact ? "  fact" : "  claim", fact ? HQ_ROLE_NORMAL : HQ_ROLE_CLAIMED,
                   text->str);
}

static void add_origins(struct hq_lines *lines, const struct hq_detail *detail)
{
    add_origin(lines, &detail->origin);
    for (uint32_t i = 0; detail->origin_count > 1 && i < detail->origin_count; i++)
        add_claim(lines, &detail->origins[i]);
}

/* Where it goes: the hosts that take mail for the recipients' domains. */
static void add_mx(struct hq_lines *lines, const struct hq_detail *detail)
{
    for (uint32_t i = 0; i < detail->mx_count; i++) {
        const struct hq_mx *mx = &detail->mx[i];
        g_autoptr(GString) text = g_string_new(NULL);
        if (mx->preference != HQ_NONE && mx->host)
            g_string_append_printf(text, "%" G_GINT64_FORMAT " ", mx->preference);
        g_string_append(text, mx->host ? mx->host : "");
        for (uint32_t k = 0; k < mx->address_count; k++)
            g_string_append_printf(text, "%s%s", k ? " " : " [", mx->addresses[k]);
        g_string_append(text, mx->address_count ? "]" : "");
        if (mx->note)
            g_string_append_printf(text, "%s(%s)", text->len ? " " : "", mx->note);
        if (i == 0 || strcmp(mx->domain, mx[-1].domain) != 0)
            hq_lines_label(lines, "goes to", HQ_ROLE_NORMAL, mx->domain);
        hq_lines_label(lines, "  MX", HQ_ROLE_NORMAL, text->str);
    }
}

void hq_pane_hops(const struct hq_pane_input *in, struct hq_lines *lines)
{
    char transit[16];
    const struct hq_detail *detail = in->detail;
    bool timed = detail->transit != HQ_NONE;
    g_autofree char *summary = g_strdup_printf(
        "%u, newest first%s%s%s", detail->hop_count, timed ? "; " : "",
        timed ? hq_time_span(detail->transit, transit) : "", timed ? " in transit" : "");
    hq_pane_problems(lines, in->message);
    add_origins(lines, detail);
    add_mx(lines, detail);
    hq_lines_label(lines, "hops", HQ_ROLE_NORMAL, detail->hop_count ? summary : "none");
    hq_pane_findings_of(in, lines, HQ_NONE, 0);
    hq_lines_empty(lines);
    add_hops(lines, in);
}
