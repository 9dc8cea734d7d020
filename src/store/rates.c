/* SPDX-License-Identifier: ISC */
/* What the mail log told: of each message how often it was tried, of a few all lines. */
#include "store/rates.h"
#include "base/hash.h"
#include "hopq/detail.h"
#include <string.h>

#define LINES_MAX 64 /* messages whose lines are kept, when they were asked for one by one */

struct hq_logbook {
    GHashTable *tallies; /* id → struct tally * */
    GHashTable *lines;   /* char *id → struct lines * */
    GHashTable *rates;   /* domain → struct rate * */
    char *name;
    int64_t begins;
    bool ended;
};

/* There may be a million: as small as they can be. */
struct tried {
    int64_t last;
    uint32_t recipient; /* hash */
    uint32_t count;
};

struct tally {
    uint32_t count;
    struct tried tried[]; /* then the id, with its NUL */
};

/* The lines about a message. */
struct lines {
    GByteArray *history; /* encoded, few are ever looked at; NULL: there are none, or none yet */
    bool asked;          /* they are on their way, or newer ones are */
};

struct rate {
    char *domain, *through;
    struct hq_rate rate;
};

static void rate_free(gpointer data)
{
    struct rate *rate = data;

    g_free(rate->domain);
    g_free(rate->through);
    g_free(rate);
}

static void lines_free(gpointer data)
{
    struct lines *lines = data;

    if (lines->history)
        g_byte_array_unref(lines->history);
    g_free(lines);
}

struct hq_logbook *hq_logbook_new(void)
{
    struct hq_logbook *book = g_new0(struct hq_logbook, 1);

    book->tallies = g_hash_table_new_full(hq_hash_str, g_str_equal, NULL, g_free);
    book->lines = g_hash_table_new_full(hq_hash_str, g_str_equal, g_free, lines_free);
    book->rates = g_hash_table_new_full(hq_hash_str, g_str_equal, NULL, rate_free);
    book->begins = HQ_NONE;
    return book;
}

void hq_logbook_free(struct hq_logbook *book)
{
    if (!book)
        return;
    g_hash_table_unref(book->tallies);
    g_hash_table_unref(book->lines);
    g_hash_table_unref(book->rates);
    g_free(book->name);
    g_free(book);
}

static void add_tally(struct hq_logbook *book, const struct hq_history *history)
{
    size_t width = strlen(history->id) + 1;
    struct tally *tally =
        g_malloc(sizeof *tally + history->tried_count * sizeof *tally->tried + width);
    char *id = (char *)&tally->tried[history->tried_count];

    tally->count = history->tried_count;
    for (uint32_t i = 0; i < tally->count; i++) {
        const struct hq_tried *tried = &history->tried[i];
        tally->tried[i] =
            (struct tried){tried->last, (uint32_t)tried->recipient, (uint32_t)tried->count};
    }
    memcpy(id, history->id, width);
    g_hash_table_replace(book->tallies, id, tally);
}

static struct lines *lines_of(struct hq_logbook *book, const char *id)
{
    struct lines *lines = g_hash_table_lookup(book->lines, id);

    if (!lines) {
        lines = g_new0(struct lines, 1);
        g_hash_table_insert(book->lines, g_strdup(id), lines);
    }
    return lines;
}

static void add_lines(struct hq_logbook *book, const struct hq_history *history)
{
    struct lines *lines = lines_of(book, history->id);

    if (!lines->history)
        lines->history = g_byte_array_new();
    g_byte_array_set_size(lines->history, 0);
    hq_schema_encode(&hq_history_schema, history, lines->history);
}

void hq_logbook_add_history(struct hq_logbook *book, const struct hq_history *history)
{
    if (history->tried_count)
        add_tally(book, history);
    if (history->attempt_count)
        add_lines(book, history);
    else if (g_hash_table_contains(book->lines, history->id))
        lines_of(book, history->id)->asked = true;
}

void hq_logbook_ask(struct hq_logbook *book, const char *id)
{
    if (g_hash_table_contains(book->lines, id))
        return;
    if (g_hash_table_size(book->lines) >= LINES_MAX)
        g_hash_table_remove_all(book->lines);
    lines_of(book, id)->asked = true;
}

char **hq_logbook_asked(const struct hq_logbook *book)
{
    GPtrArray *ids = g_ptr_array_new();
    GHashTableIter iter;
    gpointer id, lines;

    g_hash_table_iter_init(&iter, book->lines);
    while (g_hash_table_iter_next(&iter, &id, &lines))
        if (((const struct lines *)lines)->asked)
            g_ptr_array_add(ids, g_strdup(id));
    if (ids->len)
        g_ptr_array_add(ids, NULL);
    return (char **)g_ptr_array_free(ids, ids->len == 0);
}

void hq_logbook_answer(struct hq_logbook *book, char **ids)
{
    for (; *ids; ids++)
        if (g_hash_table_contains(book->lines, *ids))
            lines_of(book, *ids)->asked = false;
}

bool hq_logbook_awaits(const struct hq_logbook *book, const char *id)
{
    const struct lines *lines = g_hash_table_lookup(book->lines, id);

    return lines && lines->asked;
}

void hq_logbook_add_rate(struct hq_logbook *book, const struct hq_rate *rate)
{
    struct rate *kept = g_new0(struct rate, 1);

    kept->rate = *rate;
    kept->rate.domain = kept->domain = g_strdup(rate->domain ? rate->domain : "");
    kept->rate.through = kept->through = g_strdup(rate->through);
    g_hash_table_replace(book->rates, kept->domain, kept);
}

void hq_logbook_end(struct hq_logbook *book, const char *name, int64_t begins)
{
    g_free(book->name);
    book->name = g_strdup(name);
    book->begins = begins;
    book->ended = true;
}

bool hq_logbook_ended(const struct hq_logbook *book)
{
    return book->ended;
}

const char *hq_logbook_name(const struct hq_logbook *book)
{
    return book ? book->name : NULL;
}

bool hq_logbook_history(const struct hq_logbook *book, const char *id, struct hq_history *history,
                        struct hq_arena *arena)
{
    const struct lines *lines = book && id ? g_hash_table_lookup(book->lines, id) : NULL;

    if (!lines || !lines->history)
        return false;
    struct hq_decoder *decoder = hq_decoder_new(arena);
    const struct hq_history *read =
        hq_decoder_read(decoder, &hq_history_schema, lines->history->data, lines->history->len);
    hq_decoder_free(decoder);
    g_assert(read); /* it is our own */
    *history = *read;
    return true;
}

const struct hq_rate *hq_logbook_rate(const struct hq_logbook *book, const char *domain)
{
    const struct rate *rate = book && domain ? g_hash_table_lookup(book->rates, domain) : NULL;

    return rate ? &rate->rate : NULL;
}

/* ---- into the snapshot ---- */

static void count_attempts(const struct hq_logbook *book, const struct hq_message *message,
                           struct hq_recipient *recipient, const struct tally *tally)
{
    const char *address = recipient->address ? recipient->address : "";
    uint32_t hash = hq_hash_address(address, strlen(address));
    const struct tried *tried = tally->tried, *end = tried + tally->count;

    while (tried < end && tried->recipient != hash)
        tried++;
    if (tried == end)
        return;
    bool whole = message->arrived != HQ_NONE && message->arrived >= book->begins;
    recipient->attempts = whole ? tried->count : MAX(recipient->attempts, tried->count);
    if (recipient->last_attempt == HQ_NONE)
        recipient->last_attempt = tried->last;
}

/* Messages with thousands of recipients that the log names all would take too long: they keep the
 * estimate. */
#define PAIRS_MAX 2000000u

static void apply_tally(const struct hq_logbook *book, struct hq_message *message)
{
    const struct tally *tally =
        message->id ? g_hash_table_lookup(book->tallies, message->id) : NULL;

    if (!tally || (uint64_t)message->recipient_count * tally->count > PAIRS_MAX)
        return;
    for (uint32_t i = 0; i < message->recipient_count; i++)
        count_attempts(book, message, &message->recipients[i], tally);
}

static void apply_history(const struct hq_logbook *book, struct hq_message *message,
                          struct hq_arena *arena)
{
    struct hq_history history;

    if (!hq_logbook_history(book, message->id, &history, arena))
        return;
    if (!message->detail) /* of what was listed without its content the log is all there is */
        message->detail = hq_schema_new(&hq_detail_schema, arena);
    message->detail->history = history.attempts;
    message->detail->history_count = history.attempt_count;
}

bool hq_logbook_apply(const struct hq_logbook *book, struct hq_snapshot *snapshot, bool full,
                      unsigned from, unsigned count)
{
    unsigned length = snapshot->messages->len;
    unsigned end = from < length ? from + MIN(count, length - from) : length;

    for (unsigned i = from; i < end; i++) {
        apply_tally(book, snapshot->messages->pdata[i]);
        if (full)
            apply_history(book, snapshot->messages->pdata[i], snapshot->arena);
    }
    return end < length;
}
