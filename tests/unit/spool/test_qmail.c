/* SPDX-License-Identifier: ISC */
/* qmail's queue files, and its retry arithmetic. */
#include "collect.h"
#include "hopq/time.h"
#include "spool/qmail/qmail.h"

#define BIRTH ((int64_t)1795255200)

static struct hq_item item;

static void put(unsigned slot, const char *bytes, size_t n)
{
    collect_file(&item.files[slot], bytes, n, 0644);
    item.files[slot].mtime = BIRTH * HQ_SECOND;
}
#define PUT(slot, literal) put(slot, literal, sizeof(literal) - 1)

static void begin(void)
{
    hq_item_init(&item);
    item.queue = "queue";
    item.id = "42";
    PUT(HQ_QMAIL_MESS, "Subject: x\n\nbody\n");
}

static struct collect *parse(int64_t age)
{
    struct collect *collect = collect_new();

    collect->context->now = (BIRTH + age) * HQ_SECOND;
    hq_spool_find("qmail", 5)->parse(&collect->parse, &item);
    hq_item_close(&item);
    return collect;
}

static void recipients_and_bounces(void **state)
{
    (void)state;
    begin();
    PUT(HQ_QMAIL_INFO, "F\0");
    PUT(HQ_QMAIL_LOCAL, "Tlocal@here.example\0Dv.example-gone@v.example\0");
    PUT(HQ_QMAIL_REMOTE, "Dok@far.example\0Dbad@far.example\0Twait@far.example\0");
    PUT(HQ_QMAIL_BOUNCE, "<bad@far.example>:\n192.0.2.7 does not like recipient.\nRemote host "
                         "said: 550 5.1.1 no\n\n<gone@v.example>:\nNo mailbox. (#5.1.1)\n\n");
    struct collect *collect = parse(10);
    const struct hq_message *message = collect_one(collect);
    static const enum hq_state states[] = {HQ_STATE_QUEUED, HQ_STATE_FAILED, HQ_STATE_DELIVERED,
                                           HQ_STATE_FAILED, HQ_STATE_QUEUED};
    assert_string_equal(message->sender, "");
    assert_int_equal(message->incomplete, HQ_NO);
    assert_int_equal(message->problem_count, 0);
    assert_int_equal(message->recipient_count, G_N_ELEMENTS(states));
    for (unsigned i = 0; i < G_N_ELEMENTS(states); i++)
        assert_int_equal(message->recipients[i].state, states[i]);
    assert_string_equal(message->recipients[1].reason->text, "No mailbox. (#5.1.1)");
    assert_int_equal(message->recipients[3].reason->kind->code, 550);
    collect_free(collect);
}

/* Local after 100, 400, 900 s, remote after 400, 1600, 3600 s. */
static void schedule(void **state)
{
    static const struct {
        int64_t age, local_next, local_tries, remote_next, remote_tries;
    } cases[] = {{0, 100, 1, 400, 1},   {99, 100, 1, 400, 1},   {100, 400, 2, 400, 1},
                 {399, 400, 2, 400, 1}, {400, 900, 3, 1600, 2}, {3600, 4900, 7, 6400, 4}};

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        begin();
        PUT(HQ_QMAIL_INFO, "Fa@here.example\0");
        PUT(HQ_QMAIL_LOCAL, "Tl@here.example\0");
        PUT(HQ_QMAIL_REMOTE, "Tr@far.example\0");
        struct collect *collect = parse(cases[i].age);
        const struct hq_recipient *r = collect_one(collect)->recipients;
        assert_int_equal(r[0].next_attempt, (BIRTH + cases[i].local_next) * HQ_SECOND);
        assert_int_equal(r[0].attempts, cases[i].local_tries);
        assert_int_equal(r[1].next_attempt, (BIRTH + cases[i].remote_next) * HQ_SECOND);
        assert_int_equal(r[1].attempts, cases[i].remote_tries);
        assert_int_equal(r[1].state,
                         cases[i].remote_tries > 1 ? HQ_STATE_DEFERRED : HQ_STATE_QUEUED);
        assert_int_equal(r[1].expires, (BIRTH + 604800) * HQ_SECOND);
        collect_free(collect);
    }
}

/* qmail-send has been stopped and has left its plans in the file's time. */
static void plans_of_a_stopped_one(void **state)
{
    (void)state;
    begin();
    PUT(HQ_QMAIL_INFO, "Fa@here.example\0");
    PUT(HQ_QMAIL_REMOTE, "Tr@far.example\0");
    item.files[HQ_QMAIL_REMOTE].mtime = (BIRTH + 5000) * HQ_SECOND;
    struct collect *collect = parse(10);
    assert_int_equal(collect_one(collect)->recipients[0].next_attempt, (BIRTH + 5000) * HQ_SECOND);
    collect_free(collect);
}

static void before_it_is_taken_in(void **state)
{
    (void)state;
    begin();
    PUT(HQ_QMAIL_TODO, "u0\0p1\0Fa@here.example\0Tone@far.example\0Ttwo@far.example\0");
    struct collect *collect = parse(10);
    assert_string_equal(collect_one(collect)->queue, "todo");
    assert_int_equal(collect_one(collect)->recipient_count, 2);
    collect_free(collect);
    begin();
    collect = parse(10);
    assert_string_equal(collect_one(collect)->queue, "incoming");
    assert_int_equal(collect_one(collect)->incomplete, HQ_YES);
    assert_null(collect_one(collect)->sender);
    collect_free(collect);
}

static void damaged(void **state)
{
    (void)state;
    begin();
    PUT(HQ_QMAIL_INFO, "");
    PUT(HQ_QMAIL_REMOTE, "Tr@far.example\0Tcut@far");
    PUT(HQ_QMAIL_BOUNCE, "<r@far.example>:\n<<<\n\n\n\n>:\n");
    struct collect *collect = parse(10);
    const struct hq_message *message = collect_one(collect);
    assert_true(collect_has_problem(message, "info file is damaged"));
    assert_true(collect_has_problem(message, "remote file is damaged"));
    assert_int_equal(message->recipient_count, 1);
    collect_free(collect);
}

/* FILE is the one at PATH, which has its own name in it; NULL: there is none. */
static void assert_is(const struct hq_item_file *file, const char *path)
{
    char text[64] = "";

    assert_int_equal(file->error, 0);
    if (file->fd >= 0)
        assert_true(read(file->fd, text, sizeof text - 1) > 0);
    assert_string_equal(text, path ? path : "");
}

/* All is split but bounce/ and todo/; the big-todo patch splits the latter, too. */
static void where_the_files_are(void **state)
{
    static const char *const files[] = {"mess/3/26",   "info/3/26", "local/3/26", "remote/3/26",
                                        "bounce/26",   "todo/26",   "mess/4/27",  "todo/4/27",
                                        "bounce/4/27", "info/27"};
    static const struct {
        const char *id, *files[HQ_ITEM_FILES];
    } rows[] = {
        {"26", {"mess/3/26", "info/3/26", "local/3/26", "remote/3/26", "bounce/26", "todo/26"}},
        {"27", {"mess/4/27", NULL, NULL, NULL, NULL, "todo/4/27"}}};
    const struct hq_layout_ops *qmail = hq_spool_find("qmail", 5)->layout;
    g_autofree char *root = collect_tempdir();

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *folder = g_path_get_dirname(files[i]);
        collect_mkdir(root, folder);
        collect_write(root, files[i], files[i], strlen(files[i]), 0644);
    }
    struct hq_layout *layout = qmail->open(root, NULL);
    assert_non_null(layout);
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct hq_item found;
        assert_true(qmail->find(layout, "", rows[i].id, &found));
        for (unsigned slot = 0; slot < HQ_ITEM_FILES; slot++)
            assert_is(&found.files[slot], rows[i].files[slot]);
        hq_item_close(&found);
    }
    qmail->close(layout);
    collect_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recipients_and_bounces),
        cmocka_unit_test(schedule),
        cmocka_unit_test(plans_of_a_stopped_one),
        cmocka_unit_test(before_it_is_taken_in),
        cmocka_unit_test(damaged),
        cmocka_unit_test(where_the_files_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
