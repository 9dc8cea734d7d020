/* SPDX-License-Identifier: ISC */
/* What smtpctl may be given, for which queues, and what counts as done. */
#include "collect.h"
#include "hopq/change.h"

static const struct hq_changer_ops *ops(void)
{
    const struct hq_changer_ops *found = hq_changer_find("opensmtpd");

    assert_non_null(found);
    return found;
}

static void ids(void **state)
{
    static const char *const bad[] = {"",         "all",       "-v",       "00000000",  "1f0a2b3",
                                      "1F0A2B3C", "1f0a2b3c ", "1f0a2b3g", "1f0a2b3c0", "../../aa"};

    (void)state;
    assert_true(ops()->id_ok("1f0a2b3c"));
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_false(ops()->id_ok(bad[i]));
}

static void places(void **state)
{
    static const char *const not [] = {"offline", "incoming", "temporary", "corrupt"};

    (void)state;
    for (unsigned verb = 0; verb < HQ_VERB_COUNT; verb++) {
        assert_null(ops()->unfit(verb, "queue"));
        for (unsigned i = 0; i < G_N_ELEMENTS(not ); i++)
            assert_non_null(ops()->unfit(verb, not [i]));
    }
}

/* Wherever smtpctl is, a command begins with a path. */
static void program(void **state)
{
    (void)state;
    assert_true(g_str_has_prefix(ops()->value(NULL, "smtpctl"), "/usr/"));
    assert_null(ops()->value(NULL, "config"));
}

static void foreign_spool(void **state)
{
    char *path = collect_tempdir();
    GError *error = NULL;

    (void)state;
    assert_null(ops()->open(path, &error));
    assert_non_null(strstr(error->message, "no OpenSMTPD of this machine"));
    g_clear_error(&error);
    assert_null(ops()->open("/nonexistent", &error));
    g_clear_error(&error);
    collect_remove(path);
    g_free(path);
}

/* Bits of a look: 1 listed, 2 some paused, 4 some not paused, 8 in flight, 16 smtpctl did not tell.
 */
static void what_is_done(void **state)
{
    static const struct {
        enum hq_verb verb;
        uint32_t before, after; /* 8 alone: not in the queue any more */
        enum hq_seen seen;
    } rows[] = {
        {HQ_VERB_HOLD, 5, 3, HQ_SEEN_DONE},    {HQ_VERB_HOLD, 5, 5, HQ_SEEN_NOT},
        {HQ_VERB_HOLD, 5, 7, HQ_SEEN_NOT},     {HQ_VERB_HOLD, 5, 8, HQ_SEEN_NOT},
        {HQ_VERB_HOLD, 5, 0, HQ_SEEN_NOT},     {HQ_VERB_RELEASE, 3, 5, HQ_SEEN_DONE},
        {HQ_VERB_RELEASE, 3, 7, HQ_SEEN_NOT},  {HQ_VERB_RELEASE, 3, 0, HQ_SEEN_NOT},
        {HQ_VERB_RELEASE, 3, 8, HQ_SEEN_DONE}, {HQ_VERB_DELETE, 5, 8, HQ_SEEN_DONE},
        {HQ_VERB_DELETE, 5, 0, HQ_SEEN_DONE},  {HQ_VERB_DELETE, 5, 5, HQ_SEEN_NOT},
        {HQ_VERB_DELETE, 0, 0, HQ_SEEN_NOT},   {HQ_VERB_FLUSH, 5, 5, HQ_SEEN_UNSURE},
        {HQ_VERB_FLUSH, 5, 8, HQ_SEEN_DONE},   {HQ_VERB_FLUSH, 5, 13, HQ_SEEN_UNSURE},
        {HQ_VERB_HOLD, 5, 16, HQ_SEEN_UNSURE}, {HQ_VERB_DELETE, 5, 16, HQ_SEEN_UNSURE},
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct hq_look before = {.queue = "queue", .stamp = 7, .mode = rows[i].before};
        struct hq_look after = {.queue = rows[i].after == 8 ? NULL : "queue",
                                .stamp = rows[i].after == 8 ? HQ_NONE : 7,
                                .mode = rows[i].after == 8 ? 0 : rows[i].after};
        if (ops()->judge(rows[i].verb, &before, &after) != rows[i].seen)
            fail_msg("row %u", i);
    }
}

static void refusals(void **state)
{
    (void)state;
    for (unsigned verb = 0; verb < HQ_VERB_COUNT; verb++) {
        const struct hq_way *way = &ops()->ways[verb][HQ_SCOPE_IDS];
        bool cannot = verb == HQ_VERB_EXPIRE || verb == HQ_VERB_REQUEUE;
        assert_int_equal(way->refusal != NULL, cannot);
        assert_int_equal(way->argv[0] != NULL, !cannot);
        if (cannot)
            continue;
        assert_true(way->root && way->batch == 1);
        assert_string_equal(way->argv[0], "{smtpctl}");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids),           cmocka_unit_test(places),       cmocka_unit_test(program),
        cmocka_unit_test(foreign_spool), cmocka_unit_test(what_is_done), cmocka_unit_test(refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
