/* SPDX-License-Identifier: ISC */
/* The forms of forms.def held against a line. Patterns are taken to pieces once; each is walked
 * once from left to right, nothing is tried twice: linear, whatever the line. */
#include "forms.h"
#include <string.h>

static const struct hq_log_form forms[] = {
#define HQ_LOGFORM(name, mta, kind, result, pattern, example) \
    {name, HQ_LOG_##mta, HQ_LOG_##kind, HQ_OUTCOME_##result, pattern},
#include "forms.def"
#undef HQ_LOGFORM
};

/* The letters of patterns, by their values. */
static const char letters[HQ_LOG_VALUES + 1] = "itofrsdkx_";

enum kind { PIECE_TEXT, PIECE_VALUE, PIECE_GROUP, PIECE_END /* of a group, of the pattern */ };

struct piece {
    enum kind kind;
    enum hq_log_value value;
    const char *text; /* itself; what ends the value */
    size_t n;
    bool last;     /* VALUE: its end is the end of the line */
    unsigned skip; /* GROUP: to its END */
};

static struct piece pieces[1024];
static unsigned piece_count;
static const struct piece *patterns[G_N_ELEMENTS(forms)]; /* their first pieces */

/* ---- patterns ---- */

/* Bytes of plain text at P. */
static size_t plain(const char *p)
{
    return strcspn(p, "%{}");
}

static struct piece *add_piece(enum kind kind, const char *text)
{
    struct piece *piece = &pieces[piece_count++];

    g_assert(piece_count <= G_N_ELEMENTS(pieces));
    *piece = (struct piece){.kind = kind, .text = text, .n = plain(text)};
    return piece;
}

/* "%x" at P ends at the text behind it, or in the group that begins there. */
static void add_value(const char *p)
{
    const char *behind = p + 2 + (p[2] == '{' || p[2] == '}');
    struct piece *piece = add_piece(PIECE_VALUE, behind);

    piece->value = (enum hq_log_value)(strchr(letters, p[1]) - letters);
    piece->last = behind[piece->n] == '\0';
}

static void add_pattern(const char *p)
{
    struct piece *group = NULL; /* not nested */

    while (*p) {
        if (*p == '%') {
            add_value(p);
            p += 2;
        } else if (*p == '{') {
            group = add_piece(PIECE_GROUP, p++);
        } else if (*p == '}') {
            g_assert(group);
            group->skip = (unsigned)(add_piece(PIECE_END, p++) - group);
        } else {
            p += add_piece(PIECE_TEXT, p)->n;
        }
    }
    add_piece(PIECE_END, p);
}

static void read_patterns(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(forms); i++) {
        patterns[i] = &pieces[piece_count];
        add_pattern(forms[i].pattern);
    }
}

/* ---- lines ---- */

static bool stands_at(const char *s, const char *end, const struct piece *text)
{
    size_t n = text->n;

    /* the last byte first: forms begin alike */
    return (size_t)(end - s) >= n &&
           (n == 0 || (s[n - 1] == text->text[n - 1] && memcmp(s, text->text, n) == 0));
}

/* The end of the value that begins at CURSOR: the first text behind it, or the last one when that
 * ends the pattern. "<a, b@c>, " ends behind its bracket. */
static const char *find_end(const struct hq_log_cursor *cursor, const struct piece *value)
{
    const char *s = cursor->s, *end = cursor->end;
    size_t left = (size_t)(end - s);

    if (value->n == 0)
        return end;
    if (value->last)
        return left >= value->n && stands_at(end - value->n, end, value) ? end - value->n : NULL;
    if (left && *s == '<') {
        const char *close = memchr(s, '>', left);
        while (close && !stands_at(close + 1, end, value))
            close = memchr(close + 1, '>', (size_t)(end - close - 1));
        if (close)
            return close + 1;
    }
    return memmem(s, left, value->text, value->n);
}

/* Ids are short words and nearly every form begins with one: no search. "NOQUEUE" is none. */
static const char *id_end(const struct hq_log_cursor *cursor)
{
    const char *s = cursor->s;

    while (s < cursor->end && (g_ascii_isalnum(*s) || *s == '-'))
        s++;
    size_t n = (size_t)(s - cursor->s);
    return n < 4 || n > 63 || (n == 7 && memcmp(cursor->s, "NOQUEUE", n) == 0) ? NULL : s;
}

static bool take_value(struct hq_log_cursor *cursor, const struct piece *value)
{
    const char *end = value->value == HQ_LOG_VALUE_ID ? id_end(cursor) : find_end(cursor, value);

    if (!end)
        return false;
    cursor->values[value->value] = (struct hq_log_span){cursor->s, (size_t)(end - cursor->s)};
    cursor->s = end;
    return true;
}

/* Matches the line against PIECE and those behind it, up to an end that is not a group's. */
static bool walk(struct hq_log_cursor *cursor, const struct piece *piece)
{
    for (; piece->kind != PIECE_END; piece++) {
        if (piece->kind == PIECE_GROUP) {
            struct hq_log_cursor before = *cursor;
            if (!walk(cursor, piece + 1))
                *cursor = before;
            piece += piece->skip;
        } else if (piece->kind == PIECE_VALUE) {
            if (!take_value(cursor, piece))
                return false;
        } else {
            if (!stands_at(cursor->s, cursor->end, piece))
                return false;
            cursor->s += piece->n;
        }
    }
    return true;
}

/* A quick test: the line has the plain text that the form has behind its id, or begins with. Nearly
 * all lines and forms differ there. ID_STOP is where the line's first word ends, if it may be an
 * id. */
static bool begins_as(const struct hq_log_cursor *line, const char *id_stop,
                      const struct piece *pattern)
{
    const char *s = line->s;

    if (pattern->kind == PIECE_VALUE && pattern->value == HQ_LOG_VALUE_ID) {
        s = id_stop;
        pattern++;
    }
    return s && (pattern->kind != PIECE_TEXT || stands_at(s, line->end, pattern));
}

/* The form of MTA that the line fits; NULL: none. */
const struct hq_log_form *hq_log_form_find(enum hq_log_mta mta, struct hq_log_cursor *cursor)
{
    const struct hq_log_cursor begin = *cursor;
    const char *id_stop = id_end(&begin);

    if (!piece_count)
        read_patterns();
    for (unsigned i = 0; i < G_N_ELEMENTS(forms); i++) {
        if (forms[i].mta != mta || !begins_as(&begin, id_stop, patterns[i]))
            continue;
        *cursor = begin;
        if (walk(cursor, patterns[i]) && cursor->s == cursor->end)
            return &forms[i];
    }
    return NULL;
}
