/* SPDX-License-Identifier: ISC */
/* One batch of messages changed: looked at, the command run for those that are what was meant,
 * looked at again. What the tool says decides nothing that the spool itself shows. */
#include "proc/act.h"
#include <string.h>
#include <unistd.h>

const char *hq_act_refuse(const struct hq_act_source *source, const struct hq_wire_change *order)
{
    if (order->verb < 0 || order->verb >= HQ_VERB_COUNT)
        return "no such verb";
    if (order->scope < 0 || order->scope >= HQ_SCOPE_COUNT)
        return "no such scope";
    const struct hq_way *way = &source->ops->ways[order->verb][order->scope];
    if (way->refusal || (!way->argv[0] && !way->own))
        return way->refusal ? way->refusal : "the MTA has no way to do it";
    if (way->root && geteuid() != 0)
        return "only root may do it";
    for (uint32_t i = 0; i < order->target_count; i++)
        if (!order->targets[i].id || !source->ops->id_ok(order->targets[i].id))
            return "no queue id";
    return NULL;
}

static struct hq_wire_fate fate(enum hq_fate result, const char *words)
{
    return (struct hq_wire_fate){result, words};
}

/* True: go on. */
static bool judge_look(const struct hq_act_source *source, enum hq_verb verb,
                       const struct hq_wire_target *target, const struct hq_look *look,
                       struct hq_wire_fate *told)
{
    const char *unfit;

    *told = fate(HQ_FATE_NOT_RUN, NULL);
    if (!look->queue) {
        *told = fate(HQ_FATE_GONE, "it is not in the queue any more");
        return false;
    }
    if (look->stamp != target->stamp) {
        *told = fate(HQ_FATE_REUSED, "another message has this id now");
        return false;
    }
    if (look->stamp == HQ_NONE && verb != HQ_VERB_FLUSH &&
        !(source->ops->unique && source->ops->unique(target->id))) {
        *told = fate(HQ_FATE_REFUSED, "its file system keeps no times of birth: it cannot be told "
                                      "from another message that got its id");
        return false;
    }
    unfit = look->busy ? "the MTA is at work on it" : source->ops->unfit(verb, look->queue);
    if (unfit)
        *told = fate(HQ_FATE_REFUSED, unfit);
    return !unfit;
}

/* The targets of ORDER that are MEANT will be looked at. */
static void begin(const struct hq_act_source *source, const struct hq_wire_change *order,
                  bool after, const bool *meant)
{
    if (!source->ops->begin)
        return;
    g_autoptr(GPtrArray) ids = g_ptr_array_sized_new(order->target_count);
    for (uint32_t i = 0; i < order->target_count; i++)
        if (meant[i])
            g_ptr_array_add(ids, (gpointer)order->targets[i].id);
    source->ops->begin(source->changer, (enum hq_verb)order->verb, after,
                       (const char *const *)ids->pdata, ids->len);
}

void hq_act_look(const struct hq_act_source *source, const struct hq_wire_change *order,
                 bool closely, struct hq_look *looks, bool *meant, struct hq_wire_fate *fates)
{
    for (uint32_t i = 0; i < order->target_count; i++)
        meant[i] = closely;
    begin(source, order, false, meant);
    for (uint32_t i = 0; i < order->target_count; i++) {
        source->ops->look(source->changer, order->targets[i].id, &looks[i]);
        meant[i] =
            judge_look(source, (enum hq_verb)order->verb, &order->targets[i], &looks[i], &fates[i]);
    }
}

/* ---- running ---- */

/* Processes at a time, where each takes one message: most of their time they wait for a daemon. */
#define ABREAST 4

/* A batch under way. */
struct batch {
    const struct hq_act_source *source;
    const struct hq_wire_change *order;
    struct hq_wire_changed *answer;
    struct hq_arena *arena;
    struct hq_look *before;
    bool *meant;
    int *statuses;            /* exit status of the command that got it */
    struct hq_act_end **told; /* how that ended; NULL: none got it */
    GPtrArray *ends;          /* struct hq_act_end *: of all */
};

/* A command for some of the targets. */
struct share {
    struct hq_act_job job;
    const uint32_t *which; /* their indexes */
    unsigned count;
};

/* Ids of the targets that go on, their indexes in WHICH. */
static unsigned collect(const struct batch *batch, const char **ids, uint32_t *which)
{
    unsigned count = 0;

    for (uint32_t i = 0; i < batch->order->target_count; i++) {
        if (!batch->meant[i])
            continue;
        which[count] = i;
        ids[count++] = batch->order->targets[i].id;
    }
    return count;
}

static void end_share(struct batch *batch, const struct hq_way *way, struct share *share)
{
    struct hq_act_end *end = hq_act_finish(&share->job);

    g_ptr_array_add(batch->ends, end);
    for (unsigned i = 0; i < share->count; i++) {
        uint32_t which = share->which[i];
        batch->statuses[which] = end->status;
        batch->told[which] = end;
        batch->answer->fates[which] = fate(HQ_FATE_FAILED, NULL);
    }
    if (end->status < 0 && !batch->answer->failure) {
        g_auto(GStrv) argv = hq_act_expand(batch->source, way);
        batch->answer->failure =
            hq_arena_printf(batch->arena, "%s %s", argv[0], hq_act_end_words(end, batch->arena));
    }
}

static void run_own(struct batch *batch, const struct hq_way *way, const char *id, uint32_t which)
{
    g_autoptr(GString) why = g_string_new(NULL);
    bool done = way->own(batch->source->changer, id, why);

    batch->statuses[which] = !done;
    batch->answer->fates[which] =
        fate(done ? HQ_FATE_DONE : HQ_FATE_FAILED,
             done ? NULL : hq_arena_dup(batch->arena, why->str, why->len));
}

/* A command that cannot be run, or ends by a signal, ends the batch: what it got is looked at. */
static void run_commands(struct batch *batch, const struct hq_way *way, const char *const *ids,
                         const uint32_t *which, unsigned count)
{
    bool all = batch->order->scope == HQ_SCOPE_ALL;
    unsigned width = way->batch == 1 ? ABREAST : 1;
    unsigned begun = 0, ended = 0, next = 0;
    struct share shares[ABREAST];

    for (;;) {
        struct share *share = &shares[begun % ABREAST];
        bool more = next < count && !batch->answer->failure;
        if (more && begun - ended < width) {
            share->count = all ? count : hq_act_share(way, ids + next, count - next);
            share->which = which + next;
            hq_act_start(batch->source, way, ids + next, share->count, &share->job);
            next += share->count;
            begun++;
        } else if (ended < begun) {
            end_share(batch, way, &shares[ended++ % ABREAST]);
        } else {
            return;
        }
    }
}

static void run_way(struct batch *batch, const struct hq_way *way)
{
    const char **ids = hq_arena_alloc(batch->arena, batch->order->target_count * sizeof *ids);
    uint32_t *which = hq_arena_alloc(batch->arena, batch->order->target_count * sizeof *which);
    unsigned count = collect(batch, ids, which);

    for (unsigned i = 0; way->own && i < count; i++)
        run_own(batch, way, ids[i], which[i]);
    if (!way->own)
        run_commands(batch, way, ids, which, count);
}

/* Words are looked for only where it was not done: of a long batch they are many. */
static const char *words_of(struct batch *batch, uint32_t i)
{
    return batch->told[i] ? hq_act_words(batch->told[i], batch->order->targets[i].id, batch->arena)
                          : batch->answer->fates[i].words;
}

/* What is gone is not looked for in all places where it could have been. */
static void look_after(const struct hq_act_source *source, const char *id,
                       const struct hq_look *before, struct hq_look *after)
{
    if (source->ops->gone && source->ops->gone(source->changer, before))
        *after = (struct hq_look){.stamp = HQ_NONE, .mtime = HQ_NONE};
    else
        source->ops->look(source->changer, id, after);
}

/* The spool tells what was done. Those that it was not done for do not go on. */
static void look_again(struct batch *batch)
{
    const struct hq_act_source *source = batch->source;
    struct hq_look after;

    begin(source, batch->order, true, batch->meant);
    for (uint32_t i = 0; i < batch->order->target_count; i++) {
        struct hq_wire_fate *told = &batch->answer->fates[i];
        if (!batch->meant[i] || told->result == HQ_FATE_NOT_RUN)
            continue;
        look_after(source, batch->order->targets[i].id, &batch->before[i], &after);
        enum hq_seen seen =
            source->ops->judge((enum hq_verb)batch->order->verb, &batch->before[i], &after);
        bool done = seen == HQ_SEEN_DONE || (seen == HQ_SEEN_UNSURE && batch->statuses[i] == 0);
        bool left = seen == HQ_SEEN_UNSURE && batch->told[i] && batch->told[i]->left;
        if (done)
            *told = fate(HQ_FATE_DONE, left ? "its attempt goes on, or is yet to come" : NULL);
        else if (!after.queue)
            *told = fate(HQ_FATE_GONE, "it has left the queue meanwhile");
        else
            *told = fate(HQ_FATE_FAILED, words_of(batch, i));
        batch->meant[i] = done;
    }
}

/* The way after the first. What it fails in is told, and changes no result. */
static void run_then(struct batch *batch, const struct hq_way *then)
{
    struct hq_wire_fate *kept =
        g_memdup2(batch->answer->fates, batch->order->target_count * sizeof *kept);

    run_way(batch, then);
    for (uint32_t i = 0; i < batch->order->target_count; i++) {
        bool failed = batch->meant[i] && batch->statuses[i];
        batch->answer->fates[i] =
            fate((enum hq_fate)kept[i].result, failed ? words_of(batch, i) : kept[i].words);
    }
    g_free(kept);
}

static void free_end(gpointer end)
{
    hq_act_end_free(end);
}

static void drop_unsaved(struct batch *batch, GHashTable *saved)
{
    for (uint32_t i = 0; i < batch->order->target_count; i++) {
        if (!batch->meant[i] ||
            (saved && g_hash_table_contains(saved, batch->order->targets[i].id)))
            continue;
        batch->meant[i] = false;
        batch->answer->fates[i] = fate(HQ_FATE_REFUSED, "it was not saved before");
    }
}

void hq_act_change(const struct hq_act_source *source, const struct hq_wire_change *order,
                   GHashTable *saved, struct hq_wire_changed *answer, struct hq_arena *arena)
{
    const struct hq_way *way = &source->ops->ways[order->verb][order->scope];
    struct batch batch = {.source = source, .order = order, .answer = answer, .arena = arena};

    batch.before = hq_arena_alloc(arena, order->target_count * sizeof *batch.before);
    batch.meant = hq_arena_alloc(arena, order->target_count * sizeof *batch.meant);
    batch.statuses = hq_arena_alloc(arena, order->target_count * sizeof *batch.statuses);
    batch.told = hq_arena_alloc(arena, order->target_count * sizeof(struct hq_act_end *));
    batch.ends = g_ptr_array_new_with_free_func(free_end);
    hq_act_look(source, order, true, batch.before, batch.meant, answer->fates);
    if (order->saved == HQ_YES)
        drop_unsaved(&batch, saved);
    hq_act_log_begun(source, order, batch.meant);
    run_way(&batch, way);
    look_again(&batch);
    if (way->then && !answer->failure)
        run_then(&batch, way->then);
    g_ptr_array_free(batch.ends, TRUE);
}
