/* SPDX-License-Identifier: ISC */
/* Text for people: the one place where bytes from mail become safe to print.
 *
 * "Safe" means: valid in the output's character set; no C0, C1, DEL, ESC, no bidi control
 * (061C 200E 200F 202A-202E 2066-2069), no zero-width (200B-200D 2060 FEFF), no line or paragraph
 * separator (2028 2029), no soft hyphen, no tag character (E0000-E007F), no variation selector, no
 * filler or other character that shows nothing, no private use, no noncharacter, nothing that
 * Unicode has not assigned; at most two combining marks a base character, none without one. What is
 * removed leaves a visible mark. */
#ifndef HOPQ_TEXT_H
#define HOPQ_TEXT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum hq_text_flags {
    HQ_TEXT_PLAIN = 0,
    HQ_TEXT_ASCII = 1 << 0,      /* everything above 7F is shown as <U+XXXX> or \xNN */
    HQ_TEXT_KEEP_LINES = 1 << 1, /* LF stays, TAB becomes blanks to the next multiple of 8 */
    HQ_TEXT_KEEP_END = 1 << 2    /* hq_text_fit() cuts in the middle: who runs the domain of an
                                    address is told by its end */
};

/* Appends N bytes of S made safe. Marks: C0 and DEL as ^X, other bytes that are no UTF-8 as \xNN,
 * code points of the list above as <U+XXXX>, C0 80 (an embedded NUL, hq_arena_dup) as ^@. */
void hq_text_safe(GString *out, const char *s, size_t n, enum hq_text_flags flags);

/* Columns that a safe string takes on a terminal (wcwidth of each character; independent of the
 * locale). */
int hq_text_width(const char *safe);

/* Appends SAFE cut or padded to exactly COLUMNS columns; "…" (or "~" with HQ_TEXT_ASCII) stands
 * where it was cut, which is the end unless HQ_TEXT_KEEP_END. Wide characters are never halved: a
 * blank fills the rest. RIGHT aligns to the right. */
void hq_text_fit(GString *out, const char *safe, int columns, bool right, enum hq_text_flags flags);

/* Bytes of SAFE that fit into COLUMNS columns, never inside a character. */
size_t hq_text_cut(const char *safe, int columns);

/* Breaks SAFE into lines of at most COLUMNS, at its line feeds, else at blanks where there are any
 * (they are dropped there): calls EACH with a borrowed, not NUL-terminated slice a line. "" has no
 * lines. A wide character gets its line even where COLUMNS is 1. */
void hq_text_wrap(const char *safe, int columns,
                  void (*each)(const char *line, size_t n, void *data), void *data);

/* Appends N bytes of S as valid UTF-8 (bytes that are none become U+FFFD; nothing else changes). */
void hq_text_utf8(GString *out, const char *s, size_t n);

#endif
