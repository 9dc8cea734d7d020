/* SPDX-License-Identifier: ISC */
/* Gives the terminal back when the program crashes. The handler only calls what POSIX allows there
 * (tcsetattr, write, sigaction, raise) with bytes made ready beforehand, on a stack of its own. */
#include "tui/term.h"
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGQUIT};

/* No marks of pastes; leaves the alternate screen, shows the cursor, plain attributes, keypad off:
 * ECMA-48 and xterm's control sequences, which terminals without them ignore. */
const char hq_term_restore[] = "\033[?2004l\033[?1049l\033[?25h\033[0m\033[?1l\033>\r\n";

static struct termios saved;
static int guarded = -1;
static char stack[64 * 1024];
static struct sigaction previous[G_N_ELEMENTS(fatal)];

static void on_fatal(int number)
{
    if (guarded >= 0) {
        tcsetattr(guarded, TCSANOW, &saved);
        ssize_t ignored = write(STDOUT_FILENO, hq_term_restore, sizeof hq_term_restore - 1);
        (void)ignored;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(fatal); i++)
        if (fatal[i] == number)
            sigaction(number, &previous[i], NULL);
    raise(number); /* delivered when this handler returns, with the former reaction */
}

void hq_term_guard(int fd)
{
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = on_fatal, .sa_flags = SA_ONSTACK};
    if (tcgetattr(fd, &saved) != 0)
        return;
    guarded = fd;
    sigaltstack(&alternate, NULL);
    sigfillset(&action.sa_mask);
    for (unsigned i = 0; i < G_N_ELEMENTS(fatal); i++)
        sigaction(fatal[i], &action, &previous[i]);
}

const struct termios *hq_term_before(void)
{
    return guarded < 0 ? NULL : &saved;
}

void hq_term_unguard(void)
{
    if (guarded < 0)
        return;
    guarded = -1;
    for (unsigned i = 0; i < G_N_ELEMENTS(fatal); i++)
        sigaction(fatal[i], &previous[i], NULL);
}
