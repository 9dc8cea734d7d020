/* SPDX-License-Identifier: ISC */
/* forkpty + libvterm. No sleeps: every wait is a poll() on the pty, on the idle pipe or on the
 * end of the program, with a limit that only a failure reaches. */
#include "screen.h"
/* cmocka.h wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <vterm.h>

#define LIMIT (INT64_C(60) * G_USEC_PER_SEC) /* on a machine that has others to serve */
/* The kernel hands a pty's bytes over a little after the write returned. Milliseconds. */
#define QUIET 20

struct screen {
    VTerm *vterm;
    VTermScreen *cells;
    int rows;
    int columns;
    int pty;
    int idle;
    pid_t pid;
    bool ended;
    int status;
    bool alternate;
    GString *written;
    GString *row;
};

static int on_property(VTermProp property, VTermValue *value, void *data)
{
    struct screen *screen = data;
    if (property == VTERM_PROP_ALTSCREEN)
        screen->alternate = value->boolean;
    return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_property};

static void dump(struct screen *screen)
{
    for (int row = 0; row < screen->rows; row++)
        print_message("%2d|%s\n", row, screen_row(screen, row));
}

static void give_up(struct screen *screen, const char *what)
{
    dump(screen);
    fail_msg("%s", what);
}

/* In the child: its environment. */
static void set_environment(const char *const *env, int idle)
{
    static const char *const fixed[] = {"TERM=xterm-256color",
                                        "LANG=C.UTF-8",
                                        "TZ=UTC",
                                        "HOPQ_NOW=2026-11-22T02:00:00Z",
                                        "XDG_CONFIG_HOME=/nonexistent",
                                        "LC_ALL",
                                        "NO_COLOR",
                                        "TMUX",
                                        "COLUMNS",
                                        "LINES",
                                        NULL};
    const char *const *sets[] = {fixed, env};
    g_autofree char *number = g_strdup_printf("%d", idle);
    setenv("HOPQ_TEST_IDLE_FD", number, 1);
    for (unsigned s = 0; s < G_N_ELEMENTS(sets); s++) {
        for (const char *const *e = sets[s]; e && *e; e++) {
            g_auto(GStrv) pair = g_strsplit(*e, "=", 2);
            if (pair[1])
                setenv(pair[0], pair[1], 1);
            else
                unsetenv(pair[0]);
        }
    }
}

struct screen *screen_start(int columns, int rows, const char *const *argv, const char *const *env)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    struct screen *screen = g_new0(struct screen, 1);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    screen->pid = forkpty(&screen->pty, NULL, NULL, &size);
    assert_true(screen->pid >= 0);
    if (screen->pid == 0) {
        close(ends[0]);
        set_environment(env, ends[1]);
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    close(ends[1]);
    screen->idle = ends[0];
    fcntl(screen->pty, F_SETFL, O_NONBLOCK);
    fcntl(screen->idle, F_SETFL, O_NONBLOCK);
    screen->rows = rows;
    screen->columns = columns;
    screen->written = g_string_new(NULL);
    screen->row = g_string_new(NULL);
    screen->vterm = vterm_new(rows, columns);
    vterm_set_utf8(screen->vterm, 1);
    screen->cells = vterm_obtain_screen(screen->vterm);
    vterm_screen_enable_altscreen(screen->cells, 1);
    vterm_screen_set_callbacks(screen->cells, &callbacks, screen);
    vterm_screen_reset(screen->cells, 1);
    return screen;
}

void screen_free(struct screen *screen)
{
    if (!screen)
        return;
    if (!screen->ended) {
        kill(screen->pid, SIGKILL);
        waitpid(screen->pid, NULL, 0);
    }
    close(screen->pty);
    close(screen->idle);
    vterm_free(screen->vterm);
    g_string_free(screen->written, TRUE);
    g_string_free(screen->row, TRUE);
    g_free(screen);
}

/* Takes in what the program wrote; false when the pty is closed. */
static bool take(struct screen *screen)
{
    char bytes[4096];
    ssize_t n;
    while ((n = read(screen->pty, bytes, sizeof bytes)) > 0) {
        g_string_append_len(screen->written, bytes, n);
        vterm_input_write(screen->vterm, bytes, (size_t)n);
    }
    return n < 0 && errno == EAGAIN;
}

/* Until the pty has been quiet for a moment. */
static void settle(struct screen *screen)
{
    struct pollfd wait = {.fd = screen->pty, .events = POLLIN};
    while (take(screen) && poll(&wait, 1, QUIET) > 0)
        ;
}

void screen_wait(struct screen *screen)
{
    int64_t end = g_get_monotonic_time() + LIMIT;
    char byte;
    while (read(screen->idle, &byte, 1) != 1) {
        struct pollfd waits[] = {{.fd = screen->pty, .events = POLLIN},
                                 {.fd = screen->idle, .events = POLLIN}};
        poll(waits, 2, 100);
        if (!take(screen))
            give_up(screen, "the program has ended");
        if (g_get_monotonic_time() > end)
            give_up(screen, "the program did not become idle");
    }
    settle(screen);
}

void screen_send(struct screen *screen, const char *bytes)
{
    assert_int_equal(write(screen->pty, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
}

void screen_key(struct screen *screen, const char *bytes)
{
    screen_send(screen, bytes);
    screen_wait(screen);
}

void screen_type(struct screen *screen, const char *text)
{
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        g_autofree char *one = g_strndup(p, (size_t)(g_utf8_next_char(p) - p));
        screen_key(screen, one);
    }
}

void screen_resize(struct screen *screen, int columns, int rows)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    screen->rows = rows;
    screen->columns = columns;
    vterm_set_size(screen->vterm, rows, columns);
    assert_int_equal(ioctl(screen->pty, TIOCSWINSZ, &size), 0);
    screen_wait(screen);
}

const char *screen_row(struct screen *screen, int row)
{
    g_string_truncate(screen->row, 0);
    for (VTermPos at = {.row = row}; at.col < screen->columns; at.col++) {
        VTermScreenCell cell;
        vterm_screen_get_cell(screen->cells, at, &cell);
        if (cell.chars[0] == (uint32_t)-1) /* the right half of a wide character */
            continue;
        if (cell.chars[0] == 0)
            g_string_append_c(screen->row, ' ');
        for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
            g_string_append_unichar(screen->row, cell.chars[i]);
    }
    return g_strchomp(screen->row->str);
}

int screen_find(struct screen *screen, const char *text)
{
    for (int row = 0; row < screen->rows; row++)
        if (strstr(screen_row(screen, row), text))
            return row;
    return -1;
}

void screen_expect(struct screen *screen, const char *text)
{
    int64_t end = g_get_monotonic_time() + LIMIT / 4;
    while (screen_find(screen, text) < 0) {
        struct pollfd wait = {.fd = screen->pty, .events = POLLIN};
        poll(&wait, 1, 100);
        bool open = take(screen);
        if (screen_find(screen, text) < 0 && (!open || g_get_monotonic_time() > end)) {
            dump(screen);
            fail_msg("not on the screen: %s", text);
        }
    }
}

void screen_expect_row(struct screen *screen, int row, const char *text)
{
    if (!strstr(screen_row(screen, row), text)) {
        dump(screen);
        fail_msg("not in row %d: %s", row, text);
    }
}

void screen_reject(struct screen *screen, const char *text)
{
    if (screen_find(screen, text) >= 0) {
        dump(screen);
        fail_msg("on the screen: %s", text);
    }
}

int screen_cursor_row(struct screen *screen)
{
    VTermPos at;
    vterm_state_get_cursorpos(vterm_obtain_state(screen->vterm), &at);
    return at.row;
}

bool screen_alternate(struct screen *screen)
{
    return screen->alternate;
}

bool screen_wrote(struct screen *screen, const char *bytes)
{
    return memmem(screen->written->str, screen->written->len, bytes, strlen(bytes)) != NULL;
}

const char *screen_written(struct screen *screen)
{
    return screen->written->str;
}

bool screen_cooked(struct screen *screen)
{
    struct termios modes;
    assert_int_equal(tcgetattr(screen->pty, &modes), 0);
    return (modes.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO);
}

pid_t screen_pid(struct screen *screen)
{
    return screen->pid;
}

int screen_end(struct screen *screen)
{
    int64_t end = g_get_monotonic_time() + LIMIT;
    while (waitpid(screen->pid, &screen->status, WNOHANG) == 0) {
        struct pollfd wait = {.fd = screen->pty, .events = POLLIN};
        poll(&wait, 1, 10);
        take(screen);
        if (g_get_monotonic_time() > end)
            give_up(screen, "the program did not end");
    }
    screen->ended = true;
    settle(screen);
    return screen->status;
}
