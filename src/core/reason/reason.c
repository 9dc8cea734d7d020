/* SPDX-License-Identifier: ISC */
/* The reason engine: stored text -> reply -> words -> category; equal kinds are kept once. Order of
 * judgement: codes that need no words, the provider's own phrases, phrases, codes. */
#include "base/hash.h"
#include "hopq/arena.h"
#include "parts.h"
#include <string.h>

/* Kinds that are kept. A queue has hundreds; who floods it with odd replies gets theirs from the
 * caller's arena. */
#define KINDS_MAX 20000

struct hq_reasons {
    struct hq_arena *arena;
    GHashTable *kinds; /* key_of() to struct hq_reason_kind, both of ARENA */
    struct hq_memo *memo;
    GString *masked, *key, *form;
    struct hq_reply reply; /* scratch: too large for the stack */
    struct hq_words words;
};

struct hq_reasons *hq_reasons_new(void)
{
    struct hq_reasons *reasons = g_new0(struct hq_reasons, 1);
    reasons->arena = hq_arena_new();
    reasons->kinds = g_hash_table_new(hq_hash_str, g_str_equal);
    reasons->masked = g_string_new(NULL);
    reasons->key = g_string_new(NULL);
    reasons->form = g_string_new(NULL);
    reasons->memo = hq_memo_new();
    return reasons;
}

void hq_reasons_free(struct hq_reasons *reasons)
{
    if (!reasons)
        return;
    g_hash_table_destroy(reasons->kinds);
    g_string_free(reasons->masked, TRUE);
    g_string_free(reasons->key, TRUE);
    g_string_free(reasons->form, TRUE);
    hq_memo_free(reasons->memo);
    hq_arena_free(reasons->arena);
    g_free(reasons);
}

static void append_mark(char *marks, size_t size, const char *word)
{
    size_t n = strlen(marks);
    if (*word)
        g_snprintf(marks + n, size - n, "{%s} ", word);
}

static bool is_here(const char *ip)
{
    return strncmp(ip, "127.", 4) == 0 || strcmp(ip, "::1") == 0;
}

/* A text without a single word of two letters ("%s: %s"): the MTA had nothing to say. An empty one
 * says even less. */
static bool is_wordless(const struct hq_reply *reply, const struct hq_words *words)
{
    if (!reply->text[0])
        return false;
    for (const char *s = words->text; *s; s++) {
        if (*s == '{') /* a mark */
            s += strcspn(s, " ") - 1;
        else if (s[0] & 0x80 || (g_ascii_isalpha(s[0]) && g_ascii_isalpha(s[1])))
            return false;
    }
    return true;
}

enum hq_category hq_reason_classify(const struct hq_rules *rules, const struct hq_reply *reply,
                                    struct hq_words *words, GString *masked, const char **provider,
                                    const struct hq_reason_rule **rule)
{
    char marks[64] = "";
    append_mark(marks, sizeof marks, reply->enhanced);
    append_mark(marks, sizeof marks, reply->recipient ? "rcpt" : "");
    append_mark(marks, sizeof marks, strchr(reply->text, ' ') ? "" : "alone");
    append_mark(marks, sizeof marks, is_here(reply->relay_ip) ? "here" : "");
    g_string_truncate(masked, 0);
    hq_words_read(words, reply->text, marks, masked);
    const struct hq_reason_rule *match = hq_rules_match(rules, reply, words, provider);
    enum hq_category category = hq_codes_category(reply, true);
    *rule = category == HQ_CATEGORY_UNKNOWN ? match : NULL;
    if (category != HQ_CATEGORY_UNKNOWN)
        return category;
    if (match)
        return match->category;
    category = hq_codes_category(reply, false);
    if (category == HQ_CATEGORY_UNKNOWN && reply->recipient) /* and no word why */
        category = HQ_CATEGORY_USER_UNKNOWN;
    if (category == HQ_CATEGORY_UNKNOWN && is_wordless(reply, words))
        category = reply->remote ? HQ_CATEGORY_REMOTE_ERROR : HQ_CATEGORY_LOCAL_ERROR;
    return category;
}

static struct hq_reason_kind *new_kind(struct hq_arena *arena, const char *masked,
                                       const struct hq_reply *reply, enum hq_category category,
                                       const char *provider, const char *advice)
{
    struct hq_reason_kind *kind = hq_arena_alloc(arena, sizeof *kind);
    *kind = (struct hq_reason_kind){
        .masked = hq_arena_strdup(arena, masked),
        .code = reply->code > 0 ? reply->code : HQ_NONE,
        .enhanced = reply->enhanced[0] ? hq_arena_strdup(arena, reply->enhanced) : NULL,
        .phase = reply->phase,
        .category = (uint8_t)category,
        .provider = provider,
        .fault = (uint8_t)hq_category_fault(category),
        .wait = (uint8_t)hq_category_wait(category),
        .advice = advice ? advice : hq_category_advice(category),
    };
    if (category == HQ_CATEGORY_LOCAL_ERROR && kind->phase == HQ_PHASE_UNKNOWN)
        kind->phase = HQ_PHASE_LOCAL;
    return kind;
}

/* What makes a kind besides its words. Numbers are a character each, none of them NUL. */
static void make_key(GString *key, const struct hq_reply *reply, enum hq_category category,
                     const char *provider)
{
    g_string_truncate(key, 0);
    g_string_append_unichar(key, (gunichar)category + 1);
    g_string_append_unichar(key, (gunichar)CLAMP(reply->code, 0, 999) + 1);
    g_string_append_unichar(key, (gunichar)reply->phase + 1);
    g_string_append(key, reply->enhanced);
    g_string_append(key, is_here(reply->relay_ip) ? " here" : "");
    g_string_append_c(key, ' ');
    g_string_append(key, provider ? provider : "-");
    g_string_append_c(key, ' ');
}

static const struct hq_reason_kind *kind_of(struct hq_reasons *reasons, struct hq_arena *arena)
{
    const struct hq_reply *reply = &reasons->reply;
    const char *provider;
    const struct hq_reason_rule *rule;
    enum hq_category category = hq_reason_classify(hq_rules_get(), reply, &reasons->words,
                                                   reasons->masked, &provider, &rule);
    make_key(reasons->key, reply, category, provider);
    g_string_append_len(reasons->key, reasons->masked->str, (gssize)reasons->masked->len);
    struct hq_reason_kind *kind = g_hash_table_lookup(reasons->kinds, reasons->key->str);
    if (kind)
        return kind;
    bool keep = g_hash_table_size(reasons->kinds) < KINDS_MAX;
    kind = new_kind(
        keep ? reasons->arena : arena, reasons->masked->str, reply, category, provider,
        hq_rules_advice(hq_rules_get(), &reasons->words, category, (enum hq_phase)reply->phase));
    if (keep)
        g_hash_table_insert(reasons->kinds,
                            (char *)hq_arena_strdup(reasons->arena, reasons->key->str), kind);
    return kind;
}

/* Works out the reply whose form the memo has just made. True: the kind is kept for good, and the
 * memo may point to it. */
static bool work_out(struct hq_reasons *reasons, const char *form,
                     const struct hq_reason_hint *hint, struct hq_arena *arena,
                     struct hq_memo_entry *entry)
{
    struct hq_reply *reply = &reasons->reply;
    hq_reply_parse(reply, form, hint);
    entry->kind = kind_of(reasons, arena);
    entry->relay = reply->relay[0] ? reply->relay : NULL;
    entry->relay_ip = reply->relay_ip[0] ? reply->relay_ip : NULL;
    return g_hash_table_size(reasons->kinds) < KINDS_MAX;
}

static const char *intern(struct hq_arena *arena, const char *s)
{
    return s ? hq_arena_intern(arena, s, strlen(s)) : NULL;
}

const struct hq_reason *hq_reason_parse(struct hq_reasons *reasons, const char *text,
                                        const struct hq_reason_hint *hint, struct hq_arena *arena)
{
    static const struct hq_reason_hint nothing;
    if (!text)
        return NULL;
    if (!hint)
        hint = &nothing;
    struct hq_memo_entry entry;
    size_t n = strlen(text);
    const char *form = hq_memo_form(reasons->memo, text, MIN(n, HQ_REASON_TEXT_MAX));
    const struct hq_memo_entry *known;
    g_string_assign(reasons->form, form);
    known = hq_memo_find(reasons->memo, hint);
    if (!known) {
        if (work_out(reasons, reasons->form->str, hint, arena, &entry))
            hq_memo_keep(reasons->memo, &entry);
        known = &entry;
    }
    struct hq_reason *reason = hq_arena_alloc(arena, sizeof *reason);
    reason->text = hq_arena_intern(arena, text, n);
    reason->kind = known->kind;
    reason->relay = intern(arena, known->relay);
    reason->relay_ip = intern(arena, known->relay_ip);
    return reason;
}
