/* SPDX-License-Identifier: ISC */
/* Authentication-Results and ARC-Authentication-Results, RFC 8601 section 2.2. Vendors leave out
 * the authserv-id (Microsoft 365), the semicolons, or put bare words between the results. */
#include "lex.h"
#include <string.h>

/* The property that names what was checked; an earlier row wins over a later one. */
static const struct {
    const char *method;
    const char *property;
} checked[] = {
    {"spf", "smtp.mailfrom"},
    {"spf", "smtp.mail"},
    {"spf", "smtp.from"},
    {"spf", "smtp.helo"},
    {"dkim", "header.d"},
    {"dkim", "header.i"},
    {"dmarc", "header.from"},
    {"auth", "smtp.auth"},
    {"auth", "smtp.mailfrom"},
    {"sender-id", "header.from"},
    {"domainkeys", "header.d"},
    {"domainkeys", "header.from"},
    {"domainkeys", "header.sender"},
    {"dkim-adsp", "header.from"},
    {"bimi", "header.d"},
    {"vbr", "header.md"},
};

/* Methods that start a new result even where the ";" in front of them is missing. */
static const char *const methods[] = {"spf", "dkim", "dmarc", "arc", "iprev", "auth", NULL};

/* A result that is being read. */
struct result {
    char *method; /* NULL: none yet */
    char *result;
    char *domain;
    size_t rank; /* of DOMAIN in checked */
    const char *detail;
};

/* RFC 8601: Keyword; writers use "_" besides. No domain or address is one. */
static bool is_keyword(const char *s)
{
    if (!g_ascii_isalpha(*s))
        return false;
    while (g_ascii_isalnum(*s) || *s == '-' || *s == '_')
        s++;
    return *s == '\0';
}

static bool is_method(struct auth_span key)
{
    for (size_t i = 0; methods[i]; i++)
        if (hq_auth_is(key, methods[i]))
            return true;
    return false;
}

static void note_domain(struct result *result, struct auth_span key, const char *value)
{
    for (size_t i = 0; i < MIN(result->rank, G_N_ELEMENTS(checked)); i++) {
        if (g_ascii_strcasecmp(checked[i].method, result->method) != 0 ||
            !hq_auth_is(key, checked[i].property))
            continue;
        g_free(result->domain);
        result->domain = g_strdup(value);
        result->rank = i;
        return;
    }
}

/* END is where the result's text ends. */
static void finish(struct result *result, const char *end, const char *authserv,
                   const struct auth_field *field)
{
    if (result->method && field->rows->len < HQ_AUTH_MAX) {
        struct auth_span detail = {result->detail, (size_t)(end - result->detail)};
        struct hq_auth *row = hq_auth_add(field, result->method, result->result, detail);

        row->authserv = authserv;
        row->domain = result->domain ? hq_auth_domain(result->domain, field->arena) : NULL;
    }
    if (result->method)
        g_clear_pointer(&result->domain, g_free);
    g_clear_pointer(&result->method, g_free);
    g_clear_pointer(&result->result, g_free);
    result->rank = G_N_ELEMENTS(checked);
}

static void start(struct result *result, struct auth_span key, const char *value, const char *at)
{
    const char *version = memchr(key.s, '/', key.n); /* "dkim/1" */

    result->method = g_strndup(key.s, version ? (size_t)(version - key.s) : key.n);
    result->result = g_strdup(value);
    result->detail = at;
}

/* The items up to the next ";". Yahoo writes "from=DOMAIN" in front of a method: it stays in
 * RESULT's domain until a method comes. */
static void read_segment(struct auth_lex *lex, const char *authserv, struct result *result,
                         GString *value, const struct auth_field *field)
{
    struct auth_span key;
    bool has_value;
    const char *before = lex->at;

    for (; hq_auth_item(lex, &key, value, &has_value); before = lex->at) {
        if (!has_value)
            continue;
        if (is_keyword(value->str) && (!result->method || is_method(key))) {
            finish(result, before, authserv, field);
            start(result, key, value->str, lex->at);
        } else if (result->method) {
            note_domain(result, key, value->str);
        } else if (hq_auth_is(key, "from")) {
            g_free(result->domain);
            result->domain = g_strdup(value->str);
        }
    }
    finish(result, lex->at, authserv, field);
}

/* "authserv-id [version]", NULL and nothing taken when the field starts with a result. */
static const char *read_authserv(struct auth_lex *lex, struct hq_arena *arena)
{
    struct auth_lex ahead = *lex;

    hq_auth_skip(&ahead);

    struct auth_span id = hq_auth_key(&ahead);

    hq_auth_skip(&ahead);
    if (id.n == 0 || hq_auth_take(&ahead, '='))
        return NULL;
    *lex = ahead;

    struct auth_span version = hq_auth_key(&ahead);

    if (version.n > 0 && g_ascii_isdigit(*version.s) && !hq_auth_take(&ahead, '='))
        *lex = ahead;
    return hq_arena_dup(arena, id.s, id.n);
}

void hq_auth_read_results(const GString *text, const struct auth_field *field)
{
    struct auth_lex lex = {.at = text->str, .end = text->str + text->len};
    struct result result = {.rank = G_N_ELEMENTS(checked)};
    g_autoptr(GString) value = g_string_new(NULL);
    const char *authserv = read_authserv(&lex, field->arena);

    do
        read_segment(&lex, authserv, &result, value, field);
    while (hq_auth_take(&lex, ';'));
    g_free(result.domain);
}
