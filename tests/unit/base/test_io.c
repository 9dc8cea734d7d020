/* SPDX-License-Identifier: ISC */
/* Descriptors: bounded reads of files and pipes, whole writes, errors that say what failed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the above, as cmocka asks */
#include <cmocka.h>

#include "hopq/error.h"
#include "hopq/io.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = 200000 };

static char content[SIZE];

struct files {
    char *directory;
    char *path;
    int fd;
};

static struct files files;

static int setup(void **state)
{
    (void)state;
    for (int i = 0; i < SIZE; i++)
        content[i] = (char)(i * 7 + i / 251);
    files.directory = g_dir_make_tmp("hopq-io-XXXXXX", NULL);
    files.path = g_build_filename(files.directory, "file", NULL);
    g_file_set_contents(files.path, content, SIZE, NULL);
    files.fd = open(files.path, O_RDONLY | O_CLOEXEC);
    return files.fd < 0;
}

static int teardown(void **state)
{
    (void)state;
    close(files.fd);
    g_unlink(files.path);
    g_rmdir(files.directory);
    g_free(files.path);
    g_free(files.directory);
    return 0;
}

static void check_read(int64_t offset, size_t max, size_t wanted)
{
    GString *out = g_string_new("head");
    assert_int_equal(hq_io_read_at(files.fd, offset, max, out), wanted);
    assert_int_equal(out->len, wanted + 4);
    assert_memory_equal(out->str, "head", 4);
    if (wanted)
        assert_memory_equal(out->str + 4, content + offset, wanted);
    assert_int_equal(out->str[out->len], 0);
    g_string_free(out, TRUE);
}

static void test_read_at(void **state)
{
    (void)state;
    check_read(0, 0, 0);
    check_read(0, 1, 1);
    check_read(0, SIZE, SIZE);
    check_read(0, SIZE + 1, SIZE);
    check_read(0, SIZE_MAX / 4, SIZE); /* memory for what is there only */
    check_read(12345, 65536, 65536);
    check_read(12345, 65537, 65537);
    check_read(SIZE - 1, 10, 1);
    check_read(SIZE, 10, 0);
    check_read(INT64_C(10) * SIZE, 10, 0);
}

static void test_read_pipe_in_pieces(void **state)
{
    (void)state;
    int pipes[2];
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (int at = 0; at < SIZE; at += 999)
            hq_io_write_all(pipes[1], content + at, MIN(999, (size_t)(SIZE - at)));
        _exit(0);
    }
    close(pipes[1]);
    GString *out = g_string_new("");
    assert_int_equal(hq_io_read_at(pipes[0], 0, 1000, out), 1000);
    assert_int_equal(hq_io_read_at(pipes[0], 0, SIZE_MAX / 4, out), SIZE - 1000);
    assert_memory_equal(out->str, content, SIZE);
    g_string_free(out, TRUE);
    close(pipes[0]);
}

static void test_read_error_leaves_nothing(void **state)
{
    (void)state;
    GString *out = g_string_new("head");
    assert_int_equal(hq_io_read_at(-1, 0, 10, out), -1);
    assert_int_equal(errno, EBADF);
    assert_string_equal(out->str, "head");
    int directory = open("/", O_RDONLY | O_CLOEXEC);
    assert_int_equal(hq_io_read_at(directory, 0, 10, out), -1);
    assert_int_equal(errno, EISDIR);
    assert_string_equal(out->str, "head");
    close(directory);
    g_string_free(out, TRUE);
}

static void test_write_error(void **state)
{
    (void)state;
    int pipes[2];
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    close(pipes[0]);
    signal(SIGPIPE, SIG_IGN);
    assert_false(hq_io_write_all(pipes[1], "x", 1));
    assert_int_equal(errno, EPIPE);
    assert_true(hq_io_write_all(pipes[1], "", 0));
    close(pipes[1]);
}

static void test_slurp(void **state)
{
    (void)state;
    size_t n = 0;
    GError *error = NULL;
    char *text = hq_io_slurp(files.path, SIZE, &n, &error);
    assert_non_null(text);
    assert_null(error);
    assert_int_equal(n, SIZE);
    assert_memory_equal(text, content, SIZE);
    assert_int_equal(text[n], 0);
    g_free(text);
    text = hq_io_slurp("/dev/null", 0, NULL, &error);
    assert_string_equal(text, "");
    g_free(text);
}

static void check_slurp_fails(const char *path, size_t max, int code, const char *attempted,
                              const char *cause)
{
    GError *error = NULL;
    assert_null(hq_io_slurp(path, max, NULL, &error));
    assert_true(g_error_matches(error, HQ_ERROR, code));
    char *wanted = g_strdup_printf("%s: %s: %s", attempted, path, cause);
    assert_string_equal(error->message, wanted);
    g_free(wanted);
    g_error_free(error);
}

static void test_slurp_errors(void **state)
{
    (void)state;
    check_slurp_fails("/nonexistent/file", 10, HQ_EXIT_NO_SOURCE, "open",
                      "No such file or directory");
    check_slurp_fails("/", 10, HQ_EXIT_NO_SOURCE, "read", "Is a directory");
    check_slurp_fails(files.path, SIZE - 1, HQ_EXIT_USAGE, "read", "larger than 199999 bytes");
    check_slurp_fails("/dev/zero", 10, HQ_EXIT_USAGE, "read", "larger than 10 bytes");
    assert_null(hq_io_slurp("/nonexistent/file", 10, NULL, NULL));
}

static void test_error_set(void **state)
{
    (void)state;
    GError *error = NULL;
    hq_error_set(&error, HQ_EXIT_DENIED, EACCES, "open", "/x", NULL);
    assert_true(g_error_matches(error, HQ_ERROR, HQ_EXIT_DENIED));
    assert_string_equal(error->message, "open: /x: Permission denied");
    g_clear_error(&error);
    hq_error_set(&error, HQ_EXIT_USAGE, 0, "sort", NULL, "100%s");
    assert_string_equal(error->message, "sort: 100%s");
    g_clear_error(&error);
    hq_error_set(NULL, HQ_EXIT_USAGE, 0, "a", "b", "c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_at),
        cmocka_unit_test(test_read_pipe_in_pieces),
        cmocka_unit_test(test_read_error_leaves_nothing),
        cmocka_unit_test(test_write_error),
        cmocka_unit_test(test_slurp),
        cmocka_unit_test(test_slurp_errors),
        cmocka_unit_test(test_error_set),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
