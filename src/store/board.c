/* SPDX-License-Identifier: ISC */
/* The triage board: one pass over the recipients that still wait, each put into the group of its
 * key (board_key.c). This is on the way of every first screen: what is counted here is counted in
 * few steps. */
#include "store/board.h"
#include "hopq/reason.h"
#include "model/schema_rows.h"
#include "store/board_internal.h"
#include <string.h>

static const struct hq_field group_rows[] = {
    HQ_STR(hq_group, reason, "reason"),
    HQ_STR(hq_group, domain, "domain"),
    HQ_STR(hq_group, provider, "provider"),
    HQ_INT(hq_group, messages, "messages"),
    HQ_INT(hq_group, recipients, "recipients"),
    HQ_INT(hq_group, bytes, "bytes"),
    HQ_TIME(hq_group, oldest, "oldest"),
    HQ_TIME(hq_group, next_attempt, "next_attempt"),
    HQ_INT(hq_group, expiring_6h, "expiring_6h"),
    HQ_INT(hq_group, forwarded, "forwarded"),
    HQ_STR(hq_group, sample, "sample"),
    HQ_STR(hq_group, advice, "advice"),
    HQ_STR(hq_group, by, "by"),
    HQ_STR(hq_group, name, "name"),
    HQ_STR(hq_group, through, "through"),
    HQ_INT(hq_group, through_count, "through_count"),
    HQ_STR(hq_group, through_to, "through_to"),
    HQ_STRUCT(hq_group, trend, "trend", hq_trend_schema),
    HQ_OBJECT(hq_group, rates, "rates", hq_rate_schema),
};
const struct hq_schema hq_group_schema = HQ_SCHEMA(hq_group, group_rows);

/* ---- filling ---- */

static struct hq_group *new_group(struct hq_board *board, const struct hq_group *probe)
{
    struct hq_group *group = hq_schema_new(&hq_group_schema, board->arena);

    group->reason = probe->reason;
    group->domain = hq_arena_strdup(board->arena, probe->domain);
    group->provider = probe->provider;
    group->by = hq_board_key_names[board->key];
    group->name = probe->name;
    group->messages = group->recipients = group->bytes = 0;
    group->expiring_6h = group->forwarded = group->through_count = 0;
    group->members = g_ptr_array_new();
    g_ptr_array_add(board->groups, group);
    g_hash_table_add(board->index, group);
    return group;
}

static struct hq_group *find_group(struct hq_board *board, const struct hq_board_member *member)
{
    char buf[HQ_BOARD_KEY_SIZE];
    struct hq_group probe = {.reason = NULL};

    hq_board_key(board->key, member, &probe, buf);
    if (board->last && hq_group_equal(board->last, &probe)) /* a mailing's recipients in a row */
        return board->last;
    struct hq_group *group = g_hash_table_lookup(board->index, &probe);
    board->last = group ? group : new_group(board, &probe);
    return board->last;
}

static void count_age(struct hq_group *group, int64_t arrived, int64_t now)
{
    int64_t age;
    unsigned bucket = 0;

    if (arrived == HQ_NONE || __builtin_sub_overflow(now, arrived, &age))
        return;
    for (int64_t limit = 5 * HQ_MINUTE; bucket < G_N_ELEMENTS(group->ages) - 1 && age >= limit;
         limit *= 2)
        bucket++;
    group->ages[bucket]++;
}

/* The place of KEY, or a free one for it. NULL: all are taken, and each was counted down by one. */
static struct hq_board_top *find_top(struct hq_board_top *tops, const void *key, bool text)
{
    struct hq_board_top *free = NULL;

    for (unsigned i = 0; i < HQ_BOARD_TOPS; i++) {
        if (tops[i].count == 0)
            free = free ? free : &tops[i];
        else if (tops[i].key == key || (text && g_ascii_strcasecmp(tops[i].key, key) == 0))
            return &tops[i];
    }
    for (unsigned i = 0; !free && i < HQ_BOARD_TOPS; i++)
        tops[i].count--;
    return free;
}

static void count_top(struct hq_board_top *tops, const void *key, const void *of, bool text)
{
    struct hq_board_top *top = find_top(tops, key, text);

    if (top && top->count++ == 0)
        *top = (struct hq_board_top){key, of, 1};
}

static void add_message(struct hq_group *group, const struct hq_message *message, int64_t now)
{
    group->messages++;
    g_ptr_array_add(group->members, (gpointer)message);
    if (message->size != HQ_NONE &&
        __builtin_add_overflow(group->bytes, message->size, &group->bytes))
        group->bytes = INT64_MAX;
    group->oldest = hq_time_sooner(group->oldest, message->arrived);
    group->forwarded += message->forwarded.is == HQ_YES;
    count_age(group, message->arrived, now);
}

/* A message counts once as expiring: last_expiring is the one counted last. */
static void add_recipient(struct hq_group *group, const struct hq_board_member *member, int64_t now)
{
    const struct hq_recipient *recipient = member->recipient;
    const struct hq_reason *reason = recipient->reason;

    group->recipients++;
    group->held += recipient->state == HQ_STATE_HELD;
    group->next_attempt = hq_time_sooner(group->next_attempt, recipient->next_attempt);
    if (reason)
        count_top(group->texts, reason->kind, reason, false);
    if (hq_recipient_expires_soon(recipient, now) && group->last_expiring != member->message) {
        group->expiring_6h++;
        group->last_expiring = member->message;
    }
}

static void add_member(struct hq_board *board, const struct hq_board_member *member)
{
    struct hq_group *group = find_group(board, member);
    GPtrArray *members = group->members;
    const struct hq_forwarded *forwarded = &member->message->forwarded;

    if (members->len == 0 || members->pdata[members->len - 1] != member->message) {
        add_message(group, member->message, board->now);
        if (forwarded->is == HQ_YES && forwarded->original)
            count_top(group->forwarders, forwarded->original, member->recipient, true);
    }
    if (member->recipient)
        add_recipient(group, member, board->now);
}

/* Messages in a mailbox have no recipients and wait for nothing: they are on no board. */
static void add_message_of_queue(struct hq_board *board, const struct hq_message *message)
{
    if (message->recipient_count == 0 && message->incomplete == HQ_YES)
        add_member(board, &(struct hq_board_member){message, NULL});
    for (uint32_t i = 0; i < message->recipient_count; i++)
        if (hq_recipient_waits(&message->recipients[i]))
            add_member(board, &(struct hq_board_member){message, &message->recipients[i]});
}

/* ---- what the counts come to ---- */

static const struct hq_board_top *most(const struct hq_board_top *tops)
{
    const struct hq_board_top *top = &tops[0];

    for (unsigned i = 1; i < HQ_BOARD_TOPS; i++)
        if (tops[i].count > top->count)
            top = &tops[i];
    return top->count ? top : NULL;
}

/* The exact number is counted when the address is known: the counts above are lower bounds. */
static int64_t count_through(const struct hq_group *group)
{
    int64_t count = 0;

    for (guint i = 0; i < group->members->len; i++) {
        const struct hq_message *message = group->members->pdata[i];
        count += message->forwarded.is == HQ_YES && message->forwarded.original &&
                 g_ascii_strcasecmp(message->forwarded.original, group->through) == 0;
    }
    return count;
}

/* Calls SEE for each reason in GROUP until it is satisfied. */
static void each_reason(const struct hq_board *board, const struct hq_group *group,
                        bool (*see)(const struct hq_reason *reason, void *data), void *data)
{
    char buf[HQ_BOARD_KEY_SIZE];

    for (guint i = 0; i < group->members->len; i++) {
        const struct hq_message *message = group->members->pdata[i];
        for (uint32_t k = 0; k < message->recipient_count; k++) {
            const struct hq_recipient *recipient = &message->recipients[k];
            struct hq_group probe = {.reason = NULL};
            if (!recipient->reason || !hq_recipient_waits(recipient))
                continue;
            hq_board_key(board->key, &(struct hq_board_member){message, recipient}, &probe, buf);
            if (hq_group_equal(&probe, group) && see(recipient->reason, data))
                return;
        }
    }
}

static bool count_category(const struct hq_reason *reason, void *data)
{
    ((uint32_t *)data)[reason->kind->category]++;
    return false;
}

static bool take_first(const struct hq_reason *reason, void *data)
{
    const struct hq_reason **found = data;

    if (reason->kind->category != (*found)->kind->category)
        return false;
    *found = reason;
    return true;
}

/* Who sent it and who answered have reasons of many kinds: the one to tell is of the category that
 * most wait for. TEXT, the most frequent wording, may be of a smaller one. */
static const struct hq_reason *mostly(const struct hq_board *board, struct hq_group *group,
                                      const struct hq_reason *text)
{
    uint32_t counts[HQ_CATEGORY_COUNT] = {0};
    struct hq_reason_kind kind = {.category = text->kind->category};
    const struct hq_reason wanted = {.kind = &kind}, *found = &wanted;

    each_reason(board, group, count_category, counts);
    for (unsigned i = 0; i < HQ_CATEGORY_COUNT; i++)
        if (counts[i] > counts[kind.category])
            kind.category = (enum hq_category)i;
    group->mostly = counts[kind.category];
    if (kind.category == text->kind->category)
        return text;
    each_reason(board, group, take_first, &found);
    return found;
}

static void settle(const struct hq_board *board, struct hq_group *group)
{
    const struct hq_board_top *text = most(group->texts), *forwarder = most(group->forwarders);

    if (text) {
        const struct hq_reason *reason = text->of;
        if (board->key != HQ_BOARD_REASON)
            reason = mostly(board, group, reason);
        group->reason_of = reason;
        group->sample = reason->text;
        group->advice = reason->kind->advice ? reason->kind->advice
                                             : hq_category_advice(reason->kind->category);
    }
    if (forwarder) {
        const struct hq_recipient *recipient = forwarder->of;
        group->through = forwarder->key;
        group->through_count = count_through(group);
        group->through_to = recipient ? recipient->address : NULL;
    }
}

static gint by_size(gconstpointer a, gconstpointer b)
{
    const struct hq_group *x = *(struct hq_group *const *)a, *y = *(struct hq_group *const *)b;

    if (x->messages != y->messages)
        return x->messages > y->messages ? -1 : 1;
    if (x->recipients != y->recipients)
        return x->recipients > y->recipients ? -1 : 1;
    int order = g_strcmp0(x->reason, y->reason);
    if (order == 0)
        order = g_strcmp0(x->domain, y->domain);
    if (order == 0)
        order = g_strcmp0(x->provider, y->provider);
    return order ? order : g_strcmp0(x->name, y->name);
}

/* ---- the whole ---- */

/* Fetches a message's memory before its turn. Messages are ordered by what the user asked for, so
 * they lie anywhere, and most of the time went into waiting for them. */
static void fetch_ahead(const GPtrArray *messages, unsigned i)
{
    enum { MESSAGE = 12, RECIPIENTS = 6, REASON = 3 };

    if (i + MESSAGE >= messages->len)
        return;
    const struct hq_message *message = messages->pdata[i + MESSAGE];
    __builtin_prefetch(&message->recipients);
    __builtin_prefetch(&message->forwarded);
    __builtin_prefetch(message);
    message = messages->pdata[i + RECIPIENTS];
    __builtin_prefetch(message->recipients);
    message = messages->pdata[i + REASON];
    if (message->recipient_count) {
        __builtin_prefetch(message->recipients->address);
        __builtin_prefetch(message->recipients->reason);
    }
}

struct hq_board *hq_board_new_by(GPtrArray *messages, int64_t now, enum hq_board_key key)
{
    struct hq_board *board = g_new0(struct hq_board, 1);

    board->arena = hq_arena_new();
    board->groups = g_ptr_array_new();
    board->index = g_hash_table_new(hq_group_hash, hq_group_equal);
    board->now = now;
    board->key = key;
    for (unsigned i = 0; i < messages->len; i++) {
        fetch_ahead(messages, i);
        add_message_of_queue(board, messages->pdata[i]);
    }
    for (unsigned i = 0; i < board->groups->len; i++)
        settle(board, board->groups->pdata[i]);
    g_ptr_array_sort(board->groups, by_size);
    return board;
}

struct hq_board *hq_board_new(GPtrArray *messages, int64_t now)
{
    return hq_board_new_by(messages, now, HQ_BOARD_REASON);
}

void hq_board_free(struct hq_board *board)
{
    if (!board)
        return;
    for (unsigned i = 0; i < board->groups->len; i++)
        g_ptr_array_unref(((struct hq_group *)board->groups->pdata[i])->members);
    g_ptr_array_unref(board->groups);
    g_hash_table_unref(board->index);
    hq_arena_free(board->arena);
    g_free(board);
}

unsigned hq_board_count(const struct hq_board *board)
{
    return board->groups->len;
}

const struct hq_group *hq_board_get(const struct hq_board *board, unsigned i)
{
    g_assert(i < board->groups->len);
    return board->groups->pdata[i];
}
