/* SPDX-License-Identifier: ISC */
/* Which recipient a line of Exim's log is about. An address that a router made others of (an alias,
 * a list) is in -H as it came; its children are in the log alone, and are listed in its place. */
#include "fates.h"
#include <string.h>

#define BRACKETS_MAX 8 /* in an address */

static void index_address(struct hq_ex_fates *fates, const char *address, uint32_t i)
{
    char *folded = hq_ex_fold(address, strlen(address));

    if (g_hash_table_contains(fates->envelope->by_address, folded))
        g_free(folded);
    else
        g_hash_table_insert(fates->envelope->by_address, folded, GUINT_TO_POINTER(i + 1));
}

static struct hq_ex_fate *fate_at(struct hq_ex_fates *fates, uint32_t i)
{
    while (fates->list->len <= i) {
        struct hq_ex_fate fate = {.last = HQ_NONE};
        g_array_append_val(fates->list, fate);
    }
    return &g_array_index(fates->list, struct hq_ex_fate, i);
}

static struct hq_ex_fate *find(struct hq_ex_fates *fates, struct hq_ex_span address,
                               uint32_t *index)
{
    g_autofree char *folded = hq_ex_fold(address.p, address.n);
    guint i = GPOINTER_TO_UINT(g_hash_table_lookup(fates->envelope->by_address, folded));

    *index = i - 1;
    return i ? fate_at(fates, i - 1) : NULL;
}

/* A router made CHILD of the recipient at INDEX. The first one takes its place, if mail does not go
 * there as well: what waits is the child, and where it came in stays as its original. */
static struct hq_ex_fate *add_child(struct hq_ex_fates *fates, uint32_t index,
                                    struct hq_ex_span child)
{
    struct hq_ex_envelope *envelope = fates->envelope;
    struct hq_message *message = envelope->message;
    const char *address = hq_ex_unescaped(envelope->parse->arena, child.p, child.n);
    const char *parent = message->recipients[index].address;
    struct hq_ex_fate *fate = fate_at(fates, index);

    if (fate->is_child || fate->is_itself) {
        parent = fate->is_child ? message->recipients[index].original : parent;
        index = message->recipient_count;
        hq_message_add_recipient(message, envelope->parse->arena);
        fate = fate_at(fates, index);
    }
    message->recipients[index].address = address;
    message->recipients[index].original = parent;
    if (fate->failed || fate->delivered) /* what another of its children came to */
        *fate = (struct hq_ex_fate){.last = HQ_NONE};
    fate->is_child = true;
    index_address(fates, address, index);
    return fate;
}

/* The recipient whose place a child took is delivered to, too ("user: user, user@elsewhere"). */
static struct hq_ex_fate *add_itself(struct hq_ex_fates *fates, uint32_t child)
{
    struct hq_message *message = fates->envelope->message;
    const char *address = message->recipients[child].original;
    uint32_t index = message->recipient_count;

    hq_message_add_recipient(message, fates->envelope->parse->arena)->address = address;
    g_hash_table_replace(fates->envelope->by_address, hq_ex_fold(address, strlen(address)),
                         GUINT_TO_POINTER(index + 1));
    fate_at(fates, index)->is_itself = true;
    return fate_at(fates, index);
}

static bool is_folded(const char *address, struct hq_ex_span other)
{
    g_autofree char *a = hq_ex_fold(address, strlen(address));
    g_autofree char *b = hq_ex_fold(other.p, other.n);

    return strcmp(a, b) == 0;
}

/* Cuts "child@b.example <parent@a.example>", "child (between) <parent>" or "| command <parent>" in
 * two; false: it is one address. A quoted local part may hold brackets of its own. */
static bool split_who(struct hq_ex_fates *fates, struct hq_ex_span who, struct hq_ex_span *child,
                      struct hq_ex_span *parent)
{
    const char *end = who.p + who.n, *open = who.p;
    uint32_t index;

    *child = who;
    if (who.n == 0 || end[-1] != '>')
        return false;
    for (unsigned i = 0; i < BRACKETS_MAX; i++, open += 2) {
        open = g_strstr_len(open, end - open, " <");
        if (!open)
            return false;
        *parent = (struct hq_ex_span){open + 2, (size_t)(end - open) - 3};
        if (!find(fates, *parent, &index))
            continue;
        child->n = (size_t)(open - who.p);
        const char *between = g_strstr_len(child->p, (gssize)child->n, " (");
        if (between && open[-1] == ')')
            child->n = (size_t)(between - child->p);
        return true;
    }
    return false;
}

struct hq_ex_fate *hq_ex_fates_find(struct hq_ex_fates *fates, struct hq_ex_span who,
                                    enum hq_ex_said said)
{
    struct hq_ex_span child, parent = {0};
    uint32_t index;
    bool is_made = split_who(fates, who, &child, &parent);
    struct hq_ex_fate *fate = find(fates, child, &index);

    if (fate && said != HQ_EX_ROUTED) {
        const struct hq_recipient *recipient = &fates->envelope->message->recipients[index];
        if (fate->is_child && !is_folded(recipient->address, child))
            return said == HQ_EX_WAITS ? add_itself(fates, index) : NULL;
        fate->is_itself = !fate->is_child;
    }
    if (fate || !is_made)
        return fate;
    fate = find(fates, parent, &index);
    if (fate && said != HQ_EX_SETTLED)
        return add_child(fates, index, child);
    return fate && !fate->is_child && !fate->is_itself ? fate : NULL;
}

void hq_ex_fates_init(struct hq_ex_fates *fates, struct hq_ex_envelope *envelope)
{
    const struct hq_message *message = envelope->message;

    *fates = (struct hq_ex_fates){envelope, g_array_new(FALSE, FALSE, sizeof(struct hq_ex_fate))};
    envelope->by_address = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (uint32_t i = 0; i < message->recipient_count; i++)
        index_address(fates, message->recipients[i].address, i);
}

struct hq_ex_fate *hq_ex_fates_end(struct hq_ex_fates *fates)
{
    if (fates->envelope->message->recipient_count)
        fate_at(fates, fates->envelope->message->recipient_count - 1);
    return (struct hq_ex_fate *)(void *)g_array_free(fates->list, FALSE);
}
