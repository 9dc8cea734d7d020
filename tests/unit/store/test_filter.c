/* SPDX-License-Identifier: ISC */
/* The filter language: every operator on invented messages. */
#include "filter_sample.h"

struct expectation {
    const char *expression;
    bool matches;
};

static void check(const struct hq_message *message, const struct expectation *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (matches(message, rows[i].expression) != rows[i].matches)
            fail_msg("%s should %smatch", rows[i].expression, rows[i].matches ? "" : "not ");
}

static void test_text(void **state)
{
    (void)state;
    static const struct expectation rows[] = {
        {"", true},
        {"   ", true},
        {"from:alice", true},
        {"from:ALICE@sender", true},
        {"from:bob", false},
        {"!from:bob", true},
        {"!!from:bob", false},
        {"from:bob|alice", true},
        {"from:bob|carol", false},
        {"from:=alice", false},
        {"from:=alice@sender.example", true},
        {"from:*@sender.example", true},
        {"from:*@sender", false},
        {"from:a*@s*r.example", true},
        {"from:/^a.*e$/", true},
        {"from:/^b/|/example$/", true},
        {"from:/^b/", false},
        {"from:a.ice", false}, /* a dot is a dot */
        {"FROM:alice", true},
        {"to:carol", true},
        {"to:info@ours", true}, /* as it came in */
        {"to:dave", false},
        {"domain:btinternet.example", true},
        {"domain:=btinternet.example", true},
        {"domain:=other.example", true},
        {"domain:internet", true},
        {"subject:\"of the\"", true},
        {"subject:of|nothing", true},
        {"subject:\"the of\"", false},
        {"subject:GRÖSSE", false},
        {"subject:größe", true},
        {"subject:\"*\"", false}, /* quoted: no glob */
        {"subject:/invoice$/", true},
        {"subject:/of the/", true},
        {"id:4fxyz", true},
        {"queue:deferred mta:postfix", true},
        {"queue:deferred mta:exim", false},
        {"text:\"Too many messages\"", true},
        {"code:421", true},
        {"code:=421", true},
        {"code:4.7.0", true},
        {"code:>=400", true},
        {"code:<400", false},
        {"code:4*", true},
        {"code:5*", false},
        {"provider:bt", true},
        {"auth:alice", true},
        {"!auth:=", true}, /* somebody authenticated */
        {"alice", true},
        {"bob@btinternet", true},
        {"invoice", true},
        {"4fXyz", true},
        {"messages", true},
        {"nowhere", false},
        {"!nowhere alice", true},
        {"\"too many\"", true},
        {"192.0.2.1", true},
        {"reason:throttled domain:btinternet.example age:>2h !auth:bob", true},
    };
    check(deferred_message(), rows, G_N_ELEMENTS(rows));
}

static void test_choices(void **state)
{
    (void)state;
    static const struct expectation rows[] = {
        {"reason:throttled", true},
        {"reason:throttle", true},
        {"reason:unknown", false},
        {"reason:spam|throttled", true},
        {"!reason:tls", true},
        {"phase:mail", true},
        {"spf:softfail", true},
        {"spf:fail", false}, /* a whole name is just that one */
        {"spf:soft", true},
        {"forecast:fails", true},
        {"forecast:fail", true},
        {"forecast:pass", false},
        {"finding:forged-below", true},
        {"finding:forged", true},
        {"finding:loop", false},
    };
    struct hq_message *message = deferred_message();
    add_detail(message);
    check(message, rows, G_N_ELEMENTS(rows));
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct expectation rows[] = {
        {"age:>2h", true},       {"age:>3h", false},           {"age:>=3h", true},
        {"age:<3h", false},      {"age:<=3h", true},           {"age:<1d", true},
        {"age:>179m", true},     {"age:>10799s", true},        {"age:<1w", true},
        {"age:>2h30m", true},    {"size:>7k", true},           {"size:>8k", false},
        {"size:<1M", true},      {"size:<1G", true},           {"size:7248", true},
        {"size:=7248", true},    {"size:7249", false},         {"size:>=7248", true},
        {"rcpts:2", true},       {"rcpts:>1", true},           {"rcpts:1|2", true},
        {"rcpts:1|3", false},    {"tries:>=5", true},          {"tries:<5", false},
        {"next:<15m", true},     {"next:<10m", false},         {"expires:>3d", true},
        {"expires:<6h", false},  {"forwarded:yes", true},      {"forwarded:no", false},
        {"!forwarded:no", true}, {"forwarded:unknown", false},
    };
    check(deferred_message(), rows, G_N_ELEMENTS(rows));
}

static void test_client(void **state)
{
    (void)state;
    static const struct expectation rows[] = {
        {"client:203.0.113.0/24", true},
        {"client:203.0.113.9", true},
        {"client:203.0.113.10", false},
        {"client:198.51.100.0/24", false},
        {"client:2001:db8::/32", false},
        {"client:203.0.113", true},
        {"client:mail.sender", true},
        {"client:helo.example", true},
        {"client:10.0.0.0/8|203.0.0.0/8", true},
        {"!client:10.0.0.0/8", true},
    };
    check(deferred_message(), rows, G_N_ELEMENTS(rows));
}

static void test_header(void **state)
{
    (void)state;
    static const struct expectation rows[] = {
        {"header:List-Id=news", true},
        {"header:list-id=NEWS", true},
        {"header:List-Id", true},
        {"header:X-Other", false},
        {"!header:X-Other", true},
        {"header:List-Id=sport", false},
        {"header:List-Id=sport|news", true},
        {"header:List-Id=/^<news/", true},
        {"header:List-Id=<*>", true},
        {"header:X-Empty", true},
        {"header:X-Empty==", true},
        {"header:List-Id==", false},
    };
    struct hq_message *message = deferred_message();
    assert_false(matches(message, "header:List-Id"));
    add_detail(message);
    check(message, rows, G_N_ELEMENTS(rows));
}

static void test_unknown_values(void **state)
{
    (void)state;
    static const struct expectation rows[] = {
        {"from:<>", true},           {"from:=<>", true},          {"from:alice", false},
        {"age:>0s", false},          {"age:<99d", false},         {"!age:>0s", true},
        {"size:<1G", false},         {"next:<1d", false},         {"forwarded:yes", false},
        {"forwarded:no", false},     {"forwarded:unknown", true}, {"auth:=", true},
        {"auth:*", false},           {"reason:=", true},          {"rcpts:0", true},
        {"client:0.0.0.0/0", false}, {"spf:pass", false},
    };
    check(bare_message(), rows, G_N_ELEMENTS(rows));
}

/* Of two recipients one has no reply yet, and neither an id of its own. */
static void test_empty_is_all_empty(void **state)
{
    (void)state;
    static const struct expectation rows[] = {
        {"reason:=", false},  {"!reason:=", true},  {"to:\"\"", false}, {"id:=", false},
        {"text:=|421", true}, {"code:\"\"", false}, {"=", false},
    };
    struct hq_message *message = deferred_message();
    check(message, rows, G_N_ELEMENTS(rows));
    message->recipients[0].reason = NULL;
    assert_true(matches(message, "reason:="));
}

static void test_wants_detail(void **state)
{
    (void)state;
    static const struct expectation rows[] = {
        {"from:a age:>2h", false}, {"from:a spf:fail", true}, {"!header:List-Id", true},
        {"finding:loop", true},    {"forecast:fails", true},  {"word", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct hq_filter *filter = hq_filter_parse(rows[i].expression, NULL, NULL);
        assert_non_null(filter);
        assert_int_equal(hq_filter_wants_detail(filter), rows[i].matches);
        hq_filter_free(filter);
    }
    assert_false(hq_filter_wants_detail(NULL));
    assert_true(hq_filter_match(NULL, bare_message(), now));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),         cmocka_unit_test(test_choices),
        cmocka_unit_test(test_numbers),      cmocka_unit_test(test_client),
        cmocka_unit_test(test_header),       cmocka_unit_test(test_unknown_values),
        cmocka_unit_test(test_wants_detail), cmocka_unit_test(test_empty_is_all_empty),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
