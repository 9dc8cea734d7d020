/* SPDX-License-Identifier: ISC */
/* The message log of Exim, msglog/ID: every attempt is appended to it. src/deliver.c of 4.96,
 * post_process_one() and defer_log():
 *   TIME ADDRESS [<PARENT>] R=router T=transport defer (ERROR)[: WORDS] [H=host [ip]] DT=0s: TEXT
 *   TIME ADDRESS [<PARENT>] R=router T=transport [H=host [ip]]: TEXT             (it failed)
 *   TIME ADDRESS [<PARENT>]: transport transport succeeded */
#include "base/append.h"
#include "base/scratch.h"
#include "exim.h"
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
    GArray *fates;     /* struct hq_ex_fate, one a recipient */
};

struct span {
    const char *p;
    size_t n;
};

/* ---- addresses ---- */

static const char *unescaped(struct log *log, struct span text)
{
    GString *plain = hq_scratch_take();
    const char *kept;

    hq_ex_unescape(plain, text.p, text.n);
    kept = hq_arena_dup(log->envelope->parse->arena, plain->str, plain->len);
    hq_scratch_give(plain);
    return kept;
}

static void index_address(struct log *log, const char *address, uint32_t i)
{
    char *folded = hq_ex_fold(address, strlen(address));

    if (g_hash_table_contains(log->envelope->by_address, folded))
        g_free(folded);
    else
        g_hash_table_insert(log->envelope->by_address, folded, GUINT_TO_POINTER(i + 1));
}

static void index_recipients(struct log *log)
{
    const struct hq_message *message = log->envelope->message;

    log->envelope->by_address = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (uint32_t i = 0; i < message->recipient_count; i++)
        index_address(log, message->recipients[i].address, i);
}

static struct hq_ex_fate *fate_at(struct log *log, uint32_t i)
{
    while (log->fates->len <= i) {
        struct hq_ex_fate fate = {.last = HQ_NONE};
        g_array_append_val(log->fates, fate);
    }
    return &g_array_index(log->fates, struct hq_ex_fate, i);
}

static struct hq_ex_fate *find(struct log *log, struct span address, uint32_t *index)
{
    g_autofree char *folded = hq_ex_fold(address.p, address.n);
    guint i = GPOINTER_TO_UINT(g_hash_table_lookup(log->envelope->by_address, folded));

    *index = i - 1;
    return i ? fate_at(log, i - 1) : NULL;
}

/* A router made CHILD of the recipient at INDEX. The first one takes its place: what waits is the
 * child, and where it came in stays as its original. */
static struct hq_ex_fate *add_child(struct log *log, uint32_t index, struct span child)
{
    struct hq_ex_envelope *envelope = log->envelope;
    struct hq_message *message = envelope->message;
    const char *address = unescaped(log, child);
    const char *parent = message->recipients[index].address;
    struct hq_ex_fate *fate = fate_at(log, index);

    if (fate->is_child) {
        parent = message->recipients[index].original;
        index = message->recipient_count;
        hq_message_add_recipient(message, envelope->parse->arena);
        fate = fate_at(log, index);
    }
    message->recipients[index].address = address;
    message->recipients[index].original = parent;
    fate->is_child = true;
    index_address(log, address, index);
    return fate;
}

/* "child@b.example <parent@a.example>", "child (between) <parent>", or an address alone; also "|
 * command <parent>". NULL: not a recipient of this message. */
static struct hq_ex_fate *find_recipient(struct log *log, struct span who, bool waits)
{
    const char *open = who.n && who.p[who.n - 1] == '>' ? memrchr(who.p, '<', who.n) : NULL;
    struct hq_ex_fate *fate;
    uint32_t index;

    if (!open || open < who.p + 2 || open[-1] != ' ')
        return find(log, who, &index);
    struct span parent = {open + 1, (size_t)(who.p + who.n - open) - 2};
    struct span child = {who.p, (size_t)(open - who.p) - 1};
    const char *between = g_strstr_len(child.p, (gssize)child.n, " (");
    if (between && who.p[open - who.p - 2] == ')')
        child.n = (size_t)(between - child.p);
    fate = find(log, child, &index);
    if (fate)
        return fate;
    fate = find(log, parent, &index);
    return fate && waits ? add_child(log, index, child) : NULL;
}

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
static void split_why(const char *s, struct span *words, struct span *host, const char **text)
{
    static const char *const marks[] = {" H=", " X=", " QT=", " DT="};
    const char *end = s + strlen(s);

    *words = *host = (struct span){s, 0};
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
    struct span words, host;
    const char *text;

    split_why(why, &words, &host, &text);
    hq_append(whole, words.p, words.n);
    if (words.n && *text)
        hq_append(whole, ": ", 2);
    hq_append(whole, text, without_time(text));
    const char *known = log->hosts ? g_hash_table_lookup(log->hosts, whole->str) : NULL;
    if (host.n == 0 && known)
        host = (struct span){known, strlen(known)};
    fate->relay = host.n ? hq_arena_dup(log->envelope->parse->arena, host.p, host.n) : NULL;
    fate->text = unescaped(log, (struct span){whole->str, whole->len});
    hq_scratch_give(whole);
}

/* No attempt was made, because the time for one had not come (ERRNO_RRETRY, _HRETRY, _URETRY of
 * src/macros.h): what happened before is the reason, as far as the log goes back. */
static bool is_too_early(int64_t code)
{
    return code <= -52 && code >= -54;
}

static void take_defer(struct log *log, struct span who, const char *error, int64_t time)
{
    char *close;
    int64_t code = g_ascii_strtoll(error, &close, 10);

    if (*close != ')')
        return;
    if (strstr(close + 1, "SMTP delivery explicitly queued")) /* left to a queue runner */
        return;
    struct hq_ex_fate *fate = find_recipient(log, who, true);
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

static void take_failure(struct log *log, struct span who, const char *why, int64_t time)
{
    struct hq_ex_fate *fate = find_recipient(log, who, false);

    if (!fate)
        return;
    fate->last = time;
    fate->attempts++;
    fate->failed = true;
    take_why(log, fate, why);
}

static void take_success(struct log *log, struct span who, int64_t time)
{
    struct hq_ex_fate *fate = find_recipient(log, who, false);

    if (!fate)
        return;
    fate->last = time;
    fate->attempts++;
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
    static const char success[] = " transport succeeded";
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
    struct span who = {rest, (size_t)(end - rest)};
    if (defer)
        take_defer(log, who, defer + strlen(" defer ("), time);
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
    log.fates = g_array_new(FALSE, FALSE, sizeof(struct hq_ex_fate));
    index_recipients(&log);
    hq_line_reader_init(&lines, file->fd, MIN(file->size, LOG_MAX_BYTES), LINE_MAX_BYTES);
    while ((line = hq_line_reader_next(&lines, &n)))
        take_line(&log, line);
    hq_line_reader_clear(&lines);
    if (file->size > LOG_MAX_BYTES)
        hq_message_add_problem(envelope->message, envelope->parse->arena,
                               "its log is too long and was read in part");
    if (envelope->message->recipient_count)
        fate_at(&log, envelope->message->recipient_count - 1);
    envelope->fate = (struct hq_ex_fate *)(void *)g_array_free(log.fates, FALSE);
    if (log.hosts)
        g_hash_table_destroy(log.hosts);
}
