/* SPDX-License-Identifier: ISC */
/* A line of a -H file's list of recipients: the address, and what stands behind it since Exim 4
 * when there is more to tell. src/spool_in.c and src/spool_out.c of 4.96. */
#include "base/append.h"
#include "base/scratch.h"
#include "exim.h"
#include <string.h>

bool hq_ex_number(const char **s, const char *end, int64_t *value)
{
    const char *p = *s;

    *value = 0;
    while (p < end && g_ascii_isdigit(*p) && p - *s < 12)
        *value = *value * 10 + (*p++ - '0');
    bool is = p > *s;
    *s = p;
    return is;
}

/* rf_notify_delay and rf_dsnflags of src/macros.h */
#define NOTIFY_DELAY 0x10
#define NOTIFY       0x1e

struct extras {
    const char *original; /* ORCPT as it came, "" or NULL */
    size_t original_length;
    int64_t notify; /* NOTIFY as bits; 0: not said */
    int64_t parent; /* index of the recipient that this one was made of (one_time); -1 */
};

/* Takes "TEXT LENGTH,NUMBER" off the end of the line; false: it is not of that form. */
static bool take_extra(const char *line, size_t *n, const char **text, size_t *length,
                       int64_t *last)
{
    const char *start = line + *n, *p;
    int64_t size, sign = 1;

    while (start > line && (g_ascii_isdigit(start[-1]) || start[-1] == ',' || start[-1] == '-'))
        start--;
    p = start;
    if (!hq_ex_number(&p, line + *n, &size) || p == line + *n || *p++ != ',')
        return false;
    if (p < line + *n && *p == '-') {
        sign = -1;
        p++;
    }
    if (!hq_ex_number(&p, line + *n, last) || p != line + *n || size + 2 > start - line)
        return false;
    *last *= sign;
    *length = (size_t)size;
    *text = start - 1 - size; /* "text length,number": a blank between them */
    if (start[-1] != ' ' || (*text)[-1] != ' ')
        return false;
    *n = (size_t)(*text - line) - 1;
    return true;
}

/* "address orcpt length,flags errors-to length,parent#3", "address errors-to length,parent#1":
 * what the number behind # has as bits. Without it there is nothing but the address. */
static void split_recipient(const char *line, size_t *n, struct extras *extras)
{
    const char *hash = *n > 2 ? memrchr(line, '#', *n) : NULL;
    const char *digits = hash ? hash + 1 : NULL, *errors_to;
    size_t rest = hash ? (size_t)(hash - line) : 0, length;
    int64_t flags;

    *extras = (struct extras){.parent = -1};
    if (!hash || !hq_ex_number(&digits, line + *n, &flags) || digits != line + *n)
        return;
    if ((flags & 1) && !take_extra(line, &rest, &errors_to, &length, &extras->parent))
        return;
    if ((flags & 2) &&
        !take_extra(line, &rest, &extras->original, &extras->original_length, &extras->notify))
        return;
    *n = rest;
}

/* "rfc822;user+2Bx@a.example" (RFC 3461: xtext) to the address. */
static const char *original_address(struct hq_arena *arena, const char *orcpt, size_t n)
{
    const size_t prefix = strlen("rfc822;");
    GString *plain;
    const char *address;

    if (n <= prefix || g_ascii_strncasecmp(orcpt, "rfc822;", prefix) != 0)
        return NULL;
    plain = hq_scratch_take();
    for (size_t i = prefix; i < n; i++) {
        int high = i + 2 < n && orcpt[i] == '+' ? g_ascii_xdigit_value(orcpt[i + 1]) : -1;
        int low = high >= 0 ? g_ascii_xdigit_value(orcpt[i + 2]) : -1;
        hq_append_char(plain, low >= 0 ? (char)(high * 16 + low) : orcpt[i]);
        i += low >= 0 ? 2 : 0;
    }
    address = hq_arena_dup(arena, plain->str, plain->len);
    hq_scratch_give(plain);
    return address;
}

void hq_ex_recipient_add(struct hq_ex_envelope *envelope, const char *line, size_t n)
{
    struct hq_message *message = envelope->message;
    struct hq_arena *arena = envelope->parse->arena;
    struct hq_recipient *recipient;
    struct extras extras;
    const char *original = NULL;

    split_recipient(line, &n, &extras);
    recipient = hq_message_add_recipient(message, arena);
    recipient->address = hq_arena_dup(arena, line, n);
    if ((extras.notify & NOTIFY) && !(extras.notify & NOTIFY_DELAY))
        recipient->warned = HQ_WARNED_NEVER;
    if (extras.original_length)
        original = original_address(arena, extras.original, extras.original_length);
    if (!original && extras.parent >= 0 && extras.parent + 1 < message->recipient_count)
        original = message->recipients[extras.parent].address;
    if (original && g_ascii_strcasecmp(original, recipient->address) != 0)
        recipient->original = original;
}
