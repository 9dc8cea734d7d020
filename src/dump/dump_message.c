/* SPDX-License-Identifier: ISC */
/* One message in full: envelope, recipients and why they wait, the way it came, verdicts,
 * findings, headers. */
#include "dump/dump_internal.h"
#include "hopq/fields.h"

/* "2026-11-22T00:48:03Z, 3h05m ago" */
static void print_moment(struct hq_page *page, const char *label, int64_t t)
{
    char date[32], when[24];
    GString *line = hq_page_raw(page);

    if (t == HQ_NONE)
        return;
    g_string_append_printf(line, "%s, %s", hq_time_rfc3339(t, date), hq_page_when(page, t, when));
    hq_page_field(page, label, line->str);
}

/* ---- envelope ---- */

static void print_client(struct hq_page *page, const struct hq_client *client)
{
    GString *line = hq_page_raw(page);

    if (client->name)
        g_string_append_printf(line, " %s", client->name);
    if (client->ip)
        g_string_append_printf(line, " [%s]", client->ip);
    if (client->helo)
        g_string_append_printf(line, ", HELO %s", client->helo);
    if (client->protocol)
        g_string_append_printf(line, ", %s", client->protocol);
    if (client->auth)
        g_string_append_printf(line, ", authenticated as %s", client->auth);
    if (line->len)
        hq_page_field(page, "client", line->str + (line->str[0] == ',' ? 2 : 1));
}

static void print_forwarded(struct hq_page *page, const struct hq_forwarded *forwarded)
{
    if (forwarded->is != HQ_YES)
        return;
    GString *line = hq_page_raw(page);
    g_string_append(line, "yes");
    if (forwarded->original)
        g_string_append_printf(line, ", it came for %s", forwarded->original);
    hq_page_field(page, "forwarded", line->str);
    for (uint32_t i = 0; i < forwarded->evidence_count; i++)
        hq_page_field(page, "", forwarded->evidence[i]);
}

static void print_envelope(struct hq_page *page, const struct hq_message *message)
{
    char size[16];
    GString *line = hq_page_raw(page);

    g_string_append_printf(line, "%s  %s  %s", message->id && *message->id ? message->id : "-",
                           message->queue ? message->queue : "",
                           message->source ? message->source : "");
    hq_page_block(page, "", 0, line->str);
    hq_page_field(page, "sender",
                  message->sender && !*message->sender ? "<> (a bounce)" : message->sender);
    print_client(page, &message->client);
    hq_page_field(page, "script", message->script);
    print_moment(page, "arrived", message->arrived);
    if (message->size != HQ_NONE)
        hq_page_field(page, "size", hq_size_format(message->size, size));
    hq_page_field(page, "from", message->from);
    hq_page_field(page, "to", message->to);
    hq_page_field(page, "subject", message->subject);
    print_moment(page, "date", message->date);
    hq_page_field(page, "message-id", message->message_id);
    print_forwarded(page, &message->forwarded);
    for (uint32_t i = 0; i < message->problem_count; i++)
        hq_page_field(page, "problem", message->problems[i].what);
}

/* ---- recipients ---- */

static void append_when(GString *line, const struct hq_page *page, const char *what, int64_t t)
{
    char when[24];

    if (t != HQ_NONE)
        g_string_append_printf(line, ", %s %s", what, hq_page_when(page, t, when));
}

/* "deferred, 5 tries, last 12m ago, next in 12m, sender warned in 2h, expires in 4d12h" */
static void print_schedule(struct hq_page *page, const struct hq_recipient *recipient)
{
    const char *state = hq_state_names[recipient->state];
    GString *line = hq_page_raw(page);

    g_string_append(line, state ? state : "state unknown");
    if (recipient->attempts != HQ_NONE)
        g_string_append_printf(line, ", %" G_GINT64_FORMAT " %s", recipient->attempts,
                               recipient->attempts == 1 ? "try" : "tries");
    append_when(line, page, "last", recipient->last_attempt);
    append_when(line, page, "next", recipient->next_attempt);
    if (recipient->warning != HQ_NONE)
        append_when(line, page, "sender warned", recipient->warning);
    else if (recipient->warned == HQ_WARNED_YES)
        g_string_append(line, ", sender was warned");
    append_when(line, page, "expires", recipient->expires);
    hq_page_field(page, "state", line->str);
}

static void print_recipient(struct hq_page *page, const struct hq_recipient *recipient)
{
    hq_page_line(page, "%s", "");
    hq_page_block(page, "To ", 3, recipient->address ? recipient->address : "-");
    hq_page_field(page, "came for", recipient->original);
    print_schedule(page, recipient);
    if (!recipient->reason)
        return;
    hq_page_field(page, "text", recipient->reason->text);
    hq_dump_text_reason(page, recipient->reason);
}

/* ---- verdicts and findings ---- */

static void print_origin(struct hq_page *page, const struct hq_origin *origin)
{
    GString *line = hq_page_raw(page);

    if (origin->name)
        g_string_append_printf(line, " %s", origin->name);
    if (origin->ip)
        g_string_append_printf(line, " [%s]", origin->ip);
    if (origin->helo)
        g_string_append_printf(line, " HELO %s", origin->helo);
    if (origin->masked)
        g_string_append_printf(line, " hidden by the provider (%s)", origin->masked);
    if (origin->source)
        g_string_append_printf(line, " (%s)", origin->source);
    if (line->len)
        hq_page_field(page, "origin", line->str + 1);
}

static const char *const outlook_words[HQ_OUTLOOK_COUNT] = {
    [HQ_OUTLOOK_UNKNOWN] = "unknown",
    [HQ_OUTLOOK_PASSES] = "will pass at the destination",
    [HQ_OUTLOOK_FAILS] = "will fail at the destination",
    [HQ_OUTLOOK_MAY_PASS_BY_DKIM] = "may pass at the destination by DKIM alone",
};

static void print_forecast(struct hq_page *page, const struct hq_forecast *forecast)
{
    if (!forecast->words)
        return;
    GString *line = hq_page_raw(page);
    g_string_append_printf(line, "%s: %s", outlook_words[forecast->outlook], forecast->words);
    hq_page_field(page, "forecast", line->str);
    hq_page_field(page, "record", forecast->record);
}

static void print_identity(struct hq_page *page, const struct hq_identity *identity)
{
    if (!identity->words)
        return;
    GString *line = hq_page_raw(page);
    g_string_append_printf(line, "%s: %s", hq_identity_names[identity->verdict], identity->words);
    hq_page_field(page, "authentic", line->str);
}

/* Who can have written it. */
static void append_provenance(GString *line, const struct hq_auth *auth)
{
    static const char *const words[HQ_PROVENANCE_COUNT] = {
        [HQ_PROVENANCE_UNKNOWN] = "not trusted",
        [HQ_PROVENANCE_INNER] = "written in transit",
        [HQ_PROVENANCE_CLAIM] = "only claimed",
        [HQ_PROVENANCE_SPOOF] = "forged: it bears the receiver's name",
    };
    bool told = auth->trusted == HQ_NO && words[auth->provenance];

    if (told)
        g_string_append_printf(line, " (%s", words[auth->provenance]);
    if (auth->hop != HQ_NONE)
        g_string_append_printf(line, "%shop %" G_GINT64_FORMAT, told ? ", " : " (", auth->hop);
    if (told || auth->hop != HQ_NONE)
        g_string_append_c(line, ')');
}

/* "dkim pass example.com by mx.example (only claimed): detail" */
static void print_auth(struct hq_page *page, const struct hq_auth *auth)
{
    GString *line = hq_page_raw(page);

    g_string_append_printf(line, "%s %s", auth->method ? auth->method : "-",
                           auth->result ? auth->result : "unknown");
    if (auth->domain)
        g_string_append_printf(line, " %s", auth->domain);
    if (auth->authserv)
        g_string_append_printf(line, " by %s", auth->authserv);
    append_provenance(line, auth);
    if (auth->detail)
        g_string_append_printf(line, ": %s", auth->detail);
    hq_page_field(page, hq_auth_source_names[auth->source], line->str);
}

static void print_verdicts(struct hq_page *page, const struct hq_detail *detail)
{
    size_t before = page->out->len;
    hq_page_line(page, "\nVerdicts");
    size_t empty = page->out->len;

    print_identity(page, &detail->identity);
    print_origin(page, &detail->origin);
    if (detail->spf.result != HQ_RESULT_UNKNOWN || detail->spf.pending == HQ_YES ||
        detail->spf.problem)
        hq_dump_text_spf_lines(page, &detail->spf);
    print_forecast(page, &detail->forecast);
    for (uint32_t i = 0; i < detail->auth_count; i++)
        print_auth(page, &detail->auth[i]);
    if (page->out->len == empty)
        g_string_truncate(page->out, before);
}

static void print_findings(struct hq_page *page, const struct hq_detail *detail)
{
    if (detail->finding_count)
        hq_page_line(page, "\nFindings");
    for (uint32_t i = 0; i < detail->finding_count; i++) {
        const struct hq_finding *finding = &detail->findings[i];
        GString *line = hq_page_raw(page);
        g_string_append(line, finding->id ? finding->id : "-");
        if (finding->hop != HQ_NONE)
            g_string_append_printf(line, " at hop %" G_GINT64_FORMAT, finding->hop);
        g_string_append_printf(line, ", confidence %s", hq_level_names[finding->confidence]);
        if (finding->detail)
            g_string_append_printf(line, ": %s", finding->detail);
        hq_page_field(page, hq_level_names[finding->severity], line->str);
    }
}

static void print_headers(struct hq_page *page, const struct hq_detail *detail)
{
    if (detail->header_count)
        hq_page_line(page, "\nHeaders");
    for (uint32_t i = 0; i < detail->header_count; i++) {
        const struct hq_header *header = &detail->headers[i];
        GString *line = hq_page_raw(page);
        if (header->name && *header->name)
            g_string_append_printf(line, "%s: ", header->name);
        g_string_append(line, header->value ? header->value : "");
        hq_page_block(page, "  ", 6, line->str);
    }
}

/* ---- what the mail log tells ---- */

static void print_history(struct hq_page *page, const struct hq_detail *detail)
{
    char date[32];

    if (detail->history_count)
        hq_page_line(page, "\nLog");
    for (uint32_t i = 0; i < detail->history_count; i++) {
        const struct hq_attempt *attempt = &detail->history[i];
        GString *line = hq_page_raw(page);
        g_string_append_printf(line, "%s %s", hq_time_rfc3339(attempt->time, date),
                               hq_outcome_names[attempt->result]);
        if (attempt->recipient)
            g_string_append_printf(line, " %s", attempt->recipient);
        if (attempt->relay)
            g_string_append_printf(line, " by %s", attempt->relay);
        if (attempt->text)
            g_string_append_printf(line, ": %s", attempt->text);
        hq_page_block(page, "  ", 6, line->str);
        if (attempt->cause)
            hq_page_block(page, "      cause: ", 8, attempt->cause);
    }
}

void hq_dump_text_message(struct hq_page *page, const struct hq_message *message)
{
    const struct hq_detail *detail = message->detail;

    print_envelope(page, message);
    for (uint32_t i = 0; i < message->recipient_count; i++)
        print_recipient(page, &message->recipients[i]);
    if (!detail)
        return;
    hq_dump_text_hops(page, detail);
    print_verdicts(page, detail);
    print_findings(page, detail);
    print_history(page, detail);
    print_headers(page, detail);
}
