/* SPDX-License-Identifier: ISC */
/* The keys of the board: for a recipient that waits, the group it belongs to, with nothing counted
 * in it. */
#include "base/hash.h"
#include "hopq/reason.h"
#include "store/board_internal.h"
#include <string.h>

const char *const hq_board_key_names[HQ_BOARD_KEYS] = {
    [HQ_BOARD_REASON] = "reason",
    [HQ_BOARD_SENDER] = "sender",
    [HQ_BOARD_ORIGIN] = "origin",
    [HQ_BOARD_RELAY] = "relay",
};

/* Reasons are a few constants, so their address will do. The provider nearly always goes with the
 * domain. */
guint hq_group_hash(gconstpointer key)
{
    const struct hq_group *group = key;
    const char *text = group->name ? group->name : group->domain;
    guint hash = GPOINTER_TO_UINT(group->reason) >> 3;

    return text ? hash ^ hq_hash_str(text) : hash;
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

gboolean hq_group_equal(gconstpointer a, gconstpointer b)
{
    const struct hq_group *x = a, *y = b;

    return x->reason == y->reason && same(x->domain, y->domain) && same(x->provider, y->provider) &&
           same(x->name, y->name);
}

bool hq_group_same(const struct hq_group *a, const struct hq_group *b)
{
    return same(a->by, b->by) && same(a->reason, b->reason) && same(a->domain, b->domain) &&
           same(a->provider, b->provider) && same(a->name, b->name);
}

/* The category, or where there is no reply: why there is none. */
static const char *reason_name(const struct hq_board_member *member)
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
static const char *lower_domain(const char *address, char buf[HQ_BOARD_KEY_SIZE])
{
    size_t n = 0;
    const char *domain = address ? hq_address_domain(address, &n) : NULL;

    if (!domain)
        return NULL;
    n = MIN(n, HQ_BOARD_KEY_SIZE - 1);
    for (size_t i = 0; i < n; i++)
        buf[i] = g_ascii_tolower(domain[i]);
    buf[n] = 0;
    return buf;
}

static void key_reason(struct hq_group *probe, const struct hq_board_member *member,
                       char buf[HQ_BOARD_KEY_SIZE])
{
    const struct hq_recipient *recipient = member->recipient;

    probe->reason = reason_name(member);
    probe->domain = lower_domain(recipient ? recipient->address : NULL, buf);
    probe->provider = recipient && recipient->reason ? recipient->reason->kind->provider : NULL;
}

static void key_sender(struct hq_group *probe, const struct hq_board_member *member,
                       char buf[HQ_BOARD_KEY_SIZE])
{
    (void)buf;
    probe->name = member->message->sender ? member->message->sender : "(unknown)";
}

/* 127.0.0.0/8 and ::1, as every MTA writes them. */
static bool is_here(const char *ip)
{
    return !ip || g_str_has_prefix(ip, "127.") || strcmp(ip, "::1") == 0;
}

/* A header with the script's name counts only where the mail was made on this machine, as a
 * stranger's host writes what it likes; there it tells more than the web server's user. */
static void key_origin(struct hq_group *probe, const struct hq_board_member *member,
                       char buf[HQ_BOARD_KEY_SIZE])
{
    const struct hq_client *client = &member->message->client;
    const char *script = member->message->script;
    const char *user = client->auth ? client->auth : client->ip ? client->ip : "this machine";

    (void)buf;
    probe->name = script && is_here(client->ip) ? script : user;
}

static void key_relay(struct hq_group *probe, const struct hq_board_member *member,
                      char buf[HQ_BOARD_KEY_SIZE])
{
    const struct hq_reason *reason = member->recipient ? member->recipient->reason : NULL;

    (void)buf;
    probe->name = reason && reason->relay      ? reason->relay
                  : reason && reason->relay_ip ? reason->relay_ip
                                               : "";
}

static void (*const keys[HQ_BOARD_KEYS])(struct hq_group *, const struct hq_board_member *,
                                         char[HQ_BOARD_KEY_SIZE]) = {
    [HQ_BOARD_REASON] = key_reason,
    [HQ_BOARD_SENDER] = key_sender,
    [HQ_BOARD_ORIGIN] = key_origin,
    [HQ_BOARD_RELAY] = key_relay,
};

void hq_board_key(enum hq_board_key key, const struct hq_board_member *member,
                  struct hq_group *probe, char buf[HQ_BOARD_KEY_SIZE])
{
    keys[key](probe, member, buf);
}

const char *hq_group_title(const struct hq_group *group)
{
    bool by_sender = same(group->by, hq_board_key_names[HQ_BOARD_SENDER]);

    if (*group->name)
        return group->name;
    return by_sender ? "<> (bounces)" : "(no host answered)";
}

const struct hq_recipient *hq_group_recipient(const struct hq_group *group,
                                              const struct hq_message *message)
{
    char buf[HQ_BOARD_KEY_SIZE];
    int key = hq_name_find(hq_board_key_names, HQ_BOARD_KEYS, group->by);
    const struct hq_recipient *first = NULL;

    for (uint32_t i = 0; key >= 0 && i < message->recipient_count; i++) {
        const struct hq_recipient *recipient = &message->recipients[i];
        struct hq_group probe = {.by = group->by};
        if (!hq_recipient_waits(recipient))
            continue;
        hq_board_key(key, &(struct hq_board_member){message, recipient}, &probe, buf);
        if (!hq_group_same(&probe, group))
            continue;
        if (recipient->state == HQ_STATE_DEFERRED)
            return recipient;
        first = first ? first : recipient;
    }
    return first;
}
