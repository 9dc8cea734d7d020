/* SPDX-License-Identifier: ISC */
/* Maildirs and single message files, and which SOURCE is what. */
#include "collect.h"
#include "hopq/error.h"
#include <errno.h>

#define MAIL                                                   \
    "Return-Path: <back@sender.example>\n"                     \
    "Delivered-To: box@here.example\n"                         \
    "X-Original-To: alias@here.example\n"                      \
    "Received: from a by b; Tue, 14 Nov 2023 22:13:20 +0000\n" \
    "Received: from c by d; Mon, 13 Nov 2023 00:00:00 +0000\n" \
    "Delivered-To: older@there.example\n"                      \
    "Subject: x\n"                                             \
    "\n"                                                       \
    "body\n"

static const struct hq_spool *spool(const char *scheme)
{
    return hq_spool_find(scheme, strlen(scheme));
}

static int setup(void **state)
{
    *state = collect_tempdir();
    return 0;
}

static int teardown(void **state)
{
    collect_remove(*state);
    g_free(*state);
    return 0;
}

static struct collect *read_path(const char *scheme, const char *path, bool body)
{
    struct collect *collect = collect_new();
    struct hq_layout *layout = spool(scheme)->layout->open(path, NULL);

    assert_non_null(layout);
    collect->parse.want_body = body;
    collect_all(collect, spool(scheme), layout);
    spool(scheme)->layout->close(layout);
    return collect;
}

static void check_mail(const struct hq_message *m)
{
    assert_string_equal(m->sender, "back@sender.example");
    assert_int_equal(m->recipient_count, 1);
    assert_string_equal(m->recipients[0].address, "box@here.example");
    assert_string_equal(m->recipients[0].original, "alias@here.example");
    assert_int_equal(m->arrived, 1700000000 * HQ_SECOND);
    assert_int_equal(m->size, strlen(MAIL));
    assert_int_equal(m->problem_count, 0);
}

static void file_with_any_line_end(void **state)
{
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    g_autofree char *path = g_build_filename(*state, "mail.eml", NULL);
    g_auto(GStrv) lines = g_strsplit(MAIL, "\n", -1);

    for (unsigned i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autofree char *text = g_strjoinv(ends[i], lines);
        collect_write(*state, "mail.eml", text, strlen(text), 0600);
        struct collect *collect = read_path("eml", path, true);
        const struct hq_message *m = collect_one(collect);
        assert_string_equal(m->sender, "back@sender.example");
        assert_int_equal(m->arrived, 1700000000 * HQ_SECOND);
        assert_string_equal(m->recipients[0].address, "box@here.example");
        assert_string_equal(collect_content(collect, 0), text);
        if (i == 0)
            check_mail(m);
        collect_free(collect);
    }
}

static void long_header_and_body(void **state)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *path = g_build_filename(*state, "long.eml", NULL);

    for (int i = 0; i < 3000; i++)
        g_string_append_printf(text, "X-Filler-%d: something to read past\n", i);
    g_string_append(text, "Return-Path: <>\n\n");
    size_t header = text->len;
    g_string_set_size(text, header + 3000000);
    memset(text->str + header, 'b', 3000000);
    collect_write(*state, "long.eml", text->str, text->len, 0600);
    struct collect *collect = read_path("eml", path, false);
    const GString *content = collect->contents->pdata[0];
    assert_string_equal(collect_one(collect)->sender, "");
    assert_in_range(content->len, header, 256 * 1024);
    collect_free(collect);
    collect = read_path("eml", path, true);
    content = collect->contents->pdata[0];
    assert_int_equal(content->len, 1024 * 1024);
    assert_int_equal(collect_one(collect)->size, text->len);
    collect_free(collect);
}

/* A pipe is kept, so that it can be read again. */
static void standard_input(void **state)
{
    int ends[2];
    struct hq_item item;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], MAIL, strlen(MAIL)), (ssize_t)strlen(MAIL));
    close(ends[1]);
    g_autofree char *path = g_strdup_printf("-%d", ends[0]);
    struct hq_layout *layout = spool("eml")->layout->open(path, NULL);
    close(ends[0]);
    assert_non_null(layout);
    for (int i = 0; i < 2; i++) {
        struct collect *collect = collect_new();
        assert_true(i ? spool("eml")->layout->find(layout, "-", "-", &item)
                      : spool("eml")->layout->next(layout, &item));
        spool("eml")->parse(&collect->parse, &item);
        check_mail(collect_one(collect));
        hq_item_close(&item);
        collect_free(collect);
    }
    assert_false(spool("eml")->layout->next(layout, &item));
    spool("eml")->layout->close(layout);
}

static void put(const char *base, const char *name)
{
    g_autofree char *dir = g_path_get_dirname(name);

    collect_mkdir(base, dir);
    collect_write(base, name, MAIL, strlen(MAIL), 0600);
}

static void maildir_with_folders(void **state)
{
    static const struct {
        const char *file, *id, *queue;
    } cases[] = {{"new/100.M1.host", "100.M1.host", "INBOX"},
                 {"cur/101.M1.host:2,FS", "101.M1.host", "INBOX"},
                 {".Sent/cur/102.M1.host:2,S", "102.M1.host", "INBOX.Sent"},
                 {".Sent.Old/new/103.M1.host", "103.M1.host", "INBOX.Sent.Old"}};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++)
        put(*state, cases[i].file);
    collect_mkdir(*state, "cur");
    put(*state, "tmp/200.half");
    put(*state, "cur/.hidden");
    put(*state, ".nofolder/x");
    put(*state, ".Sent/maildirfolder");
    struct collect *collect = read_path("maildir", *state, false);
    assert_int_equal(collect->messages->len, G_N_ELEMENTS(cases));
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct hq_message *m = collect_find(collect, cases[i].id);
        assert_non_null(m);
        assert_string_equal(m->queue, cases[i].queue);
        assert_string_equal(m->ref, cases[i].file);
        check_mail(m);
    }
    collect_free(collect);
}

static void maildir_finds_renamed(void **state)
{
    struct hq_item item;

    put(*state, ".Sub/cur/101.M1.host:2,RS");
    put(*state, "new/102.M1.host");
    put(*state, "tmp/103.M1.host");
    struct hq_layout *layout = spool("maildir")->layout->open(*state, NULL);
    assert_true(
        spool("maildir")->layout->find(layout, ".Sub/new/101.M1.host", "101.M1.host", &item));
    assert_string_equal(item.ref, ".Sub/cur/101.M1.host:2,RS");
    assert_string_equal(item.queue, "INBOX.Sub");
    hq_item_close(&item);
    assert_false(spool("maildir")->layout->find(layout, "tmp/103.M1.host", "103.M1.host", &item));
    assert_false(spool("maildir")->layout->find(layout, "../x/cur/102.M1.host", "x", &item));
    assert_false(spool("maildir")->layout->find(layout, "..", "..", &item));
    assert_false(spool("maildir")->layout->find(layout, "", "", &item));
    spool("maildir")->layout->close(layout);
}

static void resolves_sources(void **state)
{
    static const char *const queues[] = {"active", "deferred", "incoming"};
    g_autofree char *file = g_build_filename(*state, "box/new/1", NULL);
    g_autofree char *box = g_build_filename(*state, "box", NULL);
    g_autofree char *queue = g_build_filename(*state, "queue", NULL);
    g_autofree char *named = g_strconcat("eml:", file, NULL);
    const char *path;

    put(*state, "box/new/1");
    collect_mkdir(*state, "box/cur");
    for (unsigned i = 0; i < G_N_ELEMENTS(queues); i++)
        collect_mkdir(queue, queues[i]);
    assert_ptr_equal(hq_spool_resolve(file, &path, NULL), spool("eml"));
    assert_ptr_equal(hq_spool_resolve(box, &path, NULL), spool("maildir"));
    assert_ptr_equal(hq_spool_resolve(queue, &path, NULL), spool("postfix"));
    assert_string_equal(path, queue);
    assert_ptr_equal(hq_spool_resolve(named, &path, NULL), spool("eml"));
    assert_string_equal(path, file);
    assert_ptr_equal(hq_spool_resolve("-", &path, NULL), spool("eml"));
    assert_string_equal(path, "-");
}

static void refuses_sources(void **state)
{
    const char *const bad[] = {"/nonexistent/x", "eml:", "maildir:", "eml:/nonexistent",
                               "nosuch:/tmp",    "",     *state};

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        GError *error = NULL;
        const char *path;
        assert_null(hq_spool_resolve(bad[i], &path, &error));
        assert_int_equal(error->code, HQ_EXIT_NO_SOURCE);
        assert_true(strlen(error->message) > 8);
        g_error_free(error);
    }
}

/* A scheme that is misspelt is not told as a file that is not there. */
static void names_the_schemes(void **state)
{
    GError *error = NULL;
    const char *path;
    (void)state;
    assert_null(hq_spool_resolve("postfx:/var/spool/postfix", &path, &error));
    assert_int_equal(error->code, HQ_EXIT_NO_SOURCE);
    assert_non_null(strstr(error->message, "(known: postfix "));
    assert_non_null(strstr(error->message, " eml)"));
    g_error_free(error);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(file_with_any_line_end), TEST(long_header_and_body),  TEST(standard_input),
        TEST(maildir_with_folders),   TEST(maildir_finds_renamed), TEST(resolves_sources),
        TEST(refuses_sources),        TEST(names_the_schemes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
