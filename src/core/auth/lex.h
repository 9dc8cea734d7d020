/* SPDX-License-Identifier: ISC */
/* The lexer and the rows that the readers of authentication fields share. Grammar: RFC 8601
 * section 2.2 and RFC 7208 section 9.1, both with CFWS of RFC 5322 anywhere. */
#ifndef HOPQ_CORE_AUTH_LEX_H
#define HOPQ_CORE_AUTH_LEX_H

#include "hopq/arena.h"
#include "hopq/auth.h"

struct auth_span {
    const char *s;
    size_t n;
};

struct auth_lex {
    const char *at;
    const char *end;
    struct auth_span comment; /* the first one passed, without its parentheses; S NULL: none */
};

/* Moves over blanks and comments (nested ones are counted; an open one takes the rest). */
void hq_auth_skip(struct auth_lex *lex);
/* Moves over the character C; false: another one is next. */
bool hq_auth_take(struct auth_lex *lex, char c);
/* A run without blanks, comment, quote, ";" and "=". May be empty. */
struct auth_span hq_auth_key(struct auth_lex *lex);
/* One step: KEY, or KEY = VALUE with CFWS around the "=". False at ";" and at the end. Always
 * moves on when it returns true. *HAS_VALUE tells which. */
bool hq_auth_item(struct auth_lex *lex, struct auth_span *key, GString *value, bool *has_value);
bool hq_auth_is(struct auth_span span, const char *word);

/* Where the rows of one field go. */
struct auth_field {
    GArray *rows; /* struct hq_auth */
    struct hq_arena *arena;
    unsigned instance; /* of ARC; 0: none */
};

/* The domain of an address or a domain, without "<>", angle brackets and final dot; NULL: none. */
const char *hq_auth_domain(const char *s, struct hq_arena *arena);
/* Appends a row; its strings are copied. The row is valid until the next. */
struct hq_auth *hq_auth_add(const struct auth_field *field, const char *method, const char *result,
                            struct auth_span detail);

/* The number of an ARC set, 1 to 50; 0: none. */
unsigned hq_auth_instance(const char *s);

/* The readers; VALUE is unfolded. */
void hq_auth_read_results(const GString *value, const struct auth_field *field);
void hq_auth_read_spf(const GString *value, const struct auth_field *field);
void hq_auth_read_chain(const struct hq_headers *headers, const struct auth_field *field);

#endif
