/* SPDX-License-Identifier: ISC */
/* SPF records by the grammar of RFC 7208 section 12, to the letter: libspf2 1.2.10 lets much pass
 * that must be a permerror, and works on C strings where a TXT record may hold a NUL. */
#include "check.h"
#include <string.h>

/* 253 bytes is the longest result; ten times a usual record is the longest text of one. */
#define MAX_SPEC 512

enum argument { ARG_NONE, ARG_OPTIONAL, ARG_REQUIRED };

static const struct {
    const char *name;
    enum hq_spf_kind kind;
    enum argument domain;
    bool cidr;
} mechanisms[] = {
    {"all", HQ_SPF_ALL, ARG_NONE, false},     {"include", HQ_SPF_INCLUDE, ARG_REQUIRED, false},
    {"a", HQ_SPF_A, ARG_OPTIONAL, true},      {"mx", HQ_SPF_MX, ARG_OPTIONAL, true},
    {"ptr", HQ_SPF_PTR, ARG_OPTIONAL, false}, {"ip4", HQ_SPF_IP4, ARG_REQUIRED, true},
    {"ip6", HQ_SPF_IP6, ARG_REQUIRED, true},  {"exists", HQ_SPF_EXISTS, ARG_REQUIRED, false},
};

static bool equals(struct hq_spf_span s, const char *name)
{
    return s.n == strlen(name) && g_ascii_strncasecmp(s.s, name, s.n) == 0;
}

static struct hq_spf_span skip(struct hq_spf_span s, size_t n)
{
    return (struct hq_spf_span){s.s + n, s.n - n};
}

bool hq_spf_is_record(const char *s, size_t n)
{
    return n >= 6 && g_ascii_strncasecmp(s, "v=spf1", 6) == 0 && (n == 6 || s[6] == ' ');
}

/* name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ); its length, 0: none. */
static size_t name_length(struct hq_spf_span s)
{
    size_t n = 0;
    if (s.n == 0 || !g_ascii_isalpha(s.s[0]))
        return 0;
    while (n < s.n && (g_ascii_isalnum(s.s[n]) || (s.s[n] && strchr("-_.", s.s[n]))))
        n++;
    return n;
}

/* Takes "/24" off the end of S; false: what stands there is no prefix length up to MAX. */
static bool take_prefix(struct hq_spf_span *s, int max, int *prefix)
{
    size_t start = s->n;
    while (start > 0 && g_ascii_isdigit(s->s[start - 1]))
        start--;
    size_t digits = s->n - start;
    if (digits == 0 || start == 0 || s->s[start - 1] != '/')
        return true;
    int value = 0;
    if (digits > 3 || (digits > 1 && s->s[start] == '0'))
        return false;
    for (size_t i = start; i < s->n; i++)
        value = value * 10 + (s->s[i] - '0');
    if (value > max)
        return false;
    *prefix = value;
    s->n = start - 1;
    return true;
}

/* dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ] */
static bool take_dual_prefix(struct hq_spf_span *s, int prefix[2])
{
    struct hq_spf_span rest = *s;
    int six = -1;
    if (!take_prefix(&rest, 128, &six))
        return false;
    if (six >= 0 && rest.n > 0 && rest.s[rest.n - 1] == '/') {
        prefix[1] = six;
        rest.n--;
        *s = rest;
    }
    return take_prefix(s, 32, &prefix[0]);
}

/* hq_ip_parse() has turned ::ffff:a.b.c.d into IPv4; in a network it is IPv6 as written, and short
 * prefixes of it match IPv6 clients. */
static void map_to_six(struct hq_ip *ip)
{
    struct hq_ip six = {.family = 6, .bytes = {[10] = 0xFF, [11] = 0xFF}};
    memcpy(six.bytes + 12, ip->bytes, 4);
    *ip = six;
}

static const char *read_network(struct hq_spf_term *term, struct hq_spf_span value)
{
    bool four = term->kind == HQ_SPF_IP4;
    if (!take_prefix(&value, four ? 32 : 128, &term->prefix[four ? 0 : 1]))
        return "wrong prefix length";
    bool colon = value.n > 0 && memchr(value.s, ':', value.n);
    if (colon == four || (value.n > 0 && memchr(value.s, '%', value.n)) ||
        !hq_ip_parse(value.s, value.n, &term->ip))
        return "no IP address";
    if (!four && term->ip.family == 4)
        map_to_six(&term->ip);
    return NULL;
}

static const char *read_mechanism(struct hq_spf_span s, struct hq_spf_term *term)
{
    size_t n = 0, row = 0;
    while (n < s.n && g_ascii_isalnum(s.s[n]))
        n++;
    while (row < G_N_ELEMENTS(mechanisms) &&
           !equals((struct hq_spf_span){s.s, n}, mechanisms[row].name))
        row++;
    if (row == G_N_ELEMENTS(mechanisms))
        return "unknown mechanism";
    term->kind = mechanisms[row].kind;
    s = skip(s, n);
    bool colon = s.n > 0 && s.s[0] == ':';
    if (!colon && mechanisms[row].domain == ARG_REQUIRED)
        return "needs a value";
    if (colon && mechanisms[row].domain == ARG_NONE)
        return "takes no value";
    if (colon)
        s = skip(s, 1);
    if (term->kind == HQ_SPF_IP4 || term->kind == HQ_SPF_IP6)
        return read_network(term, s);
    if (mechanisms[row].cidr && !take_dual_prefix(&s, term->prefix))
        return "wrong prefix length";
    if (!colon)
        return s.n > 0 ? "rubbish after the mechanism" : NULL;
    term->spec = s;
    return hq_spf_domain_spec_valid(s) && s.n <= MAX_SPEC ? NULL : "wrong domain";
}

static const char *read_modifier(struct hq_spf_span name, struct hq_spf_span value,
                                 struct hq_spf_term *term)
{
    term->kind = equals(name, "redirect") ? HQ_SPF_REDIRECT
                 : equals(name, "exp")    ? HQ_SPF_EXP
                                          : HQ_SPF_OTHER_MODIFIER;
    if (term->kind == HQ_SPF_OTHER_MODIFIER)
        return hq_spf_macro_valid(value, false) ? NULL : "wrong macro";
    term->spec = value;
    return hq_spf_domain_spec_valid(value) && value.n <= MAX_SPEC ? NULL : "wrong domain";
}

static const char *read_term(struct hq_spf_span s, struct hq_spf_term *term)
{
    *term = (struct hq_spf_term){.qualifier = '+', .text = s, .prefix = {32, 128}};
    size_t n = name_length(s);
    if (n > 0 && n < s.n && s.s[n] == '=')
        return read_modifier((struct hq_spf_span){s.s, n}, skip(s, n + 1), term);
    if (s.s[0] && strchr("+-~?", s.s[0])) {
        term->qualifier = s.s[0];
        s = skip(s, 1);
    }
    return read_mechanism(s, term);
}

/* The next term; only spaces part them. */
static bool next_text(struct hq_spf_span *rest, struct hq_spf_span *text)
{
    while (rest->n > 0 && rest->s[0] == ' ')
        *rest = skip(*rest, 1);
    const char *end = rest->n > 0 ? memchr(rest->s, ' ', rest->n) : NULL;
    *text = (struct hq_spf_span){rest->s, end ? (size_t)(end - rest->s) : rest->n};
    *rest = skip(*rest, text->n);
    return text->n > 0;
}

/* Each of redirect and exp at most once (section 6). */
static bool set_once(struct hq_spf_span *place, struct hq_spf_span spec)
{
    if (place->n > 0)
        return false;
    *place = spec;
    return true;
}

const char *hq_spf_record_read(const char *s, size_t n, struct hq_spf_record *record,
                               struct hq_spf_span *bad)
{
    struct hq_spf_term term;
    struct hq_spf_span rest = {s + 6, n - 6};
    *record = (struct hq_spf_record){.text = rest};
    while (next_text(&rest, bad)) {
        const char *fault = read_term(*bad, &term);
        if (fault)
            return fault;
        if (term.kind == HQ_SPF_ALL)
            record->has_all = true;
        if ((term.kind == HQ_SPF_REDIRECT && !set_once(&record->redirect, term.spec)) ||
            (term.kind == HQ_SPF_EXP && !set_once(&record->exp, term.spec)))
            return "is there twice";
    }
    return NULL;
}

bool hq_spf_record_next(struct hq_spf_span *rest, struct hq_spf_term *term)
{
    struct hq_spf_span text;
    while (next_text(rest, &text))
        if (!read_term(text, term) && term->kind < HQ_SPF_REDIRECT)
            return true;
    return false;
}
