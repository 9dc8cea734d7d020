/* SPDX-License-Identifier: ISC */
/* Bracketed paste (mode 2004 of xterm and all that followed it): the terminal marks pasted text. A
 * shell that is come back to by C-z wants it off: ncurses' own handler of SIGTSTP gives the rest of
 * the terminal back and waits. */
#include "tui/term.h"
#include <ncurses.h>
#include <signal.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

static struct sigaction of_ncurses;
static bool marked;

static void tell(const char *mode)
{
    ssize_t ignored = write(STDOUT_FILENO, mode, strlen(mode));
    (void)ignored;
}

static void on_suspend(int number)
{
    tell("\033[?2004l");
    of_ncurses.sa_handler(number); /* returns when we go on */
    tell("\033[?2004h");
}

/* Terminals without a second screen (consoles, a VT100) are not asked. */
void hq_term_mark_pastes(void)
{
    struct sigaction action = {.sa_handler = on_suspend, .sa_flags = SA_RESTART};
    if (!enter_ca_mode)
        return;
    marked = true;
    define_key("\033[200~", HQ_KEY_PASTE - HQ_KEY_FUNCTION);
    define_key("\033[201~", HQ_KEY_PASTE_END - HQ_KEY_FUNCTION);
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGTSTP, NULL, &of_ncurses) == 0 && of_ncurses.sa_handler != SIG_DFL &&
        of_ncurses.sa_handler != SIG_IGN)
        sigaction(SIGTSTP, &action, NULL);
    tell("\033[?2004h");
}

void hq_term_unmark_pastes(void)
{
    if (marked)
        tell("\033[?2004l");
    marked = false;
}
