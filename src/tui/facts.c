/* SPDX-License-Identifier: ISC */
/* What the messages of a group have in common. In a group by reason: who forwards them. In one by
 * sender: how they came, as what, and how fast, which tells a stolen password from a newsletter. */
#include "tui/facts.h"
#include <string.h>

static const char *const labels[HQ_FACT_COUNT] = {
    [HQ_FACT_FORWARDED] = " forwarded", [HQ_FACT_SENDER] = " sent as",
    [HQ_FACT_USER] = " logged in",      [HQ_FACT_CLIENT] = " came from",
    [HQ_FACT_SUBJECT] = " subjects",    [HQ_FACT_ARRIVED] = " arrived",
};

static const char *sender_of(const struct hq_message *message)
{
    return message->sender && !*message->sender ? "<> (bounces)" : message->sender;
}

static const char *user_of(const struct hq_message *message)
{
    return message->client.auth;
}

static const char *client_of(const struct hq_message *message)
{
    return message->client.ip;
}

static const char *subject_of(const struct hq_message *message)
{
    return message->subject && *message->subject ? message->subject : NULL;
}

/* How often each stands there; *MOST is the first of the most frequent ones. */
static GHashTable *count(const GPtrArray *members, const char *(*get)(const struct hq_message *),
                         const char **most)
{
    GHashTable *counts = g_hash_table_new(g_str_hash, g_str_equal);
    guint best = 0;
    for (guint i = 0; i < members->len; i++) {
        const char *text = get(members->pdata[i]);
        if (!text)
            continue;
        guint n = GPOINTER_TO_UINT(g_hash_table_lookup(counts, text)) + 1;
        g_hash_table_insert(counts, (gpointer)text, GUINT_TO_POINTER(n));
        if (n > best) {
            best = n;
            *most = text;
        }
    }
    return counts;
}

/* "198.51.100.7 (20 of 60), 2 others" */
static char *tell(const GPtrArray *members, const char *(*get)(const struct hq_message *))
{
    const char *most = NULL;
    g_autoptr(GHashTable) counts = count(members, get, &most);
    guint others = g_hash_table_size(counts), n = 0;
    if (!most)
        return NULL;
    others--;
    n = GPOINTER_TO_UINT(g_hash_table_lookup(counts, most));
    GString *text = g_string_new(most);
    if (n < members->len && n > 1)
        g_string_append_printf(text, " (%u of %u)", n, members->len);
    if (others)
        g_string_append_printf(text, ", %u other%s", others, others == 1 ? "" : "s");
    return g_string_free(text, FALSE);
}

/* "60 within 2s, the last 22 Nov 11:48" */
static char *tell_when(const GPtrArray *members)
{
    int64_t first = INT64_MAX, last = INT64_MIN;
    char span[16], when[32];
    for (guint i = 0; i < members->len; i++) {
        int64_t arrived = ((const struct hq_message *)members->pdata[i])->arrived;
        if (arrived == HQ_NONE)
            continue;
        first = MIN(first, arrived);
        last = MAX(last, arrived);
    }
    if (last < first)
        return NULL;
    if (members->len == 1)
        return g_strdup(hq_time_local(last, when));
    return g_strdup_printf("%u within %s, the last %s", members->len,
                           hq_time_span(last - first, span), hq_time_local(last, when));
}

static char *tell_forwarding(const struct hq_group *group)
{
    g_autoptr(GString) text = g_string_new(NULL);
    hq_group_forwarding(group, text);
    return text->len ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

void hq_facts_find(struct hq_facts *facts, const struct hq_group *group)
{
    if (facts->of == group)
        return;
    hq_facts_clear(facts);
    facts->of = group;
    facts->text[HQ_FACT_FORWARDED] = tell_forwarding(group);
    if (!group->name)
        return;
    facts->text[HQ_FACT_SENDER] = tell(group->members, sender_of);
    facts->text[HQ_FACT_USER] = tell(group->members, user_of);
    facts->text[HQ_FACT_CLIENT] = tell(group->members, client_of);
    facts->text[HQ_FACT_SUBJECT] = tell(group->members, subject_of);
    facts->text[HQ_FACT_ARRIVED] = tell_when(group->members);
    for (unsigned i = 0; i < HQ_FACT_COUNT; i++) /* the row has it */
        if (g_strcmp0(facts->text[i], group->name) == 0)
            g_clear_pointer(&facts->text[i], g_free);
}

void hq_facts_show(const struct hq_facts *facts, struct hq_lines *lines)
{
    for (unsigned i = 0; i < HQ_FACT_COUNT; i++)
        hq_lines_label(lines, labels[i], i == HQ_FACT_FORWARDED ? HQ_ROLE_WARN : HQ_ROLE_NORMAL,
                       facts->text[i]);
}

void hq_facts_clear(struct hq_facts *facts)
{
    for (unsigned i = 0; i < HQ_FACT_COUNT; i++)
        g_clear_pointer(&facts->text[i], g_free);
    facts->of = NULL;
}
