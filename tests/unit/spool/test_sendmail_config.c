/* SPDX-License-Identifier: ISC */
/* What sendmail.cf tells. */
#include "spool/sendmail/config.h"
#include <string.h>
/* cmocka.h wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *setting(const struct hq_context *context, const char *name)
{
    return hq_context_setting(context, name, "");
}

static void reads_the_configuration(void **state)
{
    static const char text[] =
        "V10/Berkeley\n# Cwcomment.example\nCwlocalhost ours.example\n"
        "C{VirtHost}virtual.example\nCRrelayed.example 198.51.100 10\nC{Other}no.example\n"
        "Djmail.ours.example\nDMmasquerade.example\nDS\nFw-o /nonexistent/names %[^\\#]\n"
        "Kmailertable hash -o /etc/mail/mailertable.db\nKarith arith\n"
        "O QueueDirectory=/var/spool/mqueue/q*\nQslow, P=/var/spool/slow, I=1h\n"
        "O Timeout.queuereturn.urgent=1d\nO Timeout.queuereturn=4d\n"
        "O Timeout.queuereturn.non-urgent=7d\nO minqueueage=27m\nO LogLevel=9\n"
        "O ClientPortOptions=Family=inet, Addr=192.0.2.25\nPbulk=-60\n";
    struct hq_sm_config *config = hq_sm_config_parse(text);
    struct hq_context *context = hq_context_new();
    struct hq_ip ip;

    (void)state;
    assert_int_equal(config->queues->len, 2);
    assert_string_equal(config->queues->pdata[0], "/var/spool/mqueue/q*");
    assert_string_equal(config->queues->pdata[1], "/var/spool/slow");
    hq_sm_config_apply(config, context);
    assert_string_equal(context->hostname, "mail.ours.example");
    static const char *const ours[] = {"ours.example", "x.ours.example", "virtual.example",
                                       "relayed.example", "masquerade.example"};
    for (unsigned i = 0; i < G_N_ELEMENTS(ours); i++)
        assert_true(hq_context_is_ours(context, ours[i], strlen(ours[i])));
    assert_false(hq_context_is_ours(context, "no.example", strlen("no.example")));
    assert_false(hq_context_is_ours(context, "comment.example", strlen("comment.example")));
    assert_true(hq_ip_parse_str("198.51.100.9", &ip) && hq_context_is_trusted(context, &ip));
    assert_true(hq_ip_parse_str("10.1.2.3", &ip) && hq_context_is_trusted(context, &ip));
    assert_false(hq_ip_parse_str("198.51.101.9", &ip) && hq_context_is_trusted(context, &ip));
    assert_int_equal(context->egress->len, 1);
    assert_string_equal(setting(context, "Timeout.queuereturn"), "4d");
    assert_string_equal(setting(context, "Timeout.queuereturn.urgent"), "");
    assert_string_equal(setting(context, "Timeout.queuereturn.non-urgent"), "7d");
    assert_string_equal(setting(context, "MinQueueAge"), "27m");
    assert_string_equal(setting(context, "LogLevel"), "");
    assert_string_equal(setting(context, "Precedence.bulk"), "-60");
    assert_string_equal(setting(context, "hopq_unread_tables"), "/etc/mail/mailertable.db");
    hq_context_free(context);
    hq_sm_config_free(config);
}

/* "DSmailer:host", "DShost"; without one our own address counts. */
static void smart_host(void **state)
{
    static const struct {
        const char *text, *host;
        unsigned egress;
    } rows[] = {
        {"DSesmtp:[smart.example]\nO ClientPortOptions=Addr=192.0.2.25\n", "[smart.example]", 0},
        {"DSsmart.example\nDjmail.ours.example\nDSother.example\n", "other.example", 0},
        {"DS\nO ClientPortOptions=Addr=192.0.2.25\n", "", 1},
        {"DRrelay.example\n", "", 0},
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct hq_sm_config *config = hq_sm_config_parse(rows[i].text);
        struct hq_context *context = hq_context_new();
        hq_sm_config_apply(config, context);
        assert_string_equal(hq_context_relay_host(context), rows[i].host);
        assert_int_equal(context->egress->len, rows[i].egress);
        hq_context_free(context);
        hq_sm_config_free(config);
    }
}

static void old_options(void **state)
{
    struct hq_sm_config *config = hq_sm_config_parse("OQ/var/spool/mqueue\nOT3d/2h\nO\nD\nC\nF\nQ\n"
                                                     "P\nK\nO =\nC{\nF{w}\nDj$w.x\nOT\nF{w\n");
    struct hq_context *context = hq_context_new();

    (void)state;
    hq_sm_config_apply(config, context);
    assert_string_equal(config->queues->pdata[0], "/var/spool/mqueue");
    assert_string_equal(setting(context, "Timeout.queuewarn"), "2h");
    assert_null(config->hostname);
    hq_context_free(context);
    hq_sm_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_configuration),
        cmocka_unit_test(smart_host),
        cmocka_unit_test(old_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
