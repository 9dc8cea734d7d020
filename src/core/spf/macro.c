/* SPDX-License-Identifier: ISC */
/* Macros of RFC 7208 section 7: grammar and expansion, for domains and explanations alike. libspf2
 * never sees one: its own expander does not know the delimiters "," and "/", turns a space into
 * "%", and is where all its CVEs were. */
#include "check.h"
#include "hopq/time.h"
#include <string.h>

/* Longest value that a macro inserts (a local part, a HELO name): twice what SMTP allows (RFC 5321
 * section 4.5.3.1.3). Bounds the work that a record and a sender can make together. */
#define MAX_VALUE  512
#define VALUE_SIZE ((size_t)2 * MAX_VALUE)

struct token {
    struct hq_spf_span literal; /* when LETTER is 0 */
    char letter;
    bool upper; /* URL escape */
    bool reverse;
    int keep; /* right-most parts; 0: all */
    struct hq_spf_span delimiters;
};

static bool read_macro(const char *s, const char *end, struct token *token, const char **next)
{
    const char *close = memchr(s, '}', (size_t)(end - s));
    if (!close || s == close)
        return false;
    token->letter = g_ascii_tolower(*s);
    token->upper = g_ascii_isupper(*s);
    const char *digits = ++s;
    for (; g_ascii_isdigit(*s); s++)
        token->keep = MIN(token->keep * 10 + (*s - '0'), MAX_VALUE);
    if (s > digits && token->keep == 0)
        return false; /* section 7.3: the digit must be nonzero */
    token->reverse = *s == 'r' || *s == 'R';
    if (token->reverse)
        s++;
    token->delimiters = (struct hq_spf_span){s, (size_t)(close - s)};
    for (; s < close; s++)
        if (!strchr(".-+,/_=", *s) || !*s)
            return false;
    *next = close + 1;
    return token->letter && strchr("slodiphcrtv", token->letter);
}

/* The next piece of *S: a run of literal characters or one macro-expand. False: wrong. */
static bool next_token(const char **s, const char *end, struct token *token)
{
    static const struct {
        char c;
        const char *text;
    } escapes[] = {{'%', "%"}, {'_', " "}, {'-', "%20"}};
    *token = (struct token){0};
    if (**s != '%') {
        const char *percent = memchr(*s, '%', (size_t)(end - *s));
        const char *stop = percent ? percent : end;
        token->literal = (struct hq_spf_span){*s, (size_t)(stop - *s)};
        *s = stop;
        return true;
    }
    if (end - *s < 2)
        return false;
    if ((*s)[1] == '{')
        return read_macro(*s + 2, end, token, s);
    for (unsigned i = 0; i < G_N_ELEMENTS(escapes); i++) {
        if ((*s)[1] != escapes[i].c)
            continue;
        token->literal = (struct hq_spf_span){escapes[i].text, strlen(escapes[i].text)};
        *s += 2;
        return true;
    }
    return false;
}

static bool literal_valid(struct hq_spf_span s, bool explanation)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.s[i] < (explanation ? ' ' : '!') || s.s[i] > '~')
            return false;
    return true;
}

bool hq_spf_macro_valid(struct hq_spf_span s, bool explanation)
{
    struct token token;
    const char *at = s.s, *end = s.s + s.n;
    while (at < end) {
        bool escape = *at == '%';
        if (!next_token(&at, end, &token))
            return false;
        if (!token.letter && !escape && !literal_valid(token.literal, explanation))
            return false;
        if (!explanation && token.letter && strchr("crt", token.letter))
            return false;
    }
    return true;
}

bool hq_spf_macro_has_local(struct hq_spf_span s)
{
    struct token token;
    const char *at = s.s, *end = s.n ? s.s + s.n : s.s; /* a term without a domain has no text */
    while (at < end && next_token(&at, end, &token))
        if (token.letter == 's' || token.letter == 'l')
            return true;
    return false;
}

/* toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum ) */
static bool toplabel_valid(const char *s, size_t n)
{
    bool number = true;
    for (size_t i = 0; i < n; i++) {
        if (!g_ascii_isalnum(s[i]) && s[i] != '-')
            return false;
        if (!g_ascii_isdigit(s[i]))
            number = false;
    }
    return n > 0 && !number && s[0] != '-' && s[n - 1] != '-';
}

/* domain-end = ( "." toplabel [ "." ] ) / macro-expand */
bool hq_spf_domain_spec_valid(struct hq_spf_span s)
{
    struct token token = {0};
    const char *at = s.s, *end = s.s + s.n;
    bool macro = false;
    if (s.n == 0 || !hq_spf_macro_valid(s, false))
        return false;
    while (at < end) {
        macro = *at == '%';
        next_token(&at, end, &token);
    }
    if (macro || token.literal.n == 0)
        return macro;
    struct hq_spf_span tail = token.literal;
    if (tail.s[tail.n - 1] == '.')
        tail.n--;
    const char *dot = tail.n > 0 ? memrchr(tail.s, '.', tail.n) : NULL;
    return dot && toplabel_valid(dot + 1, (size_t)(tail.s + tail.n - dot - 1));
}

/* ---- expansion ---- */

static void put(struct hq_spf_text *out, const char *s, size_t n)
{
    if (n > sizeof out->bytes - 1 - out->n) {
        n = sizeof out->bytes - 1 - out->n;
        out->full = true;
    }
    memcpy(out->bytes + out->n, s, n);
    out->n += n;
    out->bytes[out->n] = '\0';
}

/* Section 7.3: everything but RFC 3986's unreserved characters is escaped. */
static void put_part(struct hq_spf_text *out, const struct token *token, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char escaped[4];
        if (!token->upper || g_ascii_isalnum(s[i]) || (s[i] && strchr("-._~", s[i]))) {
            put(out, s + i, 1);
            continue;
        }
        g_snprintf(escaped, sizeof escaped, "%%%02X", (unsigned char)s[i]);
        put(out, escaped, 3);
    }
}

static bool is_delimiter(const struct token *token, char c)
{
    return token->delimiters.n == 0 ? c == '.'
                                    : memchr(token->delimiters.s, c, token->delimiters.n) != NULL;
}

/* Splits VALUE at the delimiters, reverses, keeps the right-most parts, joins with dots. */
static void put_value(struct hq_spf_text *out, const struct token *token, struct hq_spf_span value)
{
    struct hq_spf_span parts[MAX_VALUE + 1];
    int count = 0;
    size_t start = 0;
    for (size_t i = 0; i <= value.n; i++) {
        if (i < value.n && !is_delimiter(token, value.s[i]))
            continue;
        parts[count++] = (struct hq_spf_span){value.s + start, i - start};
        start = i + 1;
    }
    int keep = token->keep > 0 ? MIN(token->keep, count) : count;
    for (int i = count - keep; i < count; i++) {
        const struct hq_spf_span *part = &parts[token->reverse ? count - 1 - i : i];
        if (i > count - keep)
            put(out, ".", 1);
        put_part(out, token, part->s, part->n);
    }
}

/* Dotted quad, or 32 nibbles, upper case as in the RFC's examples. */
static void dotted_ip(const struct hq_ip *ip, char out[64])
{
    if (ip->family == 4) {
        char text[46];
        g_strlcpy(out, hq_ip_format(ip, text), 64);
        return;
    }
    for (size_t i = 0; i < 32; i++) {
        out[2 * i] = "0123456789ABCDEF"[ip->bytes[i / 2] >> (i % 2 ? 0 : 4) & 0xF];
        out[2 * i + 1] = i < 31 ? '.' : '\0';
    }
}

static struct hq_spf_span span(const char *s)
{
    return (struct hq_spf_span){s, strlen(s)};
}

/* The value of a letter, in BUF when it has to be made. */
static struct hq_spf_span value_of(struct hq_spf_check *check, char letter, const char *domain,
                                   char buf[VALUE_SIZE])
{
    const char *name;
    switch (letter) {
    case 's':
        g_snprintf(buf, VALUE_SIZE, "%.*s@%.*s", (int)MIN(check->local.n, MAX_VALUE / 2),
                   check->local.s, (int)MIN(check->sender_domain.n, 253), check->sender_domain.s);
        return span(buf);
    case 'l':
        return check->local;
    case 'o':
        return check->sender_domain;
    case 'd':
        return span(domain);
    case 'i':
        dotted_ip(&check->ip, buf);
        return span(buf);
    case 'c':
        return span(hq_ip_format(&check->ip, buf));
    case 'p':
        return span(hq_spf_client_name(check, domain, false, &name) > HQ_SPF_NO_NAME ? name
                                                                                     : "unknown");
    case 'v':
        return span(check->ip.family == 4 ? "in-addr" : "ip6");
    case 'h':
        return check->helo;
    case 'r':
        return span(check->receiver ? check->receiver : "unknown");
    default:
        g_snprintf(buf, VALUE_SIZE, "%" G_GINT64_FORMAT, hq_time_now() / HQ_SECOND);
        return span(buf);
    }
}

bool hq_spf_expand(struct hq_spf_check *check, struct hq_spf_span s, const char *domain,
                   struct hq_spf_text *out)
{
    const char *at = s.s, *end = s.s + s.n;
    struct token token;
    out->n = 0;
    out->full = false;
    out->bytes[0] = '\0';
    while (at < end && !out->full && next_token(&at, end, &token)) {
        char buf[VALUE_SIZE];
        if (!token.letter) {
            put(out, token.literal.s, token.literal.n);
            continue;
        }
        struct hq_spf_span value = value_of(check, token.letter, domain, buf);
        value.n = MIN(value.n, MAX_VALUE);
        put_value(out, &token, value);
    }
    return check->stop == HQ_SPF_RUN;
}

bool hq_spf_expand_domain(struct hq_spf_check *check, struct hq_spf_span spec, const char *domain,
                          char out[HQ_DNS_NAME_SIZE])
{
    struct hq_spf_text text;
    if (spec.n == 0) {
        g_strlcpy(out, domain, HQ_DNS_NAME_SIZE);
        return true;
    }
    if (!hq_spf_expand(check, spec, domain, &text))
        return false;
    if (text.full)
        return hq_spf_stop(check, HQ_SPF_PERMERROR, "%.*s expands to more than %d characters",
                           (int)spec.n, spec.s, HQ_SPF_TEXT_SIZE);
    if (text.n > 0 && text.bytes[text.n - 1] == '.')
        text.bytes[--text.n] = '\0';
    const char *start = text.bytes, *end = text.bytes + text.n;
    while (start && end - start >= HQ_DNS_NAME_SIZE) {
        const char *dot = strchr(start, '.');
        start = dot ? dot + 1 : NULL;
    }
    g_strlcpy(out, start ? start : "", HQ_DNS_NAME_SIZE);
    return true;
}
