/* SPDX-License-Identifier: ISC */
/* Lexer of a Received field (RFC 5322 section 3.2): atoms, quoted strings, comments, domain
 * literals, angle addresses, semicolons. One pass, no recursion; depth is only counted. */
#include "received_parts.h"
#include <string.h>

enum { BLANK = 1, ENDS_ATOM = 2, NESTS = 4, STOPS = 8 };

/* What ends an atom at depth 0 (a comma does so before a blank only), what counts inside of a
 * comment, and what callers of hq_span_word() may name as a stop. */
static const uint8_t classes[256] = {
    [' '] = BLANK | ENDS_ATOM,
    ['\t'] = BLANK | ENDS_ATOM,
    ['\r'] = BLANK | ENDS_ATOM,
    ['\n'] = BLANK | ENDS_ATOM,
    ['('] = ENDS_ATOM | NESTS | STOPS,
    [')'] = ENDS_ATOM | NESTS | STOPS,
    ['"'] = ENDS_ATOM,
    ['['] = ENDS_ATOM,
    ['<'] = ENDS_ATOM | STOPS,
    [';'] = ENDS_ATOM | STOPS,
    [','] = ENDS_ATOM | STOPS,
    ['\\'] = NESTS,
    ['>'] = STOPS,
    [':'] = STOPS,
    ['/'] = STOPS,
    ['='] = STOPS,
};

static inline bool is(char c, unsigned class)
{
    return classes[(unsigned char)c] & class;
}

static inline bool is_blank(char c)
{
    return is(c, BLANK);
}

/* Passes over bytes of none of the CLASSes, four at a time; up to three such bytes are left. */
static inline const char *skip_fours(const char *p, const char *end, unsigned class)
{
    const unsigned char *s = (const unsigned char *)p;

    while ((const char *)s + 4 <= end &&
           !((classes[s[0]] | classes[s[1]] | classes[s[2]] | classes[s[3]]) & class))
        s += 4;
    return (const char *)s;
}

static inline bool is_stop(char c, const char *stops)
{
    return is_blank(c) || (is(c, STOPS) && strchr(stops, c));
}

bool hq_span_word(struct span *rest, const char *stops, struct span *word)
{
    const char *end = rest->s + rest->n;
    const char *p = rest->s;

    while (p < end && is_stop(*p, stops))
        p++;
    word->s = p;
    p = skip_fours(p, end, *stops ? BLANK | STOPS : BLANK);
    while (p < end && !is_stop(*p, stops))
        p++;
    word->n = (size_t)(p - word->s);
    rest->s = p;
    rest->n = (size_t)(end - p);
    return word->n > 0;
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
    if (!memchr(span.s, '\n', span.n) && !memchr(span.s, '\r', span.n))
        return hq_arena_dup(arena, span.s, span.n);

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
    for (p = skip_fours(p, end, ENDS_ATOM); p < end; p++) {
        if (is(*p, ENDS_ATOM) && (*p != ',' || p + 1 == end || is_blank(p[1])))
            break;
    }
    return p;
}

static void keep(struct field *field, enum token_kind kind, bool glued, const char *s,
                 const char *end)
{
    if (field->count == HQ_TOKENS_MAX)
        return;
    field->tokens[field->count++] =
        (struct token){.text = {s, (size_t)(end - s)}, .kind = kind, .glued = glued};
}

/* One token at P, which is no blank. NULL with the field's problem when it never ends. */
static const char *lex_token(struct field *field, const char *p, bool glued)
{
    const char *end = field->end;
    const char *start = p;
    enum token_kind kind = TOKEN_ATOM;
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
    case ',':
        return p + 1;
    default:
        p = skip_atom(p, end);
        keep(field, TOKEN_ATOM, glued, start, p);
        return p;
    }
    if (p)
        keep(field, kind, glued, start + 1, p - 1);
    else
        field->problem = missing;
    return p;
}

void hq_received_lex(struct span value, struct field *field)
{
    const char *p = value.s;
    bool glued = false;

    field->end = value.s + value.n;
    field->problem = NULL;
    field->stray = NULL;
    field->last_semicolon = NULL;
    field->count = 0;
    while (p && p < field->end) {
        if (is_blank(*p)) {
            glued = false;
            p++;
            continue;
        }
        p = lex_token(field, p, glued);
        glued = true;
    }
}
