/* SPDX-License-Identifier: ISC */
/* The mail log as a whole: the attempts of every message that has not left the queue, and what
 * comes and goes for each destination. Memory is bounded by what is kept of a message, of all
 * messages and by the number of destinations. */
#include "log_parts.h"
#include <string.h>

#define ATTEMPTS_MAX   2000        /* of a message; later ones replace the first half */
#define ENTRY_MAX      (1u << 20)  /* bytes of a message */
#define HISTORY_MAX    (96u << 20) /* bytes of all */
#define RECIPIENTS_MAX 5000        /* of a message, whose arrival is known */

/* A message by its id. The attempts are packed, because most messages are soon gone again. */
struct entry {
    char *id;
    int64_t arrived;
    GByteArray *packed; /* struct packed, then the bytes of its strings, again and again */
    unsigned attempts;
    GArray *recipients; /* struct seen */
    unsigned open;      /* recipients that are not done */
    bool told;          /* nothing new since hq_log_each_history() */
};

struct seen {
    uint64_t hash;
    bool done;
};

enum { RECIPIENT, RELAY, TEXT, CAUSE, STRINGS };

struct packed {
    int64_t time;
    uint8_t result;
    uint16_t lengths[STRINGS]; /* of what follows; without NULs; 0 is NULL */
};

struct hq_log {
    int64_t now, since, begins, ends;
    GHashTable *entries; /* by id */
    size_t held;         /* bytes in PACKED of all of them */
    struct hq_log_causes *causes;
    struct hq_log_rates *rates;
};

static void entry_free(gpointer data)
{
    struct entry *entry = data;

    g_free(entry->id);
    g_byte_array_unref(entry->packed);
    g_array_unref(entry->recipients);
    g_free(entry);
}

struct hq_log *hq_log_new(int64_t now, int64_t since)
{
    struct hq_log *log = g_new0(struct hq_log, 1);

    log->now = now;
    log->since = since;
    log->begins = log->ends = HQ_NONE;
    log->entries = g_hash_table_new_full(hq_hash_str, g_str_equal, NULL, entry_free);
    log->causes = hq_log_causes_new();
    log->rates = hq_log_rates_new();
    return log;
}

void hq_log_free(struct hq_log *log)
{
    if (!log)
        return;
    g_hash_table_unref(log->entries);
    hq_log_causes_free(log->causes);
    hq_log_rates_free(log->rates);
    g_free(log);
}

void hq_log_set_now(struct hq_log *log, int64_t now)
{
    log->now = now;
}

int64_t hq_log_begins(const struct hq_log *log)
{
    return log->begins;
}

int64_t hq_log_ends(const struct hq_log *log)
{
    return log->ends;
}

/* ---- messages ---- */

static struct entry *find_entry(struct hq_log *log, const struct hq_log_line *line, bool make)
{
    char id[64];

    size_t n = MIN(line->id.n, sizeof id - 1);

    memcpy(id, line->id.s, n); /* the line goes on behind it, and is no string */
    id[n] = '\0';
    struct entry *entry = g_hash_table_lookup(log->entries, id);
    if (entry || !make)
        return entry;
    entry = g_new0(struct entry, 1);
    entry->id = g_strdup(id);
    entry->arrived = HQ_NONE;
    entry->packed = g_byte_array_new();
    entry->recipients = g_array_new(FALSE, FALSE, sizeof(struct seen));
    g_hash_table_insert(log->entries, entry->id, entry);
    return entry;
}

static void forget(struct hq_log *log, const struct hq_log_line *line)
{
    struct entry *entry = find_entry(log, line, false);

    if (!entry)
        return;
    log->held -= entry->packed->len;
    g_hash_table_remove(log->entries, entry->id);
}

static size_t packed_size(const uint8_t *bytes)
{
    struct packed head;
    size_t size = sizeof head;

    memcpy(&head, bytes, sizeof head);
    for (unsigned i = 0; i < STRINGS; i++)
        size += head.lengths[i];
    return size;
}

/* A message that was tried for days keeps its later half. */
static void drop_half(struct hq_log *log, struct entry *entry)
{
    unsigned drop = entry->attempts / 2;
    size_t size = 0;

    for (unsigned i = 0; i < drop; i++)
        size += packed_size(entry->packed->data + size);
    g_byte_array_remove_range(entry->packed, 0, (guint)size);
    entry->attempts -= drop;
    log->held -= size;
}

static void keep(struct hq_log *log, struct entry *entry, const struct hq_log_line *line,
                 struct hq_log_span cause)
{
    const struct hq_log_span strings[STRINGS] = {line->to, line->relay, line->text, cause};
    struct packed head;
    guint before = entry->packed->len;

    if (log->held > HISTORY_MAX)
        return;
    if (entry->attempts >= ATTEMPTS_MAX || before > ENTRY_MAX)
        drop_half(log, entry);
    before = entry->packed->len;
    memset(&head, 0, sizeof head);
    head.time = line->time;
    head.result = (uint8_t)line->result;
    for (unsigned i = 0; i < STRINGS; i++)
        head.lengths[i] = (uint16_t)(strings[i].s ? strings[i].n : 0);
    g_byte_array_append(entry->packed, (const guint8 *)&head, sizeof head);
    for (unsigned i = 0; i < STRINGS; i++)
        g_byte_array_append(entry->packed, (const guint8 *)strings[i].s, head.lengths[i]);
    entry->attempts++;
    entry->told = false;
    log->held += entry->packed->len - before;
}

static bool is_done(enum hq_outcome outcome)
{
    return outcome == HQ_OUTCOME_SENT || outcome == HQ_OUTCOME_BOUNCED ||
           outcome == HQ_OUTCOME_EXPIRED;
}

/* Notes what became of a recipient. True: it is seen for the first time. */
static bool see(struct entry *entry, const struct hq_log_line *line)
{
    struct seen new = {hq_hash_bytes(line->to.s, line->to.n), is_done(line->result)};

    for (guint i = 0; i < entry->recipients->len; i++) {
        struct seen *seen = &g_array_index(entry->recipients, struct seen, i);
        if (seen->hash != new.hash)
            continue;
        entry->open -= new.done && !seen->done;
        seen->done |= new.done;
        return false;
    }
    if (entry->recipients->len < RECIPIENTS_MAX) {
        g_array_append_val(entry->recipients, new);
        entry->open += !new.done;
    }
    return true;
}

/* Postfix, Sendmail and OpenSMTPD tell in each line how old the message is; Exim in the first. */
static int64_t arrival_of(const struct entry *entry, const struct hq_log_line *line)
{
    if (line->delay != HQ_NONE)
        return line->time - line->delay;
    return entry->arrived;
}

static void take_delivery(struct hq_log *log, struct entry *entry, const struct hq_log_line *line)
{
    struct hq_log_rate *rate = hq_log_rates_find(log->rates, line->to);
    int64_t arrived = arrival_of(entry, line);

    hq_log_rate_count(rate, line->time, line->result);
    if (!see(entry, line) || arrived == HQ_NONE || arrived < log->begins)
        return;
    hq_log_rate_count(rate, arrived, HQ_OUTCOME_ARRIVED);
    hq_log_rate_through(rate, line->original);
}

/* Postfix gives up a message as a whole, its recipients are those of the lines before. */
static void count_expired(struct hq_log *log, const struct entry *entry, int64_t time)
{
    g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const uint8_t *bytes = entry->packed->data;
    struct packed head;

    for (unsigned i = 0; i < entry->attempts; i++, bytes += packed_size(bytes)) {
        memcpy(&head, bytes, sizeof head);
        char *to = g_strndup((const char *)bytes + sizeof head, head.lengths[RECIPIENT]);
        bool waits = head.result == HQ_OUTCOME_DEFERRED || head.result == HQ_OUTCOME_SUSPENDED;
        struct hq_log_span address = {to, head.lengths[RECIPIENT]};
        if (waits && g_hash_table_add(told, to))
            hq_log_rate_count(hq_log_rates_find(log->rates, address), time, HQ_OUTCOME_EXPIRED);
        else if (!waits)
            g_free(to);
    }
}

static bool speaks_of_tls(struct hq_log_span text)
{
    return text.s &&
           (memmem(text.s, text.n, "TLS", 3) || memmem(text.s, text.n, "SSL", 3) ||
            memmem(text.s, text.n, "andshake", 8) || memmem(text.s, text.n, "ertificate", 10));
}

static void take_message(struct hq_log *log, const struct hq_log_line *line)
{
    struct entry *entry = find_entry(log, line, true);
    struct hq_log_span cause = {NULL, 0};

    if (line->kind == HQ_LOG_ARRIVAL)
        entry->arrived = line->time;
    else if (line->result == HQ_OUTCOME_EXPIRED && line->kind == HQ_LOG_STATE)
        count_expired(log, entry, line->time);
    else if (line->kind == HQ_LOG_DELIVERY)
        take_delivery(log, entry, line);
    if (line->kind == HQ_LOG_DELIVERY && line->result != HQ_OUTCOME_SENT &&
        speaks_of_tls(line->text))
        cause = hq_log_causes_find(log->causes, line);
    keep(log, entry, line, cause);
}

void hq_log_take(struct hq_log *log, const char *s, size_t n)
{
    struct hq_log_line line;
    bool known = hq_log_line_parse(&line, s, n, log->now);

    if (line.time == HQ_NONE || line.time < log->since)
        return;
    if (log->begins == HQ_NONE)
        log->begins = line.time;
    log->ends = MAX(log->ends, line.time);
    if (!known)
        return;
    if (line.kind == HQ_LOG_CAUSE)
        hq_log_causes_add(log->causes, &line);
    else if (line.kind == HQ_LOG_GONE)
        forget(log, &line);
    else if (line.id.s && line.kind != HQ_LOG_OTHER)
        take_message(log, &line);
}

/* ---- what came of it ---- */

static const char *take_string(struct hq_arena *arena, const uint8_t **bytes, size_t n)
{
    const char *s = n ? hq_arena_intern(arena, (const char *)*bytes, n) : NULL;

    *bytes += n;
    return s;
}

static void unpack(const struct entry *entry, struct hq_history *history, struct hq_arena *arena)
{
    const uint8_t *bytes = entry->packed->data;
    struct packed head;

    history->id = entry->id;
    history->attempt_count = entry->attempts;
    history->attempts = hq_arena_alloc(arena, entry->attempts * sizeof *history->attempts);
    for (unsigned i = 0; i < entry->attempts; i++) {
        struct hq_attempt *attempt = &history->attempts[i];
        memcpy(&head, bytes, sizeof head);
        bytes += sizeof head;
        attempt->time = head.time;
        attempt->result = head.result;
        attempt->recipient = take_string(arena, &bytes, head.lengths[RECIPIENT]);
        attempt->relay = take_string(arena, &bytes, head.lengths[RELAY]);
        attempt->text = take_string(arena, &bytes, head.lengths[TEXT]);
        attempt->cause = take_string(arena, &bytes, head.lengths[CAUSE]);
    }
}

void hq_log_each_history(struct hq_log *log, void (*each)(const struct hq_history *, void *),
                         void *data)
{
    struct hq_arena *arena = hq_arena_new();
    GHashTableIter iter;
    gpointer key, value;

    g_hash_table_iter_init(&iter, log->entries);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        struct entry *entry = value;
        struct hq_history history;
        bool done = entry->recipients->len && entry->open == 0;
        if (done || entry->told) /* Sendmail and OpenSMTPD do not say when a message goes */
            continue;
        entry->told = true;
        unpack(entry, &history, arena);
        each(&history, data);
        hq_arena_reset(arena);
    }
    hq_arena_free(arena);
}

void hq_log_each_rate(struct hq_log *log, void (*each)(const struct hq_rate *, void *), void *data)
{
    if (log->begins != HQ_NONE)
        hq_log_rates_each(log->rates, log->begins, log->now, each, data);
}
