/* SPDX-License-Identifier: ISC */
/* The list of messages: opening, filter, sort, search, and the cursor under a refresh. */
#include "screen_test.h"
#include <stdlib.h>
#include <string.h>

/* The queue id in the status row's preview, "4fQ…". */
static char *current_id(struct screen *screen)
{
    int row = screen_find(screen, " id          4fQ");
    assert_true(row >= 0);
    return strdup(strstr(screen_row(screen, row), "4fQ"));
}

static void opens_a_group(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "j");
    screen_key(screen, "\r");
    screen_expect_row(screen, 22, "1 of 92 greylist gmail.example");
    screen_expect_row(screen, 2, "@gmail");
    screen_key(screen, "G");
    screen_expect_row(screen, 22, "92 of 92");
    screen_key(screen, "q");
    screen_expect_row(screen, 22, "group 2 of 6");
    screen_key(screen, "a");
    screen_expect_row(screen, 22, "1 of 400");
    screen_expect_row(screen, 1, "REASON");
    screen_free(screen);
}

/* A message to several is in several groups: each shows the recipient it is there for, and what was
 * said of that one. The first of 4fQ0000FA's is throttled elsewhere. */
static void shows_whom_the_group_is_about(void **state)
{
    struct screen *screen = open_screen(120, 40, NULL, NULL);
    (void)state;
    screen_key(screen, "j");
    screen_key(screen, "\r");
    int row = screen_find(screen, "4fQ0000FA");
    assert_true(row > 0);
    screen_expect_row(screen, row, "ail.example +2");
    for (int i = 2; i < row; i++)
        screen_key(screen, "j");
    screen_expect(screen, " id          4fQ0000FA");
    screen_expect(screen, " they said   451 4.7.1 Greylisted");
    screen_free(screen);
}

/* On a screen of usual size: in the list of all with the reason, in a group in place of the time.
 */
static void marks_what_is_held(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, ARGUMENTS("--held"));
    (void)state;
    screen_key(screen, "a");
    screen_key(screen, "\\");
    screen_type(screen, "!queue:hold");
    screen_key(screen, "\r");
    screen_expect_row(screen, 22, "200 of 400 messages");
    screen_reject(screen, " held, ");
    screen_key(screen, "\\");
    screen_key(screen, "\025"); /* C-u */
    screen_type(screen, "queue:hold");
    screen_key(screen, "\r");
    screen_expect(screen, " held, throttled");
    screen_key(screen, "q");
    screen_key(screen, "\r");
    screen_expect_row(screen, 1, "NEXT");
    screen_expect_row(screen, 2, "   held");
    screen_free(screen);
}

static void pages(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "a");
    screen_key(screen, "\006"); /* C-f: 13 rows, one of them seen before */
    screen_expect_row(screen, 22, "13 of 400");
    screen_key(screen, "\004"); /* C-d */
    screen_expect_row(screen, 22, "19 of 400");
    screen_key(screen, "\025"); /* C-u */
    screen_expect_row(screen, 22, "13 of 400");
    screen_key(screen, KEY_END_BYTES);
    screen_expect_row(screen, 22, "400 of 400");
    screen_key(screen, "\002"); /* C-b */
    screen_expect_row(screen, 22, "388 of 400");
    screen_key(screen, KEY_HOME_BYTES);
    screen_expect_row(screen, 22, "1 of 400");
    screen_free(screen);
}

static void filters(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "\\");
    screen_type(screen, "reason:tls");
    screen_key(screen, "\r");
    screen_expect_row(screen, 22, "40 of 400 messages");
    screen_expect_row(screen, 22, "\\ reason:tls");
    screen_expect_row(screen, 22, "group 1 of 1");
    screen_reject(screen, "greylist");
    screen_key(screen, "\033"); /* Esc takes it off */
    screen_expect(screen, "greylist");
    screen_reject(screen, "\\ reason:tls");
    screen_free(screen);
}

static void set_filter(struct screen *screen, const char *text)
{
    screen_key(screen, "\\");
    screen_key(screen, "\025");
    screen_type(screen, text);
    screen_key(screen, "\r");
}

/* The help has what the last scan told. */
static void expect_scan(struct screen *screen, const char *text)
{
    screen_key(screen, "?");
    screen_expect_row(screen, 2, text);
    screen_key(screen, "q");
}

/* What only the in-full part has is read when it is asked for, and no longer than that. The second
 * scan has 363 messages. */
static void filter_reads_in_full(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, ARGUMENTS("--tell-scans"));
    (void)state;
    expect_scan(screen, "a scan of the lists");
    set_filter(screen, "finding:impossible-ip");
    screen_expect_row(screen, 23, "all messages have been read in full");
    expect_scan(screen, "a scan in full");
    screen_expect_row(screen, 22, "283 of 363 messages");
    set_filter(screen, "!finding:impossible-ip");
    screen_expect_row(screen, 22, "80 of 363 messages"); /* is there already: no third scan */
    screen_key(screen, "\033");
    screen_expect_row(screen, 22, " 363 messages");
    screen_key(screen, "R");
    expect_scan(screen, "a scan of the lists");
    set_filter(screen, "header:subject");
    expect_scan(screen, "a scan in full");
    screen_expect_row(screen, 2, "throttled");
    screen_key(screen, "R");
    expect_scan(screen, "a scan in full");
    screen_free(screen);
}

static void rows_appear_while_reading_in_full(void **state)
{
    struct screen *screen =
        screen_start(80, 24,
                     ARGUMENTS(program, "--never-ends", "--messages", "3000", "--batch", "10",
                               "--filter", "finding:impossible-ip"),
                     NULL);
    (void)state;
    screen_expect(screen, "throttled");
    screen_expect(screen, "reading:");
    screen_expect(screen, " 2400 of 3000 messages");
    screen_free(screen);
}

/* A scan that runs already has no such part: none of it is shown, not even to a negation. */
static void filter_waits_for_the_running_scan(void **state)
{
    struct screen *screen = screen_start(
        80, 24, ARGUMENTS(program, "--never-ends", "--messages", "100", "--batch", "200"), NULL);
    (void)state;
    screen_expect(screen, "throttled");
    screen_send(screen, "\\!finding:impossible-ip\r");
    screen_expect(screen, "reading the queue, every message in full");
    screen_expect(screen, "0 of 0 messages");
    screen_reject(screen, "throttled");
    screen_send(screen, "\033");
    screen_expect(screen, "throttled");
    screen_expect(screen, " 100 messages");
    screen_free(screen);
}

static void wrong_filter_stays_open(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "\\");
    screen_type(screen, "nosuch:thing");
    screen_key(screen, "\r");
    screen_expect_row(screen, 23, "filter: nosuch:thing");
    screen_expect(screen, "no field is called");
    screen_key(screen, "\033");
    screen_expect_row(screen, 22, "400 messages");
    screen_expect_row(screen, 23, "Enter open");
    screen_free(screen);
}

static void filter_that_matches_nothing(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, ARGUMENTS("--filter", "from:nobody"));
    (void)state;
    screen_expect(screen, "nothing matches the filter");
    screen_key(screen, "\r");
    screen_key(screen, "y");
    screen_expect(screen, "nothing here to copy");
    screen_key(screen, "a");
    screen_key(screen, "n");
    screen_free(screen);
}

static void sorts(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "a");
    screen_key(screen, "s");
    screen_expect(screen, " tries ");
    screen_type(screen, "size");
    screen_key(screen, "\r");
    screen_expect_row(screen, 22, "by size");
    char *smallest = strdup(screen_row(screen, 2));
    screen_key(screen, "s");
    screen_key(screen, "\025");
    screen_type(screen, "-size");
    screen_key(screen, "\r");
    screen_key(screen, "G");
    screen_expect_row(screen, 22, "400 of 400");
    /* the other end now, on the last row of the list */
    assert_string_equal(screen_row(screen, 14), smallest);
    free(smallest);
    screen_free(screen);
}

static void searches(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "a");
    screen_key(screen, "/");
    screen_type(screen, "4fq00012C"); /* either case */
    screen_key(screen, "\r");
    char *id = current_id(screen);
    assert_string_equal(id, "4fQ00012C");
    free(id);
    screen_key(screen, "n");
    screen_expect_row(screen, 23, "wrapped around");
    screen_key(screen, "/");
    screen_type(screen, "no such thing");
    screen_key(screen, "\r");
    screen_expect_row(screen, 23, "not found: no such thing");
    id = current_id(screen);
    assert_string_equal(id, "4fQ00012C");
    free(id);
    screen_free(screen);
}

static void next_and_previous_match(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "a");
    screen_key(screen, "/");
    screen_type(screen, "parcel");
    screen_key(screen, "\r");
    char *first = current_id(screen);
    screen_key(screen, "n");
    char *second = current_id(screen);
    assert_string_not_equal(first, second);
    screen_key(screen, "N");
    char *again = current_id(screen);
    assert_string_equal(first, again);
    free(first);
    free(second);
    free(again);
    screen_free(screen);
}

/* Every tenth message leaves and three come at a refresh: the cursor stays with its message, and
 * on its line of the screen. */
static void cursor_stays_with_its_message(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "a");
    for (int i = 0; i < 3; i++)
        screen_key(screen, "\004");
    for (int i = 0; i < 5; i++) {
        char *before = current_id(screen);
        screen_key(screen, "R");
        char *after = current_id(screen);
        bool left = before[strlen(before) - 1] == '1' && i == 0;
        if (!left)
            assert_string_equal(before, after);
        free(before);
        free(after);
        screen_key(screen, "j");
    }
    screen_reject(screen, "400 messages");
    screen_free(screen);
}

/* The message under the cursor leaves: the row that took its place, not the first one. */
static void cursor_stays_when_its_message_leaves(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, ARGUMENTS("--sort", "id"));
    (void)state;
    screen_key(screen, "a");
    screen_key(screen, "j");
    char *id = current_id(screen);
    assert_string_equal(id, "4fQ000001"); /* leaves at the second scan */
    free(id);
    screen_key(screen, "R");
    id = current_id(screen);
    assert_string_equal(id, "4fQ000002");
    free(id);
    screen_free(screen);
}

static void editing(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "/");
    screen_type(screen, "one twö three");
    screen_key(screen, "\027"); /* C-w */
    screen_expect_row(screen, 23, "search: one twö");
    screen_reject(screen, "three");
    screen_key(screen, "\177");
    screen_key(screen, "\177");
    screen_expect_row(screen, 23, "search: one tw");
    screen_reject(screen, "twö");
    screen_key(screen, "\001"); /* C-a */
    screen_type(screen, "x");
    screen_expect_row(screen, 23, "search: xone tw");
    screen_key(screen, "\013"); /* C-k */
    screen_key(screen, "\177");
    screen_key(screen, "\177"); /* rubbing out the empty line leaves the prompt */
    screen_expect_row(screen, 23, "Enter open");
    screen_free(screen);
}

/* Terminals send UTF-8 in whatever locale hopq was started. */
static void editing_without_a_locale(void **state)
{
    struct screen *screen =
        open_screen(80, 24, (const char *const[]){"LANG=C", "LC_ALL=C", NULL}, NULL);
    (void)state;
    screen_key(screen, "/");
    screen_type(screen, "twö\303three");
    screen_expect_row(screen, 23, "search: tw<U+00F6>three");
    screen_key(screen, "\001");         /* C-a */
    screen_key(screen, "\004\004\004"); /* C-d: a character each */
    screen_expect_row(screen, 23, "search: three");
    screen_free(screen);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_a_group),
        cmocka_unit_test(shows_whom_the_group_is_about),
        cmocka_unit_test(marks_what_is_held),
        cmocka_unit_test(pages),
        cmocka_unit_test(filters),
        cmocka_unit_test(filter_reads_in_full),
        cmocka_unit_test(rows_appear_while_reading_in_full),
        cmocka_unit_test(filter_waits_for_the_running_scan),
        cmocka_unit_test(wrong_filter_stays_open),
        cmocka_unit_test(filter_that_matches_nothing),
        cmocka_unit_test(sorts),
        cmocka_unit_test(searches),
        cmocka_unit_test(next_and_previous_match),
        cmocka_unit_test(cursor_stays_with_its_message),
        cmocka_unit_test(cursor_stays_when_its_message_leaves),
        cmocka_unit_test(editing),
        cmocka_unit_test(editing_without_a_locale),
    };
    if (argc != 2)
        return 64;
    program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
