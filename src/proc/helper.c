/* SPDX-License-Identifier: ISC */
/* Starting helper processes and telling them from the program that a user started. */
#include "proc/helper.h"
#include "base/data.h"
#include "hopq/error.h"
#include "proc/session.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The second argument of a helper; no option of users looks like this. */
#define HELPER_MARK "[helper]"

#define FILES_MIN 64 /* open at a time */

#define END_TRIES 100
#define END_PAUSE 2000 /* microseconds */

static const struct {
    const char *title;
    const char *name; /* at most 15 bytes: the kernel's limit for a process's name */
    void (*run)(char **args);
} roles[HQ_ROLE_COUNT] = {
    [HQ_ROLE_SPOOL] = {"hopq [spool]", "hopq [spool]", hq_role_spool},
    [HQ_ROLE_PARSE] = {"hopq [parse]", "hopq [parse]", hq_role_parse},
    [HQ_ROLE_DNS] = {"hopq [dns]", "hopq [dns]", hq_role_dns},
    [HQ_ROLE_ACT] = {"hopq [act]", "hopq [act]", hq_role_act},
    [HQ_ROLE_SAVE] = {"hopq [save]", "hopq [save]", hq_role_save},
};

static int program_fd = -1, null_fd = -1;

/* The helpers of this process, each with our end of its life line. */
static GHashTable *life_lines;

const char *hq_role_title(enum hq_role role)
{
    return roles[role].title;
}

/* Each helper takes two or three of the front's, and batches of files go from one to the other. */
static bool enough_files(void)
{
    struct rlimit bound;

    if (getrlimit(RLIMIT_NOFILE, &bound) != 0 || bound.rlim_cur >= FILES_MIN)
        return true;
    bound.rlim_cur = FILES_MIN;
    return setrlimit(RLIMIT_NOFILE, &bound) == 0;
}

bool hq_helper_prepare(GError **error)
{
    const char *const null = "/dev/null", *program = hq_data_program();

    if (!enough_files())
        hq_error_set(error, HQ_EXIT_INTERNAL, 0, "start", "helpers",
                     "fewer than " G_STRINGIFY(FILES_MIN) " files may be open (ulimit -n)");
    else if (null_fd < 0 && (null_fd = open(null, O_RDWR | O_CLOEXEC)) < 0)
        hq_error_set(error, HQ_EXIT_INTERNAL, errno, "open", null, NULL);
    else if (program_fd < 0 && (program_fd = open(program, O_PATH | O_CLOEXEC)) < 0)
        hq_error_set(error, HQ_EXIT_INTERNAL, errno, "find own program", program, NULL);
    return null_fd >= 0 && program_fd >= 0;
}

/* In the child: moves the descriptors to where the helper looks for them. First out of the way, so
 * that none is overwritten before it is moved. */
static bool place_fds(const int *fds, unsigned fd_count)
{
    int high[8];

    g_assert(fd_count <= G_N_ELEMENTS(high));
    for (unsigned i = 0; i < fd_count; i++) {
        high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, HQ_HELPER_FD + 8);
        if (high[i] < 0)
            return false;
    }
    for (unsigned i = 0; i < fd_count; i++) {
        if (dup2(high[i], HQ_HELPER_FD + (int)i) < 0)
            return false;
    }
    return true;
}

/* A terminal sends these to all that run in it and a hang-up when it ends, a service manager its
 * stop. When helpers end is for the front to decide, or [act] would leave a batch without its
 * log. They stay ignored in the program that is executed. */
static void ignore_signals(void)
{
    static const int ignored[] = {SIGPIPE, SIGINT, SIGQUIT, SIGTSTP, SIGHUP, SIGTERM};
    sigset_t none;

    for (unsigned i = 0; i < G_N_ELEMENTS(ignored); i++)
        signal(ignored[i], SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Helpers never see the terminal. Standard error stays open where somebody wants to read it. */
static bool leave_terminal(void)
{
    bool keep_errors = getenv("HOPQ_HELPER_STDERR") != NULL;

    return dup2(null_fd, STDOUT_FILENO) >= 0 && (keep_errors || dup2(null_fd, STDERR_FILENO) >= 0);
}

/* Helpers end when their channel closes, but one that is stopped or busy does not see that. So its
 * standard input is a pipe into which nobody writes and whose other end only PARENT has: when that
 * closes, the kernel sends the signal of F_SETSIG, whatever PARENT may signal (PR_SET_PDEATHSIG
 * asks that, and a change of user undoes it). [act] must finish what it has begun, so it goes on.
 */
static bool tie_life(const int line[2], enum hq_role role, pid_t parent)
{
    return close(line[1]) == 0 && dup2(line[0], STDIN_FILENO) >= 0 &&
           fcntl(STDIN_FILENO, F_SETSIG, role == HQ_ROLE_ACT ? SIGCONT : SIGKILL) == 0 &&
           hq_helper_own_life() && fcntl(STDIN_FILENO, F_SETFL, O_ASYNC) == 0 &&
           getppid() == parent;
}

bool hq_helper_own_life(void)
{
    return fcntl(STDIN_FILENO, F_SETOWN, getpid()) == 0;
}

/* Each helper of the front has a process group, with all that it starts, as [save]. The group is an
 * orphan when the front is dead, and the kernel continues what is stopped in such (setpgid(2)):
 * [act] never waits for a stopped [save] then. */
static void lead_group(pid_t pid, enum hq_role role)
{
    if (role != HQ_ROLE_SAVE)
        setpgid(pid, pid);
}

/* Nor do they get what whoever started hopq has left open. */
static bool leave_others(unsigned fd_count)
{
    return close_range(HQ_HELPER_FD + fd_count, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0 ||
           errno == ENOSYS || errno == EINVAL; /* before Linux 5.11 */
}

static void become(char **argv, const int *fds, unsigned fd_count)
{
    /* The program itself lies above the places of the descriptors. */
    int program = fcntl(program_fd, F_DUPFD_CLOEXEC, HQ_HELPER_FD + 8);
    if (program >= 0 && leave_terminal() && place_fds(fds, fd_count) && leave_others(fd_count))
        fexecve(program, argv, environ);
    _exit(127);
}

static pid_t fork_tied(enum hq_role role)
{
    int line[2];
    pid_t parent = getpid();

    if (pipe2(line, O_CLOEXEC) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        ignore_signals();
        lead_group(0, role);
        if (!tie_life(line, role, parent))
            _exit(127);
        return 0;
    }
    int failure = errno;
    close(line[0]);
    if (pid < 0) {
        close(line[1]);
        errno = failure;
        return -1;
    }
    lead_group(pid, role); /* whoever is first */
    if (!life_lines)
        life_lines = g_hash_table_new(NULL, NULL);
    g_hash_table_insert(life_lines, GINT_TO_POINTER(pid), GINT_TO_POINTER(line[1]));
    return pid;
}

pid_t hq_helper_spawn(enum hq_role role, const char *const *args, const int *fds, unsigned fd_count,
                      GError **error)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();

    g_ptr_array_add(argv, (gpointer)roles[role].title);
    g_ptr_array_add(argv, HELPER_MARK);
    for (unsigned i = 0; args && args[i]; i++)
        g_ptr_array_add(argv, (gpointer)args[i]);
    g_ptr_array_add(argv, NULL);
    pid_t pid = fork_tied(role);
    if (pid == 0)
        become((char **)argv->pdata, fds, fd_count);
    int failure = errno;
    for (unsigned i = 0; i < fd_count; i++)
        close(fds[i]);
    if (pid < 0)
        hq_error_set(error, HQ_EXIT_INTERNAL, failure, "start", roles[role].title, NULL);
    return pid;
}

static void cut_life(pid_t pid)
{
    gpointer key = GINT_TO_POINTER(pid), line;

    if (g_hash_table_steal_extended(life_lines, key, NULL, &line))
        close(GPOINTER_TO_INT(line));
}

static bool await_end(pid_t *pid, int *status, bool killed)
{
    cut_life(*pid);
    pid_t ended = TEMP_FAILURE_RETRY(waitpid(*pid, status, killed ? 0 : WNOHANG));

    for (unsigned i = 0; ended == 0 && i < END_TRIES; i++) {
        g_usleep(END_PAUSE);
        ended = waitpid(*pid, status, WNOHANG);
    }
    *pid = 0;
    return ended > 0;
}

bool hq_helper_end(pid_t *pid, int *status)
{
    return await_end(pid, status, kill(*pid, SIGKILL) == 0);
}

bool hq_helper_leave(pid_t *pid, int *status)
{
    return await_end(pid, status, false);
}

void hq_process_main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], HELPER_MARK) != 0)
        return;
    for (unsigned i = 0; i < HQ_ROLE_COUNT; i++) {
        if (strcmp(argv[0], roles[i].title) != 0)
            continue;
        prctl(PR_SET_NAME, roles[i].name);
        roles[i].run(argv + 2);
    }
}
