/* SPDX-License-Identifier: ISC */
/* The message log of Exim, msglog/ID: every attempt is appended to it. src/deliver.c of 4.96,
 * post_process_one() and defer_log():
 *   TIME ADDRESS [<PARENT>] R=router T=transport defer (ERROR)[: WORDS] [H=host [ip]] DT=0s: TEXT
 *   TIME ADDRESS [<PARENT>] R=router T=transport [H=host [ip]]: TEXT             (it failed)
 *   TIME ADDRESS [<PARENT>]: transport transport succeeded */
#include "base/append.h"
#include "base/scratch.h"
#include "fates.h"
#include "spool/line_reader.h"
#include <string.h>

#define LINE_MAX_BYTES ((size_t)64 * 1024)
#define LOG_MAX_BYTES  ((int64_t)64 * 1024 * 1024)
#define HOSTS_MAX      1000
#define QUARTER        (15 * HQ_MINUTE)

struct log {
    struct hq_ex_envelope *envelope;
    int64_t shift; /* of its clock against ours */
    bool begun;
    GHashTable *hosts; /* what a host line said to "name [ip]"; NULL: none was seen */
    struct hq_ex_fates fates;
};

/* ---- lines ---- */

/* Its first line was written when the message had come, which -H tells in UTC: so the zone of a log
 * that comes from another machine is known. Zones are quarters of an hour apart. */
static void set_shift(struct log *log, int64_t time, bool zoned)
{
    int64_t complete = log->envelope->complete;

    if (complete == HQ_NONE)
        complete = log->envelope->message->arrived;
    log->begun = true;
    if (zoned || complete == HQ_NONE)
        return;
    int64_t apart = complete - time;
    int64_t rounded = (apart + (apart < 0 ? -QUARTER / 2 : QUARTER / 2)) / QUARTER * QUARTER;
    if (ABS(rounded) <= HQ_DAY)
        log->shift = rounded;
}

/* "H=name [ip]" or "H=name [ip]:port" at the start of S; the length of "name [ip]", 0: it is none.
 */
static size_t host_length(const char *s)
{
    const char *close;

    if (strncmp(s, "H=", 2) != 0)
        return 0;
    close = strchr(s, ']');
    return close ? (size_t)(close + 1 - (s + 2)) : 0;
}

/* "H=mx.example [192.0.2.1] Connection refused": the lines of recipients name no host for errors of
 * that kind. */
static void take_host(struct log *log, const char *rest)
{
    size_t n = host_length(rest);
    const char *said = rest + 2 + n;

    if (n == 0)
        return;
    said += strspn(said, ": 0123456789");
    if (!log->hosts)
        log->hosts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (g_hash_table_size(log->hosts) < HOSTS_MAX)
        g_hash_table_replace(log->hosts, g_strdup(said), g_strndup(rest + 2, n));
}

/* The parts of "(111): Connection refused H=mx [ip] X=TLS… DT=0s: text" behind the brackets: the
 * words for the error, the host, the text. */
static void split_why(const char *s, struct hq_ex_span *words, struct hq_ex_span *host,
                      const char **text)
{
    static const char *const marks[] = {" H=", " X=", " QT=", " DT="};
    const char *end = s + strlen(s);

    *words = *host = (struct hq_ex_span){s, 0};
    *text = "";
    if (strncmp(s, ": ", 2) == 0) {
        words->p = s += 2;
        for (unsigned i = 0; i < G_N_ELEMENTS(marks); i++) {
            const char *mark = strstr(s, marks[i]);
            if (mark && mark < end)
                end = mark;
        }
        words->n = (size_t)(end - s);
        s = end;
    }
    if (strncmp(s, " H=", 3) == 0 && (host->n = host_length(s + 1)) > 0) {
        host->p = s + 3;
        s = host->p + host->n;
    }
    const char *colon = strstr(s, ": ");
    if (colon)
        *text = colon + 2;
}

/* Failures have the time that they took behind the text. */
static size_t without_time(const char *text)
{
    size_t n = strlen(text);
    const char *last = n ? memrchr(text, ' ', n) : NULL;

    return last && strncmp(last, " DT=", 4) == 0 ? (size_t)(last - text) : n;
}

static void take_why(struct log *log, struct hq_ex_fate *fate, const char *why)
{
    GString *whole = hq_scratch_take();
    struct hq_ex_span words, host;
    const char *text;

    split_why(why, &words, &host, &text);
    hq_append(whole, words.p, words.n);
    if (words.n && *text)
        hq_append(whole, ": ", 2);
    hq_append(whole, text, without_time(text));
    const char *known = log->hosts ? g_hash_table_lookup(log->hosts, whole->str) : NULL;
    if (host.n == 0 && known)
        host = (struct hq_ex_span){known, strlen(known)};
    fate->relay = host.n ? hq_arena_dup(log->envelope->parse->arena, host.p, host.n) : NULL;
    fate->text = hq_ex_unescaped(log->envelope->parse->arena, whole->str, whole->len);
    hq_scratch_give(whole);
}

/* No attempt was made, because the time for one had not come (ERRNO_RRETRY, _HRETRY, _URETRY of
 * src/macros.h): what happened before is the reason, as far as the log goes back. */
static bool is_too_early(int64_t code)
{
    return code <= -52 && code >= -54;
}

static void take_defer(struct log *log, struct hq_ex_span who, bool has_transport,
                       const char *error, int64_t time)
{
    char *close;
    int64_t code = g_ascii_strtoll(error, &close, 10);

    if (*close != ')')
        return;
    if (strstr(close + 1, "SMTP delivery explicitly queued")) /* left to a queue runner */
        return;
    struct hq_ex_fate *fate =
        hq_ex_fates_find(&log->fates, who, has_transport ? HQ_EX_WAITS : HQ_EX_ROUTED);
    if (!fate || (is_too_early(code) && fate->attempts))
        return;
    if (!is_too_early(code)) {
        fate->last = time;
        fate->attempts++;
    }
    fate->code = code;
    fate->failed = fate->delivered = false;
    take_why(log, fate, close + 1);
}

/* Lines of one second are of one attempt: of several children of the recipient. */
static void take_attempt(struct hq_ex_fate *fate, int64_t time)
{
    if (fate->last != time)
        fate->attempts++;
    fate->last = time;
}

static void take_failure(struct log *log, struct hq_ex_span who, const char *why, int64_t time)
{
    struct hq_ex_fate *fate = hq_ex_fates_find(&log->fates, who, HQ_EX_SETTLED);

    if (!fate)
        return;
    take_attempt(fate, time);
    fate->failed = true;
    take_why(log, fate, why);
}

static void take_success(struct log *log, struct hq_ex_span who, int64_t time)
{
    struct hq_ex_fate *fate = hq_ex_fates_find(&log->fates, who, HQ_EX_SETTLED);

    if (!fate)
        return;
    take_attempt(fate, time);
    fate->delivered = true;
}

/* Where the address ends: router and transport follow, or a colon. */
static const char *address_end(const char *s)
{
    static const char *const marks[] = {" R=", " T=", " defer ("};

    for (unsigned i = 0; i < G_N_ELEMENTS(marks); i++) {
        const char *mark = strstr(s, marks[i]);
        if (mark)
            return mark;
    }
    return strstr(s, ": ");
}

static void take_line(struct log *log, const char *line)
{
    static const char success[] = " transport succeeded", all[] = ": children all complete";
    int64_t time;
    bool zoned;
    const char *rest = hq_ex_time_read(line, &time, &zoned);

    if (!rest)
        return;
    if (!log->begun)
        set_shift(log, time, zoned);
    time += zoned ? 0 : log->shift;
    if (strncmp(rest, "H=", 2) == 0) {
        take_host(log, rest);
        return;
    }
    const char *end = address_end(rest);
    const char *defer = end ? strstr(end, " defer (") : NULL;
    if (!end || end == rest)
        return;
    struct hq_ex_span who = {rest, (size_t)(end - rest)};
    const char *transport = strstr(end, " T=");
    if (defer)
        take_defer(log, who, transport && transport < defer, defer + strlen(" defer ("), time);
    else if (g_str_has_suffix(rest, all)) /* the lines before say how they ended */
        return;
    else if (g_str_has_suffix(rest, success))
        take_success(log, who, time);
    else
        take_failure(log, who, strstr(end, " H=") ? strstr(end, " H=") : end, time);
}

void hq_ex_log_read(struct hq_ex_envelope *envelope)
{
    const struct hq_item_file *file = &envelope->item->files[HQ_EX_LOG];
    struct log log = {.envelope = envelope};
    struct hq_line_reader lines;
    size_t n;
    const char *line;

    if (file->fd < 0)
        return;
    hq_ex_fates_init(&log.fates, envelope);
    hq_line_reader_init(&lines, file->fd, MIN(file->size, LOG_MAX_BYTES), LINE_MAX_BYTES);
    while ((line = hq_line_reader_next(&lines, &n)))
        take_line(&log, line);
    hq_line_reader_clear(&lines);
    if (file->size > LOG_MAX_BYTES)
        hq_message_add_problem(envelope->message, envelope->parse->arena,
                               "its log is too long and was read in part");
    envelope->fate = hq_ex_fates_end(&log.fates);
    if (log.hosts)
        g_hash_table_destroy(log.hosts);
}
