/* SPDX-License-Identifier: ISC */
/* What the comments of a Received field tell beside the client: TLS, authentication, the envelope
 * sender. */
#include "received_parts.h"
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
    struct span word;

    while (!knows_all(received->hop->tls) && hq_span_word(&text, ":,;/()=", &word)) {
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

static bool speaks_of_tls(struct span comment)
{
    static const char *const starts[] = {"using TLS", "using SSL", "version=", "TLS",      "SSL",
                                         "Cipher",    "cipher=",   "AUTH:",    "No client"};
    static const uint32_t letters = HQ_LETTER('u') | HQ_LETTER('v') | HQ_LETTER('t') |
                                    HQ_LETTER('s') | HQ_LETTER('c') | HQ_LETTER('a') |
                                    HQ_LETTER('n');

    for (size_t i = 0; i < G_N_ELEMENTS(starts) && hq_span_begins_with(comment, letters); i++) {
        if (hq_span_starts(comment, starts[i]))
            return true;
    }
    return comment.n > 10 && memcmp(comment.s + comment.n - 10, " encrypted", 10) == 0;
}

/* Forms in which writers tell of SMTP AUTH; the user follows in the next word where USER is set. */
static const struct {
    const char *start;
    bool user;
} auth_forms[] = {
    {"Authenticated sender: ", true}, /* Postfix, smtpd_sasl_authenticated_header */
    {"authenticated as ", true},      /* Critical Path */
    {"authenticated user ", true},
    {"authenticated user=", true},
    {"authenticated id=", true},    /* Exim with a custom received_header_text */
    {"authenticated bits=", false}, /* Sendmail */
    {"authenticated (", false},
    {"authenticated:", true}, /* qmail-ldap: "(authenticated:user@[ip])" */
    {"account ", true},       /* CommuniGate */
    {"AUTH: ", true},         /* Courier: "AUTH: LOGIN user, TLS: …" */
    {"SquirrelMail authenticated user ", true},
    {"NaSMail authenticated user ", true},
    {"authenticated", false},
};

static void read_auth(struct received *received, struct span comment)
{
    static const uint32_t letters = HQ_LETTER('a') | HQ_LETTER('s') | HQ_LETTER('n');
    struct span word;

    for (size_t i = 0; i < G_N_ELEMENTS(auth_forms) && hq_span_begins_with(comment, letters); i++) {
        if (!hq_span_starts(comment, auth_forms[i].start))
            continue;
        struct span rest = {comment.s + strlen(auth_forms[i].start),
                            comment.n - strlen(auth_forms[i].start)};

        received->flags |= HQ_RECEIVED_AUTH;
        if (!auth_forms[i].user || received->hop->auth_user)
            return;
        bool more = hq_span_word(&rest, ",)", &word);
        struct span user = word;
        if (more && auth_forms[i].start[0] == 'A' && auth_forms[i].start[1] == 'U' && rest.n &&
            rest.s[0] == ' ')
            more = hq_span_word(&rest, ",)", &user);
        const char *host = more ? memmem(user.s, user.n, "@[", 2) : NULL;
        if (host)
            user.n = (size_t)(host - user.s);
        if (more)
            received->hop->auth_user = hq_span_dup(received->arena, user);
        return;
    }
}

static void read_sender(struct received *received, struct span comment)
{
    struct span rest = comment;
    struct span word;

    if (received->hop->envelope_from ||
        !(hq_span_starts(comment, "envelope-from") || hq_span_starts(comment, "envelope-sender")))
        return;
    hq_span_word(&rest, " ", &word);
    if (hq_span_word(&rest, "<>,;", &word))
        received->hop->envelope_from = hq_span_dup_word(received->arena, word);
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
    static const uint32_t remarks = HQ_LETTER('a') | HQ_LETTER('c') | HQ_LETTER('e') |
                                    HQ_LETTER('g') | HQ_LETTER('n') | HQ_LETTER('s') |
                                    HQ_LETTER('t') | HQ_LETTER('u') | HQ_LETTER('v');

    for (unsigned i = 0; i < field->count; i++) {
        const struct token *token = &field->tokens[i];

        if (token->kind != TOKEN_COMMENT ||
            (hq_span_begins_with(token->text, remarks) && hq_received_is_tcp_info(token->text)))
            continue;
        if (speaks_of_tls(token->text))
            hq_received_tls(received, token->text);
        if (hq_span_starts(token->text, "uid ") || hq_span_starts(token->text, "userid "))
            received->flags |= HQ_RECEIVED_LOCAL;
        if (hq_span_starts(token->text, "Google Transport Security"))
            tls_of(received);
        read_auth(received, token->text);
        if (is_gmx(received->hop, token->text))
            received->flags |= HQ_RECEIVED_AUTH;
        read_sender(received, token->text);
    }
    for (unsigned i = tls->begin; tls->seen && i < tls->end; i++)
        hq_received_tls(received, field->tokens[i].text);
    if (is_over_tls(received))
        tls_of(received);
    set_auth(received);
}
