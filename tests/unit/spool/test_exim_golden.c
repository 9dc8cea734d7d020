/* SPDX-License-Identifier: ISC */
/* A spool that real daemons wrote, held against what Exim's own tools said of it at that moment:
 * exim -bp, -Mvl, exipick (sizes are rounded), exim_dumpdb. The archive is development data. */
#include "collect.h"
#include "spool/exim.h"
#include <stdlib.h>
#include <time.h>

static char *root; /* unpacked; NULL: there is no archive */

static int unpack(void **state)
{
    const char *data = g_getenv("HOPQ_DATA");
    g_autofree char *archive = g_build_filename(data ? data : HOPQ_SOURCE_DIR "/../shared/data",
                                                "spools", "exim.tar.gz", NULL);
    int status = 1;

    (void)state;
    if (!g_file_test(archive, G_FILE_TEST_EXISTS))
        return 0;
    root = collect_tempdir();
    char *argv[] = {"tar", "-xzf", archive, "-C", root, "--no-same-owner", NULL};
    bool ran =
        g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL);
    return ran && status == 0 ? 0 : -1;
}

static int clean(void **state)
{
    (void)state;
    if (root)
        collect_remove(root);
    g_free(root);
    return 0;
}

static struct collect *read_all(void)
{
    const struct hq_spool *spool = hq_spool_find("exim", strlen("exim"));
    g_autofree char *path = g_build_filename(root, "spool", NULL);
    struct collect *collect = collect_new();
    struct hq_layout *layout = spool->layout->open(path, NULL);

    assert_non_null(layout);
    collect_all(collect, spool, layout);
    spool->layout->close(layout);
    return collect;
}

static struct collect *read_listing(void)
{
    g_autofree char *path = g_build_filename(root, "out", "exim-bp.txt", NULL);
    struct collect *listed = collect_new();
    struct hq_item item;

    hq_item_init(&item);
    item.listing = true;
    assert_true(hq_file_open(AT_FDCWD, path, DT_UNKNOWN, &item.files[0]));
    hq_exim_parse(&listed->parse, &item);
    collect_close(&item);
    return listed;
}

static bool is_done(const struct hq_recipient *r)
{
    return r->state == HQ_STATE_DELIVERED || r->state == HQ_STATE_FAILED;
}

/* The listing rounds a size to two digits or so. */
static bool is_near(int64_t size, int64_t rounded)
{
    return ABS(size - rounded) <= (rounded < 1024 ? 0 : MAX(rounded / 20, 52));
}

static void compare(const struct hq_message *ours, const struct hq_message *theirs)
{
    assert_string_equal(ours->sender, theirs->sender);
    assert_true(is_near(ours->size, theirs->size));
    assert_int_equal(strcmp(ours->queue, "frozen") == 0, strcmp(theirs->queue, "frozen") == 0);
    assert_int_equal(ours->problem_count, 0);
    assert_int_equal(ours->recipient_count, theirs->recipient_count);
    for (uint32_t i = 0; i < ours->recipient_count; i++) {
        assert_string_equal(ours->recipients[i].address, theirs->recipients[i].address);
        assert_int_equal(is_done(&ours->recipients[i]), is_done(&theirs->recipients[i]));
        assert_int_equal(ours->recipients[i].state == HQ_STATE_HELD,
                         theirs->recipients[i].state == HQ_STATE_HELD);
    }
}

static void equals_exim_bp(void **state)
{
    if (!root)
        COLLECT_SKIP("no data\n");
    struct collect *ours = read_all();
    struct collect *theirs = read_listing();

    (void)state;
    assert_int_equal(theirs->messages->len, 55);
    for (unsigned i = 0; i < theirs->messages->len; i++) {
        const struct hq_message *listed = theirs->messages->pdata[i];
        const struct hq_message *found = collect_find(ours, listed->id);
        assert_non_null(found);
        compare(found, listed);
    }
    /* what -bp does not list: one that was being received */
    assert_int_equal(ours->messages->len, 56);
    assert_true(collect_has_problem(collect_find(ours, "1xUvtu-0005i1-15"), "no header file"));
    collect_free(ours);
    collect_free(theirs);
}

/* Every reason is in the message's log, in its last line about that recipient. */
static void reasons_are_in_the_logs(void **state)
{
    if (!root)
        COLLECT_SKIP("no data\n");
    struct collect *ours = read_all();
    unsigned compared = 0;

    (void)state;
    for (unsigned i = 0; i < ours->messages->len; i++) {
        const struct hq_message *m = ours->messages->pdata[i];
        g_autofree char *name = g_strconcat(m->id, ".txt", NULL);
        g_autofree char *path = g_build_filename(root, "out", "exim-Mvl", name, NULL);
        g_autofree char *log = NULL;
        GString *plain = g_string_new(NULL);
        gsize n;
        if (g_file_get_contents(path, &log, &n, NULL))
            hq_ex_unescape(plain, log, n);
        for (uint32_t r = 0; r < m->recipient_count; r++) {
            const struct hq_reason *reason = m->recipients[r].reason;
            g_auto(GStrv) parts = g_strsplit(reason ? reason->text : "", ": ", 2);
            if (!reason)
                continue;
            assert_non_null(strstr(plain->str, parts[0]));
            assert_true(!parts[1] || strstr(plain->str, parts[1]));
            assert_int_not_equal(reason->kind->category, HQ_CATEGORY_UNKNOWN);
            compared++;
        }
        g_string_free(plain, TRUE);
    }
    assert_int_equal(compared, 77);
    collect_free(ours);
}

/* exim_dumpdb's times of next tries, in UTC as the machine was: all those told are among them. */
static void next_tries_are_hints(void **state)
{
    if (!root)
        COLLECT_SKIP("no data\n");
    g_autofree char *path = g_build_filename(root, "out", "exim_dumpdb-retry.txt", NULL);
    g_autofree char *dump = NULL;
    struct collect *ours = read_all();
    unsigned compared = 0;

    (void)state;
    assert_true(g_file_get_contents(path, &dump, NULL, NULL));
    for (unsigned i = 0; i < ours->messages->len; i++) {
        const struct hq_message *m = ours->messages->pdata[i];
        for (uint32_t r = 0; r < m->recipient_count; r++) {
            char text[32];
            struct tm tm;
            if (m->recipients[r].next_attempt == HQ_NONE)
                continue;
            time_t next = (time_t)(m->recipients[r].next_attempt / HQ_SECOND);
            gmtime_r(&next, &tm);
            strftime(text, sizeof text, "%d-Nov-%Y %H:%M:%S \n", &tm);
            assert_non_null(strstr(dump, text));
            compared++;
        }
    }
    assert_true(compared > 60);
    collect_free(ours);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_exim_bp),
        cmocka_unit_test(reasons_are_in_the_logs),
        cmocka_unit_test(next_tries_are_hints),
    };

    return cmocka_run_group_tests(tests, unpack, clean);
}
