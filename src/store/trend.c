/* SPDX-License-Identifier: ISC */
/* Two looks at the queue. A recipient is the same when id, arrival and address are: Postfix uses
 * short ids again, but with another arrival. Of the first look only hashes are kept, 16 bytes a
 * recipient. */
#include "store/trend.h"
#include "base/hash.h"
#include "store/board.h"
#include <string.h>

struct flow {
    int64_t before, stayed, came;
};

struct hq_trend_base {
    int64_t taken, now;
    GHashTable *seen;  /* uint64_t in pointers: recipients of the first look */
    GHashTable *flows; /* char *domain → struct flow * */
};

static uint64_t hash_of(const struct hq_message *message, const struct hq_recipient *recipient)
{
    uint64_t parts[3] = {
        hq_hash_bytes(message->id ? message->id : "", message->id ? strlen(message->id) : 0),
        (uint64_t)(message->arrived / HQ_SECOND), /* snapshots have no more than seconds */
        hq_hash_bytes(recipient->address ? recipient->address : "",
                      recipient->address ? strlen(recipient->address) : 0),
    };

    return hq_hash_bytes(parts, sizeof parts);
}

static struct flow *flow_of(struct hq_trend_base *base, const char *address)
{
    char domain[256];
    size_t n = 0;
    const char *from = address ? hq_address_domain(address, &n) : NULL;

    n = MIN(n, sizeof domain - 1);
    for (size_t i = 0; i < n; i++)
        domain[i] = g_ascii_tolower(from[i]);
    domain[n] = '\0';
    struct flow *flow = g_hash_table_lookup(base->flows, domain);
    if (!flow) {
        flow = g_new0(struct flow, 1);
        g_hash_table_insert(base->flows, g_strdup(domain), flow);
    }
    return flow;
}

static void each_waiting(struct hq_trend_base *base, const GPtrArray *messages,
                         void (*take)(struct hq_trend_base *base, const struct hq_message *message,
                                      const struct hq_recipient *recipient))
{
    for (guint i = 0; i < messages->len; i++) {
        const struct hq_message *message = messages->pdata[i];
        for (uint32_t k = 0; k < message->recipient_count; k++)
            if (hq_recipient_waits(&message->recipients[k]))
                take(base, message, &message->recipients[k]);
    }
}

static void remember(struct hq_trend_base *base, const struct hq_message *message,
                     const struct hq_recipient *recipient)
{
    g_hash_table_add(base->seen, (gpointer)(uintptr_t)hash_of(message, recipient));
    flow_of(base, recipient->address)->before++;
}

struct hq_trend_base *hq_trend_base_new(const GPtrArray *messages, int64_t taken)
{
    struct hq_trend_base *base = g_new0(struct hq_trend_base, 1);

    base->taken = base->now = taken;
    base->seen = g_hash_table_new(NULL, NULL);
    base->flows = g_hash_table_new_full(hq_hash_str, g_str_equal, g_free, g_free);
    each_waiting(base, messages, remember);
    return base;
}

void hq_trend_base_free(struct hq_trend_base *base)
{
    if (!base)
        return;
    g_hash_table_unref(base->seen);
    g_hash_table_unref(base->flows);
    g_free(base);
}

static void compare(struct hq_trend_base *base, const struct hq_message *message,
                    const struct hq_recipient *recipient)
{
    struct flow *flow = flow_of(base, recipient->address);

    if (g_hash_table_contains(base->seen, (gpointer)(uintptr_t)hash_of(message, recipient)))
        flow->stayed++;
    else if (message->arrived != HQ_NONE && message->arrived >= base->taken)
        flow->came++;
}

void hq_trend_base_compare(struct hq_trend_base *base, const GPtrArray *messages, int64_t now)
{
    GHashTableIter iter;
    gpointer flow;

    g_hash_table_iter_init(&iter, base->flows);
    while (g_hash_table_iter_next(&iter, NULL, &flow))
        ((struct flow *)flow)->stayed = ((struct flow *)flow)->came = 0;
    base->now = now;
    each_waiting(base, messages, compare);
}

bool hq_trend_base_moves(const struct hq_trend_base *base, const char *domain,
                         struct hq_trend_moves *moves)
{
    const struct flow *flow = g_hash_table_lookup(base->flows, domain ? domain : "");

    if (!flow)
        return false;
    moves->span = base->now - base->taken;
    moves->came = flow->came;
    moves->went = flow->before - flow->stayed;
    return true;
}
