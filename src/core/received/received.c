/* SPDX-License-Identifier: ISC */
/* One Received field to a hop: the steps, the simple clauses, and what kind of hop it is. */
#include "hopq/received.h"
#include "hopq/ip.h"
#include "parts.h"
#include <string.h>

static void set_unknown(struct hq_hop *hop)
{
    *hop = (struct hq_hop){
        .n = HQ_NONE,
        .auth = HQ_UNKNOWN,
        .date = HQ_NONE,
        .zone = HQ_NONE,
        .delay = HQ_NONE,
        .delay_corrected = HQ_NONE,
        .clock = HQ_NONE,
        .offset = HQ_NONE,
        .length = HQ_NONE,
    };
}

/* First token of a clause that is no comment; NULL: none. */
static const struct token *value_of(const struct received *received, enum clause clause)
{
    const struct clause_range *range = &received->clauses[clause];

    for (unsigned i = range->begin; i < range->end && i < received->field.count; i++) {
        if (received->field.tokens[i].kind != TOKEN_COMMENT)
            return &received->field.tokens[i];
    }
    return NULL;
}

static struct span trim_dots(struct span text)
{
    while (text.n && (text.s[text.n - 1] == ',' || text.s[text.n - 1] == '.'))
        text.n--;
    return text;
}

/* The four figures of IPv4 have one spelling only: as written is as formatted. */
const char *hq_received_ip(struct received *received, const struct hq_ip *ip, struct span text)
{
    char buf[46];

    if (ip->family == 4 && !memchr(text.s, ':', text.n))
        return hq_arena_dup_clean(received->arena, text.s, text.n);
    return hq_arena_strdup(received->arena, hq_ip_format(ip, buf));
}

/* A host name or an address; an address of a person is none (ratware writes such). */
static void set_by(struct received *received)
{
    struct hq_hop *hop = received->hop;
    const struct token *token = value_of(received, CLAUSE_BY);

    if (!token || memchr(token->text.s, '@', token->text.n) || token->text.n > 255)
        return;
    struct span text = trim_dots(token->text);
    struct span address = text;
    struct hq_ip ip;

    hop->by.name = token->kind == TOKEN_ATOM ? hq_span_dup_word(received->arena, text)
                                             : hq_span_dup(received->arena, text);
    if (hq_span_starts(address, "IPv6:")) {
        address.s += 5;
        address.n -= 5;
    }
    if (hq_ip_parse(address.s, address.n, &ip))
        hop->by.ip = hq_received_ip(received, &ip, address);
    /* "by host [ip]", "by host (ip)", "by host ([ip]:25)": the first token behind the name */
    unsigned next = (unsigned)(token - received->field.tokens) + 1;
    if (!hop->by.ip && next < received->clauses[CLAUSE_BY].end) {
        struct span behind = hq_span_strip(received->field.tokens[next].text, "[", "");
        const char *close = memchr(behind.s, ']', behind.n);
        behind.n = close ? (size_t)(close - behind.s) : behind.n;
        const char *colon = memchr(behind.s, ':', behind.n);

        bool whole = hq_ip_parse(behind.s, behind.n, &ip);
        if (!whole && colon)
            behind.n = (size_t)(colon - behind.s);
        if (whole || (colon && hq_ip_parse(behind.s, behind.n, &ip)))
            hop->by.ip = hq_received_ip(received, &ip, behind);
    }
}

static void set_id(struct received *received)
{
    const struct token *token = value_of(received, CLAUSE_ID);

    if (!token)
        return;
    struct span text = trim_dots(token->text);
    unsigned next = (unsigned)(token - received->field.tokens) + 1;
    /* "id 846CF2117for <a@b>": the blank was lost */
    if (text.n > 3 && memcmp(text.s + text.n - 3, "for", 3) == 0 && next < received->field.count &&
        received->field.tokens[next].kind == TOKEN_ANGLE) {
        text.n -= 3;
        received->clauses[CLAUSE_FOR] = (struct clause_range){next, next + 1, true};
    }
    received->hop->id = hq_span_dup(received->arena, text);
}

/* "@relay.example:a@b.example" is a@b.example by a route of old (RFC 5321 appendix C). */
static struct span without_route(struct span path)
{
    const char *colon = path.n && path.s[0] == '@' ? memchr(path.s, ':', path.n) : NULL;

    return colon ? hq_span_cut(path, (size_t)(colon + 1 - path.s), path.n) : path;
}

/* The address of a path: an angle address anywhere in the clause, else its first word when
 * that is an address. */
static const char *path(struct received *received, enum clause clause)
{
    const struct clause_range *range = &received->clauses[clause];

    for (unsigned i = range->begin; i < range->end; i++) {
        if (received->field.tokens[i].kind == TOKEN_ANGLE)
            return hq_span_dup(received->arena, without_route(received->field.tokens[i].text));
    }
    const struct token *token = value_of(received, clause);
    if (!token || !memchr(token->text.s, '@', token->text.n))
        return NULL;
    return hq_span_dup(received->arena, trim_dots(token->text));
}

static uint8_t kind_of(const struct received *received)
{
    const struct hq_hop *hop = received->hop;

    if (received->flags & HQ_RECEIVED_FETCH)
        return HQ_HOP_FETCH;
    if (received->flags & HQ_RECEIVED_LOCAL ||
        (received->flags & HQ_RECEIVED_SUBMIT && !hop->from.ip))
        return HQ_HOP_LOCAL;
    if (received->flags & HQ_RECEIVED_SCANNER)
        return HQ_HOP_SCANNER;
    return hop->from.ip ? HQ_HOP_RELAY : HQ_HOP_NO_IP;
}

static bool says_anything(const struct received *received)
{
    if (received->lead.n || received->hop->date != HQ_NONE)
        return true;
    for (int clause = CLAUSE_FROM; clause < CLAUSE_COUNT; clause++) {
        if (received->clauses[clause].seen)
            return true;
    }
    return false;
}

static void read_clauses(struct received *received)
{
    struct hq_hop *hop = received->hop;

    set_by(received);
    set_id(received);
    hop->for_address = path(received, CLAUSE_FOR);
    hop->envelope_from = path(received, CLAUSE_SENDER);
    hq_received_protocol(received);
    hq_received_comments(received);
    hq_received_from(received);
    if (received->flags & HQ_RECEIVED_WEB && hop->from.ip)
        hop->auth = HQ_YES; /* a person at a web mail has logged in */
    if (hop->date == HQ_NONE && !hop->date_defect)
        hop->date_defect = "no-date";
    hop->kind = kind_of(received);
}

/* Fails closed: nothing that was read before the trouble is kept, but for the date. */
static void give_up(struct received *received, const char *problem)
{
    received->hop->kind = HQ_HOP_UNPARSEABLE;
    received->hop->problem = problem;
}

void hq_received_parse(const char *value, size_t n, struct hq_hop *hop, struct hq_arena *arena)
{
    struct received received;

    set_unknown(hop);
    received.hop = hop;
    received.arena = arena;
    received.flags = 0;
    received.lead = received.date = (struct span){NULL, 0};
    memset(received.clauses, 0, sizeof received.clauses);
    /* NUL bytes inside of words hide them from filters; mail may hold none (RFC 5322 2.3) */
    if (n && memchr(value, '\0', n)) {
        char *copy = hq_arena_alloc(arena, n);
        size_t length = 0;

        for (size_t i = 0; i < n; i++) {
            if (value[i])
                copy[length++] = value[i];
        }
        value = copy;
        n = length;
    }
    hq_received_lex_begin((struct span){value, n}, &received.field);
    hq_received_split(&received);
    if (received.field.problem)
        give_up(&received, received.field.problem);
    else if (!says_anything(&received))
        give_up(&received, "no-clauses");
    else
        read_clauses(&received);
}
