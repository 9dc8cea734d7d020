/* SPDX-License-Identifier: ISC */
/* Lexer of a Received field (RFC 5322 section 3.2): atoms, quoted strings, comments, domain
 * literals, angle addresses, semicolons. One pass, no recursion; depth is only counted. */
#include "parts.h"
#include <string.h>

enum { BLANK = 1 << 0, ENDS_ATOM = 1 << 1, NESTS = 1 << 2 };

/* What ends an atom at depth 0 (a comma does so before a blank only), what counts inside of a
 * comment, and what callers of hq_span_word() may name as a stop. */
static const uint16_t classes[256] = {
    [' '] = BLANK | ENDS_ATOM,
    ['\t'] = BLANK | ENDS_ATOM,
    ['\r'] = BLANK | ENDS_ATOM,
    ['\n'] = BLANK | ENDS_ATOM,
    ['('] = ENDS_ATOM | NESTS | HQ_STOP_OPEN,
    [')'] = ENDS_ATOM | NESTS | HQ_STOP_CLOSE,
    ['"'] = ENDS_ATOM,
    ['['] = ENDS_ATOM,
    ['<'] = ENDS_ATOM | HQ_STOP_ANGLE,
    [';'] = ENDS_ATOM | HQ_STOP_SEMICOLON,
    [','] = ENDS_ATOM | HQ_STOP_COMMA,
    ['\\'] = NESTS,
    ['>'] = HQ_STOP_ANGLE,
    [':'] = HQ_STOP_COLON,
    ['/'] = HQ_STOP_SLASH,
    ['='] = HQ_STOP_EQUALS,
};

static inline bool is(char c, unsigned class)
{
    return classes[(unsigned char)c] & class;
}

static inline bool is_blank(char c)
{
    return is(c, BLANK);
}

/* Passes over bytes of none of the CLASSes. */
static inline const char *skip(const char *p, const char *end, unsigned class)
{
    while (p < end && !is(*p, class))
        p++;
    return p;
}

bool hq_span_word(struct span *rest, unsigned stops, struct span *word)
{
    const char *end = rest->s + rest->n;
    const char *p = rest->s;

    while (p < end && is(*p, BLANK | stops))
        p++;
    word->s = p;
    p = skip(p, end, BLANK | stops);
    word->n = (size_t)(p - word->s);
    rest->s = p;
    rest->n = (size_t)(end - p);
    return word->n > 0;
}

static bool has_fold(struct span span)
{
    size_t plain = hq_utf8_plain(span.s, span.n);

    return plain < span.n && (memchr(span.s + plain, '\n', span.n - plain) ||
                              memchr(span.s + plain, '\r', span.n - plain));
}

const char *hq_span_dup(struct hq_arena *arena, struct span span)
{
    while (span.n && is_blank(span.s[0])) {
        span.s++;
        span.n--;
    }
    while (span.n && is_blank(span.s[span.n - 1]))
        span.n--;
    if (span.n == 0)
        return NULL;
    if (!has_fold(span))
        return hq_arena_dup_clean(arena, span.s, span.n);

    char *copy = hq_arena_alloc(arena, span.n + 1);
    size_t length = 0;
    for (size_t i = 0; i < span.n; i++) {
        if (!is_blank(span.s[i]))
            copy[length++] = span.s[i];
        else if (length && copy[length - 1] != ' ')
            copy[length++] = ' ';
    }
    return copy;
}

/* Each skips one construct: from its opening byte to behind its closing one, NULL when that is
 * missing. */
static const char *skip_until(const char *p, const char *end, char close)
{
    for (p++; p < end; p++) {
        if (*p == '\\')
            p++;
        else if (*p == close)
            return p + 1;
    }
    return NULL;
}

/* Nearly all comments hold neither another one nor an escape: their end is found at once. */
static const char *skip_comment(const char *p, const char *end)
{
    const char *close = memchr(p, ')', (size_t)(end - p));
    size_t depth = 0;

    if (!close)
        return NULL;
    if (!memchr(p + 1, '(', (size_t)(close - p - 1)) && !memchr(p, '\\', (size_t)(close - p)))
        return close + 1;
    for (; p < end; p++) {
        if (!is(*p, NESTS))
            continue;
        if (*p == '\\')
            p++;
        else if (*p == '(')
            depth++;
        else if (*p == ')' && --depth == 0)
            return p + 1;
    }
    return NULL;
}

static const char *skip_angle(const char *p, const char *end, const char **problem)
{
    *problem = "unclosed-angle-address";
    for (p++; p < end; p++) {
        if (*p == '>')
            return p + 1;
        if (*p == '<') {
            *problem = "nested-angle-address";
            return NULL;
        }
        if (*p == '"') {
            p = skip_until(p, end, '"');
            if (!p)
                return NULL;
            p--;
        }
    }
    return NULL;
}

/* "st.example, id 1" ends before the comma, "id a,b" does not. */
static inline const char *skip_atom(const char *p, const char *end)
{
    do
        p = skip(p + 1, end, ENDS_ATOM);
    while (p + 1 < end && *p == ',' && !is_blank(p[1]));
    return p;
}

static inline void keep(struct field *field, enum token_kind kind, bool glued, const char *s,
                        const char *end)
{
    if (field->count == HQ_TOKENS_MAX)
        return;
    field->tokens[field->count++] =
        (struct token){.text = {s, (size_t)(end - s)}, .kind = kind, .glued = glued};
}

/* Reads what begins at P, which is no blank and no atom. NULL with the field's problem: it never
 * ends. */
static const char *lex_construct(struct field *field, const char *p, bool glued)
{
    const char *end = field->end;
    const char *start = p;
    enum token_kind kind;
    const char *missing = NULL;

    switch (*p) {
    case '(':
        kind = TOKEN_COMMENT;
        missing = "unclosed-comment";
        p = skip_comment(p, end);
        break;
    case '"':
        kind = TOKEN_QUOTED;
        missing = "unclosed-quote";
        p = skip_until(p, end, '"');
        break;
    case '[':
        kind = TOKEN_LITERAL;
        missing = "unclosed-literal";
        p = skip_until(p, end, ']');
        break;
    case '<':
        kind = TOKEN_ANGLE;
        p = skip_angle(p, end, &missing);
        break;
    case ';':
        field->last_semicolon = p;
        keep(field, TOKEN_SEMICOLON, glued, p, p + 1);
        return p + 1;
    case ')':
        if (!field->stray)
            field->stray = p;
        return p + 1;
    default: /* a comma */
        return p + 1;
    }
    if (p)
        keep(field, kind, glued, start + 1, p - 1);
    else
        field->problem = missing;
    return p;
}

void hq_received_lex_begin(struct span value, struct field *field)
{
    field->rest = value.s;
    field->end = value.s + value.n;
    field->problem = NULL;
    field->stray = NULL;
    field->last_semicolon = NULL;
    field->count = 0;
    field->glued = false;
}

bool hq_received_lex(struct field *field)
{
    const char *p = field->rest;
    const char *semicolon = field->last_semicolon;
    bool glued = field->glued;

    while (p && p < field->end && field->last_semicolon == semicolon) {
        const char *start = p;

        if (is_blank(*p)) {
            glued = false;
            p++;
            continue;
        }
        if (is(*p, ENDS_ATOM)) {
            p = lex_construct(field, p, glued);
        } else {
            p = skip_atom(p, field->end);
            keep(field, TOKEN_ATOM, glued, start, p);
        }
        glued = true;
    }
    field->rest = p;
    field->glued = glued;
    return field->last_semicolon != semicolon;
}
