/* SPDX-License-Identifier: ISC */
/* Arena: blocks of 64 KiB filled from the front; what is larger than a quarter of that gets a block
 * of its own. Under AddressSanitizer unused bytes are poisoned and allocations stand apart, so that
 * overruns inside a block are found as well. */
#include "hopq/arena.h"
#include "base/intern.h"
#include <glib.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
enum { APART = 16 };
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
enum { APART = 0 };
#endif

enum { BLOCK = 64 * 1024, BIG = BLOCK / 4 };

struct block {
    struct block *next;
    size_t size; /* bytes in data */
    size_t used;
    alignas(max_align_t) char data[];
};

enum { ROOM = BLOCK - sizeof(struct block) };

struct hq_arena {
    struct block *blocks; /* the first is being filled */
    size_t held;
    struct hq_intern strings;
};

static void block_free(struct block *block)
{
    ASAN_UNPOISON_MEMORY_REGION(block->data, block->size);
    g_free(block);
}

static struct block *block_new(struct hq_arena *arena, size_t room)
{
    struct block *block = g_malloc(sizeof(*block) + room);
    block->size = room;
    block->used = 0;
    ASAN_POISON_MEMORY_REGION(block->data, room);
    arena->held += sizeof(*block) + room;
    return block;
}

struct hq_arena *hq_arena_new(void)
{
    struct hq_arena *arena = g_new0(struct hq_arena, 1);
    hq_intern_init(&arena->strings);
    return arena;
}

void hq_arena_reset(struct hq_arena *arena)
{
    struct block *keep = NULL;
    for (struct block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        if (!keep && block->size == ROOM)
            keep = block;
        else
            block_free(block);
    }
    arena->blocks = keep;
    arena->held = 0;
    if (keep) {
        keep->next = NULL;
        keep->used = 0;
        ASAN_POISON_MEMORY_REGION(keep->data, keep->size);
        arena->held = sizeof(*keep) + keep->size;
    }
    hq_intern_clear(&arena->strings);
}

void hq_arena_free(struct hq_arena *arena)
{
    if (!arena)
        return;
    hq_arena_reset(arena);
    if (arena->blocks)
        block_free(arena->blocks);
    g_free(arena);
}

size_t hq_arena_size(const struct hq_arena *arena)
{
    return arena->held + hq_intern_size(&arena->strings);
}

/* A new block that has room for SIZE bytes. */
static struct block *add_block(struct hq_arena *arena, size_t size)
{
    struct block *head = arena->blocks;
    struct block *block = block_new(arena, size > BIG ? size : ROOM);
    if (head && size > BIG) { /* behind the one being filled, which goes on */
        block->next = head->next;
        head->next = block;
    } else {
        block->next = head;
        arena->blocks = block;
    }
    return block;
}

/* Uninitialised memory. */
static inline char *take(struct hq_arena *arena, size_t size, size_t align)
{
    g_assert(size < SIZE_MAX / 2);
    struct block *block = arena->blocks;
    if (!block || block->size - block->used < size + APART + align - 1)
        block = add_block(arena, size + APART);
    size_t start = (block->used + align - 1) & ~(align - 1);
    block->used = start + size + APART;
    ASAN_UNPOISON_MEMORY_REGION(block->data + start, size);
    return block->data + start;
}

void *hq_arena_alloc(struct hq_arena *arena, size_t size)
{
    return memset(take(arena, size, alignof(max_align_t)), 0, size);
}

/* Strings are packed without gaps; ASan wants them to start on its granules. */
static char *take_string(struct hq_arena *arena, size_t n)
{
    g_assert(n < SIZE_MAX / 2);
    char *string = take(arena, n + 1, APART ? APART : 1);
    string[n] = '\0';
    return string;
}

static size_t count_nuls(const char *s, size_t n)
{
    size_t count = 0;
    for (const char *p = s; (p = memchr(p, '\0', n - (size_t)(p - s))); p++)
        count++;
    return count;
}

static void copy_without_nuls(char *to, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i]) {
            *to++ = s[i];
        } else {
            *to++ = '\xC0';
            *to++ = '\x80';
        }
    }
}

const char *hq_arena_dup_clean(struct hq_arena *arena, const char *s, size_t n)
{
    char *string = take_string(arena, n);
    if (n)
        memcpy(string, s, n);
    return string;
}

const char *hq_arena_dup(struct hq_arena *arena, const char *s, size_t n)
{
    if (!s)
        return NULL;
    if (n == 0 || !memchr(s, '\0', n))
        return hq_arena_dup_clean(arena, s, n);
    size_t nuls = count_nuls(s, n);
    char *string = take_string(arena, n + nuls);
    copy_without_nuls(string, s, n);
    return string;
}

const char *hq_arena_strdup(struct hq_arena *arena, const char *s)
{
    return s ? hq_arena_dup_clean(arena, s, strlen(s)) : NULL;
}

const char *hq_arena_printf(struct hq_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    return hq_arena_strdup(arena, text);
}

static const char *intern_clean(struct hq_arena *arena, const char *s, size_t n)
{
    struct hq_intern_slot *slot = hq_intern_find(&arena->strings, s, n);
    if (!slot->string)
        hq_intern_fill(&arena->strings, slot, hq_arena_dup_clean(arena, s, n));
    return slot->string;
}

const char *hq_arena_intern(struct hq_arena *arena, const char *s, size_t n)
{
    if (!s)
        return NULL;
    size_t nuls = n ? count_nuls(s, n) : 0;
    if (!nuls)
        return intern_clean(arena, s, n);
    char *clean = g_malloc(n + nuls);
    copy_without_nuls(clean, s, n);
    const char *string = intern_clean(arena, clean, n + nuls);
    g_free(clean);
    return string;
}
