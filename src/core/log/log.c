/* SPDX-License-Identifier: ISC */
/* The mail log as a whole: how often every message that has not left the queue was tried, with the
 * lines' texts where they are wanted, and what comes and goes for each destination. Memory is
 * bounded by what is kept of a message, of all messages and by the number of destinations. */
#include "parts.h"
#include <string.h>

#define HISTORY_MAX    (96u << 20) /* bytes of texts of all messages */
#define RECIPIENTS_MAX 5000        /* of a message, whose attempts are counted */
#define QUICK_MAX      8           /* ids that each line is searched for */

/* A recipient of a message. */
struct seen {
    int64_t last; /* attempt */
    struct hq_log_rate *rate;
    uint32_t hash; /* of the address */
    uint32_t count : 30;
    uint32_t waits : 1; /* it was deferred once */
    uint32_t done : 1;
};

/* A message by its id. There may be a million, and nearly all have one recipient. */
struct entry {
    int64_t arrived;
    struct hq_log_texts *texts; /* NULL: none are kept */
    struct seen *many;          /* all of them; NULL: there is but FIRST */
    struct seen first;
    uint32_t seen_count;
    uint32_t open; /* recipients that are not done */
    bool told;     /* nothing new since hq_log_each_history() */
    char id[];
};

struct hq_log {
    int64_t now, since, begins, ends;
    GHashTable *entries; /* by id */
    GHashTableIter iter; /* while TELLING: those that are told, and what is before it was */
    bool telling;
    bool with_texts;
    char **only; /* ids of the messages that are looked at; NULL: all */
    size_t held; /* bytes of the texts of all entries */
    struct hq_log_causes *causes;
    struct hq_log_rates *rates;
};

static void entry_free(gpointer data)
{
    struct entry *entry = data;

    hq_log_texts_free(entry->texts);
    g_free(entry->many);
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
    g_strfreev(log->only);
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

static struct entry *add_entry(struct hq_log *log, const char *id)
{
    size_t n = strlen(id);
    struct entry *entry = g_malloc0(sizeof *entry + n + 1);

    memcpy(entry->id, id, n);
    entry->arrived = HQ_NONE;
    g_hash_table_insert(log->entries, entry->id, entry);
    return entry;
}

void hq_log_want_texts(struct hq_log *log, const char *const *only)
{
    log->with_texts = true;
    log->only = g_strdupv((char **)only);
    for (unsigned i = 0; only && only[i]; i++)
        if (!g_hash_table_contains(log->entries, only[i]))
            add_entry(log, only[i]);
}

static struct entry *find_entry(struct hq_log *log, const struct hq_log_line *line, bool make)
{
    char id[64];

    size_t n = MIN(line->id.n, sizeof id - 1);

    memcpy(id, line->id.s, n); /* the line goes on behind it, and is no string */
    id[n] = '\0';
    struct entry *entry = g_hash_table_lookup(log->entries, id);
    return entry || !make || log->only ? entry : add_entry(log, id);
}

static void forget(struct hq_log *log, const struct hq_log_line *line)
{
    struct entry *entry = find_entry(log, line, false);

    if (!entry)
        return;
    g_autofree char *id = g_strdup(entry->id);
    log->held -= hq_log_texts_size(entry->texts);
    g_hash_table_remove(log->entries, id);
    if (log->only)
        add_entry(log, id); /* ids are used again */
}

static void keep_text(struct hq_log *log, struct entry *entry, const struct hq_log_line *line)
{
    size_t before = hq_log_texts_size(entry->texts);

    if (log->held > HISTORY_MAX)
        return;
    if (!entry->texts)
        entry->texts = hq_log_texts_new();
    hq_log_texts_add(entry->texts, line, log->causes);
    log->held += hq_log_texts_size(entry->texts) - before;
    entry->told = false;
}

static bool is_done(enum hq_outcome outcome)
{
    return outcome == HQ_OUTCOME_SENT || outcome == HQ_OUTCOME_BOUNCED ||
           outcome == HQ_OUTCOME_EXPIRED;
}

static struct seen *all_seen(struct entry *entry)
{
    return entry->many ? entry->many : &entry->first;
}

/* A place for one more recipient; the array grows by doubling. */
static struct seen *add_seen(struct entry *entry)
{
    uint32_t count = entry->seen_count++;

    if (count == 0)
        return &entry->first;
    if (count == 1) {
        entry->many = g_new(struct seen, 2);
        entry->many[0] = entry->first;
    } else if ((count & (count - 1)) == 0) {
        entry->many = g_renew(struct seen, entry->many, 2 * (gsize)count);
    }
    return &entry->many[count];
}

static struct seen *find_seen(struct entry *entry, uint32_t hash)
{
    struct seen *seen = all_seen(entry);

    for (uint32_t i = 0; i < entry->seen_count; i++)
        if (seen[i].hash == hash)
            return &seen[i];
    return NULL;
}

/* Notes what became of a recipient. True: it is seen for the first time. */
static bool see(struct entry *entry, const struct hq_log_line *line, struct hq_log_rate *rate)
{
    uint32_t hash = hq_hash_address(line->to.s, line->to.n);
    bool done = is_done(line->result);
    struct seen *seen = find_seen(entry, hash);
    bool first = !seen;

    if (first) {
        if (entry->seen_count >= RECIPIENTS_MAX)
            return true;
        seen = add_seen(entry);
        *seen = (struct seen){.rate = rate, .hash = hash};
        entry->open++;
    }
    entry->open -= done && !seen->done;
    seen->done |= done;
    seen->waits |= !done;
    seen->count++;
    seen->last = line->time;
    entry->told = false;
    return first;
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
    if (!see(entry, line, rate) || arrived == HQ_NONE || arrived < log->begins)
        return;
    hq_log_rate_count(rate, arrived, HQ_OUTCOME_ARRIVED);
    hq_log_rate_through(rate, line->original);
}

/* Postfix gives up a message as a whole, its recipients are those of the lines before. */
static void count_expired(struct entry *entry, int64_t time)
{
    const struct seen *seen = all_seen(entry);

    for (uint32_t i = 0; i < entry->seen_count; i++)
        if (seen[i].waits)
            hq_log_rate_count(seen[i].rate, time, HQ_OUTCOME_EXPIRED);
}

static void take_message(struct hq_log *log, const struct hq_log_line *line)
{
    bool counts = line->kind == HQ_LOG_ARRIVAL || line->kind == HQ_LOG_DELIVERY;
    struct entry *entry = find_entry(log, line, counts || log->with_texts);

    if (!entry)
        return;
    if (line->kind == HQ_LOG_ARRIVAL)
        entry->arrived = line->time;
    else if (line->result == HQ_OUTCOME_EXPIRED && line->kind == HQ_LOG_STATE)
        count_expired(entry, line->time);
    else if (line->kind == HQ_LOG_DELIVERY)
        take_delivery(log, entry, line);
    if (log->with_texts)
        keep_text(log, entry, line);
}

/* False: the line can be skipped, since it is about no wanted message and no connection. */
static bool may_matter(const struct hq_log *log, const char *s, size_t n)
{
    /* some word of each form of a cause in forms.def */
    static const char *const causes[] = {"TLS", "SSL", "certificate", "mta error"};

    if (log->begins == HQ_NONE || g_strv_length(log->only) > QUICK_MAX)
        return true;
    for (unsigned i = 0; log->only[i]; i++)
        if (memmem(s, n, log->only[i], strlen(log->only[i])))
            return true;
    for (unsigned i = 0; i < G_N_ELEMENTS(causes); i++)
        if (memmem(s, n, causes[i], strlen(causes[i])))
            return true;
    return false;
}

void hq_log_take(struct hq_log *log, const char *s, size_t n)
{
    struct hq_log_line line;

    if (log->only && !may_matter(log, s, n))
        return;
    bool known = hq_log_line_parse(&line, s, n, log->now);
    if (line.time == HQ_NONE || line.time < log->since)
        return;
    log->telling = false;
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

/* True: since ENTRY was told last, something was counted or written down. */
static bool is_news(const struct entry *entry)
{
    bool done = entry->seen_count && entry->open == 0;

    /* Sendmail and OpenSMTPD do not say when a message goes */
    return !done && !entry->told && (entry->seen_count || entry->texts);
}

static void tell(struct entry *entry, struct hq_arena *arena,
                 void (*each)(const struct hq_history *, void *), void *data)
{
    const struct seen *seen = all_seen(entry);
    struct hq_history history = {.id = entry->id, .tried_count = entry->seen_count};

    history.tried = hq_arena_alloc(arena, entry->seen_count * sizeof *history.tried);
    for (uint32_t i = 0; i < entry->seen_count; i++)
        history.tried[i] = (struct hq_tried){seen[i].hash, seen[i].count, seen[i].last};
    if (entry->texts)
        hq_log_texts_unpack(entry->texts, &history, arena);
    entry->told = true;
    each(&history, data);
}

bool hq_log_each_history(struct hq_log *log, unsigned limit,
                         void (*each)(const struct hq_history *, void *), void *data)
{
    struct hq_arena *arena = hq_arena_new();
    gpointer value;

    if (!log->telling)
        g_hash_table_iter_init(&log->iter, log->entries);
    log->telling = true;
    while (limit && log->telling) {
        log->telling = g_hash_table_iter_next(&log->iter, NULL, &value);
        if (!log->telling || !is_news(value))
            continue;
        tell(value, arena, each, data);
        hq_arena_reset(arena);
        limit--;
    }
    hq_arena_free(arena);
    return log->telling;
}

void hq_log_each_rate(struct hq_log *log, void (*each)(const struct hq_rate *, void *), void *data)
{
    if (log->begins != HQ_NONE)
        hq_log_rates_each(log->rates, log->begins, log->now, each, data);
}
