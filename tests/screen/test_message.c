/* SPDX-License-Identifier: ISC */
/* One message: its panes, what comes late, what hostile strangers put into it. */
#include "screen_test.h"
#include <string.h>

/* The oldest of the throttled heap. */
static struct screen *open_message(int columns, int rows, const char *const *env,
                                   const char *const *arguments)
{
    struct screen *screen = open_screen(columns, rows, env, arguments);
    screen_key(screen, "\r");
    screen_key(screen, "\r");
    return screen;
}

static void recipients(void **state)
{
    struct screen *screen = open_message(80, 24, NULL, NULL);
    (void)state;
    screen_expect(screen, "[1 Recipients]");
    screen_expect(screen, "user1@btinternet.example  deferred");
    screen_expect(screen, "throttled, fault: remote, when connecting");
    screen_expect(screen, "421 Too many messages");
    screen_expect(screen, "mx.bt.example [192.0.2.25], run by bt");
    screen_free(screen);
}

static void hops(void **state)
{
    struct screen *screen = open_message(80, 30, NULL, NULL);
    (void)state;
    screen_key(screen, "2");
    int newest = screen_find(screen, "● 0 mx.our.example");
    int edge = screen_find(screen, "● 1 mx.our.example");
    int finding = screen_find(screen, "forged-below (high, likely)");
    int boundary = screen_find(screen, "trust ends here");
    int claimed = screen_find(screen, "○ 2 relay.bank.example");
    int broken = screen_find(screen, "○ 3 (names no receiving host)");
    assert_true(newest > 0 && newest < edge && edge < finding && finding < boundary);
    assert_true(boundary < claimed && claimed < broken);
    screen_expect_row(screen, claimed, "claimed");
    screen_expect_row(screen, claimed, "clocks disagree");
    screen_expect(screen, "198.51.100.23 is not ours");
    screen_expect(screen, "TLSv1.3");
    screen_expect(screen, "unclosed-comment");
    screen_free(screen);
}

/* Enter on a finding shows its field as it stands, with the rule in plain words; Enter goes back to
 * where it was opened. */
static void explains_findings(void **state)
{
    struct screen *screen = open_message(80, 30, NULL, NULL);
    (void)state;
    screen_key(screen, "2");
    screen_key(screen, "/");
    screen_key(screen, "forged-below\r");
    screen_key(screen, "\r");
    screen_expect(screen, "[4 Headers]");
    screen_expect(screen, "rule      forged-below");
    screen_expect(screen, "means     Several signs together");
    screen_expect(screen, "how sure  likely");
    screen_key(screen, "\r");
    screen_expect(screen, "[2 Hops]");
    screen_reject(screen, "rule      forged-below");
    screen_free(screen);
}

/* Among the verdicts too; q closes what was opened before it leaves the message. */
static void explains_findings_of_the_verdicts(void **state)
{
    struct screen *screen = open_message(80, 30, NULL, NULL);
    (void)state;
    screen_key(screen, "3");
    screen_key(screen, "G");
    int surest = screen_find(screen, "impossible-ip (high, certain, hop 2)");
    assert_true(surest > 0 && surest < screen_find(screen, "forged-below (high, likely, hop 1)"));
    screen_key(screen, "/");
    screen_key(screen, "impossible-ip\r");
    screen_key(screen, "\r");
    screen_expect(screen, "rule      impossible-ip");
    screen_expect(screen, "Received: from bank.example ([192.0.2.300])"); /* as it stands */
    screen_key(screen, "q");
    screen_expect(screen, "[3 Verdicts]");
    screen_key(screen, "/");
    screen_key(screen, "forged-below\r");
    screen_key(screen, "\r");
    screen_expect(screen, "rule      forged-below");
    screen_key(screen, "q");
    screen_expect(screen, "[3 Verdicts]");
    screen_key(screen, "q");
    screen_reject(screen, "Verdicts");
    screen_free(screen);
}

/* Made on this machine, no hop is the boundary: the line is drawn all the same. */
static void claims_without_a_boundary_hop(void **state)
{
    struct screen *screen = open_message(80, 30, NULL, ARGUMENTS("--filter", "id:4fQ000001"));
    (void)state;
    screen_key(screen, "2");
    int newest = screen_find(screen, "● 0 mx.our.example");
    int boundary = screen_find(screen, "trust ends here");
    int claimed = screen_find(screen, "○ 1 mx.our.example");
    assert_true(newest > 0 && newest < boundary && boundary < claimed);
    screen_expect(screen, "it was made on this machine");
    screen_free(screen);
}

static void verdicts_fill_in(void **state)
{
    struct screen *screen = open_message(100, 40, NULL, NULL);
    (void)state;
    screen_key(screen, "3");
    screen_expect(screen, "result     fail");
    screen_expect(screen, "matched    -all");
    screen_expect(screen, "verdict    no");
    screen_expect(screen, "because    SPF of shop.example forbids it");
    screen_expect(screen, "may-pass-by-dkim");
    screen_expect(screen, "from 203.0.113.7 the destination will see: SPF fail");
    screen_expect(screen, "(only claimed)");
    screen_expect(screen, "impossible-ip (high, certain, hop 2)");
    screen_expect(screen, "(written inside our boundary)");
    screen_reject(screen, "asking the DNS");
    screen_free(screen);
}

static void headers_raw_and_decoded(void **state)
{
    struct screen *screen = open_message(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "4");
    screen_expect(screen, "Subject: Rechnung für November");
    int field = screen_find(screen, "Received: from bank.example");
    screen_expect_row(screen, field + 1, "impossible-ip");
    screen_key(screen, "r");
    screen_expect(screen, "=?utf-8?q?Rechnung_f=C3=BCr?=");
    screen_key(screen, "r");
    screen_reject(screen, "=?utf-8?q?");
    screen_free(screen);
}

static void body_is_only_text(void **state)
{
    struct screen *screen = open_message(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "5");
    screen_expect(screen, "invoice<U+202E>fdp.zip");
    screen_expect(screen, "your parcel     is waiting. ^[[2J^[[H Click here:");
    assert_false(screen_wrote(screen, "\033[2J\033[H Click"));
    int line = screen_find(screen, "https://evil.example/");
    screen_expect_row(screen, line + 1, "uite-a-while/so-that-it-must-be-cut");
    screen_key(screen, "w"); /* cut instead of wrapped, scrolled sideways */
    screen_reject(screen, "must-be-cut");
    for (int i = 0; i < 15; i++)
        screen_key(screen, "l");
    screen_expect(screen, "must-be-cut");
    screen_free(screen);
}

static void tab_goes_round(void **state)
{
    struct screen *screen = open_message(60, 16, NULL, NULL);
    static const char *const titles[] = {"[2 Hops]", "[3 Verdicts]", "[4 Headers]",
                                         "[5 Body]", "[6 Log]",      "[1 Recipients]"};
    (void)state;
    for (unsigned i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        screen_key(screen, "\t");
        screen_expect(screen, titles[i]);
    }
    screen_key(screen, "\033[Z");
    screen_expect(screen, "[6 Log]");
    screen_free(screen);
}

/* Lines are asked for when they are looked at, of each message anew. */
static void lines_of_the_log(void **state)
{
    static const char *const with[] = {"--mail-log", NULL};
    struct screen *screen = open_message(100, 24, NULL, with);
    (void)state;
    for (int i = 0; i < 2; i++) {
        screen_key(screen, "6");
        screen_expect(screen, "deferred  user1@btinternet.example 421 from the log");
        screen_key(screen, "1");
        screen_reject(screen, "421 from the log");
        screen_key(screen, "J");
    }
    screen_free(screen);
    screen = open_message(100, 24, NULL, NULL);
    screen_key(screen, "6");
    screen_expect(screen, "No mail log was found");
    screen_free(screen);
}

static void panes_keep_their_place(void **state)
{
    struct screen *screen = open_message(80, 24, NULL, NULL);
    (void)state;
    for (int i = 0; i < 3; i++)
        screen_key(screen, "j");
    screen_expect_row(screen, 22, "line 4 of");
    screen_key(screen, "2");
    screen_expect_row(screen, 22, "line 1 of");
    screen_key(screen, "1");
    screen_expect_row(screen, 22, "line 4 of");
    screen_free(screen);
}

static void neighbours(void **state)
{
    struct screen *screen = open_message(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "2");
    screen_key(screen, "[");
    screen_expect_row(screen, 23, "this is the first message");
    screen_key(screen, "]");
    screen_expect(screen, "[2 Hops]");
    screen_expect_row(screen, 22, "4fQ000082");
    screen_key(screen, "q");
    screen_expect_row(screen, 22, "2 of 168");
    screen_free(screen);
}

static void copies_by_osc_52(void **state)
{
    struct screen *screen = open_screen(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "\r");
    screen_key(screen, "y");
    screen_expect_row(screen, 23, "copied: 4fQ000034");
    assert_true(screen_wrote(screen, "\033]52;c;NGZRMDAwMDM0\a"));
    screen_free(screen);
}

static void gone(void **state)
{
    struct screen *screen = open_message(80, 24, NULL, ARGUMENTS("--gone"));
    (void)state;
    screen_expect(screen, " not read ");
    screen_expect(screen, "421 Too many messages"); /* what the scan knew is still there */
    screen_key(screen, "5");
    screen_expect(screen, "It could not be read: it has just left the queue");
    screen_free(screen);
    /* the next scan knows: 4fQ000051 is not in it */
    screen = open_screen(80, 24, NULL, ARGUMENTS("--gone", "--filter", "id:4fQ000051"));
    screen_key(screen, "\r");
    screen_key(screen, "\r");
    screen_expect(screen, " not read ");
    screen_key(screen, "R");
    screen_expect(screen, " left the queue ");
    screen_key(screen, "5");
    screen_expect(screen, "It left the queue before it could be read.");
    screen_free(screen);
}

static void help_lists_this_view_first(void **state)
{
    struct screen *screen = open_message(80, 24, NULL, NULL);
    (void)state;
    screen_key(screen, "?");
    screen_expect_row(screen, 1, "One message");
    screen_key(screen, "/");
    screen_type(screen, "why it waits");
    screen_key(screen, "\r");
    screen_expect(screen, "reason:");
    screen_key(screen, "?"); /* no help on help on help */
    screen_key(screen, "q");
    screen_expect(screen, "[1 Recipients]");
    screen_free(screen);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recipients),
        cmocka_unit_test(hops),
        cmocka_unit_test(explains_findings),
        cmocka_unit_test(explains_findings_of_the_verdicts),
        cmocka_unit_test(claims_without_a_boundary_hop),
        cmocka_unit_test(verdicts_fill_in),
        cmocka_unit_test(headers_raw_and_decoded),
        cmocka_unit_test(body_is_only_text),
        cmocka_unit_test(tab_goes_round),
        cmocka_unit_test(lines_of_the_log),
        cmocka_unit_test(panes_keep_their_place),
        cmocka_unit_test(neighbours),
        cmocka_unit_test(copies_by_osc_52),
        cmocka_unit_test(gone),
        cmocka_unit_test(help_lists_this_view_first),
    };
    if (argc != 2)
        return 64;
    program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
