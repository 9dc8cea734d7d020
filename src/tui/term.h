/* SPDX-License-Identifier: ISC */
/* The terminal: opened and given back, what it can show, and text put on it in one role. All
 * ncurses calls are behind this and term_crash.c. */
#ifndef HOPQ_TUI_TERM_H
#define HOPQ_TUI_TERM_H

#include "hopq/text.h"
#include "tui/keys.h"
#include "tui/theme.h"
#include "tui/tui.h"
#include <stdio.h>
#include <termios.h>

enum hq_glyph {
#define HQ_GLYPH(id, unicode, ascii) HQ_GLYPH_##id,
#include "tui/glyphs.def"
#undef HQ_GLYPH
    HQ_GLYPH_COUNT
};

struct hq_term {
    void *screen; /* SCREEN * */
    FILE *in;
    FILE *out;
    enum hq_text_flags text; /* for hq_text_safe(): ASCII or not */
    unsigned style[HQ_ROLE_COUNT];
    GString *safe; /* scratch */
    GString *fit;
    bool opened_tty; /* standard input is a message: the keys come from /dev/tty */
};

/* False with ERROR when there is no terminal or it cannot place its cursor; nothing is changed
 * then. */
bool hq_term_open(struct hq_term *term, const struct hq_tui_options *options, GError **error);
void hq_term_close(struct hq_term *term);
/* On SIGWINCH: takes the new size; KEY_RESIZE follows as input. */
void hq_term_resize(struct hq_term *term);
/* The next key (hopq keys.h), 0: none waits, -1: the terminal is gone. */
int hq_term_key(struct hq_term *term);
/* Into the clipboard of the user's own terminal: OSC 52, and through tmux. */
void hq_term_copy(struct hq_term *term, const char *text);

/* Keys of their own: the terminal tells where pasted text begins and ends. */
#define HQ_KEY_PASTE     (HQ_KEY_FUNCTION + 0x1000) /* beyond those of ncurses */
#define HQ_KEY_PASTE_END (HQ_KEY_FUNCTION + 0x1001)
#define HQ_KEY_STRANGE   (HQ_KEY_FUNCTION + 0x1002) /* a sequence that nobody knows */
/* In term_paste.c: asks the terminal to mark pasted text. */
void hq_term_mark_pastes(void);
void hq_term_unmark_pastes(void);

/* In term_crash.c: the terminal is given back whatever kills the program. */
void hq_term_guard(int fd);
void hq_term_unguard(void);
const struct termios *hq_term_before(void); /* its modes at first; NULL: not guarded */
extern const char hq_term_restore[];        /* all but the modes */

/* In term_keeper.c: also when that is SIGKILL, which nobody can handle. */
void hq_term_keep(const struct termios *before);
void hq_term_keep_no_more(void);

const char *hq_glyph(const struct hq_term *term, enum hq_glyph glyph);

/* Draws TEXT (any bytes: made safe here) at row Y from column X, cut to COLUMNS; returns the
 * columns it took. */
int hq_term_put(struct hq_term *term, int y, int x, int columns, enum hq_role role,
                const char *text);
/* The same filled up to COLUMNS with blanks. ENDS: to the left, and what is too long is cut in the
 * middle, as addresses are. */
enum hq_align { HQ_LEFT, HQ_RIGHT, HQ_ENDS };
void hq_term_cell(struct hq_term *term, int y, int x, int columns, enum hq_role role,
                  enum hq_align align, const char *text);
/* N bytes that are safe already. */
int hq_term_slice(struct hq_term *term, int y, int x, int columns, enum hq_role role,
                  const char *safe, size_t n);
/* A whole row in one role, blank or of one glyph. */
void hq_term_blank(struct hq_term *term, int y, int width, enum hq_role role);
void hq_term_rule(struct hq_term *term, int y, int width, enum hq_role role);

#endif
