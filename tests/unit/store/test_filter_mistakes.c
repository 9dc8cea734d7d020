/* SPDX-License-Identifier: ISC */
/* The filter language: where mistakes are pointed at, and expressions made to hurt. */
#include "filter_sample.h"

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
        {"a ! b", 3, "missing after !"},
        {"!", 1, "missing after !"},
        {"age:2h", 4, "age:>2h"},
        {"age:>2y", 5, "units s m h d w"},
        {"age:>", 5, "units s m h d w"},
        {"size:>10x", 6, "units k M G"},
        {"size:>99999999999999999999", 6, "units k M G"},
        {"size:>9999999999999G", 6, "units k M G"},
        {"code:>5xx", 5, "code:>=500"},
        {"code:4*|<=", 8, "code:>=500"},
        {"rcpts:many", 6, "rcpts:3"},
        {"rcpts:-1", 6, "rcpts:3"},
        {"forwarded:maybe", 10, "forwarded:yes, forwarded:no"},
        {"forwarded:>yes", 10, "forwarded:yes"},
        {"subject:\"open", 8, "quote is not closed"},
        {"subject:/open", 8, "not closed with /"},
        {"subject:/a/b", 11, "text after the regular expression"},
        {"subject:/a(b/", 12, "regular expression"},
        {"subject:/*a/", 9, "regular expression"},
        {"subject:/a\\Cb/", 12, "regular expression"},
        {"client:192.0.2.0/33", 7, "not a network"},
        {"client:a|10/8", 9, "not a network"},
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
    assert_non_null(strstr(message, "missing after"));
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
    assert_true(g_get_monotonic_time() - begin < 20 * HQ_SECOND); /* without limits: for ever */
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
        cmocka_unit_test(test_mistakes),           cmocka_unit_test(test_caret),
        cmocka_unit_test(test_mistake_is_safe),    cmocka_unit_test(test_limits),
        cmocka_unit_test(test_evil_regex_ends),    cmocka_unit_test(test_broken_text),
        cmocka_unit_test(test_random_expressions),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
