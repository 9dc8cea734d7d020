/* SPDX-License-Identifier: ISC */
/* Plans: which message goes which way, what is refused and why, when a whole queue was meant, what
 * is warned of. The session is made up here; what fits a queue is Postfix's own table. */
#include "act/plan.h"
#include "hopq/time.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ONE "postfix:/var/spool/postfix"
#define TWO "postfix:/var/spool/postfix-out"

static struct hq_wire_way way_list[] = {
    {.verb = HQ_VERB_FLUSH, .scope = HQ_SCOPE_IDS, .words = "each", .batch = 1},
    {.verb = HQ_VERB_FLUSH, .scope = HQ_SCOPE_ALL, .words = "all"},
    {.verb = HQ_VERB_RELEASE, .scope = HQ_SCOPE_IDS, .words = "release", .batch = 1000},
    {.verb = HQ_VERB_DELETE, .scope = HQ_SCOPE_IDS, .words = "delete", .batch = 1000},
    {.verb = HQ_VERB_EXPIRE, .scope = HQ_SCOPE_IDS, .refusal = "too old a Postfix"},
    {.verb = HQ_VERB_HOLD, .scope = HQ_SCOPE_IDS, .words = "a process each"},
    {.verb = HQ_VERB_HOLD, .scope = HQ_SCOPE_MANY, .words = "together"},
};
static struct hq_wire_ways ways = {
    .saved = "/saved", .log = "/log", .ways = way_list, .way_count = G_N_ELEMENTS(way_list)};
static const struct hq_wire_ways *answer;
static bool read_only;

bool hq_session_may_change(G_GNUC_UNUSED const struct hq_session *session, const char **why)
{
    *why = "read-only";
    return !read_only;
}

const struct hq_wire_ways *hq_session_ways(G_GNUC_UNUSED struct hq_session *session,
                                           G_GNUC_UNUSED const char *source)
{
    return answer;
}

static struct hq_snapshot *snapshot;

static int set_up(void **state)
{
    (void)state;
    snapshot = hq_snapshot_new();
    answer = &ways;
    read_only = false;
    ways.refusal = NULL;
    way_list[1].refusal = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hq_snapshot_unref(snapshot);
    return 0;
}

static struct hq_message *add(const char *source, const char *queue, const char *id)
{
    struct hq_message *message = hq_message_new(snapshot->arena);

    message->source = source;
    message->mta = "postfix";
    message->queue = queue;
    message->id = id;
    message->sender = "a@sender.example";
    message->stamp = 7;
    message->arrived = 5 * HQ_DAY;
    hq_snapshot_add(snapshot, message);
    return message;
}

static void add_recipient(struct hq_message *message, enum hq_state recipient_state,
                          const char *address, enum hq_category category)
{
    struct hq_reason_kind *kind = hq_arena_alloc(snapshot->arena, sizeof *kind);
    struct hq_reason *reason = hq_arena_alloc(snapshot->arena, sizeof *reason);
    struct hq_recipient *recipient = hq_message_add_recipient(message, snapshot->arena);

    kind->category = (uint8_t)category;
    reason->kind = kind;
    recipient->state = (uint8_t)recipient_state;
    recipient->address = address;
    recipient->reason = reason;
}

/* A plan for the first COUNT messages of the snapshot. */
static struct hq_plan *plan_for(enum hq_verb verb, unsigned count)
{
    g_autoptr(GPtrArray) chosen = g_ptr_array_new();

    for (unsigned i = 0; i < count; i++)
        g_ptr_array_add(chosen, snapshot->messages->pdata[i]);
    return hq_plan_new(NULL, verb, chosen, snapshot);
}

static const struct hq_plan_step *step(const struct hq_plan *plan, unsigned i)
{
    assert_true(i < plan->steps->len);
    return plan->steps->pdata[i];
}

/* Where it matters how many they are: 500 take a process each, one more does not. */
static void so_many_go_together(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 502; i++) /* one more than is chosen: not all of the queue */
        add(ONE, "deferred", hq_arena_printf(snapshot->arena, "A%05X", i));
    struct hq_plan *few = plan_for(HQ_VERB_HOLD, 500);
    struct hq_plan *many = plan_for(HQ_VERB_HOLD, 501);
    assert_int_equal(many->count, 501);
    assert_string_equal(step(few, 0)->way->words, "a process each");
    assert_string_equal(step(many, 0)->way->words, "together");
    hq_plan_free(few);
    hq_plan_free(many);
}

static void assert_refused(enum hq_verb verb, const char *words)
{
    struct hq_plan *plan = plan_for(verb, 1);

    assert_int_equal(plan->count, 0);
    assert_int_equal(plan->chosen, 1);
    assert_int_equal(plan->steps->len, 0);
    assert_int_equal(plan->refused->len, 1);
    const struct hq_plan_target *target = plan->refused->pdata[0];
    assert_int_equal(target->fate, HQ_FATE_REFUSED);
    assert_non_null(strstr(target->words, words));
    hq_plan_free(plan);
}

static void copies_what_it_needs(void **state)
{
    (void)state;
    struct hq_message *message = add(ONE, "hold", "4BCDEF");
    add_recipient(message, HQ_STATE_DELIVERED, "gone@d.example", HQ_CATEGORY_NONE);
    add_recipient(message, HQ_STATE_FAILED, "failed@d.example", HQ_CATEGORY_NONE);
    add_recipient(message, HQ_STATE_DEFERRED, "waits@d.example", HQ_CATEGORY_NETWORK);
    struct hq_plan *plan = plan_for(HQ_VERB_DELETE, 1);
    const struct hq_plan_target *target = step(plan, 0)->targets->pdata[0];

    assert_int_equal(plan->count, 1);
    assert_true(plan->save);
    assert_string_equal(plan->saved_base, "/saved");
    assert_string_equal(plan->log, "/log");
    assert_string_equal(target->wire.id, "4BCDEF");
    assert_int_equal(target->wire.stamp, 7);
    assert_int_equal(target->wire.arrived, 5 * HQ_DAY);
    assert_string_equal(target->sender, "a@sender.example");
    assert_string_equal(target->to, "waits@d.example");
    assert_int_equal(target->fate, HQ_FATE_NOT_RUN);
    assert_int_equal(hq_plan_count(plan, HQ_FATE_NOT_RUN), 1);
    assert_int_equal(hq_plan_count(plan, HQ_FATE_DONE), 0);
    hq_plan_free(plan);
}

static void refuses(void **state)
{
    (void)state;
    struct hq_message *message = add(ONE, "deferred", "4BCDEF");

    assert_refused(HQ_VERB_RELEASE, "not on hold");
    assert_refused(HQ_VERB_EXPIRE, "too old a Postfix");
    assert_refused(HQ_VERB_REQUEUE, "cannot do it");
    message->id = "-d";
    assert_refused(HQ_VERB_DELETE, "no queue id");
    message->id = NULL;
    assert_refused(HQ_VERB_DELETE, "no queue id");
    message->id = "4BCDEF";
    message->mta = NULL;
    assert_refused(HQ_VERB_DELETE, "cannot do it");
    ways.refusal = "no Postfix works here";
    assert_refused(HQ_VERB_DELETE, "no Postfix works here");
    answer = NULL;
    assert_refused(HQ_VERB_DELETE, "has not answered");
    read_only = true;
    assert_refused(HQ_VERB_DELETE, "read-only");
}

/* Some are refused, the others are done all the same. */
static void goes_on(void **state)
{
    (void)state;
    add(ONE, "hold", "4BCDE1");
    add(ONE, "deferred", "4BCDE2");
    add(ONE, "hold", "4BCDE3");
    struct hq_plan *plan = plan_for(HQ_VERB_RELEASE, 3);

    assert_int_equal(plan->count, 2);
    assert_int_equal(plan->refused->len, 1);
    assert_int_equal(plan->steps->len, 1);
    assert_int_equal(step(plan, 0)->targets->len, 2);
    assert_false(plan->save);
    hq_plan_free(plan);
}

static void a_step_for_each_source(void **state)
{
    (void)state;
    add(ONE, "deferred", "4BCDE1");
    add(TWO, "deferred", "4BCDE2");
    add(ONE, "deferred", "4BCDE3");
    struct hq_plan *plan = plan_for(HQ_VERB_DELETE, 3);

    assert_int_equal(plan->steps->len, 2);
    assert_string_equal(step(plan, 0)->source, ONE);
    assert_int_equal(step(plan, 0)->targets->len, 2);
    assert_string_equal(step(plan, 1)->source, TWO);
    assert_int_equal(step(plan, 1)->targets->len, 1);
    hq_plan_free(plan);
}

static const char *words_for(unsigned chosen)
{
    struct hq_plan *plan = plan_for(HQ_VERB_FLUSH, chosen);
    const char *words = step(plan, 0)->way->words;

    hq_plan_free(plan);
    return words;
}

/* The whole queue at once only when nothing is touched that was not chosen. */
static void all_of_a_queue(void **state)
{
    (void)state;
    add(ONE, "deferred", "4BCDE1");
    assert_string_equal(words_for(1), "each"); /* of one nothing is gained */
    add(ONE, "deferred", "4BCDE2");
    assert_string_equal(words_for(1), "each");
    assert_string_equal(words_for(2), "all");
    add(TWO, "deferred", "4BCDE3"); /* another queue */
    add(ONE, "hold", "4BCDE4");     /* what a queue run leaves alone */
    add(ONE, "deferred", "4BCDE5")->mta = "eml";
    assert_string_equal(words_for(2), "all");
    way_list[1].refusal = "only root";
    assert_string_equal(words_for(2), "each");
    way_list[1].refusal = NULL;
    add(ONE, "deferred", "4BCDE6");
    assert_string_equal(words_for(2), "each");
}

/* smtpctl tries and pauses what it is told; a run of its queue would try what is paused, too. */
static void paused_envelopes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct hq_message *message =
            add(ONE, "queue", hq_arena_printf(snapshot->arena, "0000000%u", i + 1));
        message->mta = "opensmtpd";
        add_recipient(message, i ? HQ_STATE_HELD : HQ_STATE_DEFERRED, "a@d.example",
                      HQ_CATEGORY_NETWORK);
        add_recipient(message, i > 1 ? HQ_STATE_HELD : HQ_STATE_DEFERRED, "b@d.example",
                      HQ_CATEGORY_NETWORK);
    }
    assert_refused(HQ_VERB_RELEASE, "it is not paused");
    assert_string_equal(words_for(3), "each");
    static const struct {
        enum hq_verb verb;
        unsigned count;
    } rows[] = {{HQ_VERB_HOLD, 2}, {HQ_VERB_RELEASE, 2}, {HQ_VERB_FLUSH, 1}, {HQ_VERB_DELETE, 3}};
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct hq_plan *plan = plan_for(rows[i].verb, 3);
        assert_int_equal(plan->count, rows[i].count);
        assert_int_equal(plan->refused->len, 3 - rows[i].count);
        hq_plan_free(plan);
    }
}

static bool warns(enum hq_verb verb, unsigned chosen, const char *words)
{
    struct hq_plan *plan = plan_for(verb, chosen);
    bool found = false;

    for (guint i = 0; i < plan->warnings->len; i++)
        found |= strstr(plan->warnings->pdata[i], words) != NULL;
    hq_plan_free(plan);
    return found;
}

static void warns_of_attempts(void **state)
{
    (void)state;
    struct hq_message *message = add(ONE, "deferred", "4BCDE1");
    add_recipient(message, HQ_STATE_DEFERRED, "a@d.example", HQ_CATEGORY_THROTTLED);
    add_recipient(message, HQ_STATE_DELIVERED, "b@d.example", HQ_CATEGORY_THROTTLED);
    assert_true(warns(HQ_VERB_FLUSH, 1, "costs 1 attempt at destinations that throttle"));
    add_recipient(message, HQ_STATE_DEFERRED, "c@d.example", HQ_CATEGORY_THROTTLED);
    assert_true(warns(HQ_VERB_FLUSH, 1, "costs 2 attempts at destinations that throttle"));
    assert_false(warns(HQ_VERB_FLUSH, 1, "greylist"));
    assert_false(warns(HQ_VERB_DELETE, 1, "costs"));
    add_recipient(message, HQ_STATE_DEFERRED, "d@d.example", HQ_CATEGORY_GREYLIST);
    assert_true(warns(HQ_VERB_FLUSH, 1, "costs 1 attempt at destinations that greylist"));
}

/* What is done is done to the whole message; trying is not: the others just are not due. */
static void warns_of_other_destinations(void **state)
{
    (void)state;
    struct hq_message *message = add(ONE, "deferred", "4BCDE1");
    add_recipient(message, HQ_STATE_DEFERRED, "a@d.example", HQ_CATEGORY_NETWORK);
    add_recipient(message, HQ_STATE_DEFERRED, "b@D.example", HQ_CATEGORY_NETWORK);
    add_recipient(message, HQ_STATE_DELIVERED, "c@other.example", HQ_CATEGORY_NETWORK);
    assert_false(warns(HQ_VERB_DELETE, 1, "other destinations"));
    add_recipient(message, HQ_STATE_DEFERRED, "d@other.example", HQ_CATEGORY_NETWORK);
    assert_true(warns(HQ_VERB_DELETE, 1, "1 also waits for other destinations"));
    assert_false(warns(HQ_VERB_FLUSH, 1, "other destinations"));
}

/* Of what is refused nothing is said. */
static void warns_of_what_is_done(void **state)
{
    (void)state;
    struct hq_message *message = add(ONE, "hold", "4BCDE1");
    add_recipient(message, HQ_STATE_DEFERRED, "a@d.example", HQ_CATEGORY_THROTTLED);
    add(ONE, "deferred", "4BCDE2");
    assert_false(warns(HQ_VERB_FLUSH, 2, "costs"));
}

static void is_grave_beyond_a_screenful(void **state)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);

    (void)state;
    for (unsigned i = 0; i < 101; i++) {
        g_ptr_array_add(ids, g_strdup_printf("4BC%03X", i));
        add(ONE, "deferred", ids->pdata[i]);
    }
    struct hq_plan *hundred = plan_for(HQ_VERB_DELETE, 100);
    struct hq_plan *more = plan_for(HQ_VERB_DELETE, 101);
    struct hq_plan *tried = plan_for(HQ_VERB_FLUSH, 101);
    assert_false(hq_plan_is_grave(hundred));
    assert_true(hq_plan_is_grave(more));
    assert_false(hq_plan_is_grave(tried)); /* nothing is lost by it */
    hq_plan_free(hundred);
    hq_plan_free(more);
    hq_plan_free(tried);
}

static void add_text(enum hq_plan_line line, const char *text, void *data)
{
    if (line == HQ_PLAN_WARNING || line == HQ_PLAN_REFUSED || g_str_has_prefix(text, "  "))
        g_string_append_printf(data, "%s\n", text);
}

/* What happened to many for one reason is told once, with whose it is. */
static void a_reason_is_told_once(void **state)
{
    static const struct {
        enum hq_fate fate;
        const char *words;
    } ends[] = {{HQ_FATE_FAILED, "no room"},
                {HQ_FATE_DONE, NULL},
                {HQ_FATE_GONE, "delivered"},
                {HQ_FATE_FAILED, "no room"},
                {HQ_FATE_FAILED, "lock"}};
    g_autoptr(GString) told = g_string_new(NULL);

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(ends); i++)
        add(ONE, "deferred", hq_arena_printf(snapshot->arena, "4BCDE%u", i));
    struct hq_plan *plan = plan_for(HQ_VERB_DELETE, G_N_ELEMENTS(ends));
    for (unsigned i = 0; i < G_N_ELEMENTS(ends); i++) {
        struct hq_plan_target *target = step(plan, 0)->targets->pdata[i];
        target->fate = (uint8_t)ends[i].fate;
        target->words = ends[i].words;
    }
    hq_plan_show_result(plan, add_text, told);
    assert_string_equal(told->str, "2 failed: no room\n"
                                   "  4BCDE0 4BCDE3\n"
                                   "4BCDE2  gone: delivered\n"
                                   "4BCDE4  failed: lock\n");
    hq_plan_free(plan);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(so_many_go_together),
        CASE(copies_what_it_needs),
        CASE(refuses),
        CASE(goes_on),
        CASE(a_step_for_each_source),
        CASE(all_of_a_queue),
        CASE(paused_envelopes),
        CASE(warns_of_attempts),
        CASE(warns_of_other_destinations),
        CASE(warns_of_what_is_done),
        CASE(is_grave_beyond_a_screenful),
        CASE(a_reason_is_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
