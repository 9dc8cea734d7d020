/* SPDX-License-Identifier: ISC */
/* What is proven and what is claimed: SPF computed now, the forecast for our own sending, results
 * that headers tell, all findings. */
#include "tui/pane.h"
#include <string.h>

static void heading(struct hq_lines *lines, const char *text)
{
    hq_lines_add(lines, HQ_ROLE_HEADING, text);
    hq_lines_end(lines);
}

static void add_spf(struct hq_lines *lines, const struct hq_spf *spf)
{
    const char *result = hq_result_names[spf->result];
    heading(lines, "SPF, computed now at the boundary");
    if (spf->pending == HQ_YES)
        hq_lines_label(lines, "  result", HQ_ROLE_DIM, "asking the DNS");
    else
        hq_lines_label(lines, "  result", hq_pane_result_role(result),
                       result ? result : "not checked");
    hq_lines_label(lines, "  domain", HQ_ROLE_NORMAL, spf->domain);
    hq_lines_label(lines, "  identity", HQ_ROLE_NORMAL, spf->identity);
    hq_lines_label(lines, "  client", HQ_ROLE_NORMAL, spf->ip);
    hq_lines_label(lines, "  matched", HQ_ROLE_STRONG, spf->term);
    hq_lines_label(lines, "  record", HQ_ROLE_NORMAL, spf->record);
    hq_lines_label(lines, "  they say", HQ_ROLE_NORMAL, spf->explanation);
    hq_lines_label(lines, "  because", HQ_ROLE_NORMAL, spf->problem);
    for (uint32_t i = 0; i < spf->question_count; i++)
        hq_lines_label(lines, i == 0 ? "  asked" : "", HQ_ROLE_DIM, spf->questions[i]);
    hq_lines_empty(lines);
}

static void add_forecast(struct hq_lines *lines, const struct hq_forecast *forecast)
{
    const char *result = hq_result_names[forecast->result];
    const char *outlook = hq_outlook_names[forecast->outlook];
    if (!forecast->words)
        return;
    heading(lines, "Forecast: what the destination will see when we send it");
    hq_lines_label(lines, "  outlook", hq_pane_result_role(outlook), outlook);
    hq_lines_label(lines, "  in words", HQ_ROLE_NORMAL, forecast->words);
    hq_lines_label(lines, "  SPF there", hq_pane_result_role(result), result);
    hq_lines_label(lines, "  from", HQ_ROLE_NORMAL, forecast->egress);
    hq_lines_label(lines, "  domain", HQ_ROLE_NORMAL, forecast->domain);
    hq_lines_label(lines, "  matched", HQ_ROLE_STRONG, forecast->term);
    hq_lines_label(lines, "  record", HQ_ROLE_NORMAL, forecast->record);
    hq_lines_empty(lines);
}

static const char *writer_words(const struct hq_auth *auth)
{
    static const char *const words[HQ_PROVENANCE_COUNT] = {
        [HQ_PROVENANCE_UNKNOWN] = "only claimed",
        [HQ_PROVENANCE_RECEIVER] = "written inside our boundary",
        [HQ_PROVENANCE_INNER] = "written in transit",
        [HQ_PROVENANCE_CLAIM] = "only claimed",
        [HQ_PROVENANCE_SPOOF] = "forged: it bears the receiver's name",
    };

    if (auth->source == HQ_AUTH_COMPUTED)
        return "computed now";
    return words[auth->trusted == HQ_YES ? HQ_PROVENANCE_RECEIVER : auth->provenance];
}

/* A claim that nobody of ours wrote is dimmed and says so, whatever it claims. */
static void add_auth(struct hq_lines *lines, const struct hq_auth *auth)
{
    bool believed = auth->source == HQ_AUTH_COMPUTED || auth->trusted == HQ_YES;
    enum hq_role role = believed ? HQ_ROLE_NORMAL : HQ_ROLE_CLAIMED;
    hq_lines_add(lines, role, "  ");
    hq_lines_printf(lines, role, "%s ", auth->method ? auth->method : "-");
    hq_lines_tab(lines, 11);
    hq_lines_printf(lines, believed ? hq_pane_result_role(auth->result) : role, "%s ",
                    auth->result ? auth->result : "unknown");
    hq_lines_tab(lines, 22);
    hq_lines_hang(lines);
    if (auth->domain)
        hq_lines_printf(lines, role, "%s  ", auth->domain);
    if (auth->authserv)
        hq_lines_printf(lines, HQ_ROLE_DIM, "by %s  ", auth->authserv);
    hq_lines_printf(lines, believed ? HQ_ROLE_DIM : HQ_ROLE_WARN, "(%s", writer_words(auth));
    if (auth->hop != HQ_NONE)
        hq_lines_printf(lines, HQ_ROLE_DIM, ", hop %" G_GINT64_FORMAT, auth->hop);
    hq_lines_add(lines, believed ? HQ_ROLE_DIM : HQ_ROLE_WARN, ")");
    if (auth->detail)
        hq_lines_printf(lines, HQ_ROLE_DIM, "  %s", auth->detail);
    hq_lines_end(lines);
}

/* The first address of a header field, as it stands. */
static const char *header(const struct hq_detail *detail, const char *name)
{
    for (uint32_t i = 0; i < detail->header_count; i++)
        if (detail->headers[i].name && g_ascii_strcasecmp(detail->headers[i].name, name) == 0)
            return detail->headers[i].value;
    return NULL;
}

static enum hq_role identity_role(const struct hq_identity *identity)
{
    static const char *const alike[HQ_IDENTITY_COUNT] = {
        [HQ_IDENTITY_UNCLEAR] = "neutral", [HQ_IDENTITY_YES] = "pass", [HQ_IDENTITY_NO] = "fail"};

    return hq_pane_result_role(alike[identity->verdict]);
}

static void add_identities(struct hq_lines *lines, const struct hq_pane_input *in)
{
    const struct hq_identity *identity = &in->detail->identity;
    const char *sender = in->message->sender;
    heading(lines, "Is this who it says it is?");
    if (identity->words) {
        hq_lines_label(lines, "  verdict", identity_role(identity),
                       hq_identity_names[identity->verdict]);
        hq_lines_label(lines, "  because", HQ_ROLE_NORMAL, identity->words);
    }
    hq_lines_label(lines, "  From", HQ_ROLE_NORMAL, in->message->from);
    hq_lines_label(lines, "  envelope", HQ_ROLE_NORMAL,
                   sender && !*sender ? "<> (a bounce)" : sender);
    hq_lines_label(lines, "  Reply-To", HQ_ROLE_NORMAL, header(in->detail, "Reply-To"));
    hq_lines_label(lines, "  Sender", HQ_ROLE_NORMAL, header(in->detail, "Sender"));
    hq_lines_empty(lines);
}

void hq_pane_verdicts(const struct hq_pane_input *in, struct hq_lines *lines)
{
    const struct hq_detail *detail = in->detail;
    add_identities(lines, in);
    add_spf(lines, &detail->spf);
    add_forecast(lines, &detail->forecast);
    if (detail->auth_count > 0) {
        heading(lines, "Results: computed here, and claimed in headers");
        for (uint32_t i = 0; i < detail->auth_count; i++)
            add_auth(lines, &detail->auth[i]);
        hq_lines_empty(lines);
    }
    heading(lines, detail->finding_count ? "Findings" : "No findings");
    hq_pane_findings_ranked(in, lines, 2);
}
