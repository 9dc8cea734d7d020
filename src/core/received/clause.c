/* SPDX-License-Identifier: ISC */
/* Clauses of a Received field (RFC 5321 section 4.4) and the place of its date. Clause words count
 * only as whole atoms outside of quotes, comments, literals and angle addresses. */
#include "core/date_words.h"
#include "hopq/date.h"
#include "parts.h"
#include <string.h>

/* A date needs no more tries than real fields need. */
enum { DATE_TRIES = 8 };

static enum clause clause_word(const struct token *token)
{
    static const uint32_t letters = HQ_LETTER('f') | HQ_LETTER('b') | HQ_LETTER('w') |
                                    HQ_LETTER('i') | HQ_LETTER('v') | HQ_LETTER('t') |
                                    HQ_LETTER('e');
    const char *s = token->text.s;
    size_t n = token->text.n;

    if (token->kind != TOKEN_ATOM || n < 2 || !hq_span_begins_with(token->text, letters))
        return CLAUSE_NONE;
    if (n > 4)
        return hq_span_is(token->text, "envelope-from") ||
                       hq_span_is(token->text, "envelope-sender")
                   ? CLAUSE_SENDER
                   : CLAUSE_NONE;
    switch (HQ_WORD4(s[0], s[1], n > 2 ? s[2] : 0, n > 3 ? s[3] : 0) | UINT32_C(0x20202020)) {
    case HQ_WORD4('f', 'r', 'o', 'm'):
        return CLAUSE_FROM;
    case HQ_WORD4('b', 'y', ' ', ' '):
        return CLAUSE_BY;
    case HQ_WORD4('w', 'i', 't', 'h'):
        return CLAUSE_WITH;
    case HQ_WORD4('i', 'd', ' ', ' '):
        return CLAUSE_ID;
    case HQ_WORD4('f', 'o', 'r', ' '):
        return CLAUSE_FOR;
    case HQ_WORD4('v', 'i', 'a', ' '):
        return CLAUSE_VIA;
    case HQ_WORD4('t', 'l', 's', ' '):
        return CLAUSE_TLS;
    default:
        return CLAUSE_NONE;
    }
}

/* "for <a> from <b>" (XMail, IBM): the second "from" is the envelope's. */
static bool is_sender(const struct field *field, unsigned i)
{
    if (i + 1 >= field->count)
        return false;
    const struct token *next = &field->tokens[i + 1];
    return next->kind == TOKEN_ANGLE ||
           (next->kind == TOKEN_ATOM && memchr(next->text.s, '@', next->text.n));
}

/* "from by (name [192.0.2.1]) by host": a client may call itself what it likes. */
static bool is_head(const struct received *received, const struct clause_range *current, unsigned i)
{
    const struct field *field = &received->field;

    return current == &received->clauses[CLAUSE_FROM] && i == current->begin &&
           i + 1 < field->count && field->tokens[i + 1].kind == TOKEN_COMMENT;
}

static void find_clauses(struct received *received)
{
    struct field *field = &received->field;
    struct clause_range *current = NULL;
    bool started = false;

    for (unsigned i = 0; i < field->count; i++) {
        const struct token *token = &field->tokens[i];
        enum clause clause = is_head(received, current, i) ? CLAUSE_NONE : clause_word(token);

        if (clause == CLAUSE_FROM && started && current != &received->clauses[CLAUSE_FROM])
            clause = is_sender(field, i) ? CLAUSE_SENDER : CLAUSE_FROM;
        if (token->kind != TOKEN_COMMENT)
            started = true;
        else if (!started && !received->lead.n)
            received->lead = token->text;
        if (clause != CLAUSE_NONE) {
            struct clause_range *range = &received->clauses[clause];

            if (current == range) /* Smail: "from name from [ip]" */
                continue;
            current = range->seen ? NULL : range;
            if (current)
                *current = (struct clause_range){i + 1, i + 1, true};
        } else if (token->kind == TOKEN_SEMICOLON) {
            current = NULL;
        } else if (current) {
            current->end = i + 1;
        }
    }
}

/* A "from" that is not the first word of the field says something else. */
static void drop_late_from(struct received *received)
{
    struct clause_range *from = &received->clauses[CLAUSE_FROM];

    for (unsigned i = 0; from->seen && i + 1 < from->begin; i++) {
        if (received->field.tokens[i].kind != TOKEN_COMMENT)
            from->seen = false;
    }
}

static void read_date(const struct received *received, const char *s, struct hq_date *date)
{
    hq_date_parse(s, (size_t)(received->field.end - s), date);
}

static void set_date(struct received *received, const char *s, const struct hq_date *date)
{
    received->hop->date = date->time;
    received->hop->zone = date->zone;
    received->date = (struct span){s, (size_t)(received->field.end - s)};
}

static bool is_date(struct received *received, const char *s)
{
    struct hq_hop *hop = received->hop;
    struct hq_date date;

    read_date(received, s, &date);
    if (!hop->date_defect || date.time != HQ_NONE)
        hop->date_defect = date.defect;
    if (date.time == HQ_NONE)
        return false;
    set_date(received, s, &date);
    return true;
}

/* Behind the last semicolon at depth 0 that a date follows. */
static bool find_marked_date(struct received *received)
{
    const struct field *field = &received->field;
    unsigned tries = 0;

    if (!field->last_semicolon)
        return false;
    if (is_date(received, field->last_semicolon + 1))
        return true;
    for (unsigned i = field->count; i-- > 0 && tries < DATE_TRIES;) {
        const struct token *token = &field->tokens[i];

        if (token->kind != TOKEN_SEMICOLON || token->text.s == field->last_semicolon)
            continue;
        tries++;
        if (is_date(received, token->text.s + 1))
            return true;
    }
    return false;
}

static bool begins_date(const struct field *field, unsigned i)
{
    struct span text = field->tokens[i].text;

    if (field->tokens[i].kind != TOKEN_ATOM || text.n == 0)
        return false;
    if (hq_date_weekday(text.s, MIN(text.n, 3)) >= 0)
        return text.n == 3 || text.s[3] == ',' || text.n > 5;
    if (!g_ascii_isdigit(text.s[0]))
        return false;
    if (text.n >= 8 && text.s[4] == '-' && g_ascii_isdigit(text.s[3]))
        return true;
    return text.n <= 2 && i + 1 < field->count &&
           hq_date_month(field->tokens[i + 1].text.s, field->tokens[i + 1].text.n) > 0;
}

/* No semicolon: the first words that read as a date. What is from there on is no clause. */
static void find_bare_date(struct received *received)
{
    struct field *field = &received->field;
    unsigned tries = 0;

    for (unsigned i = 0; i < field->count && tries < DATE_TRIES; i++) {
        if (!begins_date(field, i))
            continue;
        tries++;
        if (is_date(received, field->tokens[i].text.s)) {
            field->count = i;
            return;
        }
    }
}

/* A ")" that closes nothing: what stands before it may have been meant as a comment. Behind the BY
 * host nothing is read that we rely on, so there it is harmless. */
static void judge_stray(struct received *received)
{
    struct field *field = &received->field;
    const struct clause_range *by = &received->clauses[CLAUSE_BY];
    bool behind_by =
        by->seen && by->end > by->begin &&
        field->stray >= field->tokens[by->begin].text.s + field->tokens[by->begin].text.n;
    bool in_date = field->last_semicolon && field->stray > field->last_semicolon;

    if (field->stray && !behind_by && !in_date)
        field->problem = "unexpected-comment-close";
}

/* More than the zone's name in a comment: "+0800 (CST) (envelope-from a@b.example)" of Sendmail. */
static bool has_remark(const char *date, const char *end)
{
    const char *comment = memchr(date, '(', (size_t)(end - date));

    return comment && (size_t)(end - comment) > strlen("(CHADT)\n");
}

/* Splits the field. True: behind a semicolon there is a date without fault up to the end of the
 * field; none of its words is a clause, so they are not split. */
static bool split(struct received *received)
{
    struct field *field = &received->field;
    bool found = false;
    unsigned tries = 0;

    while (hq_received_lex(field)) {
        struct hq_date date;

        if (found || ++tries > DATE_TRIES)
            continue;
        read_date(received, field->rest, &date);
        found = date.time != HQ_NONE && !date.defect;
        if (!found)
            continue;
        set_date(received, field->rest, &date);
        if (!has_remark(field->rest, field->end))
            break;
    }
    return found;
}

void hq_received_split(struct received *received)
{
    bool dated = split(received);

    if (received->field.problem)
        return;
    if (!dated && !find_marked_date(received))
        find_bare_date(received);
    find_clauses(received);
    drop_late_from(received);
    judge_stray(received);
}
