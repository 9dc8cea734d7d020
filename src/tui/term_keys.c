/* SPDX-License-Identifier: ISC */
/* Keys as the terminal sends them. Sequences that ncurses does not know (other modifiers, a mouse
 * or focus that an earlier program asked for, the terminal's answers) come from it as Esc and
 * letters. They are no keys, and are skipped as a whole. */
#include "tui/term.h"
#include <glib.h>
#include <ncurses.h>
#include <stdlib.h>

#define ESCAPE 27
/* Answers are short; what does not end is no sequence. */
#define LONGEST 256

/* In a locale of single bytes (LANG=C) ncurses drops what is not ASCII; terminals send UTF-8 all
 * the same. */
static int read_utf8(wint_t *key, int first)
{
    char bytes[4] = {(char)first};
    gunichar c;
    for (gssize n = 1; (c = g_utf8_get_char_validated(bytes, n)) == (gunichar)-2 && n < 4; n++) {
        int next = getch();
        if ((next & ~0x3f) != 0x80) {
            if (next != ERR)
                ungetch(next);
            break;
        }
        bytes[n] = (char)next;
    }
    *key = (wint_t)c;
    return g_unichar_validate(c) ? OK : HQ_KEY_STRANGE;
}

/* As get_wch(3), and HQ_KEY_STRANGE. */
static int read_key(wint_t *key)
{
    if (MB_CUR_MAX > 1)
        return get_wch(key);
    int byte = getch();
    if (byte == ERR)
        return ERR;
    *key = (wint_t)byte;
    return byte > 0xff ? KEY_CODE_YES : byte < 0x80 ? OK : read_utf8(key, byte);
}

/* What has already come, 0: nothing more has. */
static wint_t next(void)
{
    wint_t key;
    int kind = read_key(&key);
    if (kind == KEY_CODE_YES) /* that is one of its own */
        ungetch((int)key);
    return kind == OK ? key : 0;
}

/* ECMA-48 5.4: parameters, then the one that ends it. Behind the M of xterm's oldest mouse three
 * bytes more follow. */
static void skip_control(void)
{
    wint_t key = next();
    bool first = true;
    for (int i = 0; i < LONGEST && key >= 0x20 && key <= 0x3f; i++) {
        key = next();
        first = false;
    }
    for (int i = 0; key == 'M' && first && i < 3; i++)
        next();
}

/* ECMA-48 5.6: up to its terminator, or xterm's BEL. */
static void skip_string(void)
{
    for (int i = 0; i < LONGEST; i++) {
        wint_t key = next();
        if (key == 0 || key == '\a')
            return;
        if (key == ESCAPE) { /* and the backslash */
            next();
            return;
        }
    }
}

/* An Esc with something behind it at once that no view has a key for, or that would do no good as
 * keys: nobody types so fast. */
static int after_escape(void)
{
    wint_t key = next();
    switch (key) {
    case 0:
        return ESCAPE;
    case '[':
        skip_control();
        return HQ_KEY_STRANGE;
    case 'O':
        next();
        return HQ_KEY_STRANGE;
    case ']':
    case 'P':
        skip_string();
        return HQ_KEY_STRANGE;
    default:
        unget_wch((wchar_t)key);
        return ESCAPE;
    }
}

int hq_term_key(G_GNUC_UNUSED struct hq_term *term)
{
    wint_t key;
    int kind = read_key(&key);
    if (kind == ERR)
        return 0;
    if (kind == HQ_KEY_STRANGE)
        return kind;
    if (kind == KEY_CODE_YES)
        return key == KEY_ENTER ? '\r' : HQ_KEY_FUNCTION + (int)key;
    if (key == ESCAPE)
        return after_escape();
    return key == '\n' ? '\r' : (int)key;
}
