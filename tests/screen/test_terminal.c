/* SPDX-License-Identifier: ISC */
/* The terminal is given back, however the program ends. */
#include "screen_test.h"
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

static void assert_given_back(struct screen *screen)
{
    assert_false(screen_alternate(screen));
    assert_true(screen_cooked(screen));
}

static void quits(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    assert_true(screen_alternate(screen));
    assert_false(screen_cooked(screen));
    screen_send(screen, "q");
    int status = screen_end(screen);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_given_back(screen);
    screen_free(screen);
}

static void signals(void **state)
{
    static const int numbers[] = {SIGTERM, SIGHUP, SIGINT};
    (void)state;
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct screen *screen = open_screen(80, 24, NULL, NULL);
        screen_key(screen, "\r");
        assert_int_equal(kill(screen_pid(screen), numbers[i]), 0);
        int status = screen_end(screen);
        assert_true(WIFEXITED(status));
        assert_given_back(screen);
        screen_free(screen);
    }
}

/* Under AddressSanitizer the re-raised signal ends in its report: an exit, not a signal. Either
 * way it is a failure and the terminal is whole. */
static void crash(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, ARGUMENTS("--crash"));
    (void)state;
    screen_key(screen, "\r");
    screen_send(screen, "\r");
    int status = screen_end(screen);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
    assert_given_back(screen);
    screen_free(screen);
}

/* SIGQUIT is what C-\ sends. */
static void fatal_signals(void **state)
{
    static const int numbers[] = {SIGABRT, SIGQUIT};
    (void)state;
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct screen *screen = open_screen(80, 24, NULL, NULL);
        assert_int_equal(kill(screen_pid(screen), numbers[i]), 0);
        int status = screen_end(screen);
        assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
        assert_given_back(screen);
        screen_free(screen);
    }
}

/* C-z under a shell with job control (a process without one is not stopped): the terminal is given
 * back, and taken again with all that was on it. */
static void suspends(void **state)
{
    char script[4096];
    (void)state;
    assert_true(snprintf(script, sizeof script, "%s; echo stopped; read -r line; fg", program) <
                (int)sizeof script);
    const char *argv[] = {"/bin/sh", "-m", "-c", script, NULL};
    struct screen *screen = screen_start(80, 24, argv, NULL);
    screen_wait(screen);
    screen_send(screen, "\032");
    screen_expect(screen, "stopped");
    assert_given_back(screen);
    screen_send(screen, "\n");
    screen_expect(screen, "throttled");
    screen_key(screen, "j");
    assert_false(screen_cooked(screen));
    assert_true(screen_alternate(screen));
    screen_expect_row(screen, 22, "group 2 of 6");
    screen_send(screen, "q");
    assert_int_equal(screen_end(screen), 0);
    assert_given_back(screen);
    screen_free(screen);
}

/* Nobody can handle SIGKILL, which is how the kernel gets memory back. What was on the screen
 * before is there again once the second screen is left. */
static void killed(void **state)
{
    char script[4096];
    (void)state;
    assert_true(snprintf(script, sizeof script, "echo before; %s; read -r line", program) <
                (int)sizeof script);
    const char *argv[] = {"/bin/sh", "-m", "-c", script, NULL};
    struct screen *screen = screen_start(80, 24, argv, ARGUMENTS("FAKE_KILLED=1"));
    screen_wait(screen);
    screen_reject(screen, "before");
    screen_key(screen, "\r");
    screen_send(screen, "\r");
    screen_expect(screen, "before");
    assert_given_back(screen);
    assert_true(screen_wrote(screen, "\033[?2004l"));
    screen_send(screen, "\n");
    screen_end(screen);
    screen_free(screen);
}

static void refuses_what_cannot_place_its_cursor(void **state)
{
    static const struct {
        const char *type, *told;
    } cases[] = {{"TERM=dumb", ": dumb: "},
                 {"TERM=no-such-terminal", ": no-such-terminal: "},
                 {"TERM=", ": TERM is not set: "},
                 {"TERM", ": TERM is not set: "}};
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *argv[] = {program, NULL};
        struct screen *screen = screen_start(80, 24, argv, ARGUMENTS(cases[i].type));
        int status = screen_end(screen);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 64);
        assert_true(screen_wrote(screen, "opening the terminal"));
        assert_true(screen_wrote(screen, cases[i].told));
        assert_given_back(screen);
        screen_free(screen);
    }
}

static void refuses_unknown_theme(void **state)
{
    const char *argv[] = {program, "--theme", "nosuch", NULL};
    struct screen *screen = screen_start(80, 24, argv, NULL);
    (void)state;
    int status = screen_end(screen);
    assert_int_equal(WEXITSTATUS(status), 64);
    assert_true(screen_wrote(screen, "find theme: nosuch"));
    screen_free(screen);
}

static void hundred_thousand(void **state)
{
    struct screen *screen =
        open_screen(80, 24, NULL, ARGUMENTS("--messages", "100000", "--batch", "1000"));
    (void)state;
    screen_expect_row(screen, 22, "100000 messages");
    screen_key(screen, "a");
    screen_key(screen, "G");
    screen_expect_row(screen, 22, "100000 of 100000");
    screen_key(screen, "/");
    screen_type(screen, "4fQ000000");
    screen_key(screen, "\r");
    screen_expect(screen, "4fQ000000");
    screen_key(screen, "/");
    screen_type(screen, "no such thing");
    screen_key(screen, "\r");
    screen_expect_row(screen, 23, "not found: no such thing");
    screen_expect(screen, "4fQ000000");
    screen_send(screen, "n\033"); /* the key is not kept waiting for the end of the search */
    screen_wait(screen);
    screen_expect_row(screen, 23, "search stopped");
    screen_send(screen, "ng");
    screen_wait(screen);
    screen_expect_row(screen, 22, " 1 of 100000");
    screen_reject(screen, "not found");
    screen_send(screen, "qq");
    assert_int_equal(screen_end(screen), 0);
    screen_free(screen);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quits),
        cmocka_unit_test(signals),
        cmocka_unit_test(crash),
        cmocka_unit_test(fatal_signals),
        cmocka_unit_test(suspends),
        cmocka_unit_test(killed),
        cmocka_unit_test(refuses_what_cannot_place_its_cursor),
        cmocka_unit_test(refuses_unknown_theme),
        cmocka_unit_test(hundred_thousand),
    };
    if (argc != 2)
        return 64;
    program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
