/* SPDX-License-Identifier: ISC */
/* Damage, loss and lack of rights cost one message of a spool at most, and are told. */
#include "conformance.h"
#include <errno.h>

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
    hq_item_close(&item);
    for (unsigned i = 0; i < files->len; i++)
        assert_int_equal(unlink(files->pdata[i]), 0);
    while (subject->spool->layout->next(layout, &item)) {
        assert_int_not_equal(item.files[0].error, ENOENT);
        hq_item_close(&item);
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
        hq_item_close(&item);
    }
    if (me == 0)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(path, 0755), 0);
    subject->spool->layout->close(layout);
    if (notices == 0)
        fail_msg("%s: not told that %s cannot be read", subject->spool->scheme, closed);
}

static unsigned count_items(const struct subject *subject, struct hq_layout *layout,
                            unsigned *notices)
{
    struct hq_item item;
    unsigned items = 0;

    *notices = 0;
    subject->spool->layout->rewind(layout);
    while (subject->spool->layout->next(layout, &item)) {
        items += *item.id != '\0';
        *notices += !*item.id && item.files[0].fd < 0 && item.files[0].error;
        hq_item_close(&item);
    }
    return items;
}

/* A folder that was moved to another disk: it is followed, or that it is not is told. */
static void loses_nothing_behind_a_link(const struct subject *subject)
{
    const char *closed = subject->fixture->closed;
    unsigned notices;

    if (!closed || strcmp(closed, ".") == 0) /* the spool itself may be a link */
        return;
    g_autofree char *path = g_build_filename(subject->path, closed, NULL);
    g_autofree char *moved = g_build_filename(subject->base, "moved", NULL);
    struct hq_layout *layout = open_layout(subject);
    unsigned items = count_items(subject, layout, &notices);
    assert_int_equal(notices, 0);
    assert_int_equal(rename(path, moved), 0);
    assert_int_equal(symlink(moved, path), 0);
    unsigned left = count_items(subject, layout, &notices);
    subject->spool->layout->close(layout);
    if (left < items && notices == 0)
        fail_msg("%s: not told that %s is a link", subject->spool->scheme, closed);
}

FOR_ALL(survives_every_cut)
FOR_ALL(skips_what_vanishes)
FOR_ALL(tells_what_it_may_not_read)
FOR_ALL(loses_nothing_behind_a_link)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_survives_every_cut),
        cmocka_unit_test(all_skips_what_vanishes),
        cmocka_unit_test(all_tells_what_it_may_not_read),
        cmocka_unit_test(all_loses_nothing_behind_a_link),
    };
    /* a day after the mail came */
    g_setenv("HOPQ_NOW", "2026-11-22T12:00:00Z", TRUE);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
