/* SPDX-License-Identifier: ISC */
/* No helper outlives whoever started it, not even one that is stopped before it has done anything:
 * this program is the helper, too, and then stops itself first. A pipe that only the helper holds
 * tells its end. */
#include "proc/helper.h"
#include "proc/session.h"
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE 20000 /* milliseconds */
#define STRANGER 1000  /* a user who may not signal root's processes */

/* A stopped helper whose third descriptor is LIFE. */
static pid_t spawn_stopped(enum hq_role role, int life)
{
    static const char *const args[] = {"127.0.0.1", "100", NULL};
    int channel[2], other[2], status = 0;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, other) != 0)
        _exit(1);
    const int fds[] = {channel[1], other[1], life};
    pid_t pid = hq_helper_spawn(role, args, fds, G_N_ELEMENTS(fds), NULL);
    if (pid < 0 || waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
        _exit(2);
    return pid;
}

/* As the front: a session of its own, whatever this test runs in. */
static void start_and_die(enum hq_role role, int life, bool other_user)
{
    setsid();
    spawn_stopped(role, life);
    if (other_user && setresuid(STRANGER, STRANGER, STRANGER) != 0)
        _exit(3);
    raise(SIGKILL);
}

/* As [act], which outlives the front for as long as [save] takes. */
static void start_and_wait(int life, int ready)
{
    int status = 0;

    setpgid(0, 0);
    signal(SIGHUP, SIG_IGN);
    pid_t save = spawn_stopped(HQ_ROLE_SAVE, life);
    if (write(ready, "", 1) == 1)
        waitpid(save, &status, WCONTINUED);
    _exit(0);
}

static void start_act_and_die(int life)
{
    int ready[2];
    char byte;

    setsid();
    if (pipe(ready) != 0)
        _exit(1);
    if (fork() == 0)
        start_and_wait(life, ready[1]);
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1)
        _exit(2);
    raise(SIGKILL);
}

/* FRONT runs in a child, which dies by SIGKILL: true when all of its helpers end, too. */
static bool all_end(void (*front)(enum hq_role role, int life, bool other_user), enum hq_role role,
                    bool other_user)
{
    int life[2], status = 0;

    assert_int_equal(pipe(life), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(life[0]);
        if (front)
            front(role, life[1], other_user);
        start_act_and_die(life[1]);
    }
    close(life[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    struct pollfd waiting = {.fd = life[0], .events = POLLIN};
    bool ended = poll(&waiting, 1, PATIENCE) == 1;
    close(life[0]);
    return ended;
}

static const enum hq_role roles[] = {HQ_ROLE_SPOOL, HQ_ROLE_PARSE, HQ_ROLE_DNS, HQ_ROLE_ACT};

static void test_stopped_at_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(roles); i++)
        if (!all_end(start_and_die, roles[i], false))
            fail_msg("%s outlives the front", hq_role_title(roles[i]));
}

/* The front has given up root, which the helper still has. */
static void test_front_may_not_kill(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    for (unsigned i = 0; i < G_N_ELEMENTS(roles); i++)
        if (!all_end(start_and_die, roles[i], true))
            fail_msg("%s outlives a front without rights", hq_role_title(roles[i]));
}

static void test_save_goes_on(void **state)
{
    (void)state;
    assert_true(all_end(NULL, HQ_ROLE_SAVE, false));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stopped_at_once),
        cmocka_unit_test(test_front_may_not_kill),
        cmocka_unit_test(test_save_goes_on),
    };

    if (argc > 1 && strcmp(argv[1], "[helper]") == 0)
        raise(SIGSTOP);
    hq_process_main(argc, argv);
    if (!hq_helper_prepare(NULL))
        return EXIT_FAILURE;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
