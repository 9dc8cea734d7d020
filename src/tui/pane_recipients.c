/* SPDX-License-Identifier: ISC */
/* Whom the message is for, why it waits for each, what to do; then who handed it in. */
#include "hopq/fields.h"
#include "hopq/reason.h"
#include "tui/pane.h"
#include <string.h>

/* With more recipients what is known of the message would be far below them. */
#define LONG_LIST 6

static const char *const wait_words[HQ_WAIT_COUNT] = {
    [HQ_WAIT_YES] = "waiting helps",
    [HQ_WAIT_COND] = "waiting helps only after a change",
    [HQ_WAIT_NO] = "waiting does not help",
};

static void add_span(struct hq_lines *lines, const char *before, int64_t span, const char *after)
{
    char text[16];
    if (span != HQ_NONE)
        hq_lines_printf(lines, HQ_ROLE_NORMAL, "%s%s%s", before, hq_time_span(span, text), after);
}

static int64_t between(int64_t from, int64_t to)
{
    return from == HQ_NONE || to == HQ_NONE ? HQ_NONE : to - from;
}

static void add_warning(struct hq_lines *lines, const struct hq_recipient *recipient, int64_t now)
{
    int64_t left = between(now, recipient->warning);
    if (left != HQ_NONE && left <= 0)
        hq_lines_add(lines, HQ_ROLE_NORMAL, "  sender warned with it");
    else if (left != HQ_NONE)
        add_span(lines, "  sender warned in ", left, "");
    else if (recipient->warned == HQ_WARNED_YES)
        hq_lines_add(lines, HQ_ROLE_NORMAL, "  sender was warned");
}

static void add_times(struct hq_lines *lines, const struct hq_recipient *recipient, int64_t now)
{
    int64_t next = between(now, recipient->next_attempt);
    if (recipient->attempts == HQ_NONE && recipient->last_attempt == HQ_NONE && next == HQ_NONE &&
        recipient->expires == HQ_NONE)
        return;
    hq_lines_add(lines, HQ_ROLE_LABEL, "  tries");
    hq_lines_tab(lines, 13);
    hq_lines_hang(lines);
    if (recipient->attempts != HQ_NONE)
        hq_lines_printf(lines, HQ_ROLE_NORMAL, "%" G_GINT64_FORMAT " so far", recipient->attempts);
    add_span(lines, "  last ", between(recipient->last_attempt, now), " ago");
    if (next != HQ_NONE && next <= 0)
        hq_lines_add(lines, HQ_ROLE_NORMAL, "  next is due");
    else
        add_span(lines, "  next in ", next, "");
    add_warning(lines, recipient, now);
    add_span(lines, "  given up in ", between(now, recipient->expires), "");
    hq_lines_end(lines);
}

/* "throttled, fault: remote, at RCPT TO; waiting helps" */
static void add_category(struct hq_lines *lines, const struct hq_reason_kind *kind)
{
    const char *name = hq_category_names[kind->category];
    const char *fault = hq_fault_names[kind->fault], *phase = hq_phase_words[kind->phase];
    hq_lines_add(lines, HQ_ROLE_LABEL, "  why");
    hq_lines_tab(lines, 13);
    hq_lines_hang(lines);
    hq_lines_add(lines, HQ_ROLE_STRONG, name ? name : "unknown");
    if (fault)
        hq_lines_printf(lines, HQ_ROLE_NORMAL, ", fault: %s", fault);
    if (phase)
        hq_lines_printf(lines, HQ_ROLE_NORMAL, ", %s", phase);
    if (wait_words[kind->wait])
        hq_lines_printf(lines, kind->wait == HQ_WAIT_NO ? HQ_ROLE_BAD : HQ_ROLE_NORMAL, "; %s",
                        wait_words[kind->wait]);
    hq_lines_end(lines);
    if (kind->category != HQ_CATEGORY_NONE)
        hq_lines_label(lines, "  it means", HQ_ROLE_NORMAL, hq_category_meaning(kind->category));
}

static void add_reason(struct hq_lines *lines, const struct hq_reason *reason)
{
    add_category(lines, reason->kind);
    hq_lines_label(lines, "  they said", HQ_ROLE_NORMAL, reason->text);
    if (reason->relay || reason->relay_ip) {
        g_autofree char *relay =
            g_strdup_printf("%s [%s]%s%s", reason->relay ? reason->relay : "unknown",
                            reason->relay_ip ? reason->relay_ip : "no address",
                            reason->kind->provider ? ", run by " : "",
                            reason->kind->provider ? reason->kind->provider : "");
        hq_lines_label(lines, "  host", HQ_ROLE_NORMAL, relay);
    }
    hq_lines_label(lines, "  to do", HQ_ROLE_STRONG, reason->kind->advice);
}

/* The same state, answer (but for the address in it) and times. */
static gboolean same_story(gconstpointer one, gconstpointer other)
{
    const struct hq_recipient *a = one, *b = other;
    return a->state == b->state && a->attempts == b->attempts &&
           a->last_attempt == b->last_attempt && a->next_attempt == b->next_attempt &&
           a->expires == b->expires && !a->reason == !b->reason &&
           (!a->reason || (a->reason->kind == b->reason->kind &&
                           g_strcmp0(a->reason->relay_ip, b->reason->relay_ip) == 0));
}

static guint story_hash(gconstpointer recipient)
{
    const struct hq_recipient *self = recipient;
    return g_direct_hash(self->reason ? self->reason->kind : NULL) ^
           g_int64_hash(&self->last_attempt) ^ self->state;
}

/* GPtrArrays of recipients with one story each, in the order of their first ones. */
static GPtrArray *group_by_story(const struct hq_message *message)
{
    GPtrArray *groups = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    g_autoptr(GHashTable) by_story = g_hash_table_new(story_hash, same_story);
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        struct hq_recipient *recipient = &message->recipients[i];
        GPtrArray *group = g_hash_table_lookup(by_story, recipient);
        if (!group) {
            group = g_ptr_array_new();
            g_ptr_array_add(groups, group);
            g_hash_table_insert(by_story, recipient, group);
        }
        g_ptr_array_add(group, recipient);
    }
    return groups;
}

static const char *why(const struct hq_recipient *recipient)
{
    const char *name = NULL;
    if (recipient->reason)
        name = hq_category_names[recipient->reason->kind->category];
    if (!name)
        name = hq_state_names[recipient->state];
    return name ? name : "unknown";
}

/* "200: 102 greylist, 98 mailbox-full", "200, all greylist" */
static void add_overview(struct hq_lines *lines, const struct hq_message *message)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(GHashTable) counts = g_hash_table_new(g_str_hash, g_str_equal);
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        const char *name = why(&message->recipients[i]);
        guint n = GPOINTER_TO_UINT(g_hash_table_lookup(counts, name)) + 1;
        if (n == 1)
            g_ptr_array_add(names, (gpointer)name);
        g_hash_table_insert(counts, (gpointer)name, GUINT_TO_POINTER(n));
    }
    if (names->len == 1)
        g_string_printf(text, "%u, all %s", message->recipient_count, (char *)names->pdata[0]);
    else
        g_string_printf(text, "%u:", message->recipient_count);
    for (guint i = 0; names->len > 1 && i < names->len; i++) {
        const char *name = names->pdata[i];
        g_string_append_printf(text, "%s %u %s", i ? "," : "",
                               GPOINTER_TO_UINT(g_hash_table_lookup(counts, name)), name);
    }
    hq_lines_label(lines, "recipients", HQ_ROLE_STRONG, text->str);
    hq_lines_empty(lines);
}

static void add_recipient(struct hq_lines *lines, const struct hq_recipient *recipient, int64_t now)
{
    const char *state = hq_state_names[recipient->state];
    hq_lines_glyph(lines, HQ_ROLE_STRONG, HQ_GLYPH_ARROW);
    hq_lines_add(lines, HQ_ROLE_STRONG, " ");
    hq_lines_add(lines, HQ_ROLE_STRONG, recipient->address ? recipient->address : "unknown");
    hq_lines_printf(lines, recipient->state == HQ_STATE_FAILED ? HQ_ROLE_BAD : HQ_ROLE_NORMAL,
                    "  %s", state ? state : "");
    hq_lines_end(lines);
    hq_lines_label(lines, "  sent to", HQ_ROLE_NORMAL, recipient->original);
    if (recipient->reason)
        add_reason(lines, recipient->reason);
    add_times(lines, recipient, now);
}

static void add_others(struct hq_lines *lines, const GPtrArray *group)
{
    for (guint i = 1; i < group->len; i++) {
        const struct hq_recipient *recipient = group->pdata[i];
        hq_lines_add(lines, HQ_ROLE_LABEL, i == 1 ? "  same for" : "");
        hq_lines_tab(lines, 13);
        hq_lines_hang(lines);
        hq_lines_add(lines, HQ_ROLE_STRONG, recipient->address ? recipient->address : "unknown");
        if (recipient->original)
            hq_lines_printf(lines, HQ_ROLE_NORMAL, ", sent to %s", recipient->original);
        hq_lines_end(lines);
    }
}

/* A thousand recipients with one answer: it is told once, as the first one got it. */
static void add_group(struct hq_lines *lines, const GPtrArray *group, int64_t now)
{
    add_recipient(lines, group->pdata[0], now);
    add_others(lines, group);
    hq_lines_empty(lines);
}

static void add_client(struct hq_lines *lines, const struct hq_client *client)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (client->name || client->ip)
        g_string_append_printf(text, "%s [%s]", client->name ? client->name : "name not known",
                               client->ip ? client->ip : "address unknown");
    if (client->helo)
        g_string_append_printf(text, ", HELO %s", client->helo);
    if (client->protocol)
        g_string_append_printf(text, ", %s", client->protocol);
    hq_lines_label(lines, "came from", HQ_ROLE_NORMAL, text->str);
    hq_lines_label(lines, "logged in", HQ_ROLE_NORMAL, client->auth);
}

static void add_forwarded(struct hq_lines *lines, const struct hq_forwarded *forwarded)
{
    if (forwarded->is != HQ_YES)
        return;
    hq_lines_label(lines, "forwarded", HQ_ROLE_WARN,
                   forwarded->original ? forwarded->original : "by an address of ours");
    for (uint32_t i = 0; i < forwarded->evidence_count; i++)
        hq_lines_label(lines, "  because", HQ_ROLE_NORMAL, forwarded->evidence[i]);
}

static void add_facts(struct hq_lines *lines, const struct hq_message *message, int64_t now)
{
    char size[16], when[32], age[16];
    g_autofree char *arrived = g_strdup_printf("%s, %s ago", hq_time_local(message->arrived, when),
                                               hq_time_span(between(message->arrived, now), age));
    add_forwarded(lines, &message->forwarded);
    add_client(lines, &message->client);
    hq_lines_label(lines, "script", HQ_ROLE_NORMAL, message->script);
    if (message->arrived != HQ_NONE)
        hq_lines_label(lines, "arrived", HQ_ROLE_NORMAL, arrived);
    if (message->size != HQ_NONE)
        hq_lines_label(lines, "size", HQ_ROLE_NORMAL, hq_size_format(message->size, size));
    hq_lines_label(lines, "queue", HQ_ROLE_NORMAL, message->queue);
    hq_lines_label(lines, "source", HQ_ROLE_NORMAL, message->source);
    hq_lines_label(lines, "message-id", HQ_ROLE_NORMAL, message->message_id);
}

/* Of a long list the first one's story, what is known of the message, and who else has that story.
 */
static void add_first(struct hq_lines *lines, const struct hq_message *message,
                      const GPtrArray *group, int64_t now)
{
    add_recipient(lines, group->pdata[0], now);
    g_autofree char *others = g_strdup_printf("%u others, below", group->len - 1);
    hq_lines_label(lines, "  same for", HQ_ROLE_NORMAL, group->len > 1 ? others : NULL);
    hq_lines_empty(lines);
    add_facts(lines, message, now);
    hq_lines_empty(lines);
    add_others(lines, group);
    hq_lines_empty(lines);
}

void hq_pane_recipients(const struct hq_pane_input *in, struct hq_lines *lines)
{
    const struct hq_message *message = in->message;
    g_autoptr(GPtrArray) groups = group_by_story(message);
    guint told = 0;
    hq_pane_problems(lines, message);
    if (groups->len > 1 || message->recipient_count > LONG_LIST)
        add_overview(lines, message);
    if (message->recipient_count > LONG_LIST)
        add_first(lines, message, groups->pdata[told++], in->now);
    for (guint i = told; i < groups->len; i++)
        add_group(lines, groups->pdata[i], in->now);
    if (!told)
        add_facts(lines, message, in->now);
}
