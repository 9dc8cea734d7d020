/* SPDX-License-Identifier: ISC */
/* The table behind hq_arena_intern(). */
#include "base/intern.h"
#include <glib.h>
#include <string.h>
#ifdef __linux__
#include <sys/auxv.h>
#endif

enum { FIRST_CAPACITY = 64 };

/* Random without a system call, which the sandboxed process may not have: the kernel hands every
 * program 16 random bytes; their second half serves, as the first is the stack protector's. */
void hq_intern_init(struct hq_intern *table)
{
    uint64_t seed = (uintptr_t)table;
#ifdef __linux__
    const char *bytes = (const char *)getauxval(AT_RANDOM);
    if (bytes)
        memcpy(&seed, bytes + 8, sizeof(seed));
#endif
    *table = (struct hq_intern){.key = {seed, (seed * UINT64_C(0x9E3779B97F4A7C15)) | 1}};
}

void hq_intern_clear(struct hq_intern *table)
{
    g_free(table->slots);
    table->slots = NULL;
    table->capacity = 0;
    table->count = 0;
}

size_t hq_intern_size(const struct hq_intern *table)
{
    return table->capacity * sizeof(*table->slots);
}

/* 64 × 64 bits multiplied, both halves folded: mixes 8 bytes a step. */
static uint64_t fold(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_bytes(const struct hq_intern *table, const char *s, size_t n)
{
    uint64_t hash = table->key[0] ^ n;
    uint64_t word;
    for (; n >= sizeof(word); s += sizeof(word), n -= sizeof(word)) {
        memcpy(&word, s, sizeof(word));
        hash = fold(hash ^ word, table->key[1]);
    }
    word = 0;
    memcpy(&word, s, n);
    return fold(fold(hash ^ word, table->key[1]), table->key[1] ^ table->key[0]);
}

static void grow(struct hq_intern *table)
{
    size_t old_capacity = table->capacity;
    g_autofree struct hq_intern_slot *old = table->slots;
    table->capacity = old_capacity ? old_capacity * 2 : FIRST_CAPACITY;
    table->slots = g_new0(struct hq_intern_slot, table->capacity);
    for (size_t i = 0; i < old_capacity; i++) {
        if (!old[i].string)
            continue;
        size_t at = old[i].hash & (table->capacity - 1);
        while (table->slots[at].string)
            at = (at + 1) & (table->capacity - 1);
        table->slots[at] = old[i];
    }
}

struct hq_intern_slot *hq_intern_find(struct hq_intern *table, const char *s, size_t n)
{
    if (table->count >= table->capacity - table->capacity / 4) /* at most three quarters full */
        grow(table);
    uint64_t hash = hash_bytes(table, s, n);
    for (size_t at = hash & (table->capacity - 1);; at = (at + 1) & (table->capacity - 1)) {
        struct hq_intern_slot *slot = &table->slots[at];
        if (!slot->string) {
            slot->hash = hash;
            slot->length = n;
            return slot;
        }
        if (slot->hash == hash && slot->length == n && (!n || memcmp(slot->string, s, n) == 0))
            return slot;
    }
}

void hq_intern_fill(struct hq_intern *table, struct hq_intern_slot *slot, const char *string)
{
    slot->string = string;
    table->count++;
}
