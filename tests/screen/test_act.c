/* SPDX-License-Identifier: ISC */
/* Tagging, and the page that asks before the queue is changed. */
#include "screen_test.h"

static struct screen *open_list(const char *const *env, const char *const *arguments)
{
    struct screen *screen = open_screen(80, 24, env, arguments);
    screen_key(screen, "a");
    return screen;
}

static void tags(void **state)
{
    struct screen *screen = open_list(NULL, NULL);
    (void)state;
    screen_key(screen, " ");
    screen_expect_row(screen, 22, "1 TAGGED");
    screen_expect_row(screen, 22, "2 of 400");
    screen_expect_row(screen, 2, "*");
    screen_key(screen, "k");
    screen_key(screen, " ");
    screen_reject(screen, "TAGGED");
    screen_key(screen, "v");
    screen_expect_row(screen, 23, "v tags from here to there");
    screen_type(screen, "jjj");
    screen_key(screen, "v");
    screen_expect_row(screen, 22, "4 TAGGED");
    screen_key(screen, "u");
    screen_reject(screen, "TAGGED");
    screen_key(screen, "*");
    screen_expect_row(screen, 22, "400 TAGGED");
    screen_free(screen);
}

static void tags_by_filter(void **state)
{
    struct screen *screen = open_list(NULL, NULL);
    (void)state;
    screen_key(screen, "t");
    screen_type(screen, "reason:nonsense(");
    screen_key(screen, "\r");
    screen_expect(screen, "nonsense");
    screen_reject(screen, "TAGGED");
    screen_key(screen, "\033");
    screen_key(screen, "t");
    screen_type(screen, "reason:tls");
    screen_key(screen, "\r");
    screen_expect_row(screen, 22, "40 TAGGED");
    screen_expect_row(screen, 22, "400 messages"); /* all are still shown */
    screen_free(screen);
}

/* The refresh takes every tenth away and adds three. */
static void tags_survive_a_refresh(void **state)
{
    struct screen *screen = open_list(NULL, NULL);
    (void)state;
    screen_key(screen, "*");
    screen_key(screen, "R");
    screen_expect_row(screen, 22, "363 messages");
    screen_expect_row(screen, 22, "360 TAGGED");
    screen_free(screen);
}

static void says_no(void **state)
{
    static const char *const noes[] = {"n", "q", "\033", "\r"};
    struct screen *screen = open_list(NULL, NULL);
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        screen_key(screen, "H");
        screen_expect_row(screen, 1, "Hold 1 message?");
        screen_expect(screen, "/usr/sbin/postsuper -h -");
        screen_key(screen, noes[i]);
        screen_expect_row(screen, 23, "nothing was done");
        screen_expect_row(screen, 22, "1 of 400");
    }
    screen_key(screen, "H");
    screen_key(screen, "H"); /* the key that asked is not the one that answers */
    screen_expect_row(screen, 1, "Hold 1 message?");
    screen_free(screen);
}

static void does_it(void **state)
{
    struct screen *screen = open_list(NULL, NULL);
    (void)state;
    screen_type(screen, "    "); /* four are tagged */
    screen_key(screen, "F");
    screen_expect_row(screen, 1, "Flush 4 messages?");
    screen_expect_row(screen, 23, "y yes  n no");
    screen_key(screen, "y");
    screen_expect(screen, "flush: done for 4 of 4 messages");
    screen_expect_row(screen, 23, "q back");
    screen_reject(screen, "y yes"); /* nothing is asked any more */
    screen_key(screen, "q");
    screen_reject(screen, "TAGGED");
    screen_expect_row(screen, 22, "363 messages"); /* it was read again */
    screen_free(screen);
}

/* A group of the board; those that failed are named, and stay tagged. */
static void tells_failures(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "j");
    screen_key(screen, " ");
    screen_expect_row(screen, 22, "92 TAGGED");
    screen_key(screen, "H");
    screen_expect_row(screen, 1, "Hold 92 messages?");
    screen_key(screen, "y");
    screen_expect_row(screen, 1, "hold: done for ");
    screen_expect_row(screen, 1, "of 92 messages");
    screen_expect(screen, "failed: Permission denied");
    screen_expect(screen, "not all was done");
    screen_key(screen, "q");
    screen_expect(screen, "TAGGED");
    screen_free(screen);
}

static void types_the_number(void **state)
{
    struct screen *screen = open_list(NULL, NULL);
    (void)state;
    screen_key(screen, "*");
    screen_key(screen, "D");
    screen_expect_row(screen, 1, "Delete 400 messages?");
    screen_expect(screen, "saved first, under /var/lib/hopq/saved");
    screen_key(screen, "y");
    screen_expect_row(screen, 23, "how many messages?");
    screen_type(screen, "40");
    screen_key(screen, "\r");
    screen_expect(screen, "that is not 400: nothing was done");
    screen_type(screen, "0");
    screen_key(screen, "\r");
    screen_expect(screen, "delete: done for ");
    screen_expect(screen, "saved: hopq maildir:/var/lib/hopq/saved/1");
    screen_expect(screen, "send again: sh /var/lib/hopq/saved/1/resubmit");
    screen_expect(screen, "logged: /var/log/hopq.log");
    screen_free(screen);
}

static void offers_to_hold(void **state)
{
    struct screen *screen = open_list(NULL, NULL);
    (void)state;
    screen_key(screen, "D");
    screen_expect(screen, "h: hold them instead");
    screen_key(screen, "s");
    screen_expect(screen, "not saved: they will be gone for good");
    screen_key(screen, "h");
    screen_expect_row(screen, 1, "Hold 1 message?");
    screen_reject(screen, "elete 1");
    screen_free(screen);
}

static void says_what_cannot_be(void **state)
{
    struct screen *screen = open_list(NULL, NULL);
    (void)state;
    screen_key(screen, "Q");
    screen_expect_row(screen, 1, "There is nothing to requeue here");
    screen_expect(screen, "1 left out: this MTA cannot requeue");
    screen_key(screen, "y");
    screen_expect_row(screen, 1, "There is nothing to requeue");
    screen_key(screen, "q");
    screen_key(screen, "\r"); /* the same from an opened message */
    screen_key(screen, "D");
    screen_expect_row(screen, 1, "Delete 1 message?");
    screen_free(screen);
}

static void read_only(void **state)
{
    struct screen *screen = open_list(NULL, ARGUMENTS("--read-only"));
    (void)state;
    screen_key(screen, "D");
    screen_expect_row(screen, 23, "delete: hopq was started read-only");
    screen_expect_row(screen, 22, "1 of 400");
    screen_key(screen, " "); /* no key is named that changes nothing */
    screen_expect_row(screen, 23, "1 tagged; u untags all");
    screen_free(screen);
}

/* Without colours and in ASCII all is said in words. */
static void plain_terminal(void **state)
{
    struct screen *screen = open_list(
        (const char *const[]){"TERM=vt220", "LANG=C", "LC_ALL=C", NULL}, ARGUMENTS("--ascii"));
    (void)state;
    screen_key(screen, " ");
    screen_expect_row(screen, 2, "*");
    screen_key(screen, "D");
    screen_expect_row(screen, 1, "Delete 1 message?");
    screen_key(screen, "y");
    screen_expect(screen, "delete: done for 1 of 1 message");
    screen_free(screen);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags),
        cmocka_unit_test(tags_by_filter),
        cmocka_unit_test(tags_survive_a_refresh),
        cmocka_unit_test(says_no),
        cmocka_unit_test(does_it),
        cmocka_unit_test(tells_failures),
        cmocka_unit_test(types_the_number),
        cmocka_unit_test(offers_to_hold),
        cmocka_unit_test(says_what_cannot_be),
        cmocka_unit_test(read_only),
        cmocka_unit_test(plain_terminal),
    };
    if (argc < 2)
        return 2;
    program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
