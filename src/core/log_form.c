/* SPDX-License-Identifier: ISC */
/* The forms of logforms.def held against a line. Each is walked once from left to right, nothing is
 * tried twice: linear, whatever the line. */
#include "log_form.h"
#include <string.h>

static const struct hq_log_form forms[] = {
#define HQ_LOGFORM(name, mta, kind, result, pattern, example) \
    {name, HQ_LOG_##mta, HQ_LOG_##kind, HQ_OUTCOME_##result, pattern},
#include "logforms.def"
#undef HQ_LOGFORM
};

/* The letters of patterns, by their values. */
static const char letters[HQ_LOG_VALUES + 1] = "itofrsdkx_";

/* Bytes of plain text at P. */
static size_t plain(const char *p)
{
    return strcspn(p, "%{}");
}

/* The text that ends the value before P: what stands there, or in the group that begins there. */
static const char *ending(const char *p, size_t *n)
{
    p += *p == '{' || *p == '}';
    *n = plain(p);
    return p;
}

/* Where the value that begins at CURSOR ends: before the first TEXT, or of the last one of a
 * pattern at the end of the line. "<a, b@c>, " ends behind its bracket. */
static const char *find_end(const struct hq_log_cursor *cursor, const char *text, size_t n,
                            bool last)
{
    const char *s = cursor->s;
    size_t left = (size_t)(cursor->end - s);

    if (n == 0)
        return cursor->end;
    if (last)
        return left >= n && memcmp(cursor->end - n, text, n) == 0 ? cursor->end - n : NULL;
    if (left && *s == '<') {
        const char *close = memchr(s, '>', left);
        while (close && ((size_t)(cursor->end - close) <= n || memcmp(close + 1, text, n) != 0))
            close = memchr(close + 1, '>', (size_t)(cursor->end - close - 1));
        if (close)
            return close + 1;
    }
    return memmem(s, left, text, n);
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

/* One value: "%x" at P. */
static bool take_value(struct hq_log_cursor *cursor, const char *p)
{
    enum hq_log_value value = (enum hq_log_value)(strchr(letters, p[1]) - letters);
    size_t n;
    const char *text = ending(p + 2, &n);
    const char *end =
        value == HQ_LOG_VALUE_ID ? id_end(cursor) : find_end(cursor, text, n, text[n] == '\0');

    if (!end)
        return false;
    cursor->values[value] = (struct hq_log_span){cursor->s, (size_t)(end - cursor->s)};
    cursor->s = end;
    return true;
}

/* Holds the pattern from P to STOP ("}" or its end) against the line; NULL: it does not fit. */
static const char *walk(struct hq_log_cursor *cursor, const char *p, char stop)
{
    while (*p != stop) {
        size_t n = plain(p);
        if (*p == '{') { /* not nested */
            struct hq_log_cursor before = *cursor;
            if (!walk(cursor, p + 1, '}'))
                *cursor = before;
            p = strchr(p, '}') + 1;
        } else if (*p == '%') {
            if (!take_value(cursor, p))
                return NULL;
            p += 2;
        } else {
            if ((size_t)(cursor->end - cursor->s) < n || memcmp(cursor->s, p, n) != 0)
                return NULL;
            cursor->s += n;
            p += n;
        }
    }
    return p;
}

/* The plain text that a form has behind its id, or begins with: nearly all lines differ there from
 * nearly all forms. */
struct lead {
    bool id;
    const char *text;
    size_t n;
};

static struct lead lead_of(const struct hq_log_form *form)
{
    bool id = strncmp(form->pattern, "%i", 2) == 0;
    const char *text = form->pattern + (id ? 2 : 0);

    return (struct lead){id, text, plain(text)};
}

/* Holds the line from S on against the forms of MTA; NULL: it is none of them. */
const struct hq_log_form *hq_log_form_find(enum hq_log_mta mta, struct hq_log_cursor *cursor)
{
    static struct lead leads[G_N_ELEMENTS(forms)];
    const struct hq_log_cursor begin = *cursor;
    const char *behind = id_end(&begin);

    for (unsigned i = 0; i < G_N_ELEMENTS(forms); i++) {
        if (forms[i].mta != mta)
            continue;
        if (!leads[i].text)
            leads[i] = lead_of(&forms[i]);
        const char *at = leads[i].id ? behind : begin.s;
        size_t n = leads[i].n;
        if (!at || (size_t)(begin.end - at) < n ||
            (n && (at[n - 1] != leads[i].text[n - 1] || memcmp(at, leads[i].text, n) != 0)))
            continue;
        *cursor = begin;
        if (walk(cursor, forms[i].pattern, '\0') && cursor->s == cursor->end)
            return &forms[i];
    }
    return NULL;
}
