/* SPDX-License-Identifier: ISC */
/* Arena: memory that dies together, and strings kept once. What hangs below a snapshot or a
 * batch of messages lives in one. Allocation never fails: like GLib's, it aborts. */
#ifndef HOPQ_ARENA_H
#define HOPQ_ARENA_H

#include <stddef.h>

struct hq_arena;

struct hq_arena *hq_arena_new(void);
/* NULL is fine. */
void hq_arena_free(struct hq_arena *arena);
/* Forgets everything allocated but keeps one block for the next round. */
void hq_arena_reset(struct hq_arena *arena);
/* Bytes held, used or not. */
size_t hq_arena_size(const struct hq_arena *arena);

/* Zeroed, aligned for any type. SIZE 0 gives a valid pointer. */
void *hq_arena_alloc(struct hq_arena *arena, size_t size);
/* N bytes of S and a NUL behind them; a NUL inside becomes the two bytes C0 80, which
 * hq_text_safe() shows as a mark. S NULL gives NULL. */
const char *hq_arena_dup(struct hq_arena *arena, const char *s, size_t n);
/* The same for bytes that are known to hold no NUL. */
const char *hq_arena_dup_clean(struct hq_arena *arena, const char *s, size_t n);
/* The same for a C string. */
const char *hq_arena_strdup(struct hq_arena *arena, const char *s);
const char *hq_arena_printf(struct hq_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* As hq_arena_dup, but equal strings give the same pointer for the life of the arena. */
const char *hq_arena_intern(struct hq_arena *arena, const char *s, size_t n);

#endif
