/* SPDX-License-Identifier: ISC */
/* The start screen: what it shows at which size, in which character set, with which colours. */
#include "screen_test.h"
#include <glib.h>

static void shows_groups(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, ARGUMENTS("--read-only", "x:/q"));
    (void)state;
    screen_expect_row(screen, 0, " hopq  READ-ONLY  x:/q");
    screen_expect_row(screen, 1, "WHY");
    screen_expect_row(screen, 2, "throttled");
    screen_expect_row(screen, 2, "btinternet.example");
    screen_expect(screen, "Send less there");
    screen_expect_row(screen, 22, "400 messages");
    screen_expect_row(screen, 22, "group 1 of 6");
    screen_expect_row(screen, 23, "Enter open");
    screen_reject(screen, "hold"); /* no key is offered that does nothing */
    assert_int_equal(screen_cursor_row(screen), 2);
    screen_key(screen, "?");
    screen_expect(screen, "hold what is tagged, else this one (not here)");
    screen_free(screen);
}

static void tells_of_forwarding_and_the_whole(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_expect(screen, "forwarded   23 % of these come through office@club.example");
    screen_expect(screen, "waiting: 400 messages, 432 recipients, ");
    screen_expect(screen, " lost<6h ");
    screen_reject(screen, "held");
    screen_resize(screen, 60, 16);
    screen_expect(screen, "through office@club.example");
    screen_expect(screen, "waiting: 400 messages, 432 recipients, ");
    screen_free(screen);
}

static void title_has_the_queues(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, ARGUMENTS("postfix:/var/spool/postfix"));
    (void)state;
    screen_expect_row(screen, 0, " hopq  postfix:/var/spool/postfix ");
    screen_expect_row(screen, 0, " lost<6h 15, deferred 400 ");
    screen_expect_row(screen, 23, "H hold");
    screen_key(screen, "a"); /* in the other views, too */
    screen_expect_row(screen, 0, " lost<6h 15, deferred 400 ");
    screen_free(screen);
}

/* Many destinations fail in the same way: the first screen says that it is here. */
static void says_that_it_is_here(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, ARGUMENTS("--no-way-out"));
    (void)state;
    screen_expect_row(screen, 1, " it is here");
    screen_expect_row(screen, 1, "all 14 destinations fail at connect: it is your own way out:");
    screen_expect_row(screen, 2, "25, firewall, address or IPv6");
    screen_expect_row(screen, 3, "WHY");
    assert_int_equal(screen_cursor_row(screen), 4);
    screen_key(screen, "b"); /* also when the groups are others */
    screen_expect_row(screen, 1, "all 14 destinations fail at connect");
    screen_free(screen);
    screen = open_screen(80, 24, NULL, NULL);
    screen_reject(screen, "it is here");
    screen_free(screen);
}

static void groups_by_other_keys(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_expect_row(screen, 23, "b who");
    screen_key(screen, "G");
    screen_key(screen, "b");
    screen_expect_row(screen, 1, "SENDER");
    screen_expect_row(screen, 1, "MOSTLY");
    screen_expect_row(screen, 22, "sender 1 of 42"); /* 41 and the null sender */
    screen_expect_row(screen, 23, "by sender: envelope sender");
    assert_int_equal(screen_cursor_row(screen), 2);
    screen_key(screen, "b");
    screen_expect_row(screen, 1, "ORIGIN");
    screen_expect_row(screen, 2, "198.51.100.23"); /* three fifths, one of them forged below */
    screen_expect(screen, "33:contact.php");
    screen_expect(screen, "alice");
    screen_reject(screen, "0:forged.php");
    screen_key(screen, "/");
    screen_type(screen, "contact");
    screen_key(screen, "\r");
    screen_expect(screen, "origin 2 of 3");
    screen_key(screen, "\r");
    screen_expect_row(screen, 22, "1 of 80 origin 33:contact.php");
    screen_expect_row(screen, 1, "REASON"); /* they wait for many */
    screen_key(screen, "R");                /* the group is found again in a new scan */
    screen_expect(screen, "origin 33:contact.php");
    screen_reject(screen, " 0 of 0");
    screen_key(screen, "q");
    screen_expect_row(screen, 1, "ORIGIN");
    screen_key(screen, "b");
    screen_expect_row(screen, 1, "RELAY");
    screen_expect_row(screen, 2, "mx.bt.example");
    screen_key(screen, "b");
    screen_expect_row(screen, 1, "DESTINATION");
    screen_free(screen);
}

/* What somebody holds is tried never, whatever its last reply was: the board says so. */
static void tells_what_is_held(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, ARGUMENTS("--held"));
    (void)state;
    screen_expect(screen, " on hold     ");
    screen_expect(screen, " recipients: not tried until released (L)");
    screen_key(screen, "\\");
    screen_type(screen, "queue:hold");
    screen_key(screen, "\r");
    screen_expect_row(screen, 2, "   held ");
    screen_expect(screen, " on hold     all of it: nothing is tried");
    screen_free(screen);
}

/* A mailbox has no board: its list comes first, or its only message. */
static void mailbox(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, ARGUMENTS("--mailbox", "--messages", "7"));
    (void)state;
    screen_expect_row(screen, 1, "SUBJECT");
    screen_expect_row(screen, 22, "1 of 7");
    screen_reject(screen, "H hold"); /* nobody holds mail of a mailbox */
    screen_key(screen, "q");
    screen_expect(screen, "nothing is waiting to be sent; a lists the messages");
    screen_reject(screen, "filter; Esc");
    screen_key(screen, "R");
    screen_expect_row(screen, 22, "group 0 of 0"); /* the user stays where the user went */
    screen_key(screen, "a");
    screen_expect_row(screen, 22, "1 of 9");
    screen_free(screen);
    screen = open_screen(80, 24, NULL, ARGUMENTS("--mailbox", "--messages", "1"));
    screen_expect(screen, "[2 Hops]");
    screen_expect(screen, "trust ends here");
    screen_free(screen);
}

static void title_names_the_sources(void **state)
{
    struct screen *screen = open_screen(60, 16, NULL, ARGUMENTS("postfix:/q", "maildir:/m"));
    (void)state;
    screen_expect_row(screen, 0, " hopq  2 sources: postfix maildir ");
    screen_free(screen);
    screen =
        open_screen(60, 16, NULL, ARGUMENTS("--demo", "--read-only", "postfix:/q", "maildir:/m"));
    screen_expect_row(screen, 0, " hopq  DEMO: sample queue and Maildir ");
    screen_free(screen);
    screen = open_screen(60, 16, NULL, NULL);
    screen_expect_row(screen, 0, " hopq  postfix:/found/here ");
    screen_free(screen);
}

/* One mistyped name of several hides nothing of the others, and is told until the end. */
static void a_missing_source_hides_no_other(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, ARGUMENTS("postfix:/q", "maildir:/missing"));
    (void)state;
    screen_expect_row(screen, 0, " hopq  postfix:/q ");
    screen_expect_row(screen, 22, "400 messages, 1 notice (?)");
    screen_key(screen, "?");
    screen_expect(screen, "open: maildir:/missing: there is none");
    screen_send(screen, "qq");
    screen_end(screen);
    assert_true(screen_wrote(screen, "hopq: open: maildir:/missing: there is none"));
    screen_free(screen);
}

static void moves_and_follows(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "j");
    screen_key(screen, KEY_DOWN_BYTES);
    assert_int_equal(screen_cursor_row(screen), 4);
    screen_expect(screen, "Publish our address");
    screen_key(screen, "G");
    screen_expect_row(screen, 22, "group 6 of 6");
    screen_key(screen, "j");
    screen_expect_row(screen, 22, "group 6 of 6");
    screen_key(screen, "g");
    screen_expect_row(screen, 22, "group 1 of 6");
    screen_key(screen, "k");
    screen_expect_row(screen, 22, "group 1 of 6");
    screen_free(screen);
}

static void hostile_reply_stays_text(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "G");
    screen_expect(screen, "^[[31mred");
    screen_expect(screen, "<U+202E>");
    assert_false(screen_wrote(screen, "\033]0;owned"));
    assert_false(screen_wrote(screen, "\033[31mred"));
    assert_false(screen_wrote(screen, "\xe2\x80\xae"));
    screen_free(screen);
}

static void only_ascii(struct screen *screen)
{
    for (int row = 0; row < 24; row++)
        for (const char *p = screen_row(screen, row); *p != '\0'; p++)
            assert_true(*p >= ' ' && *p <= '~');
}

static void ascii_locale_draws_ascii(void **state)
{
    struct screen *screen = open_screen(80, 24, ARGUMENTS("LANG=C"), NULL);
    (void)state;
    only_ascii(screen);
    screen_key(screen, "\r");
    only_ascii(screen);
    screen_key(screen, "\r");
    for (int pane = '1'; pane <= '5'; pane++) {
        screen_key(screen, (char[]){(char)pane, '\0'});
        only_ascii(screen);
    }
    screen_free(screen);
    screen = open_screen(80, 24, NULL, ARGUMENTS("--ascii"));
    only_ascii(screen);
    screen_free(screen);
}

/* SGR 30-38, 40-48, 90-97, 100-107, alone or among others; 39 and 49 are the terminal's own. */
static bool wrote_color(struct screen *screen)
{
    return g_regex_match_simple("\\x1b\\[([0-9]+;)*([34][0-8]|9[0-7]|10[0-7])[;m]",
                                screen_written(screen), 0, 0);
}

static void no_color(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    assert_true(wrote_color(screen));
    screen_free(screen);
    screen = open_screen(80, 24, ARGUMENTS("NO_COLOR=1"), NULL);
    screen_key(screen, "\r");
    assert_false(wrote_color(screen));
    screen_free(screen);
    screen = open_screen(80, 24, ARGUMENTS("NO_COLOR="), NULL); /* empty is not set */
    assert_true(wrote_color(screen));
    screen_free(screen);
    screen = open_screen(80, 24, ARGUMENTS("NO_COLOR=1"), ARGUMENTS("--colors"));
    assert_true(wrote_color(screen));
    screen_free(screen);
}

static void sizes(void **state)
{
    struct screen *screen = open_screen(60, 16, NULL, NULL);
    (void)state;
    screen_expect_row(screen, 1, "LOST<6h");
    screen_reject(screen, "AGES");
    screen_resize(screen, 200, 50);
    screen_expect_row(screen, 1, "THEY SAID");
    screen_expect_row(screen, 48, "400 messages");
    screen_resize(screen, 59, 16);
    screen_expect(screen, "hopq needs 60x16, this is 59x16");
    screen_reject(screen, "throttled");
    screen_resize(screen, 80, 15);
    screen_expect(screen, "this is 80x15");
    screen_resize(screen, 1, 1);
    screen_resize(screen, 80, 24);
    screen_expect_row(screen, 2, "throttled");
    screen_expect_row(screen, 22, "400 messages");
    screen_free(screen);
}

static void rows_appear_while_scanning(void **state)
{
    const char *argv[] = {program, "--never-ends", "--messages", "5000", "--batch", "100", NULL};
    struct screen *screen = screen_start(80, 24, argv, NULL);
    (void)state;
    screen_expect(screen, "throttled");
    screen_expect(screen, "reading:");
    screen_send(screen, "?");
    screen_expect(screen, "Triage board");
    screen_send(screen, "q");
    screen_expect(screen, "reading: 5000");
    screen_send(screen, "q");
    assert_int_equal(screen_end(screen), 0);
    screen_free(screen);
}

static void an_empty_board_says_why(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, ARGUMENTS("--messages", "0"));
    (void)state;
    screen_expect_row(screen, 0, " hopq  postfix:/found/here ");
    screen_expect(screen, "  there are no messages");
    screen_key(screen, "D");
    screen_expect_row(screen, 23, "there is no message here");
    screen_free(screen);
    screen = open_screen(60, 16, NULL, ARGUMENTS("--messages", "0", "--notice"));
    int row = screen_find(screen, "  nothing could be listed:");
    assert_true(row > 0);
    screen_expect_row(screen, row + 2, "  the parser crashed and was restarted");
    screen_free(screen);
}

/* What cannot be seen is told with every scan, not only while the sources are opened. */
static void says_what_only_root_sees(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, ARGUMENTS("--not-root"));
    (void)state;
    screen_expect_row(screen, 22, "400 messages, 1 notice (?)");
    screen_key(screen, "R");
    screen_expect_row(screen, 22, " messages, 1 notice (?)");
    screen_key(screen, "?");
    screen_expect(screen, "only root may read the queue (sudo hopq)");
    screen_free(screen);
    screen = open_screen(80, 24, NULL, ARGUMENTS("--not-root", "--messages", "0"));
    screen_expect(screen, "  there are no messages");
    screen_expect(screen, "  only root may read the queue (sudo hopq)");
    screen_free(screen);
}

/* What was listed stays on the screen, and nobody takes it for the queue of now. */
static void list_stays_when_spool_dies(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, ARGUMENTS("--dies-in", "2"));
    (void)state;
    screen_expect_row(screen, 22, "400 messages");
    screen_key(screen, "R");
    screen_expect_row(screen, 22, "400 messages, 1 notice (?)");
    screen_expect_row(screen, 0, "no more updates, read");
    screen_expect_row(screen, 2, "throttled");
    screen_key(screen, "R");
    screen_expect_row(screen, 23, "nothing more can be read; start hopq again");
    screen_expect_row(screen, 2, "throttled");
    screen_free(screen);
}

static void part_stays_when_spool_dies(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, ARGUMENTS("--dies-in", "1"));
    (void)state;
    screen_expect_row(screen, 22, "200 messages, 1 notice (?)");
    screen_expect_row(screen, 0, "no more updates, read");
    screen_key(screen, "R");
    screen_expect_row(screen, 22, "200 messages, 1 notice (?)");
    screen_free(screen);
}

static void notices_stay_readable(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, ARGUMENTS("--notice"));
    (void)state;
    screen_expect_row(screen, 23, "the parser crashed and was restarted");
    screen_key(screen, "j");
    screen_reject(screen, "the parser crashed");
    screen_expect_row(screen, 22, "1 notice (?)");
    screen_key(screen, "?");
    screen_expect_row(screen, 2, "the parser crashed and was restarted");
    screen_free(screen);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_groups),
        cmocka_unit_test(tells_of_forwarding_and_the_whole),
        cmocka_unit_test(title_has_the_queues),
        cmocka_unit_test(says_that_it_is_here),
        cmocka_unit_test(groups_by_other_keys),
        cmocka_unit_test(tells_what_is_held),
        cmocka_unit_test(mailbox),
        cmocka_unit_test(title_names_the_sources),
        cmocka_unit_test(a_missing_source_hides_no_other),
        cmocka_unit_test(moves_and_follows),
        cmocka_unit_test(hostile_reply_stays_text),
        cmocka_unit_test(ascii_locale_draws_ascii),
        cmocka_unit_test(no_color),
        cmocka_unit_test(sizes),
        cmocka_unit_test(rows_appear_while_scanning),
        cmocka_unit_test(notices_stay_readable),
        cmocka_unit_test(an_empty_board_says_why),
        cmocka_unit_test(says_what_only_root_sees),
        cmocka_unit_test(list_stays_when_spool_dies),
        cmocka_unit_test(part_stays_when_spool_dies),
    };
    if (argc != 2)
        return 64;
    program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
