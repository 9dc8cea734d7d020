/* SPDX-License-Identifier: ISC */
/* A spool that real daemons wrote, held against what Exim's own tools said of it at that moment:
 * exim -bp, -Mvl, exipick (sizes are rounded), exim_dumpdb. The archive is development data. */
#include "golden.h"
#include "spool/exim/exim.h"
#include <stdlib.h>
#include <time.h>

static struct collect *read_listing(void)
{
    g_autofree char *path = g_build_filename(golden_root, "out", "exim-bp.txt", NULL);
    struct collect *listed = collect_new();
    struct hq_item item;

    hq_item_init(&item);
    item.listing = true;
    assert_true(hq_file_open(AT_FDCWD, path, DT_UNKNOWN, &item.files[0]));
    hq_exim_parse(&listed->parse, &item);
    hq_item_close(&item);
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
    golden_unpack("exim");
    struct collect *ours = golden_read("exim", "", false);
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
    golden_unpack("exim");
    struct collect *ours = golden_read("exim", "", false);
    unsigned compared = 0;

    (void)state;
    for (unsigned i = 0; i < ours->messages->len; i++) {
        const struct hq_message *m = ours->messages->pdata[i];
        g_autofree char *name = g_strconcat(m->id, ".txt", NULL);
        g_autofree char *path = g_build_filename(golden_root, "out", "exim-Mvl", name, NULL);
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
    golden_unpack("exim");
    g_autofree char *path = g_build_filename(golden_root, "out", "exim_dumpdb-retry.txt", NULL);
    g_autofree char *dump = NULL;
    struct collect *ours = golden_read("exim", "", false);
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

    return cmocka_run_group_tests(tests, NULL, golden_clean);
}
