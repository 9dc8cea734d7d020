/* SPDX-License-Identifier: ISC */
/* Inside of the reason engine, one struct a step: the stored text, the reply without its wrapper,
 * its words, the rule that matched. */
#ifndef HOPQ_CORE_REASON_PARTS_H
#define HOPQ_CORE_REASON_PARTS_H

#include "base/utf8.h"
#include "hopq/reason.h"
#include <glib.h>
#include <stdbool.h>

/* More of a text than this is not looked at: replies of RFC 5321 lines are far shorter, and the
 * time for hostile ones stays bounded. */
#define HQ_REASON_TEXT_MAX 4096

/* ---- reply.c: what the MTA wrapped around the reply ---- */

struct hq_reply {
    char buffer[HQ_REASON_TEXT_MAX + 1]; /* cleaned text: one line, single blanks */
    char lower[HQ_REASON_TEXT_MAX + 1];  /* the same in lower case, for searching */
    const char *text;                    /* into BUFFER: the reply behind code and status */
    int64_t code;
    char enhanced[12];
    uint8_t phase;
    bool remote;    /* a remote host's words, not those of our MTA */
    bool recipient; /* the reply says that it is the recipient that is refused */
    char relay[256];
    char relay_ip[46];
};

void hq_reply_parse(struct hq_reply *reply, const char *text, const struct hq_reason_hint *hint);

/* Case is ignored. PATTERN is lower case, S points into the buffer. */
bool hq_reply_starts(const char *s, const char *prefix);
const char *hq_reply_find(const struct hq_reply *reply, const char *s, const char *pattern);

/* ---- lists.c ---- */

struct hq_words;
/* The N bytes at S name a block list or a tool of one: such a host tells more than "some host". */
bool hq_words_name_list(const char *s, size_t n);
/* Takes out courtesies, which hold the words of other rules. */
void hq_words_drop_courtesies(struct hq_words *words);

/* ---- phase.c ---- */

enum hq_phase hq_reply_phase(const struct hq_reply *reply, const char *s);

/* ---- words.c: tokens ---- */

/* Words for matching: lower case, punctuation gone, " word word " with single blanks; addresses,
 * hosts and IPs as {a} {h} {ip}. */
#define HQ_WORDS_MAX \
    ((size_t)HQ_REASON_TEXT_MAX * 2) /* "a" grows to "{a}", on average never by more */
#define HQ_WORDS_SPARE 8             /* the matcher reads so many bytes at once */
struct hq_words {
    char text[HQ_WORDS_MAX + HQ_WORDS_SPARE];
    size_t n;
    char links[HQ_WORDS_MAX + HQ_WORDS_SPARE]; /* words out of URLs, apart: they mislead */
    size_t link_n;
};

/* MARKS, words in braces that are known besides the text, are put in front: "{5.7.1} ". Set
 * phrases that say nothing are left out. To MASKED is appended TEXT with addresses, IPs, hosts,
 * numbers, ids and dates replaced. */
void hq_words_read(struct hq_words *words, const char *text, const char *marks, GString *masked);

/* ---- rules.c, match.c: the tables ---- */

/* What a rule asks besides its words; all bits must hold. */
enum hq_when {
    HQ_WHEN_ANY = 0,
    HQ_WHEN_LOCAL = 1 << 0,  /* our MTA's words: no reply code, no host that said it */
    HQ_WHEN_REMOTE = 1 << 1, /* a host's words */
    HQ_WHEN_TEMP = 1 << 2,   /* not a 5xx */
    HQ_WHEN_REMOTE_TEMP = HQ_WHEN_REMOTE | HQ_WHEN_TEMP,
    HQ_WHEN_PERM = 1 << 3,    /* a 5xx */
    HQ_WHEN_MAIL = 1 << 4,    /* answer to MAIL FROM */
    HQ_WHEN_HELO = 1 << 5,    /* answer to HELO or EHLO */
    HQ_WHEN_GREETING = 1 << 6 /* instead of a greeting: they know nothing yet but where we are */
};

struct hq_reason_rule {
    const char *provider; /* NULL: any */
    uint8_t category;
    uint8_t when;
    const char *pattern;
    const char *example; /* a text that this very rule decides; the unit test */
};

struct hq_provider {
    const char *id;
    const char *hosts;   /* host suffixes, blank separated */
    const char *pattern; /* words that only this provider writes, NULL: none */
};

struct hq_rules;
/* The tables, prepared for matching at the first call; they last as long as the process. */
const struct hq_rules *hq_rules_get(void);

/* The first rule that holds; NULL: none. PROVIDER takes the id of who runs the relay or wrote the
 * words; NULL: not known. */
const struct hq_reason_rule *hq_rules_match(const struct hq_rules *rules,
                                            const struct hq_reply *reply,
                                            const struct hq_words *words, const char **provider);

struct hq_reason_advice {
    uint8_t category;
    uint8_t phase;       /* HQ_PHASE_UNKNOWN: any */
    const char *pattern; /* NULL: any words */
    const char *advice;
    const char *example; /* a text that gets this very advice; the unit test */
};

/* Advice for WORDS beyond that of CATEGORY; NULL: none. */
const char *hq_rules_advice(const struct hq_rules *rules, const struct hq_words *words,
                            enum hq_category category, enum hq_phase phase);

extern const struct hq_reason_advice hq_reason_advices[];
extern const unsigned hq_reason_advice_count;
extern const struct hq_reason_rule hq_reason_rules[];
extern const unsigned hq_reason_rule_count;
extern const struct hq_provider hq_providers[];
extern const unsigned hq_provider_count;

/* ---- codes.c ---- */

/* Codes that need no words (SAFE), or what a code says when the words say nothing. */
enum hq_category hq_codes_category(const struct hq_reply *reply, bool safe);

/* ---- category.c ---- */

enum hq_fault hq_category_fault(enum hq_category category);
enum hq_wait hq_category_wait(enum hq_category category);

/* ---- reason.c, for the tests ---- */

/* Category of REPLY; WORDS is scratch and then holds its words, MASKED its masked text; RULE takes
 * the rule that decided, NULL when a code did. */
enum hq_category hq_reason_classify(const struct hq_rules *rules, const struct hq_reply *reply,
                                    struct hq_words *words, GString *masked, const char **provider,
                                    const struct hq_reason_rule **rule);

/* ---- memo.c: replies seen before ---- */

struct hq_memo;

struct hq_memo_entry {
    const struct hq_reason_kind *kind;
    const char *relay; /* NULL: none */
    const char *relay_ip;
};

struct hq_memo *hq_memo_new(void);
void hq_memo_free(struct hq_memo *memo);
/* TEXT (N bytes of it) with the same address in place of every one in angle brackets; valid until
 * the next call. */
const char *hq_memo_form(struct hq_memo *memo, const char *text, size_t n);
/* What is known of the form made last, with HINT; NULL: nothing. The form is used up:
 * hq_memo_keep() may follow, nothing else. */
const struct hq_memo_entry *hq_memo_find(struct hq_memo *memo, const struct hq_reason_hint *hint);
/* Remembers ENTRY (its strings are copied) for the form that was just not found. */
void hq_memo_keep(struct hq_memo *memo, const struct hq_memo_entry *entry);

#endif
