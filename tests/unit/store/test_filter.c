/* SPDX-License-Identifier: ISC */
/* The filter language: every operator on invented messages, where mistakes are pointed at, and
 * expressions made to hurt. */
#include "hopq/detail.h"
#include "hopq/error.h"
#include "store/filter.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const int64_t now = INT64_C(1795000000) * HQ_SECOND;
static struct hq_arena *arena;

static const struct hq_reason_kind throttled = {.masked = "421 too many",
                                                .code = 421,
                                                .enhanced = "4.7.0",
                                                .category = HQ_CATEGORY_THROTTLED,
                                                .phase = HQ_PHASE_MAIL,
                                                .provider = "bt"};
static const struct hq_reason slow_down = {.text = "421 4.7.0 Too many messages (from 192.0.2.1)",
                                           .kind = &throttled,
                                           .relay = "mx.bt.example",
                                           .relay_ip = "198.51.100.7"};

/* Deferred, two recipients, three hours old, with its in-full part. */
static struct hq_message *deferred_message(void)
{
    struct hq_message *message = hq_message_new(arena);
    message->source = "postfix:/var/spool/postfix";
    message->mta = "postfix";
    message->id = "4fXyzABC";
    message->queue = "deferred";
    message->arrived = now - 3 * HQ_HOUR;
    message->size = 7248;
    message->sender = "Alice@Sender.example";
    message->subject = "Größe of the invoice";
    message->client =
        (struct hq_client){"203.0.113.9", "mail.sender.example", "helo.example", "ESMTP", "alice"};
    message->forwarded.is = HQ_YES;
    struct hq_recipient *first = hq_message_add_recipient(message, arena);
    first->address = "bob@btinternet.example";
    first->original = "info@ours.example";
    first->state = HQ_STATE_DEFERRED;
    first->attempts = 5;
    first->next_attempt = now + 12 * HQ_MINUTE;
    first->expires = now + 4 * HQ_DAY;
    first->reason = &slow_down;
    struct hq_recipient *second = hq_message_add_recipient(message, arena);
    second->address = "carol@other.example";
    second->state = HQ_STATE_QUEUED;
    return message;
}

/* A bounce of which little is known. */
static struct hq_message *bare_message(void)
{
    struct hq_message *message = hq_message_new(arena);
    message->id = "0BARE";
    message->sender = "";
    return message;
}

static void add_detail(struct hq_message *message)
{
    static struct hq_header headers[] = {
        {.name = "List-Id", .value = "<news.sender.example>", .raw = "List-Id: <news>"},
        {.name = "X-Empty", .value = "", .raw = "X-Empty:"},
    };
    static struct hq_finding findings[] = {{.id = "forged-below"}};
    struct hq_detail *detail = hq_schema_new(&hq_detail_schema, arena);
    detail->headers = headers;
    detail->header_count = G_N_ELEMENTS(headers);
    detail->findings = findings;
    detail->finding_count = G_N_ELEMENTS(findings);
    detail->spf.result = HQ_RESULT_SOFTFAIL;
    detail->forecast.result = HQ_RESULT_FAIL;
    detail->forecast.outlook = HQ_OUTLOOK_FAILS;
    message->detail = detail;
}

static int setup(void **state)
{
    (void)state;
    arena = hq_arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hq_arena_free(arena);
    return 0;
}

static bool matches(const struct hq_message *message, const char *expression)
{
    GError *error = NULL;
    struct hq_filter *filter = hq_filter_parse(expression, NULL, &error);
    if (!filter)
        fail_msg("%s: %s", expression, error->message);
    bool result = hq_filter_match(filter, message, now);
    hq_filter_free(filter);
    return result;
}

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

/* ---- mistakes ---- */

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *expression;
        size_t offset;
        const char *says;
    } rows[] = {
        {"frm:alice", 0, "did you mean from:?"},
        {"age:>2h sise:>1k", 8, "did you mean size:?"},
        {"bogusfield:x", 0, "there are from to domain"},
        {"reason:throtled", 7, "did you mean throttled?"},
        {"reason:zzzzzz", 7, "there are throttled greylist"},
        {"from:", 5, "a value is missing"},
        {"from:a|", 7, "a value is missing"},
        {"from:|a", 5, "a value is missing"},
        {"from: alice", 5, "a value is missing"},
        {"a ! b", 3, "missing behind !"},
        {"!", 1, "missing behind !"},
        {"age:2h", 4, "age:>2h"},
        {"age:>2y", 5, "units s m h d w"},
        {"age:>", 5, "units s m h d w"},
        {"size:>10x", 6, "units k M G"},
        {"size:>99999999999999999999", 6, "units k M G"},
        {"size:>9999999999999G", 6, "units k M G"},
        {"rcpts:many", 6, "rcpts:3"},
        {"rcpts:-1", 6, "rcpts:3"},
        {"forwarded:maybe", 10, "forwarded:yes, forwarded:no"},
        {"forwarded:>yes", 10, "forwarded:yes"},
        {"subject:\"open", 8, "quote is not closed"},
        {"subject:/open", 8, "not closed with /"},
        {"subject:/a/b", 11, "text behind the regular expression"},
        {"subject:/a(b/", 12, "regular expression"},
        {"subject:/*a/", 9, "regular expression"},
        {"subject:/a\\Cb/", 12, "regular expression"},
        {"header:", 7, "header wants a name"},
        {"header:=x", 7, "header wants a name"},
        {"header:List-Id:x", 14, "header:Name=value"},
        {"http://example.com", 0, "in quotes"},
        {"from:\xff", 5, "not valid UTF-8"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        size_t offset = 999;
        GError *error = NULL;
        assert_null(hq_filter_parse(rows[i].expression, &offset, &error));
        assert_true(g_error_matches(error, HQ_ERROR, HQ_EXIT_USAGE));
        if (offset != rows[i].offset || !strstr(error->message, rows[i].says))
            fail_msg("%s: at %zu: %s", rows[i].expression, offset, error->message);
        g_error_free(error);
    }
}

static char *mistake(const char *expression)
{
    GError *error = NULL;
    assert_null(hq_filter_parse(expression, NULL, &error));
    char *message = g_strdup(error->message);
    g_error_free(error);
    return message;
}

static void test_caret(void **state)
{
    (void)state;
    char *message = mistake("from:größe sise:>1k");
    assert_string_equal(message, "filter: no field is called \"sise\"; did you mean size:?\n"
                                 "  from:größe sise:>1k\n"
                                 "             ^");
    g_free(message);
}

/* The terminal gets no control byte of an expression, and the caret stays in a window. */
static void test_mistake_is_safe(void **state)
{
    (void)state;
    char *message = mistake("from:\x1b]0;evil\x07\xe2\x80\xae sise:1");
    for (const char *c = message; *c; c++)
        assert_true(*c == '\n' || (unsigned char)*c >= 0x20);
    assert_null(strstr(message, "\xe2\x80\xae"));
    g_free(message);

    GString *text = g_string_new(NULL);
    for (int i = 0; i < 60; i++)
        g_string_append(text, "from:ä ");
    g_string_append(text, "sise:1 ");
    for (int i = 0; i < 60; i++)
        g_string_append(text, "from:ä ");
    message = mistake(text->str);
    assert_true(strlen(message) < 400);
    assert_true(g_utf8_validate(message, -1, NULL));
    assert_non_null(strstr(message, "..."));
    g_free(message);
    g_string_free(text, TRUE);
}

/* ---- made to hurt ---- */

static void test_limits(void **state)
{
    (void)state;
    char *message;
    char *big = g_strnfill(100000, 'a');
    message = mistake(big);
    assert_non_null(strstr(message, "longer than"));
    g_free(message);
    g_free(big);

    GString *many = g_string_new(NULL);
    for (int i = 0; i < 1000; i++)
        g_string_append(many, "a ");
    message = mistake(many->str);
    assert_non_null(strstr(message, "more than"));
    g_free(message);
    g_string_free(many, TRUE);

    char *bangs = g_strnfill(4000, '!');
    message = mistake(bangs);
    assert_non_null(strstr(message, "missing behind"));
    g_free(message);
    g_free(bangs);

    char *parens = g_strnfill(1000, '(');
    char *nested = g_strconcat("subject:/", parens, "/", NULL);
    g_free(parens);
    message = mistake(nested);
    g_free(message);
    g_free(nested);
}

static void test_evil_regex_ends(void **state)
{
    (void)state;
    struct hq_message *message = bare_message();
    char *subject = g_strnfill(100000, 'a');
    static const char *const evil[] = {
        "subject:/(a+)+$b/",
        "subject:/(a|aa)+$b/",
        "subject:/(.*)*x/",
        "subject:/^(([a-z])+.)+[A-Z]([a-z])+$/",
        "subject:*a*a*a*a*a*a*a*a*a*a*a*b",
    };

    message->subject = subject;
    int64_t begin = g_get_monotonic_time();
    for (size_t i = 0; i < G_N_ELEMENTS(evil); i++)
        assert_false(matches(message, evil[i]));
    assert_true(g_get_monotonic_time() - begin < 2 * HQ_SECOND); /* without limits: for ever */
    g_free(subject);
}

static void test_broken_text(void **state)
{
    (void)state;
    struct hq_message *message = bare_message();
    message->subject = "caf\xe9 \xff\xfe\xc0\x80 price";
    assert_true(matches(message, "subject:price"));
    assert_true(matches(message, "subject:/pr.ce$/"));
    assert_true(matches(message, "subject:caf"));
    assert_false(matches(message, "subject:café"));
}

/* Every byte in every place: no crash, and a mistake always has a place within the expression. */
static void test_random_expressions(void **state)
{
    (void)state;
    static const char alphabet[] = "fromagehdrsizeclt:::||!!**//==<>>\"\"\\()[]{}+? 0123456789kM";
    struct hq_message *message = deferred_message();
    GRand *rand = g_rand_new_with_seed(4711);

    add_detail(message);
    for (int round = 0; round < 20000; round++) {
        char text[25] = {0};
        int n = g_rand_int_range(rand, 0, (gint32)sizeof text - 1);
        for (int i = 0; i < n; i++)
            text[i] = alphabet[g_rand_int_range(rand, 0, (gint32)sizeof alphabet - 1)];
        size_t offset = 0;
        GError *error = NULL;
        struct hq_filter *filter = hq_filter_parse(text, &offset, &error);
        assert_true((filter != NULL) == (error == NULL));
        if (filter)
            hq_filter_match(filter, message, now);
        else
            assert_true(offset <= strlen(text));
        g_clear_error(&error);
        hq_filter_free(filter);
    }
    g_rand_free(rand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),         cmocka_unit_test(test_choices),
        cmocka_unit_test(test_numbers),      cmocka_unit_test(test_client),
        cmocka_unit_test(test_header),       cmocka_unit_test(test_unknown_values),
        cmocka_unit_test(test_wants_detail), cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_caret),        cmocka_unit_test(test_mistake_is_safe),
        cmocka_unit_test(test_limits),       cmocka_unit_test(test_evil_regex_ends),
        cmocka_unit_test(test_broken_text),  cmocka_unit_test(test_random_expressions),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
