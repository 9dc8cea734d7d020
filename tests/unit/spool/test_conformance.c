/* SPDX-License-Identifier: ISC */
/* What every row of spools.def promises, held against a small spool of each: what is listed, that
 * it is listed again the same, found again by ref and by id, recognised as what it is and as
 * nothing else. */
#include "conformance.h"
#include "hopq/change.h"
#include "hopq/error.h"

/* Senders are all different, so they name the messages whatever the spool calls them. */
static void check_message(const struct subject *subject, const struct hq_message *message,
                          const struct wanted *wanted)
{
    if (!message)
        fail_msg("%s: no message of <%s>", subject->spool->scheme, wanted->sender);
    if (wanted->id)
        assert_string_equal(message->id, wanted->id);
    assert_true(*message->id && message->ref);
    assert_string_equal(message->sender, wanted->sender);
    assert_int_equal(message->recipient_count, wanted->recipient ? 1 : 0);
    if (message->problem_count)
        fail_msg("%s: %s", subject->spool->scheme, message->problems[0].what);
    if (!wanted->recipient)
        return;
    assert_string_equal(message->recipients[0].address, wanted->recipient);
    if (message->recipients[0].state != wanted->state)
        fail_msg("%s: <%s> is %s", subject->spool->scheme, wanted->recipient,
                 hq_state_names[message->recipients[0].state]);
}

static void check_all(const struct subject *subject, const struct collect *collect)
{
    assert_int_equal(collect->messages->len, subject->fixture->count);
    for (unsigned i = 0; i < subject->fixture->count; i++)
        check_message(subject, by_sender(collect, subject->fixture->wanted[i].sender),
                      &subject->fixture->wanted[i]);
}

static void lists_what_is_there_each_time(const struct subject *subject)
{
    struct hq_layout *layout = open_layout(subject);

    for (int i = 0; i < 3; i++) {
        struct collect *collect = list(subject, layout);
        check_all(subject, collect);
        collect_free(collect);
    }
    subject->spool->layout->close(layout);
}

static void check_found(const struct subject *subject, struct hq_layout *layout, const char *ref,
                        const struct hq_message *message, const struct wanted *wanted)
{
    struct collect *collect = collect_new();
    struct hq_item item;

    if (!subject->spool->layout->find(layout, ref, message->id, &item))
        fail_msg("%s: %s not found as \"%s\"", subject->spool->scheme, message->id, ref);
    subject->spool->parse(&collect->parse, &item);
    hq_item_close(&item);
    const struct hq_message *again = by_sender(collect, wanted->sender);
    check_message(subject, again, wanted);
    assert_string_equal(again->id, message->id);
    collect_free(collect);
}

static void finds_by_ref_and_by_id(const struct subject *subject)
{
    struct hq_layout *layout = open_layout(subject);
    struct collect *collect = list(subject, layout);

    for (unsigned i = 0; i < subject->fixture->count; i++) {
        const struct wanted *wanted = &subject->fixture->wanted[i];
        const struct hq_message *message = by_sender(collect, wanted->sender);
        check_found(subject, layout, message->ref, message, wanted);
        if (!subject->fixture->by_ref_only)
            check_found(subject, layout, "999999", message, wanted);
    }
    collect_free(collect);
    subject->spool->layout->close(layout);
}

static void is_recognised_as_itself_alone(const struct subject *subject)
{
    const char *path;
    const struct hq_spool *found = hq_spool_resolve(subject->path, &path, NULL);

    assert_non_null(found);
    assert_string_equal(found->scheme, subject->spool->scheme);
    for (unsigned i = 0; i < hq_spool_count; i++)
        if (&hq_spools[i] != subject->spool && strcmp(hq_spools[i].scheme, "eml") != 0 &&
            hq_spools[i].recognise(subject->path))
            fail_msg("%s is also taken for %s", subject->spool->scheme, hq_spools[i].scheme);
}

/* ---- what the user names ---- */

static const struct hq_spool *resolve_named(const struct subject *subject, const char *path,
                                            GError **error)
{
    g_autofree char *source = g_strconcat(subject->spool->scheme, ":", path, NULL);

    return hq_spool_resolve(source, &path, error);
}

/* A folder that the user takes for one is no empty queue; an empty queue is. */
static void tells_a_folder_that_is_none(const struct subject *subject)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *other = g_build_filename(subject->base, "other", NULL);
    GError *error = NULL;

    if (subject->fixture->one_file)
        return;
    collect_mkdir(subject->base, "other/Documents");
    collect_write(subject->base, "other/report.txt", "x", 1, 0644);
    assert_null(resolve_named(subject, other, &error));
    assert_int_equal(error->code, HQ_EXIT_NO_SOURCE);
    if (!strstr(error->message, " is in it") && !strstr(error->message, "none of its files"))
        fail_msg("%s: %s", subject->spool->scheme, error->message);
    g_error_free(error);
    collect_files(subject->path, files);
    for (guint i = 0; i < files->len; i++)
        assert_int_equal(unlink(files->pdata[i]), 0);
    assert_ptr_equal(resolve_named(subject, subject->path, NULL), subject->spool);
}

/* What is saved before it is deleted is the message with its body. */
static void reads_all_of_what_can_be_deleted(const struct subject *subject)
{
    struct hq_layout *layout = open_layout(subject);
    struct collect *collect = collect_new();

    collect->parse.full = collect->parse.whole = true;
    collect_all(collect, subject->spool, layout);
    assert_int_equal(collect->messages->len, subject->fixture->count);
    for (unsigned i = 0; i < collect->contents->len && hq_changer_find(subject->spool->scheme);
         i++) {
        const char *content = collect_content(collect, i);
        const char *empty_line = content ? strstr(content, "\n\n") : NULL;
        if (!empty_line || !empty_line[2])
            fail_msg("%s: message %u has no body", subject->spool->scheme, i);
    }
    collect_free(collect);
    subject->spool->layout->close(layout);
}

FOR_ALL(lists_what_is_there_each_time)
FOR_ALL(reads_all_of_what_can_be_deleted)
FOR_ALL(finds_by_ref_and_by_id)
FOR_ALL(is_recognised_as_itself_alone)
FOR_ALL(tells_a_folder_that_is_none)

/* Places where people keep other things. */
static void takes_nothing_else_for_a_spool(void **state)
{
    static const char *const home[] = {"Documents", "Downloads", "queue", "tmp", "local",
                                       "info",      "new",       "Mail",  "msgs"};
    static const char *const places[] = {"/", "/etc", "/usr", "/var", "/var/spool"};
    g_autofree char *base = collect_tempdir();
    const char *path;

    (void)state;
    assert_null(hq_spool_resolve(base, &path, NULL));
    for (unsigned i = 0; i < G_N_ELEMENTS(home); i++)
        collect_mkdir(base, home[i]);
    collect_write(base, "Quarterly.report", "x", 1, 0644);
    collect_write(base, "Quarterly", "x", 1, 0644);
    collect_write(base, "Mail.txt", "x", 1, 0644);
    assert_null(hq_spool_resolve(base, &path, NULL));
    for (unsigned i = 0; i < G_N_ELEMENTS(places); i++)
        if (hq_spool_resolve(places[i], &path, NULL))
            fail_msg("%s is taken for a spool", places[i]);
    collect_remove(base);
}

/* The default of a row is a path that the row itself would read. */
static void defaults_are_spools(void **state)
{
    (void)state;
    for (unsigned i = 0; i < hq_spool_count; i++) {
        const char *path = hq_spools[i].default_path();
        if (path)
            assert_true(g_file_test(path, G_FILE_TEST_IS_DIR));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_lists_what_is_there_each_time),
        cmocka_unit_test(all_finds_by_ref_and_by_id),
        cmocka_unit_test(all_reads_all_of_what_can_be_deleted),
        cmocka_unit_test(all_is_recognised_as_itself_alone),
        cmocka_unit_test(all_tells_a_folder_that_is_none),
        cmocka_unit_test(takes_nothing_else_for_a_spool),
        cmocka_unit_test(defaults_are_spools),
    };
    /* a day after the mail came */
    g_setenv("HOPQ_NOW", "2026-11-22T12:00:00Z", TRUE);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
