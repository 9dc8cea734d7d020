/* SPDX-License-Identifier: ISC */
/* One SPF check as text: the verdict, the record and the term that decided. */
#include "dump/dump_internal.h"

static const char *or_unknown(const char *word)
{
    return word ? word : "unknown";
}

/* "fail: 192.0.2.1 for example.com (mailfrom)" */
static void print_verdict(struct hq_page *page, const struct hq_spf *spf)
{
    GString *line = hq_page_raw(page);

    g_string_append(line, spf->pending == HQ_YES ? "not known yet, the DNS has not answered"
                                                 : or_unknown(hq_result_names[spf->result]));
    if (spf->ip || spf->domain)
        g_string_append(line, ":");
    if (spf->ip)
        g_string_append_printf(line, " %s", spf->ip);
    if (spf->domain)
        g_string_append_printf(line, " for %s", spf->domain);
    if (spf->identity)
        g_string_append_printf(line, " (%s)", spf->identity);
    hq_page_field(page, "SPF", line->str);
}

void hq_dump_text_spf_lines(struct hq_page *page, const struct hq_spf *spf)
{
    print_verdict(page, spf);
    hq_page_field(page, "term", spf->term);
    hq_page_field(page, "record", spf->record);
    hq_page_field(page, "they say", spf->explanation);
    hq_page_field(page, "problem", spf->problem);
}

void hq_dump_text_spf(const struct hq_spf *spf, const struct hq_dump_options *options,
                      struct hq_sink *sink)
{
    struct hq_page page;

    hq_page_init(&page, sink->out, options->columns, options->ascii, options->now);
    hq_dump_text_spf_lines(&page, spf);
    for (uint32_t i = 0; i < spf->question_count; i++)
        hq_page_field(&page, i ? "" : "asked", spf->questions[i]);
    hq_page_clear(&page);
}
