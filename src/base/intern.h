/* SPDX-License-Identifier: ISC */
/* The table behind hq_arena_intern(): strings by their bytes, open addressing. */
#ifndef HOPQ_BASE_INTERN_H
#define HOPQ_BASE_INTERN_H

#include <stddef.h>
#include <stdint.h>

struct hq_intern_slot {
    const char *string; /* NULL: free */
    size_t length;
    uint64_t hash;
};

struct hq_intern {
    struct hq_intern_slot *slots;
    size_t capacity; /* 0 or a power of two */
    size_t count;
};

void hq_intern_init(struct hq_intern *table);
void hq_intern_clear(struct hq_intern *table);
size_t hq_intern_size(const struct hq_intern *table); /* bytes */
/* The slot of these bytes: full, or free and prepared for hq_intern_fill(), which has to be the
 * next call then. */
struct hq_intern_slot *hq_intern_find(struct hq_intern *table, const char *s, size_t n);
/* STRING has the bytes looked for and lives as long as the table. */
void hq_intern_fill(struct hq_intern *table, struct hq_intern_slot *slot, const char *string);

#endif
