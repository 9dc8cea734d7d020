/* SPDX-License-Identifier: ISC */
/* Header fields of a control file: "?conditions?Name: value". The conditions are mailer flags or a
 * macro without which the field is left out. What Sendmail would still expand or drop is done
 * here: sendmail/queue.c, queueup(), and sendmail/headers.c, chompheader() (8.17). */
#include "base/append.h"
#include "sendmail.h"
#include <string.h>

#define MACRO 0x81 /* MACROEXPAND: the next byte names a macro */
#define QUOTE 0xff /* METAQUOTE: the next byte is mail's */

static bool is_field(const char *field, size_t n, const char *name)
{
    size_t length = strlen(name);

    return n > length && field[length] == ':' && g_ascii_strncasecmp(field, name, length) == 0;
}

static const char *value_of(const char *field, size_t n)
{
    const char *value = memchr(field, ':', n);

    value++;
    while (value < field + n && g_ascii_isspace(*value))
        value++;
    return value;
}

/* Class of timeouts: headers.c, eatheader(): by precedence, then reports of delivery, then
 * priority. */
static void take_precedence(struct hq_sm_envelope *envelope, const char *value)
{
    static const struct {
        const char *name, *number;
    } usual[] = {{"first-class", "0"},
                 {"special-delivery", "100"},
                 {"list", "-30"},
                 {"bulk", "-60"},
                 {"junk", "-100"}};
    g_autofree char *lower = g_ascii_strdown(value, (gssize)strcspn(value, " \t\n("));
    g_autofree char *name = g_strconcat("Precedence.", lower, NULL);
    const char *known = NULL;

    for (unsigned i = 0; i < G_N_ELEMENTS(usual); i++)
        if (strcmp(lower, usual[i].name) == 0)
            known = usual[i].number;
    known = hq_context_setting(envelope->parse->context, name, known);
    gint64 number = known ? g_ascii_strtoll(known, NULL, 10) : 0;
    envelope->low = number < 0;
    if (!envelope->timeout_class && number != 0)
        envelope->timeout_class = number < 0 ? "non-urgent" : "urgent";
}

static bool holds_word(const char *value, size_t n, const char *word)
{
    g_autofree char *lower = g_ascii_strdown(value, (gssize)MIN(n, 4096));

    return strstr(lower, word) != NULL;
}

static void take_priority(struct hq_sm_envelope *envelope, const char *value)
{
    static const char *const classes[] = {"urgent", "normal", "non-urgent"};

    for (unsigned i = 0; i < G_N_ELEMENTS(classes); i++)
        if (g_ascii_strcasecmp(value, classes[i]) == 0)
            envelope->priority_class = classes[i];
}

static void take_class(struct hq_sm_envelope *envelope, const char *field, size_t n)
{
    const char *value = value_of(field, n);
    size_t length = (size_t)(field + n - value);

    if (is_field(field, n, "Precedence"))
        take_precedence(envelope, value);
    else if (is_field(field, n, "Priority"))
        take_priority(envelope, value);
    else if (is_field(field, n, "Content-Type") &&
             g_ascii_strncasecmp(value, "multipart/report", strlen("multipart/report")) == 0 &&
             holds_word(value, length, "delivery-status"))
        envelope->timeout_class = "dsn";
}

/* A name in braces is one byte from 0x80 in memory, and braces in a file. */
static size_t macro_length(const char *at, size_t n)
{
    const char *close = n > 1 && at[1] == '{' ? memchr(at, '}', n) : NULL;

    return close ? (size_t)(close - at) + 1 : MIN(n, 2);
}

/* Appends the N bytes at S with mail's own bytes unquoted and macros left out. */
static void append_plain(GString *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        unsigned char c = (unsigned char)s[i];
        if (c == MACRO) {
            i += macro_length(s + i, n - i);
            continue;
        }
        if (c == QUOTE && i + 1 < n && (s[i + 1] & 0x80))
            i++;
        hq_append_char(out, s[i++]);
    }
}

void hq_sm_header_take(struct hq_sm_envelope *envelope, const char *field, size_t n)
{
    if (n > 0 && *field == '?') {
        const char *end = memchr(field + 1, '?', n - 1);
        if (end) {
            n -= (size_t)(end + 1 - field);
            field = end + 1;
        }
    }
    /* "Return-Path: <$g>" is for the delivery into a mailbox, and nobody has been asked yet */
    if (is_field(field, n, "Return-Path") && memchr(field, MACRO, n))
        return;
    if (memchr(field, ':', n))
        take_class(envelope, field, n);
    if (envelope->content->len + n >= envelope->content_max) {
        envelope->header_cut = true;
        return;
    }
    if (memchr(field, MACRO, n) || memchr(field, QUOTE, n))
        append_plain(envelope->content, field, n);
    else
        hq_append(envelope->content, field, n);
    hq_append_char(envelope->content, '\n');
}
