/* SPDX-License-Identifier: ISC */
/* The filters of system calls from inside: what a role needs works, what a stranger who took it
 * over would want does not. Each attempt is a process of its own, confined and then ended by its
 * answer. */
#include "proc/sandbox.h"
#include "proc/sandbox_seccomp.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NO_FILTER 3 /* exit status: the kernel has no seccomp */

/* Made before the filter, for calls on them. */
static int made_socket;
static void *made_page;
static pid_t parent;

static bool opens_a_file(void)
{
    return open("/dev/null", O_RDONLY) >= 0;
}

static bool looks_at_a_path(void)
{
    struct stat st;

    return fstatat(AT_FDCWD, "/dev/null", &st, 0) == 0;
}

static bool looks_at_a_descriptor(void)
{
    struct stat st;

    return fstat(made_socket, &st) == 0;
}

static bool takes_memory(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
           MAP_FAILED;
}

static bool takes_memory_to_run(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
           MAP_FAILED;
}

static bool makes_memory_run(void)
{
    return mprotect(made_page, 4096, PROT_READ | PROT_EXEC) == 0;
}

/* By tgkill() itself, whatever a library makes of kill(). */
static bool signals_itself(void)
{
    return syscall(SYS_tgkill, getpid(), getpid(), 0) == 0;
}

static bool signals_its_parent(void)
{
    return syscall(SYS_tgkill, parent, parent, 0) == 0;
}

static bool kills(void)
{
    return kill(getpid(), 0) == 0;
}

static bool traces(void)
{
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool forks(void)
{
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    return child > 0;
}

static bool runs_a_program(void)
{
    char *argv[] = {(char *)"true", NULL};

    execve("/bin/true", argv, NULL); /* whose status is that of what worked */
    return false;
}

static bool opens_a_socket(void)
{
    return socket(AF_INET, SOCK_DGRAM, 0) >= 0 && socket(AF_INET6, SOCK_STREAM, 0) >= 0;
}

static bool opens_a_local_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool sets_non_blocking(void)
{
    return fcntl(made_socket, F_SETFL, fcntl(made_socket, F_GETFL) | O_NONBLOCK) == 0;
}

static bool sends_signals_of_a_socket(void)
{
    return fcntl(made_socket, F_SETOWN, getpid()) == 0;
}

static bool asks_a_device(void)
{
    int waiting;

    return ioctl(made_socket, FIONREAD, &waiting) == 0;
}

static bool doubles_a_descriptor(void)
{
    return dup(made_socket) >= 0;
}

static bool bounds_its_work(void)
{
    hq_sandbox_bound_work(60);
    return true;
}

static const struct attempt {
    const char *what;
    bool (*works)(void);
    bool parse, dns; /* may */
} attempts[] = {
    {"open()", opens_a_file, false, false},
    {"fstatat() of a path", looks_at_a_path, false, false},
    {"fstat()", looks_at_a_descriptor, true, true},
    {"mmap()", takes_memory, true, true},
    {"mmap(PROT_EXEC)", takes_memory_to_run, false, false},
    {"mprotect(PROT_EXEC)", makes_memory_run, false, false},
    {"tgkill() of itself", signals_itself, true, true},
    {"tgkill() of others", signals_its_parent, false, false},
    {"kill()", kills, false, false},
    {"ptrace()", traces, false, false},
    {"fork()", forks, false, false},
    {"execve()", runs_a_program, false, false},
    {"socket(AF_INET)", opens_a_socket, false, true},
    {"socket(AF_UNIX)", opens_a_local_socket, false, false},
    {"fcntl(F_SETFL)", sets_non_blocking, false, true},
    {"fcntl(F_SETOWN)", sends_signals_of_a_socket, false, false},
    {"ioctl()", asks_a_device, false, false},
    {"setitimer()", bounds_its_work, true, true},
    {"dup()", doubles_a_descriptor, false, false},
};

/* In a child: confined as ROLE, exit status 0 when it works. */
static void try_as(enum hq_role role, const struct attempt *attempt)
{
    made_socket = socket(AF_INET, SOCK_DGRAM, 0);
    parent = getppid();
    made_page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made_socket < 0 || made_page == MAP_FAILED || !hq_seccomp_enter(role))
        _exit(NO_FILTER);
    _exit(attempt->works() ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* Refused is either: killed on the spot, or, where sanitizers want to live, an error. */
static bool works_as(enum hq_role role, const struct attempt *attempt)
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        try_as(role, attempt);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_FILTER)
        skip();
    assert_true(WIFEXITED(status) || WTERMSIG(status) == SIGSYS);
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static void test_attempts(void **state)
{
    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(attempts); i++) {
        const struct attempt *attempt = &attempts[i];
        if (works_as(HQ_ROLE_PARSE, attempt) != attempt->parse)
            fail_msg("[parse] and %s", attempt->what);
        if (works_as(HQ_ROLE_SAVE, attempt) != attempt->parse)
            fail_msg("[save] and %s", attempt->what);
        if (works_as(HQ_ROLE_DNS, attempt) != attempt->dns)
            fail_msg("[dns] and %s", attempt->what);
    }
}

/* How a process ends whose work is bounded to a second and that does WORK. */
static int end_of(void (*work)(void))
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        hq_sandbox_bound_work(1);
        work();
        _exit(EXIT_SUCCESS);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void spin(void)
{
    for (;;)
        getppid(); /* so that it has an effect */
}

static void wait_longer(void)
{
    usleep(1200 * 1000);
}

static void test_bound_is_of_work(void **state)
{
    (void)state;
    int spun = end_of(spin), waited = end_of(wait_longer);
    assert_true(WIFSIGNALED(spun) && WTERMSIG(spun) == SIGPROF);
    assert_true(WIFEXITED(waited));
}

/* It runs the MTA's tools. */
static void test_spool_has_none(void **state)
{
    (void)state;
    assert_false(hq_seccomp_enter(HQ_ROLE_SPOOL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attempts),
        cmocka_unit_test(test_spool_has_none),
        cmocka_unit_test(test_bound_is_of_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
