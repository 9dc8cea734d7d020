/* SPDX-License-Identifier: ISC */
/* Appending to a GString without the checks of its own: most pieces are a few bytes long, and most
 * have room. */
#ifndef HOPQ_BASE_APPEND_H
#define HOPQ_BASE_APPEND_H

#include <glib.h>
#include <string.h>

/* Makes OUT N bytes longer; the caller fills them. */
static inline char *hq_append_room(GString *out, size_t n)
{
    size_t start = out->len;

    if (out->allocated_len - start <= n)
        g_string_set_size(out, start + n);
    out->len = start + n;
    out->str[out->len] = '\0';
    return out->str + start;
}

static inline void hq_append(GString *out, const char *s, size_t n)
{
    memcpy(hq_append_room(out, n), s, n);
}

static inline void hq_append_char(GString *out, char c)
{
    *hq_append_room(out, 1) = c;
}

#endif
