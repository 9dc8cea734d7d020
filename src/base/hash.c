/* SPDX-License-Identifier: ISC */
/* A keyed hash, eight bytes a step. */
#include "base/hash.h"
#include <string.h>
#ifdef __linux__
#include <sys/auxv.h>
#endif

static uint64_t key[2]; /* key[1] is odd once it is set */

/* Random without a system call, which the sandboxed process may not have: the kernel hands every
 * program 16 random bytes; their second half serves, as the first is the stack protector's. */
static void choose_key(void)
{
    uint64_t seed = (uintptr_t)&key;
#ifdef __linux__
    const char *bytes = (const char *)getauxval(AT_RANDOM);
    if (bytes)
        memcpy(&seed, bytes + 8, sizeof(seed));
#endif
    key[0] = seed;
    key[1] = (seed * UINT64_C(0x9E3779B97F4A7C15)) | 1;
}

/* 64 × 64 bits multiplied, both halves folded. */
static uint64_t fold(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t hq_hash_bytes(const void *bytes, size_t n)
{
    const char *s = bytes;
    uint64_t word;
    if (!key[1])
        choose_key();
    uint64_t hash = key[0] ^ n;
    for (; n >= sizeof(word); s += sizeof(word), n -= sizeof(word)) {
        memcpy(&word, s, sizeof(word));
        hash = fold(hash ^ word, key[1]);
    }
    word = 0;
    memcpy(&word, s, n);
    return fold(fold(hash ^ word, key[1]), key[1] ^ key[0]);
}

guint hq_hash_str(gconstpointer s)
{
    return (guint)hq_hash_bytes(s, strlen(s));
}

/* Fowler, Noll and Vo's (FNV-1a). */
uint32_t hq_hash_address(const char *s, size_t n)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (uint8_t)g_ascii_tolower(s[i])) * 16777619u;
    return hash;
}
