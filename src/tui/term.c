/* SPDX-License-Identifier: ISC */
/* The terminal through ncurses: opening, closing, keys. */
#include "tui/term.h"
#include "hopq/error.h"
#include "tui/keys.h"
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>

static bool wants_color(const struct hq_tui_options *options)
{
    const char *no_color = getenv("NO_COLOR");
    if (options->color == HQ_COLOR_AUTO && no_color && *no_color)
        return false;
    return options->color != HQ_COLOR_NEVER && has_colors();
}

static unsigned attributes_of(const struct hq_style *style)
{
    static const chtype bits[] = {A_BOLD, A_DIM, A_REVERSE, A_UNDERLINE, A_ITALIC};
    chtype set = A_NORMAL;
    for (unsigned i = 0; i < G_N_ELEMENTS(bits); i++)
        if (style->attributes & (1u << i))
            set |= bits[i];
    return set;
}

/* Each role gets the colour pair of its own number. */
static void apply_theme(struct hq_term *term, const struct hq_theme *theme, bool color)
{
    enum hq_depth depth = HQ_DEPTH_MONO;
    if (color) {
        start_color();
        use_default_colors();
        depth = COLORS >= 256 ? HQ_DEPTH_256 : HQ_DEPTH_16;
    }
    for (unsigned role = 0; role < HQ_ROLE_COUNT; role++) {
        const struct hq_style *style = &theme->styles[depth][role];
        term->style[role] = attributes_of(style);
        if (!color || (style->foreground < 0 && style->background < 0))
            continue;
        short pair = (short)(role + 1);
        if (style->foreground < COLORS && style->background < COLORS &&
            init_pair(pair, style->foreground, style->background) == OK)
            term->style[role] |= COLOR_PAIR(pair);
    }
}

static bool fail(struct hq_term *term, GError **error, int errnum, const char *cause)
{
    const char *type = getenv("TERM");
    hq_error_set(error, HQ_EXIT_USAGE, errnum, "opening the terminal",
                 type && *type ? type : "TERM is not set", cause);
    if (term->opened_tty)
        fclose(term->in);
    return false;
}

/* Keys come from standard input, or from the terminal itself when that carries a message. */
static bool open_files(struct hq_term *term)
{
    term->in = stdin;
    term->out = stdout;
    if (isatty(STDIN_FILENO))
        return true;
    term->in = fopen("/dev/tty", "re");
    term->opened_tty = term->in != NULL;
    return term->opened_tty;
}

/* Asked before ncurses starts: newterm() leaks when it fails, and changes the terminal when it does
 * not. */
static bool can_place_cursor(int fd)
{
    int found = 0;
    if (setupterm(NULL, fd, &found) != OK)
        return false;
    bool can = cursor_address != NULL;
    del_curterm(cur_term);
    return can;
}

static void set_modes(void)
{
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    leaveok(stdscr, FALSE);
    set_escdelay(25);
}

bool hq_term_open(struct hq_term *term, const struct hq_tui_options *options, GError **error)
{
    struct hq_theme theme;
    *term = (struct hq_term){0};
    if (!hq_theme_find(&theme, options->theme, options->theme_folder, error))
        return false;
    setlocale(LC_CTYPE, "");
    if (!isatty(STDOUT_FILENO) || !open_files(term))
        return fail(term, error, ENOTTY, NULL);
    if (!can_place_cursor(fileno(term->out)))
        return fail(term, error, 0, "it cannot position its cursor; hopq --dump needs no terminal");
    hq_term_guard(fileno(term->in));
    term->screen = newterm(NULL, term->out, term->in);
    if (!term->screen) {
        hq_term_unguard();
        return fail(term, error, ENOMEM, NULL);
    }
    set_modes();
    hq_term_mark_pastes();
    hq_term_keep(hq_term_before());
    bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    term->text = options->ascii || !utf8 ? HQ_TEXT_ASCII : HQ_TEXT_PLAIN;
    apply_theme(term, &theme, wants_color(options));
    term->safe = g_string_new(NULL);
    term->fit = g_string_new(NULL);
    return true;
}

void hq_term_close(struct hq_term *term)
{
    hq_term_unmark_pastes();
    move(LINES - 1, 0); /* without a second screen the shell's prompt appears here */
    clrtoeol();
    refresh();
    endwin();
    delscreen(term->screen);
    hq_term_unguard();
    hq_term_keep_no_more();
    if (term->opened_tty)
        fclose(term->in);
    g_string_free(term->safe, TRUE);
    g_string_free(term->fit, TRUE);
}

void hq_term_resize(struct hq_term *term)
{
    struct winsize size;
    if (ioctl(fileno(term->out), TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        resizeterm(size.ws_row, size.ws_col);
}

void hq_term_copy(struct hq_term *term, const char *text)
{
    g_autofree char *code = g_base64_encode((const guchar *)text, strlen(text));
    if (getenv("TMUX")) /* tmux passes the clipboard on only when told to, either way */
        fprintf(term->out, "\033Ptmux;\033\033]52;c;%s\a\033\\", code);
    fprintf(term->out, "\033]52;c;%s\a", code);
    fflush(term->out);
}
