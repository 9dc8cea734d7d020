/* SPDX-License-Identifier: ISC */
/* Locks as the kernel lists them: of more files than it tells of at once, and only those that keep
 * others from writing. */
#include "collect.h"
#include "spool/locks.h"
#include <fcntl.h>
#include <sys/file.h>

#define FILES 300 /* lines of 40 bytes and more: three pages */

static void lock_all(const char *folder, int fds[FILES], int operation)
{
    for (unsigned i = 0; i < FILES; i++) {
        g_autofree char *name = g_strdup_printf("f%u", i);
        collect_write(folder, name, "", 0, 0600);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        fds[i] = open(path, O_RDWR | O_CLOEXEC);
        assert_true(fds[i] >= 0);
        assert_int_equal(flock(fds[i], operation), 0);
    }
}

static unsigned count_locked(struct hq_locks *locks, const int fds[FILES])
{
    unsigned count = 0;

    for (unsigned i = 0; i < FILES; i++)
        count += hq_locks_has(locks, fds[i]);
    return count;
}

static void many_are_seen(void **state)
{
    g_autofree char *folder = collect_tempdir();
    struct hq_locks locks;
    int fds[FILES];

    (void)state;
    if (access(HQ_LOCKS_TABLE, R_OK) != 0)
        COLLECT_SKIP("no " HQ_LOCKS_TABLE "\n");
    lock_all(folder, fds, LOCK_EX);
    hq_locks_init(&locks);
    assert_int_equal(count_locked(&locks, fds), FILES);
    for (unsigned i = 0; i < FILES; i += 2)
        assert_int_equal(flock(fds[i], LOCK_UN), 0);
    hq_locks_forget(&locks);
    for (unsigned i = 0; i < FILES; i++)
        assert_int_equal(hq_locks_has(&locks, fds[i]), i % 2);
    for (unsigned i = 0; i < FILES; i++) { /* readers keep nobody from reading */
        assert_int_equal(flock(fds[i], LOCK_SH), 0);
    }
    hq_locks_forget(&locks);
    assert_int_equal(count_locked(&locks, fds), 0);
    for (unsigned i = 0; i < FILES; i++)
        close(fds[i]);
    hq_locks_clear(&locks);
    collect_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(many_are_seen)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
