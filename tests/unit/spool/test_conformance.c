/* SPDX-License-Identifier: ISC */
/* What every row of spools.def promises, held against a small spool of each: what is listed, that
 * it is listed again the same, found again by ref and by id, recognised as what it is and as
 * nothing else; and that damage, loss and lack of rights cost one message at most. */
#include "conformance_fixtures.h"
#include "hopq/error.h"
#include <errno.h>

/* A row, its fixture in a directory of its own, and its path there. */
struct subject {
    const struct hq_spool *spool;
    const struct fixture *fixture;
    char *base, *path;
};

static void subject_open(struct subject *subject, unsigned row)
{
    subject->spool = &hq_spools[row];
    subject->fixture = NULL;
    for (unsigned i = 0; i < G_N_ELEMENTS(fixtures); i++)
        if (strcmp(fixtures[i].scheme, subject->spool->scheme) == 0)
            subject->fixture = &fixtures[i];
    if (!subject->fixture)
        fail_msg("no fixture for %s: add one to conformance_fixtures.h", subject->spool->scheme);
    subject->base = collect_tempdir();
    subject->path = g_build_filename(subject->base, subject->fixture->path, NULL);
    subject->fixture->build(subject->base);
}

static void subject_close(struct subject *subject)
{
    collect_remove(subject->base);
    g_free(subject->base);
    g_free(subject->path);
}

static struct hq_layout *open_layout(const struct subject *subject)
{
    GError *error = NULL;
    struct hq_layout *layout = subject->spool->layout->open(subject->path, &error);

    if (!layout)
        fail_msg("%s: %s", subject->spool->scheme, error->message);
    return layout;
}

static struct collect *list(const struct subject *subject, struct hq_layout *layout)
{
    struct collect *collect = collect_new();

    subject->spool->layout->rewind(layout);
    collect_all(collect, subject->spool, layout);
    return collect;
}

static const struct hq_message *by_sender(const struct collect *collect, const char *sender)
{
    for (unsigned i = 0; i < collect->messages->len; i++) {
        const struct hq_message *message = collect->messages->pdata[i];
        if (g_strcmp0(message->sender, sender) == 0)
            return message;
    }
    return NULL;
}

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
    collect_close(&item);
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

/* ---- damage ---- */

static void collect_files(const char *path, GPtrArray *files)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;

    if (!dir && g_file_test(path, G_FILE_TEST_IS_REGULAR))
        g_ptr_array_add(files, g_strdup(path));
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        collect_files(below, files);
    }
    if (dir)
        g_dir_close(dir);
}

static unsigned still_there(const struct subject *subject, const struct collect *collect)
{
    unsigned count = 0;

    for (unsigned i = 0; i < subject->fixture->count; i++)
        count += by_sender(collect, subject->fixture->wanted[i].sender) != NULL;
    return count;
}

/* What the four big MTAs write tells where it ends; then a cut is never silent: the message has a
 * problem, or is not what it was. The last bytes of a file may be a line end, and text may end
 * anywhere, but not before its first line. */
static bool must_tell(const struct subject *subject, const char *path, size_t n, size_t length)
{
    static const struct {
        const char *scheme, *name; /* a part of the path below the fixture's folder */
        size_t spare;              /* bytes at the end that may be missing */
        size_t most;               /* bytes that cannot be all; 0: the whole file */
    } rows[] = {
        {"postfix", "deferred/A/", 4, 0},
        {"sendmail", "/qf", 1, 0},
        {"exim", "-H", 1, 0},
        {"exim", "-D", 0, 19},
        {"opensmtpd", "097c", 0, 200},
    };

    g_assert(g_str_has_prefix(path, subject->path));
    path += strlen(subject->path); /* the name of a temporary folder is anything */
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
        if (strcmp(rows[i].scheme, subject->spool->scheme) == 0 && strstr(path, rows[i].name))
            return n + rows[i].spare < length && (!rows[i].most || n < rows[i].most);
    return false;
}

static bool is_told(const struct subject *subject, const struct collect *collect)
{
    bool told = still_there(subject, collect) < subject->fixture->count;

    for (guint i = 0; i < collect->messages->len; i++)
        told |= ((const struct hq_message *)collect->messages->pdata[i])->problem_count > 0;
    return told;
}

static void cut(const struct subject *subject, struct hq_layout *layout, const char *path,
                mode_t mode, const char *bytes, size_t n, bool tell)
{
    unsigned spared = subject->fixture->one_file ? 0 : subject->fixture->count - 1;

    assert_true(g_file_set_contents(path, bytes, (gssize)n, NULL));
    assert_int_equal(chmod(path, mode), 0); /* to Postfix it tells that a file is whole */
    struct collect *collect = list(subject, layout);
    assert_in_range(still_there(subject, collect), spared, subject->fixture->count);
    if (tell && !is_told(subject, collect))
        fail_msg("%s: no word of the cut at %zu", path, n);
    collect_free(collect);
}

static void survives_every_cut(const struct subject *subject)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    struct hq_layout *layout = open_layout(subject);

    collect_files(subject->path, files);
    for (unsigned i = 0; i < files->len; i++) {
        g_autofree char *bytes = NULL;
        size_t length;
        struct stat st;
        assert_true(g_file_get_contents(files->pdata[i], &bytes, &length, NULL));
        assert_int_equal(stat(files->pdata[i], &st), 0);
        for (size_t n = 0; n < length; n++)
            cut(subject, layout, files->pdata[i], st.st_mode & 07777, bytes, n,
                must_tell(subject, files->pdata[i], n, length));
        assert_true(g_file_set_contents(files->pdata[i], bytes, (gssize)length, NULL));
        chmod(files->pdata[i], st.st_mode & 07777);
    }
    subject->spool->layout->close(layout);
}

static void skips_what_vanishes(const struct subject *subject)
{
    struct hq_layout *layout = open_layout(subject);
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    struct hq_item item;

    if (subject->fixture->one_file) { /* it is open already */
        subject->spool->layout->close(layout);
        return;
    }
    collect_files(subject->path, files);
    subject->spool->layout->rewind(layout);
    assert_true(subject->spool->layout->next(layout, &item));
    collect_close(&item);
    for (unsigned i = 0; i < files->len; i++)
        assert_int_equal(unlink(files->pdata[i]), 0);
    while (subject->spool->layout->next(layout, &item)) {
        assert_int_not_equal(item.files[0].error, ENOENT);
        collect_close(&item);
    }
    subject->spool->layout->close(layout);
}

static void tells_what_it_may_not_read(const struct subject *subject)
{
    const char *closed = subject->fixture->closed;
    g_autofree char *path = closed ? g_build_filename(subject->path, closed, NULL) : NULL;
    uid_t me = geteuid();
    unsigned notices = 0;
    struct hq_item item;

    if (!closed)
        return;
    assert_int_equal(chmod(subject->base, 0755), 0);
    struct hq_layout *layout = open_layout(subject);
    assert_int_equal(chmod(path, 0), 0);
    if (me == 0) /* root may read everything */
        assert_int_equal(seteuid(65534), 0);
    subject->spool->layout->rewind(layout);
    while (subject->spool->layout->next(layout, &item)) {
        notices += !*item.id && item.files[0].fd < 0 && item.files[0].error == EACCES;
        collect_close(&item);
    }
    if (me == 0)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(path, 0755), 0);
    subject->spool->layout->close(layout);
    if (notices == 0)
        fail_msg("%s: not told that %s cannot be read", subject->spool->scheme, closed);
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

/* ---- every row ---- */

static void for_all(void (*check)(const struct subject *subject))
{
    struct subject subject;

    for (unsigned row = 0; row < hq_spool_count; row++) {
        subject_open(&subject, row);
        check(&subject);
        subject_close(&subject);
    }
}

#define FOR_ALL(check)                    \
    static void all_##check(void **state) \
    {                                     \
        (void)state;                      \
        for_all(check);                   \
    }
FOR_ALL(lists_what_is_there_each_time)
FOR_ALL(finds_by_ref_and_by_id)
FOR_ALL(is_recognised_as_itself_alone)
FOR_ALL(tells_a_folder_that_is_none)
FOR_ALL(survives_every_cut)
FOR_ALL(skips_what_vanishes)
FOR_ALL(tells_what_it_may_not_read)

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
        cmocka_unit_test(all_is_recognised_as_itself_alone),
        cmocka_unit_test(all_tells_a_folder_that_is_none),
        cmocka_unit_test(all_survives_every_cut),
        cmocka_unit_test(all_skips_what_vanishes),
        cmocka_unit_test(all_tells_what_it_may_not_read),
        cmocka_unit_test(takes_nothing_else_for_a_spool),
        cmocka_unit_test(defaults_are_spools),
    };
    /* a day after the mail came */
    g_setenv("HOPQ_NOW", "2026-11-22T12:00:00Z", TRUE);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
