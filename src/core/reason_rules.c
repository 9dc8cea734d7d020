/* SPDX-License-Identifier: ISC */
/* Phrase matcher. All phrases of all rules are looked up in one walk over the words; then the rules
 * are asked in order. No backtracking: time is words times phrases that share two first letters.
 *
 * A pattern: alternatives "a | b"; in each, terms "x & y" that must all be there, "!x" must not;
 * "x ~ y" must be there NEAR words apart at most. In each term, phrases "x / y" of which one is
 * enough. A phrase matches from the start of a word; its last word may go on ("reject": rejected),
 * unless the phrase ends in a dot. The status is a word too: {5.2.1}; {rcpt} is "Recipient address
 * rejected"; {alone}: the text is one word. */
#include "reason_parts.h"
#include <string.h>

#define PHRASE_MAX 3072
#define GROUPS     40

#define NEAR 6

enum {
    TERM_ENDS = 0x8000,
    TERM_NOT = 0x4000,
    ALTERNATIVE_ENDS = 0x2000,
    TERM_NEAR_NEXT = 0x1000, /* with TERM_ENDS */
    PHRASE = 0x0fff
};

struct phrase {
    const char *text;
    uint16_t n;
    bool whole; /* the last word ends where the phrase does */
};

struct hq_rules {
    GStringChunk *strings;
    GArray *phrases; /* struct phrase, sorted by group, then text */
    uint16_t groups[GROUPS * GROUPS + 1];
    GArray *code;     /* uint16_t: the patterns, rule after rule, then provider after provider */
    uint32_t *starts; /* of each pattern in CODE, one more for the end */
    GArray *users;    /* uint16_t: patterns that hold a phrase, phrase after phrase */
    uint32_t *user_starts;
};

#define PATTERN_MAX 512

/* Where each phrase was found: bit N is word N, bit 63 all words behind; AT is set only where
 * PRESENT says so, for clearing all of it would cost more than the search. And the patterns that
 * hold a phrase found: no other can match, for none asks only for what must not be there. */
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

static unsigned letter(char c)
{
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 1;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 27;
    if (c == '{')
        return 37;
    return c == ' ' || c == 0 ? 0 : 38;
}

static unsigned group_of(const char *s)
{
    return letter(s[0]) * GROUPS + letter(s[1]);
}

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
        struct phrase phrase = {g_string_chunk_insert_const(rules->strings, text),
                                (uint16_t)strlen(text), whole};
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

/* Calls EACH once for every pattern that has the phrase, unless negated. */
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

/* Fills from the end of a phrase's stretch: afterwards its start is where the stretch begins. */
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
    return i < hq_reason_rule_count ? hq_reason_rules[i].pattern
                                    : hq_providers[i - hq_reason_rule_count].pattern;
}

static struct hq_rules *compile(void)
{
    struct hq_rules *rules = g_new0(struct hq_rules, 1);
    unsigned n = hq_reason_rule_count + hq_provider_count;
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

/* ---- matching ---- */

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

/* WORDS begins and ends in a blank and ends in NUL: a phrase that runs over the end differs from
 * it at the NUL. */
static void find_phrases(const struct hq_rules *rules, const char *words, struct found *found)
{
    const struct phrase *phrases = (const struct phrase *)(const void *)rules->phrases->data;
    unsigned word = 0;
    for (const char *s = words; (s = strchr(s, ' ')) && s[1]; word += word < 63) {
        s++;
        unsigned group = group_of(s);
        for (unsigned i = rules->groups[group]; i < rules->groups[group + 1]; i++)
            if ((phrases[i].n == 2 || s[2] == phrases[i].text[2]) &&
                (phrases[i].n <= 3 || s[3] == phrases[i].text[3]) &&
                strncmp(s, phrases[i].text, phrases[i].n) == 0 &&
                (!phrases[i].whole || s[phrases[i].n] == ' '))
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

static bool when_holds(unsigned when, const struct hq_reply *reply)
{
    return !((when & HQ_WHEN_LOCAL && reply->remote) || (when & HQ_WHEN_REMOTE && !reply->remote) ||
             (when & HQ_WHEN_TEMP && reply->code >= 500) ||
             (when & HQ_WHEN_PERM && reply->code < 500) ||
             (when & HQ_WHEN_HELO && reply->phase != HQ_PHASE_HELO) ||
             (when & HQ_WHEN_MAIL && reply->phase != HQ_PHASE_MAIL));
}

static const struct hq_reason_rule *first_rule(const struct hq_rules *rules,
                                               const struct hq_reply *reply, const char *provider,
                                               const struct found *found)
{
    for (unsigned i = 0; i < hq_reason_rule_count; i++) {
        const struct hq_reason_rule *rule = &hq_reason_rules[i];
        if (rule->provider && (!provider || strcmp(rule->provider, provider) != 0))
            continue;
        if (when_holds(rule->when, reply) && pattern_holds(rules, i, found))
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
