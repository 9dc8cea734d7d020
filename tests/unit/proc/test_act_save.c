/* SPDX-License-Identifier: ISC */
/* The folder of saved messages: whole and on the disk, or not there at all. What goes into it is
 * [save]'s work, which the end-to-end tests see. */
#include "hopq/error.h"
#include "proc/act.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <unistd.h>
/* cmocka.h wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char state_folder[] = "/tmp/hopq-save-XXXXXX";
static bool disk_fails;

/* In the place of the C library's. */
int syncfs(int fd)
{
    (void)fd;
    errno = EIO;
    return disk_fails ? -1 : 0;
}

/* A run with one message in it. */
static struct hq_act_save *save_something(void)
{
    struct hq_act_save *save = hq_act_save_new(NULL);

    assert_non_null(save);
    g_autofree char *text = g_build_filename(hq_act_save_folder(save), "tmp", "m0.hopq", NULL);
    assert_true(g_file_set_contents(text, "Subject: x\n\n", -1, NULL));
    return save;
}

static void assert_nothing_saved(void)
{
    GDir *base = g_dir_open(hq_act_save_base(), 0, NULL);

    assert_non_null(base);
    assert_null(g_dir_read_name(base));
    g_dir_close(base);
}

static void drops_an_unfinished_run(void **state)
{
    (void)state;
    hq_act_save_free(save_something());
    assert_nothing_saved();
}

static void drops_what_the_disk_may_not_have(void **state)
{
    struct hq_act_save *save = save_something();
    g_autoptr(GError) error = NULL;

    (void)state;
    disk_fails = true;
    assert_false(hq_act_save_sync(save, &error));
    disk_fails = false;
    assert_true(g_error_matches(error, HQ_ERROR, HQ_EXIT_DENIED));
    hq_act_save_free(save);
    assert_nothing_saved();
}

static void remove_files(const char *folder, const char *const *names)
{
    for (; *names; names++) {
        g_autofree char *path = g_build_filename(folder, *names, NULL);
        assert_int_equal(g_remove(path), 0);
    }
    assert_int_equal(g_rmdir(folder), 0);
}

static void keeps_a_whole_run(void **state)
{
    static const char *const all[] = {"new/m0.hopq",     "new",       "cur",      "tmp",
                                      "messages.ndjson", "envelopes", "resubmit", NULL};
    struct hq_act_save *save = save_something();
    g_autofree char *folder = g_strdup(hq_act_save_folder(save));

    (void)state;
    assert_true(hq_act_save_sync(save, NULL));
    assert_true(hq_act_save_sync(save, NULL)); /* each batch asks */
    hq_act_save_free(save);
    remove_files(folder, all);
}

static int make_folder(void **state)
{
    (void)state;
    return !g_mkdtemp(state_folder) || setenv("HOPQ_STATE", state_folder, 1);
}

static int remove_folder(void **state)
{
    (void)state;
    return g_rmdir(hq_act_save_base()) || g_rmdir(state_folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drops_an_unfinished_run),
        cmocka_unit_test(drops_what_the_disk_may_not_have),
        cmocka_unit_test(keeps_a_whole_run),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
