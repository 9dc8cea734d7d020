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

void hq_act_look(const struct hq_act_source *source, const struct hq_wire_change *order,
                 struct hq_look *looks, bool *meant, struct hq_wire_fate *fates)
{
    if (source->ops->begin)
        source->ops->begin(source->changer);
    for (uint32_t i = 0; i < order->target_count; i++) {
        source->ops->look(source->changer, order->targets[i].id, &looks[i]);
        meant[i] =
            judge_look(source, (enum hq_verb)order->verb, &order->targets[i], &looks[i], &fates[i]);
    }
}

/* ---- what the command says ---- */

/* The line of OUTPUT that names ID, else its last; NULL: it says nothing. */
static const char *line_of(const GString *output, const char *id, struct hq_arena *arena)
{
    const char *found = strstr(output->str, id);
    const char *end = output->str + output->len;

    while (end > output->str && g_ascii_isspace(end[-1]))
        end--;
    if (end == output->str)
        return NULL;
    if (!found || found >= end)
        found = end;
    while (found > output->str && found[-1] != '\n')
        found--;
    size_t n = strcspn(found, "\n");
    return hq_arena_dup(arena, found, MIN(n, (size_t)(end - found)));
}

static const char *words_of(const struct hq_act_end *end, const char *id, struct hq_arena *arena)
{
    const char *line = line_of(end->output, id, arena);

    if (end->error)
        return hq_arena_printf(arena, "the command did not end well: %s%s%s",
                               g_strerror(end->error), line ? ": " : "", line ? line : "");
    if (line)
        return line;
    return end->status ? hq_arena_printf(arena, "exit status %d", end->status)
                       : "the command said nothing, and nothing was done";
}

/* ---- running ---- */

/* A batch under way. */
struct batch {
    const struct hq_act_source *source;
    const struct hq_wire_change *order;
    struct hq_wire_changed *answer;
    struct hq_arena *arena;
    struct hq_look *before;
    bool *meant;
    int *statuses; /* exit status of the command that got it */
};

/* Ids of the targets that go on, from FIRST; their indexes in WHICH. */
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

static void run_share(struct batch *batch, const struct hq_way *way, const char *const *ids,
                      const uint32_t *which, unsigned count)
{
    struct hq_act_end end = {.output = g_string_new(NULL)};

    hq_act_run(batch->source, way, ids, count, &end);
    for (unsigned i = 0; i < count; i++) {
        batch->statuses[which[i]] = end.status;
        batch->answer->fates[which[i]] = fate(HQ_FATE_FAILED, words_of(&end, ids[i], batch->arena));
    }
    if (end.status < 0)
        batch->answer->failure =
            hq_arena_printf(batch->arena, "%s: %s", way->argv[0], g_strerror(end.error));
    g_string_free(end.output, TRUE);
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
static void run_way(struct batch *batch, const struct hq_way *way)
{
    const char **ids = hq_arena_alloc(batch->arena, batch->order->target_count * sizeof *ids);
    uint32_t *which = hq_arena_alloc(batch->arena, batch->order->target_count * sizeof *which);
    unsigned count = collect(batch, ids, which);
    bool all = batch->order->scope == HQ_SCOPE_ALL;

    for (unsigned i = 0; i < count && !batch->answer->failure;) {
        unsigned share = all ? count : hq_act_share(way, ids + i, count - i);
        if (way->own)
            run_own(batch, way, ids[i], which[i]);
        else
            run_share(batch, way, ids + i, which + i, share);
        i += way->own ? 1 : share;
    }
}

/* The spool tells what was done. Those that it was not done for do not go on. */
static void look_again(struct batch *batch)
{
    const struct hq_act_source *source = batch->source;
    struct hq_look after;

    if (source->ops->begin)
        source->ops->begin(source->changer);
    for (uint32_t i = 0; i < batch->order->target_count; i++) {
        struct hq_wire_fate *told = &batch->answer->fates[i];
        if (!batch->meant[i] || told->result == HQ_FATE_NOT_RUN)
            continue;
        source->ops->look(source->changer, batch->order->targets[i].id, &after);
        enum hq_seen seen =
            source->ops->judge((enum hq_verb)batch->order->verb, &batch->before[i], &after);
        bool done = seen == HQ_SEEN_DONE || (seen == HQ_SEEN_UNSURE && batch->statuses[i] == 0);
        if (done)
            *told = fate(HQ_FATE_DONE, NULL);
        else if (!after.queue)
            *told = fate(HQ_FATE_GONE, "it left the queue meanwhile");
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
        const char *words =
            batch->meant[i] && batch->statuses[i] ? batch->answer->fates[i].words : kept[i].words;
        batch->answer->fates[i] = fate((enum hq_fate)kept[i].result, words);
    }
    g_free(kept);
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
    hq_act_look(source, order, batch.before, batch.meant, answer->fates);
    if (order->saved == HQ_YES)
        drop_unsaved(&batch, saved);
    run_way(&batch, way);
    look_again(&batch);
    if (way->then && !answer->failure)
        run_then(&batch, way->then);
}
