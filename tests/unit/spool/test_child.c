/* SPDX-License-Identifier: ISC */
/* Programs run for their output, and what a Postfix configuration tells through them. */
#include "collect.h"
#include "spool/child.h"
#include "spool/postfix/config.h"
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static void output_whole(void **state)
{
    const char *const echo[] = {"/bin/echo", "$HOME;`id`", "two words", NULL};
    const char *const env[] = {"/usr/bin/env", NULL};

    (void)state;
    g_autofree char *text = hq_child_output(echo, 1000, 2000);
    assert_string_equal(text, "$HOME;`id` two words\n");
    g_setenv("HOPQ_SECRET", "x", TRUE);
    g_autofree char *environment = hq_child_output(env, 1000, 2000);
    assert_null(strstr(environment, "HOPQ_SECRET"));
    assert_non_null(strstr(environment, "PATH="));
}

static void failures_are_told(void **state)
{
    const char *const none[] = {"/nonexistent/program", NULL};
    const char *const fails[] = {"/bin/false", NULL};
    const char *const floods[] = {"/usr/bin/yes", NULL};
    const char *const sleeps[] = {"/bin/sleep", "60", NULL};
    const char *const closes[] = {"/bin/sh", "-c", "exec >&-; exec sleep 60", NULL};
    gint64 start = g_get_monotonic_time();

    (void)state;
    assert_null(hq_child_output(none, 1000, 2000));
    assert_null(hq_child_output(fails, 1000, 2000));
    assert_null(hq_child_output(floods, 100000, 2000));
    assert_null(hq_child_output(sleeps, 1000, 200));
    assert_null(hq_child_output(closes, 1000, 200));
    assert_true(g_get_monotonic_time() - start < INT64_C(10) * G_USEC_PER_SEC);
}

/* A tool that says something now and then is at work, one that says nothing is not, and neither is
 * one that says more than anybody reads. */
static void silence_is_ended(void **state)
{
    const char *const talks[] = {"/bin/sh", "-c",
                                 "for i in 1 2 3 4 5 6; do sleep 0.3; echo $i; done", NULL};
    const char *const sleeps[] = {"/bin/sleep", "60", NULL};
    const char *const floods[] = {"/usr/bin/yes", NULL};
    g_autoptr(GString) said = g_string_new(NULL);
    int out;

    (void)state;
    struct hq_child *child = hq_child_begin(talks, -1, &out);
    assert_int_equal(hq_child_end(child, out, 1000, 1500, said), 0);
    assert_string_equal(said->str, "1\n2\n3\n4\n5\n6\n");
    child = hq_child_begin(sleeps, -1, &out);
    assert_int_equal(hq_child_end(child, out, 1000, 200, said), -1);
    assert_int_equal(errno, ETIME);
    child = hq_child_begin(floods, -1, &out);
    g_string_truncate(said, 0);
    assert_int_equal(hq_child_end(child, out, 1000, 200, said), -1);
    assert_int_equal(errno, ETIME);
    assert_int_equal(said->len, 1000);
}

/* A directory that anyone could have written is not one to run postconf with. */
/* What others can write is not run, wherever it is. */
static void programs_are_roots(void **state)
{
    char *dir = collect_tempdir();
    g_autofree char *open = g_build_filename(dir, "open", NULL);
    g_autofree char *mine = g_build_filename(dir, "mine", NULL);
    const char *places[] = {"/nonexistent", dir, open, mine, "/bin/true", "/bin/sh", NULL};

    (void)state;
    assert_true(g_file_set_contents(open, "", 0, NULL) && g_file_set_contents(mine, "", 0, NULL));
    assert_return_code(chmod(open, 0775), errno);
    assert_return_code(chmod(mine, 0755), errno);
    assert_string_equal(hq_child_program(places), geteuid() == 0 ? mine : "/bin/true");
    places[4] = NULL;
    places[3] = NULL;
    assert_null(hq_child_program(places));
    collect_remove(dir);
    g_free(dir);
}

static void no_configuration_of_a_copied_queue(void **state)
{
    g_autofree char *path = collect_tempdir();

    (void)state;
    assert_null(hq_pf_config_find(path));
    collect_mkdir(path, "pid");
    collect_write(path, "pid/master.pid", "1\n", 2, 0600);
    assert_null(hq_pf_config_find(path));
    collect_write(path, "pid/master.pid", "-5000000000000000000000\n", 24, 0600);
    assert_null(hq_pf_config_find(path));
    collect_remove(path);
}

static void configuration_of_this_machine(void **state)
{
    const char *queue = hq_spool_find("postfix", strlen("postfix"))->default_path();
    struct hq_pf_config *config = queue ? hq_pf_config_find(queue) : NULL;
    struct hq_context *context;

    (void)state;
    if (!config)
        COLLECT_SKIP("no Postfix here\n");
    context = hq_context_new();
    hq_pf_config_apply(config, context);
    assert_string_equal(hq_context_setting(context, "queue_directory", ""), queue);
    assert_non_null(hq_context_setting(context, "maximal_queue_lifetime", NULL));
    assert_non_null(context->hostname);
    assert_true(hq_context_is_ours(context, context->hostname, strlen(context->hostname)));
    hq_context_free(context);
    hq_pf_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_whole),
        cmocka_unit_test(failures_are_told),
        cmocka_unit_test(silence_is_ended),
        cmocka_unit_test(programs_are_roots),
        cmocka_unit_test(no_configuration_of_a_copied_queue),
        cmocka_unit_test(configuration_of_this_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
