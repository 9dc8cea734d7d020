/* SPDX-License-Identifier: ISC */
/* Lines of a control file: a letter, then its value. sendmail/queue.c, queueup() and readqf()
 * (8.17); op/op.me appendix B. Versions 0 to 8 differ in what may be there, not in its form, but
 * for version 0, whose R lines have no flags. */
#include "sendmail.h"
#include "spool/line_reader.h"
#include <string.h>

#define VERSION_MAX    8
#define FILE_MAX_BYTES ((int64_t)64 * 1024 * 1024)
#define NUMBER_MAX     (INT64_MAX / HQ_SECOND / 2)

typedef void (*take_fn)(struct hq_sm_envelope *envelope, const char *value, size_t n);

static void problem(struct hq_sm_envelope *envelope, const char *what)
{
    hq_message_add_problem(envelope->message, envelope->parse->arena, "%s in line %u", what,
                           envelope->line);
}

static int64_t number(const char *value)
{
    char *end;
    gint64 n = g_ascii_strtoll(value, &end, 10);

    return end != value && n >= 0 && n < NUMBER_MAX ? n : HQ_NONE;
}

static void take_version(struct hq_sm_envelope *envelope, const char *value, size_t n)
{
    (void)n;
    envelope->version = number(value);
    if (envelope->version > VERSION_MAX)
        problem(envelope, "version of the control file that is not known");
}

static void take_created(struct hq_sm_envelope *envelope, const char *value, size_t n)
{
    int64_t seconds = number(value);

    (void)n;
    if (seconds > 0)
        envelope->message->arrived = seconds * HQ_SECOND;
    else
        problem(envelope, "arrival time without a time");
}

/* 0: no attempt yet. */
static void take_last(struct hq_sm_envelope *envelope, const char *value, size_t n)
{
    int64_t seconds = number(value);

    (void)n;
    if (seconds > 0)
        envelope->last = seconds * HQ_SECOND;
}

static void take_attempts(struct hq_sm_envelope *envelope, const char *value, size_t n)
{
    (void)n;
    envelope->attempts = number(value);
}

static void take_flags(struct hq_sm_envelope *envelope, const char *value, size_t n)
{
    if (strncmp(value, "rom ", 4) == 0) /* readqf() takes it for an attack */
        problem(envelope, "a \"From \" line");
    else
        envelope->response = memchr(value, 'r', n);
    envelope->warned = memchr(value, 'w', n);
}

/* An M line before the sender is about all recipients; behind it, about the one that follows. */
static void take_text(struct hq_sm_envelope *envelope, const char *value, size_t n)
{
    const char *text = hq_arena_dup(envelope->parse->arena, value, n);

    if (envelope->message->sender)
        envelope->waiting_text = text;
    else
        envelope->text = text;
}

static void take_sender(struct hq_sm_envelope *envelope, const char *value, size_t n)
{
    envelope->message->sender = hq_sm_address(envelope->parse->arena, value, n);
}

/* "+3D" is "=": xtext, RFC 3461 section 4. */
static const char *xtext(struct hq_arena *arena, const char *value, size_t n)
{
    g_autoptr(GString) plain = g_string_sized_new(n);

    for (size_t i = 0; i < n; i++) {
        bool hex = value[i] == '+' && i + 2 < n && g_ascii_isxdigit(value[i + 1]) &&
                   g_ascii_isxdigit(value[i + 2]);
        if (hex) {
            int byte = g_ascii_xdigit_value(value[i + 1]) * 16 + g_ascii_xdigit_value(value[i + 2]);
            g_string_append_c(plain, (char)byte);
            i += 2;
        } else {
            g_string_append_c(plain, value[i]);
        }
    }
    return hq_arena_dup(arena, plain->str, plain->len);
}

/* AUTH= of RFC 4954, or the authenticated user. sendmail(1) puts the sender here, which says
 * nothing. */
static void take_auth(struct hq_sm_envelope *envelope, const char *value, size_t n)
{
    struct hq_client *client = &envelope->message->client;

    if (client->ip && n > 0 && strcmp(value, "<>") != 0)
        client->auth = xtext(envelope->parse->arena, value, n);
}

/* "user:uid:gid:address", ":address", or nothing: recipients that follow are the address's, which
 * is an alias or a user's .forward. */
static void take_controlling(struct hq_sm_envelope *envelope, const char *value, size_t n)
{
    const char *colon = value;

    if (n > 0 && *value != ':')
        for (unsigned i = 0; colon && i < 3; i++)
            colon = strchr(colon + (i > 0), ':');
    /* ":include:/file" is no address */
    envelope->alias = n > 0 && colon && colon[1] && colon[1] != ':'
                          ? hq_sm_address(envelope->parse->arena, colon + 1, strlen(colon + 1))
                          : NULL;
}

/* "rfc822;address" (RFC 3464 section 2.3), blanks behind the semicolon. */
static const char *typed_address(struct hq_sm_envelope *envelope, const char *value, size_t n)
{
    static const char type[] = "rfc822;";

    if (n <= strlen(type) || g_ascii_strncasecmp(value, type, strlen(type)) != 0)
        return NULL;
    return hq_sm_address(envelope->parse->arena, value + strlen(type), n - strlen(type));
}

static void take_orcpt(struct hq_sm_envelope *envelope, const char *value, size_t n)
{
    const char *plain = xtext(envelope->parse->arena, value, n);

    envelope->waiting_orcpt = typed_address(envelope, plain, strlen(plain));
}

static void take_final(struct hq_sm_envelope *envelope, const char *value, size_t n)
{
    envelope->waiting_final = typed_address(envelope, value, n);
}

static bool differs(const char *original, const char *address)
{
    return original && *original && g_ascii_strcasecmp(original, address) != 0;
}

/* The address as it came in: the alias that it was expanded from, else what it was when it came
 * here, else what it was to whoever sent it. */
static const char *original_of(const struct hq_sm_envelope *envelope, const char *address)
{
    const char *const all[] = {envelope->waiting_final, envelope->alias, envelope->waiting_orcpt};

    for (unsigned i = 0; i < G_N_ELEMENTS(all); i++)
        if (differs(all[i], address))
            return all[i];
    return NULL;
}

static void take_recipient(struct hq_sm_envelope *envelope, const char *value, size_t n)
{
    struct hq_parse *parse = envelope->parse;
    struct hq_recipient *recipient = hq_message_add_recipient(envelope->message, parse->arena);
    const struct hq_reason_hint hint = {.mta = parse->mta};
    const char *colon = envelope->version > 0 ? memchr(value, ':', n) : NULL;

    if (colon) { /* flags before it; D: QPINGONDELAY */
        if (!memchr(value, 'D', (size_t)(colon - value)))
            recipient->warned = HQ_WARNED_NEVER;
        n -= (size_t)(colon + 1 - value);
        value = colon + 1;
    }
    recipient->address = hq_sm_address(parse->arena, value, n);
    recipient->original = original_of(envelope, recipient->address);
    recipient->reason =
        hq_reason_parse(parse->reasons, envelope->waiting_text, &hint, parse->arena);
    envelope->waiting_text = envelope->waiting_orcpt = envelope->waiting_final = NULL;
}

static void take_quarantine(struct hq_sm_envelope *envelope, const char *value, size_t n)
{
    envelope->quarantine = hq_arena_dup(envelope->parse->arena, value, n);
}

static const char *value_of(struct hq_sm_envelope *envelope, const char *value)
{
    return *value ? hq_arena_strdup(envelope->parse->arena, value) : NULL;
}

/* Macros that are kept: _ (client), r (protocol), s (its HELO), those of class persistentMacros. */
static void take_macro(struct hq_sm_envelope *envelope, const char *value, size_t n)
{
    struct hq_client *client = &envelope->message->client;

    (void)n;
    if (*value == '_')
        hq_sm_client_take(envelope, value + 1);
    else if (*value == 'r')
        client->protocol = value_of(envelope, value + 1);
    else if (*value == 's' && client->ip)
        client->helo = value_of(envelope, value + 1);
}

static void take_end(struct hq_sm_envelope *envelope, const char *value, size_t n)
{
    (void)value;
    (void)n;
    envelope->ended = true;
}

static void take_nothing(struct hq_sm_envelope *envelope, const char *value, size_t n)
{
    (void)envelope;
    (void)value;
    (void)n;
}

static const take_fn takes[256] = {
    ['V'] = take_version,
    ['T'] = take_created,
    ['K'] = take_last,
    ['N'] = take_attempts,
    ['F'] = take_flags,
    ['M'] = take_text,
    ['S'] = take_sender,
    ['A'] = take_auth,
    ['C'] = take_controlling,
    ['Q'] = take_orcpt,
    ['r'] = take_final,
    ['R'] = take_recipient,
    ['q'] = take_quarantine,
    ['$'] = take_macro,
    ['H'] = hq_sm_header_take,
    ['.'] = take_end,
    /* P priority, I and D and d the data file, B body type, E errors' recipient, L length, X
     * character set, Y G delays, Z envelope id, ! deliver by */
    ['P'] = take_nothing,
    ['I'] = take_nothing,
    ['D'] = take_nothing,
    ['d'] = take_nothing,
    ['B'] = take_nothing,
    ['E'] = take_nothing,
    ['L'] = take_nothing,
    ['X'] = take_nothing,
    ['Y'] = take_nothing,
    ['G'] = take_nothing,
    ['Z'] = take_nothing,
    ['!'] = take_nothing,
};

/* LINE with its continuation lines. */
static void take_line(struct hq_sm_envelope *envelope, const char *line, size_t n)
{
    take_fn take = n > 0 ? takes[(unsigned char)*line] : NULL;

    if (envelope->ended) {
        if (envelope->odd++ == 0)
            problem(envelope, "something behind the end of the control file");
    } else if (take) {
        take(envelope, line + 1, n - 1);
    } else if (envelope->odd++ == 0) {
        problem(envelope, "nothing that a control file has");
    }
}

void hq_sm_envelope_read(struct hq_sm_envelope *envelope, const struct hq_item_file *file)
{
    struct hq_line_reader lines;
    g_autoptr(GString) whole = g_string_new(NULL);
    unsigned number_read = 0;
    size_t n;

    hq_line_reader_init(&lines, file->fd, MIN(file->size, FILE_MAX_BYTES), HQ_HEADER_MAX);
    for (const char *line; (line = hq_line_reader_next(&lines, &n)); number_read++) {
        bool goes_on = number_read > 0 && (*line == ' ' || *line == '\t');
        if (!goes_on && number_read > 0)
            take_line(envelope, whole->str, whole->len);
        if (!goes_on) {
            g_string_truncate(whole, 0);
            envelope->line = number_read + 1;
        }
        if (goes_on && whole->len < HQ_HEADER_MAX)
            g_string_append_c(whole, '\n');
        g_string_append_len(whole, line,
                            (gssize)MIN(n, HQ_HEADER_MAX - MIN(whole->len, HQ_HEADER_MAX)));
        envelope->header_cut |= lines.cut || whole->len >= HQ_HEADER_MAX;
    }
    if (number_read > 0)
        take_line(envelope, whole->str, whole->len);
    hq_line_reader_clear(&lines);
    if (file->size > FILE_MAX_BYTES)
        hq_message_add_problem(envelope->message, envelope->parse->arena,
                               "its control file is too long and was read in part");
}
