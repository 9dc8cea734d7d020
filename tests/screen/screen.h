/* SPDX-License-Identifier: ISC */
/* A terminal for tests: runs a program on a pty, keeps its screen in libvterm, sends keys, waits
 * until the program says that it is idle (HOPQ_TEST_IDLE_FD). Mistakes end the cmocka test that
 * runs, with the screen as it stands. */
#ifndef HOPQ_TESTS_SCREEN_H
#define HOPQ_TESTS_SCREEN_H

#include <stdbool.h>
#include <sys/types.h>

struct screen;

/* ENV: "NAME=value" over the harness's own (TERM, LANG=C.UTF-8, TZ=UTC, a pinned clock), "NAME"
 * alone takes one away; NULL-terminated, may be NULL. Does not wait. */
struct screen *screen_start(int columns, int rows, const char *const *argv, const char *const *env);
/* Ends the program if it still runs. NULL is fine. */
void screen_free(struct screen *screen);

/* Until the program has answered all that was sent and nothing is under way. */
void screen_wait(struct screen *screen);
/* Sends the bytes at once, does not wait. */
void screen_send(struct screen *screen, const char *bytes);
/* Sends one key (its bytes) and waits; each character of TEXT in turn. */
void screen_key(struct screen *screen, const char *bytes);
void screen_type(struct screen *screen, const char *text);
void screen_resize(struct screen *screen, int columns, int rows); /* and waits */

/* Some row has TEXT; waits for it for a while. */
void screen_expect(struct screen *screen, const char *text);
void screen_expect_row(struct screen *screen, int row, const char *text);
void screen_reject(struct screen *screen, const char *text); /* no row has it */
/* Row as UTF-8 without trailing blanks; valid until the next call. */
const char *screen_row(struct screen *screen, int row);
/* First row that has TEXT, -1: none. */
int screen_find(struct screen *screen, const char *text);
int screen_cursor_row(struct screen *screen);
bool screen_alternate(struct screen *screen);
/* BYTES were written to the terminal, at any time. */
bool screen_wrote(struct screen *screen, const char *bytes);
/* All that it wrote, as a string. */
const char *screen_written(struct screen *screen);
/* The terminal is in cooked mode with echo, as a shell leaves it. */
bool screen_cooked(struct screen *screen);

pid_t screen_pid(struct screen *screen);
/* Waits for the program to end; its status as of waitpid(). */
int screen_end(struct screen *screen);

#define KEY_UP_BYTES   "\033OA"
#define KEY_DOWN_BYTES "\033OB"
#define KEY_END_BYTES  "\033OF"
#define KEY_HOME_BYTES "\033OH"

#endif
