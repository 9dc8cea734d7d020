/* SPDX-License-Identifier: ISC */
/* The triage board on invented queues: what is counted, what is not, order, and JSON. */
#include "board_fixture.h"
#include <jansson.h>

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

/* A stolen account sends everywhere: no wording is frequent, but one category is. */
static void test_mostly(void **state)
{
    (void)state;
    static const enum hq_category categories[12] = {
        HQ_CATEGORY_TLS,  HQ_CATEGORY_SPAM, HQ_CATEGORY_SPAM,     HQ_CATEGORY_SPAM,
        HQ_CATEGORY_TLS,  HQ_CATEGORY_SPAM, HQ_CATEGORY_GREYLIST, HQ_CATEGORY_GREYLIST,
        HQ_CATEGORY_SPAM, HQ_CATEGORY_TLS,  HQ_CATEGORY_GREYLIST, HQ_CATEGORY_NETWORK};
    static struct hq_reason_kind kinds[12];
    static struct hq_reason reasons[12];
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        struct hq_message *message = add_message(i);
        kinds[i].category = categories[i];
        reasons[i] = (struct hq_reason){.text = "said", .kind = &kinds[i]};
        message->sender = "kate@b.example";
        add_recipient(message, "x@y.example", HQ_STATE_DEFERRED, &reasons[i]);
        add_recipient(message, "gone@y.example", HQ_STATE_DELIVERED, &reasons[11]);
    }
    struct hq_board *board = hq_board_new_by(messages, now, HQ_BOARD_SENDER);
    const struct hq_group *group = hq_board_get(board, 0);
    assert_int_equal(group->reason_of->kind->category, HQ_CATEGORY_SPAM);
    assert_int_equal(group->mostly, 5);
    assert_int_equal(group->recipients, 12);
    hq_board_free(board);
}

/* The recipient that a message is in a group for, not the first one it has. */
static void test_group_recipient(void **state)
{
    (void)state;
    struct hq_message *message = add_message(1);
    add_recipient(message, "done@slow.example", HQ_STATE_DELIVERED, &slow_down);
    add_recipient(message, "a@other.example", HQ_STATE_DEFERRED, &no_route);
    add_recipient(message, "held@Slow.example", HQ_STATE_HELD, &slow_down);
    add_recipient(message, "b@slow.example", HQ_STATE_DEFERRED, &slow_down);
    struct hq_group group = {
        .by = "reason", .reason = "throttled", .domain = "slow.example", .provider = "bt"};
    const struct hq_recipient *recipient = hq_group_recipient(&group, message);
    assert_ptr_equal(recipient, &message->recipients[3]);
    message->recipients[3].state = HQ_STATE_FAILED;
    assert_ptr_equal(hq_group_recipient(&group, message), &message->recipients[2]);
    group.domain = "third.example";
    assert_null(hq_group_recipient(&group, message));
    struct hq_group sender = {.by = "sender", .name = "(unknown)"};
    assert_ptr_equal(hq_group_recipient(&sender, message), &message->recipients[1]);
    assert_string_equal(hq_group_title(&sender), "(unknown)");
    sender.name = "";
    assert_string_equal(hq_group_title(&sender), "<> (bounces)");
    assert_null(hq_group_recipient(&sender, message));
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

/* A host without a name did answer: it is told by its address. */
static void test_nameless_relay(void **state)
{
    (void)state;
    static const struct hq_reason reason = {
        .text = "421", .kind = &throttled, .relay_ip = "192.0.2.25"};
    add_recipient(add_message(1), "a@b.example", HQ_STATE_DEFERRED, &reason);
    struct hq_board *board = hq_board_new_by(messages, now, HQ_BOARD_RELAY);
    assert_string_equal(hq_board_get(board, 0)->name, "192.0.2.25");
    hq_board_free(board);
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
        cmocka_unit_test_setup_teardown(test_mostly, setup, teardown),
        cmocka_unit_test_setup_teardown(test_group_recipient, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nameless_relay, setup, teardown),
        cmocka_unit_test_setup_teardown(test_origin, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
