/* SPDX-License-Identifier: ISC */
/* Replies seen before: thousands of deferrals differ in nothing but the address in angle brackets.
 * What a reply means is worked out on the form without it, and found by that form the next time. */
#include "base/hash.h"
#include "hopq/arena.h"
#include "parts.h"
#include <string.h>

/* A flood of different replies empties the memo; the hundreds of a usual queue never do. */
#define MEMO_MAX 8192

struct hq_memo {
    GHashTable *known; /* form → struct hq_memo_entry *; both of ARENA */
    struct hq_arena *arena;
    GString *form;
};

struct hq_memo *hq_memo_new(void)
{
    struct hq_memo *memo = g_new0(struct hq_memo, 1);

    memo->known = g_hash_table_new(hq_hash_str, g_str_equal);
    memo->arena = hq_arena_new();
    memo->form = g_string_new(NULL);
    return memo;
}

void hq_memo_free(struct hq_memo *memo)
{
    g_hash_table_destroy(memo->known);
    hq_arena_free(memo->arena);
    g_string_free(memo->form, TRUE);
    g_free(memo);
}

/* Length of "<local@domain>" at S, with no blank inside; 0: it is none. */
static size_t angle_address(const char *s)
{
    size_t n = strcspn(s + 1, "> \t\r\n<") + 1;

    return s[n] == '>' && memchr(s, '@', n) ? n + 1 : 0;
}

const char *hq_memo_form(struct hq_memo *memo, const char *text, size_t n)
{
    const char *end = text + n;

    g_string_truncate(memo->form, 0);
    while (text < end) {
        size_t plain = strcspn(text, "<");
        g_string_append_len(memo->form, text, (gssize)MIN(plain, (size_t)(end - text)));
        text += plain;
        if (text >= end)
            break;
        size_t address = angle_address(text);
        g_string_append(memo->form, address ? "<u@d.example>" : "<");
        text += address ? address : 1;
    }
    return memo->form->str;
}

static void add(GString *form, const char *s)
{
    g_string_append_c(form, '\n');
    if (s)
        g_string_append(form, s);
}

/* What the caller knows besides the text matters too. It follows the form behind a line end, which
 * no text has. Code and phase are small: a character each, and none is NUL. */
static const char *key_of(struct hq_memo *memo, const struct hq_reason_hint *hint)
{
    add(memo->form, hint->mta);
    add(memo->form, hint->relay);
    add(memo->form, hint->enhanced);
    g_string_append_unichar(memo->form, (gunichar)CLAMP(hint->code, 0, 999) + 1);
    g_string_append_unichar(memo->form, (gunichar)hint->phase + 1);
    return memo->form->str;
}

const struct hq_memo_entry *hq_memo_find(struct hq_memo *memo, const struct hq_reason_hint *hint)
{
    return g_hash_table_lookup(memo->known, key_of(memo, hint));
}

void hq_memo_keep(struct hq_memo *memo, const struct hq_memo_entry *entry)
{
    if (g_hash_table_size(memo->known) >= MEMO_MAX) {
        g_hash_table_remove_all(memo->known);
        hq_arena_reset(memo->arena);
    }
    struct hq_memo_entry *kept = hq_arena_alloc(memo->arena, sizeof *kept);
    kept->kind = entry->kind;
    kept->relay = hq_arena_strdup(memo->arena, entry->relay);
    kept->relay_ip = hq_arena_strdup(memo->arena, entry->relay_ip);
    g_hash_table_insert(memo->known, (char *)hq_arena_strdup(memo->arena, memo->form->str), kept);
}
