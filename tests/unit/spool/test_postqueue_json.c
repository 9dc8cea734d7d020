/* SPDX-License-Identifier: ISC */
/* The listing of "postqueue -j", whole, odd and hostile. */
#include "collect.h"
#include "spool/postfix/postfix.h"

static struct collect *read_listing(const char *text, const char *id)
{
    struct collect *collect = collect_new();
    struct hq_item item;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
    close(ends[1]);
    hq_item_init(&item);
    item.listing = true;
    item.id = id;
    item.files[0].fd = ends[0];
    hq_postfix_parse(&collect->parse, &item);
    close(ends[0]);
    return collect;
}

#define LINE_1                                                                               \
    "{\"queue_name\": \"deferred\", \"queue_id\": \"AAAA1\", \"arrival_time\": 1700000000, " \
    "\"message_size\": 321, \"forced_expire\": false, \"sender\": \"a@s.example\", "         \
    "\"recipients\": [{\"address\": \"x@d.example\", \"delay_reason\": "                     \
    "\"said: \\\"no\\\" \\u00fc\\/\"}, {\"address\": \"y@d.example\"}]}\n"
#define LINE_2                                                                             \
    "{\"queue_name\": \"active\", \"queue_id\": \"AAAA2\", \"arrival_time\": 1700000001, " \
    "\"message_size\": 1, \"forced_expire\": true, \"sender\": \"MAILER-DAEMON\", "        \
    "\"recipients\": [{\"address\": \"z@d.example\"}]}\n"

static void reads_lines(void **state)
{
    struct collect *collect = read_listing(LINE_1 LINE_2, "");

    (void)state;
    assert_int_equal(collect->messages->len, 2);
    const struct hq_message *m = collect_find(collect, "AAAA1");
    assert_string_equal(m->queue, "deferred");
    assert_string_equal(m->sender, "a@s.example");
    assert_int_equal(m->arrived, 1700000000 * HQ_SECOND);
    assert_int_equal(m->size, 321);
    assert_int_equal(m->recipient_count, 2);
    assert_string_equal(m->recipients[0].reason->text, "said: \"no\" \xc3\xbc/");
    assert_int_equal(m->recipients[0].state, HQ_STATE_DEFERRED);
    assert_null(m->recipients[1].reason);
    m = collect_find(collect, "AAAA2");
    assert_string_equal(m->sender, "");
    assert_int_equal(m->recipients[0].state, HQ_STATE_EXPIRED);
    assert_null(collect_content(collect, 0));
    collect_free(collect);
}

static void reads_one(void **state)
{
    struct collect *collect = read_listing(LINE_1 LINE_2, "AAAA2");

    (void)state;
    assert_string_equal(collect_one(collect)->id, "AAAA2");
    collect_free(collect);
}

/* What postqueue complains about must not look like an empty queue. */
static void tells_complaints(void **state)
{
    struct collect *collect = read_listing("postqueue: fatal: mail system is down\n", "");

    (void)state;
    assert_true(collect_has_problem(collect_one(collect), "mail system is down"));
    collect_free(collect);
    collect = read_listing("", "");
    assert_int_equal(collect->messages->len, 0);
    collect_free(collect);
}

static void bears_odd_lines(void **state)
{
    static const char *const lines[] = {
        "{}",
        "[]",
        "null",
        "{\"queue_id\": 5}",
        "{\"queue_id\": \"A\", \"recipients\": 7}",
        "{\"queue_id\": \"A\", \"recipients\": [1, null, {}], \"arrival_time\": \"x\"}",
        "{\"queue_id\": \"A\", \"arrival_time\": -1, \"message_size\": 1e99}",
        "{\"queue_id\": \"A\", \"sender\": \"\\u0000\"}",
        "{\"queue_id\": \"A\"",
        "\xff\xfe"};

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *text = g_strconcat(lines[i], "\n", LINE_1, NULL);
        struct collect *collect = read_listing(text, "");
        assert_int_equal(collect->messages->len, 2);
        assert_non_null(collect_find(collect, "AAAA1"));
        collect_free(collect);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_lines),
        cmocka_unit_test(reads_one),
        cmocka_unit_test(tells_complaints),
        cmocka_unit_test(bears_odd_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
