/* SPDX-License-Identifier: ISC */
/* Exim's retry hints, db/retry: what it knows of addresses, domains and hosts that failed. Keys are
 * "R:domain", "R:user@domain", "R:user@domain:<sender>", "T:user@domain" and
 * "T:host:ip[:port][:id]" (src/deliver.c, src/transports/smtp.c, src/retry.c of 4.96). */
#include "db.h"
#include "exim.h"
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define RECORDS_MAX 1000000
#define BASES_MAX   64 /* addresses and ports of a host */

struct hq_ex_hints {
    struct hq_arena *arena;
    GHashTable *by_key; /* → struct hq_ex_hint * */
    GHashTable *hosts;  /* "T:host:" → GPtrArray of keys without message ids */
    const char *why;
    int64_t size, mtime; /* of the file as it was */
    int64_t inode;
};

/* The record as Exim writes it, in the machine's own sizes; the text follows, ended by NUL. */
struct record {
    time_t written, first_failed, last_try, next_try;
    int expired, basic_errno, more_errno;
};
#define RECORD_TEXT (4 * sizeof(time_t) + 3 * sizeof(int))

static int64_t to_time(time_t t)
{
    return t > 0 && t < INT64_MAX / HQ_SECOND ? (int64_t)t * HQ_SECOND : HQ_NONE;
}

/* Where the id of one message stands behind KEY, with the colon; the end of KEY when there is
 * none. */
static size_t base_length(const char *key)
{
    const char *colon = strrchr(key, ':');

    return colon && hq_ex_id_ok(colon + 1, strlen(colon + 1)) ? (size_t)(colon - key) : strlen(key);
}

/* "T:mx.example:192.0.2.1:25" is kept below "T:mx.example:". */
static void index_host(struct hq_ex_hints *hints, const char *key)
{
    const char *colon = strchr(key + 2, ':');
    GPtrArray *bases;

    if (strncmp(key, "T:", 2) != 0 || !colon)
        return;
    const char *name = hq_arena_intern(hints->arena, key, (size_t)(colon + 1 - key));
    const char *base = hq_arena_intern(hints->arena, key, base_length(key));
    bases = g_hash_table_lookup(hints->hosts, name);
    if (!bases) {
        bases = g_ptr_array_new();
        g_hash_table_insert(hints->hosts, (char *)name, bases);
    }
    if (bases->len < BASES_MAX && !g_ptr_array_find(bases, base, NULL))
        g_ptr_array_add(bases, (char *)base);
}

static void take_record(const char *key, size_t key_length, const char *value, size_t value_length,
                        void *data)
{
    struct hq_ex_hints *hints = data;
    struct record record = {0};
    size_t text, n = strnlen(key, key_length); /* a NUL stands behind it */

    if (n < 2 || value_length < RECORD_TEXT || g_hash_table_size(hints->by_key) >= RECORDS_MAX)
        return;
    memcpy(&record, value, RECORD_TEXT);
    text = strnlen(value + RECORD_TEXT, value_length - RECORD_TEXT);
    struct hq_ex_hint *hint = hq_arena_alloc(hints->arena, sizeof *hint + text + 1);
    hint->first_failed = to_time(record.first_failed);
    hint->last_try = to_time(record.last_try);
    hint->next_try = to_time(record.next_try);
    hint->expired = record.expired != 0;
    hint->error = record.basic_errno;
    hint->more = record.more_errno;
    memcpy(hint->text, value + RECORD_TEXT, text);
    const char *kept = hq_arena_dup(hints->arena, key, n);
    g_hash_table_replace(hints->by_key, (char *)kept, hint);
    index_host(hints, kept);
}

static void free_bases(void *bases)
{
    g_ptr_array_free(bases, TRUE);
}

static void load(struct hq_ex_hints *hints, const struct hq_item_file *file)
{
    if (hints->arena) {
        g_hash_table_remove_all(hints->by_key);
        g_hash_table_remove_all(hints->hosts);
        hq_arena_reset(hints->arena);
    } else {
        hints->arena = hq_arena_new();
        hints->by_key = g_hash_table_new(g_str_hash, g_str_equal);
        hints->hosts = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_bases);
    }
    hints->size = file->size;
    hints->mtime = file->mtime;
    hints->why = hq_ex_db_read(file, take_record, hints);
}

const struct hq_ex_hints *hq_ex_hints_get(const struct hq_item_file *file, const char **why)
{
    /* All messages of a listing have the same file: it is read once a listing, not once a message.
     */
    static _Thread_local struct hq_ex_hints hints;
    struct stat st;

    *why = NULL;
    if (file->fd < 0 || file->size == 0 || fstat(file->fd, &st) != 0)
        return NULL;
    if (!hints.arena || hints.size != file->size || hints.mtime != file->mtime ||
        hints.inode != (int64_t)st.st_ino) {
        hints.inode = (int64_t)st.st_ino;
        load(&hints, file);
    }
    *why = hints.why;
    return hints.why ? NULL : &hints;
}

const struct hq_ex_hint *hq_ex_hints_find(const struct hq_ex_hints *hints, const char *key)
{
    return hints ? g_hash_table_lookup(hints->by_key, key) : NULL;
}

static const struct hq_ex_hint *later(const struct hq_ex_hint *a, const struct hq_ex_hint *b)
{
    return !a || (b && b->next_try > a->next_try) ? b : a;
}

const struct hq_ex_hint *hq_ex_hints_find_host(const struct hq_ex_hints *hints, const char *name,
                                               const char *ip, const char *id)
{
    const struct hq_ex_hint *found = NULL;

    if (!hints)
        return NULL;
    g_autofree char *host = g_strdup_printf("T:%s:", name);
    g_autofree char *start = g_strconcat(host, ip, NULL);
    const GPtrArray *bases = g_hash_table_lookup(hints->hosts, host);
    for (guint i = 0; bases && i < bases->len; i++) {
        const char *base = bases->pdata[i];
        size_t n = strlen(start);
        if (strncmp(base, start, n) != 0 || (base[n] && base[n] != ':'))
            continue;
        g_autofree char *own = g_strdup_printf("%s:%s", base, id);
        found = later(found, hq_ex_hints_find(hints, base));
        found = later(found, hq_ex_hints_find(hints, own));
    }
    return found;
}
