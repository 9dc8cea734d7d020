/* SPDX-License-Identifier: ISC */
/* Gives the terminal back when the program is killed in a way that it cannot see (SIGKILL, as by
 * the kernel when memory runs out): a process that holds nothing but the terminal and a pipe. */
#include "tui/term.h"
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static pid_t keeper;
static int bond = -1; /* it ends when we are killed */

static bool same_modes(const struct termios *a, const struct termios *b)
{
    return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_lflag == b->c_lflag;
}

/* Gives the terminal back, unless its modes are not ours any more: a shell has taken it over
 * then. */
static void give_back(const struct termios *before, const struct termios *ours)
{
    struct termios now;
    if (tcgetattr(STDOUT_FILENO, &now) == 0 && same_modes(&now, ours))
        tcsetattr(STDOUT_FILENO, TCSANOW, before);
    ssize_t ignored = write(STDOUT_FILENO, hq_term_restore, strlen(hq_term_restore));
    (void)ignored;
}

/* Runs after fork() in a program that may have threads, so it makes system calls only. Signals that
 * the terminal sends to all (C-c, C-z, a hang-up) are meant for the front. */
G_NORETURN static void keep(int end, const struct termios *before, const struct termios *ours)
{
    static const int not_mine[] = {SIGINT, SIGQUIT, SIGTSTP, SIGTTOU, SIGTTIN, SIGHUP};
    char byte;
    ssize_t n = 0;
    for (unsigned i = 0; i < G_N_ELEMENTS(not_mine); i++)
        signal(not_mine[i], SIG_IGN);
    setpgid(0, 0); /* not killed with the front's group */
    if (dup2(end, STDIN_FILENO) < 0 || close_range(STDERR_FILENO, ~0u, 0) < 0)
        _exit(1);
    fcntl(STDIN_FILENO, F_SETSIG, SIGCONT); /* should we be stopped then */
    fcntl(STDIN_FILENO, F_SETOWN, getpid());
    fcntl(STDIN_FILENO, F_SETFL, O_ASYNC);
    prctl(PR_SET_NAME, "hopq [tty]");
    do
        n = read(STDIN_FILENO, &byte, 1);
    while (n < 0 && errno == EINTR); /* nobody writes: it comes back when we are gone */
    give_back(before, ours);
    _exit(0);
}

void hq_term_keep(const struct termios *before)
{
    struct termios ours;
    int ends[2];
    if (!before || tcgetattr(STDOUT_FILENO, &ours) != 0 ||
        !g_unix_open_pipe(ends, FD_CLOEXEC, NULL))
        return;
    keeper = fork();
    if (keeper == 0)
        keep(ends[0], before, &ours);
    close(ends[0]);
    bond = ends[1];
}

void hq_term_keep_no_more(void)
{
    if (keeper > 0) {
        kill(keeper, SIGKILL);
        while (waitpid(keeper, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    keeper = 0;
    if (bond >= 0)
        close(bond);
    bond = -1;
}
