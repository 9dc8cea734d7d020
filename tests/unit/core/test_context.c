/* SPDX-License-Identifier: ISC */
/* Own domains, trusted networks, settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hopq/context.h"
#include "hopq/time.h"
#include <string.h>

static void domains(void **state)
{
    struct hq_context *context = hq_context_new();

    (void)state;
    assert_true(hq_context_add_our(context, "Example.ORG."));
    assert_false(hq_context_add_our(context, "a b"));
    assert_false(hq_context_add_our(context, ""));
    assert_false(hq_context_add_our(context, "a..b"));
    assert_false(hq_context_add_our(context, "192.0.2.1"));
    assert_true(hq_context_is_ours(context, "mail.example.org", 16));
    assert_true(hq_context_is_ours(context, "EXAMPLE.org.", 12));
    assert_false(hq_context_is_ours(context, "badexample.org", 14));
    assert_false(hq_context_is_ours(context, "org", 3));
    hq_context_free(context);
    hq_context_free(NULL);
}

static void networks(void **state)
{
    struct hq_context *context = hq_context_new();
    struct hq_ip ip;

    (void)state;
    assert_true(hq_context_add_trust(context, "192.0.2.0/25"));
    assert_false(hq_context_add_trust(context, "192.0.2.0/33"));
    assert_true(hq_context_add_egress(context, "2001:db8::1"));
    assert_false(hq_context_add_egress(context, "mx.example"));
    assert_int_equal(context->egress->len, 1);
    assert_true(hq_ip_parse_str("192.0.2.127", &ip) && hq_context_is_trusted(context, &ip));
    assert_true(hq_ip_parse_str("192.0.2.128", &ip) && !hq_context_is_trusted(context, &ip));
    hq_context_free(context);
}

/* The first network counts, as in SpamAssassin and Postfix. */
static void exceptions(void **state)
{
    static const char *const right[] = {"!10.1.0.0/16", "msa:10.2.0.9/32", "10/8", "172.16.5/24"};
    static const char *const wrong[] = {"!",           "msa:", "10",       "10./8",
                                        "1.2.3.4.5/8", "/8",   "!!1.2.3.4"};
    struct hq_context *context = hq_context_new();
    struct hq_network network;
    struct hq_ip ip;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(right); i++)
        assert_true(hq_context_add_trust(context, right[i]));
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        assert_false(hq_context_add_trust(context, wrong[i]));
    assert_true(hq_ip_parse_str("10.1.2.3", &ip) && !hq_context_is_trusted(context, &ip));
    assert_true(hq_ip_parse_str("10.3.2.1", &ip) && hq_context_is_trusted(context, &ip));
    assert_false(hq_context_is_submission(context, &ip));
    assert_true(hq_ip_parse_str("10.2.0.9", &ip) && hq_context_is_submission(context, &ip));
    assert_true(hq_ip_parse_str("172.16.5.9", &ip) && hq_context_is_trusted(context, &ip));
    for (size_t i = 0; i < 2; i++) {
        assert_true(hq_network_parse(right[i], &network));
        g_autofree char *text = hq_network_format(&network);
        assert_string_equal(text, right[i]);
    }
    hq_context_free(context);
}

static void spans(void **state)
{
    static const struct {
        const char *value;
        int64_t span;
    } rows[] = {
        {"5d", 5 * HQ_DAY},
        {"300s", 300 * HQ_SECOND},
        {"4000", 4000 * HQ_MINUTE},
        {"4h30m", 270 * HQ_MINUTE},
        {"1W", 7 * HQ_DAY},
        {"", -1},
        {"x", -1},
        {"5y", -1},
        {"-5d", -1},
        {"99999999999999999999d", -1},
    };
    struct hq_context *context = hq_context_new();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        g_hash_table_insert(context->mta, g_strdup("t"), g_strdup(rows[i].value));
        assert_int_equal(hq_context_span(context, "t", HQ_MINUTE, -1), rows[i].span);
    }
    assert_int_equal(hq_context_span(context, "none", HQ_MINUTE, 7), 7);
    assert_string_equal(hq_context_setting(context, "none", "default"), "default");
    hq_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(domains),
        cmocka_unit_test(networks),
        cmocka_unit_test(exceptions),
        cmocka_unit_test(spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
