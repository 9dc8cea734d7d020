/* SPDX-License-Identifier: ISC */
/* The triage board on invented queues: what is counted, what is not, order, and JSON. */
#include "store/board.h"
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
    assert_int_equal(json_object_size(value), 13);
    assert_true(json_is_null(json_object_get(value, "next_attempt")));
    assert_int_equal(json_integer_value(json_object_get(value, "expiring_6h")), 0);
    json_decref(value);
    g_string_free(out, TRUE);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
