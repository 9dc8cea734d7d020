/* SPDX-License-Identifier: ISC */
/* The forecast for queued mail. */
#include "dns_fixture.h"
#include "hopq/arena.h"
#include "hopq/auth.h"
#include "hopq/forecast.h"
#include "hopq/org.h"
#include "hopq/spf.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct fixture {
    struct zone *zone;
    struct hq_dns_cache *cache;
    struct hq_arena *arena;
    struct hq_context *context;
    struct hq_header header;
    struct hq_detail detail;
    struct hq_message message;
    struct hq_forecast forecast;
};

static const char *const zone_lines[] = {
    "ours.example TXT v=spf1 ip4:203.0.113.7 -all",
    "mail.ours.example TXT v=spf1 a -all",
    "mail.ours.example A 203.0.113.7",
    "mail.ours.example A 10.0.0.7",
    "strict.example TXT v=spf1 -all",
    "_dmarc.strict.example TXT v=DMARC1; p=reject",
    "lax.example TXT v=spf1 ?all",
    "_dmarc.lax.example TXT v=DMARC1; p=none",
    "guarded.example TXT v=spf1 ?all",
    "_dmarc.guarded.example TXT v=DMARC1; p=quarantine",
    "dead.example FAIL",
    "veiled.example TXT v=spf1 ip4:203.0.113.7 -all",
    "_dmarc.veiled.example FAIL",
};

static void setup(struct fixture *f, const char *from, const char *sender)
{
    hq_org_init();
    hq_spf_init();
    memset(f, 0, sizeof *f);
    f->zone = zone_new();
    f->cache = hq_dns_cache_new();
    f->arena = hq_arena_new();
    f->context = hq_context_new();
    for (size_t i = 0; i < G_N_ELEMENTS(zone_lines); i++)
        zone_line(f->zone, zone_lines[i]);
    f->header =
        (struct hq_header){.name = "From", .raw = hq_arena_printf(f->arena, "From: %s", from)};
    f->detail = (struct hq_detail){.headers = &f->header, .header_count = 1};
    f->message = (struct hq_message){.sender = sender, .from = from, .detail = &f->detail};
}

static void teardown(struct fixture *f)
{
    zone_free(f->zone);
    hq_dns_cache_free(f->cache);
    hq_context_free(f->context);
    hq_arena_free(f->arena);
}

static void judge(struct fixture *f)
{
    unsigned rounds = 0;

    while (
        !hq_forecast_judge(f->cache, f->context, &f->message, NULL, true, &f->forecast, f->arena)) {
        assert_true(zone_serve(f->zone, f->cache) > 0);
        assert_true(++rounds < 20);
    }
}

static void assert_forecast(const struct fixture *f, enum hq_result result, enum hq_outlook outlook,
                            const char *words)
{
    const char *told = f->forecast.words ? f->forecast.words : "(none)";

    if (!strstr(told, words))
        print_message("%s\n", told);
    assert_int_equal(f->forecast.result, result);
    assert_int_equal(f->forecast.outlook, outlook);
    assert_non_null(strstr(told, words));
}

static void outlooks(void **state)
{
    static const struct {
        const char *from, *sender;
        enum hq_result result;
        enum hq_outlook outlook;
        const char *words;
    } rows[] = {
        {"a@ours.example", "a@ours.example", HQ_RESULT_PASS, HQ_OUTLOOK_PASSES,
         "from 203.0.113.7 the destination will see: SPF pass (ip4:203.0.113.7) for ours.example"},
        {"a@strict.example", "a@strict.example", HQ_RESULT_FAIL, HQ_OUTLOOK_FAILS,
         "rejected where DMARC is honoured"},
        {"a@strict.example", "a@ours.example", HQ_RESULT_PASS, HQ_OUTLOOK_FAILS,
         "rejected where DMARC is honoured"},
        {"a@lax.example", "a@ours.example", HQ_RESULT_PASS, HQ_OUTLOOK_PASSES, "asks for nothing"},
        {"a@lax.example", "a@lax.example", HQ_RESULT_NEUTRAL, HQ_OUTLOOK_UNKNOWN, "(?all)"},
        {"a@guarded.example", "a@guarded.example", HQ_RESULT_NEUTRAL, HQ_OUTLOOK_FAILS,
         "suspicious where DMARC is honoured"},
        {"a@dead.example", "a@dead.example", HQ_RESULT_TEMPERROR, HQ_OUTLOOK_UNKNOWN, "temperror"},
        {"a@veiled.example", "a@ours.example", HQ_RESULT_PASS, HQ_OUTLOOK_UNKNOWN, "SPF pass"},
        {"a@veiled.example", "a@veiled.example", HQ_RESULT_PASS, HQ_OUTLOOK_PASSES, "SPF pass"},
        {"nobody", "a@strict.example", HQ_RESULT_FAIL, HQ_OUTLOOK_FAILS, "(-all)"},
        {"a@ours.example", "", HQ_RESULT_PASS, HQ_OUTLOOK_PASSES,
         "our name, as the sender is empty"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct fixture f;

        setup(&f, rows[i].from, rows[i].sender);
        f.context->hostname = g_strdup("mail.ours.example");
        hq_context_add_egress(f.context, "203.0.113.7");
        judge(&f);
        assert_forecast(&f, rows[i].result, rows[i].outlook, rows[i].words);
        teardown(&f);
    }
}

static void addresses_of_ours(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f, "a@ours.example", "a@ours.example"); /* by name; the private one is nobody's */
    f.context->hostname = g_strdup("mail.ours.example");
    judge(&f);
    assert_forecast(&f, HQ_RESULT_PASS, HQ_OUTLOOK_PASSES, "from 203.0.113.7 ");
    teardown(&f);

    setup(&f, "a@ours.example", "a@ours.example"); /* the worst of two */
    hq_context_add_egress(f.context, "203.0.113.7");
    hq_context_add_egress(f.context, "2001:db8::7");
    judge(&f);
    assert_forecast(&f, HQ_RESULT_FAIL, HQ_OUTLOOK_FAILS, "2001:db8::7 (the worst of our");
    teardown(&f);

    setup(&f, "a@ours.example", "a@ours.example");
    f.context->hostname = g_strdup("mail.ours.example");
    hq_context_set_relay_host(f.context, "[smart.example]");
    judge(&f);
    assert_forecast(&f, HQ_RESULT_UNKNOWN, HQ_OUTLOOK_UNKNOWN, "[smart.example] sends our mail on");
    hq_context_add_egress(f.context, "203.0.113.7"); /* the user knows better */
    judge(&f);
    assert_forecast(&f, HQ_RESULT_PASS, HQ_OUTLOOK_PASSES, "203.0.113.7");
    teardown(&f);

    setup(&f, "a@ours.example", "a@ours.example"); /* the name in HELO is a setting of its own */
    g_hash_table_insert(f.context->mta, g_strdup("smtp_helo_name"), g_strdup("mail.ours.example"));
    hq_context_add_egress(f.context, "203.0.113.7");
    f.message.sender = "";
    judge(&f);
    assert_string_equal(f.forecast.domain, "mail.ours.example");
    teardown(&f);
}

/* Who has no IPv6 sees none of ours. */
static void addresses_of_theirs(void **state)
{
    static const char *const four[] = {"192.0.2.25"};
    static const char *const six[] = {"2001:db8::25"};
    static const struct {
        struct hq_mx mx[2];
        const char *egress; /* that is told */
    } rows[] = {
        {{{.host = "a", .addresses = four, .address_count = 1}, {.host = NULL}}, "203.0.113.7"},
        {{{.host = "a", .addresses = four, .address_count = 1},
          {.host = "b", .addresses = six, .address_count = 1}},
         "2001:db8::7"},
        {{{.host = "a", .addresses = four, .address_count = 1}, {.host = "b"}}, "2001:db8::7"},
        {{{.host = "a"}, {.host = "b"}}, "2001:db8::7"},
        {{{.host = "a", .addresses = six, .address_count = 1}, {.host = NULL}}, "2001:db8::7"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct hq_mx mx[2] = {rows[i].mx[0], rows[i].mx[1]};
        struct fixture f;

        setup(&f, "a@ours.example", "a@ours.example");
        hq_context_add_egress(f.context, "203.0.113.7");
        hq_context_add_egress(f.context, "2001:db8::7");
        f.detail.mx = mx;
        f.detail.mx_count = 2;
        judge(&f);
        assert_string_equal(f.forecast.egress, rows[i].egress);
        teardown(&f);
    }
}

static void delivered_here(void **state)
{
    struct hq_recipient to[] = {{.address = "u@HERE.example", .state = HQ_STATE_DEFERRED},
                                {.address = "u@box.example", .state = HQ_STATE_DEFERRED},
                                {.address = "u@sub.here.example", .state = HQ_STATE_DEFERRED}};
    struct fixture f;

    (void)state;
    setup(&f, "a@strict.example", "a@strict.example");
    hq_context_add_egress(f.context, "203.0.113.7");
    g_hash_table_insert(f.context->mta, g_strdup("mydestination"),
                        g_strdup("localhost, here.example"));
    g_hash_table_insert(f.context->mta, g_strdup("virtual_mailbox_domains"),
                        g_strdup("box.example hash:/etc/boxes"));
    f.message.recipients = to;
    f.message.recipient_count = 2;
    judge(&f);
    assert_null(f.forecast.words);
    f.message.recipient_count = 3;
    judge(&f);
    assert_forecast(&f, HQ_RESULT_FAIL, HQ_OUTLOOK_FAILS, "(-all)");
    teardown(&f);
}

static void nothing_to_send(void **state)
{
    struct hq_recipient done = {.state = HQ_STATE_DELIVERED};
    struct fixture f;

    (void)state;
    setup(&f, "a@ours.example", "a@ours.example");
    judge(&f); /* nothing of ours is known */
    assert_null(f.forecast.words);
    hq_context_add_egress(f.context, "203.0.113.7");
    f.message.recipients = &done;
    f.message.recipient_count = 1;
    judge(&f);
    assert_null(f.forecast.words);
    done.state = HQ_STATE_DEFERRED;
    f.message.sender = NULL;
    judge(&f);
    assert_null(f.forecast.words);
    f.message.sender = "a@ours.example";
    hq_dns_cache_close(f.cache, HQ_DNS_OFF);
    judge(&f);
    assert_null(f.forecast.words);
    assert_int_equal(f.zone->asked, 0);
    teardown(&f);
}

static void rewritten_senders(void **state)
{
    static const struct {
        const char *sender, *domain;
    } rows[] = {
        {"SRS0=ab=cd=origin.example=joe@ours.example", "origin.example"},
        {"srs0+ab=cd=origin.example=joe=x@ours.example", "origin.example"},
        {"SRS1=ab=first.example==cd=ef=origin.example=joe@ours.example", "first.example"},
        {"SRS0=ab=cd@ours.example", NULL},
        {"SRS0", NULL},
        {"SRS0@ours.example", NULL},
        {"SRS0=", NULL},
        {"SRS0=a=b==c@x", NULL},
        {"joe@ours.example", NULL},
        {"", NULL},
        {NULL, NULL},
    };
    struct hq_arena *arena = hq_arena_new();

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_int_equal(g_strcmp0(hq_srs_domain(rows[i].sender, arena), rows[i].domain), 0);
    hq_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outlooks),
        cmocka_unit_test(addresses_of_ours),
        cmocka_unit_test(addresses_of_theirs),
        cmocka_unit_test(delivered_here),
        cmocka_unit_test(nothing_to_send),
        cmocka_unit_test(rewritten_senders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
