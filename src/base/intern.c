/* SPDX-License-Identifier: ISC */
/* The table behind hq_arena_intern(). */
#include "base/intern.h"
#include "base/hash.h"
#include <glib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

void hq_intern_init(struct hq_intern *table)
{
    *table = (struct hq_intern){0};
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
    uint64_t hash = hq_hash_bytes(s, n);
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
