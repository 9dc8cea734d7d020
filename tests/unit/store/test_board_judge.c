/* SPDX-License-Identifier: ISC */
/* What a board adds up to: trends by the log and by an earlier look, the forwarding behind a group,
 * and whether it is this machine that fails. */
#include "board_fixture.h"
#include "store/rates.h"
#include "store/trend.h"

static void test_forwarding(void **state)
{
    (void)state;
    g_autoptr(GString) words = g_string_new(NULL);
    for (unsigned i = 0; i < 100; i++) {
        struct hq_message *message = add_message(i);
        add_recipient(message, "ann@bt.example", HQ_STATE_DEFERRED, &slow_down);
        if (i < 90) {
            message->forwarded.is = HQ_YES;
            message->forwarded.original = i < 83 ? "ann@ours.example" : "bob@ours.example";
        }
    }
    struct hq_board *board = hq_board_new(messages, now);
    const struct hq_group *group = hq_board_get(board, 0);
    assert_string_equal(group->through, "ann@ours.example");
    assert_int_equal(group->through_count, 83);
    hq_group_forwarding(group, words);
    assert_string_equal(words->str, "this is forwarding: 83 % of these come through "
                                    "ann@ours.example -> ann@bt.example");
    hq_board_free(board);
}

/* The trend of 40 that wait, by a log of a day and an earlier look. */
static enum hq_trend_state trend_of(struct hq_flow window, struct hq_flow hour, int before,
                                    int64_t apart)
{
    struct hq_logbook *book = hq_logbook_new();
    const struct hq_rate rate = {
        .domain = "bt.example", .span = HQ_DAY, .window = window, .hour = hour};
    g_autoptr(GPtrArray) old = g_ptr_array_new();
    g_ptr_array_set_size(messages, 0);
    for (int i = 0; i < MAX(before, 40); i++) {
        struct hq_message *message = add_message(HQ_HOUR);
        message->id = hq_arena_printf(arena, "%d", i);
        add_recipient(message, "ann@bt.example", HQ_STATE_DEFERRED, NULL);
        if (i < before)
            g_ptr_array_add(old, message);
    }
    struct hq_trend_base *base = hq_trend_base_new(old, now - apart);
    g_ptr_array_set_size(messages, 40);
    hq_trend_base_compare(base, messages, now);
    hq_logbook_add_rate(book, &rate);
    hq_logbook_end(book, "/var/log/mail.log", now - HQ_DAY);
    struct hq_board *board = hq_board_new(messages, now);
    hq_board_set_trends(board, book, base);
    enum hq_trend_state state = hq_board_get(board, 0)->trend.state;
    hq_board_free(board);
    hq_logbook_free(book);
    hq_trend_base_free(base);
    return state;
}

/* The log's day, its last hour, an earlier look: the later word counts where it is clear. */
static void test_latest_trend(void **state)
{
    (void)state;
    const struct hq_flow grew = {.arrived = 300, .sent = 200, .deferred = 100};
    const struct hq_flow shrank = {.arrived = 1, .sent = 30, .deferred = 10}, quiet = {0};
    const struct hq_flow stuck = {.arrived = 40, .deferred = 400};
    assert_int_equal(trend_of(grew, quiet, 40, HQ_MINUTE), HQ_TREND_GROWING);
    assert_int_equal(trend_of(grew, shrank, 40, HQ_MINUTE), HQ_TREND_DRAINING);
    assert_int_equal(trend_of(grew, quiet, 80, 10 * HQ_MINUTE), HQ_TREND_DRAINING);
    assert_int_equal(trend_of(grew, quiet, 80, HQ_MINUTE), HQ_TREND_GROWING); /* too soon to say */
    assert_int_equal(trend_of(shrank, quiet, 40, 10 * HQ_MINUTE), HQ_TREND_DRAINING);
    assert_int_equal(trend_of(stuck, quiet, 80, 10 * HQ_MINUTE), HQ_TREND_STUCK);
    assert_int_equal(trend_of(quiet, quiet, 80, HQ_MINUTE), HQ_TREND_DRAINING); /* all there is */
}

/* COUNT destinations that fail for KIND at RELAY, OTHERS that fail for their own reasons. */
static const char *diagnose(const struct hq_reason_kind *kind, const char *relay, int count,
                            int others)
{
    static char words[256];
    g_ptr_array_set_size(messages, 0);
    for (int i = 0; i < count + others; i++) {
        struct hq_reason *reason = hq_arena_alloc(arena, sizeof *reason);
        reason->kind = i < count ? kind : &throttled;
        reason->text = "x";
        reason->relay = relay ? relay : hq_arena_printf(arena, "mx%d.example", i);
        add_recipient(add_message(i), hq_arena_printf(arena, "a@d%d.example", i), HQ_STATE_DEFERRED,
                      reason);
    }
    struct hq_board *board = hq_board_new(messages, now);
    const char *diagnosis = hq_board_diagnosis(board);
    g_strlcpy(words, diagnosis ? diagnosis : "", sizeof words);
    hq_board_free(board);
    return words;
}

static void test_diagnosis(void **state)
{
    (void)state;
    static const struct hq_reason_kind connect = {.category = HQ_CATEGORY_NETWORK,
                                                  .phase = HQ_PHASE_CONNECT};
    static const struct hq_reason_kind midway = {.category = HQ_CATEGORY_NETWORK,
                                                 .phase = HQ_PHASE_DATA};
    static const struct hq_reason_kind dns = {.category = HQ_CATEGORY_DNS_TEMP};
    assert_true(g_str_has_prefix(diagnose(&connect, NULL, 14, 0),
                                 "all 14 destinations fail at connect: it is your own way out"));
    assert_true(g_str_has_prefix(diagnose(&dns, NULL, 9, 1),
                                 "9 of 10 destinations fail in the DNS: it is your own resolver"));
    assert_string_equal(diagnose(&connect, "relay.example", 6, 0),
                        "all 6 destinations fail at connect of relay.example: it is this relay, "
                        "or the way to it");
    assert_string_equal(diagnose(&connect, NULL, 4, 0), "");  /* may be chance */
    assert_string_equal(diagnose(&connect, NULL, 10, 5), ""); /* others work */
    assert_string_equal(diagnose(&midway, NULL, 14, 0), "");  /* they answer */
    assert_string_equal(diagnose(&throttled, NULL, 14, 0), "");
}

/* Two looks: of 60 recipients 10 have gone and 30 have come. */
static void test_moves(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) before = g_ptr_array_new();
    for (int i = 0; i < 90; i++) {
        struct hq_message *message = add_message(i < 60 ? HQ_DAY : HQ_HOUR);
        message->id = hq_arena_printf(arena, "ID%d", i);
        add_recipient(message, "a@BT.example", HQ_STATE_DEFERRED, &slow_down);
        if (i < 60)
            g_ptr_array_add(before, message);
    }
    g_ptr_array_remove_range(messages, 0, 10);
    struct hq_trend_base *base = hq_trend_base_new(before, now - 12 * HQ_HOUR);
    hq_trend_base_compare(base, messages, now);
    struct hq_board *board = hq_board_new(messages, now);
    hq_board_set_trends(board, NULL, base);
    const struct hq_trend *trend = &hq_board_get(board, 0)->trend;
    assert_int_equal(trend->state, HQ_TREND_GROWING);
    assert_int_equal(trend->arriving, 60);
    assert_int_equal(trend->accepted, 20);
    assert_string_equal(trend->text, "growing: 60 a day arrive, 20 a day leave (sent or given up)");
    hq_board_free(board);
    /* an id that was given again is another message */
    ((struct hq_message *)messages->pdata[0])->arrived = now - HQ_HOUR;
    hq_trend_base_compare(base, messages, now);
    struct hq_trend_moves moves;
    assert_true(hq_trend_base_moves(base, "bt.example", &moves));
    assert_int_equal(moves.came, 31);
    assert_int_equal(moves.went, 11);
    assert_false(hq_trend_base_moves(base, "other.example", &moves));
    hq_trend_base_free(base);
}

/* The log: they take 49 a day of 80, which is kept for five days. */
static void test_rates(void **state)
{
    (void)state;
    struct hq_logbook *book = hq_logbook_new();
    const struct hq_rate rate = {
        .domain = "bt.example",
        .span = 6 * HQ_DAY,
        .window = {.arrived = 480, .sent = 294, .deferred = 9000},
        .through = "ann@ours.example",
        .through_count = 432,
    };
    for (int i = 0; i < 150; i++)
        add_recipient(add_message(HQ_DAY), "ann@bt.example", HQ_STATE_DEFERRED, &slow_down)
            ->expires = now + 4 * HQ_DAY;
    hq_logbook_add_rate(book, &rate);
    const struct hq_rate little = {.domain = "little.example", /* through one address, by chance */
                                   .span = HQ_DAY,
                                   .window = {.arrived = 60, .sent = 1, .deferred = 80},
                                   .through = "bob@ours.example",
                                   .through_count = 9};
    add_recipient(add_message(HQ_DAY), "x@little.example", HQ_STATE_DEFERRED, &slow_down);
    hq_logbook_add_rate(book, &little);
    hq_logbook_end(book, "/var/log/mail.log", now - 7 * HQ_DAY);
    struct hq_board *board = hq_board_new(messages, now);
    hq_board_set_trends(board, book, NULL);
    hq_logbook_free(book);
    const struct hq_group *group = hq_board_get(board, 0);
    assert_int_equal(group->trend.state, HQ_TREND_NEVER_DRAINS);
    assert_int_equal(group->trend.accepted, 49);
    assert_int_equal(group->trend.arriving, 80);
    assert_int_equal(group->trend.lost, 31);
    assert_int_equal(group->trend.backlog, 155);
    assert_string_equal(group->trend.text,
                        "never drains: bt.example accepts 49 a day, 80 a day arrive: 31 a day are "
                        "lost after 5d00h, when 155 wait; 90 % of it comes through "
                        "ann@ours.example");
    assert_int_equal(group->rates->window.sent, 294);
    assert_string_equal(group->rates->through, "ann@ours.example");
    const char *words = hq_board_get(board, 1)->trend.text;
    assert_true(words && strstr(words, "60") && !strstr(words, "through"));
    hq_board_free(board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_forwarding, setup, teardown),
        cmocka_unit_test_setup_teardown(test_latest_trend, setup, teardown),
        cmocka_unit_test_setup_teardown(test_diagnosis, setup, teardown),
        cmocka_unit_test_setup_teardown(test_moves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rates, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
