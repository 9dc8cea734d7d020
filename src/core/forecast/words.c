/* SPDX-License-Identifier: ISC */
/* The forecast in words: "from 203.0.113.7 the destination will see: fail (-all) for b.example". */
#include "hopq/forecast.h"
#include "parts.h"
#include <string.h>

/* "SRS0=hash=time=domain=local@us", "SRS1=hash=forwarder=...=domain..." (the draft of Sender
 * Rewriting Scheme: separators after the tag are "=", "-" or "+"). */
const char *hq_srs_domain(const char *sender, struct hq_arena *arena)
{
    bool first = sender && g_ascii_strncasecmp(sender, "SRS0", 4) == 0;
    bool again = sender && g_ascii_strncasecmp(sender, "SRS1", 4) == 0;
    const char *at = sender ? strrchr(sender, '@') : NULL;

    if ((!first && !again) || !at || !sender[4] || !strchr("=-+", sender[4]))
        return NULL;

    g_autofree char *local = g_strndup(sender + 5, (size_t)(at - sender - 5));
    g_auto(GStrv) parts = g_strsplit(local, "=", 5);
    const char *domain = NULL;

    /* SRS0: hash, time, domain, local; SRS1: hash, first forwarder, then SRS0's rest. */
    if (g_strv_length(parts) >= (first ? 4U : 3U))
        domain = parts[first ? 2 : 1];
    return domain && *domain ? hq_arena_strdup(arena, domain) : NULL;
}

static void append_spf(GString *words, const struct forecast *forecast, const char *original)
{
    const struct hq_spf *spf = &forecast->spf;
    const char *result = hq_result_names[spf->result];

    g_string_append_printf(words, "from %s%s the destination will see: SPF %s", spf->ip,
                           forecast->differ ? " (the worst of our addresses)" : "",
                           result ? result : "unknown");
    if (spf->term)
        g_string_append_printf(words, " (%s)", spf->term);
    else if (spf->problem)
        g_string_append_printf(words, " (%s)", spf->problem);
    if (spf->domain && *spf->domain)
        g_string_append_printf(words, " for %s", spf->domain);
    if (spf->identity && strcmp(spf->identity, "helo") == 0)
        g_string_append(words, ", our name, as the sender is empty");
    if (original)
        g_string_append_printf(words, ", rewritten (SRS) from %s", original);
}

static void append_dkim(GString *words, const struct forecast *forecast)
{
    if (!forecast->signer)
        return;
    g_string_append_printf(words, "; the DKIM signature of %s %s", forecast->signer,
                           forecast->signature_holds ? "holds" : "may hold");
}

static void append_dmarc(GString *words, const struct forecast *forecast)
{
    static const char *const consequence[HQ_DMARC_UNSET] = {
        [HQ_DMARC_NONE] = "which asks for nothing",
        [HQ_DMARC_QUARANTINE] = "suspicious where DMARC is honoured",
        [HQ_DMARC_REJECT] = "rejected where DMARC is honoured",
    };
    const struct hq_dmarc *dmarc = &forecast->dmarc;
    bool passes = (forecast->spf.result == HQ_RESULT_PASS && forecast->spf_aligned) ||
                  forecast->signature_holds;

    if (!forecast->has_author || !dmarc->record || dmarc->tags.unusable)
        return;
    g_string_append_printf(words, "; DMARC of %s (policy %s)", dmarc->record_domain,
                           hq_dmarc_policy_names[dmarc->policy]);
    if (passes)
        g_string_append(words, " passes");
    else if (forecast->signer)
        g_string_append_printf(words, " passes by that signature, or it is %s",
                               dmarc->policy == HQ_DMARC_NONE ? "a fail without consequence"
                                                              : consequence[dmarc->policy]);
    else
        g_string_append_printf(words, " fails: %s", consequence[dmarc->policy]);
}

const char *hq_forecast_words(const struct forecast *forecast, const char *original,
                              struct hq_arena *arena)
{
    g_autoptr(GString) words = g_string_new(NULL);

    append_spf(words, forecast, original);
    append_dkim(words, forecast);
    append_dmarc(words, forecast);
    return hq_arena_dup(arena, words->str, words->len);
}
