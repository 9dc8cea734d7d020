/* SPDX-License-Identifier: ISC */
/* Two passes over a plan when what is deleted is saved before: all is saved before anything goes.
 * A batch in which nothing worked ends the run: the rest would fare no better. */
#include "act/run.h"
#include "hopq/time.h"

#define SAVE_BATCH 1000
#define EACH_BATCH 100 /* messages that take a process each, between two looks at the keys */

struct hq_run {
    struct hq_session *session;
    struct hq_plan *plan;
    const struct hq_run_events *events;
    void *data;
    int64_t number;
    guint beginning; /* source of begin(), 0: it has been called */
    bool saving;
    bool cancelled;
    guint step;       /* of the plan */
    guint next;       /* target of it */
    GPtrArray *batch; /* struct hq_plan_target *: on the way */
    unsigned through;
};

static void on_changed(const struct hq_wire_changed *changed, void *data);

static void free_run(struct hq_run *run)
{
    g_ptr_array_free(run->batch, TRUE);
    g_free(run);
}

static void finish(struct hq_run *run)
{
    const struct hq_run_events *events = run->events;
    void *data = run->data;

    free_run(run);
    events->finished(data);
}

static void stop(struct hq_run *run, const char *why)
{
    run->plan->failure = hq_arena_strdup(run->plan->arena, why);
    finish(run);
}

/* ---- a batch ---- */

static guint room(const struct hq_run *run, const struct hq_plan_step *step)
{
    if (run->saving)
        return SAVE_BATCH;
    if (step->way->batch == 0)
        return G_MAXUINT;
    if (step->way->batch == 1)
        return EACH_BATCH;
    return step->way->then ? MIN((guint)step->way->batch, SAVE_BATCH) : (guint)step->way->batch;
}

/* Collects the next batch; targets that could not be saved have their fate already. */
static void collect(struct hq_run *run)
{
    g_ptr_array_set_size(run->batch, 0);
    while (run->step < run->plan->steps->len && run->batch->len == 0) {
        const struct hq_plan_step *step = run->plan->steps->pdata[run->step];
        guint most = room(run, step);
        for (; run->next < step->targets->len && run->batch->len < most; run->next++) {
            struct hq_plan_target *target = step->targets->pdata[run->next];
            if (target->fate == HQ_FATE_NOT_RUN)
                g_ptr_array_add(run->batch, target);
        }
        if (run->batch->len == 0) {
            run->step++;
            run->next = 0;
        }
    }
}

static void send_batch(struct hq_run *run)
{
    const struct hq_plan_step *step = run->plan->steps->pdata[run->step];
    g_autofree struct hq_wire_target *targets = g_new(struct hq_wire_target, run->batch->len);
    struct hq_wire_change order = {
        .run = run->number,
        .verb = run->plan->verb,
        .scope = run->saving ? HQ_SCOPE_IDS : step->way->scope,
        .saved = run->plan->save,
        .targets = targets,
        .target_count = run->batch->len,
    };

    for (guint i = 0; i < run->batch->len; i++)
        targets[i] = ((struct hq_plan_target *)run->batch->pdata[i])->wire;
    hq_session_order(run->session, step->source, &order, run->saving, on_changed, run);
}

/* While saving, success is no fate yet: the message is still to be deleted. */
static unsigned take_fates(struct hq_run *run, const struct hq_wire_changed *changed)
{
    unsigned done = 0;

    for (guint i = 0; i < run->batch->len; i++) {
        struct hq_plan_target *target = run->batch->pdata[i];
        const struct hq_wire_fate *fate = &changed->fates[i];
        bool sound = fate->result >= 0 && fate->result < HQ_FATE_COUNT;
        done += fate->result == HQ_FATE_DONE;
        if (run->saving && fate->result == HQ_FATE_DONE)
            continue;
        target->fate = (uint8_t)(sound ? fate->result : HQ_FATE_FAILED);
        target->words = hq_arena_strdup(run->plan->arena, fate->words);
    }
    run->through += run->batch->len;
    return done;
}

static bool has_failed(const struct hq_run *run)
{
    for (guint i = 0; i < run->batch->len; i++)
        if (((struct hq_plan_target *)run->batch->pdata[i])->fate == HQ_FATE_FAILED)
            return true;
    return false;
}

/* If this happens while messages are saved, nothing was done to them. */
static void lose_batch(struct hq_run *run, const char *words)
{
    for (guint i = 0; i < run->batch->len && !run->saving; i++) {
        struct hq_plan_target *target = run->batch->pdata[i];
        target->fate = HQ_FATE_FAILED;
        target->words = words;
    }
}

static void take_death(struct hq_run *run)
{
    lose_batch(run, "hopq [act] died: whether it was done is not known");
    stop(run,
         run->saving ? "hopq [act] died while it saved: nothing was deleted" : "hopq [act] died");
}

static void go_on(struct hq_run *run)
{
    if (run->through)
        run->events->progress(run->data);
    if (run->cancelled) {
        stop(run, "stopped by you");
        return;
    }
    collect(run);
    if (run->batch->len == 0 && run->saving) {
        run->saving = false;
        run->step = run->next = 0;
        run->through = 0;
        collect(run);
    }
    if (run->batch->len)
        send_batch(run);
    else
        finish(run);
}

static void on_changed(const struct hq_wire_changed *changed, void *data)
{
    struct hq_run *run = data;

    if (!changed || changed->run != run->number || changed->fate_count != run->batch->len) {
        take_death(run);
        return;
    }
    unsigned done = take_fates(run, changed);
    if (changed->folder && !run->plan->folder)
        run->plan->folder = hq_arena_strdup(run->plan->arena, changed->folder);
    if (changed->failure)
        stop(run, changed->failure);
    else if (!run->saving && done == 0 && has_failed(run))
        stop(run, "stopped: nothing of a whole batch worked");
    else
        go_on(run);
}

static void begin(gpointer data)
{
    struct hq_run *run = data;

    run->beginning = 0;
    go_on(run);
}

struct hq_run *hq_run_start(struct hq_session *session, struct hq_plan *plan,
                            const struct hq_run_events *events, void *data)
{
    struct hq_run *run = g_new0(struct hq_run, 1);

    run->session = session;
    run->plan = plan;
    run->events = events;
    run->data = data;
    run->number = g_get_real_time();
    run->saving = plan->save;
    run->batch = g_ptr_array_new();
    run->beginning = g_idle_add_once(begin, run); /* what it finds is told after we have returned */
    return run;
}

void hq_run_cancel(struct hq_run *run)
{
    run->cancelled = true;
}

void hq_run_leave(struct hq_run *run)
{
    if (run->batch->len == 0) /* it has not begun */
        return;
    hq_session_forget_order(run->session);
    lose_batch(run, "not waited for: the log of actions will tell how it ends");
    stop(run, run->saving ? "left by you while it saved: nothing was deleted"
                          : "left by you; the current command goes on");
}

void hq_run_drop(struct hq_run *run)
{
    if (!run)
        return;
    if (run->beginning)
        g_source_remove(run->beginning);
    hq_session_forget_order(run->session);
    free_run(run);
}

char *hq_run_describe(const struct hq_run *run)
{
    return g_strdup_printf("%s: %u of %u%s", run->saving ? "save" : hq_verb_names[run->plan->verb],
                           run->through, run->plan->count, run->cancelled ? ", stopping" : "");
}
