/* SPDX-License-Identifier: ISC */
/* The log of actions: a line for each message whatever the names in it, and no file but a file. */
#include "hopq/error.h"
#include "hopq/io.h"
#include "hopq/time.h"
#include "proc/act.h"
#include <fcntl.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/hopq-act-log-XXXXXX";
static char *path;

static int set_up(void **state)
{
    (void)state;
    if (!g_mkdtemp(folder))
        return -1;
    path = g_build_filename(folder, "actions.log", NULL);
    return setenv("HOPQ_STATE", folder, 1);
}

static int tear_down(void **state)
{
    (void)state;
    g_free(path);
    return g_rmdir(folder);
}

static int clear(void **state)
{
    (void)state;
    return g_remove(path);
}

static void refused(void)
{
    g_autoptr(GError) error = NULL;

    assert_false(hq_act_log_open(&error));
    assert_true(g_error_matches(error, HQ_ERROR, HQ_EXIT_DENIED));
    assert_non_null(strstr(error->message, path));
}

static void lines_of_a_batch(void **state)
{
    struct hq_act_source source = {.name = (char *)"fake:/a\nb"};
    struct hq_wire_target targets[] = {{"m1", 1, 0}, {"m2", 2, HQ_NONE}};
    struct hq_wire_fate fates[] = {{HQ_FATE_DONE, NULL}, {HQ_FATE_FAILED, "no\nsuch \x1b[2J"}};
    struct hq_wire_change order = {.verb = HQ_VERB_DELETE, .targets = targets, .target_count = 2};
    struct hq_wire_changed answer = {.fates = fates, .fate_count = 2};
    g_autoptr(GError) error = NULL;
    struct stat st;

    (void)state;
    setenv("HOPQ_NOW", "2026-11-22T00:48:03Z", 1);
    setenv("SUDO_USER", "al\nice", 1);
    umask(0);
    assert_true(hq_act_log_open(&error));
    hq_act_log(&source, &order, "rm", &answer);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640); /* addresses of people are nobody else's business */
    g_autofree char *text = hq_io_slurp(path, 1 << 20, NULL, &error);
    assert_string_equal(text,
                        "2026-11-22T00:48:03Z user=al^Jice action=delete source=fake:/a^Jb id=m1 "
                        "arrived=1970-01-01T00:00:00Z result=done\n"
                        "2026-11-22T00:48:03Z user=al^Jice action=delete source=fake:/a^Jb id=m2 "
                        "arrived= result=failed words=no^Jsuch ^[[2J\n");
}

/* What is there stays. */
static void appends(void **state)
{
    struct hq_act_source source = {.name = (char *)"fake:/"};
    struct hq_wire_change order = {.verb = HQ_VERB_HOLD};
    struct hq_wire_changed answer = {.fate_count = 0};
    g_autoptr(GError) error = NULL;

    (void)state;
    assert_true(g_file_set_contents(path, "before\n", -1, NULL));
    assert_true(hq_act_log_open(&error));
    hq_act_log(&source, &order, "true", &answer);
    g_autofree char *text = hq_io_slurp(path, 1 << 20, NULL, &error);
    assert_string_equal(text, "before\n");
}

static void no_link(void **state)
{
    (void)state;
    assert_int_equal(symlink("elsewhere", path), 0);
    refused();
    assert_int_equal(access(path, F_OK), -1); /* nothing was made where it leads */
}

/* Neither without a reader, where an open would wait, nor with one. */
static void no_pipe(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(10);
    refused();
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    refused();
    close(reader);
    alarm(0);
}

static void no_folder(void **state)
{
    (void)state;
    assert_int_equal(mkdir(path, 0700), 0);
    refused();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(lines_of_a_batch, clear),
        cmocka_unit_test_teardown(appends, clear),
        cmocka_unit_test_teardown(no_link, clear),
        cmocka_unit_test_teardown(no_pipe, clear),
        cmocka_unit_test_teardown(no_folder, clear),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
