/* SPDX-License-Identifier: ISC */
/* An envelope of OpenSMTPD: see envelope.h. */
#include "envelope.h"
#include "hopq/time.h"
#include <stddef.h>
#include <string.h>

enum kind { STRING, NUMBER };

/* A file without one of those that are ALWAYS written was cut off, or is no envelope. */
static const struct field {
    const char *name;
    enum kind kind;
    size_t offset;
    bool always;
} fields[] = {
#define FIELD(name, kind, member, always)                              \
    {                                                                  \
        name, kind, offsetof(struct hq_smtpd_envelope, member), always \
    }
    FIELD("version", NUMBER, version, true),
    FIELD("dispatcher", STRING, dispatcher, false),
    FIELD("type", STRING, type, true),
    FIELD("helo", STRING, helo, false),
    FIELD("hostname", STRING, hostname, false),
    FIELD("username", STRING, username, false),
    FIELD("errorline", STRING, errorline, false),
    FIELD("sockaddr", STRING, sockaddr, false),
    FIELD("sender", STRING, sender, true),
    FIELD("rcpt", STRING, rcpt, true),
    FIELD("dest", STRING, dest, true),
    FIELD("ctime", NUMBER, ctime, true),
    FIELD("last-try", NUMBER, last_try, true),
    FIELD("last-bounce", NUMBER, last_bounce, false),
    FIELD("ttl", NUMBER, ttl, true),
    FIELD("expire", NUMBER, ttl, false),
    FIELD("retry", NUMBER, retry, true),
    FIELD("flags", STRING, flags, false),
    FIELD("dsn-orcpt", STRING, orcpt, false),
    FIELD("esc-class", NUMBER, esc_class, false),
    FIELD("esc-code", NUMBER, esc_code, false),
    FIELD("bounce-type", STRING, bounce_type, false),
#undef FIELD
};

#define NEWEST_VERSION 3 /* SMTPD_ENVELOPE_VERSION of 6.4 to 7.7 */

static const char **string_of(struct hq_smtpd_envelope *envelope, const struct field *field)
{
    return (const char **)((char *)envelope + field->offset);
}

static int64_t *number_of(struct hq_smtpd_envelope *envelope, const struct field *field)
{
    return (int64_t *)((char *)envelope + field->offset);
}

/* Only the first fault is told; the rest mostly follows from it. */
static void note(GString *damage, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void note(GString *damage, const char *format, ...)
{
    va_list arguments;

    if (damage->len)
        return;
    va_start(arguments, format);
    g_string_append_vprintf(damage, format, arguments);
    va_end(arguments);
}

static void take(struct hq_smtpd_envelope *envelope, const struct field *field, const char *value,
                 GString *damage)
{
    guint64 number;

    if (field->kind == STRING)
        *string_of(envelope, field) = value;
    else if (g_ascii_string_to_unsigned(value, 10, 0, INT64_MAX, &number, NULL))
        *number_of(envelope, field) = (int64_t)number;
    else
        note(damage, "%s is no number", field->name);
}

/* Where the value of a line begins, its name being cut off behind; NULL: it is no field. A name is
 * letters, digits and hyphens, with blanks around the colon (envelope_buffer_to_dict()). */
static char *split(char *line)
{
    char *end = line;

    while (g_ascii_isalnum(*end) || *end == '-')
        end++;
    char *colon = end;
    while (g_ascii_isspace(*colon))
        colon++;
    if (*colon != ':' || end == line)
        return NULL;
    *end = '\0';
    return colon + 1 + strspn(colon + 1, " \t\r\v\f");
}

/* Fields that are not known are passed over: later versions have more. */
static void take_line(struct hq_smtpd_envelope *envelope, char *line, unsigned number,
                      GString *damage)
{
    const char *value = split(line);

    if (!value) {
        note(damage, "line %u is no field", number);
        return;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++)
        if (g_ascii_strcasecmp(fields[i].name, line) == 0)
            take(envelope, &fields[i], value, damage);
}

static void check(struct hq_smtpd_envelope *envelope, GString *damage)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++) {
        const struct field *field = &fields[i];
        bool there = field->kind == STRING ? *string_of(envelope, field) != NULL
                                           : *number_of(envelope, field) != HQ_NONE;
        if (field->always && !there)
            note(damage, "without %s", field->name);
    }
    if (envelope->version > NEWEST_VERSION)
        note(damage, "of version %" G_GINT64_FORMAT ", which is newer than hopq",
             envelope->version);
    if (envelope->esc_class != HQ_NONE && envelope->esc_code == HQ_NONE)
        note(damage, "without esc-code"); /* always written behind esc-class */
}

bool hq_smtpd_envelope_read(struct hq_smtpd_envelope *envelope, char *text, size_t n,
                            GString *damage)
{
    char *end = text + n;
    unsigned number = 1;

    *envelope = (struct hq_smtpd_envelope){.version = HQ_NONE,
                                           .ctime = HQ_NONE,
                                           .last_try = HQ_NONE,
                                           .last_bounce = HQ_NONE,
                                           .ttl = HQ_NONE,
                                           .retry = HQ_NONE,
                                           .esc_class = HQ_NONE,
                                           .esc_code = HQ_NONE};
    g_string_truncate(damage, 0);
    for (char *line = text, *next = NULL; line < end; line = next, number++) {
        char *lf = memchr(line, '\n', (size_t)(end - line));
        next = lf ? lf + 1 : end;
        if (lf)
            *lf = '\0';
        else
            note(damage, "ends in the middle of line %u", number);
        if (strlen(line) < (size_t)((lf ? lf : end) - line))
            note(damage, "a NUL in line %u", number);
        take_line(envelope, line, number, damage);
    }
    check(envelope, damage);
    return damage->len == 0;
}

bool hq_smtpd_flag(const char *flags, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = flags; p && *p; p += strspn(p, " ,|")) {
        size_t length = strcspn(p, " ,|");
        if (length == n && g_ascii_strncasecmp(p, word, n) == 0)
            return true;
        p += length;
    }
    return false;
}
