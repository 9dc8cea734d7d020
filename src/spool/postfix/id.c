/* SPDX-License-Identifier: ISC */
/* Queue ids of Postfix: global/mail_queue.c and mail_queue.h (3.7). A short id is 5 hex digits of
 * microseconds and the inode in hex; a long one seconds (6 or more digits of base 52), microseconds
 * (4 of base 52), "z", inode (base 51). Both are hashed by the hex microseconds. */
#include "id.h"
#include <glib.h>
#include <stdio.h>
#include <string.h>

#define SECONDS_DIGITS      6
#define MICROSECONDS_DIGITS 4

bool hq_pf_id_ok(const char *name)
{
    size_t n = 0;

    for (; name[n]; n++)
        if (n == HQ_PF_ID_MAX || !(g_ascii_isalnum(name[n]) || name[n] == '_'))
            return false;
    return n > 0;
}

bool hq_pf_id_is_temporary(const char *name)
{
    static const char digits[] = "0123456789";
    size_t first = strspn(name, digits);
    size_t second = name[first] == '.' ? strspn(name + first + 1, digits) : 0;

    return first && second && name[first + 1 + second] == '\0';
}

/* safe_ultostr()'s digits: no vowels, so that no id is a word. */
static unsigned decode_microseconds(const char *digits)
{
    static const char base52[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
    unsigned value = 0;

    for (int i = 0; i < MICROSECONDS_DIGITS; i++) {
        const char *digit = strchr(base52, digits[i]);
        if (!digit)
            return 0;
        value = value * 52 + (unsigned)(digit - base52);
    }
    return value;
}

bool hq_pf_id_is_long(const char *id)
{
    const char *z = strrchr(id, 'z');

    return z && z - id >= SECONDS_DIGITS + MICROSECONDS_DIGITS;
}

void hq_pf_id_hash(const char *id, unsigned depth, char hash[2 * HQ_PF_DEPTH_MAX + 1])
{
    const char *z = strrchr(id, 'z');
    char hex[16];
    char *out = hash;

    if (hq_pf_id_is_long(id)) {
        g_snprintf(hex, sizeof hex, "%05X", decode_microseconds(z - MICROSECONDS_DIGITS));
        id = hex;
    }
    for (unsigned i = 0; i < depth; i++) {
        *out++ = *id ? *id++ : '_'; /* global/dir_forest.c */
        *out++ = '/';
    }
    *out = '\0';
}
