/* SPDX-License-Identifier: ISC */
/* Phrase matcher. All phrases of all rules are looked up in one walk over the words; then the rules
 * are asked in order. No backtracking: time is words times phrases that share two first letters. */
#include "rules.h"
#include <string.h>

/* How many words apart the two sides of "x ~ y" may be. */
#define NEAR 6

/* Where each phrase was found: bit N is word N, bit 63 all words behind. AT is valid only where
 * PRESENT says so; clearing all of it would cost more than the search. Patterns without a phrase
 * that was found are not tried: none consists of terms that must be absent. */
struct found {
    uint64_t present[PHRASE_MAX / 64];
    uint64_t patterns[PATTERN_MAX / 64];
    uint64_t at[PHRASE_MAX];
};

static bool has_bit(const uint64_t *bits, unsigned i)
{
    return bits[i / 64] >> i % 64 & 1;
}

static void set_bit(uint64_t *bits, unsigned i)
{
    bits[i / 64] |= UINT64_C(1) << i % 64;
}

static void clear(struct found *found)
{
    memset(found->present, 0, sizeof found->present);
    memset(found->patterns, 0, sizeof found->patterns);
}

static void add_phrase(const struct hq_rules *rules, struct found *found, unsigned phrase,
                       unsigned word)
{
    const uint16_t *users = (const uint16_t *)(const void *)rules->users->data;
    if (has_bit(found->present, phrase)) {
        found->at[phrase] |= UINT64_C(1) << word;
        return;
    }
    set_bit(found->present, phrase);
    found->at[phrase] = UINT64_C(1) << word;
    for (uint32_t i = rules->user_starts[phrase]; i < rules->user_starts[phrase + 1]; i++)
        set_bit(found->patterns, users[i]);
}

static bool phrase_at(const struct phrase *phrase, const char *s, uint64_t head)
{
    return ((head ^ phrase->head) & phrase->mask) == 0 &&
           (phrase->n <= sizeof head ||
            strncmp(s + sizeof head, phrase->text + sizeof head, phrase->n - sizeof head) == 0) &&
           (!phrase->whole || s[phrase->n] == ' ');
}

/* WORDS begins and ends with a blank and has a NUL and HQ_WORDS_SPARE readable bytes behind it: a
 * phrase that would run over the end differs from it at the NUL. */
static void find_phrases(const struct hq_rules *rules, const char *words, struct found *found)
{
    const struct phrase *phrases = (const struct phrase *)(const void *)rules->phrases->data;
    unsigned word = 0;
    for (const char *s = words; (s = strchr(s, ' ')) && s[1]; word += word < 63) {
        s++;
        unsigned group = group_of(s);
        uint64_t head;
        memcpy(&head, s, sizeof head);
        for (unsigned i = rules->groups[group]; i < rules->groups[group + 1]; i++)
            if (phrase_at(&phrases[i], s, head))
                add_phrase(rules, found, i, word);
    }
}

/* The words up to NEAR before and behind those of AT. */
static uint64_t near(uint64_t at)
{
    uint64_t around = at;
    for (int i = 0; i < NEAR; i++)
        around |= around << 1 | around >> 1;
    return around;
}

static bool pattern_holds(const struct hq_rules *rules, unsigned pattern, const struct found *found)
{
    if (!has_bit(found->patterns, pattern))
        return false;
    const uint16_t *code = (const uint16_t *)(const void *)rules->code->data;
    const uint16_t *end = code + rules->starts[pattern + 1];
    uint64_t at = 0, allowed = UINT64_MAX;
    bool all = true;
    for (const uint16_t *op = code + rules->starts[pattern]; op < end; op++) {
        if (has_bit(found->present, *op & PHRASE))
            at |= found->at[*op & PHRASE];
        if (!(*op & TERM_ENDS))
            continue;
        all &= ((at & allowed) != 0) != ((*op & TERM_NOT) != 0);
        allowed = *op & TERM_NEAR_NEXT ? near(at & allowed) : UINT64_MAX;
        at = 0;
        if (!(*op & ALTERNATIVE_ENDS))
            continue;
        if (all)
            return true;
        all = true;
    }
    return false;
}

static bool phase_holds(unsigned when, unsigned phase)
{
    return !((when & HQ_WHEN_HELO && phase != HQ_PHASE_HELO) ||
             (when & HQ_WHEN_GREETING && phase != HQ_PHASE_GREETING) ||
             (when & HQ_WHEN_MAIL && phase != HQ_PHASE_MAIL));
}

static bool when_holds(unsigned when, const struct hq_reply *reply)
{
    bool permanent = reply->code ? reply->code >= 500 : reply->enhanced[0] == '5';
    return !((when & HQ_WHEN_LOCAL && reply->remote) || (when & HQ_WHEN_REMOTE && !reply->remote) ||
             (when & HQ_WHEN_TEMP && permanent) || (when & HQ_WHEN_PERM && !permanent)) &&
           phase_holds(when, reply->phase);
}

static const struct hq_reason_rule *first_rule(const struct hq_rules *rules,
                                               const struct hq_reply *reply, const char *provider,
                                               const struct found *found)
{
    for (unsigned i = 0; i < hq_reason_rule_count; i++) {
        const struct hq_reason_rule *rule = &hq_reason_rules[i];
        if (!has_bit(found->patterns, i) || !when_holds(rule->when, reply))
            continue;
        if (rule->provider && g_strcmp0(rule->provider, provider) != 0)
            continue;
        if (pattern_holds(rules, i, found))
            return rule;
    }
    return NULL;
}

/* ---- providers ---- */

/* HOST ends in one of SUFFIXES (blank separated), at a label. */
static bool host_has_suffix(const char *host, size_t n, const char *suffixes)
{
    for (const char *s = suffixes; *s; s += strspn(s, " ")) {
        size_t length = strcspn(s, " ");
        if (n >= length && g_ascii_strncasecmp(host + n - length, s, length) == 0 &&
            (n == length || host[n - length - 1] == '.'))
            return true;
        s += length;
    }
    return false;
}

static const char *find_provider(const struct hq_rules *rules, const char *relay,
                                 const struct found *text, const struct found *links)
{
    size_t n = strlen(relay);
    while (n > 0 && relay[n - 1] == '.')
        n--;
    for (unsigned i = 0; n > 0 && i < hq_provider_count; i++)
        if (host_has_suffix(relay, n, hq_providers[i].hosts))
            return hq_providers[i].id;
    for (unsigned i = 0; i < hq_provider_count; i++)
        if (pattern_holds(rules, hq_reason_rule_count + i, text) ||
            pattern_holds(rules, hq_reason_rule_count + i, links))
            return hq_providers[i].id;
    return NULL;
}

const struct hq_reason_rule *hq_rules_match(const struct hq_rules *rules,
                                            const struct hq_reply *reply,
                                            const struct hq_words *words, const char **provider)
{
    struct found text, links;
    clear(&text);
    clear(&links);
    find_phrases(rules, words->text, &text);
    find_phrases(rules, words->links, &links);
    *provider = find_provider(rules, reply->relay, &text, &links);
    const struct hq_reason_rule *rule = first_rule(rules, reply, *provider, &text);
    if (rule || words->link_n <= 1)
        return rule;
    find_phrases(rules, words->links, &text);
    return first_rule(rules, reply, *provider, &text);
}

/* ---- advice ---- */

static bool is_advised(enum hq_category category)
{
    for (unsigned i = 0; i < hq_reason_advice_count; i++)
        if (hq_reason_advices[i].category == category)
            return true;
    return false;
}

const char *hq_rules_advice(const struct hq_rules *rules, const struct hq_words *words,
                            enum hq_category category, enum hq_phase phase)
{
    struct found found;

    if (!is_advised(category))
        return NULL;
    clear(&found);
    find_phrases(rules, words->text, &found);
    for (unsigned i = 0; i < hq_reason_advice_count; i++) {
        const struct hq_reason_advice *row = &hq_reason_advices[i];
        unsigned pattern = hq_reason_rule_count + hq_provider_count + i;
        if (row->category == category && (!row->phase || row->phase == phase) &&
            (!row->pattern || pattern_holds(rules, pattern, &found)))
            return row->advice;
    }
    return NULL;
}
