/* SPDX-License-Identifier: ISC */
/* hq_spf_check(): which identity, whose record, the order of terms, redirect, explanation. */
#include "hopq/spf.h"
#include "check.h"
#include <string.h>

static enum hq_result qualifier_result(char qualifier)
{
    switch (qualifier) {
    case '-':
        return HQ_RESULT_FAIL;
    case '~':
        return HQ_RESULT_SOFTFAIL;
    case '?':
        return HQ_RESULT_NEUTRAL;
    default:
        return HQ_RESULT_PASS;
    }
}

static enum hq_result stop_result(const struct hq_spf_check *check)
{
    static const enum hq_result results[] = {[HQ_SPF_RUN] = HQ_RESULT_NEUTRAL,
                                             [HQ_SPF_PENDING] = HQ_RESULT_UNKNOWN,
                                             [HQ_SPF_TEMPERROR] = HQ_RESULT_TEMPERROR,
                                             [HQ_SPF_PERMERROR] = HQ_RESULT_PERMERROR};
    return results[check->stop];
}

/* ---- evaluation ---- */

/* Section 4.3: a proper name of more than one label; its final dot is off by now. */
static bool can_have_record(const char *domain)
{
    const char *dot = strrchr(domain, '.');
    return hq_dns_name_valid(domain) && dot && dot[1] && domain[0] != '[';
}

/* Sections 4.4 and 4.5: the one SPF record of DOMAIN. False: none, or the check stops. */
static bool find_record(struct hq_spf_check *check, const char *domain, struct hq_spf_span *text)
{
    *text = (struct hq_spf_span){0};
    if (!can_have_record(domain))
        return false;
    const struct hq_dns_answer *answer = hq_spf_ask(check, domain, HQ_DNS_TXT);
    if (!answer)
        return false;
    if (answer->status == HQ_DNS_TEMPFAIL)
        return hq_spf_unanswered(check, domain, HQ_DNS_TXT);
    for (unsigned i = 0; i < answer->count; i++) {
        const struct hq_dns_record *record = &answer->records[i];
        if (!hq_spf_is_record(record->text, record->length))
            continue;
        if (text->s)
            return hq_spf_stop(check, HQ_SPF_PERMERROR, "%s has more than one SPF record", domain);
        *text = (struct hq_spf_span){record->text, record->length};
    }
    return text->s != NULL;
}

static bool read_record(struct hq_spf_check *check, const char *domain, struct hq_spf_span text,
                        struct hq_spf_record *record)
{
    struct hq_spf_span bad;
    const char *fault = hq_spf_record_read(text.s, text.n, record, &bad);
    if (!fault)
        return true;
    return hq_spf_stop(check, HQ_SPF_PERMERROR, "\"%.*s\" in the record of %s: %s",
                       (int)MIN(bad.n, 200), bad.s, domain, fault);
}

/* The first mechanism that matches decides. False: none does, or the check stops. */
static bool try_mechanisms(struct hq_spf_check *check, const struct hq_spf_record *record,
                           struct hq_spf_verdict *verdict)
{
    struct hq_spf_span rest = record->text;
    struct hq_spf_term term;
    while (check->stop == HQ_SPF_RUN && hq_spf_record_next(&rest, &term)) {
        if (!hq_spf_engine_match(check, &term, verdict->domain))
            continue;
        verdict->result = qualifier_result(term.qualifier);
        verdict->term = term.text;
        verdict->exp = record->exp;
        return true;
    }
    return false;
}

void hq_spf_check_host(struct hq_spf_check *check, const char *domain,
                       struct hq_spf_verdict *verdict)
{
    struct hq_spf_record record = {0};
    struct hq_spf_span text;
    *verdict = (struct hq_spf_verdict){0};
    g_strlcpy(verdict->domain, domain, sizeof verdict->domain);
    for (bool redirected = false;; redirected = true) {
        bool there = find_record(check, verdict->domain, &text);
        if (!redirected)
            verdict->record = text;
        if (!there && !redirected && check->stop == HQ_SPF_RUN) {
            verdict->result = HQ_RESULT_NONE;
            return;
        }
        if (!there) /* section 6.1 */
            hq_spf_stop(check, HQ_SPF_PERMERROR,
                        "the redirect leads to %s, which has no SPF record", verdict->domain);
        if (there && read_record(check, verdict->domain, text, &record) &&
            try_mechanisms(check, &record, verdict))
            return;
        if (check->stop != HQ_SPF_RUN || record.has_all || record.redirect.n == 0)
            break;
        char target[HQ_DNS_NAME_SIZE];
        if (!hq_spf_count_term(check) ||
            !hq_spf_expand_domain(check, record.redirect, verdict->domain, target))
            break;
        memcpy(verdict->domain, target, sizeof target);
    }
    verdict->result = stop_result(check);
}

/* ---- explanation ---- */

/* Section 6.2: any fault means no explanation. False: the DNS has not answered yet. */
static bool explain(struct hq_spf_check *check, const struct hq_spf_verdict *verdict,
                    const char **explanation, struct hq_arena *arena)
{
    char name[HQ_DNS_NAME_SIZE];
    struct hq_spf_text text;
    *explanation = NULL;
    if (verdict->result != HQ_RESULT_FAIL || verdict->exp.n == 0)
        return true;
    if (!hq_spf_expand_domain(check, verdict->exp, verdict->domain, name))
        return check->stop != HQ_SPF_PENDING;
    const struct hq_dns_answer *answer = hq_spf_ask(check, name, HQ_DNS_TXT);
    if (!answer)
        return false;
    if (answer->count != 1)
        return true;
    struct hq_spf_span macro = {answer->records[0].text, answer->records[0].length};
    if (!hq_spf_macro_valid(macro, true))
        return true;
    if (!hq_spf_expand(check, macro, verdict->domain, &text))
        return false;
    *explanation = hq_arena_dup(arena, text.bytes, text.n);
    return true;
}

/* ---- the check ---- */

/* DOMAIN in A-labels when it was international (section 4.3), without the final dot that it may
 * have, too: macros would double it. NULL when it cannot be turned. */
static char *read_domain(const char *domain)
{
    size_t n = strlen(domain);
    if (n > 1 && domain[n - 1] == '.')
        n--;
    g_autofree char *plain = g_strndup(domain, n);
    for (size_t i = 0; i < n; i++)
        if (plain[i] & 0x80)
            return g_hostname_to_ascii(plain);
    return g_steal_pointer(&plain);
}

/* Splits SENDER as section 4.3 says; the HELO identity is postmaster's (section 2.3). Returns the
 * domain, NULL when it is none. */
static char *read_identity(struct hq_spf_check *check, const char *sender, const char *helo)
{
    bool from_helo = !sender || !*sender;
    const char *whole = from_helo ? helo : sender;
    const char *at = strrchr(whole, '@');
    const char *domain = at ? at + 1 : whole;
    size_t local = at && !from_helo ? (size_t)(at - whole) : 0;
    check->helo = (struct hq_spf_span){helo, strlen(helo)};
    check->local = local > 0 ? (struct hq_spf_span){whole, local}
                             : (struct hq_spf_span){"postmaster", strlen("postmaster")};
    return read_domain(domain);
}

static void fill_questions(struct hq_spf *result, const GPtrArray *questions,
                           struct hq_arena *arena)
{
    const char **list = hq_arena_alloc(arena, questions->len * sizeof *list);
    for (guint i = 0; i < questions->len; i++)
        list[i] = hq_arena_strdup(arena, g_ptr_array_index(questions, i));
    result->questions = list;
    result->question_count = questions->len;
}

static bool run(struct hq_spf_check *check, struct hq_spf *result, struct hq_arena *arena)
{
    struct hq_spf_verdict verdict;
    hq_spf_engine_begin(check);
    hq_spf_check_host(check, result->domain, &verdict);
    if (check->stop == HQ_SPF_PENDING || !explain(check, &verdict, &result->explanation, arena))
        return false;
    result->result = verdict.result;
    if (verdict.term.n > 0)
        result->term = hq_arena_dup(arena, verdict.term.s, verdict.term.n);
    if (verdict.record.s)
        result->record = hq_arena_dup(arena, verdict.record.s, verdict.record.n);
    if (verdict.result == HQ_RESULT_TEMPERROR || verdict.result == HQ_RESULT_PERMERROR)
        result->problem = hq_arena_strdup(arena, check->problem->str);
    else if (!can_have_record(result->domain))
        result->problem = "no domain name that could have an SPF record";
    fill_questions(result, check->questions, arena);
    return true;
}

bool hq_spf_check(struct hq_dns_cache *cache, const char *ip, const char *helo, const char *sender,
                  const char *receiver, struct hq_spf *result, struct hq_arena *arena)
{
    struct hq_spf_check check = {.cache = cache, .receiver = receiver};
    *result = (struct hq_spf){.pending = HQ_NO};
    result->identity = sender && *sender ? "mailfrom" : "helo";
    if (!hq_ip_parse_str(ip, &check.ip)) {
        result->problem = "the client's address is not known";
        return true;
    }
    char text[46];
    g_autofree char *domain = read_identity(&check, sender, helo ? helo : "");
    result->ip = hq_arena_strdup(arena, hq_ip_format(&check.ip, text));
    result->domain = hq_arena_strdup(arena, domain ? domain : "");
    check.sender_domain = (struct hq_spf_span){result->domain, strlen(result->domain)};
    check.problem = g_string_new(NULL);
    check.questions = g_ptr_array_new_with_free_func(g_free);
    bool done = run(&check, result, arena);
    result->pending = done ? HQ_NO : HQ_YES;
    g_string_free(check.problem, TRUE);
    g_ptr_array_free(check.questions, TRUE);
    return done;
}
