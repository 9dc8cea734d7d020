/* SPDX-License-Identifier: ISC */
/* The tables of the reason engine, compiled: phrases sorted by their first two letters, patterns as
 * lists of phrases with marks. rules.c makes them, match.c asks them. */
#ifndef HOPQ_CORE_REASON_RULES_H
#define HOPQ_CORE_REASON_RULES_H

#include "parts.h"

#define PHRASE_MAX 3072
#define GROUPS     40

enum {
    TERM_ENDS = 0x8000,
    TERM_NOT = 0x4000,
    ALTERNATIVE_ENDS = 0x2000,
    TERM_NEAR_NEXT = 0x1000, /* with TERM_ENDS */
    PHRASE = 0x0fff
};

/* A phrase of a pattern. HEAD is the first eight bytes of TEXT, MASK what counts of them: one
 * comparison turns nearly all phrases away. */
struct phrase {
    uint64_t head, mask;
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

/* Patterns: of the rules, then of the providers, then of the advice. */
#define PATTERN_MAX 512

static inline unsigned letter(char c)
{
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 1;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 27;
    if (c == '{')
        return 37;
    return c == ' ' || c == 0 ? 0 : 38;
}

/* Phrases are looked up by their first two letters. */
static inline unsigned group_of(const char *s)
{
    return letter(s[0]) * GROUPS + letter(s[1]);
}

#endif
