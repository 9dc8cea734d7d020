/* SPDX-License-Identifier: ISC */
/* Which files of Sendmail's queues are listed, as what, and found again. */
#include "collect.h"
#include "spool/sendmail/places.h"
#include "spool/sendmail/sendmail.h"
#include <sys/file.h>
#include <utime.h>

#define CONTROL "V8\nT5\nK6\nN1\nSa@b.example\nRPFD:c@d.example\nH??Subject: s\n.\n"
#define ID_A    "6AM18a0G001962"
#define ID_B    "6AM18a0t002050"
#define ID_C    "6AM18aXH001915"

static const struct hq_spool *spool(void)
{
    return hq_spool_find("sendmail", strlen("sendmail"));
}

static void put(const char *base, const char *name, const char *text)
{
    struct utimbuf old = {1000000, 1000000};
    g_autofree char *path = g_build_filename(base, name, NULL);

    collect_write(base, name, text, strlen(text), 0600);
    assert_int_equal(utime(path, &old), 0);
}

static struct hq_layout *open_at(const char *base)
{
    struct hq_layout *layout = spool()->layout->open(base, NULL);

    assert_non_null(layout);
    spool()->layout->rewind(layout);
    return layout;
}

static struct collect *list(const char *base)
{
    struct collect *collect = collect_new();
    struct hq_layout *layout = open_at(base);

    collect_all(collect, spool(), layout);
    spool()->layout->close(layout);
    return collect;
}

static void expect(const struct collect *collect, const char *id, const char *queue, bool problem)
{
    const struct hq_message *m = collect_find(collect, id);

    if (!m)
        fail_msg("%s is not listed", id);
    assert_string_equal(m->queue, queue);
    if ((m->problem_count > 0) != problem)
        fail_msg("%s: %s", id, m->problem_count ? m->problems[0].what : "no problem");
}

static void remove_all(char *base)
{
    collect_remove(base);
    g_free(base);
}

static void flat_queue(void **state)
{
    char *base = collect_tempdir();
    g_autofree char *name = g_path_get_basename(base);
    g_autofree char *quarantined = g_strconcat(name, "/quarantined", NULL);
    g_autofree char *lost = g_strconcat(name, "/lost", NULL);

    (void)state;
    put(base, "qf" ID_A, CONTROL);
    put(base, "df" ID_A, "x\n");
    put(base, "xf" ID_A, "transcript\n");
    put(base, "tf" ID_A, "V8\n"); /* being rewritten */
    put(base, "hf" ID_B, CONTROL);
    put(base, "df" ID_B, "x\n");
    put(base, "Qf" ID_C, "V8\nrubbish\n");
    put(base, "df" ID_C, "x\n");
    put(base, "df6AM18a0G001963", "alone\n");
    put(base, "tf6AM18a0G001964", "V8\nT5\n");
    for (unsigned i = 0; i < 2; i++) { /* in either order of the directory */
        put(base, i ? "tf6AM18a0G001966" : "df6AM18a0G001967", i ? CONTROL : "x\n");
        put(base, i ? "df6AM18a0G001966" : "tf6AM18a0G001967", i ? "x\n" : CONTROL);
    }
    put(base, "qf6AM18a0G001965", CONTROL); /* without a data file */
    put(base, "qf", "");
    put(base, "qfile", "");
    assert_true(hq_sendmail_recognise(base));
    struct collect *collect = list(base);
    assert_int_equal(collect->messages->len, 8);
    expect(collect, ID_A, name, false);
    expect(collect, ID_B, quarantined, false);
    expect(collect, ID_C, lost, true);
    expect(collect, "6AM18a0G001963", lost, true);
    expect(collect, "6AM18a0G001964", lost, true);
    expect(collect, "6AM18a0G001965", name, true);
    for (char last = '6'; last <= '7'; last++) {
        g_autofree char *id = g_strdup_printf("6AM18a0G00196%c", last);
        expect(collect, id, lost, true);
        assert_string_equal(collect_find(collect, id)->sender, "a@b.example");
    }
    collect_free(collect);
    remove_all(base);
}

/* qf, df and xf apart, several directories, data in another one. */
static void many_directories(void **state)
{
    char *base = collect_tempdir();

    (void)state;
    collect_mkdir(base, "q1/qf");
    collect_mkdir(base, "q1/df");
    collect_mkdir(base, "q1/xf");
    collect_mkdir(base, "groups/slow");
    put(base, "q1/qf/qf" ID_A, CONTROL);
    put(base, "q1/df/df" ID_A, "x\n");
    put(base, "groups/slow/qf" ID_B, CONTROL);
    put(base, "q1/df/df" ID_B, "in another queue's directory\n");
    put(base, "groups/slow/hf" ID_C, CONTROL);
    put(base, "groups/slow/df" ID_C, "x\n");
    put(base, "q1/df/df6AM18a0G001963", "alone\n");
    struct collect *collect = list(base);
    expect(collect, ID_A, "q1", false);
    expect(collect, ID_B, "groups/slow", false);
    expect(collect, ID_C, "groups/slow/quarantined", false);
    expect(collect, "6AM18a0G001963", "q1/lost", true);
    assert_int_equal(collect->messages->len, 4);
    assert_int_equal(collect_find(collect, ID_B)->size, 29);
    collect_free(collect);
    remove_all(base);
}

static void add_group(struct hq_sm_places *places, const char *base, const char *name)
{
    g_autofree char *path = g_build_filename(base, name, NULL);

    assert_true(hq_sm_places_add_group(places, path));
}

/* Groups may have directories of the same name; their queues must not. Nothing is listed twice. */
static void directories_of_groups(void **state)
{
    static const char *const wanted[] = {"fast", "slow/deep", "q1", "fast/a", "slow/deep/a"};
    char *base = collect_tempdir(), *other = collect_tempdir();
    struct hq_sm_places places;

    (void)state;
    collect_mkdir(base, "q1");
    collect_mkdir(base, "fast/a");
    collect_mkdir(base, "slow/deep/a");
    collect_mkdir(other, "a");
    hq_sm_places_init(&places);
    assert_true(hq_sm_places_add_root(&places, base));
    add_group(&places, base, "fast");
    add_group(&places, base, "slow/deep");
    add_group(&places, base, "slow/../fast");
    add_group(&places, other, "a"); /* elsewhere */
    assert_false(hq_sm_places_add_group(&places, "/nonexistent"));
    hq_sm_places_discover(&places, NULL, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(wanted); i++) {
        unsigned found = 0;
        for (guint j = 0; j < places.all->len; j++) {
            const struct hq_sm_place *place = places.all->pdata[j];
            found += place->root == 0 && strcmp(place->name, wanted[i]) == 0;
        }
        if (found != 1)
            fail_msg("%s is there %u times", wanted[i], found);
    }
    assert_int_equal(places.all->len, 8); /* the two roots and "slow", too */
    assert_int_equal(places.roots->len, 2);
    hq_sm_places_clear(&places);
    remove_all(base);
    remove_all(other);
}

static int lock(const char *base, const char *name)
{
    g_autofree char *path = g_build_filename(base, name, NULL);
    int fd = open(path, O_RDWR | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    return fd;
}

static void locked_files(void **state)
{
    char *base = collect_tempdir();

    (void)state;
    collect_mkdir(base, "q");
    put(base, "q/qf" ID_A, "V8\nT5\nSa@b.exam"); /* being written */
    put(base, "q/df" ID_A, "x\n");
    put(base, "q/df" ID_B, "being received");
    put(base, "q/tf" ID_C, "V8\n");
    int fds[] = {lock(base, "q/qf" ID_A), lock(base, "q/df" ID_B), lock(base, "q/tf" ID_C)};
    struct collect *collect = list(base);
    expect(collect, ID_A, "q/active", false);
    expect(collect, ID_B, "q/incoming", false);
    expect(collect, ID_C, "q/incoming", false);
    for (unsigned i = 0; i < 3; i++) {
        const struct hq_message *m = collect->messages->pdata[i];
        assert_int_equal(m->incomplete, HQ_YES);
    }
    collect_free(collect);
    for (unsigned i = 0; i < G_N_ELEMENTS(fds); i++)
        close(fds[i]);
    collect = list(base);
    expect(collect, ID_A, "q", true);
    expect(collect, ID_B, "q/lost", true);
    collect_free(collect);
    remove_all(base);
}

/* A moment without a control file is no loss. */
static void young_data(void **state)
{
    char *base = collect_tempdir();

    (void)state;
    collect_mkdir(base, "q");
    collect_write(base, "q/df" ID_A, "x\n", 2, 0600);
    struct collect *collect = list(base);
    expect(collect, ID_A, "q/incoming", false);
    collect_free(collect);
    remove_all(base);
}

/* What strangers could plant is neither followed nor waited for. */
static void planted_things(void **state)
{
    char *base = collect_tempdir();
    g_autofree char *fifo = g_build_filename(base, "qf" ID_A, NULL);
    g_autofree char *link = g_build_filename(base, "qf" ID_B, NULL);
    g_autofree char *deep = g_build_filename(base, "a/b/c/d", NULL);
    g_autofree char *loop = g_build_filename(base, "loop", NULL);

    (void)state;
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(symlink("/etc/passwd", link), 0);
    assert_int_equal(symlink(".", loop), 0);
    assert_int_equal(g_mkdir_with_parents(deep, 0700), 0);
    put(base, "a/b/c/d/qf" ID_C, CONTROL);
    struct collect *collect = list(base);
    assert_int_equal(collect->messages->len, 2);
    assert_true(collect_find(collect, ID_A)->problem_count > 0);
    assert_true(collect_find(collect, ID_B)->problem_count > 0);
    assert_int_equal(collect_find(collect, ID_B)->size, HQ_NONE);
    collect_free(collect);
    remove_all(base);
}

/* Root may link queue directories together; they are listed once. */
static void linked_directories(void **state)
{
    char *base = collect_tempdir(), *other = collect_tempdir();
    g_autofree char *link = g_build_filename(base, "q2", NULL);
    g_autofree char *again = g_build_filename(base, "q3", NULL);

    (void)state;
    put(other, "qf" ID_A, CONTROL);
    put(other, "df" ID_A, "x\n");
    assert_int_equal(symlink(other, link), 0);
    assert_int_equal(symlink(other, again), 0);
    struct collect *collect = list(base);
    assert_int_equal(collect->messages->len, geteuid() == 0 ? 1 : 0);
    collect_free(collect);
    assert_int_equal(chmod(base, 0777), 0);
    collect = list(base);
    assert_int_equal(collect->messages->len, 0);
    collect_free(collect);
    remove_all(base);
    remove_all(other);
}

static bool finds(struct hq_layout *layout, const char *ref, const char *id, const char *queue)
{
    struct hq_item item;
    bool found = spool()->layout->find(layout, ref, id, &item);

    if (found) {
        assert_string_equal(item.id, id);
        assert_string_equal(item.queue, queue);
        assert_true(item.files[HQ_SM_CONTROL].fd >= 0 || item.files[HQ_SM_DATA].fd >= 0);
        hq_item_close(&item);
    }
    return found;
}

static void finds_again(void **state)
{
    char *base = collect_tempdir();

    (void)state;
    collect_mkdir(base, "q1/qf");
    collect_mkdir(base, "q1/df");
    collect_mkdir(base, "q2");
    put(base, "q1/qf/qf" ID_A, CONTROL);
    put(base, "q1/df/df" ID_A, "x\n");
    put(base, "q2/df" ID_B, "alone\n");
    struct collect *collect = collect_new();
    struct hq_layout *layout = open_at(base);
    collect_all(collect, spool(), layout);
    const char *ref = collect_find(collect, ID_A)->ref;
    assert_string_equal(ref, "0:q1/qf/qf" ID_A);
    assert_true(finds(layout, ref, ID_A, "q1"));
    assert_true(finds(layout, collect_find(collect, ID_B)->ref, ID_B, "q2/lost"));
    put(base, "q1/qf/hf" ID_A, CONTROL); /* it has been quarantined */
    g_autofree char *old = g_build_filename(base, "q1/qf/qf" ID_A, NULL);
    assert_int_equal(g_remove(old), 0);
    assert_true(finds(layout, ref, ID_A, "q1/quarantined"));
    assert_true(finds(layout, "0:q2/qf" ID_A, ID_A, "q1/quarantined"));
    assert_true(finds(layout, "rubbish", ID_A, "q1/quarantined"));
    assert_false(finds(layout, ref, ID_C, ""));
    assert_false(finds(layout, ref, "../../../etc/passwd", ""));
    assert_false(finds(layout, ref, "", ""));
    spool()->layout->close(layout);
    collect_free(collect);
    remove_all(base);
}

/* Without a listing before: [act] saves what it deletes. */
static void finds_at_first(void **state)
{
    char *base = collect_tempdir();

    (void)state;
    collect_mkdir(base, "q1/qf");
    collect_mkdir(base, "q1/df");
    put(base, "q1/qf/qf" ID_A, CONTROL);
    put(base, "q1/df/df" ID_A, "x\n");
    struct hq_layout *layout = open_at(base);
    assert_true(finds(layout, "", ID_A, "q1"));
    assert_false(finds(layout, "", ID_B, ""));
    spool()->layout->close(layout);
    remove_all(base);
}

static void ids(void **state)
{
    (void)state;
    assert_true(hq_sm_id_ok("6AM18qr6002223"));
    assert_true(hq_sm_id_ok("AA12345"));
    assert_false(hq_sm_id_ok(""));
    assert_false(hq_sm_id_ok("-qQ"));
    assert_false(hq_sm_id_ok("ABCDEFGH"));
    assert_false(hq_sm_id_ok("6AM18qr6002223/.."));
    assert_null(hq_sm_id_of("qf"));
    assert_null(hq_sm_id_of("zf6AM18qr6002223"));
    assert_null(hq_sm_id_of(""));
}

static void others_are_not_ours(void **state)
{
    char *base = collect_tempdir();

    (void)state;
    assert_false(hq_sendmail_recognise(base));
    collect_mkdir(base, "new");
    collect_mkdir(base, "cur");
    put(base, "cur/1795340100.M2P2.mail:2,S", "x");
    assert_false(hq_sendmail_recognise(base));
    assert_false(hq_sendmail_recognise("/nonexistent"));
    remove_all(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flat_queue),
        cmocka_unit_test(many_directories),
        cmocka_unit_test(directories_of_groups),
        cmocka_unit_test(locked_files),
        cmocka_unit_test(young_data),
        cmocka_unit_test(planted_things),
        cmocka_unit_test(linked_directories),
        cmocka_unit_test(finds_again),
        cmocka_unit_test(finds_at_first),
        cmocka_unit_test(ids),
        cmocka_unit_test(others_are_not_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
