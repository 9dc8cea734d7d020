/* SPDX-License-Identifier: ISC */
/* One line of a mail log: stamp, host and program, then held against the forms of logforms.def.
 * Each form is walked once from left to right, nothing is tried twice: linear, whatever the
 * line. */
#include "hopq/log.h"
#include <string.h>

enum mta { POSTFIX, EXIM, SENDMAIL, OPENSMTPD, NO_MTA };

#define HQ_OUTCOME_STATUS HQ_OUTCOME_COUNT /* in the table: by the status word */

static const struct form {
    const char *name;
    enum mta mta;
    enum hq_log_kind kind;
    int result;
    const char *pattern;
} forms[] = {
#define HQ_LOGFORM(name, mta, kind, result, pattern, example) \
    {name, mta, HQ_LOG_##kind, HQ_OUTCOME_##result, pattern},
#include "logforms.def"
#undef HQ_LOGFORM
};

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

/* The letters of patterns, each with its value. */
enum value { ID, TO, ORIGINAL, SENDER, RELAY, STATUS, DELAY, SESSION, TEXT, SKIPPED, VALUES };
static const char letters[VALUES + 1] = "itofrsdkx_";

struct cursor {
    const char *s, *end;
    struct hq_log_span values[VALUES];
};

/* ---- patterns ---- */

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
static const char *find_end(const struct cursor *cursor, const char *text, size_t n, bool last)
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
static const char *id_end(const struct cursor *cursor)
{
    const char *s = cursor->s;

    while (s < cursor->end && (g_ascii_isalnum(*s) || *s == '-'))
        s++;
    size_t n = (size_t)(s - cursor->s);
    return n < 4 || n > 63 || (n == 7 && memcmp(cursor->s, "NOQUEUE", n) == 0) ? NULL : s;
}

/* One value: "%x" at P. */
static bool take_value(struct cursor *cursor, const char *p)
{
    enum value value = (enum value)(strchr(letters, p[1]) - letters);
    size_t n;
    const char *text = ending(p + 2, &n);
    const char *end = value == ID ? id_end(cursor) : find_end(cursor, text, n, text[n] == '\0');

    if (!end)
        return false;
    cursor->values[value] = (struct hq_log_span){cursor->s, (size_t)(end - cursor->s)};
    cursor->s = end;
    return true;
}

/* Holds the pattern from P to STOP ("}" or its end) against the line; NULL: it does not fit. */
static const char *walk(struct cursor *cursor, const char *p, char stop)
{
    while (*p != stop) {
        size_t n = plain(p);
        if (*p == '{') { /* not nested */
            struct cursor before = *cursor;
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
static enum mta mta_of(struct hq_log_span program)
{
    if (memchr(program.s, '/', program.n))
        return POSTFIX;
    if (starts(program, "sm-") || starts(program, "sendmail"))
        return SENDMAIL;
    if (starts(program, "smtpd") || starts(program, "opensmtpd"))
        return OPENSMTPD;
    return starts(program, "exim") ? EXIM : NO_MTA;
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

static enum mta read_head(struct hq_log_line *line, const char **s, const char *end)
{
    if (read_exim_head(line, s, end))
        return EXIM;
    word(s, end); /* the host */
    line->program = word(s, end);
    if (line->program.n == 0 || line->program.s[line->program.n - 1] != ':')
        return NO_MTA;
    line->program.n--;
    split_pid(line);
    enum mta mta = mta_of(line->program);
    if (mta == EXIM) { /* syslog_timestamp repeats the stamp */
        size_t used;
        if (hq_log_stamp(*s, (size_t)(end - *s), 0, &used) != HQ_NONE)
            *s += used;
        return read_exim_head(line, s, end) ? EXIM : NO_MTA;
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
    const char *s = span.s, *end = span.s + span.n;
    int64_t sum = 0, value;

    if (!s || span.n == 0 || !g_ascii_isdigit(*s))
        return HQ_NONE;
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
static struct hq_log_span behind_id(const struct cursor *cursor)
{
    const struct hq_log_span *id = &cursor->values[ID];
    const char *s = id->s ? id->s + id->n : cursor->end;

    while (s < cursor->end && (*s == ':' || *s == ' '))
        s++;
    return (struct hq_log_span){s, (size_t)(cursor->end - s)};
}

static void fill(struct hq_log_line *line, const struct form *form, const struct cursor *cursor)
{
    const struct hq_log_span *values = cursor->values;

    line->form = form->name;
    line->kind = form->kind;
    line->id = values[ID];
    line->session = values[SESSION];
    line->sender = address(values[SENDER]);
    line->to = address(values[TO]);
    line->original = address(values[ORIGINAL]);
    line->relay = unquoted(values[RELAY], '"', '"');
    line->text = values[TEXT].s ? unquoted(values[TEXT], '"', '"') : behind_id(cursor);
    line->delay = read_delay(values[DELAY]);
    line->result = form->result == HQ_OUTCOME_STATUS ? status_of(unquoted(values[STATUS], '"', '"'))
                                                     : (enum hq_outcome)form->result;
    if (form->mta == EXIM && form->kind == HQ_LOG_DELIVERY)
        split_exim(line);
    if (form->mta == POSTFIX && line->result == HQ_OUTCOME_DEFERRED && is_suspended(line->text))
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
    enum mta mta = read_head(line, &s, end);
    for (unsigned i = 0; mta != NO_MTA && i < G_N_ELEMENTS(forms); i++) {
        struct cursor cursor = {.s = s, .end = end};
        if (forms[i].mta != mta || !walk(&cursor, forms[i].pattern, '\0') || cursor.s != cursor.end)
            continue;
        fill(line, &forms[i], &cursor);
        return true;
    }
    return false;
}
