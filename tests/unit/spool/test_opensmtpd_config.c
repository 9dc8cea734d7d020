/* SPDX-License-Identifier: ISC */
/* smtpd.conf: whose domains are ours, who may relay, how long mail is kept. */
#include "collect.h"
#include "hopq/time.h"
#include "spool/opensmtpd/config.h"

static const char sample[] =
    "# a comment with action \"x\"\n"
    "domains = \"macro.test\"\n"
    "table mine { one.test, \"two.test\" , *.three.test }\n"
    "table pairs { four.test = x, five.test = y }\n"
    "table elsewhere db:/etc/mail/x.db\n"
    "queue ttl 2d\n"
    "bounce warn-interval { 1h, 6h }\n"
    "listen on all \\\n  port 25\n"
    "action \"here\" maildir alias <aliases> ttl 1h\n"
    "action \"out\" relay src { 198.51.100.5, 2001:db8::5 } \\\n  helo mail.ours.test ttl 10m\n"
    "action back relay backup\n"
    "match from any for domain <mine> action \"here\"\n"
    "match for domain { <pairs>, plain.test } action here\n"
    "match from any for domain $domains action \"back\"\n"
    "match from local for domain \"smarthost.test\" action \"out\"\n"
    "match from any for domain \"refused.test\" reject\n"
    "match from any for domain <elsewhere> action \"here\"\n"
    "match from src { 192.0.2.0/24, 203.0.113.9 } for any action \"out\"\n"
    "match from src 203.0.113.77 for domain \"only.test\" action \"out\"\n"
    "match !from src 10.0.0.0/8 for any action \"out\"\n"
    "match from any !for domain \"not.test\" action \"here\"\n"
    "match for local action \"here\"\n"
    "match auth from any for any action \"out\"\n";

static bool is_ours(const struct hq_context *context, const char *domain)
{
    return hq_context_is_ours(context, domain, strlen(domain));
}

static bool trusts(const struct hq_context *context, const char *ip)
{
    struct hq_ip parsed;

    assert_true(hq_ip_parse_str(ip, &parsed));
    return hq_context_is_trusted(context, &parsed);
}

static void all_of_it(void **state)
{
    static const char *const ours[] = {"one.test",  "two.test",   "a.three.test", "four.test",
                                       "five.test", "plain.test", "macro.test",   "mail.ours.test"};
    static const char *const others[] = {
        "smarthost.test", "refused.test", "only.test", "not.test", "x", "y"};
    struct hq_context *context = hq_context_new();

    (void)state;
    context->hostname = g_strdup("mail.ours.test");
    hq_smtpd_config_apply(sample, context);
    for (unsigned i = 0; i < G_N_ELEMENTS(ours); i++)
        if (!is_ours(context, ours[i]))
            fail_msg("%s is not ours", ours[i]);
    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++)
        if (is_ours(context, others[i]))
            fail_msg("%s is ours", others[i]);
    assert_true(trusts(context, "192.0.2.200"));
    assert_true(trusts(context, "203.0.113.9"));
    assert_false(trusts(context, "203.0.113.77"));
    assert_false(trusts(context, "10.1.2.3"));
    assert_int_equal(context->egress->len, 2);
    assert_int_equal(hq_context_span(context, "queue ttl", HQ_SECOND, 0), 2 * HQ_DAY);
    assert_int_equal(hq_context_span(context, "action here ttl", HQ_SECOND, 0), HQ_HOUR);
    assert_int_equal(hq_context_span(context, "action out ttl", HQ_SECOND, 0), 10 * HQ_MINUTE);
    assert_string_equal(hq_context_setting(context, "bounce warn-interval", ""), "1h 6h");
    assert_string_equal(hq_context_setting(context, "hopq_unread_tables", ""), "elsewhere");
    hq_context_free(context);
}

static void smart_host(void **state)
{
    static const struct {
        const char *text, *host;
        unsigned egress;
    } rows[] = {
        {"action out relay host smtp+tls://me@smart.test:587 auth <x> src 198.51.100.5\n",
         "smart.test:587", 0},
        {"action out relay host smart.test\naction in maildir\n", "smart.test", 0},
        {"action out relay host smart.test\naction direct relay src 198.51.100.5\n", "", 1},
        {"action out relay\n", "", 0},
        {"action in lmtp host smart.test\n", "", 0},
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct hq_context *context = hq_context_new();
        hq_smtpd_config_apply(rows[i].text, context);
        assert_string_equal(hq_context_relay_host(context), rows[i].host);
        assert_int_equal(context->egress->len, rows[i].egress);
        hq_context_free(context);
    }
}

/* Whatever the file is, and wherever it ends. */
static void cut_at_every_byte(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof sample; n++) {
        struct hq_context *context = hq_context_new();
        g_autofree char *part = g_strndup(sample, n);
        hq_smtpd_config_apply(part, context);
        assert_false(is_ours(context, "refused.test"));
        hq_context_free(context);
    }
}

static void odd_files(void **state)
{
    static const char *const files[] = {"match from any for domain",
                                        "match from any for domain { a.test",
                                        "table x",
                                        "table x {",
                                        "action",
                                        "action \"x\" relay src",
                                        "match from src",
                                        "match from src { } for any action x",
                                        "match ! ! ! action",
                                        "queue",
                                        "queue ttl",
                                        "bounce warn-interval",
                                        "bounce warn-interval {",
                                        "include \"/nonexistent\"",
                                        "include",
                                        "= = =",
                                        "a = b\na = $a$a$a\n$a $a",
                                        "$",
                                        "\"",
                                        "'x",
                                        "{{{{{{",
                                        "}}}}",
                                        "match for domain <x> action <x>",
                                        "\\",
                                        "#"};

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
        struct hq_context *context = hq_context_new();
        hq_smtpd_config_apply(files[i], context);
        assert_int_equal(context->trust->len, 0);
        hq_context_free(context);
    }
}

/* One that others can write to is none. */
static void untrusted_file(void **state)
{
    char *path = collect_tempdir();
    g_autofree char *file = g_build_filename(path, "smtpd.conf", NULL);
    struct hq_context *context = hq_context_new();

    (void)state;
    collect_write(path, "smtpd.conf", "queue ttl 1d\n", 13, 0666);
    hq_smtpd_config_read(file, context);
    assert_null(hq_context_setting(context, "queue ttl", NULL));
    assert_int_equal(chmod(file, 0644), 0);
    hq_smtpd_config_read(file, context);
    if (geteuid() == 0)
        assert_string_equal(hq_context_setting(context, "queue ttl", ""), "1d");
    hq_context_free(context);
    collect_remove(path);
    g_free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it),         cmocka_unit_test(smart_host),
        cmocka_unit_test(cut_at_every_byte), cmocka_unit_test(odd_files),
        cmocka_unit_test(untrusted_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
