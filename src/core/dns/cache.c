/* SPDX-License-Identifier: ISC */
/* The cache of DNS answers, and the list of questions it could not answer. */
#include "hopq/time.h"
#include "packet.h"
#include <string.h>

#define MAX_ENTRIES  100000
#define MAX_BYTES    ((size_t)64 << 20)
#define MIN_TTL      1 /* seconds */
#define MAX_TTL      3600
#define NEGATIVE_TTL (60 * HQ_SECOND) /* of an answer without SOA */
#define FAILURE_TTL  (30 * HQ_SECOND) /* RFC 2308 section 7: 5 minutes at most */
#define GRACE        (2 * HQ_MINUTE)

enum state { NOTED, ASKED, ANSWERED };

struct entry {
    enum state state;
    enum hq_dns_type type;
    struct hq_dns_answer answer;
    size_t bytes;
    char name[];
};

struct hq_dns_cache {
    GHashTable *entries; /* struct entry: key and value */
    GQueue noted;        /* struct entry in state NOTED, the first to ask first */
    size_t bytes;
    char *closed; /* why; NULL: it is not */
};

/* What a look-up needs of an entry, on the stack: struct entry has no room for a name there. */
union key {
    struct entry entry;
    char room[sizeof(struct entry) + HQ_DNS_NAME_SIZE];
};

static const struct hq_dns_answer no_such_name = {.status = HQ_DNS_NXDOMAIN, .expires = INT64_MAX};
static const struct hq_dns_answer no_answer = {.status = HQ_DNS_TEMPFAIL, .expires = INT64_MAX};

static guint entry_hash(gconstpointer data)
{
    const struct entry *entry = data;
    return g_str_hash(entry->name) * 31 + entry->type;
}

static gboolean entry_equal(gconstpointer a, gconstpointer b)
{
    const struct entry *x = a, *y = b;
    return x->type == y->type && strcmp(x->name, y->name) == 0;
}

static void entry_free(gpointer data)
{
    struct entry *entry = data;
    hq_dns_answer_clear(&entry->answer);
    g_free(entry);
}

struct hq_dns_cache *hq_dns_cache_new(void)
{
    struct hq_dns_cache *cache = g_new0(struct hq_dns_cache, 1);
    cache->entries = g_hash_table_new_full(entry_hash, entry_equal, NULL, entry_free);
    g_queue_init(&cache->noted);
    return cache;
}

void hq_dns_cache_free(struct hq_dns_cache *cache)
{
    if (!cache)
        return;
    g_queue_clear(&cache->noted);
    g_hash_table_destroy(cache->entries);
    g_free(cache->closed);
    g_free(cache);
}

static bool key_init(union key *key, const char *name, enum hq_dns_type type)
{
    key->entry.type = type;
    return hq_dns_name_normalise(name, key->room + offsetof(struct entry, name));
}

static struct entry *add(struct hq_dns_cache *cache, const union key *key)
{
    size_t size = sizeof(struct entry) + strlen(key->entry.name) + 1;
    struct entry *entry = g_malloc0(size);
    entry->type = key->entry.type;
    memcpy(entry->name, key->entry.name, size - sizeof(struct entry));
    g_hash_table_add(cache->entries, entry);
    return entry;
}

const struct hq_dns_answer *hq_dns_cache_get(struct hq_dns_cache *cache, const char *name,
                                             enum hq_dns_type type)
{
    union key key;
    if (!key_init(&key, name, type))
        return &no_such_name;
    struct entry *entry = g_hash_table_lookup(cache->entries, &key);
    if (entry && entry->state == ANSWERED &&
        (cache->closed || entry->answer.expires + GRACE > g_get_monotonic_time()))
        return &entry->answer;
    if (cache->closed)
        return &no_answer;
    if (!entry)
        entry = add(cache, &key);
    else if (entry->state != ANSWERED)
        return NULL;
    entry->state = NOTED;
    g_queue_push_tail(&cache->noted, entry);
    return NULL;
}

bool hq_dns_cache_take_question(struct hq_dns_cache *cache, const char **name,
                                enum hq_dns_type *type)
{
    struct entry *entry = g_queue_pop_head(&cache->noted);
    if (!entry)
        return false;
    entry->state = ASKED;
    *name = entry->name;
    *type = entry->type;
    return true;
}

/* Empties a full cache, but for KEEP and what is still asked for. Nothing finer is worth it: who
 * fills 64 MB in an hour is flooding us. */
static void make_room(struct hq_dns_cache *cache, const struct entry *keep)
{
    GHashTableIter iter;
    gpointer key;
    if (cache->bytes <= MAX_BYTES && g_hash_table_size(cache->entries) <= MAX_ENTRIES)
        return;
    g_hash_table_iter_init(&iter, cache->entries);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const struct entry *entry = key;
        if (entry == keep || entry->state != ANSWERED)
            continue;
        cache->bytes -= entry->bytes;
        g_hash_table_iter_remove(&iter);
    }
}

static size_t answer_bytes(const struct hq_dns_answer *answer)
{
    size_t bytes = sizeof(struct entry) + HQ_DNS_NAME_SIZE;
    for (unsigned i = 0; i < answer->count; i++)
        bytes += sizeof(struct hq_dns_record) + answer->records[i].length + 16;
    return bytes;
}

/* Fills ANSWER and returns how long it may live. */
static int64_t read_answer(struct hq_dns_answer *answer, const struct entry *entry,
                           enum hq_dns_status status, const uint8_t *packet, size_t n)
{
    int64_t ttl = -1;
    bool fine = status != HQ_DNS_TEMPFAIL && n > 0 &&
                hq_dns_packet_read(packet, n, entry->name, entry->type, answer, &ttl);
    if (!fine)
        answer->status = status == HQ_DNS_OK ? HQ_DNS_TEMPFAIL : status;
    if (answer->status == HQ_DNS_TEMPFAIL)
        return FAILURE_TTL;
    return ttl < 0 ? NEGATIVE_TTL : CLAMP(ttl, MIN_TTL, MAX_TTL) * HQ_SECOND;
}

void hq_dns_cache_put(struct hq_dns_cache *cache, const char *name, enum hq_dns_type type,
                      enum hq_dns_status status, const uint8_t *packet, size_t n)
{
    union key key;
    if (!key_init(&key, name, type))
        return;
    struct entry *entry = g_hash_table_lookup(cache->entries, &key);
    if (!entry)
        entry = add(cache, &key);
    else if (entry->state == NOTED)
        g_queue_remove(&cache->noted, entry);
    cache->bytes -= entry->bytes;
    hq_dns_answer_clear(&entry->answer);
    int64_t ttl = read_answer(&entry->answer, entry, status, packet, n);
    entry->answer.expires = g_get_monotonic_time() + ttl;
    entry->state = ANSWERED;
    entry->bytes = answer_bytes(&entry->answer);
    cache->bytes += entry->bytes;
    make_room(cache, entry);
}

void hq_dns_cache_close(struct hq_dns_cache *cache, const char *why)
{
    GHashTableIter iter;
    gpointer key;
    g_free(cache->closed);
    cache->closed = g_strdup(why);
    g_queue_clear(&cache->noted);
    g_hash_table_iter_init(&iter, cache->entries);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        if (((struct entry *)key)->state != ANSWERED)
            g_hash_table_iter_remove(&iter);
}

bool hq_dns_cache_is_closed(const struct hq_dns_cache *cache)
{
    return cache->closed != NULL;
}

const char *hq_dns_cache_why_closed(const struct hq_dns_cache *cache)
{
    return cache->closed;
}
