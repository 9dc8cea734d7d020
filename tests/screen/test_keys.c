/* SPDX-License-Identifier: ISC */
/* Keys that come in heaps (pasted, typed ahead), and those that save others: what was answered
 * before, a search that goes on below the board, what is lost soon. */
#include "screen_test.h"
#include <string.h>

#define PASTE_BEGINS "\033[200~"
#define PASTE_ENDS   "\033[201~"

static void send_and_wait(struct screen *screen, const char *bytes)
{
    screen_send(screen, bytes);
    screen_wait(screen);
}

/* "Dear Mary, yes" has keys that delete and that say yes. */
static void pasted_text_is_no_command(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    assert_true(screen_wrote(screen, "\033[?2004h"));
    send_and_wait(screen, PASTE_BEGINS "Dear Mary,\r* H yes\ry\rq" PASTE_ENDS);
    screen_expect_row(screen, 23, "text can be pasted only at a prompt");
    screen_expect_row(screen, 22, "group 1 of 6");
    screen_reject(screen, "TAGGED");
    send_and_wait(screen, PASTE_BEGINS "j");
    send_and_wait(screen, "jj" PASTE_ENDS "j");
    screen_expect_row(screen, 22, "group 2 of 6"); /* only the last is a key */
    screen_free(screen);
}

static void prompt_takes_a_pasted_line(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "\\");
    send_and_wait(screen, PASTE_BEGINS "\r\x01reason:\ttls\rD\ry\r" PASTE_ENDS);
    screen_expect_row(screen, 23, "filter: reason: tls");
    send_and_wait(screen, "\025" PASTE_BEGINS "reason:tls\rq" PASTE_ENDS "\r");
    screen_expect_row(screen, 22, "40 of 400 messages");
    screen_free(screen);
}

static void marks_of_pastes_end_with_the_program(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_send(screen, "q");
    screen_end(screen);
    const char *begins = strstr(screen_written(screen), "\033[?2004h");
    assert_non_null(begins);
    assert_non_null(strstr(begins, "\033[?2004l"));
    screen_free(screen);
    screen = open_screen(80, 24, ARGUMENTS("TERM=vt100"), NULL);
    assert_false(screen_wrote(screen, "\033[?2004h"));
    screen_free(screen);
}

/* What terminals send beside keys: no letter of it is one. */
static void strange_sequences_are_no_keys(void **state)
{
    static const char *const strange[] = {"\033[I",          "\033[O",          "\033[1;7D",
                                          "\033[<0;10;10M",  "\033[M !D",       "\033]11;rgb:D/D\a",
                                          "\033]11;D\033\\", "\033P1$rD\033\\", "\033[?62;4c"};
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "\r");
    for (unsigned i = 0; i < sizeof strange / sizeof *strange; i++) {
        screen_key(screen, strange[i]);
        screen_expect_row(screen, 22, "1 of 168 throttled");
        screen_reject(screen, "TAGGED");
    }
    screen_key(screen, "/");
    screen_key(screen, "a\033[Ib\033[<35;1;1M");
    screen_expect_row(screen, 23, "search: ab");
    screen_key(screen, "\033");
    screen_key(screen, "\033"); /* one alone is the key */
    screen_expect_row(screen, 22, "group 1 of 6");
    screen_key(screen, "\r");
    screen_send(screen, "\033j"); /* and so it is when others follow */
    screen_wait(screen);
    screen_expect_row(screen, 22, "group 2 of 6");
    screen_key(screen, "\r");
    screen_send(screen, "\033" KEY_DOWN_BYTES);
    screen_wait(screen);
    screen_expect_row(screen, 22, "group 3 of 6");
    screen_free(screen);
}

/* A key that can do nothing now says so, and why. */
static void keys_say_why_not(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "F");
    screen_expect_row(screen, 22, "nothing done yet");
    screen_key(screen, "s"); /* of a delete alone */
    screen_expect_row(screen, 23, "answer y or n");
    screen_key(screen, "h");
    screen_expect_row(screen, 23, "answer y or n");
    screen_expect_row(screen, 22, "flush: nothing done yet");
    screen_key(screen, "q");
    screen_key(screen, "Q"); /* there is no way to do it */
    screen_expect_row(screen, 1, "There is nothing to requeue");
    screen_key(screen, "y");
    screen_expect_row(screen, 23, "there is nothing to do; q goes back");
    screen_key(screen, "q");
    screen_key(screen, "\r");
    screen_key(screen, "\r");
    screen_key(screen, "\r"); /* not on a finding */
    screen_expect_row(screen, 23, "Enter explains a finding");
    screen_key(screen, "r");
    screen_expect_row(screen, 23, "pane 4: headers raw");
    screen_key(screen, "r");
    screen_expect_row(screen, 23, "pane 4: headers decoded");
    screen_free(screen);
}

/* The answer to a question that nobody can have read. */
static void typed_ahead_is_no_answer(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "H"); /* now it is known what can be done */
    screen_key(screen, "n");
    send_and_wait(screen, "Hy");
    screen_expect_row(screen, 1, "messages?  y: yes");
    screen_expect_row(screen, 22, "nothing done yet");
    screen_key(screen, "n");
    send_and_wait(screen, "Dhy"); /* nor to the second question */
    screen_expect_row(screen, 1, "Hold ");
    screen_expect_row(screen, 22, "nothing done yet");
    screen_key(screen, "y");
    screen_reject(screen, "nothing done yet");
    screen_free(screen);
}

static void answers_come_back(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_type(screen, "\\reason:tls\r");
    screen_type(screen, "\\\025reason:spam\r");
    screen_expect_row(screen, 22, "reason:spam");
    screen_type(screen, "t");
    screen_key(screen, KEY_UP_BYTES);
    screen_expect_row(screen, 23, "tag: reason:spam");
    screen_key(screen, "\020");
    screen_expect_row(screen, 23, "tag: reason:tls");
    screen_key(screen, KEY_UP_BYTES);
    screen_expect_row(screen, 23, "tag: reason:tls");
    screen_key(screen, KEY_DOWN_BYTES);
    screen_key(screen, KEY_DOWN_BYTES);
    screen_key(screen, KEY_DOWN_BYTES);
    assert_string_equal(screen_row(screen, 23), "tag:");
    screen_type(screen, "\033/");
    screen_key(screen, KEY_UP_BYTES); /* searches are no filters */
    assert_string_equal(screen_row(screen, 23), "search:");
    screen_free(screen);
}

static void search_goes_on_below_the_board(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_type(screen, "/greylist\r"); /* a group has it */
    screen_expect_row(screen, 22, "group 2 of 6");
    screen_type(screen, "/parcel\r"); /* a subject */
    screen_expect_row(screen, 1, "FROM");
    screen_expect_row(screen, 23, "found among all messages");
    screen_expect(screen, "parcel");
    screen_key(screen, "q");
    screen_expect_row(screen, 22, "group 2 of 6");
    screen_type(screen, "/no such thing\r");
    screen_expect_row(screen, 23, "not found: no such thing");
    screen_expect_row(screen, 22, "group 2 of 6");
    screen_free(screen);
}

static void what_is_lost_soon(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_expect_row(screen, 0, "lost<6h 15,");
    screen_key(screen, "x");
    screen_expect_row(screen, 22, " 15 of 400 messages  \\ expires:<6h ");
    screen_key(screen, "x");
    screen_expect_row(screen, 22, " 400 messages");
    screen_type(screen, "\\reason:throttled\r");
    screen_key(screen, "x");
    screen_expect_row(screen, 22, "\\ reason:throttled expires:<6h ");
    screen_key(screen, "x");
    screen_expect_row(screen, 22, "\\ reason:throttled ");
    screen_reject(screen, "expires:");
    screen_free(screen);
}

/* The rest of the filter stays as it was typed. */
static void what_is_lost_soon_of_a_quoted_filter(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_type(screen, "\\!subject:\"a  b\"\r");
    screen_expect_row(screen, 22, "\\ !subject:\"a  b\" ");
    screen_key(screen, "x");
    screen_expect_row(screen, 22, "\\ !subject:\"a  b\" expires:<6h ");
    screen_key(screen, "x");
    screen_expect_row(screen, 22, "\\ !subject:\"a  b\" ");
    screen_reject(screen, "expires:");
    screen_free(screen);
}

/* Who sends so much, how it came and as what, without opening anything. */
static void tells_of_the_sender(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_type(screen, "bb");
    screen_expect_row(screen, 2, "198.51.100.23");
    screen_expect(screen, " sent as ");
    screen_expect(screen, " subjects    Rechnung für November (80 of 240), 2 others");
    screen_expect(screen, " arrived     240 within ");
    screen_reject(screen, " came from "); /* the row says it */
    screen_free(screen);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pasted_text_is_no_command),
        cmocka_unit_test(prompt_takes_a_pasted_line),
        cmocka_unit_test(marks_of_pastes_end_with_the_program),
        cmocka_unit_test(strange_sequences_are_no_keys),
        cmocka_unit_test(keys_say_why_not),
        cmocka_unit_test(typed_ahead_is_no_answer),
        cmocka_unit_test(answers_come_back),
        cmocka_unit_test(search_goes_on_below_the_board),
        cmocka_unit_test(what_is_lost_soon),
        cmocka_unit_test(what_is_lost_soon_of_a_quoted_filter),
        cmocka_unit_test(tells_of_the_sender),
    };
    if (argc != 2)
        return 64;
    program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
