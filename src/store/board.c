/* SPDX-License-Identifier: ISC */
/* The triage board: one pass over the recipients that still wait, each put into the group of its
 * category, destination and provider. */
#include "store/board.h"
#include "hopq/reason.h"
#include "model/schema_rows.h"
#include <string.h>

static const struct hq_field group_rows[] = {
    HQ_STR(hq_group, reason, "reason"),           HQ_STR(hq_group, domain, "domain"),
    HQ_STR(hq_group, provider, "provider"),       HQ_INT(hq_group, messages, "messages"),
    HQ_INT(hq_group, recipients, "recipients"),   HQ_INT(hq_group, bytes, "bytes"),
    HQ_TIME(hq_group, oldest, "oldest"),          HQ_TIME(hq_group, next_attempt, "next_attempt"),
    HQ_INT(hq_group, expiring_6h, "expiring_6h"), HQ_INT(hq_group, forwarded, "forwarded"),
    HQ_STR(hq_group, sample, "sample"),           HQ_STR(hq_group, advice, "advice"),
};
const struct hq_schema hq_group_schema = HQ_SCHEMA(hq_group, group_rows);

struct hq_board {
    struct hq_arena *arena; /* groups and domains */
    GPtrArray *groups;
    GHashTable *index; /* the groups by themselves: reason, domain, provider */
    int64_t now;
};

/* What is going into a group. */
struct member {
    const struct hq_message *message;
    const struct hq_recipient *recipient; /* NULL: the message has none (yet) */
};

/* ---- the key ---- */

static guint group_hash(gconstpointer key)
{
    const struct hq_group *group = key;
    guint hash = g_str_hash(group->reason);

    if (group->domain)
        hash = hash * 31 + g_str_hash(group->domain);
    if (group->provider)
        hash = hash * 31 + g_str_hash(group->provider);
    return hash;
}

static gboolean group_equal(gconstpointer a, gconstpointer b)
{
    const struct hq_group *x = a, *y = b;

    return strcmp(x->reason, y->reason) == 0 && g_strcmp0(x->domain, y->domain) == 0 &&
           g_strcmp0(x->provider, y->provider) == 0;
}

/* The category, or where there is no reply: why there is none. */
static const char *reason_name(const struct member *member)
{
    const struct hq_recipient *recipient = member->recipient;

    if (recipient && recipient->reason && recipient->reason->kind->category != HQ_CATEGORY_NONE)
        return hq_category_names[recipient->reason->kind->category];
    if (recipient && recipient->state == HQ_STATE_HELD)
        return "held";
    if (recipient && recipient->state == HQ_STATE_DEFERRED)
        return hq_category_names[HQ_CATEGORY_UNKNOWN];
    return member->message->incomplete == HQ_YES ? "incoming" : "not-tried";
}

/* Lower case; no domain is longer than 255 bytes, so what is, is cut. */
static const char *lower_domain(const char *address, char buf[256])
{
    size_t n = 0;
    const char *domain = address ? hq_address_domain(address, &n) : NULL;

    if (!domain)
        return NULL;
    n = MIN(n, 255);
    for (size_t i = 0; i < n; i++)
        buf[i] = g_ascii_tolower(domain[i]);
    buf[n] = 0;
    return buf;
}

/* ---- filling ---- */

static struct hq_group *new_group(struct hq_board *board, const struct hq_group *probe)
{
    struct hq_group *group = hq_schema_new(&hq_group_schema, board->arena);

    group->reason = probe->reason;
    group->domain = hq_arena_strdup(board->arena, probe->domain);
    group->provider = probe->provider;
    group->messages = group->recipients = group->bytes = 0;
    group->expiring_6h = group->forwarded = 0;
    group->members = g_ptr_array_new();
    g_ptr_array_add(board->groups, group);
    g_hash_table_add(board->index, group);
    return group;
}

static struct hq_group *find_group(struct hq_board *board, const struct member *member)
{
    char buf[256];
    const struct hq_recipient *recipient = member->recipient;
    const struct hq_group probe = {
        .reason = reason_name(member),
        .domain = lower_domain(recipient ? recipient->address : NULL, buf),
        .provider = recipient && recipient->reason ? recipient->reason->kind->provider : NULL,
    };
    struct hq_group *group = g_hash_table_lookup(board->index, &probe);

    return group ? group : new_group(board, &probe);
}

static int64_t sooner(int64_t a, int64_t b)
{
    if (a == HQ_NONE || b == HQ_NONE)
        return a == HQ_NONE ? b : a;
    return MIN(a, b);
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

static void add_message(struct hq_group *group, const struct hq_message *message, int64_t now)
{
    group->messages++;
    g_ptr_array_add(group->members, (gpointer)message);
    if (message->size != HQ_NONE &&
        __builtin_add_overflow(group->bytes, message->size, &group->bytes))
        group->bytes = INT64_MAX;
    group->oldest = sooner(group->oldest, message->arrived);
    group->forwarded += message->forwarded.is == HQ_YES;
    count_age(group, message->arrived, now);
}

static void add_sample(struct hq_group *group, const struct hq_reason *reason)
{
    enum hq_category category = reason->kind->category;

    group->sample = reason->text;
    group->advice = reason->kind->advice ? reason->kind->advice : hq_category_advice(category);
}

static bool expires_soon(int64_t expires, int64_t now)
{
    return expires != HQ_NONE && expires < now + 6 * HQ_HOUR;
}

/* EXPIRING keeps the last message that was counted as such: a message counts once. */
static void add_recipient(struct hq_group *group, const struct member *member, int64_t now)
{
    const struct hq_recipient *recipient = member->recipient;

    group->recipients++;
    group->next_attempt = sooner(group->next_attempt, recipient->next_attempt);
    if (!group->sample && recipient->reason)
        add_sample(group, recipient->reason);
    if (expires_soon(recipient->expires, now) && group->last_expiring != member->message) {
        group->expiring_6h++;
        group->last_expiring = member->message;
    }
}

static void add_member(struct hq_board *board, const struct member *member)
{
    struct hq_group *group = find_group(board, member);
    GPtrArray *members = group->members;

    if (members->len == 0 || members->pdata[members->len - 1] != member->message)
        add_message(group, member->message, board->now);
    if (member->recipient)
        add_recipient(group, member, board->now);
}

static bool is_settled(const struct hq_recipient *recipient)
{
    return recipient->state == HQ_STATE_DELIVERED || recipient->state == HQ_STATE_FAILED;
}

/* Messages in a mailbox have no recipients and wait for nothing: they are on no board. */
static void add_message_of_queue(struct hq_board *board, const struct hq_message *message)
{
    if (message->recipient_count == 0 && message->incomplete == HQ_YES)
        add_member(board, &(struct member){message, NULL});
    for (uint32_t i = 0; i < message->recipient_count; i++)
        if (!is_settled(&message->recipients[i]))
            add_member(board, &(struct member){message, &message->recipients[i]});
}

/* ---- the whole ---- */

static gint by_size(gconstpointer a, gconstpointer b)
{
    const struct hq_group *x = *(struct hq_group *const *)a, *y = *(struct hq_group *const *)b;

    if (x->messages != y->messages)
        return x->messages > y->messages ? -1 : 1;
    if (x->recipients != y->recipients)
        return x->recipients > y->recipients ? -1 : 1;
    int order = strcmp(x->reason, y->reason);
    if (order == 0)
        order = g_strcmp0(x->domain, y->domain);
    return order ? order : g_strcmp0(x->provider, y->provider);
}

struct hq_board *hq_board_new(GPtrArray *messages, int64_t now)
{
    struct hq_board *board = g_new0(struct hq_board, 1);

    board->arena = hq_arena_new();
    board->groups = g_ptr_array_new();
    board->index = g_hash_table_new(group_hash, group_equal);
    board->now = now;
    for (unsigned i = 0; i < messages->len; i++)
        add_message_of_queue(board, messages->pdata[i]);
    g_ptr_array_sort(board->groups, by_size);
    return board;
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
