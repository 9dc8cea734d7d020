/* SPDX-License-Identifier: ISC */
/* Lexer of authentication fields: blanks, nested comments, quoted strings, key=value. */
#include "lex.h"
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_comment(struct auth_lex *lex)
{
    const char *start = lex->at + 1;
    unsigned depth = 0;

    do {
        char c = *lex->at++;

        if (c == '\\' && lex->at < lex->end)
            lex->at++;
        else if (c == '(')
            depth++;
        else if (c == ')')
            depth--;
    } while (depth > 0 && lex->at < lex->end);
    if (!lex->comment.s)
        lex->comment = (struct auth_span){start, (size_t)(lex->at - start) - (depth == 0 ? 1 : 0)};
}

void hq_auth_skip(struct auth_lex *lex)
{
    while (lex->at < lex->end) {
        if (is_blank(*lex->at))
            lex->at++;
        else if (*lex->at == '(')
            skip_comment(lex);
        else
            return;
    }
}

bool hq_auth_take(struct auth_lex *lex, char c)
{
    bool is = lex->at < lex->end && *lex->at == c;

    lex->at += is;
    return is;
}

static bool ends_word(char c)
{
    return is_blank(c) || c == ';' || c == '(' || c == '"';
}

struct auth_span hq_auth_key(struct auth_lex *lex)
{
    struct auth_span key = {lex->at, 0};

    while (lex->at < lex->end && !ends_word(*lex->at) && *lex->at != '=')
        lex->at++;
    key.n = (size_t)(lex->at - key.s);
    return key;
}

static void take_quoted(struct auth_lex *lex, GString *out)
{
    for (lex->at++; lex->at < lex->end && *lex->at != '"'; lex->at++) {
        if (*lex->at == '\\' && lex->at + 1 < lex->end)
            lex->at++;
        g_string_append_c(out, *lex->at);
    }
    hq_auth_take(lex, '"');
}

/* Sets OUT to a value: words (with "=") and quoted strings without a gap, quotes removed. */
static void read_value(struct auth_lex *lex, GString *out)
{
    g_string_truncate(out, 0);
    while (lex->at < lex->end) {
        if (*lex->at == '"')
            take_quoted(lex, out);
        else if (ends_word(*lex->at))
            return;
        else
            g_string_append_c(out, *lex->at++);
    }
}

bool hq_auth_item(struct auth_lex *lex, struct auth_span *key, GString *value, bool *has_value)
{
    hq_auth_skip(lex);
    if (lex->at == lex->end || *lex->at == ';')
        return false;
    *key = hq_auth_key(lex);
    if (key->n == 0 && *lex->at == '"') { /* quoted words where no key is */
        read_value(lex, value);
        *has_value = false;
        return true;
    }
    hq_auth_skip(lex);
    *has_value = hq_auth_take(lex, '=');
    g_string_truncate(value, 0);
    if (*has_value) {
        hq_auth_skip(lex);
        read_value(lex, value);
    }
    return true;
}

bool hq_auth_is(struct auth_span span, const char *word)
{
    return strlen(word) == span.n && g_ascii_strncasecmp(span.s, word, span.n) == 0;
}

const char *hq_auth_domain(const char *s, struct hq_arena *arena)
{
    const char *at = strrchr(s, '@');
    const char *start = at ? at + 1 : s;
    size_t n = strlen(start);

    while (n > 0 && (start[n - 1] == '>' || start[n - 1] == '.'))
        n--;
    if (n > 0 && *start == '<')
        start++, n--;
    if (n == 0 || (n == 4 && g_ascii_strncasecmp(start, "none", 4) == 0))
        return NULL;
    return hq_arena_dup(arena, start, n);
}

struct hq_auth *hq_auth_add(const struct auth_field *field, const char *method, const char *result,
                            struct auth_span detail)
{
    struct hq_auth row = {.trusted = HQ_NO, .source = HQ_AUTH_CLAIMED, .hop = HQ_NONE};
    g_autofree char *method_lower = g_ascii_strdown(method, -1);
    g_autofree char *result_lower = g_ascii_strdown(result, -1);

    while (detail.n > 0 && is_blank(*detail.s))
        detail.s++, detail.n--;
    while (detail.n > 0 && is_blank(detail.s[detail.n - 1]))
        detail.n--;
    row.method = hq_arena_strdup(field->arena, method_lower);
    row.result = hq_arena_strdup(field->arena, result_lower);
    if (field->instance > 0)
        row.detail = hq_arena_printf(field->arena, "arc-instance=%u %.*s", field->instance,
                                     (int)MIN(detail.n, G_MAXINT), detail.s);
    else if (detail.n > 0)
        row.detail = hq_arena_dup(field->arena, detail.s, detail.n);
    g_array_append_val(field->rows, row);
    return &g_array_index(field->rows, struct hq_auth, field->rows->len - 1);
}

bool hq_auth_property(const struct hq_auth *auth, const char *key, GString *value)
{
    if (!auth->detail)
        return false;

    struct auth_lex lex = {.at = auth->detail, .end = auth->detail + strlen(auth->detail)};
    struct auth_span found;
    bool has_value;

    do {
        while (hq_auth_item(&lex, &found, value, &has_value))
            if (has_value && hq_auth_is(found, key))
                return true;
    } while (hq_auth_take(&lex, ';'));
    return false;
}
