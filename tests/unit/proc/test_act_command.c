/* SPDX-License-Identifier: ISC */
/* The commands that a spool's table makes: their values, their ids, their bounds. */
#include "proc/act.h"
#include <string.h>
/* cmocka.h wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *value(struct hq_changer *changer, const char *name)
{
    (void)changer;
    return strcmp(name, "folder") == 0 ? "/var/queue" : NULL;
}

static const struct hq_changer_ops ops = {.value = value};
static const struct hq_act_source source = {.name = (char *)"fake:/", .ops = &ops};

/* An option whose value nobody knows goes with it. */
static void fills_in_values(void **state)
{
    static const struct hq_way way = {
        .argv = {"/bin/x", "-c", "{config}", "-d", "{folder}", "{id}"}};
    static const char *const wanted[] = {"/bin/x", "-d", "/var/queue", "{id}", NULL};
    g_auto(GStrv) argv = hq_act_expand(&source, &way);

    (void)state;
    assert_true(g_strv_equal((const char *const *)argv, wanted));
}

static void describes_for_a_shell(void **state)
{
    static const struct hq_way way = {.argv = {"/bin/x", "a b", "$(id)", "-qI{id}"}};
    g_autofree char *line = hq_act_describe(&source, &way);

    (void)state;
    assert_string_equal(line, "/bin/x 'a b' '$(id)' -qI{id}");
}

static void shares_ids_among_processes(void **state)
{
    static const struct hq_way each = {.argv = {"/bin/x", "{id}"}, .batch = 1};
    static const struct hq_way many = {.argv = {"/bin/x", "{id}"}};
    static const char *const ids[] = {"m0", "m1", "m2"};

    (void)state;
    assert_int_equal(hq_act_share(&each, ids, 3), 1);
    assert_int_equal(hq_act_share(&many, ids, 3), 3);
}

/* However many, they fit an argument list. */
static void fits_an_argument_list(void **state)
{
    const unsigned count = 20000;
    g_autofree const char **ids = g_new(const char *, count);
    static const struct hq_way way = {.argv = {"/bin/true", "{id}"}, .batch = 100000};

    (void)state;
    for (unsigned i = 0; i < count; i++)
        ids[i] = "4fQxyz0123456789abc";
    unsigned share = hq_act_share(&way, ids, count);
    assert_in_range(share, 1000, 4000);
    struct hq_act_job job;
    hq_act_start(&source, &way, ids, share, &job);
    struct hq_act_end *end = hq_act_finish(&job);
    assert_int_equal(end->status, 0);
    hq_act_end_free(end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_in_values),
        cmocka_unit_test(describes_for_a_shell),
        cmocka_unit_test(shares_ids_among_processes),
        cmocka_unit_test(fits_an_argument_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
