/* SPDX-License-Identifier: ISC */
/* Directories of OpenSMTPD: every place a message may be in, lost parts, what does not belong
 * there, finding one again, ids. */
#include "opensmtpd_writer.h"
#include "spool/opensmtpd/opensmtpd.h"
#include <errno.h>

static const struct hq_spool *smtpd(void)
{
    return hq_spool_find("opensmtpd", strlen("opensmtpd"));
}

static const struct hq_message *find(const struct collect *collect, const char *id)
{
    const struct hq_message *message = collect_find(collect, id);

    assert_non_null(message);
    return message;
}

static void places(void **state)
{
    g_autofree char *envelope = smtpd_envelope("r@d.test", "r@d.test", 0, "");
    char *path = smtpd_new();

    (void)state;
    smtpd_message(path, "aa000001", envelope);
    smtpd_put_text(path, "incoming/bb000001/bb00000100000001", envelope);
    smtpd_put_text(path, "temporary/bb000001", "Subject: half\n\nso f");
    smtpd_put_text(path, "incoming/bb000002/bb00000200000001", "version: 3\ntype");
    collect_mkdir(path, "incoming/bb000003"); /* MAIL FROM was said, no more */
    smtpd_put_text(path, "incoming/envelope.tmp", envelope);
    smtpd_put_text(path, "temporary/cc000001", "Subject: left over\n\n");
    smtpd_put_text(path, "offline/1795309451.XXXXabc",
                   "-f|a@b.test|x@d.test,y@d.test\nSubject: o\n\n");
    smtpd_put_text(path, "corrupt/dd000001.2/dd00000100000001", "garbage\n");
    smtpd_put_text(path, "purge/1234/ee000001/ee00000100000001", envelope);
    struct collect *collect = smtpd_list(path);
    assert_int_equal(collect->messages->len, 6);
    assert_string_equal(find(collect, "aa000001")->queue, "queue");
    const struct hq_message *half = find(collect, "bb000001");
    assert_string_equal(half->queue, "incoming");
    assert_int_equal(half->incomplete, HQ_YES);
    assert_int_equal(half->problem_count, 0);
    assert_string_equal(half->recipients[0].address, "r@d.test");
    assert_int_equal(find(collect, "bb000002")->problem_count, 0);
    assert_true(collect_has_problem(find(collect, "cc000001"), "no envelope"));
    assert_true(collect_has_problem(find(collect, "dd000001.2"), "no field"));
    const struct hq_message *offline = find(collect, "1795309451.XXXXabc");
    assert_string_equal(offline->sender, "a@b.test");
    assert_int_equal(offline->recipient_count, 2);
    assert_string_equal(offline->recipients[1].address, "y@d.test");
    assert_int_equal(offline->arrived, 1795309451 * HQ_SECOND);
    collect_free(collect);
    smtpd_free(path);
}

static void lost_parts(void **state)
{
    g_autofree char *envelope = smtpd_envelope("r@d.test", "r@d.test", 0, "");
    char *path = smtpd_new();

    (void)state;
    smtpd_put_text(path, "queue/aa/aa000001/message", SMTPD_TEXT);
    smtpd_put_text(path, "queue/aa/aa000002/aa00000200000001", envelope);
    smtpd_put_text(path, "queue/aa/aa000003/message", SMTPD_TEXT);
    smtpd_put_text(path, "queue/aa/aa000003/aa00000300000001", "");
    collect_mkdir(path, "queue/aa/aa000004");
    struct collect *collect = smtpd_list(path);
    assert_int_equal(collect->messages->len, 4);
    assert_true(collect_has_problem(find(collect, "aa000001"), "no envelope"));
    assert_true(collect_has_problem(find(collect, "aa000002"), "lost its text"));
    assert_string_equal(find(collect, "aa000002")->recipients[0].address, "r@d.test");
    assert_true(collect_has_problem(find(collect, "aa000003"), "without version"));
    assert_true(find(collect, "aa000004")->problem_count > 0);
    collect_free(collect);
    smtpd_free(path);
}

static void strange_names(void **state)
{
    g_autofree char *envelope = smtpd_envelope("r@d.test", "r@d.test", 0, "");
    char *path = smtpd_new();
    g_autofree char *link = g_build_filename(path, "queue/aa/aa000001/aa00000100000002", NULL);
    g_autofree char *fifo = g_build_filename(path, "queue/aa/aa000001/aa00000100000003", NULL);
    g_autofree char *dir_link = g_build_filename(path, "queue/aa/aa000009", NULL);

    (void)state;
    smtpd_message(path, "aa000001", envelope);
    assert_int_equal(symlink("/etc/passwd", link), 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(symlink("aa000001", dir_link), 0);
    smtpd_put_text(path, "queue/aa/aa000001/bb00000100000001", envelope); /* another's */
    smtpd_put_text(path, "queue/aa/aa000001/aa0000010000000", envelope);  /* short */
    smtpd_put_text(path, "queue/aa/aa000001/AA00000100000001", envelope); /* not as written */
    smtpd_put_text(path, "queue/aaa/aa000007/message", SMTPD_TEXT);
    smtpd_put_text(path, "queue/aa/notanid!/message", SMTPD_TEXT);
    smtpd_put_text(path, "queue/aa/aa000008", "a file");
    struct collect *collect = smtpd_list(path);
    const struct hq_message *message = collect_one(collect);
    assert_int_equal(message->recipient_count, 1);
    assert_int_equal(message->problem_count, 2);
    assert_null(strstr(message->problems[0].what, "root"));
    collect_free(collect);
    smtpd_free(path);
}

static bool finds(struct hq_layout *layout, const char *ref, const char *id, const char *queue)
{
    struct hq_item item;
    bool found = smtpd()->layout->find(layout, ref, id, &item);

    if (found) {
        assert_string_equal(item.queue, queue);
        hq_item_close(&item);
    } else {
        assert_int_equal(errno, ENOENT);
    }
    return found;
}

static void finding_again(void **state)
{
    g_autofree char *envelope = smtpd_envelope("r@d.test", "r@d.test", 0, "");
    char *path = smtpd_new();

    (void)state;
    smtpd_message(path, "aa000001", envelope);
    smtpd_put_text(path, "offline/12.abc", "-f|a@b.test|x@d.test\nSubject: o\n\n");
    struct hq_layout *layout = smtpd()->layout->open(path, NULL);
    assert_true(finds(layout, "queue/aa/aa000001", "aa000001", "queue"));
    assert_true(finds(layout, "incoming/aa000001", "aa000001", "queue")); /* it has moved on */
    assert_true(finds(layout, "", "aa00000100000001", "queue"));
    assert_true(finds(layout, "offline/12.abc", "12.abc", "offline"));
    assert_false(finds(layout, "queue/aa/aa000002", "aa000002", ""));
    assert_false(finds(layout, "queue/../../etc", "../../etc/passwd", ""));
    assert_false(finds(layout, "offline/..", "..", ""));
    assert_false(finds(layout, "queue/", "", ""));
    smtpd()->layout->close(layout);
    smtpd_free(path);
}

static void names_of_messages(void **state)
{
    (void)state;
    assert_true(hq_spool_names(smtpd(), "aa000001", "aa000001"));
    assert_true(hq_spool_names(smtpd(), "aa000001", "aa0000011234abcd"));
    assert_false(hq_spool_names(smtpd(), "aa000001", "aa0000021234abcd"));
    assert_false(hq_spool_names(smtpd(), "aa000001", "aa0000011234abc"));
    assert_false(hq_spool_names(smtpd(), "aa000001", "aa0000011234abcX"));
    assert_false(hq_spool_names(smtpd(), "1795309451.XXXXabc", "1795309400000000"));
}

static void recognised(void **state)
{
    char *path = smtpd_new();

    (void)state;
    assert_true(smtpd()->recognise(path));
    assert_false(smtpd()->recognise("/etc"));
    smtpd_free(path);
}

static void arguments_of_sendmail(void **state)
{
    static const struct {
        const char *line, *sender, *recipients;
    } rows[] = {
        {"-f|a@b.test|x@d.test\n", "a@b.test", "x@d.test"},
        {"-i|-fa@b.test|--|-x@d.test\n", "a@b.test", "-x@d.test"},
        {"-r|<>|x@d.test|y@d.test\n", "", "x@d.test y@d.test"},
        {"-bm|-oi|-oem|-F|Ann Example|x@d.test\n", NULL, "x@d.test"},
        {"-t|-if|<a@b.test>\n", "a@b.test", ""},
        {"-f\n", NULL, ""},
        {"||,,|-|\n", NULL, "-"},
        {"\n", NULL, ""},
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *path = smtpd_new();
        g_autofree char *file = g_strconcat(rows[i].line, "Subject: s\n\nb\n", NULL);
        g_autoptr(GString) recipients = g_string_new(NULL);
        smtpd_put_text(path, "offline/12.abc", file);
        struct collect *collect = smtpd_list(path);
        const struct hq_message *message = collect_one(collect);
        for (uint32_t k = 0; k < message->recipient_count; k++)
            g_string_append_printf(recipients, "%s%s", k ? " " : "",
                                   message->recipients[k].address);
        assert_int_equal(g_strcmp0(message->sender, rows[i].sender), 0);
        assert_string_equal(recipients->str, rows[i].recipients);
        assert_string_equal(collect_content(collect, 0), "Subject: s\n\nb\n");
        assert_int_equal(message->problem_count, 0);
        collect_free(collect);
        smtpd_free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),
        cmocka_unit_test(lost_parts),
        cmocka_unit_test(strange_names),
        cmocka_unit_test(finding_again),
        cmocka_unit_test(names_of_messages),
        cmocka_unit_test(recognised),
        cmocka_unit_test(arguments_of_sendmail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
