/* SPDX-License-Identifier: ISC */
/* One line of a mail log: stamp, host and program, then what its form makes of the rest. */
#include "forms.h"
#include <string.h>

/* What a status word stands for: Postfix, OpenSMTPD, and Exim's errno of a deferral (errors that
 * mean that nothing was tried: src/macros.h, ERRNO_RRETRY -52, ERRNO_LRETRY, ERRNO_HRETRY). */
static const struct {
    const char *word;
    enum hq_outcome result;
} words[] = {
    {"sent", HQ_OUTCOME_SENT},
    {"deferred", HQ_OUTCOME_DEFERRED},
    {"bounced", HQ_OUTCOME_BOUNCED},
    {"expired", HQ_OUTCOME_EXPIRED},
    {"Ok", HQ_OUTCOME_SENT},
    {"TempFail", HQ_OUTCOME_DEFERRED},
    {"PermFail", HQ_OUTCOME_BOUNCED},
    {"-52", HQ_OUTCOME_NOTE},
    {"-53", HQ_OUTCOME_NOTE},
    {"-54", HQ_OUTCOME_NOTE},
    {"undeliverable", HQ_OUTCOME_NOTE},
    {"deliverable", HQ_OUTCOME_NOTE},
};

/* ---- the line's head ---- */

static struct hq_log_span word(const char **s, const char *end)
{
    const char *begin = *s, *blank = memchr(begin, ' ', (size_t)(end - begin));
    const char *stop = blank ? blank : end;

    *s = blank ? blank + 1 : end;
    return (struct hq_log_span){begin, (size_t)(stop - begin)};
}

static bool starts(struct hq_log_span span, const char *prefix)
{
    size_t n = strlen(prefix);

    return span.n >= n && memcmp(span.s, prefix, n) == 0;
}

/* By the program's name: Postfix logs as "<syslog_name>/<daemon>". */
static enum hq_log_mta mta_of(struct hq_log_span program)
{
    if (memchr(program.s, '/', program.n))
        return HQ_LOG_POSTFIX;
    if (starts(program, "sm-") || starts(program, "sendmail"))
        return HQ_LOG_SENDMAIL;
    if (starts(program, "smtpd") || starts(program, "opensmtpd"))
        return HQ_LOG_OPENSMTPD;
    return starts(program, "exim") ? HQ_LOG_EXIM : HQ_LOG_NO_MTA;
}

/* The digits at S. */
static struct hq_log_span digits(const char *s, const char *end)
{
    const char *begin = s;

    while (s < end && g_ascii_isdigit(*s))
        s++;
    return (struct hq_log_span){begin, (size_t)(s - begin)};
}

/* "postfix/smtp[811]" */
static void split_pid(struct hq_log_line *line)
{
    const char *open = memchr(line->program.s, '[', line->program.n);

    if (!open)
        return;
    line->pid = digits(open + 1, line->program.s + line->program.n);
    line->program.n = (size_t)(open - line->program.s);
}

static bool is_base62(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!g_ascii_isalnum(s[i]))
            return false;
    return true;
}

/* "1tEabc-000abc-2D", since 4.97 "1tEabc-0000000abcd-2DEF". */
static bool is_exim_id(const char *s, size_t n)
{
    size_t middle = n >= 23 ? 11 : 6, last = n >= 23 ? 4 : 2;

    return n >= middle + last + 8 && is_base62(s, 6) && s[6] == '-' && is_base62(s + 7, middle) &&
           s[7 + middle] == '-' && is_base62(s + 8 + middle, last);
}

/* Exim's own log has no program; with the selector "pid" its number in brackets comes first. */
static bool read_exim_head(struct hq_log_line *line, const char **s, const char *end)
{
    const char *p = *s;

    if (p < end && *p == '[') {
        struct hq_log_span pid = word(&p, end);
        line->pid = digits(pid.s + 1, end);
    }
    const char *blank = memchr(p, ' ', (size_t)(end - p));
    if (!blank || !is_exim_id(p, (size_t)(blank - p)))
        return false;
    *s = p;
    return true;
}

static enum hq_log_mta read_head(struct hq_log_line *line, const char **s, const char *end)
{
    if (read_exim_head(line, s, end))
        return HQ_LOG_EXIM;
    struct hq_log_span host = word(s, end);
    if (starts(host, "<")) /* FreeBSD's "syslogd -v": "<mail.info>" */
        word(s, end);
    line->program = word(s, end);
    if (line->program.n == 0 || line->program.s[line->program.n - 1] != ':')
        return HQ_LOG_NO_MTA;
    line->program.n--;
    split_pid(line);
    enum hq_log_mta mta = mta_of(line->program);
    if (mta == HQ_LOG_EXIM) { /* syslog_timestamp repeats the stamp */
        size_t used;
        if (hq_log_stamp(*s, (size_t)(end - *s), 0, &used) != HQ_NONE)
            *s += used;
        return read_exim_head(line, s, end) ? HQ_LOG_EXIM : HQ_LOG_NO_MTA;
    }
    return mta;
}

/* ---- values ---- */

static struct hq_log_span unquoted(struct hq_log_span span, char open, char close)
{
    if (span.n >= 2 && span.s[0] == open && span.s[span.n - 1] == close)
        return (struct hq_log_span){span.s + 1, span.n - 2};
    return span;
}

static struct hq_log_span address(struct hq_log_span span)
{
    span = unquoted(span, '<', '>');
    if (span.s && span.n == 1 && *span.s == '-')
        return (struct hq_log_span){NULL, 0};
    return span;
}

static const char *number(const char *s, const char *end, int64_t *value)
{
    for (*value = 0; s < end && g_ascii_isdigit(*s) && *value < 100000000; s++)
        *value = *value * 10 + (*s - '0');
    return s;
}

/* "2.3" (Postfix), "1+02:28:00" and "00:28:00" (Sendmail), "1d2h3m4s" (OpenSMTPD). */
static int64_t read_delay(struct hq_log_span span)
{
    int64_t sum = 0, value;

    if (!span.s || span.n == 0 || !g_ascii_isdigit(*span.s))
        return HQ_NONE;
    const char *s = span.s, *end = s + span.n;
    while (s < end) {
        const char *next = number(s, end, &value);
        char unit = next < end ? *next : 's';
        if (next == s)
            return HQ_NONE;
        if (unit == ':')
            sum = (sum + value) * 60;
        else if (unit == '+' || unit == 'd')
            sum += value * (unit == '+' ? 24 : 86400);
        else if (unit == 'h' || unit == 'm')
            sum += value * (unit == 'h' ? 3600 : 60);
        else
            sum += value;
        if (unit == '.' || sum > INT64_C(100000000000))
            break;
        s = next + 1;
    }
    return sum * HQ_SECOND;
}

static enum hq_outcome status_of(struct hq_log_span status)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++)
        if (status.n == strlen(words[i].word) && memcmp(status.s, words[i].word, status.n) == 0)
            return words[i].result;
    /* any other errno of Exim's is one of a try */
    return status.n && (*status.s == '-' || g_ascii_isdigit(*status.s)) ? HQ_OUTCOME_DEFERRED
                                                                        : HQ_OUTCOME_NOTE;
}

/* Exim: relay and reply are in the rest: "R=… T=… H=mx [192.0.2.7]: text", "… C="250 ok"". */
static void split_exim(struct hq_log_line *line)
{
    const char *s = line->text.s, *end = s ? s + line->text.n : s;
    const char *host = s ? memmem(s, line->text.n, "H=", 2) : NULL;
    const char *reply = s ? memmem(s, line->text.n, " C=\"", 4) : NULL;
    const char *colon = s ? memmem(s, line->text.n, ": ", 2) : NULL;

    if (host && (host == s || host[-1] == ' ') && (!colon || host < colon)) {
        const char *close = memchr(host, ']', (size_t)(end - host));
        if (close)
            line->relay = (struct hq_log_span){host + 2, (size_t)(close + 1 - host - 2)};
    }
    if (line->result == HQ_OUTCOME_SENT && reply)
        line->text = unquoted((struct hq_log_span){reply + 3, (size_t)(end - reply - 3)}, '"', '"');
    else if (line->result != HQ_OUTCOME_SENT && colon)
        line->text = (struct hq_log_span){colon + 2, (size_t)(end - colon - 2)};
}

/* No connection was made: Postfix qmgr's words for a destination that it has given up. */
static bool is_suspended(struct hq_log_span text)
{
    return starts(text, "delivery temporarily suspended");
}

/* Forms without a text of their own are short: all behind the id is. */
static struct hq_log_span behind_id(const struct hq_log_cursor *cursor)
{
    const struct hq_log_span *id = &cursor->values[HQ_LOG_VALUE_ID];
    const char *s = id->s ? id->s + id->n : cursor->end;

    while (s < cursor->end && (*s == ':' || *s == ' '))
        s++;
    return (struct hq_log_span){s, (size_t)(cursor->end - s)};
}

static void fill(struct hq_log_line *line, const struct hq_log_form *form,
                 const struct hq_log_cursor *cursor)
{
    const struct hq_log_span *values = cursor->values;

    line->form = form->name;
    line->kind = form->kind;
    line->id = values[HQ_LOG_VALUE_ID];
    line->session = values[HQ_LOG_VALUE_SESSION];
    line->sender = address(values[HQ_LOG_VALUE_SENDER]);
    line->to = address(values[HQ_LOG_VALUE_TO]);
    line->original = address(values[HQ_LOG_VALUE_ORIGINAL]);
    line->relay = unquoted(values[HQ_LOG_VALUE_RELAY], '"', '"');
    line->text = values[HQ_LOG_VALUE_TEXT].s ? unquoted(values[HQ_LOG_VALUE_TEXT], '"', '"')
                                             : behind_id(cursor);
    line->delay = read_delay(values[HQ_LOG_VALUE_DELAY]);
    line->result = form->result == HQ_OUTCOME_STATUS
                       ? status_of(unquoted(values[HQ_LOG_VALUE_STATUS], '"', '"'))
                       : (enum hq_outcome)form->result;
    if (form->mta == HQ_LOG_EXIM && form->kind == HQ_LOG_DELIVERY)
        split_exim(line);
    if (form->mta == HQ_LOG_POSTFIX && line->result == HQ_OUTCOME_DEFERRED &&
        is_suspended(line->text))
        line->result = HQ_OUTCOME_SUSPENDED;
    if (line->kind == HQ_LOG_DELIVERY && line->result == HQ_OUTCOME_NOTE)
        line->kind = HQ_LOG_NOTE;
}

bool hq_log_line_parse(struct hq_log_line *line, const char *s, size_t n, int64_t now)
{
    const char *end = s + MIN(n, HQ_LOG_LINE_MAX);
    size_t used;

    *line = (struct hq_log_line){.kind = HQ_LOG_OTHER, .delay = HQ_NONE};
    line->time = hq_log_stamp(s, (size_t)(end - s), now, &used);
    if (line->time == HQ_NONE)
        return false;
    s += used;
    enum hq_log_mta mta = read_head(line, &s, end);
    struct hq_log_cursor cursor = {.s = s, .end = end};
    const struct hq_log_form *form = hq_log_form_find(mta, &cursor);
    if (form)
        fill(line, form, &cursor);
    return form != NULL;
}
