/* SPDX-License-Identifier: ISC */
/* What the comments of a Received field tell beside the client: TLS, authentication, the envelope
 * sender. */
#include "parts.h"
#include <string.h>

/* "TLSv1.3", "TLS1_2", "TLS-1.0", "SSLv3"; more in "TLSv1/SSLv3" is another name for the same. */
static bool is_version(struct span word)
{
    size_t i = 3;

    if (word.n < 4 || !(hq_span_starts(word, "TLS") || hq_span_starts(word, "SSL")))
        return false;
    if (word.s[i] == 'v' || word.s[i] == 'V' || word.s[i] == '-')
        i++;
    return i < word.n && g_ascii_isdigit(word.s[i]) &&
           !(word.n > 5 && word.s[4] == '3' && word.s[5] == '_');
}

/* "ECDHE-RSA-AES128-GCM-SHA256", "TLS_AES_256_GCM_SHA384": parts joined by - or _, one of
 * which is an algorithm. */
static bool is_cipher(struct span word)
{
    static const char *const parts[] = {"AES", "CHACHA20", "DES", "RC4", "CAMELLIA", "ARIA", "SHA"};

    if (word.n < 7 || word.n > 80 || !(memchr(word.s, '-', word.n) || memchr(word.s, '_', word.n)))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (memmem(word.s, word.n, parts[i], strlen(parts[i])))
            return true;
    }
    return false;
}

static struct hq_tls *tls_of(struct received *received)
{
    if (!received->hop->tls)
        received->hop->tls = hq_arena_alloc(received->arena, sizeof *received->hop->tls);
    return received->hop->tls;
}

static bool knows_all(const struct hq_tls *tls)
{
    return tls && tls->version && tls->cipher;
}

void hq_received_tls(struct received *received, struct span text)
{
    enum {
        TLS_STOPS = HQ_STOP_COLON | HQ_STOP_COMMA | HQ_STOP_SEMICOLON | HQ_STOP_SLASH |
                    HQ_STOP_OPEN | HQ_STOP_CLOSE | HQ_STOP_EQUALS
    };
    struct span word;

    while (!knows_all(received->hop->tls) && hq_span_word(&text, TLS_STOPS, &word)) {
        if (is_version(word)) {
            struct hq_tls *tls = tls_of(received);

            if (!tls->version)
                tls->version = hq_span_dup_word(received->arena, word);
        } else if (is_cipher(word)) {
            struct hq_tls *tls = tls_of(received);

            if (!tls->cipher)
                tls->cipher = hq_span_dup_word(received->arena, word);
        } else if (hq_span_is(word, "TLS") || hq_span_is(word, "SSL")) {
            tls_of(received);
        }
    }
}

/* What a remark tells: by the word that it begins with. */
enum {
    TLS = 1 << 0,    /* version and cipher are among its words */
    SECURE = 1 << 1, /* TLS, without a word on which */
    AUTH = 1 << 2,
    USER = 1 << 3,   /* the user follows … */
    METHOD = 1 << 4, /* … behind the method */
    LOCAL = 1 << 5,
    SENDER = 1 << 6,
};

/* Of several beginnings that fit the first counts. */
static const struct remark {
    const char *start;
    unsigned tells;
} remarks[] = {
    {"using TLS", TLS},
    {"using SSL", TLS},
    {"version=", TLS},
    {"TLS", TLS},
    {"SSL", TLS},
    {"Cipher", TLS},
    {"No client", TLS},
    {"Google Transport Security", SECURE},
    {"envelope-from", SENDER},
    {"envelope-sender", SENDER},
    {"uid ", LOCAL},
    {"userid ", LOCAL},
    {"Authenticated sender: ", AUTH | USER}, /* Postfix, smtpd_sasl_authenticated_header */
    {"authenticated as ", AUTH | USER},      /* Critical Path */
    {"authenticated user ", AUTH | USER},
    {"authenticated user=", AUTH | USER},
    {"authenticated id=", AUTH | USER}, /* Exim with a custom received_header_text */
    {"authenticated bits=", AUTH},      /* Sendmail */
    {"authenticated (", AUTH},
    {"authenticated:", AUTH | USER}, /* qmail-ldap: "(authenticated:user@[ip])" */
    {"authenticated", AUTH},
    {"account ", AUTH | USER},              /* CommuniGate */
    {"AUTH: ", TLS | AUTH | USER | METHOD}, /* Courier: "AUTH: LOGIN user, TLS: …" */
    {"AUTH:", TLS},
    {"SquirrelMail authenticated user ", AUTH | USER},
    {"NaSMail authenticated user ", AUTH | USER},
    {"user=", AUTH | USER}, /* FortiMail: "(user=name mech=PLAIN bits=0)" */
};

static const struct remark *find_remark(struct span comment)
{
    static const uint32_t letters = HQ_LETTER('a') | HQ_LETTER('c') | HQ_LETTER('e') |
                                    HQ_LETTER('g') | HQ_LETTER('n') | HQ_LETTER('s') |
                                    HQ_LETTER('t') | HQ_LETTER('u') | HQ_LETTER('v');

    for (size_t i = 0; i < G_N_ELEMENTS(remarks) && hq_span_begins_with(comment, letters); i++) {
        if (hq_span_starts(comment, remarks[i].start))
            return &remarks[i];
    }
    return NULL;
}

/* "(AES256-SHA encrypted)" */
static bool is_encrypted(struct span comment)
{
    return comment.n > 10 && memcmp(comment.s + comment.n - 10, " encrypted", 10) == 0;
}

static void read_user(struct received *received, struct span rest, bool behind_method)
{
    struct span word;

    if (received->hop->auth_user || !hq_span_word(&rest, HQ_STOP_COMMA | HQ_STOP_CLOSE, &word))
        return;
    if (behind_method && rest.n && rest.s[0] == ' ' &&
        !hq_span_word(&rest, HQ_STOP_COMMA | HQ_STOP_CLOSE, &word))
        return;
    const char *host = memmem(word.s, word.n, "@[", 2);
    if (host)
        word.n = (size_t)(host - word.s);
    received->hop->auth_user = hq_span_dup_word(received->arena, word);
}

static void read_sender(struct received *received, struct span comment)
{
    struct span word;

    if (received->hop->envelope_from)
        return;
    hq_span_word(&comment, 0, &word);
    if (hq_span_word(&comment, HQ_STOP_ANGLE | HQ_STOP_COMMA | HQ_STOP_SEMICOLON, &word))
        received->hop->envelope_from = hq_span_dup_word(received->arena, word);
}

static void read_remark(struct received *received, struct span comment)
{
    const struct remark *remark = find_remark(comment);
    unsigned tells = (remark ? remark->tells : 0) | (is_encrypted(comment) ? TLS : 0);

    if (!tells || hq_received_is_tcp_info(comment))
        return;
    if (tells & TLS)
        hq_received_tls(received, comment);
    if (tells & SECURE)
        tls_of(received);
    if (tells & LOCAL)
        received->flags |= HQ_RECEIVED_LOCAL;
    if (tells & AUTH)
        received->flags |= HQ_RECEIVED_AUTH;
    if (tells & USER)
        read_user(received, hq_span_cut(comment, strlen(remark->start), comment.n), tells & METHOD);
    if (tells & SENDER)
        read_sender(received, comment);
}

/* GMX's submission hosts say nothing but their own number: "by mail.gmx.net (mp033)". */
static bool is_gmx(const struct hq_hop *hop, struct span comment)
{
    return comment.n == 5 && comment.s[0] == 'm' && comment.s[1] == 'p' &&
           g_ascii_isdigit(comment.s[2]) && hop->by.name &&
           g_ascii_strncasecmp(hop->by.name, "mail.gmx.", 9) == 0;
}

/* MX Logic: "by host (mxl_mta-7.2) over TLS secured channel with ESMTP". */
static bool is_over_tls(const struct received *received)
{
    const struct clause_range *tls = &received->clauses[CLAUSE_TLS];

    return tls->seen && tls->begin > 1 &&
           hq_span_is(received->field.tokens[tls->begin - 2].text, "over");
}

static void set_auth(struct received *received)
{
    struct hq_hop *hop = received->hop;

    if (received->flags & HQ_RECEIVED_AUTH)
        hop->auth = HQ_YES;
    else if (received->flags & HQ_RECEIVED_NO_AUTH)
        hop->auth = HQ_NO;
}

void hq_received_comments(struct received *received)
{
    const struct field *field = &received->field;
    const struct clause_range *tls = &received->clauses[CLAUSE_TLS];

    for (unsigned i = 0; i < field->count; i++) {
        const struct token *token = &field->tokens[i];

        if (token->kind != TOKEN_COMMENT)
            continue;
        read_remark(received, token->text);
        if (is_gmx(received->hop, token->text))
            received->flags |= HQ_RECEIVED_AUTH;
    }
    for (unsigned i = tls->begin; tls->seen && i < tls->end; i++)
        hq_received_tls(received, field->tokens[i].text);
    if (is_over_tls(received))
        tls_of(received);
    set_auth(received);
}
