/* SPDX-License-Identifier: ISC */
/* Inside of the Received parser: tokens of a field, its clauses, and the steps that fill a hop. */
#ifndef HOPQ_CORE_RECEIVED_PARTS_H
#define HOPQ_CORE_RECEIVED_PARTS_H

#include "base/utf8.h"
#include "hopq/arena.h"
#include "hopq/detail.h"
#include "hopq/ip.h"
#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* A borrowed piece of the field. */
struct span {
    const char *s;
    size_t n;
};

/* N bytes of A and B are the same but for case. */
static inline bool hq_same_letters(const char *a, const char *b, size_t n)
{
    size_t i = 0;

    while (i < n && (a[i] == b[i] || hq_lower(a[i]) == hq_lower(b[i])))
        i++;
    return i == n;
}

/* Begins with PREFIX but for case. The first byte decides nearly always, hence inline. */
static inline bool hq_span_starts(struct span span, const char *prefix)
{
    if (span.n == 0 || ((span.s[0] ^ prefix[0]) & ~0x20))
        return false;
    size_t n = strlen(prefix);
    return span.n >= n && hq_same_letters(span.s, prefix, n);
}

/* Is WORD but for case. */
static inline bool hq_span_is(struct span span, const char *word)
{
    return hq_span_starts(span, word) && span.n == strlen(word);
}

/* A word of at most four bytes as a number, in lower case: compared with a table's words in one
 * step. */
#define HQ_WORD4(a, b, c, d)                                            \
    ((uint32_t)(unsigned char)(a) | (uint32_t)(unsigned char)(b) << 8 | \
     (uint32_t)(unsigned char)(c) << 16 | (uint32_t)(unsigned char)(d) << 24)

/* A bit set of first letters, whatever their case: tells that most words are in none of a table. */
#define HQ_LETTER(c) (UINT32_C(1) << ((c)&0x1F))
static inline bool hq_span_begins_with(struct span span, uint32_t letters)
{
    return span.n && span.s[0] >= 'A' && letters & HQ_LETTER(span.s[0]);
}

/* What ends a word besides blanks. */
enum {
    HQ_STOP_COMMA = 1 << 3,
    HQ_STOP_COLON = 1 << 4,
    HQ_STOP_SEMICOLON = 1 << 5,
    HQ_STOP_SLASH = 1 << 6,
    HQ_STOP_EQUALS = 1 << 7,
    HQ_STOP_OPEN = 1 << 8,   /* ( */
    HQ_STOP_CLOSE = 1 << 9,  /* ) */
    HQ_STOP_ANGLE = 1 << 10, /* < and > */
};

/* Next run of bytes that are no blank and none of STOPS; takes it off REST. False: no more. */
bool hq_span_word(struct span *rest, unsigned stops, struct span *word);
/* Copy without blanks at its ends and with each fold as one blank; NULL when empty. */
const char *hq_span_dup(struct hq_arena *arena, struct span span);
/* The same for a word, which has no blanks. */
static inline const char *hq_span_dup_word(struct hq_arena *arena, struct span word)
{
    return word.n ? hq_arena_dup_clean(arena, word.s, word.n) : NULL;
}

struct span hq_span_cut(struct span text, size_t from, size_t to);
/* Without the bytes of FRONT and BACK at its ends; letters and figures cannot be among them. */
struct span hq_span_strip_ends(struct span text, const char *front, const char *back);
static inline struct span hq_span_strip(struct span text, const char *front, const char *back)
{
    if (text.n && g_ascii_isalnum(text.s[0]) && g_ascii_isalnum(text.s[text.n - 1]))
        return text;
    return hq_span_strip_ends(text, front, back);
}

/* The address in WHOLE, which is cut to it: "IPv6:2001:db8::1", "/192.0.2.1", "192.0.2.1:25". */
bool hq_received_address(struct span *whole, struct hq_ip *ip);
/* A comment that begins with a host's name is none of the remarks that begin with a word like
 * "client" or "authenticated": who owns a network chooses the names that are looked up for it. */
bool hq_received_is_tcp_info(struct span comment);
/* Four numbers with dots, one of them over 255. */
bool hq_received_impossible(struct span text);

enum token_kind {
    TOKEN_ATOM,
    TOKEN_QUOTED,
    TOKEN_COMMENT,
    TOKEN_LITERAL,
    TOKEN_ANGLE,
    TOKEN_SEMICOLON
};

struct token {
    struct span text; /* without its delimiters */
    uint8_t kind;
    bool glued; /* no blank before it */
};

/* What one field holds at most of clauses is some thirty tokens; what is behind the cap is checked
 * for its syntax but not kept. */
#define HQ_TOKENS_MAX 512

struct field {
    const char *rest; /* what has not been split yet; NULL: the field is broken */
    const char *end;
    const char *problem;        /* syntax that allows no reading: static text */
    const char *stray;          /* first ")" without a "(", NULL: none */
    const char *last_semicolon; /* at depth 0 */
    unsigned count;
    bool glued;
    struct token tokens[HQ_TOKENS_MAX];
};

void hq_received_lex_begin(struct span value, struct field *field);
/* Splits up to the next semicolon and with it; false: none came. Comments nest and are counted,
 * never entered. */
bool hq_received_lex(struct field *field);

enum clause {
    CLAUSE_NONE,
    CLAUSE_FROM,
    CLAUSE_BY,
    CLAUSE_VIA,
    CLAUSE_WITH,
    CLAUSE_ID,
    CLAUSE_FOR,
    CLAUSE_TLS,
    CLAUSE_SENDER, /* "for <a> from <b>" and a bare "envelope-from <b>" */
    CLAUSE_COUNT
};

/* Tokens [BEGIN, END) of a clause, without its word; SEEN false: the field has none. */
struct clause_range {
    unsigned begin, end;
    bool seen;
};

struct received {
    struct field field;
    struct clause_range clauses[CLAUSE_COUNT];
    struct span lead; /* text of a comment before the first clause */
    struct span date; /* empty: none found */
    unsigned flags;   /* HQ_RECEIVED_… */
    struct hq_hop *hop;
    struct hq_arena *arena;
};

enum {
    HQ_RECEIVED_TLS = 1 << 0,
    HQ_RECEIVED_AUTH = 1 << 1,
    HQ_RECEIVED_NO_AUTH = 1 << 2, /* no login: this protocol name would tell of one */
    HQ_RECEIVED_LOCAL = 1 << 3,
    HQ_RECEIVED_FETCH = 1 << 4,
    HQ_RECEIVED_SCANNER = 1 << 5,
    HQ_RECEIVED_WEB = 1 << 6,          /* HTTP: a person at a web mail */
    HQ_RECEIVED_NAME_IS_HELO = 1 << 7, /* writer shows one name that is both (Exim, qmail) */
    HQ_RECEIVED_NO_NAME = 1 << 8,      /* writer never looks a name up */
    HQ_RECEIVED_SUBMIT = 1 << 9        /* local, unless a client's address stands there */
};

/* The address for the hop; TEXT is what it was read from. */
const char *hq_received_ip(struct received *received, const struct hq_ip *ip, struct span text);

void hq_received_split(struct received *received);    /* clauses and the date's place */
void hq_received_protocol(struct received *received); /* via, with, software, kind flags */
void hq_received_from(struct received *received);     /* from.*, ident */
void hq_received_comments(struct received *received); /* tls, auth, envelope-from */
/* TLS words of one comment or clause into the hop. */
void hq_received_tls(struct received *received, struct span text);

#endif
