/* SPDX-License-Identifier: ISC */
/* "with" and "via" of a Received field, the software that wrote it, and what both say about the
 * kind of hand-over. */
#include "parts.h"
#include <string.h>

#define TLS          HQ_RECEIVED_TLS
#define AUTH         HQ_RECEIVED_AUTH
#define NO_AUTH      HQ_RECEIVED_NO_AUTH
#define LOCAL        HQ_RECEIVED_LOCAL
#define FETCH        HQ_RECEIVED_FETCH
#define SCANNER      HQ_RECEIVED_SCANNER
#define WEB          HQ_RECEIVED_WEB
#define NAME_IS_HELO HQ_RECEIVED_NAME_IS_HELO

struct row {
    const char *name;
    size_t n;
    unsigned flags;
};

static const struct row protocols[] = {
#define PROTOCOL(name, flags) {name, sizeof(name) - 1, flags},
#include "protocol.def"
#undef PROTOCOL
};

static const struct row programs[] = {
#define SOFTWARE(name, flags) {name, sizeof(name) - 1, flags},
#include "software.def"
#undef SOFTWARE
};

static const struct row *find_protocol(struct span word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(protocols); i++) {
        if (protocols[i].n == word.n && hq_same_letters(protocols[i].name, word.s, word.n))
            return &protocols[i];
    }
    return NULL;
}

/* The first row whose name begins with LETTER or one behind it; rows are in that order. */
static size_t first_row(char letter)
{
    size_t low = 0;
    size_t high = G_N_ELEMENTS(programs);

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (hq_lower(programs[middle].name[0]) < letter)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct row *find_program(struct span text)
{
    char letter = text.n ? hq_lower(text.s[0]) : '\0';

    if (letter < 'a' || letter > 'z')
        return NULL;
    for (size_t i = first_row(letter);
         i < G_N_ELEMENTS(programs) && hq_lower(programs[i].name[0]) == letter; i++) {
        if (programs[i].n <= text.n && hq_same_letters(programs[i].name, text.s, programs[i].n))
            return &programs[i];
    }
    return NULL;
}

/* "8.14.4/8.14.4" and "8.11.6/8.11.6/Submit": Sendmail names itself by its versions only. */
static bool is_sendmail(struct span text)
{
    return text.n > 4 && g_ascii_isdigit(text.s[0]) && text.s[1] == '.' &&
           g_ascii_isdigit(text.s[2]) && memchr(text.s, '/', text.n) != NULL;
}

/* "6.7.018", "7.0.027": Critical Path's mail server. */
static bool is_critical_path(struct span text)
{
    return text.n == 7 && g_ascii_isdigit(text.s[0]) && text.s[1] == '.' &&
           g_ascii_isdigit(text.s[2]) && text.s[3] == '.' && g_ascii_isdigit(text.s[4]) &&
           g_ascii_isdigit(text.s[5]) && g_ascii_isdigit(text.s[6]);
}

static bool contains(struct span text, const char *needle)
{
    return memmem(text.s, text.n, needle, strlen(needle)) != NULL;
}

static void set_software(struct received *received, struct span text)
{
    enum { LONGEST = 64 };

    if (received->hop->software)
        return;
    text.n = MIN(text.n, LONGEST);
    received->hop->software = hq_span_dup(received->arena, text);
}

static void set_sendmail(struct received *received, struct span version)
{
    static const char name[] = "Sendmail ";
    enum { LONGEST = 32 };

    if (received->hop->software)
        return;
    version.n = MIN(version.n, LONGEST);
    char *text = hq_arena_alloc(received->arena, sizeof name + version.n);
    memcpy(text, name, sizeof name - 1);
    memcpy(text + sizeof name - 1, version.s, version.n);
    received->hop->software = text;
}

static void read_comment(struct received *received, struct span text)
{
    const struct row *program = find_program(text);

    if (program) {
        set_software(received, text);
        received->flags |= program->flags;
        if (contains(text, "from userid") || contains(text, "from uid"))
            received->flags |= LOCAL;
    } else if (is_sendmail(text)) {
        const char *slash = memchr(text.s, '/', text.n);

        if (contains(text, "/Submit"))
            received->flags |= HQ_RECEIVED_SUBMIT;
        set_sendmail(received, (struct span){text.s, (size_t)(slash - text.s)});
    } else if (is_critical_path(text)) {
        received->flags |= NAME_IS_HELO;
    } else if (hq_span_starts(text, "via HTTP")) {
        received->flags |= WEB;
    }
}

/* Comments between the "by" and the date: elsewhere they are no MTA's name. */
static void read_software(struct received *received)
{
    const struct field *field = &received->field;
    const char *end = received->date.n ? received->date.s : field->end;

    for (unsigned i = received->clauses[CLAUSE_BY].begin;
         i < field->count && field->tokens[i].text.s < end; i++) {
        if (field->tokens[i].kind == TOKEN_COMMENT)
            read_comment(received, field->tokens[i].text);
    }
    if (hq_span_starts(received->lead, "qmail ")) {
        received->flags |= LOCAL;
        received->hop->software = "qmail";
    }
}

/* Words of a clause up to the first comment that follows one. */
static struct span words_of(const struct received *received, const struct clause_range *range)
{
    struct span text = {NULL, 0};

    for (unsigned i = range->begin; i < range->end; i++) {
        const struct token *token = &received->field.tokens[i];

        if (token->kind == TOKEN_COMMENT && text.s && !token->glued)
            break;
        if (token->kind == TOKEN_COMMENT && !text.s)
            continue;
        if (!text.s)
            text.s = token->text.s;
        /* "SMTPSVC(5.0)": a glued comment belongs to the name */
        text.n = (size_t)(token->text.s + token->text.n - text.s) +
                 (token->kind == TOKEN_COMMENT ? 1 : 0);
    }
    return text;
}

/* Reads a protocol clause: its flags, and its words as written. */
static const char *read_protocol(struct received *received, enum clause clause)
{
    struct span text = words_of(received, &received->clauses[clause]);
    struct span rest = text;
    struct span word;

    if (!text.s || !hq_span_word(&rest, HQ_STOP_SLASH, &word))
        return NULL;
    const struct row *row = find_protocol(word);
    if (!row) {
        const struct row *program = find_program(text);

        if (program) {
            received->flags |= program->flags;
            set_software(received, text);
        }
        return hq_span_dup(received->arena, text);
    }
    if (rest.n) { /* "ESMTP/TLS/cipher", "ESMTP over TLS secured channel" */
        hq_received_tls(received, rest);
        text = word;
    }
    received->flags |= row->flags;
    return hq_span_dup(received->arena, text);
}

void hq_received_protocol(struct received *received)
{
    struct hq_hop *hop = received->hop;

    hop->with = read_protocol(received, CLAUSE_WITH);
    hop->via = read_protocol(received, CLAUSE_VIA);
    read_software(received);
    if (received->flags & TLS && !hop->tls)
        hop->tls = hq_arena_alloc(received->arena, sizeof *hop->tls);
}
