/* SPDX-License-Identifier: ISC */
/* A reply explained: what it means, whose fault it is, whether waiting helps, what to do. */
#include "dump/dump_internal.h"
#include "hopq/reason.h"

/* Words for people; NULL: nothing to say. */
static const char *const fault_words[HQ_FAULT_COUNT] = {
    [HQ_FAULT_US] = "ours",
    [HQ_FAULT_RECIPIENT] = "the recipient's",
    [HQ_FAULT_REMOTE] = "the remote side's",
    [HQ_FAULT_NETWORK] = "the network's",
    [HQ_FAULT_DNS] = "the DNS's",
    [HQ_FAULT_TLS] = "TLS, either side",
};
static const char *const wait_words[HQ_WAIT_COUNT] = {
    [HQ_WAIT_YES] = "helps",
    [HQ_WAIT_COND] = "helps only after a change",
    [HQ_WAIT_NO] = "does not help",
};

static void print_category(struct hq_page *page, const struct hq_reason_kind *kind)
{
    const char *name = hq_category_names[kind->category];
    const char *meaning = hq_category_meaning(kind->category);
    GString *line = hq_page_raw(page);

    g_string_append(line, name ? name : "none");
    if (meaning)
        g_string_append_printf(line, ": %s", meaning);
    hq_page_field(page, "reason", line->str);
}

/* "421 4.7.0 by mx.example [192.0.2.1] (bt) at RCPT TO" */
static void print_reply(struct hq_page *page, const struct hq_reason *reason)
{
    const struct hq_reason_kind *kind = reason->kind;
    const char *phase = hq_phase_words[kind->phase];
    GString *line = hq_page_raw(page);

    if (kind->code > 0)
        g_string_append_printf(line, " %" G_GINT64_FORMAT, kind->code);
    if (kind->enhanced)
        g_string_append_printf(line, " %s", kind->enhanced);
    if (reason->relay)
        g_string_append_printf(line, " by %s", reason->relay);
    if (reason->relay_ip)
        g_string_append_printf(line, " [%s]", reason->relay_ip);
    if (kind->provider)
        g_string_append_printf(line, " (%s)", kind->provider);
    if (phase)
        g_string_append_printf(line, " %s", phase);
    if (line->len)
        hq_page_field(page, "reply", line->str + 1);
}

void hq_dump_text_reason(struct hq_page *page, const struct hq_reason *reason)
{
    const struct hq_reason_kind *kind = reason->kind;

    print_category(page, kind);
    print_reply(page, reason);
    hq_page_field(page, "fault", fault_words[kind->fault]);
    hq_page_field(page, "waiting", wait_words[kind->wait]);
    hq_page_field(page, "do", kind->advice ? kind->advice : hq_category_advice(kind->category));
}

void hq_dump_text_reasons(const GPtrArray *reasons, const struct hq_dump_options *options,
                          struct hq_sink *sink)
{
    struct hq_page page;

    hq_page_init(&page, sink->out, options->columns, options->ascii, options->now);
    for (unsigned i = 0; i < reasons->len; i++) {
        const struct hq_reason *reason = reasons->pdata[i];
        if (i)
            hq_page_line(&page, "%s", "");
        hq_page_block(&page, "", 0, reason->text ? reason->text : "");
        hq_dump_text_reason(&page, reason);
        hq_sink_check(sink);
    }
    hq_page_clear(&page);
}
