/* SPDX-License-Identifier: ISC */
/* The triage board on invented queues: what is counted, what is not, order, and JSON. */
#include "store/board.h"
#include "store/rates.h"
#include "store/trend.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

static const int64_t now = INT64_C(1795000000) * HQ_SECOND;
static struct hq_arena *arena;
static GPtrArray *messages;

static const struct hq_reason_kind throttled = {
    .code = 421, .category = HQ_CATEGORY_THROTTLED, .provider = "bt", .advice = "send slower"};
static const struct hq_reason slow_down = {.text = "421 Too many", .kind = &throttled};
static const struct hq_reason_kind refused = {.category = HQ_CATEGORY_NETWORK};
static const struct hq_reason no_route = {.text = "Connection refused", .kind = &refused};

static int setup(void **state)
{
    (void)state;
    arena = hq_arena_new();
    messages = g_ptr_array_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    g_ptr_array_unref(messages);
    hq_arena_free(arena);
    return 0;
}

static struct hq_message *add_message(int64_t age)
{
    struct hq_message *message = hq_message_new(arena);
    message->arrived = now - age;
    message->size = 1000;
    g_ptr_array_add(messages, message);
    return message;
}

static struct hq_recipient *add_recipient(struct hq_message *message, const char *address,
                                          enum hq_state state, const struct hq_reason *reason)
{
    struct hq_recipient *recipient = hq_message_add_recipient(message, arena);
    recipient->address = address;
    recipient->state = state;
    recipient->reason = reason;
    return recipient;
}

static void test_groups(void **state)
{
    (void)state;
    struct hq_message *one = add_message(3 * HQ_HOUR), *two = add_message(4 * HQ_DAY);
    one->forwarded.is = HQ_YES;
    add_recipient(one, "a@BT.example", HQ_STATE_DEFERRED, &slow_down)->next_attempt =
        now + 5 * HQ_MINUTE;
    add_recipient(one, "b@bt.example", HQ_STATE_DEFERRED, &slow_down)->next_attempt =
        now + 3 * HQ_MINUTE;
    add_recipient(one, "c@other.example", HQ_STATE_DEFERRED, &no_route);
    add_recipient(two, "d@bt.example", HQ_STATE_DEFERRED, &slow_down)->expires = now + HQ_HOUR;
    add_recipient(two, "e@bt.example", HQ_STATE_DEFERRED, &slow_down)->expires = now + HQ_HOUR;

    struct hq_board *board = hq_board_new(messages, now);
    assert_int_equal(hq_board_count(board), 2);
    const struct hq_group *group = hq_board_get(board, 0);
    assert_string_equal(group->reason, "throttled");
    assert_string_equal(group->domain, "bt.example");
    assert_string_equal(group->provider, "bt");
    assert_int_equal(group->messages, 2);
    assert_int_equal(group->recipients, 4);
    assert_int_equal(group->bytes, 2000);
    assert_int_equal(group->oldest, now - 4 * HQ_DAY);
    assert_int_equal(group->next_attempt, now + 3 * HQ_MINUTE);
    assert_int_equal(group->expiring_6h, 1); /* a message counts once */
    assert_int_equal(group->forwarded, 1);
    assert_string_equal(group->sample, "421 Too many");
    assert_string_equal(group->advice, "send slower");
    assert_int_equal(group->members->len, 2);
    assert_ptr_equal(group->members->pdata[0], one);
    assert_ptr_equal(group->members->pdata[1], two);
    assert_int_equal(group->ages[6], 1);  /* 160-320 minutes */
    assert_int_equal(group->ages[11], 1); /* above 5120 */

    group = hq_board_get(board, 1);
    assert_string_equal(group->reason, "network");
    assert_null(group->provider);
    assert_int_equal(group->messages, 1);
    assert_true(group->next_attempt == HQ_NONE);
    assert_non_null(group->advice); /* the category's */
    hq_board_free(board);
}

static void test_without_reason(void **state)
{
    (void)state;
    static const struct {
        enum hq_state state;
        const char *reason;
    } rows[] = {{HQ_STATE_HELD, "held"},         {HQ_STATE_QUEUED, "not-tried"},
                {HQ_STATE_UNKNOWN, "not-tried"}, {HQ_STATE_DEFERRED, "unknown"},
                {HQ_STATE_DELIVERED, NULL},      {HQ_STATE_FAILED, NULL}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_ptr_array_set_size(messages, 0);
        add_recipient(add_message(0), "root", rows[i].state, NULL);
        struct hq_board *board = hq_board_new(messages, now);
        assert_int_equal(hq_board_count(board), rows[i].reason ? 1 : 0);
        if (rows[i].reason) {
            assert_string_equal(hq_board_get(board, 0)->reason, rows[i].reason);
            assert_null(hq_board_get(board, 0)->domain);
            assert_null(hq_board_get(board, 0)->sample);
        }
        hq_board_free(board);
    }
}

/* A mailbox waits for nothing; a message that is still coming in is shown. */
static void test_no_recipients(void **state)
{
    (void)state;
    add_message(0);
    add_message(0)->incomplete = HQ_YES;
    struct hq_board *board = hq_board_new(messages, now);
    assert_int_equal(hq_board_count(board), 1);
    assert_string_equal(hq_board_get(board, 0)->reason, "incoming");
    assert_int_equal(hq_board_get(board, 0)->messages, 1);
    assert_int_equal(hq_board_get(board, 0)->recipients, 0);
    hq_board_free(board);
}

static void test_empty(void **state)
{
    (void)state;
    struct hq_board *board = hq_board_new(messages, now);
    assert_int_equal(hq_board_count(board), 0);
    hq_board_free(board);
    hq_board_free(NULL);
}

static void test_order(void **state)
{
    (void)state;
    static const char *const addresses[] = {"a@z.example", "a@b.example", "a@a.example",
                                            "b@b.example", "a@c.example"};
    static const char *const domains[] = {"b.example", "a.example", "c.example", "z.example"};
    for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++)
        add_recipient(add_message(0), addresses[i], HQ_STATE_DEFERRED, &slow_down);
    struct hq_board *board = hq_board_new(messages, now);
    assert_int_equal(hq_board_count(board), G_N_ELEMENTS(domains));
    for (unsigned i = 0; i < G_N_ELEMENTS(domains); i++)
        assert_string_equal(hq_board_get(board, i)->domain, domains[i]);
    hq_board_free(board);
}

static void test_age_buckets(void **state)
{
    (void)state;
    static const struct {
        int64_t age;
        unsigned bucket;
    } rows[] = {{-HQ_DAY, 0},
                {0, 0},
                {5 * HQ_MINUTE - 1, 0},
                {5 * HQ_MINUTE, 1},
                {10 * HQ_MINUTE, 2},
                {2560 * HQ_MINUTE, 10},
                {5120 * HQ_MINUTE - 1, 10},
                {5120 * HQ_MINUTE, 11},
                {9999 * HQ_DAY, 11}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_ptr_array_set_size(messages, 0);
        add_recipient(add_message(rows[i].age), "a@b.example", HQ_STATE_QUEUED, NULL);
        struct hq_board *board = hq_board_new(messages, now);
        assert_int_equal(hq_board_get(board, 0)->ages[rows[i].bucket], 1);
        hq_board_free(board);
    }
}

/* Unknown numbers, sums that do not fit, domains that are none. */
static void test_hostile(void **state)
{
    (void)state;
    char *domain = g_strnfill(5000, 'D');
    char *address = g_strconcat("a@", domain, NULL);
    struct hq_message *message = add_message(0);
    message->arrived = message->size = HQ_NONE;
    add_recipient(message, address, HQ_STATE_DEFERRED, &slow_down);
    for (int i = 0; i < 3; i++) {
        message = add_message(0);
        message->size = INT64_MAX;
        message->arrived = INT64_MIN + 1;
        add_recipient(message, address, HQ_STATE_DEFERRED, &slow_down);
    }
    add_recipient(message, NULL, HQ_STATE_DEFERRED, &slow_down);
    add_recipient(message, "x@", HQ_STATE_DEFERRED, &slow_down);

    struct hq_board *board = hq_board_new(messages, now);
    assert_int_equal(hq_board_get(board, 0)->messages, 4);
    assert_int_equal(hq_board_get(board, 0)->bytes, INT64_MAX);
    assert_int_equal(strlen(hq_board_get(board, 0)->domain), 255);
    assert_int_equal(hq_board_get(board, 0)->domain[0], 'd');
    hq_board_free(board);
    g_free(address);
    g_free(domain);
}

static void test_json(void **state)
{
    (void)state;
    add_recipient(add_message(HQ_HOUR), "a@bt.example", HQ_STATE_DEFERRED, &slow_down);
    struct hq_board *board = hq_board_new(messages, now);
    GString *out = g_string_new(NULL);
    struct hq_json json;

    hq_json_init(&json, out);
    hq_schema_json(&hq_group_schema, hq_board_get(board, 0), "group", &json);
    assert_true(g_str_has_prefix(out->str,
                                 "{\"type\":\"group\",\"reason\":\"throttled\",\"domain\":"
                                 "\"bt.example\",\"provider\":\"bt\",\"messages\":1,"
                                 "\"recipients\":1,\"bytes\":1000,\"oldest\":\"2026-"));
    json_t *value = json_loads(out->str, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(json_object_size(value), 20);
    assert_true(json_is_null(json_object_get(value, "next_attempt")));
    assert_int_equal(json_integer_value(json_object_get(value, "expiring_6h")), 0);
    json_decref(value);
    g_string_free(out, TRUE);
    hq_board_free(board);
}

/* The first text is a rare one; what most of them say is the sample. */
static void test_sample(void **state)
{
    (void)state;
    static struct hq_reason_kind kinds[9];
    static struct hq_reason reasons[9];
    for (unsigned i = 0; i < 90; i++) {
        unsigned which = i % 3 ? 8 : i / 3 % 8; /* two thirds say the same */
        kinds[which].category = HQ_CATEGORY_SPAM;
        reasons[which] = (struct hq_reason){.text = which == 8 ? "the usual" : "something rare",
                                            .kind = &kinds[which]};
        add_recipient(add_message(i), "a@b.example", HQ_STATE_DEFERRED, &reasons[which]);
    }
    struct hq_board *board = hq_board_new(messages, now);
    assert_int_equal(hq_board_count(board), 1);
    assert_string_equal(hq_board_get(board, 0)->sample, "the usual");
    hq_board_free(board);
}

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

static void test_keys(void **state)
{
    (void)state;
    static const char *const names[HQ_BOARD_KEYS] = {
        [HQ_BOARD_SENDER] = "s@c.example",
        [HQ_BOARD_ORIGIN] = "webshop",
        [HQ_BOARD_RELAY] = "mx.bt.example",
    };
    static const struct hq_reason reason = {
        .text = "421", .kind = &throttled, .relay = "mx.bt.example"};
    for (unsigned i = 0; i < 5; i++) {
        struct hq_message *message = add_message(i);
        message->sender = i < 3 ? "s@c.example" : "";
        message->client.ip = "192.0.2.9";
        message->client.auth = i < 3 ? "webshop" : NULL;
        add_recipient(message, i % 2 ? "a@b.example" : "a@c.example", HQ_STATE_DEFERRED,
                      i < 3 ? &reason : NULL);
    }
    for (enum hq_board_key key = HQ_BOARD_SENDER; key < HQ_BOARD_KEYS; key++) {
        struct hq_board *board = hq_board_new_by(messages, now, key);
        const struct hq_group *group = hq_board_get(board, 0);
        assert_int_equal(hq_board_count(board), 2);
        assert_string_equal(group->name, names[key]);
        assert_string_equal(group->by, hq_board_key_names[key]);
        assert_int_equal(group->messages, 3);
        assert_null(group->reason);
        assert_string_equal(hq_board_get(board, 1)->name,
                            key == HQ_BOARD_ORIGIN ? "192.0.2.9" : "");
        hq_board_free(board);
    }
}

/* A script is an origin only where the message was made here: elsewhere it is a stranger's word. */
static void test_origin(void **state)
{
    (void)state;
    static const struct {
        struct hq_client client;
        const char *script, *origin;
    } rows[] = {
        {{.ip = "192.0.2.9", .auth = "alice"}, "0:forged.php", "alice"},
        {{.ip = "192.0.2.9"}, "0:forged.php", "192.0.2.9"},
        {{.ip = NULL}, "33:contact.php", "33:contact.php"},
        {{.ip = "127.0.0.1"}, "33:contact.php", "33:contact.php"},
        {{.ip = "::1"}, "33:contact.php", "33:contact.php"},
        {{.auth = "www-data"}, "33:contact.php", "33:contact.php"},
        {{.auth = "www-data"}, NULL, "www-data"},
        {{.ip = "127.0.0.1"}, NULL, "127.0.0.1"},
        {{.ip = NULL}, NULL, "this machine"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_ptr_array_set_size(messages, 0);
        struct hq_message *message = add_message(i);
        message->client = rows[i].client;
        message->script = rows[i].script;
        add_recipient(message, "a@b.example", HQ_STATE_DEFERRED, NULL);
        struct hq_board *board = hq_board_new_by(messages, now, HQ_BOARD_ORIGIN);
        assert_string_equal(hq_board_get(board, 0)->name, rows[i].origin);
        hq_board_free(board);
    }
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
                        "never drains: bt.example takes 49 a day, 80 a day arrive: 31 a day are "
                        "lost after 5d00h, when 155 wait; 90 % of it comes through "
                        "ann@ours.example");
    assert_int_equal(group->rates->window.sent, 294);
    assert_string_equal(group->rates->through, "ann@ours.example");
    hq_board_free(board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_groups, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_recipients, setup, teardown),
        cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_age_buckets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
        cmocka_unit_test_setup_teardown(test_json, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sample, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forwarding, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(test_origin, setup, teardown),
        cmocka_unit_test_setup_teardown(test_latest_trend, setup, teardown),
        cmocka_unit_test_setup_teardown(test_diagnosis, setup, teardown),
        cmocka_unit_test_setup_teardown(test_moves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rates, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
