/* SPDX-License-Identifier: ISC */
/* Runs: what becomes of a plan when [act] dies, in either of the two passes of a delete. The
 * session is made up here. */
#include "act/run.h"
#include "hopq/time.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SOURCE   "postfix:/var/spool/postfix"
#define MESSAGES 3

static struct hq_wire_way way_list[] = {
    {.verb = HQ_VERB_DELETE, .scope = HQ_SCOPE_IDS, .words = "delete", .batch = 2}};
static const struct hq_wire_ways ways = {
    .saved = "/saved", .log = "/log", .ways = way_list, .way_count = G_N_ELEMENTS(way_list)};
static unsigned saves, changes; /* orders of either kind */
static unsigned dies_at_save,
    dies_at_change; /* the number of the order that [act] dies of; 0: none */
static bool hangs;  /* [act] does not come back from its first change */
static bool silent; /* nor from its first order of any kind, and nobody leaves it */
static bool finished, forgotten;

bool hq_session_may_change(G_GNUC_UNUSED const struct hq_session *session,
                           G_GNUC_UNUSED const char **why)
{
    return true;
}

const struct hq_wire_ways *hq_session_ways(G_GNUC_UNUSED struct hq_session *session,
                                           G_GNUC_UNUSED const char *source)
{
    return &ways;
}

void hq_session_forget_order(G_GNUC_UNUSED struct hq_session *session)
{
    forgotten = true;
}

static void leave(void *data)
{
    hq_run_leave(data);
}

void hq_session_order(G_GNUC_UNUSED struct hq_session *session, G_GNUC_UNUSED const char *source,
                      struct hq_wire_change *change, bool save, hq_session_changed_fn fn,
                      void *data)
{
    struct hq_wire_fate fates[MESSAGES] = {{HQ_FATE_DONE, NULL}};
    struct hq_wire_changed changed = {
        .run = change->run, .fates = fates, .fate_count = change->target_count};
    unsigned number = save ? ++saves : ++changes;

    assert_true(change->target_count <= MESSAGES);
    if (silent)
        return;
    if (!save) /* all is saved before anything goes */
        assert_int_equal(saves, 1);
    if (!save && hangs) {
        g_idle_add_once(leave, data);
        return;
    }
    bool dies = number == (save ? dies_at_save : dies_at_change);
    fn(dies ? NULL : &changed, data);
}

static void on_progress(G_GNUC_UNUSED void *data)
{
}

static void on_finished(G_GNUC_UNUSED void *data)
{
    finished = true;
}

static const struct hq_run_events events = {on_progress, on_finished};

/* A delete of all messages. */
static struct hq_plan *plan_delete(void)
{
    static const char *const ids[MESSAGES] = {"4jX9SK1YvSz1c73r", "4jX9SK1YvSz1c73s",
                                              "4jX9SK1YvSz1c73t"};
    struct hq_snapshot *snapshot = hq_snapshot_new();

    for (unsigned i = 0; i < MESSAGES; i++) {
        struct hq_message *message = hq_message_new(snapshot->arena);
        message->source = SOURCE;
        message->mta = "postfix";
        message->queue = "deferred";
        message->id = ids[i];
        message->sender = "a@sender.example";
        message->stamp = 7;
        message->arrived = 5 * HQ_DAY;
        hq_snapshot_add(snapshot, message);
    }
    struct hq_plan *plan = hq_plan_new(NULL, HQ_VERB_DELETE, snapshot->messages, snapshot);
    saves = changes = 0;
    finished = forgotten = false;
    hq_snapshot_unref(snapshot);
    return plan;
}

/* The same, run to its end. */
static struct hq_plan *run_delete(void)
{
    struct hq_plan *plan = plan_delete();

    hq_run_start(NULL, plan, &events, NULL);
    while (!finished)
        g_main_context_iteration(NULL, TRUE);
    return plan;
}

static void does_all(void **state)
{
    (void)state;
    dies_at_save = dies_at_change = 0;
    struct hq_plan *plan = run_delete();
    assert_int_equal(hq_plan_count(plan, HQ_FATE_DONE), MESSAGES);
    assert_null(plan->failure);
    assert_int_equal(changes, 2);
    hq_plan_free(plan);
}

/* The screen is closed before the run begins, and while [act] works: the rest is for the leak
 * checker. */
static void is_dropped(void **state)
{
    (void)state;
    for (unsigned begun = 0; begun < 2; begun++) {
        struct hq_plan *plan = plan_delete();
        silent = true;
        struct hq_run *run = hq_run_start(NULL, plan, &events, NULL);
        while (begun && saves == 0)
            g_main_context_iteration(NULL, TRUE);
        hq_run_drop(run);
        silent = false;
        while (g_main_context_iteration(NULL, FALSE))
            continue;
        assert_int_equal(saves, begun);
        assert_true(forgotten);
        assert_false(finished);
        assert_int_equal(hq_plan_count(plan, HQ_FATE_NOT_RUN), MESSAGES);
        hq_plan_free(plan);
    }
    hq_run_drop(NULL);
}

/* Then nothing was deleted, and nobody need look what was. */
static void dies_saving(void **state)
{
    (void)state;
    dies_at_save = 1;
    dies_at_change = 0;
    struct hq_plan *plan = run_delete();
    assert_int_equal(hq_plan_count(plan, HQ_FATE_NOT_RUN), MESSAGES);
    assert_string_equal(plan->failure, "hopq [act] died while it saved: nothing was deleted");
    assert_int_equal(changes, 0);
    hq_plan_free(plan);
}

/* The batch at hand is the only one that is not known. */
static void dies_deleting(void **state)
{
    (void)state;
    dies_at_save = 0;
    dies_at_change = 1;
    struct hq_plan *plan = run_delete();
    assert_int_equal(hq_plan_count(plan, HQ_FATE_FAILED), 2);
    assert_int_equal(hq_plan_count(plan, HQ_FATE_NOT_RUN), 1);
    assert_string_equal(plan->failure, "hopq [act] died");
    hq_plan_free(plan);
}

/* Who does not want to wait is told that the batch at hand is not known. */
static void is_left(void **state)
{
    (void)state;
    dies_at_save = dies_at_change = 0;
    hangs = true;
    struct hq_plan *plan = run_delete();
    hangs = false;
    assert_true(forgotten);
    assert_int_equal(hq_plan_count(plan, HQ_FATE_FAILED), 2);
    assert_int_equal(hq_plan_count(plan, HQ_FATE_NOT_RUN), 1);
    assert_non_null(strstr(plan->failure, "left by you"));
    hq_plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_all), cmocka_unit_test(dies_saving), cmocka_unit_test(dies_deleting),
        cmocka_unit_test(is_left),  cmocka_unit_test(is_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
