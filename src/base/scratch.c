/* SPDX-License-Identifier: ISC */
/* Scratch strings: see scratch.h. AddressSanitizer gets none kept, so that it sees what is used
 * after it was given back. */
#include "base/scratch.h"

enum { FIRST_SIZE = 4096, KEPT = 8 };

#ifdef __SANITIZE_ADDRESS__
enum { LARGEST_KEPT = 0 };
#else
enum { LARGEST_KEPT = 64 * 1024 };
#endif

static _Thread_local struct {
    GString *strings[KEPT];
    unsigned count;
} kept;

GString *hq_scratch_take(void)
{
    return kept.count ? kept.strings[--kept.count] : g_string_sized_new(FIRST_SIZE);
}

void hq_scratch_give(GString *string)
{
    if (kept.count >= KEPT || string->allocated_len > LARGEST_KEPT) {
        g_string_free(string, TRUE);
        return;
    }
    g_string_truncate(string, 0);
    kept.strings[kept.count++] = string;
}
