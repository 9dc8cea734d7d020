/* SPDX-License-Identifier: ISC */
/* The verdict of DMARC (RFC 9989 section 5.3) from our own results of SPF and DKIM: a row of its
 * own among the authentication results. */
#include "hopq/dmarc.h"
#include "hopq/arena.h"
#include "hopq/auth.h"
#include <string.h>

/* What passed, and what of it belongs to the author. */
struct evidence {
    GString *aligned; /* ", SPF a.example" */
    GString *other;
    bool pending;
};

static void note(struct evidence *evidence, struct hq_dns_cache *cache,
                 const struct hq_dmarc *dmarc, const char *method, const char *domain, bool strict)
{
    bool aligned;

    if (!hq_dmarc_align(cache, dmarc, domain, strict, &aligned))
        evidence->pending = true;
    else
        g_string_append_printf(aligned ? evidence->aligned : evidence->other, ", %s %s", method,
                               domain);
}

static void collect(struct evidence *evidence, struct hq_dns_cache *cache,
                    const struct hq_dmarc *dmarc, const struct hq_detail *detail,
                    const struct hq_dkim *dkim)
{
    const char *domain;
    unsigned i = 0;

    if (detail->spf.result == HQ_RESULT_PASS && detail->spf.domain)
        note(evidence, cache, dmarc, "SPF", detail->spf.domain, dmarc->tags.strict_spf);
    while ((domain = hq_dkim_next_pass(dkim, &i)))
        note(evidence, cache, dmarc, "DKIM", domain, dmarc->tags.strict_dkim);
}

/* "p=reject at example.com" */
static void append_policy(GString *words, const struct hq_dmarc *dmarc)
{
    g_string_append_printf(words, "policy %s (%s= at %s%s)", hq_dmarc_policy_names[dmarc->policy],
                           dmarc->tag, dmarc->record_domain,
                           dmarc->tags.testing ? ", t=y: only testing" : "");
}

static void append_listed(GString *words, const struct hq_dmarc *dmarc)
{
    if (dmarc->listed)
        g_string_append_printf(words,
                               "; its organisation is %s by the tree walk, %s by the public suffix "
                               "list",
                               dmarc->organisation, dmarc->listed);
}

/* True: something failed that may pass another time. */
static bool is_temporary(const struct hq_detail *detail, const struct hq_dkim *dkim)
{
    return detail->spf.result == HQ_RESULT_TEMPERROR || hq_dkim_has_temporary(dkim);
}

static void fill(struct hq_auth *row, const struct hq_dmarc *dmarc, const struct evidence *evidence,
                 const struct hq_detail *detail, const struct hq_dkim *dkim, GString *words)
{
    append_policy(words, dmarc);
    if (evidence->aligned->len > 0) {
        row->result = "pass";
        g_string_append_printf(words, "; aligned: %s", evidence->aligned->str + 2);
    } else if (is_temporary(detail, dkim)) {
        row->result = "temperror";
        g_string_append(words, "; the DNS did not answer all that SPF and DKIM asked");
    } else if (detail->spf.result == HQ_RESULT_UNKNOWN) {
        g_string_append_printf(words, "; not judged, as SPF was not checked%s%s",
                               detail->spf.problem ? ": " : "",
                               detail->spf.problem ? detail->spf.problem : "");
    } else {
        row->result = "fail";
        g_string_append_printf(words, "; nothing that passes is aligned%s%s",
                               evidence->other->len > 0 ? ": " : "",
                               evidence->other->len > 0 ? evidence->other->str + 2 : "");
    }
    append_listed(words, dmarc);
}

/* True: ROW is complete. */
static bool judge(struct hq_dns_cache *cache, const struct hq_detail *detail,
                  const struct hq_dkim *dkim, const struct hq_dmarc *dmarc, struct hq_auth *row,
                  GString *words)
{
    g_autoptr(GString) aligned = g_string_new(NULL);
    g_autoptr(GString) other = g_string_new(NULL);
    struct evidence evidence = {.aligned = aligned, .other = other};

    if (!dmarc->record) {
        row->result = dmarc->failed ? "temperror" : "none";
        g_string_append(words, dmarc->failed ? "the DNS does not give the policy"
                                             : "no policy is published");
        return true;
    }
    if (dmarc->tags.unusable) {
        row->result = "permerror";
        g_string_append_printf(words, "the record at %s has no valid policy", dmarc->record_domain);
        return true;
    }
    collect(&evidence, cache, dmarc, detail, dkim);
    if (evidence.pending)
        return false;
    fill(row, dmarc, &evidence, detail, dkim, words);
    return true;
}

bool hq_dmarc_judge(struct hq_dns_cache *cache, const struct hq_detail *detail,
                    const struct hq_dkim *dkim, bool dkim_final, GArray *rows,
                    struct hq_arena *arena)
{
    struct hq_auth row = hq_auth_computed("dmarc");
    g_autoptr(GString) words = g_string_new(NULL);
    const char *problem;
    struct hq_dmarc dmarc;

    if (hq_dns_cache_is_closed(cache))
        return true;
    row.domain = hq_dmarc_author(detail, &problem, arena);
    if (!row.domain) {
        row.result = "permerror";
        row.detail = problem;
        g_array_append_val(rows, row);
        return true;
    }
    bool found = hq_dmarc_find(cache, row.domain, &dmarc, arena);
    if (!found || detail->spf.pending == HQ_YES || !dkim_final ||
        !judge(cache, detail, dkim, &dmarc, &row, words))
        return false;
    row.detail = hq_arena_dup(arena, words->str, words->len);
    g_array_append_val(rows, row);
    return true;
}
