/* SPDX-License-Identifier: ISC */
/* Compiles the phrase tables.
 *
 * A pattern: alternatives "a | b"; in each, terms "x & y" that must all be there, "!x" must not;
 * "x ~ y" must be there near each other. In each term, phrases "x / y" of which one is enough. A
 * phrase matches from the start of a word; its last word may go on ("reject": rejected), unless the
 * phrase ends in a dot. The status is a word too: {5.2.1}; {rcpt} is "Recipient address rejected";
 * {alone}: the text is one word; {here}: the relay is this machine. */
#include "rules.h"
#include <string.h>

/* ---- compiling ---- */

static int compare_phrases(const void *a, const void *b)
{
    const struct phrase *x = a, *y = b;
    unsigned gx = group_of(x->text), gy = group_of(y->text);
    if (gx != gy)
        return gx < gy ? -1 : 1;
    int order = strcmp(x->text, y->text);
    return order ? order : (int)x->whole - (int)y->whole;
}

static struct phrase new_phrase(struct hq_rules *rules, const char *text, bool whole)
{
    size_t n = strlen(text);
    struct phrase phrase = {.text = g_string_chunk_insert_const(rules->strings, text),
                            .n = (uint16_t)n,
                            .whole = whole};
    memcpy(&phrase.head, text, MIN(n, sizeof phrase.head));
    memset(&phrase.mask, 0xff, MIN(n, sizeof phrase.mask));
    return phrase;
}

/* Calls EACH for every phrase of PATTERN, with the marks that stand for the operator behind it. */
static void walk_pattern(struct hq_rules *rules, const char *pattern,
                         void (*each)(struct hq_rules *, struct phrase, unsigned marks))
{
    bool negated = false;
    for (const char *p = pattern; p && *p;) {
        p += strspn(p, " ");
        if (*p == '!') {
            negated = true;
            p++;
        }
        size_t n = strcspn(p, "|&/~");
        char operator= p[n];
        size_t used = n;
        while (used > 0 && p[used - 1] == ' ')
            used--;
        g_assert(used >= 2);
        bool whole = p[used - 1] == '.';
        char *text = g_strndup(p, whole ? used - 1 : used);
        struct phrase phrase = new_phrase(rules, text, whole);
        g_free(text);
        unsigned marks = negated ? TERM_NOT : 0;
        if (operator!= '/') {
            marks |= TERM_ENDS;
            negated = false;
        }
        if (operator== '~')
            marks |= TERM_NEAR_NEXT;
        else if (operator!= '/' && operator!= '&')
            marks |= ALTERNATIVE_ENDS;
        each(rules, phrase, marks);
        p += n + (operator? 1 : 0);
    }
}

static void collect(struct hq_rules *rules, struct phrase phrase, G_GNUC_UNUSED unsigned marks)
{
    g_array_append_val(rules->phrases, phrase);
}

static void emit(struct hq_rules *rules, struct phrase phrase, unsigned marks)
{
    const struct phrase *at =
        bsearch(&phrase, rules->phrases->data, rules->phrases->len, sizeof phrase, compare_phrases);
    g_assert(at);
    uint16_t op =
        (uint16_t)(at - (const struct phrase *)(void *)rules->phrases->data) | (uint16_t)marks;
    g_array_append_val(rules->code, op);
}

static void sort_phrases(struct hq_rules *rules)
{
    qsort(rules->phrases->data, rules->phrases->len, sizeof(struct phrase), compare_phrases);
    unsigned kept = 0;
    struct phrase *phrases = (struct phrase *)(void *)rules->phrases->data;
    for (unsigned i = 0; i < rules->phrases->len; i++)
        if (kept == 0 || compare_phrases(&phrases[kept - 1], &phrases[i]) != 0)
            phrases[kept++] = phrases[i];
    g_array_set_size(rules->phrases, kept);
    g_assert(kept <= PHRASE_MAX);
    unsigned at = 0;
    for (unsigned group = 0; group < GROUPS * GROUPS; group++) {
        rules->groups[group] = (uint16_t)at;
        while (at < kept && group_of(phrases[at].text) == group)
            at++;
    }
    rules->groups[G_N_ELEMENTS(rules->groups) - 1] = (uint16_t)at;
}

/* Calls EACH once for every pattern that has the phrase other than negated. */
static void each_user(struct hq_rules *rules, unsigned patterns,
                      void (*each)(struct hq_rules *, unsigned phrase, unsigned pattern))
{
    const uint16_t *code = (const uint16_t *)(const void *)rules->code->data;
    unsigned *last = g_new0(unsigned, rules->phrases->len); /* pattern + 1 */
    for (unsigned i = 0; i < patterns; i++)
        for (uint32_t op = rules->starts[i]; op < rules->starts[i + 1]; op++) {
            unsigned phrase = code[op] & PHRASE;
            if (code[op] & TERM_NOT || last[phrase] == i + 1)
                continue;
            last[phrase] = i + 1;
            each(rules, phrase, i);
        }
    g_free(last);
}

static void count_user(struct hq_rules *rules, unsigned phrase, G_GNUC_UNUSED unsigned pattern)
{
    rules->user_starts[phrase + 1]++;
}

/* Fills a phrase's stretch of USERS from its end, so that afterwards the index stands at its
 * beginning. */
static void put_user(struct hq_rules *rules, unsigned phrase, unsigned pattern)
{
    uint16_t *users = (uint16_t *)(void *)rules->users->data;
    users[--rules->user_starts[phrase + 1]] = (uint16_t)pattern;
}

static void index_users(struct hq_rules *rules, unsigned patterns)
{
    unsigned phrases = rules->phrases->len;
    g_assert(patterns <= PATTERN_MAX);
    rules->user_starts = g_new0(uint32_t, phrases + 2);
    each_user(rules, patterns, count_user);
    for (unsigned i = 1; i <= phrases; i++)
        rules->user_starts[i] += rules->user_starts[i - 1];
    uint32_t total = rules->user_starts[phrases];
    rules->users = g_array_new(FALSE, FALSE, sizeof(uint16_t));
    g_array_set_size(rules->users, total);
    each_user(rules, patterns, put_user);
    memmove(rules->user_starts, rules->user_starts + 1, phrases * sizeof *rules->user_starts);
    rules->user_starts[phrases] = total;
}

static const char *pattern_of(unsigned i)
{
    if (i < hq_reason_rule_count)
        return hq_reason_rules[i].pattern;
    i -= hq_reason_rule_count;
    return i < hq_provider_count ? hq_providers[i].pattern
                                 : hq_reason_advices[i - hq_provider_count].pattern;
}

static struct hq_rules *compile(void)
{
    struct hq_rules *rules = g_new0(struct hq_rules, 1);
    unsigned n = hq_reason_rule_count + hq_provider_count + hq_reason_advice_count;
    rules->strings = g_string_chunk_new(4096);
    rules->phrases = g_array_new(FALSE, FALSE, sizeof(struct phrase));
    rules->code = g_array_new(FALSE, FALSE, sizeof(uint16_t));
    rules->starts = g_new(uint32_t, n + 1);
    for (unsigned i = 0; i < n; i++)
        walk_pattern(rules, pattern_of(i), collect);
    sort_phrases(rules);
    for (unsigned i = 0; i < n; i++) {
        rules->starts[i] = rules->code->len;
        walk_pattern(rules, pattern_of(i), emit);
    }
    rules->starts[n] = rules->code->len;
    index_users(rules, n);
    return rules;
}

const struct hq_rules *hq_rules_get(void)
{
    static gsize once;

    if (g_once_init_enter(&once))
        g_once_init_leave(&once, (gsize)compile());
    return (const struct hq_rules *)once;
}
