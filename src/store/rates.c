/* SPDX-License-Identifier: ISC */
/* What the mail log told. Histories are kept encoded: few are ever looked at. */
#include "store/rates.h"
#include "base/hash.h"
#include "hopq/detail.h"
#include <string.h>

struct hq_logbook {
    GHashTable *histories; /* char *id → GBytes */
    GHashTable *rates;     /* domain → struct rate * */
    char *name;
    int64_t begins;
    bool ended;
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

struct hq_logbook *hq_logbook_new(void)
{
    struct hq_logbook *book = g_new0(struct hq_logbook, 1);

    book->histories =
        g_hash_table_new_full(hq_hash_str, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
    book->rates = g_hash_table_new_full(hq_hash_str, g_str_equal, NULL, rate_free);
    book->begins = HQ_NONE;
    return book;
}

void hq_logbook_free(struct hq_logbook *book)
{
    if (!book)
        return;
    g_hash_table_unref(book->histories);
    g_hash_table_unref(book->rates);
    g_free(book->name);
    g_free(book);
}

void hq_logbook_add_history(struct hq_logbook *book, const struct hq_history *history)
{
    GByteArray *bytes = g_byte_array_new();

    hq_schema_encode(&hq_history_schema, history, bytes);
    g_hash_table_replace(book->histories, g_strdup(history->id), g_byte_array_free_to_bytes(bytes));
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

int64_t hq_logbook_begins(const struct hq_logbook *book)
{
    return book->begins;
}

bool hq_logbook_history(const struct hq_logbook *book, const char *id, struct hq_history *history,
                        struct hq_arena *arena)
{
    GBytes *bytes = book && id ? g_hash_table_lookup(book->histories, id) : NULL;
    gsize n;

    if (!bytes)
        return false;
    const uint8_t *data = g_bytes_get_data(bytes, &n);
    struct hq_decoder *decoder = hq_decoder_new(arena);
    const struct hq_history *read = hq_decoder_read(decoder, &hq_history_schema, data, n);
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

static bool is_attempt(const struct hq_attempt *attempt, const struct hq_recipient *recipient)
{
    return attempt->result >= HQ_OUTCOME_SENT && attempt->result <= HQ_OUTCOME_EXPIRED &&
           attempt->recipient && recipient->address &&
           g_ascii_strcasecmp(attempt->recipient, recipient->address) == 0;
}

static void count_attempts(const struct hq_logbook *book, const struct hq_message *message,
                           struct hq_recipient *recipient, const struct hq_history *history)
{
    int64_t count = 0, last = HQ_NONE;

    for (uint32_t i = 0; i < history->attempt_count; i++) {
        const struct hq_attempt *attempt = &history->attempts[i];
        if (!is_attempt(attempt, recipient))
            continue;
        count++;
        last = attempt->time;
    }
    if (count == 0)
        return;
    bool whole = message->arrived != HQ_NONE && message->arrived >= book->begins;
    recipient->attempts = whole ? count : MAX(recipient->attempts, count);
    if (recipient->last_attempt == HQ_NONE)
        recipient->last_attempt = last;
}

/* Recipients in their thousands with thousands of attempts are left with the estimate. */
#define PAIRS_MAX 2000000u

static void apply_to(const struct hq_logbook *book, struct hq_message *message,
                     struct hq_history *history, bool full, struct hq_arena *arena)
{
    if ((uint64_t)message->recipient_count * history->attempt_count <= PAIRS_MAX)
        for (uint32_t i = 0; i < message->recipient_count; i++)
            count_attempts(book, message, &message->recipients[i], history);
    if (!full)
        return;
    if (!message->detail) /* of what was listed without its content the log is all there is */
        message->detail = hq_schema_new(&hq_detail_schema, arena);
    struct hq_history kept;
    hq_logbook_history(book, message->id, &kept, arena);
    message->detail->history = kept.attempts;
    message->detail->history_count = kept.attempt_count;
}

bool hq_logbook_apply(const struct hq_logbook *book, struct hq_snapshot *snapshot, bool full,
                      unsigned from, unsigned count)
{
    struct hq_arena *scratch = hq_arena_new();
    unsigned length = g_hash_table_size(book->histories) ? snapshot->messages->len : 0;
    unsigned end = from < length ? from + MIN(count, length - from) : length;

    for (unsigned i = from; i < end; i++) {
        struct hq_message *message = snapshot->messages->pdata[i];
        struct hq_history history;
        if (!hq_logbook_history(book, message->id, &history, scratch))
            continue;
        apply_to(book, message, &history, full, snapshot->arena);
        hq_arena_reset(scratch);
    }
    hq_arena_free(scratch);
    return end < length;
}
